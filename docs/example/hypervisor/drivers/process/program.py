"""The program that a guest of the `process` driver runs: it counts ticks in its memory.

Started as a script, by file name and in isolated mode, so it imports nothing but the standard
library. Its whole memory is one small record in a file that the driver shares with it. The record
is written with one system call per tick: whoever stops the process between two calls finds it
whole, and can move it to another process as plain bytes.

The guest always starts stopped: it reads its memory, says so, and stops itself before the first
tick. It ends on SIGTERM, and when its standard input closes because the driver's process is gone.

Given a listening socket as well, it gets its memory from there: from the first one who connects,
as one frame that ends the connection; see `pack_frame`. A bad frame is reported to both
sides, and nothing more of it is read.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import sys
import time
import zlib

TICK_SECONDS = 0.005
#: How long all of a frame may take, once somebody has connected.
RECEIVE_SECONDS = 5.0

READY = b"ready\n"
#: Written when the guest waits for its memory; then, when it has come, how the guest was before.
WAITING = b"waiting\n"
CAME_PAUSED = b"came paused\n"
CAME_RUNNING = b"came running\n"
#: Sent back when the memory is here; anything else that is sent back says why it is not.
TAKEN = b"taken\n"

_MAGIC = b"HVGUEST\n"
_VERSION = 1
_RECORD = struct.Struct(">8sHQ")
_CHECKSUM = struct.Struct(">I")

MEMORY_SIZE = _RECORD.size + _CHECKSUM.size

_FRAME_MAGIC = b"HVMOVE\r\n"
_FRAME_VERSION = 1
# magic, version, whether the guest was paused, length of the memory, checksum of all the rest
_FRAME = struct.Struct(">8sHBII")

FRAME_SIZE = _FRAME.size + MEMORY_SIZE


def pack_memory(ticks: int) -> bytes:
    """Write the guest's memory as bytes."""
    record = _RECORD.pack(_MAGIC, _VERSION, ticks)
    return record + _CHECKSUM.pack(zlib.crc32(record))


def unpack_memory(memory: bytes) -> int:
    """Read the ticks from the guest's memory; raise ValueError when it is damaged."""
    if len(memory) != MEMORY_SIZE:
        raise ValueError(f"guest memory has {len(memory)} bytes, not {MEMORY_SIZE}")
    record, checksum = memory[: _RECORD.size], memory[_RECORD.size :]
    magic, version, ticks = _RECORD.unpack(record)
    if magic != _MAGIC or _CHECKSUM.pack(zlib.crc32(record)) != checksum:
        raise ValueError("guest memory is damaged")
    if version != _VERSION:
        raise ValueError(f"guest memory has version {version}, only {_VERSION} is known")
    return int(ticks)


def pack_frame(memory: bytes, paused: bool) -> bytes:
    """Write what goes over the socket: the guest's memory, and whether it was paused."""
    about = (_FRAME_MAGIC, _FRAME_VERSION, paused, len(memory))
    checksum = zlib.crc32(memory, zlib.crc32(_FRAME.pack(*about, 0)))
    return _FRAME.pack(*about, checksum) + memory


def check_frame(frame: bytes) -> None:
    """Check the beginning of a frame, or all of it; raise ValueError when it cannot be one.

    Looks at each field as soon as it is there, so that garbage is not read to its end.
    """
    if not _FRAME_MAGIC.startswith(frame[: len(_FRAME_MAGIC)]):
        raise ValueError("not a guest: its first bytes are wrong")
    if len(frame) >= _FRAME.size:
        magic, version, paused, length, checksum = _FRAME.unpack_from(frame)
        if version != _FRAME_VERSION:
            raise ValueError(f"what came has version {version}, only {_FRAME_VERSION} is known")
        if length != MEMORY_SIZE or paused not in (0, 1):
            raise ValueError(f"what came tells of {length} bytes of memory, not {MEMORY_SIZE}")
        memory = frame[_FRAME.size :]
        if len(memory) > length:
            raise ValueError(f"more came than the {FRAME_SIZE} bytes of a guest")
        begun = zlib.crc32(_FRAME.pack(magic, version, paused, length, 0))
        if len(memory) == length and zlib.crc32(memory, begun) != checksum:
            raise ValueError("what came is damaged: its checksum does not match")


