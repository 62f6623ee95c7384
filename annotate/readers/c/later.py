"""What fills a table after its list of slots, in the same file: it says more, or less, than the list does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...facts import DECLARE, Trouble
from .seen import Found
from .source import Source

_LETTERS = frozenset(bytes([byte]) for byte in range(256) if chr(byte).isalnum() or byte == 0x5F)
#: Of more tables than this the names are looked for all at once.
_FEW = 16
_ELEMENT = rb"\s*(?:\[[^\]\n]*\]\s*)?"
_PATH = rb"([A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*|\[[^\]\n]*\])*)"
_FIELD = rb"\s*" + _PATH + rb"\s*=(?!=)"
#: Behind the name: ``.open =``, ``[0].open =``, and ``)->open =`` where the name stands in brackets.
_SLOT = _ELEMENT + rb"(?:\)\s*)?(?:\.|(?<=\))\s*->|(?<=\)\s)->)" + _FIELD
_COPIED_TO = rb"\s*=\s*[*&]?\s*(\w+)\s*;"
#: In front of it: what is filled from elsewhere, a pointer to it, a variable that has its type.
_FILLED = rb"\bmem(?:cpy|move)\s*\(\s*&\s*$"
_POINTER = rb"(?:^|[^\w.>])([A-Za-z_]\w*(?:\s*(?:->|\.)\s*[A-Za-z_]\w*)*)\s*=(?!=)(?P<value>[^;{}=]*)$"
#: A call; `sizeof (` is none.
_CALL = rb"(?<!sizeof)\b\w+\s*\("
#: A slot that is set through the pointer, or by a macro that is given both.
_SET_BY = (
    rb"(?<![\w.>])(?:NAME\s*(?:->|\[[^\]\n]*\]\s*\.)|\(\s*\*\s*NAME\s*\)\s*\.)" + _FIELD + rb"|"
    rb"\b\w+\s*\([\s(]*NAME[\s)]*,\s*" + _PATH + rb"\s*,"
)
#: ``other = pointer;``
_SAME = rb"(?<![\w.>])([A-Za-z_]\w*)\s*=(?!=)[\s(]*(?:(?:const\s+)?(?:struct\s+)?\w+\s*\*\s*\)[\s(]*)?NAME[\s)]*[;,]"
#: In front of a pointer where what it leads to is set.
_LED_TO = rb"(?:^|[;{}])\s*\*\s*\(?\s*$"
_ENDS_VALUE = (b"=", b"&", b"?", b":", b")", b"(", b"+", b"*")
_ITS_TYPE = rb"\b(?:auto|__auto_type)\b[^;{}=]*?(\w+)\s*=\s*$"
#: So much is looked at in front of a name.
_BEFORE = 80
_TIP = f"fill it in the table, {DECLARE}"


def filled(source: Source, code: bytes, found: Iterable[Found]) -> dict[str, list[Trouble]]:
    """What is set of the tables of a file when the program runs: table -> what is in doubt because of it.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        found: the tables.
    """
    names = {each.name.encode() for each in found if each.opening >= 0}
    found_later: dict[str, list[Trouble]] = {}
    for start, end in _places(code, names):
        name = code[start:end].decode()
        for each in _around(source, code, names, start, end):
            if not source.in_comment(start):
                found_later.setdefault(name, []).append(each)
    return found_later


def elsewhere(source: Source, code: bytes, names: Iterable[str]) -> Iterator[Trouble]:
    """What a file sets of tables that others declare: the columns of those do not show it.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        names: of the tables.
    """
    for start, end in _places(code, {name.encode() for name in names}):
        slot = re.compile(_SLOT).match(code, end)
        if slot is not None and not source.in_comment(start):
            yield _of_slot(source, code[start:end].decode(), start, slot[1])._replace(member=None)


def _places(code: bytes, names: set[bytes]) -> Iterator[tuple[int, int]]:
    """Where the names stand as words that are no members; few of them are found quicker one by one."""
    if len(names) > _FEW:
        for match in re.finditer(rb"(?<![\w.>])[A-Za-z_]\w*", code):
            if match[0] in names:
                yield match.span()
        return
    for name in sorted(names):
        position = code.find(name)
        while position >= 0:
            end = position + len(name)
            before, behind = code[position - 1 : position] if position else b"", code[end : end + 1]
            if before not in _LETTERS and before not in (b".", b">") and behind not in _LETTERS:
                yield position, end
            position = code.find(name, end)


def _around(source: Source, code: bytes, names: set[bytes], start: int, end: int) -> Iterator[Trouble]:
    """What the code around the name of a table makes of it."""
    name = code[start:end].decode()
    behind = code[end : end + _BEFORE].lstrip()
    if behind.startswith((b".", b"[", b")")) and (slot := re.compile(_SLOT).match(code, end)) is not None:
        yield _of_slot(source, name, start, slot[1])
        return
    copied = re.compile(_COPIED_TO).match(code, end) if behind.startswith(b"=") else None
    if copied is not None and copied[1] in names:
        yield source.trouble(start, f"{name} is filled from {copied[1].decode()} when the program runs", _TIP)
        return
    before = code[max(0, start - _BEFORE) : start].rstrip()
    if not before.endswith(_ENDS_VALUE):
        return
    if re.search(_FILLED, before):
        yield source.trouble(start, f"{name} is filled when the program runs", _TIP)
        return
    statement = before[max(before.rfind(sign) for sign in (b";", b"{", b"}")) + 1 :]
    pointer = re.search(_POINTER, before) if b"=" in statement else None
    is_led = pointer is not None and not re.search(_LED_TO, before[: pointer.start(1)])
    if pointer is not None and is_led and not re.search(_CALL, pointer["value"]):
        function = code.find(b"\n}", end)
        told = list(_through(source, code, name, pointer[1], end, function if function >= 0 else len(code)))
        yield from told
        if not told and (made := re.search(_ITS_TYPE, before)):
            message = f"{made[1].decode()} is made of {name}: it is not seen"
            yield source.trouble(start, message, "write the name of its type")


def _through(source: Source, code: bytes, name: str, pointer: bytes, start: int, end: int) -> Iterator[Trouble]:
    """The slots of a table that are set through a pointer to it, and through others that are set to it."""
    if code.find(pointer, start, end) < 0:
        return
    known = [pointer]
    for each in known:
        same = re.compile(_SAME.replace(b"NAME", re.escape(each)))
        known += (match[1] for match in same.finditer(code, start, end) if match[1] not in known)
    pointers = rb"(?:" + b"|".join(map(re.escape, known)) + rb")"
    for match in re.compile(_SET_BY.replace(b"NAME", pointers)).finditer(code, start, end):
        yield _of_slot(source, name, match.start(), match[1] or match[2])


def _of_slot(source: Source, name: str, position: int, field: bytes) -> Trouble:
    path = "".join(field.decode().split())
    return source.trouble(position, f"the slot {path!r} of {name} is filled when the program runs", _TIP, path)
