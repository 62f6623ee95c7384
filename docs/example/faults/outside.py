"""What can be seen of hosts and guests from outside: processes, their states, their memory.

Nothing here asks a host. A guest is a child of its host; its memory is read through /proc, where
the handle is that its command line names. Linux only.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypervisor.drivers.process import os_state, program
from hypervisor.drivers.process.os_state import OsState

#: How long a guest may take to do what its state says: to tick, or to stop after its memory came.
#: Reached only when it never does, so it may be long.
SECONDS = 120.0
#: How much longer than on an idle machine anything takes that a run waits for to its end, such as
#: a message that hangs: by the programs that wait for each processor now.
SLOWNESS = min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
_LOOK_SECONDS = 0.002


@dataclass(frozen=True)
class Seen:
    """A guest's process at one moment.

    Attributes:
        pid: its process.
        ticks: the guest's clock; None while its memory has not come.
        stopped: whether the process is stopped.
    """

    pid: int
    ticks: int | None
    stopped: bool


def children(pid: int) -> list[int]:
    """Give the children of a process, whichever of its threads started them."""
    found: set[int] = set()
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.update(map(int, path.read_text().split()))
    return sorted(found)


def guests(host: int) -> list[Seen]:
    """Look at the guests of a host, each once it has settled: running, stopped, or expected."""
    seen = (_settled(pid) for pid in children(host))
    return [one for one in seen if one is not None]


def kill(pids: list[int]) -> None:
    """End processes at once, and wait until they are gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in pids:
        await_gone(pid)


def await_gone(pid: int) -> None:
    """Wait until a process is gone, with all its threads and what they held open.

    Its state does not tell that: the first thread may be gone while others still hold its locks.
    """
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if not poll.poll(SECONDS * 1000):
            raise AssertionError(f"waited {SECONDS:g} s in vain: process {pid} is gone")
    finally:
        os.close(handle)


def await_stopped(pid: int) -> None:
    """Wait until a process is stopped."""
    await_true(lambda: os_state.read(pid) is OsState.STOPPED, f"process {pid} is stopped")


def _settled(pid: int) -> Seen | None:
    """Look at a guest until it is stopped, has ticked, or still waits for its memory."""
    deadline = time.monotonic() + SECONDS
    first: int | None = None
    while time.monotonic() < deadline:
        seen = _look(pid)
        if seen is None or seen.stopped or seen.ticks is None:
            return seen
        if first is not None and seen.ticks > first:
            return seen
        first = seen.ticks if first is None else first
        time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"guest {pid} has its memory, and neither ticks nor is stopped")


def _look(pid: int) -> Seen | None:
    """Look at a guest once; None when the process is gone, or not a guest."""
    state = os_state.read(pid)
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        script = os.fsencode(Path(program.__file__).resolve())
        if state is OsState.GONE or script not in words:
            return None
        handle = int(words[words.index(script) + 1])
        return Seen(pid, _ticks(Path(f"/proc/{pid}/fd/{handle}")), state is OsState.STOPPED)
    return None


def _ticks(memory: Path) -> int | None:
    for _ in range(10):
        data = memory.read_bytes()
        if not data:
            return None
        # Read in the middle of a write, which POSIX permits, it makes no sense: once more then.
        with contextlib.suppress(ValueError):
            return program.unpack_memory(data)
    raise AssertionError(f"the memory at {memory} is damaged")


def await_true(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so; raise AssertionError when that takes too long."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {SECONDS:g} s in vain: {what}")
        time.sleep(_LOOK_SECONDS)
