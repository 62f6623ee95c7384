"""Fields of structs that point to a table: ``s->ops->open = f`` sets a slot of it, in files that may not name its type.

Which field of which struct leads to a table is told by the file that defines the struct. What stands in front of the
field must have that struct as its type, as the file says; where it does not say, the slot is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from ...patterns import regex
from ...records import NamedTuple
from .brackets import Brackets
from .declarators import Holder, start_of, statement_before
from .directives import Directives
from .scan import ARRAY, CALL, GLOBAL, MACRO, OF_WORDS, VALUE
from .seen import Found, Pointer
from .source import Source

#: A field, the type that it leads to, its stars and dimensions as a number, and the names of the structs around it.
Link = tuple[str, ...]

_FIELD = regex(rb"\s*(?P<stars>(?:\*\s*)+)(?P<name>[A-Za-z_]\w*)\s*(?P<array>(?:\[[^\]]*\]\s*)*)[;,]")
_IMPLIED = regex(rb"\s*(?P<stars>(?:\*\s*)*)(?P<name>[A-Za-z_]\w*)\s*(?P<array>(?:\[[^\]]*\]\s*)*)[;,]")
_RETURNED = regex(rb"\s*\*\s*([A-Za-z_]\w*)\s*\(")
_STRUCT = regex(rb"\b(?:struct|union)\b\s*(?:__attribute__\s*\(\(.*?\)\)\s*|[A-Z_]+\s+(?=\w))?(\w*)\s*$", re.DOTALL)
_BEHIND = regex(rb"\s*(?:\*\s*)*([A-Za-z_]\w*)(?:\s*,\s*\**\s*(\w+))?[^;{}]*;")
#: What leads to the field: a variable and fields, perhaps with a cast in front.
_CAST = rb"\(\s*\(\s*(?:const\s+)?(?:struct\s+)?(?P<cast>\w+)\s*\*?\s*\)\s*&?\s*\w+\s*\)\s*->\s*"
_BEFORE = regex(
    rb"(?:" + _CAST + rb"|(?<![\w.>])(?P<base>[A-Za-z_]\w*)\s*(?:\[[^\]\n]*\]\s*)?(?:->|\.)\s*)"
    rb"(?P<middle>(?:[A-Za-z_]\w*\s*(?:\[[^\]\n]*\]\s*)?(?:->|\.)\s*)*)$"
)
_CALLED = regex(rb"[)\]]\s*(?:->|\.)\s*(?:[A-Za-z_]\w*\s*(?:\[[^\]\n]*\]\s*)?(?:->|\.)\s*)*$")
_DECLARED = (
    r"\b(?:struct\s+)?(?P<type>[A-Za-z_]\w*)\s*(?:const\s*)?[\s*](?:const\s*)?\s*{}\s*(?:\[[^\]\n]*\]\s*)?[;,=)]"
)
#: What no macro has that is a pointer.
_GIVES = regex(r"[;{}=#]|\bsizeof\b|\boffsetof\b")
_WORDS = regex(r"(?<![\w.>])[A-Za-z_]\w*")
_LAST = regex(r"(?:->|\.)\s*(\w+)[\s)]*$")
_NO_TYPES = frozenset((b"return", b"else", b"goto", b"case", b"sizeof", b"struct", b"const", b"and", b"or"))
_OF_WORDS = frozenset(bytes([byte]) for byte in (*OF_WORDS, 0x23))
_ALL_WORDS, _MANY = regex(rb"\w+"), 48
#: So far in front of a table stands the word that it is declared elsewhere.
_NEAR = 100
#: So much is looked at in front of a field.
_FAR = 200


class Place(NamedTuple):
    """Where a slot may be set through a field: the link, what leads to it, its start, and where the field ends."""

    link: Link
    chain: str
    start: int
    end: int
    is_sure: bool


def found(code: bytes, brackets: Brackets, source: Source, pointers: Iterable[Pointer]) -> list[Link]:
    """The fields of the structs of a file that point to tables which may be changed."""
    links: list[Link] = []
    for pointer in pointers:
        if (returned := _RETURNED.match(code, pointer.at)) is not None and not source.in_comment(pointer.at):
            links.append((returned[1].decode(), pointer.type, CALL))
        match = _IMPLIED.match(code, pointer.at)
        is_pointer = match is not None and (match["stars"] or pointer.implied)
        if match is None or not (is_pointer or b"extern" in code[max(0, pointer.at - _NEAR) : pointer.at]):
            continue
        words = statement_before(code, pointer.at).split()
        if b"const" in words or not (is_pointer or b"extern" in words) or source.in_comment(pointer.at):
            continue
        owners = tuple(dict.fromkeys(_owners(code, brackets, pointer.at))) if is_pointer else ()
        if not owners and b"extern" in words:
            depth = match["stars"].count(b"*") + pointer.implied + bool(match["array"])
            links.append((match["name"].decode(), pointer.type, f"{GLOBAL}{depth}"))
        while owners and match is not None:
            depth = match["stars"].count(b"*") + pointer.implied + match["array"].count(b"[")
            links.append((match["name"].decode(), pointer.type, str(depth), *owners))
            goes_on = code.startswith(b",", match.end() - 1)
            match = (_IMPLIED if pointer.implied else _FIELD).match(code, match.end()) if goes_on else None
    return links


def held(holders: Iterable[Holder], types: Collection[str]) -> Iterator[Link]:
    """The fields of the structs of a file that are tables of some types, or structs that hold such."""
    for each in holders:
        for member in each.fact.members:
            target, is_array = member.body.target, member.body.kind == "array"
            if target is not None and target in types and (is_array or member.body.may_hold):
                yield member.name.rpartition(".")[2], target, ARRAY if is_array else VALUE, each.fact.name, *each.names


def made(
    data: bytes, code: bytes, directives: Directives, types: Collection[str], links: Iterable[Link]
) -> Iterator[Link]:
    """The macros of a file that give a pointer to a table: by a cast to one of some types, or through a field.

    Args:
        data: the bytes of the file.
        code: the same with the directives blanked.
        directives: what was blanked.
        types: the names of the types.
        links: those of the file.
    """
    leads = {link[0]: link[1] for link in links if link[3:]}
    names = (*types, *leads)
    if not any(data.count(name.encode()) > code.count(name.encode()) for name in names):
        return
    for name, macros in directives.macros.items():
        for each in macros:
            if not each.parameters or not any(map(each.body.__contains__, names)) or _GIVES.search(each.body):
                continue
            through = _LAST.search(each.body)
            words = (word for word in _WORDS.findall(each.body) if word in types and word not in each.parameters)
            kind = next(words, None) if through is None else leads.get(through[1])
            if kind is not None:
                yield name, kind, MACRO


def used(links: tuple[Link, ...], code: bytes) -> tuple[Link, ...]:
    """The links whose names are among the words of a file: of many most are not, and need not be looked for."""
    if len(links) < _MANY:
        return links
    words = frozenset(_ALL_WORDS.findall(code))
    return tuple(each for each in links if each[0].encode() in words)


def declared(code: bytes, brackets: Brackets, source: Source, links: Iterable[Link]) -> Iterator[Found]:
    """The tables that macros of headers declare: ``DRIVER(name) = { .open = f };``."""
    for name, kind, *_ in [link for link in links if link[2] == MACRO and link[0].encode() in code]:
        # An expression that begins with a plain text is searched for as fast as that text.
        for match in re.finditer(name.encode() + rb"\s*\([^(){};]*\)\s*=\s*(\{)", code):
            if code[match.start() - 1 : match.start()] in _OF_WORDS:
                continue
            closing = None if source.in_comment(match.start()) else brackets.brace(match.start(1))
            if closing is not None:
                written = match[0].partition(b"=")[0].decode("latin-1")
                start = start_of(code, code.rfind(b"\n", 0, match.start()) + 1, match.start())
                yield Found(kind, "".join(written.split()), start, match.start(1), closing)


def _owners(code: bytes, brackets: Brackets, position: int) -> Iterator[str]:
    """The names of the structs around a place, and of the variables that they declare; nothing outside of any."""
    start = code.rfind(b"\n}", 0, position) + 1
    while (opening := code.find(b"{", start, position)) >= 0:
        closing = brackets.brace(opening)
        start = opening + 1
        if closing is None or closing < position:
            start = opening + 1 if closing is None else closing + 1
            continue
        struct = _STRUCT.search(statement_before(code, opening))
        if struct is None:
            continue
        behind = _BEHIND.match(code, closing + 1)
        yield from (name.decode() for name in (struct[1], *(behind.groups() if behind is not None else ())) if name)


def place(code: bytes, brackets: Brackets, links: list[Link], function: int, at: int) -> Place | None:
    """What leads to a field, and through which link; None where nothing does.

    Args:
        code: the bytes of the file with its directives blanked.
        brackets: of the file.
        links: those of the field.
        function: where the function begins.
        at: where the field stands.
    """
    end = at + len(links[0][0].encode())
    if links[0][2].startswith(CALL[0]):
        end = brackets.behind(code.index(b"(", end)) or end
        return Place(links[0], _text(code, at, end), at, end, True)
    before = code[max(function, at - _FAR) : at]
    leads = _BEFORE.search(before)
    if leads is None:
        line = code.rfind(b"\n", 0, at) + 1
        start = line + len(code[line:at]) - len(code[line:at].lstrip())
        called = _CALLED.search(before)
        return None if called is None else Place(links[0], _text(code, start, end), start, end, False)
    start = at - len(leads[0])
    base = (leads["base"] or b"").decode()
    types = _types(code, leads, function, start)
    names = {*types, base}
    fitting = next((link for link in links if not names.isdisjoint(link[3:])), None)
    is_sure = fitting is not None and b"->" not in leads["middle"]
    if links[0][2] in (VALUE, ARRAY) and types and b"->" not in leads["middle"]:
        return None
    return Place(fitting or links[0], _text(code, start, end), start, end, is_sure)


def _text(code: bytes, start: int, end: int) -> str:
    return "".join(code[start:end].decode("latin-1").split())


def _types(code: bytes, leads: re.Match[bytes], function: int, start: int) -> list[str]:
    """The type of what a chain begins with, as a cast or its declaration says; the nearest in front of it."""
    if leads["cast"] is not None:
        return [leads["cast"].decode()]
    declared = re.compile(_DECLARED.format(re.escape(leads["base"].decode())).encode())
    for begin, end in ((function, start), (0, function)):
        known = [match["type"] for match in declared.finditer(code, begin, end) if match["type"] not in _NO_TYPES]
        if known:
            return [known[-1].decode()]
    return []
