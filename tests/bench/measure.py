"""Running a command as a whole process, and reading what it cost from the operating system."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass


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


def run(*command: str, ok: tuple[int, ...] = (0, 1)) -> Cost:
    """Run a command once."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read().decode("utf-8", "replace")
    if process.returncode not in ok:
        raise SystemExit(f"{' '.join(command)} exited with {process.returncode}")
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale, output)


def median(*command: str, runs: int = 5, ok: tuple[int, ...] = (0, 1)) -> Cost:
    """The middle one of several runs, after one that is not counted."""
    run(*command, ok=ok)
    costs = sorted((run(*command, ok=ok) for _ in range(runs)), key=lambda cost: cost.cpu)
    return Cost(
        statistics.median(cost.cpu for cost in costs), max(cost.peak for cost in costs), costs[len(costs) // 2].output
    )
