"""HV001: an entry, or a driver that inherits entries, has no release."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue import lacking_since, missing_annotations
from ..findings import Finding
from ..model import Anchor, Definition, Driver, EntryPoint
from .base import Context, Example, Expected, Rule, example_start, problem_findings

_CODE = "HV001"


def check(context: Context) -> Iterator[Finding]:
    """Implementations without a release, then drivers without one, then problems from the readers."""
    for interface in context.catalogue.interfaces:
        for entry, definition in missing_annotations(interface):
            body = entry.definition
            yield _entry(entry, definition, is_default=body is not None and body.place == definition.place)
        yield from map(_driver, lacking_since(interface))
    yield from problem_findings(context, _CODE)


def _entry(entry: EntryPoint, definition: Definition, is_default: bool) -> Finding:
    who = f"{entry.name!r} of {definition.owner}"
    message = f"default implementation {who} has no release" if is_default else f"{who} has no release"
    return Finding(
        code=_CODE,
        place=definition.place,
        message=message,
        expected=_comment(definition.insertion),
        tip=_tip(definition.insertion),
        fixable=definition.insertion is not None,
        driver=definition.owner,
        entry=entry.name,
    )


def _driver(driver: Driver) -> Finding:
    return Finding(
        code=_CODE,
        place=driver.place,
        message=f"driver {driver.id} inherits entry points but has no release of its own",
        expected=_comment(driver.insertion),
        tip=_tip(driver.insertion),
        fixable=driver.insertion is not None,
        driver=driver.id,
    )


def _comment(insertion: Anchor | None) -> str:
    if insertion is None:
        return "the release in which it appeared, or 'next'"
    return f"{insertion.before}next{insertion.after}".strip() + ", or the release in which it appeared"


def _tip(insertion: Anchor | None) -> str:
    if insertion is None:
        return "move it to a line of its own, so that a comment fits"
    return "run 'hvsupport annotate --since RELEASE' to write it; with '--diff REV' only what is new since REV"


_HEIR = """\
from api import Driver


class Base(Driver):
    def start(self, guest):  # 1.0.0
        guest.running = True


class MemoryDriver(Base):{since}
    pass
"""

RULE = Rule(
    code=_CODE,
    name="missing-annotation",
    summary="An entry that a driver implements has no release, or a driver that inherits entries has none itself.",
    why="""\
The matrix takes its releases from the drivers. An entry without a release would be a blank cell, which reads as "not
supported" although the call works.

A class cannot have inherited an entry before the class existed. Its `class` line therefore carries the release in which
the driver appeared, and inherited cells start no earlier. A default implementation in the interface (a body that does
more than raise or `pass`) fills the cell of every driver that does not override it, so it needs a release too.""",
    notes="""\
Each definition is reported once, however many drivers inherit it. Bodies that only raise are stubs and need no
release. To exempt an entry, list it under `exempt` in the configuration, with a reason. `annotate` leaves alone what a
baseline or an ignore comment excuses.""",
    fix="annotate",
    valid=(
        Example(
            "annotated",
            example_start("1.0.0")
            + """
    def stop(self, guest):  # next
        guest.running = False
""",
        ),
        Example(
            "a body that only raises is a stub",
            example_start("1.0.0")
            + """
    def stop(self, guest):
        raise NotImplementedError("a guest in memory never stops")
""",
        ),
        Example(
            "a driver that inherits has a release",
            _HEIR.format(since="  # 1.2.0"),
        ),
    ),
    invalid=(
        Example(
            "no release",
            example_start("1.0.0")
            + """
    def stop(self, guest):
        guest.running = False
""",
            (Expected(8, "'stop' of drivers.memory:MemoryDriver has no release"),),
        ),
        Example(
            "an ordinary comment is not a release",
            example_start("cheap, and cannot fail"),
            (Expected(5, "'start'"),),
        ),
        Example(
            "a base's entry is reported once, however many drivers inherit it",
            """\
from api import Driver


class Base(Driver):
    def start(self, guest):
        guest.running = True


class One(Base):  # 1.0.0
    pass


class Two(Base):  # 1.1.0
    pass
""",
            (Expected(5, "'start' of drivers.memory:Base"),),
        ),
        Example(
            "a driver that inherits has no release",
            _HEIR.format(since=""),
            (Expected(9, "inherits entry points"),),
        ),
        Example(
            "a default implementation",
            example_start("1.0.0").replace("(Driver):", "(Driver):  # 1.0.0"),
            (Expected(7, "default implementation 'restart' of api:Driver has no release", "api.py"),),
            files={
                "api.py": """\
class Driver:
    \"\"\"The calls that every driver may support.\"\"\"

    def start(self, guest):
        raise NotImplementedError

    def restart(self, guest):
        if guest.running:
            self.start(guest)
"""
            },
        ),
    ),
    check=check,
)
