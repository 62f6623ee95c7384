"""The list in braces of one table, by the grammar of C: its slots, those inside of structs and arrays in it, comments.

What is no slot is a trouble, and where fields are filled by position it leaves a gap, for what stands behind it may
belong to any field.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Container, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from ...facts import Body, Trouble
from ...patterns import regex
from ...records import NamedTuple
from . import doubts, ignored, syntax, values
from .slots import Comment, Slot, Writer
from .source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_HEAD = b"X x="
#: Structs inside of structs, deeper than anybody writes them.
_DEEPEST = 32
#: So many values without names in a list without a name are read: longer ones are data.
_MOST_UNNAMED = 64
_GAP = Body("gap")
_DESIGNATED = regex(rb"\.\s*([A-Za-z_]\w*)\s*=(?!=)")
_MACRO = regex(r"[A-Za-z_]\w*")


class Read(NamedTuple):
    """One list: its name, where it begins, its slots, comments, and how many slots stand before the first name."""

    name: str
    opening: int
    slots: list[Slot]
    comments: list[Comment]
    positional: int


class ListReader:
    """Reads one list; used once.

    Args:
        source: the file.
        code: its bytes with the directives blanked, or what macros make of them.
        writer: of the file.
        name: of the table.
        opening: where the brace stands.
        closing: the brace that ends it, or where reading stops.

    Attributes:
        troubles: what could not be read.
        unread: the lines of that.
    """

    def __init__(self, source: Source, code: bytes, writer: Writer, name: str, opening: int, closing: int) -> None:
        self._source, self._code, self._writer, self._name = source, code, writer, name
        self._opening, self._closing = opening, closing
        self._whole: Node | None = None
        self._shift = opening - len(_HEAD)
        self._first_error = closing + 1
        self._depth = 0
        self._hidden: list[int] = []
        self._commas: set[int] = set()
        self._runs_on = False
        self.troubles: list[Trouble] = []
        self.unread: set[int] = set()

    def read(self, dimensions: int) -> list[Read]:
        """The list, or for an array of tables each of its elements."""
        found = self._lists(dimensions)
        if self._runs_on and not self._commas:
            self.troubles, self.unread = [], set()
            found = self._lists(dimensions)
        return found

    def _lists(self, dimensions: int) -> list[Read]:
        self._whole = whole = _initializer(self._parse())
        lists = [] if whole is None else self._elements(whole, self._name, dimensions)
        return [self._one(name, node) for name, node in lists]

    def parts(self, known: Container[int]) -> Iterator[tuple[int, Read, list[Trouble]]]:
        """The lists inside of it, but for those that begin at known places.

        Returns:
            Where the slot begins that each fills, what it holds, and what cannot be read of it.
        """
        whole = self._whole
        for node in syntax.walk(whole) if whole is not None else ():
            if node.type != "initializer_list" or node is whole or node.start_byte + self._shift in known:
                continue
            parent = node.parent
            slot = parent if parent is not None and parent.type == "initializer_pair" else node
            troubles, self.troubles = self.troubles, []
            yield slot.start_byte + self._shift, self._one(self._name, node), self.troubles
            self.troubles = troubles

    def _trouble(self, position: int, message: str, tip: str | None = None, field: str | None = None) -> None:
        self.troubles.append(self._source.trouble(position, message, tip, field))

    def _not_read(self, node: Node, position: int, message: str, tip: str | None) -> None:
        """Report what is no slot; the comments beside it belong to nobody else."""
        self._trouble(position, message, tip)
        first = self._source.line(position)
        self.unread.update(range(first, first + node.end_point[0] - node.start_point[0] + 1))

    def _parse(self) -> Node:
        endless = self._source.unterminated
        end = self._closing if endless is None else min(self._closing, endless)
        region = self._code[self._opening : end]
        root = syntax.parse(b"".join((_HEAD, region, b"};")), self._source.allowance)
        data = self._source.data[self._opening : end]
        # Where a branch ends without a comma, its last value may run on into the next branch without an error.
        if root.has_error or ((b"else" in data or b"elif" in data) and b"#" in data):
            tidy = ignored.plain_values(region, data)
            again = syntax.parse(b"".join((_HEAD, tidy, b"};")), self._source.allowance) if tidy != region else root
            if len(syntax.errors(again)) <= len(syntax.errors(root)):
                root, region = again, tidy
        if root.has_error or self._runs_on:
            root, region = self._with_commas(root, region)
        if root.has_error:
            root = self._without_hidden(root, region)
        for node in syntax.errors(root):
            # Where the grammar is at a loss from the start, what was put in front is part of it.
            ours = max(0, len(_HEAD) - node.start_byte)
            position = min(node.start_byte + ours + self._shift, self._closing)
            self._first_error = min(self._first_error, position)
            text = values.shortened((node.text or b"")[ours:].decode("latin-1"))
            message = f"a part of {self._name} cannot be read: {text or 'something is missing'}"
            self._not_read(node, position, message, doubts.MEND)
        return root

    def _with_commas(self, root: Node, region: bytes) -> tuple[Node, bytes]:
        """The tree with commas behind the macros that bring their own, if that helps; and the bytes that it is of."""
        tidy, found = ignored.with_commas(region)
        again = syntax.parse(b"".join((_HEAD, tidy, b"};")), self._source.allowance) if found else root
        if not found or len(syntax.errors(again)) > len(syntax.errors(root)):
            return root, region
        self._commas = {self._opening + each for each in found}
        return again, tidy

    def _without_hidden(self, root: Node, region: bytes) -> Node:
        """The tree without the lists among the arguments of macros, which are no C by themselves, if that helps."""
        tidy, hidden = ignored.without_lists(region)
        if not hidden:
            return root
        again = syntax.parse(b"".join((_HEAD, tidy, b"};")), self._source.allowance)
        if len(syntax.errors(again)) >= len(syntax.errors(root)):
            return root
        self._hidden = [self._opening + each for each in hidden]
        return again

    def _value(self, node: Node) -> Body:
        """The value of a slot; a macro that is given a list may stand for anything."""
        body = values.of(node)
        if self._commas and node.start_byte + self._shift in self._commas:
            # The resolver knows whether the macro does.
            text = values.whole((node.text or b"").decode("latin-1"))
            return Body("condition", body.target or text, f"{text},")
        if body.kind != "list" and self._hidden:
            start, end = self._span(node)
            first = bisect_right(self._hidden, start)
            if first < len(self._hidden) and self._hidden[first] < end:
                target = body.target if node.type == "call_expression" else None
                return Body("condition", target, values.whole(self._source.text(start, end)))
        return body

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
                value, index = child.child_by_field_name("value"), values.subscript(child) or ""
            if value is not None and value.type == "initializer_list" and index:
                found += self._elements(value, f"{name}[{index}]", dimensions - 1)
            elif child is not children[-1] or len(children) == 1 or values.of(child).kind != "none":
                text = values.shortened((child.text or b"").decode("latin-1"))
                self._trouble(child.start_byte + self._shift, f"an element of {name} is not a list of slots: {text}")
                # A macro may stand for several elements: those behind it are counted from there.
                macro = _MACRO.match(text) if child.type != "initializer_pair" else None
                index = macro[0] if macro is not None else index
            index = values.following(index)
        if not children:
            self._trouble(whole.start_byte + self._shift, f"{name} has no elements here")
        return found

    def _one(self, name: str, node: Node) -> Read:
        slots: list[Slot] = []
        comments: list[Comment] = []
        positional = self._items(node, slots, comments)
        if self.troubles:
            self._named_again(node, slots)
        return Read(name, node.start_byte + self._shift, slots, comments, positional)

    def _items(self, node: Node, slots: list[Slot], comments: list[Comment]) -> int:
        """The slots and comments of a list; gives how many slots stand before the first that is named."""
        positional, own, last, after = 0, 0, None, 0
        for child in node.named_children:
            kind = child.type
            if kind == "comment":
                comments.append(self._comment(child))
            elif kind == "initializer_pair":
                last, after = self._pair(child, slots, comments), 0
            elif kind != "ERROR":
                body: Body | None = None
                start = child.start_byte + self._shift
                if kind == "assignment_expression":
                    self._runs_on = True
                    text = values.shortened((child.text or b"").decode("latin-1"))
                    message = f"no comma stands between {text}: a macro may expand to several slots"
                    self._not_read(child, start, message, doubts.MEND)
                    body = _GAP
                elif start >= self._first_error:
                    body = _GAP
                after += 1
                positional += last is None
                name, behind = (str(own), 0) if last is None else (last, after)
                own += last is None
                slots.append(self._slot(name, child, body or self._value(child), behind))
                if kind == "initializer_list" and len(child.named_children) <= _MOST_UNNAMED:
                    before = len(slots)
                    self._nested("", child, slots, comments)
                    slots[before:] = [each._replace(after=behind) for each in slots[before:]]
                    positional += (last is None) * (len(slots) - before)
        return positional

    def _named_again(self, node: Node, slots: list[Slot]) -> None:
        """Of slots that are named once more where the list cannot be read, it is not known which value counts."""
        start = node.start_byte + self._shift
        end = self._closing if node is self._whole else node.end_byte + self._shift
        found = (
            each for each in _DESIGNATED.finditer(self._code, start, end) if not self._source.in_comment(each.start())
        )
        named = Counter(each[1].decode() for each in found)
        read = Counter(each.name.rpartition(".")[2] for each in slots)
        again = [each for each in slots if named[each.name.rpartition(".")[2]] > read[each.name.rpartition(".")[2]]]
        self.troubles += [self.troubles[0]._replace(member=each.name) for each in again]

    def _pair(self, node: Node, slots: list[Slot], comments: list[Comment]) -> str:
        name = values.designator(node)
        value = node.child_by_field_name("value")
        comments += [self._comment(child) for child in node.children if child.type == "comment"]
        start = node.start_byte + self._shift
        if value is None:
            self._trouble(start, f"the slot {name!r} has no value")
            return name
        children = node.children
        if node.has_error and any(each.is_error and other.type == "=" for other, each in pairwise(children)):
            # Which part is the value, macros decide.
            slots.append(self._slot(name, node, _GAP))
            return name
        if doubts.runs_on(value):
            self._not_read(node, start, f"no comma follows the slot {name!r}", "write the comma")
            return name
        slots.append(self._slot(name, node, self._value(value)))
        if value.type == "initializer_list":
            self._nested(name, value, slots, comments)
        return name

    def _nested(self, prefix: str, node: Node, slots: list[Slot], comments: list[Comment]) -> None:
        """The slots of a struct or an array inside the struct; those without a name are counted."""
        if self._depth >= _DEEPEST:
            self._trouble(node.start_byte + self._shift, f"structs are nested too deeply at {prefix!r}")
            return
        self._depth += 1
        inner: list[Slot] = []
        index = "0"
        for child in node.named_children:
            if child.type == "initializer_pair":
                name = self._pair(child, inner, comments)
                index = values.following(name.strip("[]")) if name.startswith("[") else ""
            elif child.type == "comment":
                comments.append(self._comment(child))
            elif child.type != "ERROR":
                body = _GAP if child.start_byte + self._shift >= self._first_error else self._value(child)
                inner.append(self._slot(f"[{index}]", child, body))
                if child.type == "initializer_list":
                    self._nested(f"[{index}]", child, inner, comments)
                index = values.following(index)
        self._depth -= 1
        slots += [
            each._replace(name=f"{prefix}{each.name}" if each.name.startswith("[") else f"{prefix}.{each.name}")
            for each in inner
        ]

    def _slot(self, name: str, node: Node, body: Body, after: int = 0) -> Slot:
        start, end = self._span(node)
        line = self._source.line(start)
        last = line + (node.end_point[0] - node.start_point[0])
        # What follows the list for the parser is not in the file.
        is_whole = not node.has_error and end <= self._closing and not self._is_cut(node)
        return Slot(name, start, end, line, last, body, after, is_whole)

    def _is_cut(self, node: Node) -> bool:
        """Whether what follows a value cannot be read, and so may be the rest of it."""
        following = node.next_sibling if self._first_error <= self._closing else None
        return following is not None and (following.is_error or following.is_missing)

    def _comment(self, node: Node) -> Comment:
        start, end = self._span(node)
        comment = self._writer.comment(start, end)
        self.troubles += doubts.comment_in_comment(self._source, self._code, [comment])
        return comment

    def _span(self, node: Node) -> tuple[int, int]:
        """Where a node begins and ends in the file."""
        return node.start_byte + self._shift, node.end_byte + self._shift


def _initializer(node: Node) -> Node | None:
    """The first list of slots below a node."""
    return next((each for each in syntax.walk(node) if each.type == "initializer_list"), None)
