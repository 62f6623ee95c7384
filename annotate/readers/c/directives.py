"""Preprocessor directives: read from the bytes, then blanked at equal length, so that every branch is read.

What stands between ``#if`` and ``#endif`` keeps the condition it stands under; nothing is evaluated. The guard around
a whole header is no condition.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

from ...records import record
from .source import TOKEN, Source

Branch = tuple[int, int, int, bool]
_LINE = re.compile(rb"#[ \t]*([A-Za-z_]*)((?:[^\n\\]+|\\\r?\n|\\.)*)")
_CONTINUED = re.compile(r"\\\r?\n")
_DEFINED = re.compile(r"defined\s*\(?\s*(\w+)\s*\)?")
_NOT_DEFINED = re.compile(r"!\s*defined\s*\(?\s*(\w+)\s*\)?")
_CONDITIONS = frozenset({"if", "ifdef", "ifndef", "elif", "elifdef", "elifndef", "else", "endif"})
_IFS = frozenset({"if", "ifdef", "ifndef"})
_MACRO = r"(?s)(\w+)(\([^()]*\))?\s*(.*)"
_BLANK = re.compile(rb"[^\r\n]")


class Directive(NamedTuple):
    """One directive: where its line begins and ends (comments behind it left out), its word, and what follows.

    What follows is decoded only where somebody asks: most directives include a file, and nobody does.
    """

    start: int
    end: int
    word: str
    raw: bytes
    encoding: str

    @property
    def rest(self) -> str:
        """What follows the word, on one line."""
        text = self.raw.decode(self.encoding, "replace")
        return (_CONTINUED.sub(" ", text) if "\\" in text else text).strip()


class Under(NamedTuple):
    """The conditions that a place stands under, as text, and the branch where there is exactly one ``#if``."""

    when: str | None = None
    branch: Branch | None = None


class Macro(NamedTuple):
    """A ``#define``: where it begins, whether it takes arguments, and what it stands for."""

    start: int
    takes_arguments: bool
    body: str


class _Open:
    """An ``#if`` that is not closed yet."""

    def __init__(self, start: int, condition: str) -> None:
        self.start = start
        self.conditions = [condition]
        self.has_else = False
        self.is_guard = False


class _Part(NamedTuple):
    """One branch of an ``#if``: where it begins and ends, and its condition."""

    start: int
    end: int
    group: int
    number: int


