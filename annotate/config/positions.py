"""The place of each key of a TOML document: tomli gives values without positions.

The scanner reads only documents that tomli has accepted already, and so checks nothing: it skips values and notes
where keys and array items begin. Key paths are tuples of texts; an item of an array, and a table of an array of
tables, adds its index as a text: ``("interfaces", "compute", "groups", "0", "title")``.

The compromise: a table whose key looks like an index and an array of the same name would share a path, which TOML
forbids anyway.
"""

from __future__ import annotations

import re

from ..model import Place
from ..patterns import regex

KeyPath = tuple[str, ...]

_BASIC = r'"(?:[^"\\\n]|\\.)*"'
_LITERAL = r"'[^'\n]*'"
_KEY = regex(rf"(?P<bare>[A-Za-z0-9_-]+)|(?P<basic>{_BASIC})|(?P<literal>{_LITERAL})")
_SCALAR = regex(
    r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    rf"|{_BASIC}|{_LITERAL}|[^,\]}}#\n]+"
)
#: What most lines hold: a key in one piece, and a value on the same line.
_LINE = regex(
    rf"""(?:(?P<bare>[A-Za-z0-9_-]+)|"(?P<basic>[^"\\\n]*)")[ \t]*=[ \t]*"""
    rf"""(?:{_BASIC}|{_LITERAL}|[^"'\[{{#\s][^#\n]*)[ \t]*(?=[#\n]|\Z)"""
)
_BLANK = regex(r"(?:[ \t\n]+|#[^\n]*)*")
_ESCAPE = regex(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))")
_SHORT_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def places(text: str, path: str) -> dict[KeyPath, Place]:
    """Map every key path of a document to the place of the key, or of the array item, that it ends with.

    Args:
        text: a document that tomli accepts; a byte order mark in front and CRLF are allowed.

    Returns:
        Places with the line and the column in code points, 1-based; ``()`` is the start of the document. A table
        that only longer headers or dotted keys imply has the place where it is named first.
    """
    return _Scanner(text.replace("\r\n", "\n").removeprefix("\ufeff"), path).scan()


class _Open:
    """An array or inline table that is still open; ``items`` is None for a table."""

    __slots__ = ("items", "path")

    def __init__(self, path: KeyPath, is_array: bool) -> None:
        self.path = path
        self.items: int | None = 0 if is_array else None


class _Scanner:
    """One walk over a document, front to back."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.at = 0
        self.line = 1
        self.line_start = 0
        self.counted = 0
        self.found: dict[KeyPath, Place] = {(): Place(path)}
        self.tables: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, Place]:
        """Read statement after statement."""
        header: KeyPath = ()
        while True:
            self._skip(_BLANK)
            if self.at >= len(self.text):
                return self.found
            start = self.at
            if self.text[self.at] == "[":
                header = self._header()
            elif (line := _LINE.match(self.text, start)) is not None:
                self._note((*header, line["bare"] or line["basic"]), start, explicit=True)
                self.at = line.end()
            else:
                self._key_and_value(header)
            # Only a text that tomli would reject makes no progress; it must not hang.
            self.at = max(self.at, start + 1)

    def _header(self) -> KeyPath:
        """``[a.b]`` or ``[[a.b]]``: the path that the statements below it belong to."""
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        path: KeyPath = ()
        parts = self._key_parts()
        for index, (offset, part) in enumerate(parts, start=1):
            path = (*path, part)
            is_last = index == len(parts)
            self._note(path, offset, explicit=is_last and not (double and path in self.tables))
            if is_last and double:
                self.tables[path] = self.tables.get(path, -1) + 1
            if path in self.tables:
                path = (*path, str(self.tables[path]))
                self._note(path, offset, explicit=False)
        self.at += 2 if double else 1
        return path

    def _key_and_value(self, prefix: KeyPath) -> None:
        """``key = value`` with everything in the value."""
        pending: list[_Open] = []
        self._entry(prefix, pending)
        while pending:
            self._skip(_BLANK)
            inner = pending[-1]
            char = self.text[self.at : self.at + 1]
            if char in ("]", "}", ""):
                pending.pop()
                self.at += 1
            elif char == ",":
                self.at += 1
            elif inner.items is None:
                self._entry(inner.path, pending)
            else:
                path = (*inner.path, str(inner.items))
                inner.items += 1
                self._note(path, self.at, explicit=True)
                self._value(path, pending)

    def _entry(self, prefix: KeyPath, pending: list[_Open]) -> None:
        """A key, dotted or not, and the beginning of its value."""
        path = prefix
        parts = self._key_parts()
        for index, (offset, part) in enumerate(parts, start=1):
            path = (*path, part)
            self._note(path, offset, explicit=index == len(parts))
        self.at += 1
        self._skip(_BLANK)
        self._value(path, pending)

    def _value(self, path: KeyPath, pending: list[_Open]) -> None:
        """Skip a plain value; leave an array or inline table open."""
        char = self.text[self.at : self.at + 1]
        if char in ("[", "{"):
            pending.append(_Open(path, char == "["))
            self.at += 1
            return
        start = self.at
        self._skip(_SCALAR)
        self.at = max(self.at, start + 1)

    def _key_parts(self) -> list[tuple[int, str]]:
        """The parts of a dotted key with their offsets; stops before ``=`` or ``]``."""
        parts = []
        while True:
            self._skip_spaces()
            match = _KEY.match(self.text, self.at)
            if match is not None:
                parts.append((self.at, _key_text(match)))
                self.at = match.end()
            self._skip_spaces()
            if match is None or not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _skip_spaces(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def _note(self, path: KeyPath, offset: int, *, explicit: bool) -> None:
        """Record the place of a path: the first one, unless a later one spells out the path."""
        if not explicit and path in self.found:
            return
        passed = self.text.count("\n", self.counted, offset)
        if passed:
            self.line += passed
            self.line_start = self.text.rindex("\n", self.counted, offset) + 1
        self.counted = offset
        self.found[path] = Place(self.path, self.line, offset - self.line_start + 1)


def _key_text(match: re.Match[str]) -> str:
    """The text of a key without quotes and escapes."""
    if match["basic"] is not None:
        return _ESCAPE.sub(_unescape, match["basic"][1:-1])
    if match["literal"] is not None:
        return match["literal"][1:-1]
    return match.group()


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits is not None:
        return chr(int(digits, 16))
    return _SHORT_ESCAPES.get(match[4], match[4])
