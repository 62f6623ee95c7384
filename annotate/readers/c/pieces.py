"""The statements of a function by the words in them: what is looked for of one pointer stands in few of many."""

from __future__ import annotations

import re

from ...patterns import regex

_WORD = regex(rb"[A-Za-z_]\w*")
#: In a function with so few pointers each is looked for in all of it.
_FEW = 16


class Pieces:
    """The body of a function.

    Args:
        body: its bytes.
        pointers: how many pointers are looked for in it.

    Attributes:
        body: the same.
    """

    def __init__(self, body: bytes, pointers: int) -> None:
        self.body = body
        self._ends: list[int] = []
        self._by_word: dict[bytes, list[int]] = {}
        if pointers > _FEW:
            self._ends = [0, *(match.end() for match in re.finditer(rb";", body)), len(body)]
            for number in range(len(self._ends) - 1):
                for word in set(_WORD.findall(body, self._ends[number], self._ends[number + 1])):
                    self._by_word.setdefault(word, []).append(number)

    def of(self, names: bytes) -> list[tuple[int, bytes]]:
        """Where the statements begin that have one of the words of some text, each with its text."""
        if not self._ends:
            return [(0, self.body)]
        numbers = {each for word in _WORD.findall(names) for each in self._by_word.get(word, ())}
        starts = [(max(0, self._ends[each] - 1), self._ends[each + 1]) for each in sorted(numbers)]
        return [(start, self.body[start:end]) for start, end in starts]
