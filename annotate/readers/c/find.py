"""The tables of a file, found by a byte scan: declarations ``TYPE name = {`` of the types that are interfaces.

tree-sitter is slow on whole files, so it is given only what stands between the braces that are found here. A test
holds that this finds what tree-sitter finds in whole files, on all of libvirt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from . import plain
from .source import GAP, Source, closing

_ATTRIBUTE = rb"(?:" + GAP + rb"*(?!=)\b[A-Za-z_]\w*(?:[ \t]*\((?:[^(){};]|\([^(){};]*\))*\))?)"
_DECLARATOR = (
    rb"(?P<name>[A-Za-z_]\w*(?P<macro>[ \t]*\([^(){};*]*\))?)"
    rb"(?P<array>(?:" + GAP + rb"*\[[^\]{};]*\])*)"
    rb"(?P<attributes>" + _ATTRIBUTE + rb"*)" + GAP + rb"*(?P<next>=" + GAP + rb"*\{|[;,=])"
)
_AFTER_TYPE = re.compile(rb"(?:" + GAP + rb"+(?:const|static|volatile)\b)*" + GAP + rb"+" + _DECLARATOR)
_COMMA = re.compile(GAP + rb"*,")
_LITERAL = re.compile(rb"(?:\*?" + GAP + rb"*(?:const" + GAP + rb"*)?)\)" + GAP + rb"*\{")
_BEFORE = re.compile(rb"(?:(?:static|const|volatile|extern|struct|[A-Z][A-Z0-9_]*)[ \t]+)*")
_END = re.compile(GAP + rb"*(?:;|," + GAP + rb"*[A-Za-z_*])")
_OF_WORDS = frozenset(byte for byte in range(256) if chr(byte).isalnum() or byte == 0x5F)
_COLUMN_0_BRACE = re.compile(rb"^\}|^(?=[A-Za-z_#])", re.MULTILINE)


class Found(NamedTuple):
    """A declaration of an interface type.

    Attributes:
        type: name of the type, without ``struct``.
        name: of the variable, as written (``NAME(Driver)`` where a macro names it).
        start: first byte of its line that is not white space.
        opening: of its initialiser's brace; -1 where it has none here.
        closing: the brace that ends it, or where reading stopped.
        array: an array of such tables.
        problem: what is wrong with it, or None.
        unbalanced: its braces are, so that ``closing`` is where reading stopped.
        plain: it holds nothing but plain lines.
    """

    type: str
    name: str
    start: int
    opening: int
    closing: int
    array: bool = False
    problem: str | None = None
    unbalanced: bool = False
    plain: bool = False


def tables(source: Source, code: bytes, names: Iterable[str]) -> list[Found]:
    """All tables of a file, in order.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        names: of the interface types.
    """
    found = [each for name in names for each in _of_type(source, code, name)]
    defined = {each.name for each in found if each.opening >= 0}
    kept = [each for each in found if each.opening >= 0 or each.name not in defined]
    return sorted(kept, key=lambda each: (each.start, each.opening))


def _of_type(source: Source, code: bytes, name: str) -> Iterator[Found]:
    wanted = name.encode()
    position = code.find(wanted)
    while position >= 0:
        end = position + len(wanted)
        if not _is_word(code, position, end):
            position = code.find(wanted, end)
            continue
        yield from _at(source, code, name, position, end)
        position = code.find(wanted, end)


def _is_word(code: bytes, start: int, end: int) -> bool:
    return not ((start and code[start - 1] in _OF_WORDS) or (end < len(code) and code[end] in _OF_WORDS))


def _at(source: Source, code: bytes, name: str, position: int, end: int) -> Iterator[Found]:
    match = _AFTER_TYPE.match(code, end)
    if match is None:
        if _LITERAL.match(code, end) and not source.in_comment(position):
            yield Found(name, "", position, -1, end, False, f"a table of type {name} is made at run time")
        return
    line = code.rfind(b"\n", 0, position) + 1
    at_file_level = _BEFORE.fullmatch(code, line, position) is not None
    start = _start(code, line, position)
    while match is not None:
        is_table = match["next"].startswith(b"=") and match["next"].endswith(b"{")
        if (is_table or _is_bare(code, line, match, at_file_level)) and not source.in_comment(position):
            yield (made := _found(code, name, start, match, is_table))
            after = made.closing + 1 if is_table else match.end() - 1
        elif match["next"] == b"," and at_file_level:
            after = match.end() - 1
        else:
            return
        goes_on = (at_file_level or is_table) and _COMMA.match(code, after) is not None
        match = _more().match(code, after) if goes_on else None


@cache
def _more() -> re.Pattern[bytes]:
    """A further declaration behind a comma; few files have one, and the expression is a large one."""
    return re.compile(GAP + rb"*," + GAP + rb"*" + _DECLARATOR)


def _start(code: bytes, line: int, position: int) -> int:
    """Where the declaration begins: on the line of its type, or above where ``static`` stands alone."""
    text = code[line:position]
    return line + len(text) - len(text.lstrip())


def _is_bare(code: bytes, line: int, match: re.Match[bytes], at_file_level: bool) -> bool:
    """Whether a variable is declared at file level without a list of slots: filled at run time, or by a macro."""
    if not at_file_level or match["macro"] or match["next"] == b",":
        return False
    return b"extern" not in code[line : match.start()].split() and code[line : line + 1] not in (b" ", b"\t")


def _found(code: bytes, name: str, start: int, match: re.Match[bytes], is_table: bool) -> Found:
    variable = match["name"].decode()
    if not is_table:
        what = "is declared without a list of slots" if match["next"] == b";" else "is made by an expression"
        return Found(name, variable, start, -1, match.end(), False, f"{variable} {what}")
    opening, array = match.end() - 1, bool(match["array"])
    end = None if array else plain.end(code, opening)
    is_plain = end is not None
    if end is None:
        end = closing(code, opening, len(code))
    if end is None:
        end = _given_up(code, opening)
        return Found(name, variable, start, opening, end, array, f"the braces of {variable} are not balanced", True)
    problem = None
    if _END.match(code, end + 1) is None:
        problem = f"what follows the closing brace of {variable} is neither ';' nor another declaration"
    return Found(name, variable, start, opening, end, array, problem, plain=is_plain)


def _given_up(code: bytes, opening: int) -> int:
    """Where to stop reading a table that has no end: where the next thing begins at the start of a line."""
    line = code.find(b"\n", opening)
    match = _COLUMN_0_BRACE.search(code, line + 1) if line >= 0 else None
    return match.start() if match is not None else len(code)
