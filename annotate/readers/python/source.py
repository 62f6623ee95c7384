"""The text of a Python file: decoded as Python decodes it, with lines, columns and byte offsets.

Lines end where Python says they end (``\\n``, ``\\r\\n``, ``\\r``), not where ``str.splitlines`` says, so that form
feeds and exotic separators stay inside their line.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate

from ...facts import Trouble
from ...patterns import regex

_EOL = regex(r"\r\n|\r|\n")
_EOL_BYTES = regex(rb"\r\n|\r|\n")


class _Undecodable(Exception):
    """The bytes are not the text of a Python file; ``decoded`` returns the trouble."""

    def __init__(self, line: int, message: str, tip: str | None = None) -> None:
        super().__init__(message)
        self.trouble = Trouble(line, 1, message, None, tip)


class Source:
    """A decoded file.

    Attributes:
        encoding: as the file declares it, ``utf-8`` by default.
        text: decoded, without byte order mark.
        renamed: the names that the module gives ``setattr`` and its like, each with what it is called as.
        lines: the lines of the text without their ends; ``lines[0]`` is line 1.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.encoding = _encoding(data)
        self._bom = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
        self.text = _decode(data[self._bom :], self.encoding)
        self.lines = _EOL.split(self.text) if "\r" in self.text else self.text.split("\n")
        self.is_ascii = self.text.isascii()
        self._wide = (0, _Wide(""))
        self.renamed: dict[str, str] = {}

    def column(self, line: int, utf8_column: int) -> int:
        """1-based column in code points for ``ast``'s 0-based column in UTF-8 bytes."""
        if self.is_ascii or utf8_column <= 0 or self.lines[line - 1].isascii():
            return utf8_column + 1
        return self._wide_line(line).characters(utf8_column) + 1

    def offset(self, line: int, column: int) -> int:
        """Byte offset in the file of a 1-based line and column; the inverse of reading."""
        if self.is_ascii or self.lines[line - 1].isascii():
            return self._byte_starts[line - 1] + column - 1
        if self.encoding == "utf-8":
            return self._byte_starts[line - 1] + self._wide_line(line).bytes(column - 1)
        prefix = self.lines[line - 1][: column - 1]
        return self._byte_starts[line - 1] + (len(prefix) if prefix.isascii() else len(prefix.encode(self.encoding)))

    def end_of(self, line: int) -> int:
        """1-based column behind the last character of a line that is not white space."""
        return len(self.lines[line - 1].rstrip(" \t\f")) + 1

    def position(self, line: int, column: int) -> int:
        """Where a 1-based line and column stand in the text."""
        return self._starts[line - 1] + column - 1

    def place(self, position: int) -> tuple[int, int]:
        """The 1-based line and column of a position in the text; the inverse of ``position``."""
        line = bisect_right(self._starts, position)
        return line, position - self._starts[line - 1] + 1

    def lines_of(self, pattern: re.Pattern[str]) -> list[int]:
        """The lines, 1-based and in order, at which matches of a pattern begin."""
        return [bisect_right(self._starts, match.start()) for match in pattern.finditer(self.text)]

    def line_at(self, offset: int) -> int:
        """The line, 1-based, on which an offset in the text lies."""
        return bisect_right(self._starts, offset)

    @cached_property
    def _hashes(self) -> list[int]:
        """The lines that hold a ``#``."""
        return [number for number, line in enumerate(self.lines, 1) if "#" in line]

    def has_hash(self, first: int, last: int) -> bool:
        """Whether a ``#`` stands on one of some lines."""
        index = bisect_left(self._hashes, first)
        return index < len(self._hashes) and self._hashes[index] <= last

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins in the text."""
        if "\r" in self.text:
            return [0, *(match.end() for match in _EOL.finditer(self.text))]
        return [0, *accumulate([len(line) + 1 for line in self.lines[:-1]])]

    @cached_property
    def _byte_starts(self) -> list[int]:
        """Where each line begins in the file."""
        if self.is_ascii and self.data == self.text.encode():
            return self._starts
        data = self.data[self._bom :]
        if b"\r" in data:
            return [self._bom, *(self._bom + match.end() for match in _EOL_BYTES.finditer(data))]
        return [*accumulate([len(line) + 1 for line in data.split(b"\n")[:-1]], initial=self._bom)]

    def _wide_line(self, line: int) -> _Wide:
        """A line with characters of several bytes; the last one is kept, for many entries may share it."""
        if self._wide[0] != line:
            self._wide = (line, _Wide(self.lines[line - 1]))
        return self._wide[1]


_NOT_ASCII = regex(r"[^\x00-\x7f]")


class _Wide:
    """Columns of one line in characters and in bytes of UTF-8."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._at = [match.start() for match in _NOT_ASCII.finditer(text)]
        # Behind the n-th of these characters, bytes are this far ahead of characters.
        self._ahead = [0, *accumulate([len(text[at].encode("utf-8", "surrogatepass")) - 1 for at in self._at])]
        self._bytes = [at + ahead for at, ahead in zip(self._at, self._ahead, strict=False)]

    def bytes(self, characters: int) -> int:
        """How many bytes the first characters of the line have."""
        count = min(characters, self._length)
        return count + self._ahead[bisect_left(self._at, count)]

    def characters(self, count: int) -> int:
        """How many characters lie wholly in the first bytes of the line."""
        before = bisect_left(self._bytes, count)
        inside = count - self._ahead[before]
        if before and inside < self._at[before - 1] + 1:
            return self._at[before - 1]
        return min(inside, self._length)


def decoded(data: bytes) -> Source | Trouble:
    """The text of a file, or the reason why it is not Python: an unknown encoding, or bytes that do not fit it."""
    try:
        return Source(data)
    except _Undecodable as error:
        return error.trouble


def _encoding(data: bytes) -> str:
    """The encoding that the byte order mark or one of the first two lines names, whatever ends the lines."""
    head = _EOL_BYTES.split(data, 2)[:2]
    try:
        found = tokenize.detect_encoding(io.BytesIO(b"\n".join(head) + b"\n").readline)[0]
    except SyntaxError as error:
        raise _Undecodable(1, f"the encoding of the file cannot be told: {error.msg}", _ENCODING_TIP) from None
    return "utf-8" if found == "utf-8-sig" else found


_ENCODING_TIP = "save the file as UTF-8, or name its encoding in the first line: '# -*- coding: latin-1 -*-'"


def _decode(data: bytes, encoding: str) -> str:
    if 0 in data:
        tip = "not Python source: exclude it in the config"
        raise _Undecodable(_line_at(data, data.index(0)), "the file contains a null byte", tip)
    try:
        text = data.decode(encoding)
        faithful = encoding == "utf-8" or (text.encode(encoding) == data and "\n".encode(encoding) == b"\n")
    except UnicodeDecodeError as error:
        line = _line_at(data, error.start)
        raise _Undecodable(line, f"byte 0x{data[error.start]:02x} is not {encoding}", _ENCODING_TIP) from None
    except (UnicodeError, LookupError) as error:
        raise _Undecodable(1, f"the file does not fit its encoding {encoding}: {error}", _ENCODING_TIP) from None
    if not faithful:
        raise _Undecodable(1, f"{encoding} text cannot be edited byte for byte", "save the file as UTF-8")
    return text


def _line_at(data: bytes, offset: int) -> int:
    return len(_EOL_BYTES.findall(data, 0, offset)) + 1
