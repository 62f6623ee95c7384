"""The glance at the bytes of a file that tells whether it holds anything: most files of a tree need no more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations
from types import MappingProxyType

from ...facts import Options
from ...patterns import regex
from ...records import NamedTuple

#: A shorter text that all names share stands in too many places.
_WORTH = 4
IGNORE = b"hvsupport: ignore"
_TYPE_OF = regex(rb"ypeof(?<=typeof)\w*\s*\([^)]")
#: So many bytes of the end of a field are looked for.
_ENDING = 5
#: What may stand behind a field: also ``s->ops[0].open`` and ``(*s->ops).open``.
SIGNS = b"->", b"[", b")"
_NAME = regex(rb"(?:([.>])\s?|(?<![\w.>]))([A-Za-z_]\w*)$")
_FAR = 80
#: A whole word is taken at once, by what looks ahead: most stand in front of something else, and none is tried shorter.
_SETS = (
    rb"[\s)]*(?:->|\.)\s*(?=(?P<first>\w+))(?P=first)"
    rb"(?:[\s)]*(?:->|\.)\s*(?=(?P<next>\w+))(?P=next)|\s*\[[^\]\n]*\])*\s*=(?!=)"
)
_BEHIND_FIELD = regex(rb"(?:\s*\[[^\]\n]*\])*" + _SETS)
#: Also ``DRIVER(name) = {``.
_PLAIN_BRACKETS = rb"\((?:[^(){};]|\((?:[^(){};]|\((?:[^(){};]|\([^(){};]*\))*\))*\))*\)"
_BEHIND_CALL = regex(rb"\s?" + _PLAIN_BRACKETS + rb"(?:" + _SETS + rb"|\s*=\s*\{)")
#: In place of the stars of a field: a function that returns a pointer to a table.
CALL = "()"
#: And a macro that gives one.
MACRO = "(#)"
#: And of a field that is a table, not a pointer to one; it sorts before the numbers of stars.
VALUE = "."
#: And of one that is an array of tables, and so a pointer to the first: ``s->base->open``, ``s->base[0].open``.
ARRAY = "["
#: In its place in front of the stars of a pointer that a header declares.
GLOBAL = "="
_NAMED = frozenset((CALL[0], GLOBAL))
#: A table that a header declares.
EXTERN = f"{GLOBAL}0"
_SIGNS = {CALL: (b"",), MACRO: (b"(", b" ("), VALUE: (b".", b"[")}
#: What may stand between the backslash of a line continuation and the next line.
_ENDS = b"\n\r \t"
_CUT = rb"\\[ \t]*\r?\n(?=\w)"
_IN_PIECES = rb"\w+(?:" + _CUT + rb"\w+)+"
#: The bytes of a word of ASCII.
OF_WORDS = frozenset(byte for byte in range(128) if chr(byte).isalnum() or byte == 0x5F)
_OF_NAMES = OF_WORDS | frozenset(b".>")


_Fields = tuple[frozenset[bytes], frozenset[bytes], list[tuple[bytes, bytes]]]
#: The options of the last file, and what is looked for by them: they are the same for most files of a tree.
_last: list[tuple[Options, list[_Search], _Fields]] = []


def _looked_for(options: Options) -> tuple[list[_Search], _Fields]:
    """What names to search for, also of functions that return a pointer to a table, and how fields are set."""
    if not _last or _last[0][0] is not options:
        names = (*options.calls, *options.pointers, *[name for name, *_ in options.holders])
        functions = tuple(name for name, _, kind, *_ in options.links if kind == CALL)
        search, both = _search(names), _search((*names, *functions))
        # Another text to look for costs as much as the rest: one finds them all if it can.
        apart = functions and (both.pattern is None or both.word != search.word)
        searches = [search, _search(functions)] if apart else [both]
        _last[:] = [(options, searches, _fields(options.links, (b"->",)))]
    return _last[0][1:]


def _has_name(data: bytes, search: _Search) -> bool:
    if search.pattern is not None:
        return search.word in data and search.pattern.search(data) is not None
    return any(name.encode() in data for name in search.shortest)


def may_hold(path: str, data: bytes, options: Options) -> bool:
    """Whether there is anything to read in a file; names come first, for the files that have one are the large ones."""
    if path in options.headers or b"\0" in data:
        return True
    searches, fields = _looked_for(options)
    has_name = any(_has_name(data, each) for each in searches)
    return has_name or IGNORE in data or (options.links != () and _sets(data, fields))


def sets_links(data: bytes, links: tuple[tuple[str, ...], ...], signs: tuple[bytes, ...] = (b"->",)) -> bool:
    """Whether a file may set a slot through a field of a struct that points to a table: ``s->FIELD->open =``.

    Args:
        links: as ``FileFacts`` has them.
        signs: what may stand behind the field. Each text that is looked for costs as much as the rest of the glance.
    """
    return _sets(data, _fields(links, signs))


def sets_behind_call(data: bytes, links: tuple[tuple[str, ...], ...]) -> bool:
    """Whether a file may set a slot through what a function returns: ``get(x)->open =``."""
    functions = (name for name, _, kind, *_ in links if kind == CALL)
    return any(at >= 0 for name in functions for at in set_through(data, name, CALL))


def _sets(data: bytes, looked_for: _Fields) -> bool:
    fields, names, wanted = looked_for
    for end, sign in wanted:
        for at in _each(data, end + sign):
            behind = (_BEHIND_CALL if sign.endswith(b"(") else _BEHIND_FIELD).match(data, at + len(end))
            name = _NAME.search(data, max(0, at - _FAR), at + len(end)) if behind is not None else None
            if name is not None and name[2] in (fields if name[1] else names):
                return True
    return False


@cache
def _fields(links: tuple[tuple[str, ...], ...], signs: tuple[bytes, ...]) -> _Fields:
    """The fields, macros and variables; and how all end, which is often alike, each with what may stand behind it.

    Functions are looked for by their names alone. Tables that headers declare are not looked for: that would cost
    more than all else, and what sets their slots mostly has the type in its name.
    """
    given = {(name.encode(), kind) for name, _, kind, *_ in links if kind not in (CALL, EXTERN)}
    fields = frozenset(name for name, kind in given if kind[0] not in _NAMED)
    names = frozenset(name for name, _ in given) - fields
    ends = {
        (name if name in names else name[-_ENDING:], sign) for name, kind in given for sign in _SIGNS.get(kind, signs)
    }
    return fields, names, sorted(ends)


def set_through(code: bytes, name: str, kind: str) -> Iterator[int]:
    """Where slots may be set through a field, what a function returns or a variable, as the kind of a link says."""
    word, behind = name.encode(), _BEHIND_CALL if kind[0] == CALL[0] else _BEHIND_FIELD
    for sign in _SIGNS.get(kind, SIGNS):
        for at in _each(code, word + sign):
            before = code[max(0, at - 2) : at].rstrip()[-1:]
            is_whole = code[at - 1] not in _OF_NAMES if kind[0] in _NAMED else before in (b".", b">")
            if is_whole and behind.match(code, at + len(word)) is not None:
                yield at


def _each(data: bytes, needle: bytes) -> Iterator[int]:
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)


def has_typeof(data: bytes) -> bool:
    """Whether something in a file has the type of something else; not asked of files that name no table's type."""
    return _TYPE_OF.search(data) is not None


