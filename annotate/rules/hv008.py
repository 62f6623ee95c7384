"""HV008: an entry or a driver twice."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..model import Driver, Interface
from .base import Context, Example, Expected, Rule, problem_findings

_CODE = "HV008"


def check(context: Context) -> Iterator[Finding]:
    """What readers and resolver met, then columns of the same id."""
    yield from problem_findings(context, _CODE)
    for interface in context.catalogue.interfaces:
        yield from _twice(interface)


def _twice(interface: Interface) -> Iterator[Finding]:
    first: dict[str, Driver] = {}
    for driver in interface.drivers:
        known = first.setdefault(driver.id, driver)
        if known is not driver:
            yield Finding(
                code=_CODE,
                place=driver.place,
                message=f"driver {driver.id} is there twice",
                found=f"the first stands at {known.place.short}",
                expected="one column for each id",
                driver=driver.id,
            )


_HEAD = """\
from api import Driver


class MemoryDriver(Driver):
    def start(self, guest):  # 1.0.0
        guest.running = True
"""

RULE = Rule(
    code=_CODE,
    name="duplicate",
    summary="A driver defines the same entry twice, or the same driver is there twice.",
    why="""\
The second definition silently replaces the first, with whatever release stands beside it. Only one of the two
annotations can be true, and the page cannot know which.""",
    notes="""\
Definitions in different branches of an `if` are variants, not duplicates. A property's setter, overloads and
`name = function` aliases of other names are no duplicates either. Two drivers may share a title, never an id.""",
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
    check=check,
)
