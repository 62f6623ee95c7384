"""Tables and structs of nothing but plain lines, read by an expression: a syntax tree costs ten times that.

Most are like that. Whatever does not fit in every byte goes to tree-sitter as a whole, so that nothing is read in
part. A test holds that both ways of reading give the same.
"""

import re
from functools import lru_cache
from sys import intern

from ...facts import Body
from ...patterns import regex
from ...records import NamedTuple
from . import values

_COMMENT = rb"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//[^\n\\]*(?=\n)"
_GAP = rb"(?:\s|" + _COMMENT + rb")*"
_NAME = rb"[A-Za-z_]\w*"
_TEXT = rb'"[^"\\\n]*"'
_SLOT = (
    rb"(?:\.(?P<name>" + _NAME + rb")[ \t]*=[ \t]*(?P<value>" + _NAME + rb"|" + _TEXT + rb")|(?P<text>" + _TEXT + rb"))"
)
_FIELD = rb"(?:const[ \t]+)?(?P<type>" + _NAME + rb")[ \t]+(?P<stars>\**)(?P<name>" + _NAME + rb")[ \t]*;"
_TABLE = regex(rb"\{(?:" + _GAP + re.sub(rb"\?P<\w+>", b"?:", _SLOT) + _GAP + rb"(?:,|(?=\})))*" + _GAP)
_STRUCT = regex(rb"\{(?:" + _GAP + re.sub(rb"\?P<\w+>", b"?:", _FIELD) + rb")*" + _GAP)
_IN_TABLE = regex(rb"(?P<comment>" + _COMMENT + rb")|" + _SLOT)
_IN_STRUCT = regex(rb"(?P<comment>" + _COMMENT + rb")|" + _FIELD)

#: Types that the language has itself.
_DATA = frozenset(b"bool char double float int void".split())
#: Words that are no names, or may be none: what holds one of them, or a name of the compiler (``__``), is left to the
#: grammar.
_WORDS = _DATA | frozenset(
    b"""
    alignas alignof asm atomic auto break case const constexpr continue default defined do else enum extern for goto if
    inline long noreturn offsetof register restrict return short signed sizeof static struct switch thread_local typedef
    typeof union unsigned volatile while
    charptr_t max_align_t nullptr_t ssize_t size_t ptrdiff_t intptr_t uintptr_t char8_t char16_t char32_t char64_t
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t
    """.split()
)


class Field(NamedTuple):
    """A field of a struct: its name, type and stars, where it begins, and whether its type is of the language."""

    name: str
    type: str
    stars: str
    start: int
    data: bool


#: Of a table: the field, where it begins and ends, the value, and how many values without names it stands behind it.
Slot = tuple[str, int, int, Body, int]
Comments = list[tuple[int, int]]


def end(code: bytes, opening: int) -> int | None:
    """The brace that ends a table, where nothing but plain lines stands before it.

    A file with a comment that never ends is not plain, and not to be asked about: the expression would look for its end
    again and again.
    """
    match = _TABLE.match(code, opening)
    return match.end() if match is not None and code.startswith(b"}", match.end()) else None


def slots(code: bytes, opening: int, closing: int) -> tuple[list[Slot], Comments, int] | None:
    """The slots and comments of a table whose end is plain; None where a word in it may be no name.

    A string without a name is a slot by position, as ``TableReader`` names it. The number says how many of those stand
    before the first slot with a name.
    """
    found: list[Slot] = []
    comments: Comments = []
    positional, last, after = 0, None, 0
    for match in _IN_TABLE.finditer(code, opening, closing):
        name, value, text = match.group("name", "value", "text")
        if name is not None:
            if name in _WORDS or value in _WORDS or name.startswith(b"__") or value.startswith(b"__"):
                return None
            last, after = intern(name.decode()), 0
            found.append((last, *match.span(), _value(value), 0))
        elif text is not None:
            after += 1
            positional += last is None
            place, distance = (str(len(found)), 0) if last is None else (last, after)
            found.append((place, *match.span(), _value(text), distance))
        else:
            comments.append(match.span())
    return found, comments, positional


@lru_cache(maxsize=4096)
def _value(text: bytes) -> Body:
    """What a value says; a large file has the same few again and again, and should hold each of them once."""
    return values.plain(text.decode("latin-1"))


def fields(code: bytes, opening: int, closing: int) -> tuple[list[Field], Comments] | None:
    """The fields and comments of a struct between two braces; None where it is not plain."""
    if code.rfind(b"/*") > code.rfind(b"*/") or _STRUCT.fullmatch(code, opening, closing) is None:
        return None
    found: list[Field] = []
    comments: Comments = []
    for match in _IN_STRUCT.finditer(code, opening, closing):
        name, kind, stars = match.group("name", "type", "stars")
        if name is None:
            comments.append(match.span())
        elif (
            name in _WORDS or (kind in _WORDS and kind not in _DATA) or name.startswith(b"__") or kind.startswith(b"__")
        ):
            return None
        else:
            found.append(Field(name.decode(), kind.decode(), stars.decode(), match.start(), kind in _DATA))
    return found, comments
