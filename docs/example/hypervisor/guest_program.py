"""The program that a guest of the `process` driver runs: it counts ticks in its memory.

Started as a script, by file name and in isolated mode, so it imports nothing but the standard
library. Its whole memory is one small record in a file that the driver shares with it. The record
is written with one system call per tick: whoever stops the process between two calls finds it
whole, and can move it to another process as plain bytes.

The guest always starts stopped: it reads its memory, says so, and stops itself before the first
tick. It ends on SIGTERM, and when its standard input closes because the driver's process is gone.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import sys
import zlib

TICK_SECONDS = 0.005
READY = b"ready\n"

_MAGIC = b"HVGUEST\n"
_VERSION = 1
_RECORD = struct.Struct(">8sHQ")
_CHECKSUM = struct.Struct(">I")

MEMORY_SIZE = _RECORD.size + _CHECKSUM.size


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


def main(memory_fd: int) -> int:
    """Run the guest; return its exit status."""
    _own_signals()
    # One byte more than the record, so that a longer memory is seen to be wrong.
    memory = os.pread(memory_fd, MEMORY_SIZE + 1, 0)
    try:
        ticks = unpack_memory(memory)
    except ValueError as error:
        os.write(1, f"{error}\n".encode())
        return 1
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


def _driver_gone(seconds: float) -> bool:
    readable, _, _ = select.select([0], [], [], seconds)
    return bool(readable) and os.read(0, 1) == b""


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
