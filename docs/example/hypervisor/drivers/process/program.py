"""The program that a guest of the `process` driver runs: it counts ticks in its memory.

Started as a script, by file name and in isolated mode, so it imports nothing but the standard
library. Its whole memory is one small record in a file that the driver shares with it. The record
is written with one system call per tick: whoever stops the process between two calls finds it
whole, and can move it to another process as plain bytes.

The guest always starts stopped: it reads its memory, says so, and stops itself before the first
tick. It ends on SIGTERM, and when its standard input closes because the driver's process is gone.

Given a listening socket as well, it gets its memory from there: from the first one who connects,
as one frame that ends the connection, see `pack_frame`; or in rounds, see `pack_round`, of which
each is acknowledged, and the memory is there with the last. A bad frame is reported to both sides,
and nothing more of it is read.
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
#: How long the next round may be in coming.
ROUND_SECONDS = 60.0

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

#: So many bytes of memory are sent anew when one of them has changed.
CELL_SIZE = 8
_ROUND_MAGIC = b"HVROUND\n"
# magic, version, whether it is the last round, whether the guest was paused, how many cells follow,
# checksum of all the rest
_ROUND = struct.Struct(">8sHBBHI")
# where it stands in the memory, and what; the last cell of the memory is filled up with zeros
_CELL = struct.Struct(f">H{CELL_SIZE}s")
_MOST_CELLS = -(-MEMORY_SIZE // CELL_SIZE)


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


def pack_round(cells: list[tuple[int, bytes]], last: bool, paused: bool) -> bytes:
    """Write a round: where each cell that has changed stands in the memory, and what it is now."""
    body = b"".join(_CELL.pack(start, data) for start, data in cells)
    about = (_ROUND_MAGIC, _FRAME_VERSION, last, paused, len(cells))
    return _ROUND.pack(*about, zlib.crc32(body, zlib.crc32(_ROUND.pack(*about, 0)))) + body


def unpack_round(frame: bytes) -> tuple[list[tuple[int, bytes]], bool, bool]:
    """Read a round: the cells, whether it is the last, and whether the guest was paused.

    Raises ValueError when it is damaged.
    """
    magic, version, last, paused, count, checksum = _ROUND.unpack_from(frame)
    body = frame[_ROUND.size :]
    begun = zlib.crc32(_ROUND.pack(magic, version, last, paused, count, 0))
    if zlib.crc32(body, begun) != checksum:
        raise ValueError("what came is damaged: its checksum does not match")
    cells = [(start, data[: MEMORY_SIZE - start]) for start, data in _CELL.iter_unpack(body)]
    if any(start % CELL_SIZE or start >= MEMORY_SIZE for start, _ in cells):
        raise ValueError("what came has no place in the memory of a guest")
    return cells, bool(last), bool(paused)


def _round_size(frame: bytes) -> int:
    """Tell how large a round is, or its header as long as it is not here; ValueError if it is none.

    Looks at all of the header before anything that it announces is read.
    """
    if len(frame) < _ROUND.size:
        return _ROUND.size
    magic, version, last, paused, count, _ = _ROUND.unpack_from(frame)
    if magic != _ROUND_MAGIC or version != _FRAME_VERSION:
        raise ValueError(f"what came is not a round of version {_FRAME_VERSION}")
    if count > _MOST_CELLS or last not in (0, 1) or paused not in (0, 1):
        raise ValueError(f"what came tells of {count} cells, and a guest has {_MOST_CELLS}")
    return int(_ROUND.size + count * _CELL.size)


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
            memory, paused = _receive(connection, seconds)
        except ValueError as error:
            connection.send(f"{error}\n".encode())
            raise
        os.pwrite(memory_fd, memory, 0)
        os.write(1, CAME_PAUSED if paused else CAME_RUNNING)
        connection.send(TAKEN)


def _receive(connection: socket.socket, seconds: float) -> tuple[bytes, bool]:
    deadline = time.monotonic() + seconds
    frame = b""
    while True:
        block = _block(connection, FRAME_SIZE - len(frame), deadline, seconds)
        if not block:
            return unpack_frame(frame)
        frame += block
        if frame.startswith(_ROUND_MAGIC):
            return _receive_rounds(connection, frame, seconds)
        if not _ROUND_MAGIC.startswith(frame):
            check_frame(frame)


def _block(connection: socket.socket, most: int, deadline: float, seconds: float) -> bytes:
    """Read what there is; nothing at the end."""
    if not _is_readable(connection, max(0.0, deadline - time.monotonic())):
        raise ValueError(f"it did not come whole within {seconds:g} s")
    # One byte more than there may be, so that what is longer is seen to be wrong.
    return connection.recv(most + 1)


def _receive_rounds(connection: socket.socket, begun: bytes, seconds: float) -> tuple[bytes, bool]:
    """Take rounds, the first of which has begun, up to the last one."""
    memory, number, buffer = bytearray(MEMORY_SIZE), 0, begun
    while True:
        number += 1
        # A round that has begun is soon here; the source may take its time between two of them.
        deadline = time.monotonic() + (ROUND_SECONDS if not buffer else seconds)
        while len(buffer) < (size := _round_size(buffer)):
            block = _block(connection, size - len(buffer), deadline, seconds)
            if not block:
                raise ValueError(f"the source hung up in round {number}")
            buffer += block
        cells, last, paused = unpack_round(buffer[:size])
        buffer = buffer[size:]
        for start, data in cells:
            memory[start : start + len(data)] = data
        if last:
            unpack_memory(bytes(memory))
            return bytes(memory), paused
        connection.send(TAKEN)


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
