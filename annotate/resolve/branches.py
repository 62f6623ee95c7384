"""Where the values without names of a list stand while the conditions around them are gone through."""

from ..facts import Member


class Branches:
    """Where the values without names stand while conditions are gone through.

    Attributes:
        at: the place of the next one; None from where that is not known.
    """

    def __init__(self) -> None:
        self.at: int | None = 0
        self._group: int | None = None
        self._number = self._count = 0
        self._has_else = False
        self._start: int | None = 0
        self._ends: dict[int, int | None] = {}

    def go_to(self, member: Member) -> bool:
        """Enter the branch of a value.

        Returns:
            Whether the place was known before, and is not any more.
        """
        was_known = self.at is not None
        if member.branch is None:
            self._leave()
            if member.when is not None:
                self.at = None
        else:
            group, number, count, has_else = member.branch
            if group != self._group:
                self._leave()
                self._group, self._count, self._has_else = group, count, has_else
                self._start, self._ends = self.at, {}
            elif number != self._number:
                self._ends[self._number] = self.at
                self.at = self._start
            self._number = number
        return was_known and self.at is None

    def _leave(self) -> None:
        """Go on behind an ``#if``: all of its branches must have come to the same place."""
        if self._group is None:
            return
        self._ends[self._number] = self.at
        ends = [self._ends.get(number, self._start) for number in range(self._count)]
        known = {*ends, *(() if self._has_else else (self._start,))}
        self._group = None
        self.at = known.pop() if len(known) == 1 else None
