"""HV011: a base class that could not be found."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from .base import EXAMPLE_CONFIG, Context, Example, Expected, Rule, problem_findings


def check(context: Context) -> Iterator[Finding]:
    """The resolver finds these; nothing is left to do."""
    return problem_findings(context, "HV011")


_DRIVER = """\
from api import Driver
from {module} import Base


class MemoryDriver(Base, Driver):  # 1.0.0
    def start(self, guest):  # 1.0.0
        guest.running = True
"""

RULE = Rule(
    code="HV011",
    name="unresolved-base",
    summary="A base class of a driver cannot be found in the tree and is not declared as external.",
    why="""\
Whatever the base class implements, the driver has too. Without it every cell that the driver does not fill itself
would be a guess.""",
    notes="""\
Bases are resolved by reading: imports, aliases, relative imports and re-exports, in Python's own order. A class of a
library is declared under `[interfaces.KEY.external]` with the reason why it brings no entry points. A package whose
import name differs from its folder is named under `[packages]`. A file that defines bases and matches none of
`drivers` is found through its imports.""",
    valid=(
        Example(
            "a class of a library, declared",
            _DRIVER.format(module="library"),
            files={
                "hvsupport.toml": EXAMPLE_CONFIG
                + '\n[interfaces.driver.external]\n"library.Base" = "logging only, no entry points"\n'
            },
        ),
        Example(
            "found through its import",
            _DRIVER.format(module="drivers.base"),
            files={"drivers/base.py": "class Base:\n    pass\n"},
        ),
    ),
    invalid=(Example("nowhere in the tree", _DRIVER.format(module="library"), (Expected(5, "Base"),)),),
    check=check,
)
