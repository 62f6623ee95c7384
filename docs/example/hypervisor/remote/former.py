"""What is left of a host's former life: guests that outlived the process that kept them.

A host that was killed cannot end its guests. They notice it and end, but at no known
time. After its restart, a host's former guests count as gone, so they are ended before it serves.
They are found by a mark in their environment, in /proc; without /proc, none are found.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import GuestTimeoutError

#: The variable that names the host to whatever it starts.
MARK = "HYPERVISOR_HOST"
#: How long a guest that was killed may take to be gone, and one that starts to have its program.
SECONDS = 10.0
#: How long to wait before looking again at a process that has no environment yet.
PAUSE_SECONDS = 0.001
#: Where /proc/PID/stat has these, counted from what follows the program's name (proc_pid_stat(5)).
STATE, FLAGS, ENVIRONMENT_START, ENVIRONMENT_END = 0, 6, 47, 48
#: The kernel's own threads have no environment and never will (PF_KTHREAD in its sched.h).
KERNEL_THREAD = 0x00200000


def mark(host: str) -> None:
    """Mark what this process starts from now on as guests of a host."""
    os.environ[MARK] = host


def unmarked() -> dict[str, str]:
    """Give the environment for what this process starts outside its guests."""
    return {name: value for name, value in os.environ.items() if name != MARK}


def end(host: str) -> list[int]:
    """End the guests that outlived their host's process; give their process ids.

    The caller must know that no other process is that host. Raises GuestTimeoutError when one does
    not end.
    """
    ended = []
    for pid in _processes():
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            # The handle stands for this very process, even when its id is used again.
            if _is_marked(pid, host):
                _kill(pid, handle)
                ended.append(pid)
        finally:
            os.close(handle)
    return ended


def _kill(pid: int, handle: int) -> None:
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    # Not `select`, which knows no handle above 1023.
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    if not poll.poll(SECONDS * 1000):
        raise GuestTimeoutError(f"process {pid} of a former life still lives after {SECONDS:g} s")


def _processes() -> Iterator[int]:
    for path in sorted(Path("/proc").glob("[0-9]*")):
        if int(path.name) != os.getpid():
            yield int(path.name)


def _is_marked(pid: int, host: str) -> bool:
    try:
        environment = _environment(pid)
    except OSError:
        return False  # gone, or another user's, and so not a guest of this host
    return os.fsencode(f"{MARK}={host}") in environment.split(b"\0")


def _environment(pid: int) -> bytes:
    """Give a process's environment; wait for it while the process changes its program.

    Between giving up the old program's memory and having the new one's, a process shows none.
    """
    given_up = time.monotonic() + SECONDS
    while True:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        if environment or _has_none(pid):
            return environment
        if time.monotonic() > given_up:
            raise GuestTimeoutError(
                f"process {pid} still starts after {SECONDS:g} s: its host cannot be determined"
            )
        time.sleep(PAUSE_SECONDS)


def _has_none(pid: int) -> bool:
    """Tell whether a process that showed no environment has none, rather than none just then."""
    # The name is in parentheses and may hold any, and spaces.
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    if fields[STATE] in "ZX" or int(fields[FLAGS]) & KERNEL_THREAD:
        return True
    return fields[ENVIRONMENT_START] == fields[ENVIRONMENT_END] != "0"
