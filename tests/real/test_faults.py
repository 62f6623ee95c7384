"""Faults of the disk at every call of every command that writes; ``tests/test_faults.py`` has a share of them.

At each call the process is killed, and the call meets one of the errors, in turn. With HVSUPPORT_EXPLORE set it meets
all of them, but where the site is made anew for each.
"""

from __future__ import annotations

import os
from pathlib import Path

import disk_faults as faults
import pytest

IS_SHORT = "HVSUPPORT_EXPLORE" not in os.environ
#: The site is made anew for each point, which takes long.
SLOW = ("docs", "docs again")
#: At least so many faults in all.
LEAST = 1_000


def points(name: str, calls: int, is_short: bool = IS_SHORT) -> list[tuple[int, str]]:
    """The calls, counted from 1, and what they meet."""
    errors = faults.FAULTS[1:]
    if is_short or name in SLOW:
        return [(at, fault) for at in range(1, calls + 1) for fault in (faults.KILL, errors[at % len(errors)])]
    return [(at, fault) for at in range(1, calls + 1) for fault in faults.FAULTS]


@pytest.mark.parametrize("name", faults.CASES)
def test_any_fault_is_survived(tmp_path: Path, name: str) -> None:
    faults.warm()
    case = faults.CASES[name]
    known = faults.learn(tmp_path, case)
    for at, fault in points(name, known.calls):
        faults.inject(tmp_path, case, known, at, fault)


def test_there_are_enough(tmp_path: Path) -> None:
    faults.warm()
    counts = []
    for name, case in faults.CASES.items():
        (tmp_path / name).mkdir()
        counts.append(len(points(name, faults.learn(tmp_path / name, case).calls, is_short=False)))
    assert sum(counts) >= LEAST
