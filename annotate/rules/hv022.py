"""HV022: a Python function for a protocol step drops a cookie, or lacks or exchanges parameters."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from ..model import Definition, Place, Signature
from ..protocol import Family, Protocol, Step
from .base import Context, Example, Expected, Rule
from .steps import EXAMPLE_DRIVER, EXAMPLE_FILES, EXAMPLE_PROTOCOL, supports

_CODE = "HV022"
_COOKIE = "cookie"
_TIP = "if the cookie has another name, list the step's parameters under 'parameters'"


def check(context: Context) -> Iterator[Finding]:
    """Check every function that implements a step, each once."""
    seen: set[tuple[Place, str, str]] = set()
    for family, _, protocol, support in supports(context.catalogue):
        for each in support.steps:
            for entry, cell in each.cells:
                for definition in cell.definitions if cell.implements else ():
                    key = (definition.place, entry, protocol.key)
                    if definition.signature is not None and not definition.stub and key not in seen:
                        seen.add(key)
                        yield from _of(family, protocol, each.step, entry, definition, definition.signature)


def _of(
    family: Family, protocol: Protocol, step: Step, entry: str, definition: Definition, signature: Signature
) -> Iterator[Finding]:
    taken = _taken(signature, family.handle)
    wanted = step.parameters if entry == step.entries[0] else ()
    missing = _missing(taken, wanted, step.takes is not None)
    if missing:
        dropped = f", so the cookie of {step.takes} is lost" if any(map(_is_cookie, missing)) and step.takes else ""
        what = f"does not take {' and '.join(map(repr, missing))}{dropped}"
        expected = f"({', '.join(wanted)})" if wanted else f"a parameter with {_COOKIE!r} in its name"
        tip = None if wanted else _TIP
        yield _finding(protocol, step, entry, definition, what, f"({', '.join(taken)})", expected, tip)
    elif not signature.method and (moved := _moved(taken, wanted)):
        pairs = " and ".join(f"{name!r} where {right!r} is handed over" for name, right in moved)
        what = f"is called by position and takes {pairs}"
        found, expected = f"({', '.join(taken)})", f"({', '.join(wanted)})"
        yield _finding(protocol, step, entry, definition, what, found, expected)
    if step.gives and not signature.gives:
        what = f"returns nothing, so there is no cookie for {' and '.join(step.gives)}"
        yield _finding(
            protocol, step, entry, definition, what, "no 'return' with a value", "a return value: the cookie"
        )


def _taken(signature: Signature, handle: str) -> tuple[str, ...]:
    """The parameters after the handle, which functions in tables take first."""
    names = signature.parameters
    has_handle = bool(handle) and not signature.method and bool(names) and not names[0].startswith("*")
    return names[1:] if has_handle else names


def _missing(taken: tuple[str, ...], wanted: tuple[str, ...], needs_cookie: bool) -> list[str]:
    """The parameters that a function takes neither by name nor by position.

    A parameter with an unknown name matches whatever is wanted at its position, except that only a cookie matches a
    cookie.
    """
    if any(name.startswith("*") for name in taken):
        return []
    has_cookie = any(map(_is_cookie, taken))
    missing = []
    for index, name in enumerate(wanted):
        other = taken[index] if index < len(taken) else None
        fits = other is not None and other not in wanted and not _is_cookie(other)
        if name not in taken and not fits and not (_is_cookie(name) and has_cookie):
            missing.append(name)
    if needs_cookie and not has_cookie and not wanted:
        missing.append(_COOKIE)
    return missing


def _moved(taken: tuple[str, ...], wanted: tuple[str, ...]) -> list[tuple[str, str]]:
    """The wanted parameters that stand in the place of others, each with that one; more parameters do not matter."""
    if any(name.startswith("*") for name in taken):
        return []
    pairs = zip([name for name in taken if name in wanted], [name for name in wanted if name in taken], strict=True)
    return [(name, right) for name, right in pairs if name != right]


def _is_cookie(name: str) -> bool:
    return _COOKIE in name.lower()


def _finding(
    protocol: Protocol,
    step: Step,
    entry: str,
    definition: Definition,
    what: str,
    found: str,
    expected: str,
    tip: str | None = None,
) -> Finding:
    return Finding(
        code=_CODE,
        place=definition.place,
        message=f"{entry!r} of {definition.owner}, {step.name} of {protocol.title}, {what}",
        found=found,
        expected=expected,
        tip=tip,
        driver=definition.owner,
        entry=entry,
        protocol=protocol.key,
    )


_GOOD = EXAMPLE_DRIVER.format(begin="1.1.0", finish="1.1.0", confirm="1.1.0")
_TABLE_API = """\
from typing import Callable, NamedTuple


