"""What classes do to themselves at run time: ``__getattr__``, ``__new__``, ``setattr``, entries set on ``self``.

None of it can be known by reading. Each is told with its place, so that the config can declare it with a reason.
A search over the text says which methods to look into; only those are walked.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Iterator

from ...facts import Options, Trouble
from . import body
from .source import Source

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SETTER = re.compile(r"(?:set|del)attr\s*\(|__dict__|\bvars\s*\(|__class__\s*=")
_ASSIGNED = tuple(re.compile(rf"{name}\.[A-Za-z]\w*\s*(?::[^=\n]+)?=(?!=)") for name in ("self", "cls"))
_HOOKS = {
    "__getattr__": "attributes are made up at run time by __getattr__",
    "__getattribute__": "attributes are made up at run time by __getattribute__",
    "__new__": "__new__ may hand out an instance of another class",
    "__init_subclass__": "__init_subclass__ may change the classes that derive from this one",
}
_DYNAMIC_TIP = "declare it under 'dynamic' in the config, with the reason why the page is right all the same"


class Hot:
    """The lines of a file where something dynamic may stand."""

    def __init__(self, source: Source, options: Options) -> None:
        self._setters = lines(source.text, _SETTER)
        self._assigned = sorted(line for pattern in _ASSIGNED for line in lines(source.text, pattern))
        names = "|".join(map(re.escape, options.attributes))
        pattern = re.compile(rf"\b(?:self|cls)\.(?:{names})\s*(?:[\[=:]|\.\w+\s*\()")
        self._tables = lines(source.text, pattern) if names else []

    def has_setter(self, node: ast.stmt) -> bool:
        """Whether ``setattr`` or its like may stand in a statement."""
        return _any_within(self._setters, node)

    def has_assignment(self, node: ast.stmt) -> bool:
        """Whether something may be assigned on ``self`` in a statement."""
        return _any_within(self._assigned, node)

    def has_table(self, node: ast.stmt) -> bool:
        """Whether a table may be made or changed on ``self`` in a statement."""
        return _any_within(self._tables, node)


def lines(text: str, pattern: re.Pattern[str]) -> list[int]:
    """The lines, 1-based and in order, at which matches of a pattern begin."""
    found: list[int] = []
    line, position = 1, 0
    for match in pattern.finditer(text):
        line += _count_lines(text, position, match.start())
        position = match.start()
        found.append(line)
    return found


def _count_lines(text: str, start: int, stop: int) -> int:
    count = text.count("\n", start, stop)
    if "\r" in text:
        return len(re.findall(r"\r\n|\r|\n", text[start:stop]))
    return count


def _any_within(lines: list[int], node: ast.stmt) -> bool:
    index = bisect_left(lines, node.lineno)
    return index < len(lines) and lines[index] <= (node.end_lineno or node.lineno)


def troubles(source: Source, node: ast.ClassDef, hot: Hot) -> Iterator[Trouble]:
    """What a class does that cannot be known by reading."""
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            if statement.name in _HOOKS:
                yield _trouble(source, statement, _HOOKS[statement.name])
        elif isinstance(statement, ast.Delete):
            for target in statement.targets:
                yield _trouble(source, statement, "an attribute is deleted from the class", body.dotted(target))
    if hot.has_setter(node):
        for each in _own_nodes([statement for statement in node.body if hot.has_setter(statement)]):
            yield from _setter(source, each, node.name)


def _own_nodes(block: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of some statements, those of classes inside them aside."""
    stack: list[ast.AST] = list(block)
    while stack:
        each = stack.pop()
        if not isinstance(each, ast.ClassDef):
            yield each
            stack.extend(ast.iter_child_nodes(each))


def _setter(source: Source, node: ast.AST, name: str) -> Iterator[Trouble]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
        if node.args and _is_own(node.args[0], name):
            member = node.args[1] if len(node.args) > 1 else None
            known = member.value if isinstance(member, ast.Constant) and isinstance(member.value, str) else None
            yield _trouble(source, node, f"{node.func.id}() changes the class or its instances at run time", known)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        if node.func.attr == "update" and (_is_own_dict(owner, name)):
            yield _trouble(source, node, "__dict__ is updated at run time")
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Attribute) and target.attr == "__class__" and _is_own(target.value, name):
                yield _trouble(source, node, "the class of an instance is changed at run time")
            elif isinstance(target, ast.Subscript) and _is_own_dict(target.value, name):
                yield _trouble(source, node, "__dict__ is changed at run time")


def _is_own(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id in ("self", "cls", name)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type":
        return bool(node.args) and _is_own(node.args[0], name)
    return isinstance(node, ast.Attribute) and node.attr == "__class__" and _is_own(node.value, name)


def _is_own_dict(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == "__dict__":
        return _is_own(node.value, name)
    is_vars = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars"
    return is_vars and isinstance(node, ast.Call) and bool(node.args) and _is_own(node.args[0], name)


def _trouble(source: Source, node: ast.AST, message: str, member: str | None = None) -> Trouble:
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    return Trouble(line, source.column(line, column), message, member, _DYNAMIC_TIP)


def assigned(source: Source, node: ast.ClassDef, hot: Hot) -> Iterator[tuple[str, int, int]]:
    """Public names that the methods of a class assign on ``self`` or ``cls``, each where it is first."""
    seen = set()
    for method in node.body:
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or not hot.has_assignment(method):
            continue
        for statement, _ in statements(method):
            for name in _assigned_names(statement):
                if name not in seen and not name.startswith("_"):
                    seen.add(name)
                    yield name, statement.lineno, source.column(statement.lineno, statement.col_offset)


def _assigned_names(statement: ast.stmt) -> Iterator[str]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    for target in targets:
        for each in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
            if (
                isinstance(each, ast.Attribute)
                and isinstance(each.value, ast.Name)
                and each.value.id in ("self", "cls")
            ):
                yield each.attr


def statements(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.stmt, str | None]]:
    """The simple statements of a function with the condition they stand under; functions inside it aside."""

    def walk(block: list[ast.stmt], when: str | None) -> Iterator[tuple[ast.stmt, str | None]]:
        for statement in block:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if isinstance(statement, ast.If):
                test = body.source(statement.test)
                yield from walk(statement.body, _and(when, test))
                yield from walk(statement.orelse, _and(when, f"not ({test})"))
                continue
            inner = [getattr(statement, name, None) for name in ("body", "orelse", "finalbody")]
            blocks = [each for each in inner if each] + [each.body for each in getattr(statement, "handlers", [])]
            if not blocks:
                yield statement, when
            for each in blocks:
                yield from walk(
                    each, when if isinstance(statement, ast.With | ast.AsyncWith) else _and(when, _kind(statement))
                )

    return walk(function.body, None)


def _kind(statement: ast.stmt) -> str:
    return "in a try statement" if isinstance(statement, ast.Try) else "in a loop"


def _and(when: str | None, condition: str) -> str:
    return condition if when is None else f"{when} and {condition}"


def all_comments(source: Source) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of every comment of a file."""
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(source.lines) + "\n").readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1] + 1, token.string
    except (tokenize.TokenError, IndentationError):
        return