def has_auto(data: bytes) -> bool:
    """Whether something in a file may be declared by ``auto`` alone."""
    return b"auto_type" in data or b"auto " in data


class Cut(NamedTuple):
    """A word that goes on on the next line: where it begins, and the word in one piece."""

    start: int
    word: str


def cut_words(data: bytes) -> list[Cut]:
    """The words of a file that a line continuation cuts, in order; not asked of files that name no table's type.

    A search for a single byte is many times faster than any other, and few lines have a backslash.
    """
    found: list[Cut] = []
    find, last, cuts = data.find, len(data) - 1, re.compile(_CUT).match
    at = find(b"\\", 1)
    while 0 < at < last:
        end = at + 1
        if data[end] in _ENDS and (match := cuts(data, at)) is not None:
            begin = at
            while begin and data[begin - 1] in OF_WORDS:
                begin -= 1
            if begin < at and not data.startswith(b"\\", begin - 1):
                match = re.compile(_IN_PIECES).match(data, begin) or match
                found.append(Cut(begin, re.sub(rb"\W", b"", match[0]).decode("latin-1")))
            end = match.end()
        at = find(b"\\", end)
    return found


class Names(NamedTuple):
    """The names that occur anywhere in some bytes, in the order given, and a place before all of them."""

    found: list[str]
    since: int


