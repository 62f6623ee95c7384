"""The slots of a table: its entries with the comments beside them, and what cannot be read as one."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass

from ...facts import Body, Member, Pair, TableFact, Trouble, Written
from ...patterns import regex
from . import body, carriers
from .comments import Comments
from .source import Source
from .tables import COPY, REPLACE, Raw

#: The first line of a table with room for a comment: it ends between brackets, and no string can begin on it.
_BLANK = regex(r"[ \t\f]*")
_OPENS = regex(r"[^'\"]*[(\[{,]\s*")


def fact(source: Source, raw: Raw, notes: Comments) -> TableFact:
    """Read the entries of a table, with the comments beside them."""
    reader = _Slots(source, raw, notes)
    reader.read(raw.node)
    begin = raw.statement if raw.statement is not None and not raw.is_part else raw.node
    first = begin.lineno
    own_line = {first} - {line for slot in reader.slots for line in slot.lines}
    column = source.column(first, begin.col_offset)
    rest = carriers.rest_of_line(source, first, column, notes)
    opens = raw.statement is not None and own_line and _OPENS.fullmatch(rest)
    return TableFact(
        raw.name,
        raw.owner,
        raw.form,
        raw.callee,
        reader.base,
        first,
        column,
        carriers.comment_marks(source, notes, own_line),
        carriers.append_at(source, first, notes) if opens else -1,
        reader.members(),
        reader.positional,
        tuple(reader.troubles),
        tuple(reader.pairs),
        raw.under.when,
        raw.instance,
        raw.under.branch,
    )


def unshared(tables: list[TableFact]) -> tuple[TableFact, ...]:
    """Tables of which two on one line share no annotation."""
    lines = Counter(line for table in tables for line in _lines(table))
    return tuple(
        _unshared(table, lines) if any(lines[line] > 1 for line in _lines(table)) else table for table in tables
    )


def _lines(table: TableFact) -> set[int]:
    return {table.line, *(member.line for member in table.members)}


def _unshared(table: TableFact, lines: Counter[int]) -> TableFact:
    """The table with the comments on shared lines marked as shared."""
    members = tuple(
        member._replace(marks=carriers.shared(member.marks), insert=-1) if lines[member.line] > 1 else member
        for member in table.members
    )
    if lines[table.line] > 1:
        table = table._replace(marks=carriers.shared(table.marks), insert=-1)
    return table._replace(members=members)


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    name_line: int
    column: int
    end_line: int
    end_column: int
    body: Body

    @property
    def lines(self) -> set[int]:
        """The lines on which its comment may stand."""
        return {self.name_line, self.end_line}


def _has_names_only(node: ast.expr) -> bool:
    """Whether a value is a dict literal whose keys are strings: a TypedDict may be called with one."""
    if not isinstance(node, ast.Dict) or not node.keys:
        return False
    return all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in node.keys)


class _Slots:
    """Collects the slots of one table; what is no slot becomes a trouble."""

    def __init__(self, source: Source, raw: Raw, notes: Comments) -> None:
        self.source, self.raw, self.notes = source, raw, notes
        self.slots: list[_Slot] = []
        self.troubles: list[Trouble] = []
        self.pairs: list[Pair] = []
        self.base: str | None = None
        self.positional = 0

    def read(self, node: ast.expr | ast.Delete) -> None:
        if self.raw.form == "hidden":
            self._trouble(node, f"a table of type {self.raw.callee} is made at run time")
        elif isinstance(node, ast.Delete):
            self._trouble(node, "something is deleted from the table")
        elif isinstance(node, ast.Dict):
            self._dict(node)
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for value in node.elts:
                self._pair(None, value, value)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            self.read(node.left)
            self._spread(node.right)
        elif self.raw.form == "dict" and body.dotted(node) is not None:
            self.base = body.dotted(node)
        else:
            self._trouble(node, f"the table is made by an expression: {body.source(node)}")

    def _dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self._spread(value)
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                self._slot(key.value, key, value)
            else:
                self._pair(body.written(key), key, value)

    def _spread(self, value: ast.expr) -> None:
        name = body.dotted(value)
        if isinstance(value, ast.Dict):
            self._dict(value)
        elif name is not None and self.base is None and not self.slots:
            self.base = name
        else:
            self._trouble(value, f"**{body.source(value)} is spread into the table and cannot be read here")

    def _call(self, node: ast.Call) -> None:
        callee = body.dotted(node.func) or ""
        arguments = list(node.args)
        if self.raw.form == "update" and callee.rpartition(".")[2] != "update":
            self._trouble(node, f"the table is changed by {callee.rpartition('.')[2]}()")
            return
        if callee.endswith("._replace"):
            self.base = callee.removesuffix("._replace")
        elif self.raw.form == "call" and len(arguments) == 1 and _has_names_only(arguments[0]):
            self.read(arguments.pop())
        elif (callee == "dict" or callee in REPLACE or self.raw.form == "update") and arguments:
            self._start_from(arguments.pop(0))
        elif self.raw.form == "dict" and callee != "dict":
            self._copy(node, callee)
            return
        for index, value in enumerate(arguments):
            self._positional(index, value)
        for keyword in node.keywords:
            if keyword.arg is None:
                self._spread(keyword.value)
            else:
                self._slot(keyword.arg, keyword, keyword.value)

    def _copy(self, node: ast.Call, callee: str) -> None:
        """``copy.deepcopy(TABLE)``, ``TABLE.copy()``; any other call makes a table that cannot be read."""
        owner, _, method = callee.rpartition(".")
        if method in COPY and len(node.args) == 1 and not node.keywords and body.dotted(node.args[0]):
            self.base = body.dotted(node.args[0])
        elif method == "copy" and owner and not node.args and not node.keywords:
            self.base = owner
        else:
            self._trouble(node, f"the table is made by a call: {body.source(node)}")

    def _start_from(self, value: ast.expr) -> None:
        if isinstance(value, ast.Dict):
            self._dict(value)
        elif self.raw.form == "update":
            self._trouble(value, f"the table is updated from {body.source(value)}")
        elif body.dotted(value) is not None:
            self.base = body.dotted(value)
        else:
            self._trouble(value, f"the table starts from {body.source(value)}")

    def _positional(self, index: int, value: ast.expr) -> None:
        if isinstance(value, ast.Starred):
            self._trouble(value, f"{body.source(value)} is spread into the table and cannot be read here")
            return
        self._slot(f"{index}", value, value)
        self.positional += 1

    def _slot(self, name: str, key: ast.expr | ast.keyword, value: ast.expr) -> None:
        line = key.lineno
        column = self.source.column(line, key.col_offset)
        end_line, end_column = self._end(key, value)
        self.slots.append(_Slot(name, line, column, end_line, end_column, body.of_value(value)))
        if isinstance(key, ast.expr):
            self._pair(Written("string", name), key, value)

    def _pair(self, name: Written | None, key: ast.expr, value: ast.expr) -> None:
        items = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
        column = self.source.column(key.lineno, key.col_offset)
        self.pairs.append(Pair(name, tuple(map(body.written, items)), key.lineno, column))

    def _end(self, key: ast.expr | ast.keyword, value: ast.expr) -> tuple[int, int]:
        """Line and column behind a value and the parentheses around it, which its syntax tree leaves out."""
        line = value.end_lineno or value.lineno
        column = self.source.column(line, value.end_col_offset or 0)
        begin = (key.lineno, self.source.column(key.lineno, key.col_offset))
        if isinstance(key, ast.expr) and key is not value:
            begin = (key.end_lineno or 1, self.source.column(key.end_lineno or 1, key.end_col_offset or 0))
        opened = self._between(*begin, value.lineno, self.source.column(value.lineno, value.col_offset)).count("(")
        while opened:
            text = self.source.lines[line - 1]
            at = _BLANK.match(text, column - 1).end()  # type: ignore[union-attr]
            if text.startswith(")", at):
                column = at + 2
                opened -= 1
            elif at == len(text) or text[at] in "#\\":
                line, column = line + 1, 1
            else:
                break
        return line, column

    def _between(self, line: int, column: int, last: int, last_column: int) -> str:
        """The text between two places, comments aside; only a name, signs and brackets stand there."""
        pieces = []
        for number in range(line, last + 1):
            text = self.source.lines[number - 1]
            stop = last_column - 1 if number == last else len(text)
            pieces.append(text[column - 1 if number == line else 0 : stop].partition("#")[0])
        return "".join(pieces)

    def _trouble(self, node: ast.expr | ast.Delete, message: str) -> None:
        begin = node if hasattr(node, "lineno") or self.raw.statement is None else self.raw.statement
        self.troubles.append(Trouble(begin.lineno, self.source.column(begin.lineno, begin.col_offset), message))

    def members(self) -> tuple[Member, ...]:
        owners = Counter(line for slot in self.slots for line in slot.lines)
        return tuple(self._member(slot, any(owners[line] > 1 for line in slot.lines)) for slot in self.slots)

    def _member(self, slot: _Slot, is_shared: bool) -> Member:
        marks = carriers.comment_marks(self.source, self.notes, slot.lines)
        if is_shared:
            return Member(slot.name, slot.name_line, slot.column, carriers.shared(marks), -1, slot.body, "slot")
        ends = carriers.ends_slot(self.source, slot.end_line, slot.end_column, self.notes)
        insert = carriers.append_at(self.source, slot.end_line, self.notes) if ends else -1
        return Member(slot.name, slot.name_line, slot.column, marks, insert, slot.body, "slot")
