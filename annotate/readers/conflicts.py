"""Merge conflicts that nobody resolved: where they stand, and the file as it reads without their marks.

Marks are what git writes: seven equal signs at the start of a line. A file that holds them is no source of any
language; what is told of it is that, and not what a parser makes of the marks.
"""

import re
from collections.abc import Iterator

from ..facts import Trouble
from ..patterns import regex
from ..records import NamedTuple

TIP = "resolve it; 'git diff --check' lists those of the whole tree"
_FIRST, _BASE, _LAST = b"<<<<<<<", b"|||||||", b">>>>>>>"
#: To search for a text as an expression is faster than to ask whether it is in it.
_ANY = regex(_FIRST)
#: Compiled where a file has one: most trees have none.
_MARK = rb"(?m)^(<{7}|>{7}|\|{7}|={7})(?:[ \t][^\r\n]*)?(?=\r?$)"
#: For `bytes.translate`: every byte that ends no line becomes a space.
BLANK = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))


class Conflict(NamedTuple):
    """One conflict, or a mark that was left behind.

    Attributes:
        start: where its first mark begins.
        line, last: the lines of its first and last mark, 1-based.
        marks: where each of its marks begins and ends, with the lines that both sides began with.
        other: where all begins and ends that is not our side.
    """

    start: int
    line: int
    last: int
    marks: tuple[tuple[int, int], ...]
    other: tuple[int, int]

    @property
    def message(self) -> str:
        """What is wrong, in words."""
        if self.line == self.last:
            return "merge conflict marker"
        return f"merge conflict, down to line {self.last}"

    @property
    def trouble(self) -> Trouble:
        """The same with its place and a tip."""
        return Trouble(self.line, 1, self.message, tip=TIP)


def find(data: bytes) -> list[Conflict]:
    """The conflicts of a file, in order, and the marks left behind; a file without a first mark is not looked at."""
    if _ANY.search(data) is None:
        return []
    groups: list[list[re.Match[bytes]]] = []
    opened = False
    for match in re.finditer(_MARK, data):
        if match[1] == _FIRST or (match[1] == _LAST and not opened):
            groups.append([match])
        elif opened:
            groups[-1].append(match)
        opened = match[1] == _FIRST or (opened and match[1] != _LAST)
    return list(_made(data, groups))


def _made(data: bytes, groups: list[list[re.Match[bytes]]]) -> Iterator[Conflict]:
    line, seen = 1, 0
    for found in groups:
        marks = found if found[-1][1] == _LAST else found[:1]
        start, end = marks[0].start(), marks[-1].end()
        line += data.count(b"\n", seen, start)
        seen = start
        spans = tuple(_span(marks, index) for index in range(len(marks)))
        other = (marks[1].start(), end) if len(marks) > 1 else (end, end)
        yield Conflict(start, line, line + data.count(b"\n", start, end), spans, other)


def _span(marks: list[re.Match[bytes]], index: int) -> tuple[int, int]:
    """A mark, together with what both sides began with where that stands behind it."""
    mark = marks[index]
    has_base = mark[1] == _BASE and index + 1 < len(marks)
    return mark.start(), marks[index + 1].start() if has_base else mark.end()


def without(data: bytes, found: list[Conflict], both: bool = False) -> bytes:
    """The file with the marks overwritten by spaces, and with them the other side; all places stay what they were.

    Args:
        both: keep the lines of the other side too, so that no name is missed.
    """
    pieces: list[bytes] = []
    done = 0
    for each in found:
        spans = each.marks if both else (each.marks[0], each.other)
        for start, end in spans:
            pieces += data[done:start], data[start:end].translate(BLANK)
            done = end
    return b"".join((*pieces, data[done:]))
