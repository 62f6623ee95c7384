"""Under which condition a statement of a function runs: the block or ``if`` around it, and a way out before it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from ...patterns import regex
from ...records import NamedTuple
from .. import conflicts
from . import values
from .declarators import statement_before
from .source import COMMENT, STRING

#: What is no code: comments and strings.
QUIET = regex(rb"(?s)" + COMMENT + rb"|" + STRING)
_UNDER = regex(rb"&&|\|\||\b(?:if|else|for|while|switch|case|default|do)\b|:\s*$|\?")
_CONDITION = regex(rb"\bif\s*\((.*)\)\s*$", re.DOTALL)
_LEAVES = regex(rb"\b(?:return\b\s*(?P<value>[^;]*)|goto\s+(?P<label>\w+)\s*);")
#: Ways out by which a function tells that it failed, so that what it fills is not used.
_FAILS = regex(
    rb"\(?\s*(?:NULL|nullptr|-\s*\w+|false|FALSE|.*\b(?:err|errno|E[A-Z]{3,}|ERR\w*)\b.*)\s*\)?\s*", re.DOTALL
)
_FAILURE = regex(rb"(?i)err|fail|bad|bail|abort|oom|nomem")
_BRACE = regex(rb"[{}]")
_RUNS = "a condition holds at run time"


class Function(NamedTuple):
    """A function, or another pair of braces outside of any (then without a name)."""

    name: str
    start: int
    opening: int
    closing: int


def function_name(header: bytes, match: re.Match[bytes]) -> str:
    """The name of a function; of ``NAME(open)(void)`` with the arguments of the macro."""
    called = re.compile(rb"\(\s*(\w+)\s*\)(?=\s*\()").match(header, match.end() - 1)
    return match[1].decode() + (f"({called[1].decode()})" if called is not None else "")


class Conditions:
    """The conditions in one file.

    Args:
        code: its bytes with the directives blanked.
    """

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._ways_out: dict[Function, tuple[int, str] | None] = {}
        self._blocks: dict[Function, tuple[list[int], list[int]]] = {}

    def of(self, function: Function, since: int, position: int) -> str:
        """What a statement stands under; an empty string for nothing.

        Args:
            since: only blocks that begin behind this byte count.
        """
        return self._condition(function, position, since) or self._behind_way_out(function, position)

    def _condition(self, function: Function, position: int, since: int) -> str:
        """What a statement of a function stands under; an empty string for nothing."""
        statement = statement_before(self._code, position)
        if _UNDER.search(statement) or statement.count(b")") > statement.count(b"("):
            return _as_text(statement)
        places, inner = self._braces(function)
        opening = inner[bisect_left(places, position)]
        return _as_text(statement_before(self._code, opening)) if opening > since else ""

    def _braces(self, function: Function) -> tuple[list[int], list[int]]:
        """Where the braces of a function stand, and for what is in front of each, and behind all, the block around."""
        if function not in self._blocks:
            quiet = self._quiet(function)
            places, inner, opened = [], [-1], [-1]
            for match in _BRACE.finditer(quiet):
                if match[0] == b"{":
                    opened.append(function.opening + match.start())
                elif len(opened) > 1:
                    opened.pop()
                places.append(function.opening + match.start())
                inner.append(opened[-1])
            self._blocks[function] = places, inner
        return self._blocks[function]

    def _quiet(self, function: Function) -> bytes:
        """The body of a function with what is not code blanked, at equal length."""
        code = self._code[function.opening : function.closing]
        return QUIET.sub(lambda match: match[0].translate(conflicts.BLANK), code)

    def _behind_way_out(self, function: Function, position: int) -> str:
        """What decides whether a function is left before it comes to a place, other than because it failed."""
        if function not in self._ways_out:
            self._ways_out[function] = next(self._found_ways_out(function), None)
        first = self._ways_out[function]
        return "" if first is None or first[0] > position else first[1]

    def _found_ways_out(self, function: Function) -> Iterator[tuple[int, str]]:
        for match in _LEAVES.finditer(self._quiet(function)):
            failed = _FAILS.fullmatch(match["value"]) if match["label"] is None else _FAILURE.search(match["label"])
            if not failed:
                at = function.opening + match.start()
                text = _as_text(statement_before(self._code, at))
                yield at, text if text == _RUNS else f"!({text})"


def _as_text(statement: bytes) -> str:
    """A condition as the page shows it."""
    match = _CONDITION.search(statement)
    text = _RUNS if match is None else match[1].decode("latin-1")
    return values.shortened(text)
