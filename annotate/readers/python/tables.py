"""Method tables and registries: calls of a table type, and dict literals.

    TABLE = Type(open=f, close=g)               a call of the table type with keywords
    TABLE = {"open": f, "close": g}             a dict literal at module level or in a class body
    self.flags = {...}; self.flags.update({})   the same made in a method
    flags = dict(Base.flags, resume=True)       a copy of another table with changes

What stands in a table and is none of these is a trouble with a place, never a silent gap.
"""

from __future__ import annotations

import ast
import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass

from ...facts import Body, Mark, Member, Options, TableFact, Trouble
from . import body
from .comments import Comments
from .source import Source

_COPIES = frozenset({"replace", "dataclasses.replace", "copy.replace"})


@dataclass(frozen=True, slots=True)
class Raw:
    """A table as the syntax tree shows it, before its comments are known."""

    name: str
    owner: str
    form: str
    callee: str | None
    node: ast.expr
    statement: ast.stmt
    when: str | None = None


def find(statement: ast.stmt, owner: str, options: Options, when: str | None, local: dict[str, str]) -> Iterator[Raw]:
    """The tables that one simple statement makes.

    Args:
        statement: at module level, in a class body, or in a method.
        owner: qualified name of the class it stands in, or an empty string.
        options: which names can be tables.
        when: the condition it stands under.
        local: local name -> name it was imported as, so that renamed table types are known.
    """
    for name, declared, value in _assigned(statement):
        qualified = f"{owner}.{name}" if owner else name
        if _is_wanted_dict(name, qualified, declared, value, options, local):
            yield Raw(qualified, owner, "dict", declared, value, statement, when)
    for name, value in _update(statement):
        if name in options.attributes:
            yield Raw(f"{owner}.{name}" if owner else name, owner, "update", None, value, statement, when)
    yield from _calls(statement, owner, options, when, local)


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, str | None, ast.expr]]:
    """Name, declared type and value of assignments to ``NAME``, ``self.NAME`` or ``cls.NAME``."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        name = _target(statement.target)
        if name:
            yield name, body.dotted(statement.annotation), statement.value
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            name = _target(target)
            if name:
                yield name, None, statement.value


def _target(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        return node.attr
    return None


def _is_wanted_dict(
    name: str, qualified: str, declared: str | None, value: ast.expr, options: Options, local: dict[str, str]
) -> bool:
    if name in options.attributes:
        return True
    if _matches(name, qualified, options.dicts):
        return not _is_table_call(value, options, local)
    typed = declared is not None and is_type_name(declared, options, local)
    return typed and isinstance(value, ast.Dict)


def _matches(name: str, qualified: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(qualified if "." in each else name, each) for each in patterns)


def _last(name: str, local: dict[str, str]) -> str:
    first, dot, rest = name.partition(".")
    whole = f"{local.get(first, first)}{dot}{rest}"
    return whole.rpartition(".")[2]


def is_type_name(callee: str, options: Options, local: dict[str, str]) -> bool:
    """Whether a called name is a table type, under whatever name it was imported."""
    return _last(callee, local) in options.calls


def _is_table_call(node: ast.expr, options: Options, local: dict[str, str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    callee = body.dotted(node.func)
    return callee is not None and is_type_name(callee, options, local)


def _update(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """``self.NAME.update(...)`` and ``self.NAME[...] = value``."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr in ("update", "setdefault", "pop"):
            name = _target(function.value)
            if name:
                yield name, statement.value
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Subscript):
                name = _target(target.value)
                if name:
                    yield name, ast.Dict(keys=[target.slice], values=[statement.value])


def _calls(statement: ast.stmt, owner: str, options: Options, when: str | None, local: dict[str, str]) -> Iterator[Raw]:
    """Calls of a table type anywhere in a simple statement, and copies of tables with changes."""
    if not options.calls or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    names = {id(value): name for name, _, value in _assigned(statement)}
    for node in ast.walk(statement):
        if not isinstance(node, ast.Call):
            continue
        callee = body.dotted(node.func)
        if callee is None:
            continue
        copied = callee in _COPIES and id(node) in names
        if copied or is_type_name(callee, options, local):
            name = names.get(id(node), f"line {node.lineno}")
            yield Raw(f"{owner}.{name}" if owner else name, owner, "call", callee, node, statement, when)


