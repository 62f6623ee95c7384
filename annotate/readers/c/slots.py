"""Slots of a table to facts: the comments beside them, their conditions, and where a comment would be written."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from sys import intern

from ...facts import Body, Mark, Member, TableFact, Trouble
from ...patterns import regex
from ...records import NamedTuple, record
from .directives import Directives
from .gaps import Gaps
from .source import Source

_TO_SIGN = regex(rb"(?:[ \t]|/\*(?:[^*\n]|\*(?!/))*\*/)*[,;]")


class Slot(NamedTuple):
    """A slot: its name, where it begins and ends, its lines, its value, and as ``Member.after`` how far behind.

    Where the grammar was at a loss in it, its end is not known: it is not whole, and nothing is written beside it.
    """

    name: str
    start: int
    end: int
    line: int
    last: int
    body: Body
    after: int = 0
    is_whole: bool = True


class Comment(NamedTuple):
    """A comment: where it begins and ends, and its first line."""

    start: int
    end: int
    line: int


class Table(NamedTuple):
    """What is known of a table besides its slots.

    Attributes:
        name, type: of the variable.
        start: first byte of its declaration.
        opening: its brace, or the first byte of what fills it; -1 where there is none.
        unread: lines whose comments belong to something that could not be read.
        head: whether a comment on the line of ``opening`` is about the whole table.
    """

    name: str
    type: str
    start: int
    opening: int = -1
    unread: frozenset[int] = frozenset()
    head: bool = True


class Writer:
    """Makes the facts of the tables of one file.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        directives: what was blanked.
    """

    def __init__(self, source: Source, code: bytes, directives: Directives) -> None:
        self._source, self._code, self._directives = source, code, directives

    def comment(self, start: int, end: int) -> Comment:
        """A comment that stands between two bytes."""
        return record(Comment, (start, end, self._source.line(start)))

    def slot(self, name: str, start: int, end: int, body: Body, after: int = 0) -> Slot:
        """A slot that stands between two bytes."""
        line = self._source.line(start)
        last = line + self._source.data.count(b"\n", start, end)
        return Slot(name, start, end, line, last, body, after)

    def fact(
        self,
        table: Table,
        slots: list[Slot],
        comments: list[Comment],
        positional: int = 0,
        troubles: Sequence[Trouble] = (),
        has_conditions: bool = True,
    ) -> TableFact:
        """The fact of a table.

        Args:
            table: what is known of it.
            slots: in the order written.
            comments: in the order written.
            positional: how many of the slots stand before the first that names its field.
            troubles: what could not be read.
            has_conditions: whether slots may stand under conditions.
        """
        source = self._source
        opening_line = source.line(table.opening) if table.opening >= 0 else -1
        on_line = _on_line(slots)
        beside: dict[int, list[Comment]] = {}
        for comment in comments:
            beside.setdefault(comment.line, []).append(comment)
        gap = self._gaps(slots, beside)
        since = table.opening if has_conditions else -1
        members = [self._member(slot, on_line, beside, gap, since) for slot in slots]
        self._stray(members, slots, comments, {*on_line, *table.unread, opening_line})
        own = table.head and opening_line not in on_line
        head = beside.get(opening_line, []) if own else []
        return TableFact(
            table.name,
            "",
            "call",
            table.type,
            None,
            source.line(table.start),
            source.column(table.start),
            tuple(self._mark(comment) for comment in head),
            table.opening + 1 if own and table.opening >= 0 else -1,
            tuple(members),
            positional,
            tuple(troubles),
            (),
            self._directives.under(table.start).when,
        )

    def _member(
        self, slot: Slot, on_line: dict[int, list[Slot]], beside: dict[int, list[Comment]], gap: Gaps, since: int
    ) -> Member:
        lines = (slot.line,) if slot.line == slot.last else (slot.line, slot.last)
        shared = len(on_line[slot.line]) > 1 or len(on_line[slot.last]) > 1
        carrier = "shared" if shared else "comment"
        marks = tuple([self._mark(each, carrier) for line in lines for each in beside.get(line, ())])
        insert = -1 if shared or not slot.is_whole else self._append_at(slot.end)
        under = self._directives.under(slot.start, since) if since >= 0 else None
        when, branch = under or (None, None)
        before = " " if marks or insert < 0 else gap.before(insert)
        column = self._source.column(slot.start)
        known = (slot.name, slot.line, column, marks, insert, slot.body, "slot", when, branch)
        return record(Member, (*known, (), (), None, (), before, False, slot.after))

    def _append_at(self, end: int) -> int:
        """Behind the comma of a slot where it stands on the same line, else behind its value."""
        match = _TO_SIGN.match(self._code, end)
        return match.end() if match is not None else end

    def _mark(self, comment: Comment, carrier: str = "comment") -> Mark:
        start, source = comment.start, self._source
        end = comment.end - self._code.endswith(b"\r", start, comment.end)
        return record(Mark, (carrier, intern(source.text(start, end)), comment.line, source.column(start), start, end))

    def _stray(self, members: list[Member], slots: list[Slot], comments: list[Comment], taken: set[int]) -> None:
        """Give a comment on a line of its own to the slot that it was probably meant for, as one that is astray."""
        starts = [slot.start for slot in slots]
        for comment in comments:
            if comment.line in taken or not members:
                continue
            after = bisect_right(starts, comment.start)
            near = [index for index in (after, after - 1) if 0 <= index < len(slots)]
            index = next((index for index in near if not members[index].marks), near[0])
            mark = self._mark(comment, "stray")
            members[index] = members[index]._replace(marks=(*members[index].marks, mark))

    def _gaps(self, slots: list[Slot], beside: dict[int, list[Comment]]) -> Gaps:
        firsts = [(slot.end, beside[slot.last][0].start) for slot in slots if slot.last in beside]
        between = [self._source.data[end:start].lstrip(b",;") for end, start in firsts if end < start]
        if not between or sum(each == b" " for each in between) * 2 >= len(between):
            return Gaps(self._source)
        columns = Counter(self._source.width(start) for end, start in firsts if end < start)
        column, count = columns.most_common(1)[0]
        if count < 2 or count * 2 < len(firsts):
            return Gaps(self._source)
        return Gaps(self._source, column, any(b"\t" in each for each in between))


def _on_line(slots: list[Slot]) -> dict[int, list[Slot]]:
    """Line -> the slots that begin or end there; a list in braces only where none of its own slots does."""
    found: dict[int, list[Slot]] = {}
    around: list[Slot] = []
    for index, slot in enumerate(slots):
        following = slots[index + 1] if index + 1 < len(slots) else None
        if slot.body.kind in ("list", "none") and following is not None and following.start < slot.end:
            around.append(slot)
            continue
        found.setdefault(slot.line, []).append(slot)
        if slot.last != slot.line:
            found.setdefault(slot.last, []).append(slot)
    for slot in around:
        for line in (slot.line, slot.last):
            found.setdefault(line, [slot])
    return found
