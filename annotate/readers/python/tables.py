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

from ...facts import Options, TableFact, Trouble
from . import body, walk
from .conditions import Under
from .source import Source

_ALWAYS = Under()
_DEFINITIONS = (*body.FUNCTIONS, ast.ClassDef)
#: What a declared type may be wrapped in without becoming another one.
_TRANSPARENT = ("Final", "ClassVar", "Optional", "Annotated")
#: Functions, and the ends of methods, that make a changed or an equal table of another one.
REPLACE = frozenset({"replace", "dataclasses.replace", "copy.replace"})
COPY = frozenset({"copy", "deepcopy"})
_CHANGES = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"})


@dataclass(frozen=True, slots=True)
class Raw:
    """A table as the syntax tree shows it, before its comments are known.

    Attributes:
        node: the literal or call; a ``Delete`` statement that takes something out of the table.
        statement: what it stands in, or None for a table that is only seen and not read.
        instance: it is made on ``self`` in a method.
        is_part: it is one of several values of its statement, so it begins where it is called.
    """

    name: str
    owner: str
    form: str
    callee: str | None
    node: ast.expr | ast.Delete
    statement: ast.stmt | None
    under: Under = _ALWAYS
    instance: bool = False
    is_part: bool = False


def find(statement: ast.stmt, owner: str, options: Options, under: Under, local: dict[str, str]) -> Iterator[Raw]:
    """The tables that one simple statement makes or changes.

    Args:
        statement: at module level or in a class body.
        owner: qualified name of the class it stands in, or an empty string.
        under: the condition it stands under.
        local: local name -> name it was imported as, so that renamed table types are known.
    """
    for target, declared, value in _assigned(statement):
        name = target.id if isinstance(target, ast.Name) else ""
        typed = declared is not None and is_type_name(declared, options, local) and _makes_dict(value)
        wanted = is_table_name(name, owner, options) and not _is_table_call(value, options, local)
        if name and (typed or wanted):
            yield Raw(_qualified(owner, name), owner, "dict", declared, value, statement, under)
    for changed, node in changes(statement):
        name = changed.id if isinstance(changed, ast.Name) else ""
        if name and is_table_name(name, owner, options):
            yield Raw(_qualified(owner, name), owner, "update", None, node, statement, under)
    yield from _containers(statement, options, local)
    yield from _calls(statement, owner, options, under, local)


def find_on_self(statement: ast.stmt, owner: str, options: Options, under: Under) -> Iterator[Raw]:
    """The tables that one simple statement of a method makes or changes on ``self`` or ``cls``."""
    for target, declared, value in _assigned(statement):
        name = _on_self(target)
        if name and is_table_name(name, owner, options):
            yield Raw(_qualified(owner, name), owner, "dict", declared, value, statement, under, True)
    for changed, node in changes(statement):
        name = _on_self(changed)
        if name and is_table_name(name, owner, options):
            yield Raw(_qualified(owner, name), owner, "update", None, node, statement, under, True)


def hidden(node: ast.Call, options: Options, local: dict[str, str]) -> Iterator[Raw]:
    """A call of a table type where no statement of a module or class makes it: in a function."""
    callee = body.dotted(node.func)
    if callee is not None and is_type_name(callee, options, local) and (node.args or node.keywords):
        yield Raw(f"line {node.lineno}", "", "hidden", callee, node, None)


