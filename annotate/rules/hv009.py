"""HV009: a body that only raises, annotated as if it worked."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..model import Definition, EntryPoint
from .base import EXAMPLE_CONFIG, Context, Example, Expected, Rule, definitions

_CODE = "HV009"
_SLOT = "its slot is empty, or does nothing but refuse"


def check(context: Context) -> Iterator[Finding]:
    """Stubs whose last span has no end; the interface's own annotation says since when the call exists, no more."""
    for interface, entry, definition in definitions(context.catalogue):
        annotation = definition.annotation
        own = entry.definition is None or entry.definition.place != definition.place
        if definition.stub and own and annotation is not None and annotation.spans[-1].is_open:
            does = "does nothing but refuse" if interface.kind == "class" else _SLOT
            yield _finding(entry, definition, annotation.text, does)


def _finding(entry: EntryPoint, definition: Definition, text: str, does: str) -> Finding:
    return Finding(
        code=_CODE,
        place=definition.place,
        message=f"{entry.name!r} of {definition.owner} is annotated as supported, and {does}",
        found=text,
        expected="no annotation where it never worked; a closed span, such as 'SINCE - REMOVED', where it once did",
        driver=definition.owner,
        entry=entry.name,
    )


_DRIVER = """\
from api import Driver


class MemoryDriver(Driver):
    def stop(self, guest):{comment}
        raise {error}("a guest in memory never stops")
"""

RULE = Rule(
    code=_CODE,
    name="annotated-stub",
    summary="A body that only raises, or an empty slot, is annotated with a release as if it worked.",
    why="""\
An override is not an implementation. A method that only raises "not supported" was often overridden on purpose, to
take away what a base class does; with a release beside it the page would say yes. (A generated page of Apache
Libcloud shows 30 such cells as supported.)""",
    notes="""\
A stub is a body that, docstring and assignments aside, only raises `NotImplementedError` or an exception listed under
`stub-exceptions`; or `None` or `False` in a table. With a closed span it is shown as removed.""",
    valid=(
        Example("never worked", _DRIVER.format(comment="", error="NotImplementedError")),
        Example("worked once", _DRIVER.format(comment="  # 1.0.0 - 1.2.0", error="NotImplementedError")),
        Example("another exception is work", _DRIVER.format(comment="  # 1.0.0", error="ValueError")),
    ),
    invalid=(
        Example(
            "only raises",
            _DRIVER.format(comment="  # 1.0.0", error="NotImplementedError"),
            (Expected(5, "'stop' of drivers.memory:MemoryDriver is annotated as supported"),),
        ),
        Example(
            "back again, and still only raises",
            _DRIVER.format(comment="  # 1.0.0 - 1.1.0, 1.3.0", error="NotImplementedError"),
            (Expected(5, "does nothing but refuse"),),
        ),
        Example(
            "an exception that the configuration lists",
            _DRIVER.format(comment="  # 1.0.0", error="NotHere"),
            (Expected(5, "does nothing but refuse"),),
            files={"hvsupport.toml": EXAMPLE_CONFIG + 'stub-exceptions = ["NotImplementedError", "NotHere"]\n'},
        ),
    ),
    check=check,
)
