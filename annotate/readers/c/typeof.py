"""``typeof`` in declarations: which type it stands for, as far as the file tells."""

import re
from collections.abc import Iterator, Mapping

from ...records import NamedTuple
from .brackets import Brackets
from .source import next_byte

_TYPEOF = rb"typeof(?:_unqual)?(?:__)?(?=\s*\()"
_QUALIFIED = rb"(?:\b(?:const|volatile|struct)\b\s*)*"
_NAMED = _QUALIFIED + rb"(\w+)\s*(?:const\s*)?"
#: A type, or nothing of it: ``*(TYPE *) 0`` has the type and no value.
_A_TYPE = _NAMED + rb"|\*\s*\(\s*" + _NAMED + rb"\*\s*\)\s*\(?\s*\w+\s*\)?"
_ELEMENTS = rb"\s*(?P<elements>(?:\[[^\]]*\]\s*)*)"
#: A variable, what is behind it, an element of it.
_A_VARIABLE = rb"(?P<stars>[*&(\s]*)(?P<name>[A-Za-z_]\w*)[)\s]*" + _ELEMENTS + rb"\)*\s*"
_WORDS = rb"int|char|long|short|unsigned|signed|float|double|bool|void|\w+_t"
_OTHER_TYPE = rb"(?:struct|union|enum)\s+\w+[\s*]*|(?:\w+\s+)*(?:" + _WORDS + rb")[\s*]*"
_FIRST = rb"(?m)(?:^|[;{}(,])\s*(?:(?:static|extern|register|const|volatile|struct)\s+)*"
#: How a variable is declared: its type, stars, its name, brackets.
_DECLARED = _FIRST + rb"(?P<type>[A-Za-z_]\w*)(?:[\s*]|\bconst\b)+?(?<!\w){}\b" + _ELEMENTS + rb"[=;,)]"
#: It is the type of something that is no table.
_OTHER = ""
_NO_TYPES = frozenset(b"return goto else case sizeof typeof in do".split())


class Typed(NamedTuple):
    """Where a type is given as that of something else.

    Attributes:
        name: of the type; None where the file does not tell it.
        of: what it is the type of.
        start: where ``typeof`` begins.
        end: one past its brackets.
    """

    name: str | None
    of: str
    start: int
    end: int


def types(code: bytes, names: Mapping[str, str], brackets: Brackets) -> Iterator[Typed]:
    """The places where ``typeof`` stands for one of some types, or may.

    Args:
        code: the bytes of a file with its directives blanked.
        names: of the types.
        brackets: of the file.
    """
    known: dict[bytes, str | None] = {}
    for match in re.finditer(_TYPEOF, code):
        start = match.start() - 2 * code.startswith(b"__", match.start() - 2)
        opening = next_byte(code, match.end())
        end = brackets.behind(opening)
        if end is None or code[start - 1 : start].isalnum():
            continue
        inner = code[opening + 1 : end - 1].strip()
        if inner not in known:
            known[inner] = _type(code, inner, names)
        found = known[inner]
        if found is not _OTHER:
            yield Typed(found, " ".join(inner.decode("latin-1").split()), start, end)


def _type(code: bytes, inner: bytes, names: Mapping[str, str]) -> str | None:
    """The name of a type; ``_OTHER`` where it is none of those that are meant, None where that is not known."""
    given = re.fullmatch(_A_TYPE, inner)
    word = (given[1] or given[2]).decode() if given is not None else ""
    if word in names:
        return word
    if re.fullmatch(_OTHER_TYPE, inner) or (given is not None and given[2]):
        return _OTHER
    variable = re.fullmatch(_A_VARIABLE, inner)
    return None if variable is None else _of_variable(code, variable, names)


def _of_variable(code: bytes, variable: re.Match[bytes], names: Mapping[str, str]) -> str | None:
    """The same for a variable, by how it is declared in the file."""
    known: str | None = None
    expression = _DECLARED.replace(b"{}\\b", variable["name"] + rb"\b")
    for match in re.finditer(expression, code):
        if match["type"] in _NO_TYPES:
            continue
        depth = match[0].count(b"*") + match["elements"].count(b"[")
        taken = variable["stars"].count(b"*") - variable["stars"].count(b"&") + variable["elements"].count(b"[")
        if match["type"].decode() in names and depth == taken:
            return match["type"].decode()
        known = _OTHER
    return known