def unpack_frame(frame: bytes) -> tuple[bytes, bool]:
    """Read a frame: the memory, and whether the guest was paused; ValueError if it is not whole."""
    check_frame(frame)
    if len(frame) != FRAME_SIZE:
        raise ValueError(f"only {len(frame)} of {FRAME_SIZE} bytes came")
    _, _, paused, _, _ = _FRAME.unpack_from(frame)
    memory = frame[_FRAME.size :]
    unpack_memory(memory)
    return memory, bool(paused)


def main(
    memory_fd: int, listener_fd: int | None = None, receive_seconds: float = RECEIVE_SECONDS
) -> int:
    """Run the guest; return its exit status."""
    _own_signals()
    if listener_fd is not None:
        try:
            _await_memory(memory_fd, socket.socket(fileno=listener_fd), receive_seconds)
        except (ValueError, OSError) as error:
            os.write(1, f"{error}\n".encode())
            return 1
    # One byte more than the record, so that a longer memory is seen to be wrong.
    memory = os.pread(memory_fd, MEMORY_SIZE + 1, 0)
    try:
        ticks = unpack_memory(memory)
    except ValueError as error:
        os.write(1, f"{error}\n".encode())
        return 1
    # Fails when the driver is gone: a guest that stopped itself then would never be resumed.
    os.write(1, READY)
    os.kill(os.getpid(), signal.SIGSTOP)
    while not _driver_gone(TICK_SECONDS):
        ticks += 1
        os.pwrite(memory_fd, pack_memory(ticks), 0)
    return 0


def _own_signals() -> None:
    # A group of its own keeps the terminal's Ctrl-C away. It also makes the kernel end a stopped
    # guest whose driver died: such a group is orphaned then, and is sent SIGHUP and SIGCONT. Where
    # nohup had SIGHUP ignored, the SIGCONT alone lets the guest go on and see that it is alone.
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # The thread that started us may have had signals blocked; children inherit that.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _await_memory(memory_fd: int, listener: socket.socket, seconds: float) -> None:
    """Take the memory from the first one who connects, and tell both sides."""
    with listener:
        os.write(1, WAITING)
        _is_readable(listener, None)
        connection, _ = listener.accept()
    with connection:
        connection.setblocking(False)
        try:
            memory, paused = unpack_frame(_receive(connection, seconds))
        except ValueError as error:
            connection.send(f"{error}\n".encode())
            raise
        os.pwrite(memory_fd, memory, 0)
        os.write(1, CAME_PAUSED if paused else CAME_RUNNING)
        connection.send(TAKEN)


def _receive(connection: socket.socket, seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    frame = b""
    while True:
        if not _is_readable(connection, max(0.0, deadline - time.monotonic())):
            raise ValueError(f"it did not come whole within {seconds:g} s")
        # One byte more than the frame, so that a longer one is seen to be wrong.
        block = connection.recv(FRAME_SIZE + 1 - len(frame))
        if not block:
            return frame
        frame += block
        check_frame(frame)


def _is_readable(source: socket.socket, seconds: float | None) -> bool:
    """Wait until there is something to read, for so long at most (None: for ever)."""
    readable, _, _ = select.select([0, source.fileno()], [], [], seconds)
    if 0 in readable and os.read(0, 1) == b"":
        sys.exit(0)  # the driver is gone
    return source.fileno() in readable


def _driver_gone(seconds: float) -> bool:
    readable, _, _ = select.select([0], [], [], seconds)
    return bool(readable) and os.read(0, 1) == b""


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3]), *map(float, sys.argv[3:])))
