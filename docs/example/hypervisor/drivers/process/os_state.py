"""The state of a process according to the operating system: running, stopped, or gone.

Read from /proc on Linux. Elsewhere `ps` is run, which is slower but exists on every Unix.
"""

from __future__ import annotations

import enum
import subprocess
import sys
from pathlib import Path

from ...errors import GuestError

PS_SECONDS = 5.0


class OsState(enum.Enum):
    """A process as the operating system sees it; a zombie is gone."""

    RUNNING = "running"
    STOPPED = "stopped"
    GONE = "gone"


def source() -> str:
    """Name where `read` looks: `/proc` or `ps`."""
    return "/proc" if sys.platform.startswith("linux") else "ps"


def read(pid: int) -> OsState:
    """Tell the state of a process; raise GuestError when it cannot be read."""
    return read_proc(pid) if source() == "/proc" else read_ps(pid)


def read_proc(pid: int) -> OsState:
    """Tell the state of a process from /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return OsState.GONE
    # The second field is the program's name in brackets, and may itself hold brackets and spaces.
    return _from_letter(stat[stat.rindex(b")") + 2 :].decode("ascii"))


def read_ps(pid: int) -> OsState:
    """Tell the state of a process from `ps`; raise GuestError when that cannot be run."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PS_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GuestError(f"cannot tell the state of process {pid}: {error}") from error
    return _from_letter(answer.stdout.decode("ascii", "replace").strip())


def _from_letter(text: str) -> OsState:
    if text[:1] in ("", "Z", "X"):
        return OsState.GONE
    return OsState.STOPPED if text[0] in "Tt" else OsState.RUNNING
