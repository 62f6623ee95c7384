"""Functions that set no slot that is seen, and may set some: they take the address of one, or hand one to a macro."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts import DECLARE, Trouble
from ...patterns import regex
from ...touched import Handed
from . import through
from .scopes import Scopes, Variable
from .source import Source
from .statements import Function

_PATH = rb"([A-Za-z_]\w*(?:\.\w+|\[\w+\])*)"
#: Behind the pointer whose address is taken: ``&p->open``; and in ``SET(p, open, f)``.
_SLOT = regex(rb"[\s)]*(?:->|(?<=\))\s*\.)\s*" + _PATH + rb"(?![\w.]|[\s)]*(?:->|=[^=]|\())")
_GIVEN = regex(rb"[\s)]*,\s*" + _PATH + rb"\s*[,)]")
_CALLED = regex(rb"(?<![\w.>])([A-Za-z_]\w*)\s*\([\s(]*$")
_NEAR = 60
_NO_CALLS = frozenset(b"if while for switch return sizeof assert".split())
_SIGNS = (b"-", b")", b",", b" ")


def found(
    source: Source, code: bytes, scopes: Scopes, variable: Variable
) -> Iterator[tuple[Function, Trouble | Handed]]:
    """Where slots may be set through a pointer without being seen: the function, and what is in doubt or handed.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        scopes: of the file.
        variable: the pointer.
    """
    name = variable.name
    at = code.find(name, variable.start, variable.end)
    while at >= 0:
        end = at + len(name)
        if code[end : end + 1] in _SIGNS and not code[at - 1 : at].isalnum() and code[at - 1 : at] != b"_":
            before = code[max(0, at - _NEAR) : at]
            each = _taken(source, code, before, at, end) or _handed(source, code, before, at, end)
            function = scopes.function(at) if each is not None else None
            if each is not None and function is not None and function.name and not source.in_comment(at):
                yield function, each
        at = code.find(name, end, variable.end)


def _taken(source: Source, code: bytes, before: bytes, at: int, end: int) -> Trouble | None:
    slot = _SLOT.match(code, end) if through.TAKEN.search(before) is not None else None
    if slot is None:
        return None
    field = slot[1].decode()
    message = f"the address of the slot {field!r} is taken, so it may be set elsewhere"
    return source.trouble(at, message, f"set the slots in one function, {DECLARE}", field)


def _handed(source: Source, code: bytes, before: bytes, at: int, end: int) -> Handed | None:
    called = _CALLED.search(before) if _GIVEN.match(code, end) is not None else None
    if called is None or called[1] in _NO_CALLS:
        return None
    start = max(0, at - _NEAR) + called.start(1)
    return Handed(called[1].decode(), source.line(start), source.column(start))
