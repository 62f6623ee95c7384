"""One pass over the syntax tree of a module: imports, functions, classes, tables.

Conditions (``if``, ``try``) at module level and in class bodies are followed into every branch; each definition keeps
the condition it stands under. Method bodies are looked into only where the text promises something (a table on
``self``, ``setattr``, an entry assigned on the instance).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from ...facts import Body, ClassFact, FileFacts, Mark, Member, Options
from . import body, comments, docstrings, dynamic, tables
from .source import Source

Branch = tuple[int, int, int, bool]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IGNORE = re.compile(r"#\s*hvsupport:\s*ignore\b(?:\[([^\]\n]*)\])?[ \t:]*([^#\n]*)")
_CLASS = re.compile(r"class[ \t]+\w+[ \t]*[(:]")


class Under(NamedTuple):
    """The condition a statement stands under."""

    when: str | None = None
    branch: Branch | None = None

    def also(self, condition: str, branch: Branch | None) -> Under:
        """This condition and one more; a nested branch belongs to no single ``if``."""
        if self.when is None:
            return Under(condition, branch)
        return Under(f"{self.when} and {condition}", None)


class ModuleReader:
    """Collects the facts of one module; used once."""

    def __init__(self, path: str, source: Source, options: Options) -> None:
        self.path, self.source, self.options = path, source, options
        self.imports: list[tuple[str, str, str]] = []
        self.stars: list[str] = []
        self.aliases: list[tuple[str, str]] = []
        self.functions: list[tuple[str, Body, int]] = []
        self.classes: list[tuple[str, ast.ClassDef, Under]] = []
        self.raw_tables: list[tables.Raw] = []
        self.errors: list[tuple[int, int, str, str | None]] = []
        self.hot = dynamic.Hot(source, options)

    def read(self, tree: ast.Module) -> FileFacts:
        """Return the facts of the module."""
        self._block(tree.body, Under())
        for name, node, _ in list(self.classes):
            self._nested(name, node)
        self._tables_in_methods()
        self._hidden(tree)
        notes = self._comments()
        return FileFacts(
            self.path,
            tuple(self.imports),
            tuple(self.stars),
            tuple(self.aliases),
            tuple(self.functions),
            tuple(self._class(name, node, under, notes) for name, node, under in self.classes),
            tuple(tables.fact(self.source, raw, notes) for raw in self.raw_tables),
            tuple(self.errors),
            tuple(self._ignores()),
            self.source.encoding,
        )

    # -- module level

    def _block(self, statements: list[ast.stmt], under: Under) -> None:
        for statement in statements:
            if isinstance(statement, ast.ClassDef):
                self.classes.append((statement.name, statement, under))
            elif isinstance(statement, _FUNCTIONS):
                self.functions.append((statement.name, body.of_function(statement), statement.lineno))
            elif isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement)
            elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.AugAssign):
                self._simple(statement, under)
            else:
                for inner, condition in branches(statement, under):
                    self._block(inner, condition)

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        if isinstance(statement, ast.Import):
            for name in statement.names:
                local = name.asname or name.name.partition(".")[0]
                self.imports.append((local, name.name if name.asname else local, ""))
            return
        module = "." * statement.level + (statement.module or "")
        for name in statement.names:
            if name.name == "*":
                self.stars.append(module)
            else:
                self.imports.append((name.asname or name.name, module, name.name))

    def _simple(self, statement: ast.Assign | ast.AnnAssign | ast.Expr | ast.AugAssign, under: Under) -> None:
        self.raw_tables += tables.find(statement, "", self.options, under.when, self._local)
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            name, value = body.dotted(statement.targets[0]), body.dotted(statement.value)
            if name and value and "." not in name:
                self.aliases.append((name, value))

    @property
    def _local(self) -> dict[str, str]:
        return {local: name for local, _, name in self.imports if name}

    # -- classes

    def _nested(self, name: str, node: ast.ClassDef) -> None:
        for statement, under in walk_class(node):
            if isinstance(statement, ast.ClassDef):
                qualified = f"{name}.{statement.name}"
                self.classes.append((qualified, statement, under))
                self._nested(qualified, statement)
            elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
                self.raw_tables += tables.find(statement, name, self.options, under.when, self._local)

    def _tables_in_methods(self) -> None:
        if not self.options.attributes:
            return
        for name, node, _ in self.classes:
            for method, under in walk_class(node):
                if isinstance(method, _FUNCTIONS) and self.hot.has_table(method):
                    for statement, when in dynamic.statements(method):
                        condition = when or (under.when if method.name == "__init__" else f"in {method.name}()")
                        self.raw_tables += tables.find(statement, name, self.options, condition, {})

    def _hidden(self, tree: ast.Module) -> None:
        """Classes and tables made inside functions: seen, named, and not guessed."""
        known = {node.lineno for _, node, _ in self.classes}
        lines = dynamic.lines(self.source.text, _CLASS)
        if any(line not in known and self.source.lines[line - 1].lstrip().startswith("class") for line in lines):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef) and node.lineno not in known:
                    self.classes.append((f"<locals>.{node.name}", node, Under("made in a function")))
        if any(f"{name}(" in self.source.text for name in self.options.calls):
            self._hidden_calls(tree)

    def _hidden_calls(self, tree: ast.Module) -> None:
        known = {id(raw.node) for raw in self.raw_tables}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and id(node) not in known:
                callee = body.dotted(node.func)
                if callee and tables.is_type_name(callee, self.options, self._local) and node.keywords:
                    column = self.source.column(node.lineno, node.col_offset)
                    self.errors.append((node.lineno, column, f"a table of type {callee} is made at run time", None))

    # -- comments

    def _comments(self) -> comments.Comments:
        pieces = [comments.statement(self.source, raw.statement) for raw in self.raw_tables]
        for _, node, _ in self.classes:
            pieces.append(comments.header(self.source, node).piece)
            pieces += [self._piece(member) for member, _ in walk_class(node) if _is_member(member)]
        notes, failed = comments.read(pieces)
        self.errors += [(line, 1, f"the comments here cannot be read: {why}", None) for line, why in failed]
        return notes

    def _piece(self, node: ast.stmt) -> comments.Piece:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return comments.header(self.source, node).piece
        return comments.statement(self.source, node)

    def _class(self, name: str, node: ast.ClassDef, under: Under, notes: comments.Comments) -> ClassFact:
        marks, insert = self._header(node, notes)
        members = tuple(member for each in _members(node) for member in self._member(*each, notes, node.name))
        return ClassFact(
            name,
            node.lineno,
            self.source.column(node.lineno, node.col_offset),
            marks,
            insert,
            tuple(base for each in node.bases for base in _bases(each)),
            _unshared(members),
            tuple(dynamic.troubles(self.source, node, self.hot)),
            _decorators(node),
            tuple(dynamic.assigned(self.source, node, self.hot)),
            under.when,
            body.first_line(node),
        )

    def _header(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, notes: comments.Comments
    ) -> tuple[tuple[Mark, ...], int]:
        """The carriers of a ``def`` or ``class`` and where another comment would go."""
        head = comments.header(self.source, node)
        colon = comments.colon_line(head, notes)
        lines = {node.lineno, colon} if head.ends_line else {node.lineno} - {colon}
        found = tables.comment_marks(self.source, notes, lines)
        found += self._decorator_marks(node) + docstrings.marks(self.source, node)
        return found, tables.append_at(self.source, colon) if head.ends_line else -1

    def _decorator_marks(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[Mark, ...]:
        found = []
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and self._is_since(decorator) and decorator.args:
                argument = decorator.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.append(self._string_mark(argument, argument.value))
                else:
                    found.append(self._string_mark(argument, body.source(argument)))
        return tuple(found)

    def _is_since(self, decorator: ast.Call) -> bool:
        name = body.dotted(decorator.func)
        return name is not None and (
            name in self.options.decorators or name.rpartition(".")[2] in self.options.decorators
        )

    def _string_mark(self, node: ast.expr, text: str) -> Mark:
        line, column = node.lineno, self.source.column(node.lineno, node.col_offset)
        written = self.source.lines[line - 1][column : column + len(text)]
        quote = self.source.lines[line - 1][column - 1]
        if written != text or quote not in "\"'":
            return Mark("decorator", text, line, column, -1, -1)
        start = self.source.offset(line, column + 1)
        return Mark("decorator", text, line, column + 1, start, self.source.offset(line, column + 1 + len(text)))

    def _member(
        self, name: str, node: ast.stmt, under: Under, value: ast.expr | None, notes: comments.Comments, owner: str
    ) -> Iterator[Member]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks, insert = self._header(node, notes)
            yield Member(
                name,
                node.lineno,
                self.source.column(node.lineno, node.col_offset),
                marks,
                insert,
                body.of_function(node),
                "def",
                under.when,
                under.branch,
                _decorators(node),
                body.parameters(node),
                body.first_line(node),
                body.calls_on_self(node) if owner in self.options.interfaces else (),
            )
            return
        end = node.end_lineno or node.lineno
        declared = node.annotation if isinstance(node, ast.AnnAssign) else None
        ends = not self._rest(node, notes).strip(" \t\f;")
        yield Member(
            name,
            node.lineno,
            self.source.column(node.lineno, node.col_offset),
            tables.comment_marks(self.source, notes, {node.lineno, end}),
            tables.append_at(self.source, end) if ends else -1,
            body.of_value(value),
            "value" if declared is None else "field",
            under.when,
            under.branch,
            doc=None if declared is None else body.source(declared),
        )

    def _rest(self, node: ast.stmt, notes: comments.Comments) -> str:
        """What follows a statement on its last line, comments aside."""
        end = node.end_lineno or node.lineno
        line = self.source.lines[end - 1]
        stop = notes[end][0] - 1 if end in notes else len(line)
        return line[self.source.column(end, node.end_col_offset or 0) - 1 : stop]

    # -- comments that are for this tool

    def _ignores(self) -> Iterator[tuple[int, int, tuple[str, ...], str]]:
        if "hvsupport:" not in self.source.text:
            return
        for line, column, text in dynamic.all_comments(self.source):
            match = _IGNORE.search(text)
            if match:
                codes = tuple(code.strip() for code in (match.group(1) or "").split(",") if code.strip())
                yield line, column + match.start(), codes, match.group(2).strip()


def branches(statement: ast.stmt, under: Under) -> Iterator[tuple[list[ast.stmt], Under]]:
    """The blocks of a compound statement with the condition each stands under."""
    if isinstance(statement, ast.If):
        yield from _if_branches(statement, under)
    elif isinstance(statement, ast.Try) or type(statement).__name__ == "TryStar":
        yield statement.body, under  # type: ignore[attr-defined]
        for handler in statement.handlers:  # type: ignore[attr-defined]
            what = f"except {body.source(handler.type)}" if handler.type else "except"
            yield handler.body, under.also(what, None)
        yield statement.orelse, under  # type: ignore[attr-defined]
        yield statement.finalbody, under  # type: ignore[attr-defined]
    elif isinstance(statement, ast.With):
        yield statement.body, under
    elif isinstance(statement, ast.For | ast.While):
        yield statement.body, under.also("in a loop", None)
        yield statement.orelse, under


def _if_branches(statement: ast.If, under: Under) -> Iterator[tuple[list[ast.stmt], Under]]:
    chain: list[tuple[str, list[ast.stmt], bool | None]] = []
    node: ast.If | None = statement
    rest: list[ast.stmt] = []
    while node is not None:
        chain.append((body.source(node.test), node.body, _constant(node.test)))
        rest = node.orelse
        node = rest[0] if len(rest) == 1 and isinstance(rest[0], ast.If) else None
        if node is not None:
            rest = []
    count = len(chain) + bool(rest)
    before: list[str] = []
    for index, (test, block, constant) in enumerate(chain):
        if constant is True:
            yield block, under if not before else under.also(_none_of(before), None)
            return
        if constant is None:
            yield block, under.also(test, (statement.lineno, index, count, bool(rest)))
            before.append(test)
    if rest:
        yield rest, under.also(_none_of(before), (statement.lineno, count - 1, count, True)) if before else under


def _none_of(tests: list[str]) -> str:
    return " and ".join(f"not ({test})" for test in tests)


def _constant(test: ast.expr) -> bool | None:
    """What a condition is known to be at run time: ``TYPE_CHECKING`` and literals."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    name = body.dotted(test)
    return False if name in ("TYPE_CHECKING", "typing.TYPE_CHECKING") else None


