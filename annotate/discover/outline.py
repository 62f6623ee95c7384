"""An outline of one C file: the structs that it defines, its typedefs, and the types of its initializers.

A byte scan without a syntax tree, so that the largest trees take seconds: it may miss unusual declarations.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from ..patterns import regex
from ..readers.c.source import TOKEN, closing
from ..readers.c.typedefs import FUNCTION, PLAIN, POINTER
from ..records import NamedTuple

#: A longer struct or table is cut, so that broken code cannot make the scan slow.
_LONGEST = 1 << 16
#: So far a long struct is followed: documented ones have more than 64 KiB.
_FARTHEST = 1 << 20
_DECLARATION = 400
_LINE = rb"(?:\\\r?\n|[^\n])*"
# Expressions that begin with a plain word or sign are searched for faster than any others.
_STRUCT = regex(rb"struct\b(?<=\bstruct)(?:\s+[A-Z_]\w*(?:\([^(){}]{0,200}\))?(?=\s+\w))?\s*(\w*)\s*\{")
_TYPEDEF = regex(rb"typedef\b(?<=\btypedef)([^;{}]{0,2000})(;?)")
_ENUM = regex(rb"typedef\b(?<=\btypedef)\s+(?:enum|union)\b[^;{}()]{0,200}\{[^{}]{0,20000}\}([^;{}]{0,200});")
_VALUE = regex(rb"=\s*\{")
#: To a name, also as the argument of a macro: ``klass->start = GST_DEBUG_FUNCPTR (start);``.
_ASSIGNED = regex(rb"->\s*(?:\w+\s*\.\s*)?(\w+)\s*=\s*(?:[A-Z_]{3,}\s*\(\s*&?[A-Za-z_]\w*\s*\)|&?[A-Za-z_]\w*)\s*;")
#: Pointers that functions declare, and that they are given.
_DECLARED = regex(rb"(?m)(?:^[ \t]+|[(,]\s*)(?:struct\s+)?([A-Za-z_]\w*)\s*\*\s*\w+\s*[=;,)]")
#: Functions that set fewer slots of a struct do not show that it is an interface.
FEWEST_ASSIGNED = 3
_QUALIFIERS = frozenset({b"static", b"const", b"extern", b"volatile", b"struct", b"register"})
_IDENTIFIER = regex(rb"[A-Za-z_]\w*")
_POINTER = regex(rb"\(\s*(?:\w+\s+)*\*\s*(?:\w+\s+)*?(\w+)\s*(?:\[[^\]]*\]\s*)?\)\s*\(")
#: A field that a macro makes a pointer to a function: ``int CALLBACK(name)(void)``.
_CALLBACK = regex(rb"\s*(?:\w+[\s*]+)*[A-Za-z_]\w*\s*\((?:[^()]*,)?\s*([A-Za-z_]\w*)\s*\)\s*\(")
_NAMED_FUNCTION = regex(rb"\b(\w+)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*$")
_FIELD = regex(rb"(?:(?:\w+\s+)*?(struct|union|enum)?\s*)??\b(\w+)((?:\s*\*)*)\s*\b(\w+)\s*(?:\[[^\]]*\]\s*)*$")
_DIRECTIVES = regex(rb"(?m)^[ \t]*#" + _LINE)
#: The name of a macro where it is defined.
DEFINE = regex(rb"#[ \t]*define[ \t]+(\w+)")
_BUILT_IN = PLAIN | {"char", "short", "int", "long", "unsigned", "signed", "float", "double", "void", "_Bool", "const"}


class Struct(NamedTuple):
    """A struct: its tag (perhaps empty), its typedef names, and where its body stands."""

    tag: str
    names: tuple[str, ...]
    opening: int
    closing: int


class Outline(NamedTuple):
    """A C file.

    Attributes:
        structs: that it defines, in order.
        typedefs: name -> ``(*)`` or ``()`` for a function pointer or function, otherwise the type that it renames.
        tables: type -> number of file-level variables with an initializer in braces, arrays not counted.
        arrays: the types of such arrays.
        assigned: names of the fields that functions set to a name, through pointers.
        pointers: types of such pointers, and of others; empty if no field is set.
    """

    structs: tuple[Struct, ...]
    typedefs: dict[str, str]
    tables: dict[str, int]
    arrays: frozenset[str]
    assigned: frozenset[str] = frozenset()
    pointers: frozenset[str] = frozenset()


class Table(NamedTuple):
    """A variable at file level with an initializer: its type, and where the brace stands."""

    type: str
    opening: int
    is_array: bool


class Field(NamedTuple):
    """A field of a struct.

    Attributes:
        type: its type without stars; ``(*)`` for a function pointer, empty for a union or enumeration.
        stars: how many stars it has.
        is_tag: the type is the tag of a struct.
    """

    name: str
    type: str
    stars: int = 0
    is_tag: bool = False

    @property
    def may_be_function(self) -> bool:
        """Whether only the declaration of its type tells whether it is a function pointer."""
        return self.stars < 2 and not self.is_tag and self.type not in _BUILT_IN and self.type not in ("", POINTER)


def outline(data: bytes) -> Outline:
    """Outline a file."""
    found = list(tables(data))
    counts = Counter(each.type for each in found if not each.is_array)
    arrays = frozenset(each.type for each in found if each.is_array)
    assigned = {match.decode() for match in _ASSIGNED.findall(data)}
    pointers = set(_DECLARED.findall(data)) if assigned else set()
    return Outline(
        tuple(_structs(data)),
        dict(_typedefs(data)),
        dict(counts),
        arrays,
        frozenset(assigned) if pointers else frozenset(),
        frozenset(map(bytes.decode, pointers)),
    )


def _structs(data: bytes) -> Iterator[Struct]:
    for match in _STRUCT.finditer(data):
        opening = match.end() - 1
        end = _end(data, opening)
        if end is None:
            continue
        typedef = re.search(rb"\btypedef\s+(?:const\s+)?$", data[max(0, match.start() - 40) : match.start()])
        behind = data[end + 1 : end + 200].partition(b";")[0] if typedef else b""
        names = (re.search(rb"(\w+)\s*$", each) for each in behind.split(b",") if b"*" not in each)
        yield Struct(match[1].decode(), tuple(name[1].decode() for name in names if name), opening, end)


def _end(data: bytes, opening: int) -> int | None:
    """Where a brace is closed; of braces that do not match, a closing one at the start of a line."""
    end = data.find(b"}", opening, opening + _FARTHEST)
    if end < 0 or data.find(b"{", opening + 1, end) < 0:
        return end if end >= 0 else None
    end = closing(data, opening, opening + _LONGEST) or data.find(b"\n}", opening, opening + _FARTHEST) + 1
    return end or None


def _typedefs(data: bytes) -> Iterator[tuple[str, str]]:
    for match in _TYPEDEF.finditer(data):
        text = match[1] if match[2] else b""
        if pointer := _POINTER.search(text):
            yield pointer[1].decode(), POINTER
        elif function := _NAMED_FUNCTION.search(text):
            yield function[1].decode(), FUNCTION
        elif b"*" not in text and len(words := text.split()) > 1 and re.fullmatch(rb"[A-Za-z_]\w*", words[-1]):
            yield words[-1].decode("latin-1"), words[-2].decode("latin-1")
    for match in _ENUM.finditer(data):
        if words := match[1].split():
            yield words[-1].decode("latin-1"), "enum"


def tables(data: bytes) -> Iterator[Table]:
    """The variables at file level with an initializer in braces."""
    for match in _VALUE.finditer(data):
        before = data[max(0, match.start() - _DECLARATION) : match.start()]
        # The declaration begins behind whatever ends first, and at the start of a line.
        begin = max(before.rfind(sign) for sign in (b";", b"}", b"{", b"*/", b'"')) + 1
        text = before[begin:].removeprefix(b"/")
        if text.isspace() or not text:
            continue
        text = _DIRECTIVES.sub(b"", text)
        stripped = text.lstrip()
        at_start = len(text) == len(stripped) or text[: len(text) - len(stripped)].endswith(b"\n")
        kind = _type(stripped) if at_start else None
        if kind is not None:
            yield Table(kind, match.end() - 1, b"[" in stripped)


def _type(declaration: bytes) -> str | None:
    """The type of a variable, from what stands in front of its initializer."""
    text = declaration.partition(b"[")[0].partition(b"__attribute__")[0]
    words = [word for word in text.split() if word not in _QUALIFIERS]
    if len(words) < 2 or not all(map(_IDENTIFIER.fullmatch, words)):
        return None
    # What stands between a type and a name may be a macro.
    is_macro = len(words) > 2 and words[-2].isupper()
    return words[-3 if is_macro else -2].decode("latin-1")


def fields(data: bytes, struct: Struct) -> list[Field]:
    """The fields of a struct; those of structs inside are listed with them."""
    found = []
    for text in re.split(rb"[;{}]", body(data, struct)):
        if pointer := _POINTER.search(text) or _CALLBACK.match(text):
            found.append(Field(pointer[1].decode(), POINTER))
        elif field := _FIELD.search(text.partition(b":")[0].partition(b",")[0].strip()):
            is_tag = field[1] == b"struct"
            kind = "" if field[1] and not is_tag else field[2].decode("latin-1")
            found.append(Field(field[4].decode("latin-1"), kind, field[3].count(b"*"), is_tag))
    return found


def body(data: bytes, struct: Struct) -> bytes:
    """The text of a struct between its braces, without comments, strings and directives."""
    return _DIRECTIVES.sub(b"", TOKEN.sub(b" ", data[struct.opening + 1 : struct.closing]))


def texts(data: bytes, names: Collection[str]) -> Iterator[bytes]:
    """The tables of some types from their braces on, without comments and strings; cut where they are very long."""
    done = 0
    for each in tables(data):
        # Of tables without an end, which seem to hold each other, only the first is read.
        if each.type in names and each.opening >= done:
            end = _end(data, each.opening)
            done = each.opening + _LONGEST if end is None else end
            yield TOKEN.sub(b" ", data[each.opening : done])
