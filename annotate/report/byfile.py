"""One line per file with its number of findings by rule, for ``--quiet``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ..findings import Finding
from .summary import summary
from .visible import visible


def render(findings: Sequence[Finding]) -> str:
    """``tools/gen.pl: 12 errors: TAB001 9, TAB003 3 (9 can be fixed by a command).``"""
    lines = []
    for path, group in groupby(findings, key=lambda one: one.place.path):
        total = summary(list(group)).removeprefix("Found ")
        lines.append(f"{visible(path)}: {total}\n")
    return "".join(lines)
