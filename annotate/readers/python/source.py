"""The text of a Python file: decoded as Python decodes it, with lines, columns and byte offsets.

Lines end where Python says they end (``\\n``, ``\\r\\n``, ``\\r``), not where ``str.splitlines`` says, so that form
feeds and exotic separators stay inside their line.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize

from ...facts import Trouble

_EOL = re.compile(r"\r\n|\r|\n")
_EOL_BYTES = re.compile(rb"\r\n|\r|\n")


class _Undecodable(Exception):
    """The bytes are not the text of a Python file; ``decoded`` returns the trouble."""

    def __init__(self, line: int, message: str, tip: str | None = None) -> None:
        super().__init__(message)
        self.trouble = Trouble(line, 1, message, None, tip)


class Source:
    """A decoded file.

    Attributes:
        data: the bytes on disk.
        encoding: as the file declares it, ``utf-8`` by default.
        text: decoded, without byte order mark.
        lines: the lines of the text without their ends; ``lines[0]`` is line 1.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.encoding = _encoding(data)
        self._bom = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
        self.text = _decode(data[self._bom :], self.encoding)
        self.lines = _EOL.split(self.text) if "\r" in self.text else self.text.split("\n")
        self._starts: list[int] | None = None
        self._ascii = self.text.isascii()

    def column(self, line: int, utf8_column: int) -> int:
        """1-based column in code points for ``ast``'s 0-based column in UTF-8 bytes."""
        if self._ascii or utf8_column <= 0:
            return utf8_column + 1
        return len(self.lines[line - 1].encode("utf-8", "surrogatepass")[:utf8_column].decode("utf-8", "ignore")) + 1

    def offset(self, line: int, column: int) -> int:
        """Byte offset in the file of a 1-based line and column; the inverse of reading."""
        if self._starts is None:
            self._starts = self._line_starts()
        prefix = self.lines[line - 1][: column - 1]
        return self._starts[line - 1] + (len(prefix) if prefix.isascii() else len(prefix.encode(self.encoding)))

    def end_of(self, line: int) -> int:
        """1-based column behind the last character of a line that is not white space."""
        return len(self.lines[line - 1].rstrip(" \t\f")) + 1

    def _line_starts(self) -> list[int]:
        starts = [self._bom]
        starts += (self._bom + match.end() for match in _EOL_BYTES.finditer(self.data[self._bom :]))
        return starts


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
        tip = "this is no Python source; exclude it in the config"
        raise _Undecodable(_line_at(data, data.index(0)), "a null byte stands in the file", tip)
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
