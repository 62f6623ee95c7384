"""Preprocessor directives: read from the bytes, then blanked at equal length, so that every branch is read.

What stands between ``#if`` and ``#endif`` keeps the condition it stands under; nothing is evaluated. The guard around
a whole header is no condition.
"""

import re
from bisect import bisect_left, bisect_right
from functools import cached_property

from ...patterns import regex
from ...records import NamedTuple, record
from ..conflicts import BLANK
from .source import TOKEN, Source

Branch = tuple[int, int, int, bool]
_LINE = regex(rb"#[ \t]*([A-Za-z_]*)((?:[^\n\\]+|\\\r?\n|\\.)*)")
_CONTINUED = regex(r"\\\r?\n")
#: A word that goes on on the next line stays one.
_CUT_WORD = regex(r"\\(?<=\w\\)\r?\n(?=\w)")
_DEFINED = regex(r"defined\s*\(?\s*(\w+)\s*\)?")
_NOT_DEFINED = regex(r"!\s*defined\s*\(?\s*(\w+)\s*\)?")
_CONDITIONS = frozenset({"if", "ifdef", "ifndef", "elif", "elifdef", "elifndef", "else", "endif"})
_IFS = frozenset({"if", "ifdef", "ifndef"})
#: Conditions inside of conditions, deeper than anybody writes them: the inner ones are enough.
_DEEPEST = 32
_MACRO = r"(?s)(\w+)(\([^()]*\))?\s*(.*)"
#: What may stand in front of a line feed that is no end of a line.
_CONTINUES = (b"\\", b"\r")


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
        if "\\" not in text:
            return text.strip()
        return _CONTINUED.sub(" ", _CUT_WORD.sub("", text)).strip()


class Under(NamedTuple):
    """The conditions that a place stands under, as text, and the branch where there is exactly one ``#if``."""

    when: str | None = None
    branch: Branch | None = None


class Macro(NamedTuple):
    """A ``#define``: where it begins, whether it takes arguments, what it stands for, and its parameters."""

    start: int
    takes_arguments: bool
    body: str
    parameters: tuple[str, ...] = ()


class _Open:
    """An ``#if`` that is not closed yet."""

    def __init__(self, start: int, condition: str) -> None:
        self.start = start
        self.conditions = [condition]
        self.has_else = False
        self.is_guard = False


class _Part(NamedTuple):
    """One branch of an ``#if``: where it begins and ends, its condition, and which one it stands in (-1: none)."""

    start: int
    end: int
    group: int
    number: int
    outer: int


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
        stack: list[int] = []
        for index, each in enumerate(self.found):
            if each.word in _IFS:
                group = _Open(each.start, _condition(each))
                group.is_guard = not self._groups and self._defines(index, group.conditions[0])
                self._groups.append(group)
                self._begin(stack, len(self._groups) - 1, each.end, size)
            elif each.word in _CONDITIONS and not stack:
                self.unclosed.append((each.start, f"#{each.word} belongs to no #if"))
            elif each.word in _CONDITIONS:
                part = stack.pop()
                self._parts[part] = self._parts[part]._replace(end=each.start)
                if each.word != "endif":
                    number = self._parts[part].group
                    if self._groups[number].has_else:
                        self.unclosed.append((each.start, f"#{each.word} follows the #else of its #if"))
                    self._next_branch(self._groups[number], each)
                    self._begin(stack, number, each.end, size)
        for part in stack:
            self.unclosed.append((self._groups[self._parts[part].group].start, "no #endif closes this #if"))

    def _defines(self, index: int, condition: str) -> bool:
        """Whether an ``#ifndef`` is the guard of a header: the next directive defines the same name."""
        following = self.found[index + 1] if index + 1 < len(self.found) else None
        if following is None or following.word != "define":
            return False
        rest = following.rest
        return condition == f"!{rest.split('(')[0].split()[0] if rest else ''}"

    @staticmethod
    def _next_branch(group: _Open, each: Directive) -> None:
        if group.has_else:
            # A compiler rejects it, and the negation of all conditions before would double in length with each.
            group.conditions.append("?")
        elif each.word == "else":
            group.has_else = True
            group.conditions.append(" and ".join(_negated(condition) for condition in group.conditions))
        else:
            group.conditions.append(_condition(each))

    def _begin(self, stack: list[int], group: int, start: int, size: int) -> None:
        """A branch begins; until something ends it, it goes to the end of the file."""
        number = len(self._groups[group].conditions) - 1
        self._parts.append(_Part(start, size, group, number, stack[-1] if stack else -1))
        stack.append(len(self._parts) - 1)

    def under(self, position: int, since: int = 0) -> Under:
        """What a place stands under, leaving out every ``#if`` that begins before ``since``."""
        index = bisect_right(self._part_starts, position) - 1
        parts: list[_Part] = []
        while index >= 0:
            part = self._parts[index]
            group = self._groups[part.group]
            if group.start < since:
                break
            if position < part.end and not group.is_guard:
                parts.append(part)
                if len(parts) == _DEEPEST:
                    break
            index = part.outer
        if not parts:
            return Under()
        texts = [self._groups[part.group].conditions[part.number] for part in reversed(parts)]
        return Under(" and ".join(texts), self._branch(parts[0]) if len(parts) == 1 else None)

    def _branch(self, part: _Part) -> Branch:
        group = self._groups[part.group]
        return part.group, part.number, len(group.conditions), group.has_else

    def has_conditions(self, start: int, end: int) -> bool:
        """Whether a condition begins or changes between two places."""
        return bool(self.between(start, end))

    def between(self, start: int, end: int) -> list[Directive]:
        """The directives between two places."""
        starts = self._starts
        return self.found[bisect_left(starts, start) : bisect_left(starts, end)]

    def cuts(self, start: int, end: int) -> int | None:
        """Where a condition begins or changes between two places, or None."""
        return next((each.start for each in self.between(start, end) if each.word in _CONDITIONS), None)

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
    def _starts(self) -> list[int]:
        return [each.start for each in self.found]

    @cached_property
    def _part_starts(self) -> list[int]:
        return [each.start for each in self._parts]

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
                parameters = tuple(re.findall(r"[\w.]+", match[2] or ""))
                found.setdefault(match[1], []).append(Macro(each.start, bool(match[2]), match[3], parameters))
        return found

    def blanked(self, data: bytes) -> bytes:
        """The file with every directive overwritten by spaces; all places stay what they were."""
        if not self.found:
            return data
        pieces: list[bytes] = []
        done = 0
        for start, end, *_ in self.found:
            pieces += data[done:start], data[start:end].translate(BLANK)
            done = end
        pieces.append(data[done:])
        return b"".join(pieces)


def _directives(source: Source) -> list[Directive]:
    """All directives; where no comment began since the last one, none has to be looked for."""
    data, encoding = source.data, source.encoding
    found = []
    position, outside = data.find(b"#"), 0
    while position >= 0:
        end = position + 1
        if data.startswith(b"\n", position - 1):
            is_outside = data.find(b"/*", outside, position) < 0 and data[position - 2 : position - 1] not in _CONTINUES
            is_first = is_outside or not source.in_comment(position)
        else:
            is_first = source.begins_line(position) and not source.in_comment(position)
        if is_first:
            match = _LINE.match(data, position)
            if match is not None:
                end = outside = _end(data, match)
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
