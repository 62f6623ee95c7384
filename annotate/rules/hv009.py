"""HV009: a stub annotated as supported."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..model import Definition, EntryPoint
from .base import EXAMPLE_CONFIG, EXAMPLE_HEAD, Context, Example, Expected, Rule, definitions

_CODE = "HV009"
_SLOT = "its slot is empty or only raises"


def check(context: Context) -> Iterator[Finding]:
    """Stubs whose last span is open; in the interface, an annotation only says since when the call exists."""
    for interface, entry, definition in definitions(context.catalogue):
        annotation = definition.annotation
        own = entry.definition is None or entry.definition.place != definition.place
        if definition.stub and own and annotation is not None and annotation.spans[-1].is_open:
            does = "its body only raises" if interface.kind == "class" else _SLOT
            yield _finding(entry, definition, annotation.text, does)


def _finding(entry: EntryPoint, definition: Definition, text: str, does: str) -> Finding:
    return Finding(
        code=_CODE,
        place=definition.place,
        message=f"{entry.name!r} of {definition.owner} is annotated as supported, but {does}",
        found=text,
        expected="no annotation if it never worked; a closed span, such as 'SINCE - REMOVED', if it once did",
        driver=definition.owner,
        entry=entry.name,
    )


_DRIVER = EXAMPLE_HEAD + '    def stop(self, guest):{comment}\n        raise {error}("a guest in memory never stops")\n'

RULE = Rule(
    code=_CODE,
    name="annotated-stub",
    summary="A body that only raises, or an empty slot, is annotated with a release as if it worked.",
    why="""\
An override is not always an implementation. Drivers often override a method only to raise "not supported", because the
base class supports it. With a release beside it, the page would show it as supported. (Apache Libcloud's generated
page shows 30 such cells as supported.)""",
    notes="""\
A stub is a body that, apart from its docstring and assignments, only raises `NotImplementedError` or an exception
listed under `stub-exceptions`; or `None` or `False` in a table. A stub with a closed span is shown as removed.""",
    valid=(
        Example("never worked", _DRIVER.format(comment="", error="NotImplementedError")),
        Example("worked once", _DRIVER.format(comment="  # 1.0.0 - 1.2.0", error="NotImplementedError")),
        Example("another exception is an implementation", _DRIVER.format(comment="  # 1.0.0", error="ValueError")),
    ),
    invalid=(
        Example(
            "only raises",
            _DRIVER.format(comment="  # 1.0.0", error="NotImplementedError"),
            (Expected(5, "'stop' of drivers.memory:MemoryDriver is annotated as supported"),),
        ),
        Example(
            "annotated as back, but still only raises",
            _DRIVER.format(comment="  # 1.0.0 - 1.1.0, 1.3.0", error="NotImplementedError"),
            (Expected(5, "its body only raises"),),
        ),
        Example(
            "an exception that the configuration lists",
            _DRIVER.format(comment="  # 1.0.0", error="NotHere"),
            (Expected(5, "its body only raises"),),
            files={"hvsupport.toml": EXAMPLE_CONFIG + 'stub-exceptions = ["NotImplementedError", "NotHere"]\n'},
        ),
    ),
    check=check,
)
