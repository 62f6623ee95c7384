"""The bytes of a C file: comments and strings told from code, lines, columns, and what stands at a place.

Everything counts in bytes, as the compiler sees the file; text is decoded only where somebody will read it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property

from ...bounded import Allowance
from ...facts import Trouble
from ...patterns import regex
from .. import conflicts

COMMENT = rb"/\*.*?\*/|//(?:[^\n\\]|\\.)*"
STRING = rb'"(?:[^"\\\n]|\\.)*"' + rb"|'(?:[^'\\\n]|\\.)*'"
#: A comment (group 1), a string, or a comment that never ends (group 2), which takes the rest of the file.
TOKEN = regex(rb"(" + COMMENT + rb")|" + STRING + rb"|(/\*.*)", re.DOTALL)
_BRACKETS = regex(rb"(?:" + COMMENT + rb"|" + STRING + rb")|([{}])|(/\*)", re.DOTALL)
#: What may stand between two words of a declaration.
GAP = rb"(?:\s|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//[^\n]*\n|\\\r?\n)"
_GAPS = regex(GAP + rb"*")
#: Lines are counted one by one until so many times the file was gone through; then all are listed.
_WORTH_A_LIST = 4
_BOM = b"\xef\xbb\xbf"


class Source:
    """A C file.

    Attributes:
        data: the bytes on disk; of a merge conflict only our side, or both sides, and no mark.
        encoding: UTF-8 where they are that, else Latin-1, which fits any bytes.
        conflicts: merge conflicts outside of comments.
        allowance: the time that is left for parsing it.
    """

    def __init__(self, data: bytes, both: bool = False) -> None:
        self.data = data
        self.encoding = _encoding(data)
        self.allowance = Allowance(len(data))
        self._line_at = (0, 1)
        self._counted = 0
        self._opened_at = (0, -1)
        self._line_start = (0, 0)
        self._column_at = (0, 0, 0)
        self._quoted = (0, 0, False)
        self._ascii = data.isascii()
        self._comments: list[tuple[int, int]] | None = None
        self.conflicts = [each for each in conflicts.find(data) if not self.in_comment(each.start)]
        if self.conflicts:
            self.data = conflicts.without(data, self.conflicts, both)
            self._quoted, self._opened_at = (0, 0, False), (0, -1)
            self._comments = None

    def line(self, position: int) -> int:
        """1-based line of a byte; cheap for positions asked for in order, and for many of them."""
        known, line = self._line_at
        self._counted += abs(position - known)
        if self._counted > _WORTH_A_LIST * len(self.data):
            return bisect_left(self._line_ends, position) + 1
        if position >= known:
            line += self.data.count(b"\n", known, position)
        else:
            line -= self.data.count(b"\n", position, known)
        self._line_at = (position, line)
        return line

    @cached_property
    def _line_ends(self) -> list[int]:
        return [match.start() for match in re.finditer(b"\n", self.data)]

    def column(self, position: int) -> int:
        """1-based column of a byte, in code points."""
        start = self._start_of_line(position)
        if self._ascii:
            return position - start + 1
        line, seen, before = self._column_at
        if line != start or seen > position:
            seen, before = start, 0
        before += len(self.text(seen, position))
        self._column_at = (start, position, before)
        return before + 1

    def _start_of_line(self, position: int) -> int:
        """Where the line of a byte begins; cheap for positions asked for in order, on a long line too."""
        known, seen = self._line_start
        found = self.data.rfind(b"\n", seen if seen <= position else 0, position) + 1
        start = known if found == 0 and seen <= position else found
        self._line_start = (start, position)
        return start or (len(_BOM) if self.data.startswith(_BOM) else 0)

    def end_of_line(self, position: int) -> int:
        """Where the line of a byte ends, its line feed left out."""
        end = self.data.find(b"\n", position)
        return len(self.data) if end < 0 else end

    def begins_line(self, position: int) -> bool:
        """Whether nothing but white space stands before a byte on its line."""
        return not self.data[self._start_of_line(position) : position].strip()

    def width(self, position: int) -> int:
        """Cells that a terminal needs for the line up to a byte, with tabs at every eighth."""
        return len(self.text(self._start_of_line(position), position).expandtabs(8))

    def text(self, start: int, end: int) -> str:
        """A stretch of the file, decoded; a character that is cut in two is replaced."""
        return self.data[start:end].decode(self.encoding, "replace")

    def trouble(self, position: int, message: str, tip: str | None = None, member: str | None = None) -> Trouble:
        """What is wrong at a byte, as facts tell it."""
        return Trouble(self.line(position), self.column(position), message, member, tip)

    # -- comments

    def in_comment(self, position: int) -> bool:
        """Whether a byte lies in a comment or a string.

        A block comment is open only if no end of one follows the last beginning before the byte, and it is one for
        certain if that beginning stands in no string and no line comment. Where that leaves a doubt, and only there,
        the file is read from its start.
        """
        data = self.data
        seen, opened = self._opened_at
        found = data.rfind(b"/*", max(0, seen - 1) if seen <= position else 0, position)
        opened = found if found >= 0 or seen > position else opened
        self._opened_at = (position, opened)
        if opened >= 0 and data.rfind(b"*/", opened + 2, position) < 0:
            is_sure = not (self._may_be_quoted(opened) or data.startswith(b"//", opened - 1))
            return is_sure or self._covered(position)
        return self._may_be_quoted(position) and self._covered(position)

    def _may_be_quoted(self, position: int) -> bool:
        """Whether a string or a line comment may hold a byte, by what stands before it on its line."""
        data, line = self.data, self._start_of_line(position)
        known, seen, quoted = self._quoted
        if known != line or seen > position:
            seen, quoted = line, False
        # What is looked at again is one byte, for a sign of two.
        begin = max(line, seen - 1)
        quoted = quoted or any(data.find(sign, begin, position) >= 0 for sign in (b"//", b'"', b"'"))
        self._quoted = (line, position, quoted)
        if quoted:
            return True
        return data[line - 2 : line - 1] == b"\\" or data[line - 3 : line] == b"\\\r\n"

    def _covered(self, position: int) -> bool:
        if self._comments is None:
            self._comments = [match.span() for match in TOKEN.finditer(self.data) if match.lastindex != 2]
        index = bisect_right(self._comments, (position, len(self.data))) - 1
        return index >= 0 and position < self._comments[index][1]

    @cached_property
    def unterminated(self) -> int | None:
        """Where a comment begins that never ends, or None."""
        opened = self.data.rfind(b"/*")
        if opened < 0 or self.data.find(b"*/", opened + 2) >= 0:
            return None
        return next((match.start() for match in TOKEN.finditer(self.data) if match.lastindex == 2), None)


class Next:
    """Where some bytes stand next; for places asked for in order, a file is searched once.

    Args:
        data: the file.
        wanted: what is looked for.
    """

    def __init__(self, data: bytes, wanted: bytes) -> None:
        self._data, self._wanted = data, wanted
        self._since, self._found = 0, data.find(wanted)

    def at(self, position: int) -> int:
        """Where it stands at or behind a place; -1 if it does not."""
        if position < self._since or 0 <= self._found < position:
            self._since, self._found = position, self._data.find(self._wanted, position)
        return self._found


def _encoding(data: bytes) -> str:
    if data.isascii():
        return "utf-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def next_byte(data: bytes, position: int) -> int:
    """Where the next byte stands that is neither white space nor part of a comment."""
    match = _GAPS.match(data, position)
    return position if match is None else match.end()


def closing(data: bytes, opening: int, limit: int) -> int | None:
    """Where the brace that stands at ``opening`` is closed, or None when it is not before ``limit``."""
    depth = 0
    for match in _BRACKETS.finditer(data, opening, limit):
        if match.lastindex == 2:
            return None
        brace = match[1]
        if brace is not None:
            depth += 1 if brace == b"{" else -1
            if depth == 0:
                return match.start()
    return None


def comments(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The comments between two bytes, of which the first lies outside any."""
    for match in TOKEN.finditer(data, start, end):
        if match[1] is not None:
            yield match.span()