def names_in(data: bytes, names: Iterable[str]) -> Names:
    """Look for names; a file that has tables has most of them at its end, so that what follows can begin there."""
    given = tuple(names)
    search = _search(given)
    if search.pattern is None:
        places = {name: data.find(name.encode()) for name in given}
        there = [name for name in given if places[name] >= 0]
        return Names(there, min((places[name] for name in there), default=len(data)))
    found: set[str] = set()
    first = len(data)
    for match in search.pattern.finditer(data):
        first = min(first, match.start())
        short = search.shortest[(match.lastindex or 1) - 1]
        found.add(short)
        found.update(name for name, before in search.longer[short] if _stands_at(data, name, match.start() - before))
    return Names([name for name in given if name in found], max(0, first - max(len(name.encode()) for name in given)))


def _stands_at(data: bytes, name: str, position: int) -> bool:
    return position >= 0 and data.startswith(name.encode(), position)


class _Search(NamedTuple):
    """How to look for some names at once.

    Attributes:
        shortest: those of them that hold no other one (a tag may hold its typedef).
        pattern: finds them, the number of its group tells which; None where they have too little in common.
        word: what they have in common: a plain text is found several times faster than the pattern.
        longer: one of them -> the names that hold it, each with how far before the match it begins.
    """

    shortest: tuple[str, ...]
    pattern: re.Pattern[bytes] | None = None
    word: bytes = b""
    longer: Mapping[str, tuple[tuple[str, int], ...]] = MappingProxyType({})


@cache
def _search(names: tuple[str, ...]) -> _Search:
    """One search for the longest text that all names share, and a look at what stands around each place.

    An expression that begins with a plain text is searched for as fast as that text alone.
    """
    shortest = tuple(name for name in names if not any(other != name and other in name for other in names))
    first = min(shortest, key=len, default="")
    parts = (first[start:end] for start in range(len(first)) for end in range(len(first), start, -1))
    word = max((part for part in parts if all(name.count(part) == 1 for name in shortest)), key=len, default="")
    ends = [(name[: name.find(word) + len(word)], name[name.find(word) + len(word) :]) for name in shortest]
    if len(word) < _WORTH or any(_fit_together(one, other) for one, other in combinations(ends, 2)):
        return _Search(shortest)
    around = "|".join(f"((?<={re.escape(before)})(?={re.escape(behind)}))" for before, behind in ends)
    longer = {
        short: tuple(each for name in names if name != short for each in _beginnings(name, short, word))
        for short in shortest
    }
    # Most places are told by the letter in front, before all the names are tried.
    letters = {before[-len(word) - 1] for before, _ in ends if len(before) > len(word)}
    is_apart = all(len(before) > len(word) for before, _ in ends) and all(each.isascii() for each in letters)
    near = f"(?<=[{re.escape(''.join(sorted(letters)))}]{re.escape(word)})" if is_apart else ""
    return _Search(shortest, re.compile(f"{re.escape(word)}{near}(?:{around})".encode()), word.encode(), longer)


def _beginnings(name: str, short: str, word: str) -> Iterator[tuple[str, int]]:
    """How far before the word of a shorter name a name begins that holds it, for each time that it does."""
    at = name.find(short)
    while at >= 0:
        yield name, len(name[:at].encode()) + len(short[: short.find(word)].encode())
        at = name.find(short, at + 1)


def _fit_together(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two names can stand around the same place, of which a search would tell only one."""
    (before, behind), (other_before, other_behind) = one, other
    meet = before.endswith(other_before) or other_before.endswith(before)
    return meet and (behind.startswith(other_behind) or other_behind.startswith(behind))
