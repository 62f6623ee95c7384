"""Where the brackets of a file are closed.

Mostly each is looked for from where it is opened, for most are closed soon. In a file whose brackets are not closed
that would go to its end again and again: there the whole file is gone through once, and what cannot be known so is
looked for nearby only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .source import COMMENT, STRING, closing

_SIGNS = rb"(?s)(?:" + COMMENT + rb"|" + STRING + rb")|(?P<endless>/\*)|(?P<open>[(\[{])|(?P<close>[)\]}])|[,;]"
_BRACES = rb"(?s)(?:" + COMMENT + rb"|" + STRING + rb")|([{}])|(/\*)"
#: No bracket of a declarator is looked for farther away than this,
_FAR = 1 << 16
#: nor, where as many were looked for in vain, than this.
_NEAR = 1 << 12
_IN_VAIN = 64


class Brackets:
    """The brackets of one file.

    Args:
        code: its bytes with the directives blanked.
    """

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._left = 4 * len(code)
        self._closed: dict[int, int] | None = None
        self._ends: dict[int, int] | None = None
        self._in_vain = 0

    def brace(self, opening: int) -> int | None:
        """Where the brace that stands at a byte is closed, or None."""
        if self._closed is not None:
            return self._closed.get(opening)
        end = closing(self._code, opening, len(self._code))
        self._left -= (len(self._code) if end is None else end) - opening
        if self._left < 0:
            self._closed = self._all()
        return end

    def holds_list(self, opening: int) -> bool:
        """Whether a list in braces has another one inside."""
        closing = self.brace(opening)
        return closing is None or self._code.find(b"{", opening + 1, closing) >= 0

    def _all(self) -> dict[int, int]:
        """Every brace that is closed, with where it is."""
        found: dict[int, int] = {}
        opened: list[int] = []
        for match in re.compile(_BRACES).finditer(self._code):
            if match.lastindex == 2:
                break
            if match[1] == b"{":
                opened.append(match.start())
            elif match[1] is not None and opened:
                found[opened.pop()] = match.start()
        return found

    def behind(self, opening: int) -> int | None:
        """One past the bracket that closes the one at a byte, of whichever kind; None where there is none."""
        if self._ends is not None:
            return self._ends.get(opening)
        end, last = self._behind(opening)
        self._left -= last - opening
        if self._left < 0:
            self._ends = self._all_of_any_kind()
        return end

    def _all_of_any_kind(self) -> dict[int, int]:
        """Every bracket that is closed, with one past what closes it."""
        found: dict[int, int] = {}
        opened: list[int] = []
        for match in re.compile(_SIGNS).finditer(self._code):
            if match["endless"] is not None:
                break
            if match["open"] is not None:
                opened.append(match.start())
            elif match["close"] is not None and opened:
                found[opened.pop()] = match.end()
        return found

    def _behind(self, opening: int) -> tuple[int | None, int]:
        """One past the bracket that closes the one at a byte, and how far was looked for it."""
        depth, last = 0, opening
        for match in self._signs(opening):
            last = match.end()
            if match["endless"] is not None:
                return None, last
            if match["open"] is not None:
                depth += 1
            elif match["close"] is not None:
                depth -= 1
                if depth <= 0:
                    return last if depth == 0 else None, last
            elif depth == 0:
                return None, last
        self._in_vain += 1
        return None, last

    def sign(self, position: int) -> int:
        """Where the next comma or semicolon stands that no brackets hold, or the bracket that ends what is around."""
        depth = 0
        for match in self._signs(position):
            if match["endless"] is not None:
                return len(self._code)
            if match["open"] is not None:
                depth += 1
            elif match["close"] is not None:
                if depth == 0:
                    return match.start()
                depth -= 1
            elif depth == 0 and match[0] in (b",", b";"):
                return match.start()
        self._in_vain += 1
        return len(self._code)

    def _signs(self, position: int) -> Iterator[re.Match[bytes]]:
        far = _FAR if self._in_vain < _IN_VAIN else _NEAR
        return re.compile(_SIGNS).finditer(self._code, position, position + far)
