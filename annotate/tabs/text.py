"""The bytes of a file as text for a grammar, and positions in it.

Grammars read UTF-8, so UTF-16 and UTF-32 are recoded, reversibly. Text in an unknown encoding is kept; its high bytes
are hidden from the grammar, and each counts as one character.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from bisect import bisect_right
from functools import cached_property, lru_cache
from itertools import accumulate
from operator import sub

#: Longer marks first: UTF-32's starts with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: As in git, a null byte in this many first bytes makes a file binary.
_HEAD = 8000
#: Replaces bytes that are not UTF-8: harmless in strings and comments, rejected by grammars elsewhere.
_HIDDEN = bytes(range(128)) + b"\x7f" * 128


class Text:
    """A text file.

    Attributes:
        mark: its byte order mark, or empty.
        encoding: ``utf-8``, ``utf-16-le`` and so on, or ``unknown`` for bytes that are not UTF-8.
        body: its text as UTF-8 (the bytes, if the encoding is unknown), without the mark.
        faithful: the body converts back to the same bytes.
    """

    def __init__(self, data: bytes) -> None:
        self.mark, self.encoding = _encoding(data)
        self.body, self.faithful = self._decoded(data[len(self.mark) :])
        self._ascii = self.body.isascii()
        self._counted = (0, 0, 0)
        self._columns: dict[int, tuple[int, int, int]] = {}

    def _decoded(self, rest: bytes) -> tuple[bytes, bool]:
        if self.encoding == "utf-8":
            try:
                rest.decode("utf-8")
            except UnicodeDecodeError:
                self.encoding = "unknown"
            return rest, b"\0" not in rest
        body = rest.decode(self.encoding, "replace").encode("utf-8", "replace")
        return body, self.written(body) == self.mark + rest and b"\0" not in body

    def written(self, body: bytes) -> bytes:
        """The bytes of a file with this body, in the file's encoding, with its mark."""
        if self.encoding in ("utf-8", "unknown"):
            return self.mark + body
        return self.mark + body.decode("utf-8").encode(self.encoding)

    @cached_property
    def lines(self) -> list[int]:
        """The start of each line; lines end at CRLF, LF or CR."""
        return list(accumulate(map(len, self.body.splitlines(keepends=True)), initial=0))

    @property
    def longest(self) -> int:
        """The length of the longest line, including its line end."""
        return max(map(sub, self.lines[1:], self.lines), default=0)

    def line_start(self, offset: int) -> int:
        """The start of the line of a position."""
        return self.lines[bisect_right(self.lines, offset) - 1]

    def line_end(self, offset: int) -> int:
        """The end of the line of a position, without its line end."""
        index = bisect_right(self.lines, offset)
        end = self.lines[index] if index < len(self.lines) else len(self.body)
        return end - len(self.body[max(0, end - 2) : end]) + len(self.body[max(0, end - 2) : end].rstrip(b"\r\n"))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, 1-based, in code points; fast for ascending positions in a long line."""
        line = bisect_right(self.lines, offset)
        start = self.lines[line - 1]
        at, seen, count = self._counted
        if at != start or seen > offset:
            seen, count = start, 0
        count += offset - seen if self._ascii else len(self.decoded(self.body[seen:offset]))
        self._counted = (start, offset, count)
        return line, count + 1

    def column(self, offset: int, width: int) -> int:
        """The terminal column of a position, 0-based, with tab stops at multiples of ``width``."""
        start = self.line_start(offset)
        if start == offset:
            return 0
        at, seen, column = self._columns.get(width, (start, start, 0))
        if at != start or seen > offset:
            seen, column = start, 0
        piece = self.body[seen:offset]
        if piece.isascii() and b"\f" not in piece:
            ahead = column % width
            column += len((b" " * ahead + piece).expandtabs(width)) - ahead
        else:
            column = column_after(self.decoded(piece), width, column)
        self._columns[width] = (start, offset, column)
        return column

    def decoded(self, piece: bytes) -> str:
        """A piece of the body as text; in an unknown encoding each byte is a character."""
        return piece.decode("latin-1" if self.encoding == "unknown" else "utf-8", "replace")


def is_binary(head: bytes) -> bool:
    """Whether a file with these first bytes is binary."""
    return b"\0" in head[:_HEAD] and _encoding(head)[1] == "utf-8"


def readings(text: Text) -> list[bytes]:
    """The body for grammars, at the same offsets; two with a lone CR, which may or may not end a line."""
    body = text.body if text.encoding != "unknown" else text.body.translate(_HIDDEN)
    if b"\r" not in body:
        return [body]
    other = re.sub(rb"\r(?!\n)", b"\n", body)
    return [body] if other == body else [body, other]


def _encoding(data: bytes) -> tuple[bytes, str]:
    for mark, name in _MARKS:
        if data.startswith(mark) and (not name.startswith("utf-32") or len(data) % 4 == 0):
            return mark, name
    return b"", _unmarked(data[:_HEAD])


def _unmarked(head: bytes) -> str:
    """Detect UTF-16 without a mark by its nulls: every other byte of plain text."""
    pairs = len(head) // 2
    if b"\0" not in head or pairs < 2:
        return "utf-8"
    even, odd = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd * 10 >= pairs * 7 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even * 10 >= pairs * 7 and odd == 0 else "utf-8"


def column_after(text: str, width: int, start: int = 0) -> int:
    """The column after a text that starts in column ``start``, 0-based, with tab stops at multiples of ``width``."""
    column = start
    for char in text:
        if char == "\t":
            column += width - column % width
        elif char == "\f":
            column = 0
        else:
            column += 1 if " " <= char <= "~" else cells(char)
    return column


@lru_cache(maxsize=4096)
def cells(char: str) -> int:
    """The number of terminal cells of a character: two for wide ones, none for combining ones."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
