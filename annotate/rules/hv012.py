"""HV012: an interface without tables, or a configuration that names what does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from ..config.target import key
from ..findings import Finding
from ..model import Interface
from .base import EXAMPLE_CONFIG, Context, Example, Expected, Rule, example_start, problem_findings

_CODE = "HV012"
_DERIVE = {"class": "derive a class from it", "table": "make a table of its type", "flags": "make such a dict"}


def check(context: Context) -> Iterator[Finding]:
    """Problems in the configuration, then interfaces without entries or drivers."""
    yield from problem_findings(context, _CODE)
    reported = {problem.place for problem in (*context.catalogue.problems, *context.config.problems)}
    for interface in context.catalogue.interfaces:
        if interface.place in reported:
            continue  # another problem already says why it is empty
        if not interface.entries:
            more = ", or set 'inherited-entries' to take those of its base classes" if interface.kind == "class" else ""
            tip = f"declare its members{more}"
            yield _empty(interface, "has no entry points", "members that drivers implement", tip)
        elif not interface.drivers:
            what = "at least one class or table that implements it"
            yield _empty(interface, "has no drivers", what, f"{_DERIVE[interface.kind]} in a file of 'drivers'")


def _empty(interface: Interface, what: str, expected: str, tip: str) -> Finding:
    table = f"[interfaces.{key(interface.key)}]"
    return Finding(
        code=_CODE,
        place=interface.place,
        message=f"interface {interface.name} {what}",
        expected=expected,
        tip=f"{tip}, or correct 'at', 'kind', 'drivers' or 'exclude' under {table} in the config",
        entry=interface.key,
    )


_DRIVER = example_start("1.0.0")

RULE = Rule(
    code=_CODE,
    name="configuration",
    summary="The configuration has an unknown key or a name that does not exist, or an interface has no drivers.",
    why="""\
A mistyped key or glob makes tables disappear: the page has fewer columns, and all checks still pass.""",
    notes="""\
This covers unknown keys, wrong types, globs that match no file, names of drivers, entries and releases that do not
exist, and interfaces without entries or drivers.""",
    valid=(Example("everything named exists", _DRIVER),),
    invalid=(
        Example(
            "an unknown key",
            _DRIVER,
            (Expected(8, "unknown key 'titels'", "hvsupport.toml"),),
            files={"hvsupport.toml": EXAMPLE_CONFIG + 'titels = { "drivers.memory:MemoryDriver" = "Memory" }\n'},
        ),
        Example(
            "a glob that matches nothing",
            _DRIVER,
            (Expected(7, "extra/*.py", "hvsupport.toml"),),
            files={"hvsupport.toml": EXAMPLE_CONFIG.replace('"drivers/*.py"', '"drivers/*.py", "extra/*.py"')},
        ),
        Example(
            "an interface that nothing implements",
            "class MemoryDriver:\n    pass\n",
            (Expected(1, "interface Driver has no drivers", "api.py"),),
        ),
        Example(
            "an interface without entry points",
            _DRIVER,
            (Expected(1, "interface Driver has no entry points", "api.py"),),
            files={"api.py": 'class Driver:\n    """Nothing to implement."""\n'},
        ),
    ),
    check=check,
)
