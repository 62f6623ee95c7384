"""One table of a C file: its slots with their conditions, the comments beside them, and where one would be written."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

from ...facts import Body, Mark, Member, TableFact, Trouble
from ...records import record
from . import doubts, plain, syntax, values
from .directives import Directives
from .find import Found
from .macros import Macros
from .source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_HEAD = b"X x="
#: Structs inside of structs, deeper than anybody writes them.
_DEEPEST = 32
_TO_COMMA = re.compile(rb"(?:[ \t]|/\*(?:[^*\n]|\*(?!/))*\*/)*,")


class _Slot(NamedTuple):
    """A slot: its name, where it begins and ends, its lines, its value, and as ``Member.after`` how far behind."""

    name: str
    start: int
    end: int
    line: int
    last: int
    body: Body
    after: int = 0


class _Comment(NamedTuple):
    start: int
    end: int
    line: int


class TableReader:
    """Reads one table; used once.

    Args:
        source: the file.
        code: its bytes with the directives blanked.
        directives: what was blanked.
        found: the table.
        macros: that the file defines.
        later: what the file sets of it when the program runs.
    """

    def __init__(
        self,
        source: Source,
        code: bytes,
        directives: Directives,
        found: Found,
        macros: Macros,
        later: Sequence[Trouble],
    ) -> None:
        self._source, self._code, self._directives, self._found = source, code, directives, found
        self._shift = found.opening - len(_HEAD)
        self._troubles: list[Trouble] = []
        self._has_conditions = directives.has_conditions(found.opening, found.closing)
        self._macros, self._later = macros, later
        self._unread: set[int] = set()
        self._depth = 0

    def read(self) -> list[TableFact]:
        """The table, or for an array each of its elements."""
        found = self._found
        self._troubles += doubts.of_table(self._source, self._code, self._directives, found)
        self._troubles += self._later
        if found.opening < 0:
            return [self._fact(found.name, found.start, [], [], 0)]
        read = plain.slots(self._code, found.opening, found.closing) if found.plain else None
        if read is not None:
            return [self._plain(*read)]
        whole = _initializer(self._parse())
        lists = [] if whole is None else self._elements(whole, found.name, found.dimensions)
        facts = [self._one(name, node) for name, node in lists]
        return facts or [self._fact(found.name, found.start, [], [], 0)]

    def _plain(self, slots: list[plain.Slot], comments: plain.Comments, positional: int) -> TableFact:
        """The table, where no syntax tree was needed."""
        line = self._source.line
        read = [
            record(_Slot, (name, start, end, at := line(start), at, body, after))
            for name, start, end, body, after in slots
        ]
        beside = [self._comment(start, end) for start, end in comments]
        return self._fact(self._found.name, self._found.start, read, beside, positional, self._found.opening)

    def _trouble(self, position: int, message: str, tip: str | None = None, field: str | None = None) -> None:
        self._troubles.append(self._source.trouble(position, message, tip, field))

    def _not_read(self, node: Node, position: int, message: str, tip: str | None) -> None:
        """Report what is no slot; the comments beside it belong to nobody else."""
        self._trouble(position, message, tip)
        first = self._source.line(position)
        self._unread.update(range(first, first + node.end_point[0] - node.start_point[0] + 1))

    # -- the syntax tree

    def _parse(self) -> Node:
        endless = self._source.unterminated
        end = self._found.closing if endless is None else min(self._found.closing, endless)
        region = self._code[self._found.opening : end]
        root = syntax.parse(b"".join((_HEAD, region, b"};")))
        for node in syntax.errors(root):
            position = min(node.start_byte + self._shift, self._found.closing)
            text = values.shortened((node.text or b"").decode("latin-1"))
            message = f"a part of {self._found.name} cannot be read: {text or 'something is missing'}"
            self._not_read(node, position, message, doubts.MEND)
        return root

    def _elements(self, whole: Node, name: str, dimensions: int) -> list[tuple[str, Node]]:
        """The lists of slots below a list, with their names: one, or for an array those of its elements."""
        if not dimensions:
            return [(name, whole)]
        found: list[tuple[str, Node]] = []
        index = "0"
        children = [child for child in whole.named_children if child.type not in ("comment", "ERROR")]
        for child in children:
            value: Node | None = child
            if child.type == "initializer_pair":
                value, index = child.child_by_field_name("value"), _subscript(child) or ""
            if value is not None and value.type == "initializer_list" and index:
                found += self._elements(value, f"{name}[{index}]", dimensions - 1)
            elif child is not children[-1] or len(children) == 1 or values.of(child).kind != "none":
                text = values.shortened((child.text or b"").decode("latin-1"))
                self._trouble(child.start_byte + self._shift, f"an element of {name} is no list of slots: {text}")
            index = _following(index)
        if not children:
            self._trouble(whole.start_byte + self._shift, f"{name} has no elements here")
        return found

    def _one(self, name: str, node: Node) -> TableFact:
        start = node.start_byte + self._shift if self._found.dimensions else self._found.start
        slots: list[_Slot] = []
        comments: list[_Comment] = []
        positional = self._items(node, slots, comments)
        return self._fact(name, start, slots, comments, positional, node.start_byte + self._shift)

    def _items(self, node: Node, slots: list[_Slot], comments: list[_Comment]) -> int:
        """The slots and comments of a list; gives how many slots stand before the first that is named."""
        positional, last, after = 0, None, 0
        values_ = [child for child in node.named_children if child.type not in ("comment", "ERROR")]
        named = any(child.type == "initializer_pair" for child in values_)
        for child in node.named_children:
            kind = child.type
            if kind == "comment":
                comments.append(self._comment(*self._span(child)))
            elif kind == "initializer_pair":
                last, after = self._pair(child, slots, comments), 0
            elif kind != "ERROR":
                doubt = doubts.of_value(child, named, len(values_) == 1, self._macros)
                if doubt is not None:
                    self._not_read(child, child.start_byte + self._shift, *doubt)
                    continue
                after += 1
                positional += last is None
                slots.append(
                    self._slot(str(len(slots)), child, child) if last is None else self._slot(last, child, child, after)
                )
        return positional

    def _pair(self, node: Node, slots: list[_Slot], comments: list[_Comment]) -> str:
        parts = []
        value = node.child_by_field_name("value")
        for child in node.children:
            if child.type == "comment":
                comments.append(self._comment(*self._span(child)))
            elif child.type in ("field_designator", "field_identifier", "subscript_designator"):
                inner = next((each for each in child.named_children if each.type == "field_identifier"), child)
                parts.append("".join((inner.text or b"").decode("latin-1").split()))
        name = ".".join(parts)
        if value is None:
            self._trouble(node.start_byte + self._shift, f"the slot {name!r} has no value")
            return name
        if doubts.runs_on(value):
            message = f"no comma follows the slot {name!r}"
            self._not_read(node, node.start_byte + self._shift, message, "write the comma")
            return name
        slots.append(self._slot(name, node, value))
        if value.type == "initializer_list":
            self._nested(name, value, slots)
        elif self._has_conditions and (cut := self._directives.cuts(*self._span(node))) is not None:
            self._trouble(
                cut, f"a condition stands in the middle of the slot {name!r}", "write the slot in each branch"
            )
        return name

    def _nested(self, prefix: str, node: Node, slots: list[_Slot]) -> None:
        """The named slots of a struct inside the struct."""
        if self._depth >= _DEEPEST:
            self._trouble(node.start_byte + self._shift, f"too many structs stand inside of each other at {prefix!r}")
            return
        self._depth += 1
        inner: list[_Slot] = []
        for child in node.named_children:
            if child.type == "initializer_pair":
                self._pair(child, inner, [])
        self._depth -= 1
        slots += [each._replace(name=f"{prefix}.{each.name}") for each in inner]

    def _slot(self, name: str, node: Node, value: Node, after: int = 0) -> _Slot:
        start, end = self._span(node)
        line = self._source.line(start)
        last = line + (node.end_point[0] - node.start_point[0])
        return _Slot(name, start, end, line, last, values.of(value), after)

    def _expanded(self, slots: list[_Slot]) -> list[_Slot]:
        """The slots, with what macros make of them: no function in some builds, several values, another field."""
        macros, known = self._macros, self._macros.known
        if not known.isdisjoint({slot.body.target for slot in slots}):
            for slot in slots:
                target = slot.body.target
                if target in known and macros.is_several(target, slot.body.kind != "name"):
                    self._trouble(slot.start, f"the macro {target} may stand for several slots")
        if not known.isdisjoint({part for slot in slots for part in slot.name.split(".")}):
            for slot in slots:
                if any(map(macros.is_other, slot.name.split("."))):
                    self._trouble(slot.start, f"{slot.name!r} is a macro here: which field the slot fills is not known")
        return [slot if (body := macros.chosen(slot.body)) is slot.body else slot._replace(body=body) for slot in slots]

    def _comment(self, start: int, end: int) -> _Comment:
        if self._code.startswith(b"/*", start) and (again := self._code.find(b"/*", start + 2, end)) >= 0:
            self._trouble(again, "a comment begins inside a comment: was the first one closed?", "close the first one")
        return record(_Comment, (start, end, self._source.line(start)))

    def _span(self, node: Node) -> tuple[int, int]:
        """Where a node begins and ends in the file."""
        return node.start_byte + self._shift, node.end_byte + self._shift

    # -- facts

    def _fact(
        self,
        name: str,
        start: int,
        slots: list[_Slot],
        comments: list[_Comment],
        positional: int,
        opening: int = -1,
    ) -> TableFact:
        source, slots = self._source, self._expanded(slots)
        if self._has_conditions:
            self._check_unnamed(slots, positional, opening)
        opening_line = source.line(opening) if opening >= 0 else -1
        on_line: dict[int, list[_Slot]] = {}
        around: list[_Slot] = []
        for slot in slots:
            if slot.body.kind == "list" and slot.body.target == "names":
                around.append(slot)
                continue
            on_line.setdefault(slot.line, []).append(slot)
            if slot.last != slot.line:
                on_line.setdefault(slot.last, []).append(slot)
        for slot in around:
            for line in (slot.line, slot.last):
                on_line.setdefault(line, [slot])
        beside: dict[int, list[_Comment]] = {}
        for comment in comments:
            beside.setdefault(comment.line, []).append(comment)
        gap = self._gaps(slots, beside)
        members = [self._member(slot, on_line, beside, gap) for slot in slots]
        self._stray(members, slots, comments, on_line, opening_line)
        own = opening_line not in on_line
        head = beside.get(opening_line, []) if own else []
        return TableFact(
            name,
            "",
            "call",
            self._found.type,
            None,
            source.line(start),
            source.column(start),
            tuple(self._mark(comment) for comment in head),
            opening + 1 if own and opening >= 0 else -1,
            tuple(members),
            positional,
            tuple(self._troubles),
            (),
            self._directives.under(self._found.start).when,
        )

    def _check_unnamed(self, slots: list[_Slot], positional: int, opening: int) -> None:
        """A value without a name fills the field behind the one before it: a condition between them leaves a doubt."""
        anchor = opening
        for index, slot in enumerate(slots):
            is_unnamed = index < positional or slot.after > 0
            if is_unnamed and (cut := self._directives.cuts(anchor, slot.start)) is not None:
                message = "a value without a name stands behind a condition: which field it fills is not known"
                self._trouble(cut, message, "name the slots: .FIELD = value")
                return
            anchor = anchor if is_unnamed else slot.start

    def _member(
        self,
        slot: _Slot,
        on_line: dict[int, list[_Slot]],
        beside: dict[int, list[_Comment]],
        gap: Gaps,
    ) -> Member:
        lines = (slot.line,) if slot.line == slot.last else (slot.line, slot.last)
        shared = len(on_line[slot.line]) > 1 or len(on_line[slot.last]) > 1
        carrier = "shared" if shared else "comment"
        marks = tuple([self._mark(each, carrier) for line in lines for each in beside.get(line, ())])
        insert = -1 if shared else self._append_at(slot.end)
        under = self._directives.under(slot.start, self._found.opening) if self._has_conditions else None
        when, branch = under or (None, None)
        before = " " if marks or insert < 0 else gap.before(insert)
        column = self._source.column(slot.start)
        known = (slot.name, slot.line, column, marks, insert, slot.body, "slot", when, branch)
        return record(Member, (*known, (), (), None, (), before, False, slot.after))

    def _append_at(self, end: int) -> int:
        """Behind the comma of a slot where it stands on the same line, else behind its value."""
        match = _TO_COMMA.match(self._code, end)
        return match.end() if match is not None else end

    def _mark(self, comment: _Comment, carrier: str = "comment") -> Mark:
        start, source = comment.start, self._source
        end = comment.end - self._code.endswith(b"\r", start, comment.end)
        return record(Mark, (carrier, intern(source.text(start, end)), comment.line, source.column(start), start, end))

    def _stray(
        self,
        members: list[Member],
        slots: list[_Slot],
        comments: list[_Comment],
        on_line: dict[int, list[_Slot]],
        opening_line: int,
    ) -> None:
        """Give a comment on a line of its own to the slot that it was probably meant for, as one that is astray."""
        starts = [slot.start for slot in slots]
        for comment in comments:
            nobodys = comment.line in on_line or comment.line in self._unread or comment.line == opening_line
            if nobodys or not members:
                continue
            after = bisect_right(starts, comment.start)
            near = [index for index in (after, after - 1) if 0 <= index < len(slots)]
            index = next((index for index in near if not members[index].marks), near[0])
            mark = self._mark(comment, "stray")
            members[index] = members[index]._replace(marks=(*members[index].marks, mark))

    def _gaps(self, slots: list[_Slot], beside: dict[int, list[_Comment]]) -> Gaps:
        firsts = [(slot.end, beside[slot.last][0].start) for slot in slots if slot.last in beside]
        between = [self._source.data[end:start].lstrip(b",") for end, start in firsts if end < start]
        if not between or sum(each == b" " for each in between) * 2 >= len(between):
            return Gaps(self._source)
        columns = Counter(self._source.width(start) for end, start in firsts if end < start)
        column, count = columns.most_common(1)[0]
        if count < 2 or count * 2 < len(firsts):
            return Gaps(self._source)
        return Gaps(self._source, column, any(b"\t" in each for each in between))


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


def _initializer(node: Node) -> Node | None:
    """The first list of slots below a node."""
    return next((each for each in syntax.walk(node) if each.type == "initializer_list"), None)


def _subscript(node: Node) -> str | None:
    """Which element of an array a value is for; None where it is for a part of one."""
    designators = [child for child in node.children if child.type.endswith(("_designator", "_identifier"))]
    if len(designators) != 1 or not designators[0].type.startswith("subscript"):
        return None
    return " ".join((designators[0].text or b"").decode("latin-1").strip("[]").split())


def _following(index: str) -> str:
    """The element behind one that is named by a number, a range of numbers, or a constant."""
    last = index.rpartition("...")[2].strip()
    if last.isdecimal():
        return str(int(last) + 1)
    name, _, distance = last.partition(" + ")
    return f"{name} + {int(distance or 0) + 1}" if name else ""
