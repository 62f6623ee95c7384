"""HV010: code that cannot be analysed without running it, and is not declared."""

from __future__ import annotations

from .base import EXAMPLE_CONFIG, Example, Expected, Rule, example_start, reported

_DYNAMIC = (
    example_start("1.0.0")
    + """
    def __getattr__(self, name):
        return getattr(self.backend, name)
"""
)

RULE = Rule(
    code="HV010",
    name="unreadable",
    summary="A file or table cannot be read, or a table is built at run time and not declared.",
    why="""\
Unread code must not look like "not supported". A file with a syntax error, a class with `__getattr__`, `setattr` in a
loop or a table filled at run time may support any entry, so the configuration has to declare it.""",
    notes="""\
Declare such a class or file under `[interfaces.KEY.dynamic]` in the configuration, with a reason:
`"module:Class" = "reason"`, or the path of a file in place of `module:Class`.""",
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
        Example("names are computed at run time", _DYNAMIC, (Expected(8, "__getattr__"),)),
        Example("a syntax error", "class MemoryDriver(Driver:\n    pass\n", (Expected(1, ""),)),
    ),
    check=reported("HV010"),
)
