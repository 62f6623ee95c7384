"""Running a command as a whole process, and reading what it cost from the operating system."""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True)
class Cost:
    """What one run cost.

    Attributes:
        cpu: seconds of processor time, user and system, of the process and its children.
        peak: most memory held at once by the largest process, in megabytes.
        output: what it printed on standard output.
    """

    cpu: float
    peak: float
    output: str


class Failed(Exception):
    """A command ended in a way that makes its cost meaningless; the message says how, with its standard error."""


def run(*command: str, ok: tuple[int, ...] = (0, 1), environment: dict[str, str] | None = None) -> Cost:
    """Run a command once.

    Args:
        command: program and arguments.
        ok: the exit statuses that it may end with.
        environment: of the command; None for that of this process.

    Raises:
        Failed: it ended with another status.
    """
    kept = os.environ if environment is None else environment
    kept = {key: value for key, value in kept.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env=kept)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output, said = (_text(stream) for stream in (out, err))
    if process.returncode not in ok:
        raise Failed(f"{shlex.join(command)} exited with {process.returncode}:\n{said}")
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale, output)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")


def median(*command: str, runs: int = 5, ok: tuple[int, ...] = (0, 1)) -> Cost:
    """The middle one of several runs, after one that is not counted."""
    run(*command, ok=ok)
    costs = sorted((run(*command, ok=ok) for _ in range(runs)), key=lambda cost: cost.cpu)
    return Cost(
        statistics.median(cost.cpu for cost in costs), max(cost.peak for cost in costs), costs[len(costs) // 2].output
    )
