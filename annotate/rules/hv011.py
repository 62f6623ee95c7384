"""HV011: an unresolved base class."""

from __future__ import annotations

from .base import EXAMPLE_CONFIG, Example, Expected, Rule, reported

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
The driver inherits what the base class implements. If the base class is unknown, every cell that the driver does not
define itself would be a guess.""",
    notes="""\
Bases are resolved statically, through imports, aliases, relative imports and re-exports, in Python's method resolution
order. Declare a library class under `[interfaces.KEY.external]`, with the reason why it adds no entry points. If the
import name of a package differs from its folder, list it under `[packages]`. Files that define bases need not match
`drivers`: they are found through imports.""",
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
    check=reported("HV011"),
)
