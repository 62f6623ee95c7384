"""The white space in front of a comment that is appended, so that it stands where the table has its others."""

from __future__ import annotations

from .source import Source


class Gaps:
    """The white space in front of a comment, so that it stands where the table has its others."""

    def __init__(self, source: Source, column: int = 0, tabs: bool = False) -> None:
        self._source, self._column, self._tabs = source, column, tabs

    def before(self, position: int) -> str:
        """What to put before a comment that is written at a place."""
        width = self._source.width(position) if self._column else 0
        if width >= self._column:
            return " "
        if self._tabs and self._column % 8 == 0:
            return "\t" * (self._column // 8 - width // 8)
        return " " * (self._column - width)
