"""One table of a C file: a plain one by an expression, any other by the grammar, with what is doubtful about it."""

from __future__ import annotations

from collections.abc import Sequence

from ...facts import TableFact, Trouble
from ...records import record
from . import doubts, plain
from .directives import Directives
from .lists import ListReader, Read
from .seen import Found
from .slots import Slot, Table, Writer
from .source import Source


class TableReader:
    """Reads one table; used once.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        directives: what was blanked.
        found: the table.
        later: what the file sets of it when the program runs.
        in_parts: whether the lists inside of it are facts of their own.
    """

    def __init__(
        self,
        source: Source,
        code: bytes,
        directives: Directives,
        found: Found,
        later: Sequence[Trouble],
        in_parts: bool = False,
    ) -> None:
        self._source, self._code, self._directives, self._found = source, code, directives, found
        self._in_parts = in_parts
        self._writer = Writer(source, code, directives)
        self._has_conditions = directives.has_conditions(found.opening, found.closing)
        self._troubles = [*doubts.of_table(source, code, directives, found), *later]

    def read(self) -> list[TableFact]:
        """The table, or for an array each of its elements."""
        found = self._found
        whole = Table(found.name, found.type, found.start)
        if found.opening < 0:
            return [self._writer.fact(whole, [], [], troubles=self._troubles)]
        read = plain.slots(self._code, found.opening, found.closing) if found.plain else None
        if read is not None:
            return [self._plain(*read)]
        span = found.opening, found.closing
        reader = ListReader(self._source, self._code, self._writer, found.name, *span)
        lists = reader.read(found.dimensions)
        troubles = [*self._troubles, *reader.troubles]
        if not lists:
            return [self._writer.fact(whole, [], [], troubles=troubles)]
        unread = frozenset(reader.unread)
        facts = [
            self._fact(each, each.opening if found.dimensions else found.start, troubles, unread) for each in lists
        ]
        for start, read_, told in reader.parts({each.opening for each in lists}) if self._in_parts else ():
            facts.append(self._fact(read_, start, told, frozenset(reader.unread))._replace(form="part"))
        return facts

    def _fact(self, read: Read, start: int, troubles: list[Trouble], unread: frozenset[int]) -> TableFact:
        table = Table(read.name, self._found.type, start, read.opening, unread)
        cut = self._cut(read.slots) if self._has_conditions else []
        told = [*troubles, *cut]
        slots, begun = self._by_branch(read.slots) if cut else (read.slots, {})
        fact = self._writer.fact(table, slots, read.comments, read.positional, told, self._has_conditions)
        if not begun:
            return fact
        under = self._directives.under
        members = [
            each if at is None else each._replace(when=(told_ := under(at, slot.start)).when, branch=told_.branch)
            for each, slot, at in zip(fact.members, slots, map(begun.get, range(len(slots))), strict=True)
        ]
        return fact._replace(members=tuple(members))

    def _by_branch(self, slots: list[Slot]) -> tuple[list[Slot], dict[int, int]]:
        """The slots, of which one whose value stands in branches is one in each of them.

        Returns:
            Also by the index of such a slot where its first value ends.
        """
        found: list[Slot] = []
        begun: dict[int, int] = {}
        name, since, end, group, branch, after = "", 0, 0, -1, -1, 0
        for index, slot in enumerate(slots):
            if not slot.after and slot.start >= end:
                cut = self._cut_at(slot)
                name = slot.name if cut is not None and b"=" in self._code[slot.start : cut] else ""
                if name:
                    begun[index] = slot.end - 1
                    since, (group, branch), after = slot.start, self._branch(slot.end - 1, slot.start), 0
                    end = slot.end
            elif name and slot.start >= end:
                here = self._branch(slot.start, since)
                number = here[1] if here[0] == group else -1
                after = after + 1 if number == branch else int(number < 0)
                branch = number
                slot = slot._replace(name=name, after=after)
            found.append(slot)
        return found, begun

    def _branch(self, position: int, since: int) -> tuple[int, int]:
        """The ``#if`` that a place stands under and the number of its branch; -1 where there is not exactly one."""
        branch = self._directives.under(position, since).branch
        return (-1, -1) if branch is None else branch[:2]

    def _plain(self, slots: list[plain.Slot], comments: plain.Comments, positional: int) -> TableFact:
        """The table, where no syntax tree was needed."""
        line = self._source.line
        read = [
            record(Slot, (name, start, end, at := line(start), at, body, after, True))
            for name, start, end, body, after in slots
        ]
        beside = [self._writer.comment(start, end) for start, end in comments]
        troubles = [*self._troubles, *(doubts.comment_in_comment(self._source, self._code, beside))]
        table = Table(self._found.name, self._found.type, self._found.start, self._found.opening)
        return self._writer.fact(table, read, beside, positional, troubles, self._has_conditions)

    def _cut(self, slots: list[Slot]) -> list[Trouble]:
        """The slots that a condition cuts: what they say depends on the build."""
        found = []
        for slot in slots:
            if (cut := self._cut_at(slot)) is not None:
                message = f"a condition in the middle of slot {slot.name!r}"
                field = None if slot.after or b"=" not in self._code[slot.start : cut] else slot.name
                found.append(self._source.trouble(cut, message, "write the slot in each branch", field))
        return found

    def _cut_at(self, slot: Slot) -> int | None:
        """Where a condition cuts a slot, other than inside of its own list."""
        cut = self._directives.cuts(slot.start, slot.end)
        if cut is None or not slot.name or slot.name.isdigit():
            return None
        is_inside = slot.body.kind in ("list", "none") and b"{" in self._code[slot.start : cut]
        return None if is_inside else cut