class Directives:
    """The directives of one file.

    Attributes:
        found: all of them, in order.
        unclosed: where an ``#if`` begins that no ``#endif`` closes, and where an ``#endif`` or ``#else`` closes none.
    """

    def __init__(self, source: Source) -> None:
        self.found = list(_directives(source))
        self.unclosed: list[tuple[int, str]] = []
        self._groups: list[_Open] = []
        self._parts: list[_Part] = []
        self._read(len(source.data))

    def _read(self, size: int) -> None:
        stack: list[tuple[int, int]] = []
        for index, each in enumerate(self.found):
            if each.word in _IFS:
                group = _Open(each.start, _condition(each))
                group.is_guard = not self._groups and self._defines(index, group.conditions[0])
                self._groups.append(group)
                stack.append((len(self._groups) - 1, each.end))
            elif each.word in _CONDITIONS and not stack:
                self.unclosed.append((each.start, f"#{each.word} belongs to no #if"))
            elif each.word in _CONDITIONS:
                number, start = stack.pop()
                self._part(number, start, each.start)
                if each.word != "endif":
                    self._next_branch(self._groups[number], each)
                    stack.append((number, each.end))
        for number, start in stack:
            self._part(number, start, size)
            self.unclosed.append((self._groups[number].start, "no #endif closes this #if"))

    def _defines(self, index: int, condition: str) -> bool:
        """Whether an ``#ifndef`` is the guard of a header: the next directive defines the same name."""
        following = self.found[index + 1] if index + 1 < len(self.found) else None
        if following is None or following.word != "define":
            return False
        rest = following.rest
        return condition == f"!{rest.split('(')[0].split()[0] if rest else ''}"

    @staticmethod
    def _next_branch(group: _Open, each: Directive) -> None:
        if each.word == "else":
            group.has_else = True
            group.conditions.append(" and ".join(_negated(condition) for condition in group.conditions))
        else:
            group.conditions.append(_condition(each))

    def _part(self, group: int, start: int, end: int) -> None:
        self._parts.append(_Part(start, end, group, len(self._groups[group].conditions) - 1))

    def under(self, position: int, since: int = 0) -> Under:
        """What a place stands under, leaving out every ``#if`` that begins before ``since``."""
        parts = [
            part
            for part in self._parts
            if part.start <= position < part.end
            and self._groups[part.group].start >= since
            and not self._groups[part.group].is_guard
        ]
        if not parts:
            return Under()
        parts.sort(key=lambda part: part.start)
        texts = [self._groups[part.group].conditions[part.number] for part in parts]
        return Under(" and ".join(texts), self._branch(parts[0]) if len(parts) == 1 else None)

    def _branch(self, part: _Part) -> Branch:
        group = self._groups[part.group]
        return part.group, part.number, len(group.conditions), group.has_else

    def has_conditions(self, start: int, end: int) -> bool:
        """Whether a condition begins or changes between two places."""
        return any(start <= each.start < end for each in self.found)

    def between(self, start: int, end: int) -> list[Directive]:
        """The directives between two places."""
        return [each for each in self.found if start <= each.start < end]

    def cuts(self, start: int, end: int) -> int | None:
        """Where a condition begins or changes between two places, or None."""
        return next((each.start for each in self.found if start <= each.start < end and each.word in _CONDITIONS), None)

    def unmatched(self, start: int, end: int) -> int | None:
        """Where between two places a branch ends that began before them, or one begins that ends behind them."""
        opened: list[int] = []
        for each in self.between(start, end):
            if each.word in _IFS:
                opened.append(each.start)
            elif each.word in _CONDITIONS and not opened:
                return each.start
            elif each.word == "endif":
                opened.pop()
        return opened[0] if opened else None

    @cached_property
    def defined(self) -> frozenset[str]:
        """The names of the macros of the file."""
        texts = (each.rest for each in self.found if each.word == "define")
        return frozenset(text.split("(", 1)[0].split(None, 1)[0] for text in texts if text[:1].isidentifier())

    @cached_property
    def macros(self) -> dict[str, list[Macro]]:
        """The macros of the file: name -> its definitions, in order."""
        found: dict[str, list[Macro]] = {}
        for each in self.found:
            match = re.match(_MACRO, each.rest) if each.word == "define" else None
            if match is not None:
                found.setdefault(match[1], []).append(Macro(each.start, bool(match[2]), match[3]))
        return found

    def blanked(self, data: bytes) -> bytes:
        """The file with every directive overwritten by spaces; all places stay what they were."""
        if not self.found:
            return data
        pieces: list[bytes] = []
        done = 0
        for start, end, *_ in self.found:
            several = data.find(b"\n", start, end) >= 0
            pieces += data[done:start], _BLANK.sub(b" ", data[start:end]) if several else b" " * (end - start)
            done = end
        pieces.append(data[done:])
        return b"".join(pieces)


def _directives(source: Source) -> list[Directive]:
    data, encoding = source.data, source.encoding
    found = []
    position = data.find(b"#")
    while position >= 0:
        end = position + 1
        is_first = data.startswith(b"\n", position - 1) or source.begins_line(position)
        if is_first and not source.in_comment(position):
            match = _LINE.match(data, position)
            if match is not None:
                end = _end(data, match)
                raw = data[match.start(2) : end]
                found.append(record(Directive, (position, end, match[1].decode("ascii"), raw, encoding)))
        position = data.find(b"#", end)
    return found


def _end(data: bytes, match: re.Match[bytes]) -> int:
    """Where a directive ends: at the first comment behind it, or with its line."""
    text = match[2]
    if b"/*" not in text and b"//" not in text:
        return match.end()
    for token in TOKEN.finditer(data, match.start(2), match.end()):
        if token[1] is not None or token.lastindex == 2:
            return token.start()
    return match.end()


def _condition(each: Directive) -> str:
    words = each.rest.split()
    if each.word in ("ifdef", "elifdef"):
        return words[0] if words else "?"
    if each.word in ("ifndef", "elifndef"):
        return f"!{words[0]}" if words else "?"
    text = " ".join(words)
    return _DEFINED.sub(r"\1", _NOT_DEFINED.sub(r"!\1", text)) or "?"


def _negated(condition: str) -> str:
    if re.fullmatch(r"!\w+", condition):
        return condition[1:]
    return f"!{condition}" if re.fullmatch(r"\w+", condition) else f"!({condition})"