class Driver(NamedTuple):
    begin: Callable | None = None
    finish: Callable | None = None
    confirm: Callable | None = None
"""
_TABLE = """\
from api import Driver


def _begin(connection, guest):
    return guest.lease


def _finish(connection, guest{cookie}):
    guest.run()


def _confirm(connection, guest):
    guest.kill()


MEMORY = Driver(
    begin=_begin,  # 1.1.0
    finish=_finish,  # 1.1.0
    confirm=_confirm,  # 1.1.0
)
"""
_TABLE_FILES = {
    "hvsupport.toml": EXAMPLE_PROTOCOL.replace(
        'drivers = ["drivers/*.py"]\n', 'drivers = ["drivers/*.py"]\nkind = "table"\n'
    ).replace('title = "Handover"\n', 'title = "Handover"\nhandle = "connection"\n'),
    "api.py": _TABLE_API,
}

RULE = Rule(
    code=_CODE,
    name="protocol-signature",
    summary="A Python function for a protocol step drops a cookie, or lacks or exchanges required parameters.",
    why="""\
A cookie is data that one step passes to the next: a lease, a port, the state of the other side. It is opaque to the
code in between, so a dropped cookie goes unnoticed until the side that needs it fails. A missing parameter is a
TypeError in the middle of a migration.""",
    notes="""\
A function takes a parameter if it has one of that name, or one with an unknown name at its position; `*args` and
`**kwargs` take everything. Functions in tables are called by position, so their parameters must have the declared
order too. Without `parameters`, only the cookie is checked: a parameter with `cookie` in its name. A
step whose cookie another step takes must return a value on at least one path. Functions in tables are followed through
imports; results of decorators and calls are not checked. C is not checked, because the compiler enforces the slot's
type.""",
    valid=(
        Example("cookies in and out", _GOOD, files=EXAMPLE_FILES),
        Example(
            "other names at the same positions", _GOOD.replace("guest, cookie", "domain, data"), files=EXAMPLE_FILES
        ),
        Example("everything is taken", _GOOD.replace("guest, cookie", "*args, **kwargs"), files=EXAMPLE_FILES),
        Example("a table of functions", _TABLE.format(cookie=", cookie"), files=_TABLE_FILES),
    ),
    invalid=(
        Example(
            "the cookie is not taken",
            _GOOD.replace("guest, cookie", "guest").replace("run(cookie)", "run()"),
            (Expected(8, "does not take 'cookie', so the cookie of Begin is lost"),),
            files=EXAMPLE_FILES,
        ),
        Example(
            "no cookie is returned",
            _GOOD.replace("return guest.lease", "guest.pause()"),
            (Expected(5, "returns nothing, so there is no cookie for Finish"),),
            files=EXAMPLE_FILES,
        ),
        Example(
            "a function in a table",
            _TABLE.format(cookie=""),
            (Expected(18, "'finish' of drivers/memory.py:MEMORY, Finish of Handover v1, does not take 'cookie'"),),
            files=_TABLE_FILES,
        ),
        Example(
            "two parameters are exchanged",
            _TABLE.format(cookie=", cookie").replace("guest, cookie", "cookie, guest"),
            (Expected(18, "takes 'cookie' where 'guest' is handed over and 'guest' where 'cookie' is handed over"),),
            files=_TABLE_FILES,
        ),
    ),
    check=check,
)