def _qualified(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner else name


def _assigned(statement: ast.stmt) -> Iterator[tuple[ast.expr, str | None, ast.expr]]:
    """Target, declared type and value of each single assignment."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield statement.target, _declared(statement.annotation), statement.value
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            for each, value in body.paired(target, statement.value):
                yield each, None, value


def _makes_dict(node: ast.expr) -> bool:
    """Whether a value is a dict of its own, not another name for one or what some function has at hand."""
    if isinstance(node, ast.Call):
        callee = body.dotted(node.func) or ""
        return callee == "dict" or callee.rpartition(".")[2] in COPY
    return isinstance(node, (ast.Dict, ast.DictComp, ast.BinOp))


def _containers(statement: ast.stmt, options: Options, local: dict[str, str]) -> Iterator[Raw]:
    """A list or dict that is declared to hold tables: which driver each of them is, nobody can tell."""
    if not isinstance(statement, ast.AnnAssign) or statement.value is None:
        return
    annotation = statement.annotation
    if not isinstance(annotation, ast.Subscript) or (body.dotted(annotation.value) or "").endswith(_TRANSPARENT):
        return
    held = (body.dotted(node) for node in walk.nodes(annotation.slice))
    for name in held:
        if name is not None and is_type_name(name, options, local) and not isinstance(statement.value, ast.Constant):
            yield Raw(f"line {statement.lineno}", "", "hidden", name, statement.value, None)
            return


def _declared(node: ast.expr) -> str | None:
    """The dotted name of a declared type, ``Final`` and ``ClassVar`` taken off."""
    if isinstance(node, ast.Subscript):
        return _declared(node.slice)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.strip()
    return body.dotted(node)


def _on_self(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        return node.attr
    return None


def is_table_name(name: str, owner: str, options: Options) -> bool:
    """Whether the config says that a name holds a table, flags or a registry."""
    if name in options.attributes:
        return True
    qualified = _qualified(owner, name)
    return any(fnmatch.fnmatchcase(qualified if "." in each else name, each) for each in options.dicts)


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


def changed_names(statement: ast.stmt) -> Iterator[str]:
    """The names whose values a statement changes: their items, or their attributes."""
    targets = [each for each, _ in changes(statement)]
    if isinstance(statement, ast.Assign):
        targets += [each.value for each in statement.targets if isinstance(each, ast.Attribute)]
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id


def changes(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr | ast.Delete]]:
    """What is changed, and how: ``x.update(...)``, ``x[...] = value``, ``x |= {...}``, ``del x[...]``."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr in _CHANGES:
            yield function.value, statement.value
    elif isinstance(statement, ast.AugAssign):
        yield statement.target, statement.value
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Subscript):
                yield target.value, ast.Dict(keys=[target.slice], values=[statement.value])
    elif isinstance(statement, ast.Delete):
        for target in statement.targets:
            yield target.value if isinstance(target, ast.Subscript) else target, statement


def _calls(statement: ast.stmt, owner: str, options: Options, under: Under, local: dict[str, str]) -> Iterator[Raw]:
    """Calls of a table type anywhere in a simple statement, and copies of tables with changes."""
    if not options.calls or isinstance(statement, _DEFINITIONS):
        return
    names = {id(value): target.id for target, _, value in _assigned(statement) if isinstance(target, ast.Name)}
    seen: set[str] = set()
    for node in walk.nodes(statement):
        callee = body.dotted(node.func) if isinstance(node, ast.Call) else None
        if callee is None or not isinstance(node, ast.Call):
            continue
        if callee.rpartition(".")[2] == "partial" and node.args:
            made = body.dotted(node.args[0])
            if made is not None and is_type_name(made, options, local):
                yield Raw(f"line {node.lineno}", "", "hidden", made, node, None)
        copied = (callee in REPLACE or callee.endswith("._replace")) and id(node) in names
        if callee.endswith("._make") and is_type_name(callee.removesuffix("._make"), options, local):
            yield Raw(f"line {node.lineno}", "", "hidden", callee, node, None)
        if copied or is_type_name(callee, options, local):
            is_part = id(node) not in names
            name = f"line {node.lineno}" if is_part else names[id(node)]
            name = f"{name}.{node.col_offset}" if name in seen else name
            seen.add(name)
            yield Raw(_qualified(owner, name), owner, "call", callee, node, statement, under, is_part=is_part)


def changed(source: Source, found: list[TableFact], loose: list[ast.stmt]) -> list[TableFact]:
    """Tables, with a trouble where a statement of the module changes one that it made before."""
    made = {table.name for table in found} - {table.name for table in found if table.form == "update"}
    troubles: dict[str, list[Trouble]] = {}
    for statement in loose if made else ():
        for name in changed_names(statement):
            if name in made:
                place = (statement.lineno, source.column(statement.lineno, statement.col_offset))
                troubles.setdefault(name, []).append(Trouble(*place, f"{name} is changed after it was made"))
    return [table._replace(troubles=(*table.troubles, *troubles.get(table.name, ()))) for table in found]
