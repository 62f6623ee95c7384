"""HV010: something that cannot be known by reading, and is not declared."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from .base import EXAMPLE_CONFIG, Context, Example, Expected, Rule, problem_findings


def check(context: Context) -> Iterator[Finding]:
    """The readers find these; nothing is left to do."""
    return problem_findings(context, "HV010")


_DYNAMIC = """\
from api import Driver


class MemoryDriver(Driver):
    def start(self, guest):  # 1.0.0
        guest.running = True

    def __getattr__(self, name):
        return getattr(self.backend, name)
"""

RULE = Rule(
    code="HV010",
    name="unreadable",
    summary="A file or a table cannot be read, or it is built when the program runs and not declared.",
    why="""\
What was not read must not look like "not supported". A file with a syntax error, a class with `__getattr__`,
`setattr` in a loop or a table filled at run time may support anything; somebody has to say what.""",
    notes="""\
`dynamic` in the configuration declares such a place with a reason: `[interfaces.KEY.dynamic]`, then
`"module:Class" = "reason"` or the path of a file.""",
    valid=(
        Example(
            "declared, with the reason",
            _DYNAMIC,
            files={
                "hvsupport.toml": EXAMPLE_CONFIG
                + '\n[interfaces.driver.dynamic]\n"drivers.memory:MemoryDriver" = "hands helpers on, no entry points"\n'
            },
        ),
    ),
    invalid=(
        Example("names are made up when the program runs", _DYNAMIC, (Expected(8, "__getattr__"),)),
        Example("a syntax error", "class MemoryDriver(Driver:\n    pass\n", (Expected(1, ""),)),
    ),
    check=check,
)
