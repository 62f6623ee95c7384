"""What fills a table after its list of slots, in the same file: it says more, or less, than the list does."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from ...facts import ALL, DECLARE, Trouble
from ...patterns import regex
from ...records import NamedTuple
from ...touched import Handed
from . import through
from .brackets import Brackets
from .scopes import NO_FUNCTIONS, Scopes
from .seen import Found
from .source import Source

_LETTERS = frozenset(bytes([byte]) for byte in range(256) if chr(byte).isalnum() or byte == 0x5F)
#: Of more tables than this the names are looked for all at once.
_FEW = 16
_ELEMENT = rb"\s*(?:\[[^\]\n]*\]\s*)?"
_PATH = rb"([A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*|\[[^\]\n]*\])*)"
_PART = _ELEMENT + rb"\.\s*" + _PATH + rb"(?!\s*(?:[-=(.]|\w))"
#: A field that nothing leads on from: ``.base)``, ``[0].base,``.
_PART_END = regex(_ELEMENT + rb"\.\s*([A-Za-z_]\w*)(?=[\s)]*[,;)}])")
_HANDS_ON = regex(rb"(?:[(,{]|\breturn)[\s(]*&[\s(]*$")
_FIELD = rb"\s*" + _PATH + rb"\s*=(?!=)"
#: Behind the name: ``.open =``, ``[0].open =``, and ``)->open =`` where the name stands in brackets.
_SLOT = _ELEMENT + rb"(?:\)\s*)?(?:\.|(?<=\))\s*->|(?<=\)\s)->)" + _FIELD
#: ``*(fn *)((char *) &t + offsetof(TYPE, open)) = f``; what only reads the slot there has a star in front and no sign.
_BY_OFFSET = rb"[\s)]*\+\s*\w*(?i:offset)\w*\s*\(\s*(?:struct\s+)?\w+\s*,\s*" + _PATH + rb"\s*\)[\s)]*(?P<set>=(?!=))?"
_READ_BY_OFFSET = rb"\*\s*\([^()]*\)[\s(]*\([^()]*\)[\s(&]*$"
#: ``= other;``, ``= *pointer;``, ``= make();``
_COPIED_TO = rb"(?P<index>\s*\[[^\]\n]*\])?\s*=(?!=)\s*(?:(\w+)\s*;|[^;])"
#: In front of it: what is filled from elsewhere or cleared, a pointer to it, a variable that has its type.
_FILLED = rb"\b(?:mem(?:cpy|move|set)|bzero|explicit_bzero)\s*\(\s*(?:\([^()]*\)\s*)?&?\s*$"
_FILLS_ALL = rb"\s*(?:\[[^\]\n]*\]\s*)?,"
#: A call that is given its address.
_GIVEN_TO = regex(rb"(?<![\w.>])([A-Za-z_]\w*)\s*\((?:(?:[^(){};]|\([^(){};]*\))*,)?[\s(]*(?P<sign>&?)[\s(]*$")
_IS_GIVEN = regex(rb"[\s)]*(?:\[[^\]\n]*\][\s)]*)?[,)]")
_NO_CALLS = frozenset((*NO_FUNCTIONS, b"sizeof", b"return"))
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
#: In front of the name where a statement begins, or another assignment.
_BEGINS = (b";", b"{", b"}", b")", b"else", b":", b"=", b"(")
#: Something else of the name is declared.
_DECLARED = rb"(?:\w\s*[\s*]|\*\s*(?:const\s+)?)(?<![\w.>])NAME\s*[;,=)\[]"
#: Likewise, as one of several.
_AMONG = rb"[;{}]\s*(?:\w+\s+){1,4}[\s*]*\w+[^;(){}]{0,200},[\s*]*NAME\s*[;,=\[]"
#: In front of a name that is declared stands a type, none of these.
_NO_TYPE = regex(rb"\b(?:return|else|do|goto|case|sizeof)$")
_ENDS_VALUE = (b"=", b"&", b"?", b":", b")", b"(", b"+", b"*")
_ITS_TYPE = rb"\b(?:auto|__auto_type)\b[^;{}=]*?(\w+)\s*=\s*$"
#: So much is looked at in front of a name.
_BEFORE = 80
_TIP = f"fill it in the table, {DECLARE}"


class Later(NamedTuple):
    """What is done to a table behind its list: what is in doubt because of it, and what is given its address."""

    troubles: list[Trouble]
    handed: list[Handed]


NOTHING = Later([], [])


class _Shadows:
    """Knows where functions declare something else by the name of a table; each function is looked at once."""

    def __init__(self, code: bytes, scopes: Scopes, tables: Mapping[bytes, list[Found]]) -> None:
        self._code, self._scopes, self._tables = code, scopes, tables
        self._known: dict[tuple[bytes, int], int] = {}

    def hide(self, start: int, end: int) -> bool:
        """Whether what stands between two places is the name of something else than the table."""
        function = self._scopes.function(start)
        if function is None:
            return False
        key = self._code[start:end], function.start
        if key not in self._known:
            declared = re.compile((_DECLARED + b"|" + _AMONG).replace(b"NAME", re.escape(key[0])))
            found = declared.finditer(self._code, function.start, function.closing)
            others = (each.end() for each in found if self._is_other(key[0], each.start()))
            self._known[key] = next(others, len(self._code))
        return self._known[key] <= end + 1

    def _is_other(self, name: bytes, at: int) -> bool:
        is_own = any(each.start <= at <= each.opening for each in self._tables[name])
        return not is_own and _NO_TYPE.search(self._code, max(0, at - 8), at + 1) is None


def filled(
    source: Source, code: bytes, brackets: Brackets, found: Iterable[Found], parts: Mapping[str, Container[str]]
) -> dict[str, Later]:
    """What is set of the tables of a file when the program runs, by their names.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        brackets: of the file.
        found: the tables.
        parts: type of a struct that holds tables -> its fields that are tables themselves.
    """
    tables: dict[bytes, list[Found]] = {}
    for each in found:
        if each.opening >= 0:
            tables.setdefault(each.name.encode(), []).append(each)
    found_later: dict[str, Later] = {}
    scopes = Scopes(source, code, brackets)
    shadows = _Shadows(code, scopes, tables)
    known: dict[bytes, list[tuple[int, int]]] = {}
    for start, end in _places(code, set(tables)):
        name = code[start:end]
        # A table inside another struct that is handed on is a table, and no slot whose address is taken.
        part = _PART_END.match(code, end) if _HANDS_ON.search(code, max(0, start - _BEFORE), start) else None
        if part is not None and all(part[1].decode() in parts.get(each.type, ()) for each in tables[name]):
            end, told = part.end(), []
        else:
            told = list(_around(source, code, shadows, tables, start, end))
        given = None if told else _given(source, code, tables[name], start, end)
        if (not told and given is None) or source.in_comment(start):
            continue
        if name not in known:
            known[name] = [_scope(scopes, code, each) for each in tables[name]]
        if any(first <= start < last for first, last in known[name]):
            later = found_later.setdefault(name.decode(), Later([], []))
            later.troubles.extend(told)
            later.handed.extend([given] if given is not None else ())
    return found_later


def _scope(scopes: Scopes, code: bytes, table: Found) -> tuple[int, int]:
    """Where a table is known: in the function that declares it, or everywhere."""
    line = code.rfind(b"\n", 0, table.start) + 1
    function = scopes.function(table.start) if table.start > line else None
    return (table.start, function.closing) if function is not None and function.name else (0, len(code))


def _given(source: Source, code: bytes, tables: list[Found], start: int, end: int) -> Handed | None:
    """What a table that may be changed is handed to by its address, or as an array."""
    if code[end : end + 1] not in (b")", b",", b"[", b" ") or code[start - 1 : start] not in (b"&", b"(", b" "):
        return None
    before = code[max(0, start - _BEFORE) : start]
    called = _GIVEN_TO.search(before) if _IS_GIVEN.match(code, end) is not None else None
    if called is None or called[1] in _NO_CALLS or not (called["sign"] or any(each.dimensions for each in tables)):
        return None
    if all(b"const" in code[each.start : each.opening].split() for each in tables):
        return None
    return Handed(called[1].decode(), source.line(start), source.column(start))


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


def _around(
    source: Source, code: bytes, shadows: _Shadows, tables: Mapping[bytes, list[Found]], start: int, end: int
) -> Iterator[Trouble]:
    """What the code around the name of a table makes of it."""
    name = code[start:end].decode()
    behind = code[end : end + _BEFORE].lstrip()
    if behind.startswith((b".", b"[", b")")) and (slot := re.compile(_SLOT).match(code, end)) is not None:
        yield _of_slot(source, name, start, slot[1])
        return
    taken = re.compile(_PART).match(code, end) if behind.startswith(b".") else None
    if taken is not None and through.TAKEN.search(code[max(0, start - _BEFORE) : start]):
        path = "".join(taken[1].decode().split())
        yield source.trouble(start, f"the address of the slot {path!r} of {name} is taken", _TIP, path)
        return
    computed = re.compile(_BY_OFFSET).match(code, end) if b"ffset" in behind else None
    if computed is not None:
        if computed["set"] or not re.search(_READ_BY_OFFSET, code[max(0, start - _BEFORE) : start]):
            yield _of_slot(source, name, start, computed[1])
        return
    copied = re.compile(_COPIED_TO).match(code, end) if behind.startswith((b"=", b"[")) else None
    before = code[max(0, start - _BEFORE) : start].rstrip()
    is_own = any(each.start <= start <= each.opening for each in tables[code[start:end]])
    if is_own and copied is not None:
        return
    if copied is not None and before.endswith(_BEGINS) and not shadows.hide(start, end):
        what = f"from {copied[2].decode()} " if copied[2] in tables else ""
        yield source.trouble(start, f"{name} is filled {what}when the program runs", _TIP, ALL)
        return
    if not before.endswith(_ENDS_VALUE):
        return
    if re.search(_FILLED, before) and re.compile(_FILLS_ALL).match(code, end):
        is_table = before.endswith(b"&") or any(each.dimensions for each in tables[code[start:end]])
        if is_table and not shadows.hide(start, end):
            yield source.trouble(start, f"{name} is filled when the program runs", _TIP, ALL)
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
    leads_to_it = code[start : start + _BEFORE].lstrip()[:1] in (b";", b",", b")")
    for way in (through.WHOLE, through.CLEARED) if leads_to_it else ():
        for match in re.compile(way.replace(b"{}", pointers)).finditer(code, start, end):
            yield source.trouble(match.start(), f"{name} is filled when the program runs", _TIP, ALL)
    for match in re.compile(_SET_BY.replace(b"NAME", pointers)).finditer(code, start, end):
        yield _of_slot(source, name, match.start(), match[1] or match[2])


def _of_slot(source: Source, name: str, position: int, field: bytes) -> Trouble:
    path = "".join(field.decode().split())
    return source.trouble(position, f"the slot {path!r} of {name} is filled when the program runs", _TIP, path)
