"""Where the variables of a file are known, and the functions around its places."""

from __future__ import annotations

import re

from ...patterns import regex
from ...records import NamedTuple
from .brackets import Brackets
from .declarators import statement_before
from .seen import Pointer
from .source import Source, next_byte
from .statements import Function, function_name

_DECLARED = regex(
    rb"\s*(?P<stars>(?:\*\s*)*)(?:(?:const|restrict|__restrict)\b\s*)*(?P<name>[A-Za-z_]\w*)\s*(?P<sign>[;,)=\[])"
)
_FUNCTION = regex(rb"([A-Za-z_]\w*)\s*\(")
#: Words in front of brackets that are not the names of functions.
NO_FUNCTIONS = frozenset((b"__attribute__", b"__declspec", b"if", b"while", b"for", b"switch"))
#: The head of a function whose parameters are declared behind its brackets: ``f(p, n) struct ops *p; int n; {``.
_NAMES_ONLY = regex(rb"([A-Za-z_]\w*)\s*\(\s*[A-Za-z_]\w*\s*(?:,\s*[A-Za-z_]\w*\s*)*\)\s*(?=[A-Za-z_])")
#: More parameters than anybody declares like that.
_MOST_DECLARED = 24
#: In front of the type of a variable of a loop.
_IN_FOR = regex(rb"\bfor\s*\([^(]*$")


class Variable(NamedTuple):
    """A pointer to a table: its name, how many stars it has, and where it is known."""

    type: str
    name: bytes
    stars: int
    start: int
    end: int
    is_global: bool
    is_sure: bool = True


class Scopes:
    """Where things are known in one file.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        brackets: of the file.
    """

    def __init__(self, source: Source, code: bytes, brackets: Brackets) -> None:
        self._source, self._code, self._brackets = source, code, brackets
        self._known: list[Function] = []

    def variable(self, pointer: Pointer) -> Variable | None:
        """What a pointer is called and where it is known; None where nothing is declared there."""
        match = _DECLARED.match(self._code, pointer.at)
        if match is None or self._source.in_comment(pointer.at):
            return None
        before = statement_before(self._code, pointer.at)
        end = match.end() - 1
        if match["sign"] == b"[":
            end = next_byte(self._code, self._brackets.behind(end) or match.end())
        if before.count(b"(") > before.count(b")") and _IN_FOR.search(before) is None:
            scope = self._behind_parameters(end)
            function = self.function(scope[0] + 1) if scope is not None else None
        else:
            function = self.function(pointer.at)
            scope = (pointer.at, len(self._code) if function is None else self._block_end(function, pointer.at))
            declared = self._behind_declared(end) if function is None and match["sign"] in b";," else None
            if declared is not None:
                scope = declared
                function = self.function(scope[0] + 1)
        if scope is None or (function is not None and not function.name):
            return None
        stars = match["stars"].count(b"*") + pointer.implied
        stars += stars > pointer.implied and match["sign"] == b"["
        return Variable(pointer.type, match["name"], stars, *scope, function is None, pointer.is_sure)

    def _block_end(self, function: Function, position: int) -> int:
        """Where the block ends that a place of a function stands in."""
        opening = position
        while (opening := self._code.rfind(b"{", function.opening + 1, opening)) >= 0:
            closing = self._brackets.brace(opening)
            if closing is not None and closing > position and not self._source.in_comment(opening):
                return closing
        return function.closing

    def _behind_parameters(self, position: int) -> tuple[int, int] | None:
        """The braces of the function whose parameters a place is among."""
        while self._code.startswith(b",", position := self._brackets.sign(position)):
            position += 1
        opening = next_byte(self._code, position + 1)
        closing = self._brackets.brace(opening) if self._code.startswith(b"{", opening) else None
        return None if closing is None else (opening, closing)

    def _behind_declared(self, position: int) -> tuple[int, int] | None:
        """The braces of the function that one of these declarations, behind its brackets, is a parameter of."""
        code = self._code
        for _ in range(_MOST_DECLARED):
            while code.startswith(b",", position):
                position = self._brackets.sign(position + 1)
            at = next_byte(code, position + 1) if code.startswith(b";", position) else len(code)
            if at >= len(code) or code[at] == 0x7B:
                closing = self._brackets.brace(at) if at < len(code) else None
                return None if closing is None else (at, closing)
            end = self._brackets.sign(at)
            if b"{" in code[at:end] or b"=" in code[at:end]:
                return None
            position = end
        return None

    def _declared_head(self, opening: int) -> tuple[int, re.Match[bytes]] | None:
        """Where the head begins of a function whose parameters are declared between its brackets and its braces."""
        end = opening
        for _ in range(_MOST_DECLARED):
            before = self._code.rfind(b";", 0, end)
            if before < 0:
                return None
            header = statement_before(self._code, before)
            if (match := _NAMES_ONLY.search(header)) is not None:
                return before - len(header.lstrip()), match
            if not header.strip():
                return None
            end = before
        return None

    def function(self, position: int) -> Function | None:
        """The braces around a place that stand in no others."""
        for each in reversed(self._known[-2:]):
            if each.opening < position < each.closing:
                return each
        start = self._code.rfind(b"\n}", 0, position) + 1
        if self._known and self._known[-1].closing < position:
            start = max(start, self._known[-1].closing + 1)
        while (opening := self._code.find(b"{", start, position)) >= 0:
            closing = None if self._source.in_comment(opening) else self._brackets.brace(opening)
            if closing is None or closing < position:
                start = (opening if closing is None else closing) + 1
                continue
            header = statement_before(self._code, opening)
            named = (each for each in _FUNCTION.finditer(header) if each[1] not in NO_FUNCTIONS)
            name = next(named, None)
            if name is None and b"extern" in header:
                start = opening + 1
                continue
            text = "" if name is None or b"=" in header else function_name(header, name)
            found = Function(text, opening - len(header.lstrip()), opening, closing)
            head = self._declared_head(opening) if not header.strip() else None
            if head is not None:
                found = Function(head[1][1].decode(), head[0], opening, closing)
            self._known.append(found)
            return found
        return None