def walk_class(node: ast.ClassDef) -> Iterator[tuple[ast.stmt, Under]]:
    """The statements of a class body, conditions followed, with the condition each stands under."""

    def walk(statements: list[ast.stmt], under: Under) -> Iterator[tuple[ast.stmt, Under]]:
        for statement in statements:
            inner = list(branches(statement, under))
            if not inner:
                yield statement, under
            for block, condition in inner:
                yield from walk(block, condition)

    return walk(node.body, Under())


def _is_member(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign | ast.AnnAssign)


def _members(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt, Under, ast.expr | None]]:
    """Name, statement, condition and value of everything a class body defines."""
    for statement, under in walk_class(node):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement.name, statement, under, None
        elif isinstance(statement, ast.AnnAssign):
            if isinstance(statement.target, ast.Name):
                yield statement.target.id, statement, under, statement.value
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                for name in _names(target):
                    yield name, statement, under, statement.value


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _names(each)


def _bases(node: ast.expr) -> Iterator[str]:
    """Dotted names of a base; ``Base[T]`` is ``Base``, ``with_metaclass(M, A, B)`` is ``A`` and ``B``."""
    if isinstance(node, ast.Subscript):
        yield from _bases(node.value)
        return
    if isinstance(node, ast.Call):
        callee = body.dotted(node.func) or ""
        if callee.rpartition(".")[2] == "with_metaclass":
            for argument in node.args[1:]:
                yield from _bases(argument)
            return
        if callee.rpartition(".")[2] in ("namedtuple", "NamedTuple", "TypedDict", "NewType"):
            yield callee
            return
    yield body.dotted(node) or "?" + body.source(node)


def _decorators(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[str, ...]:
    names = (body.dotted(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list)
    return tuple(name for name in names if name)


def _unshared(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Two values on one line share no annotation."""
    lines: dict[int, set[int]] = {}
    for index, member in enumerate(members):
        for mark in member.marks:
            if mark.carrier == "comment":
                lines.setdefault(mark.line, set()).add(index)
    shared = {index for group in lines.values() if len(group) > 1 for index in group}
    if not shared:
        return members
    return tuple(
        member._replace(marks=tuple(_as_shared(mark) for mark in member.marks), insert=-1)
        if index in shared
        else member
        for index, member in enumerate(members)
    )


def _as_shared(mark: Mark) -> Mark:
    return mark._replace(carrier="shared") if mark.carrier == "comment" else mark