def fact(source: Source, raw: Raw, comments: Comments) -> TableFact:
    """Read the entries of a table, with the comments beside them."""
    reader = _Slots(source, raw, comments)
    reader.read(raw.node)
    members = reader.members()
    first = raw.statement.lineno
    own_line = {first} - {line for member in reader.slots for line in (member.name_line, member.end_line)}
    return TableFact(
        raw.name,
        raw.owner,
        raw.form,
        raw.callee,
        reader.base,
        raw.node.lineno if hasattr(raw.node, "lineno") else first,
        source.column(first, raw.statement.col_offset),
        comment_marks(source, comments, own_line),
        append_at(source, first) if own_line and first < (raw.statement.end_lineno or first) else -1,
        members,
        reader.positional,
        tuple(reader.troubles),
        tuple(reader.pairs),
        raw.when,
    )


def comment_marks(source: Source, comments: Comments, lines: set[int], carrier: str = "comment") -> tuple[Mark, ...]:
    """The comments on some lines, as marks."""
    found = []
    for line in sorted(lines):
        if line in comments:
            column, text = comments[line]
            start = source.offset(line, column)
            found.append(Mark(carrier, text, line, column, start, source.offset(line, column + len(text))))
    return tuple(found)


def append_at(source: Source, line: int) -> int:
    """Offset behind the text of a line where a comment can follow, or -1 behind a line continuation."""
    column = source.end_of(line)
    if source.lines[line - 1][: column - 1].endswith("\\"):
        return -1
    return source.offset(line, column)


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    name_line: int
    column: int
    end_line: int
    value: ast.expr
    body: Body


class _Slots:
    """Collects the slots of one table; what is no slot becomes a trouble."""

    def __init__(self, source: Source, raw: Raw, comments: Comments) -> None:
        self.source, self.raw, self.comments = source, raw, comments
        self.slots: list[_Slot] = []
        self.troubles: list[Trouble] = []
        self.pairs: list[tuple[str, tuple[str, ...], int, int]] = []
        self.base: str | None = None
        self.positional = 0

    def read(self, node: ast.expr) -> None:
        if isinstance(node, ast.Dict):
            self._dict(node)
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            for value in node.elts:
                self._pair("", value, value)
        elif isinstance(node, ast.Call):
            self._call(node)
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
                self._pair(body.source(key), key, value)

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
        if (callee == "dict" or callee in _COPIES or self.raw.form == "update") and arguments:
            self._start_from(arguments.pop(0))
        elif self.raw.form == "dict" and callee != "dict":
            self._trouble(node, f"the table is made by a call: {body.source(node)}")
            return
        for index, value in enumerate(arguments):
            self._positional(index, value)
        for keyword in node.keywords:
            if keyword.arg is None:
                self._spread(keyword.value)
            else:
                self._slot(keyword.arg, keyword, keyword.value)

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
        self.slots.append(_Slot(name, line, column, value.end_lineno or line, value, body.of_value(value)))
        if isinstance(key, ast.expr):
            self._pair(name, key, value)

    def _pair(self, key_source: str, key: ast.expr, value: ast.expr) -> None:
        """A line of a registry: the strings of its value, or the dotted name it refers to."""
        items = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
        texts: list[str] = []
        for item in items:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                texts.append(item.value)
            else:
                texts.append("=" + (body.dotted(item) or "?" + body.source(item)))
        self.pairs.append((key_source, tuple(texts), key.lineno, self.source.column(key.lineno, key.col_offset)))

    def _trouble(self, node: ast.expr, message: str) -> None:
        line = getattr(node, "lineno", self.raw.statement.lineno)
        column = getattr(node, "col_offset", self.raw.statement.col_offset)
        self.troubles.append(Trouble(line, self.source.column(line, column), message))

    def members(self) -> tuple[Member, ...]:
        return tuple(self._member(slot) for slot in self.slots)

    def _member(self, slot: _Slot) -> Member:
        lines = {slot.name_line, slot.end_line}
        shared = self._shares_line(slot)
        marks = comment_marks(self.source, self.comments, lines, "shared" if shared else "comment")
        insert = -1 if shared or not self._ends_entry(slot) else append_at(self.source, slot.end_line)
        return Member(slot.name, slot.name_line, slot.column, marks, insert, slot.body, "slot")

    def _shares_line(self, slot: _Slot) -> bool:
        lines = {slot.name_line, slot.end_line}
        return any(other is not slot and lines & {other.name_line, other.end_line} for other in self.slots)

    def _ends_entry(self, slot: _Slot) -> bool:
        """Whether nothing but commas and closing brackets follows the value on its last line."""
        line = self.source.lines[slot.end_line - 1]
        column = self.source.column(slot.end_line, slot.value.end_col_offset or 0)
        rest = line[column - 1 :]
        if slot.end_line in self.comments:
            rest = line[column - 1 : self.comments[slot.end_line][0] - 1]
        return not rest.strip(" \t\f,)}];")
