"""HV008: a duplicate entry or driver."""

from __future__ import annotations

from .base import Example, Expected, Rule, example_start, reported

_HEAD = example_start("1.0.0")

RULE = Rule(
    code="HV008",
    name="duplicate",
    summary="A driver defines the same entry twice, or two drivers have the same id.",
    why="""\
The second definition silently replaces the first. Only one of the two annotations can be right, and the page cannot
know which.""",
    notes="""\
Definitions in different branches of an `if` are variants, not duplicates. Property setters, overloads and
aliases (`name = function`) are not duplicates either. Two drivers may share a title, but not an id.""",
    valid=(
        Example("each entry once", _HEAD),
        Example(
            "branches are variants",
            """\
import sys

from api import Driver


class MemoryDriver(Driver):
    if sys.platform == "linux":

        def start(self, guest):  # 1.0.0
            guest.running = True
    else:

        def start(self, guest):  # 1.1.0
            guest.running = 1
""",
        ),
    ),
    invalid=(
        Example(
            "the same method twice",
            _HEAD + "\n    def start(self, guest):  # 1.2.0\n        guest.running = 1\n",
            (Expected(8, "start"),),
        ),
    ),
    check=reported("HV008"),
)
