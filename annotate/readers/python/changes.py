"""What functions do to a class or object that they are given: decorators, metaclasses, helpers that get ``self``.

A decorator that gives back the class it got, and a metaclass that only looks at classes, change nothing. What sets
attributes is kept with the names that can be read, so that the resolver knows which entries are not what they seem.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...patterns import regex
from ...touched import OWN_NAME, Change, Handed
from . import body, dynamic, walk
from .outer import Foreign
from .source import Source

_INNER = (*body.FUNCTIONS, ast.Lambda, ast.ClassDef)
_META = frozenset({"__new__", "__init__"})
#: Called with the class whose body holds the object, and the name that it has there.
_DESCRIPTOR = "__set_name__"
_DICT_CHANGES = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"})
_GIVEN = regex(r"\((?:self|cls)\s*[,)]")
_CALLEE = regex(r"(?:^|[^\w.\"')\]])([a-z_]\w*(?:\.\w+)*)$")
#: Functions that set nothing on what they are given.
_KNOWN = frozenset(
    {"isinstance", "issubclass", "type", "id", "repr", "str", "len", "hash", "getattr", "hasattr", "iter", "dict"}
    | {"list", "tuple", "set", "dir", "vars", "super", "callable", "print", "bool", "int", "cls", "weakref.ref"}
    | {"weakref.proxy", "inspect.getmembers", "copy.copy", "copy.deepcopy", "setattr", "delattr", "weakref.finalize"}
)


def passing(name: str, node: body.FunctionNode) -> Iterator[str]:
    """The name of a function that, as a decorator, gives back the class it got; also of one that makes such ones."""
    last = node.body[-1]
    given = _name(last.value) if isinstance(last, ast.Return) else None
    if given is None:
        return
    arguments = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    inner = [each for each in node.body if isinstance(each, body.FUNCTIONS) and each.name == given]
    if given in arguments[: 1 + (bool(arguments) and arguments[0] in ("self", "cls", "mcs"))]:
        if not _rebinds(node, given) and all(_gives(each, given) for each in _returns(node)):
            yield name
    elif inner and not inner[-1].decorator_list and any(passing(name, inner[-1])):
        yield name


def makes_function(node: body.FunctionNode) -> bool:
    """Whether a function ends by giving back one that it defines."""
    last = node.body[-1]
    if type(last) is not ast.Return:
        return False
    given = last.value
    inner = (each.name for each in node.body if isinstance(each, body.FUNCTIONS))
    return isinstance(given, ast.Lambda) or (isinstance(given, ast.Name) and given.id in inner)


def _returns(node: body.FunctionNode) -> Iterator[ast.Return]:
    stack: list[ast.AST] = list(node.body)
    while stack:
        each = stack.pop()
        if isinstance(each, ast.Return):
            yield each
        elif not isinstance(each, _INNER):
            stack.extend(walk.children(each))


def _gives(statement: ast.Return, name: str) -> bool:
    return _name(statement.value) == name


def _name(value: ast.expr | None) -> str | None:
    """The name that a value is, perhaps with its type told to checkers: ``cast("F", f)``."""
    if isinstance(value, ast.Call) and len(value.args) == 2 and (body.dotted(value.func) or "").endswith("cast"):
        value = value.args[1]
    return value.id if isinstance(value, ast.Name) else None


def _rebinds(node: body.FunctionNode, name: str) -> bool:
    return any(
        isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, (ast.Store, ast.Del))
        for each in walk.nodes(node)
    )


def made(
    source: Source, name: str, node: body.FunctionNode, hot: dynamic.Hot, passes: bool, foreign: Foreign
) -> Iterator[Change]:
    """What a function sets on its parameters, by ``setattr`` and its like or by assignment, itself or through another.

    Args:
        foreign: where attributes of something other than ``self`` are assigned.
    """
    is_meta = node.name == _DESCRIPTOR or (node.name in _META and _is_of_metaclass(node))
    if not (passes or is_meta or hot.has_setter(node) or ("." not in name and _assigns_on_parameter(node, foreign))):
        return
    names = set(_parameters(_given_class(node) if passes else node)) - {"self"}
    nodes = list(walk.nodes(node))
    names.update(_aliases(nodes, names))
    loops = dynamic.looped(nodes)
    arguments = [*node.args.posonlyargs, *node.args.args]
    if node.name == _DESCRIPTOR and len(arguments) > 2:
        loops = {**loops, arguments[2].arg: [OWN_NAME]}
    spaces = {node.args.args[3].arg} if is_meta and len(node.args.args) > 3 else set()
    spaces.update(_aliases(nodes, spaces, False))
    same = dynamic.same(names)
    for each in nodes:
        for _, trouble in dynamic.setter(source, each, same, loops):
            yield Change(name, trouble.member, trouble.line, trouble.column)
        line = getattr(each, "lineno", 0)
        place = (line, source.column(line, getattr(each, "col_offset", 0)) if line else 0)
        for attribute in _assigned(each, frozenset(names)):
            yield Change(name, attribute, *place)
        if any(_changes_namespace(each, space) for space in spaces) or (spaces and _changes_bases(each)):
            yield Change(name, None, *place)
        if (passes or is_meta) and isinstance(each, ast.Call) and (callee := body.dotted(each.func)):
            given = [body.dotted(value) for value in each.args]
            if any(value in names for value in given) and callee not in _KNOWN and not callee.startswith("super("):
                yield Change(name, None, *place, callee)


def _given_class(node: body.FunctionNode) -> body.FunctionNode:
    """Of a function that makes a decorator the decorator: what else it takes is not the class."""
    last = node.body[-1]
    given = _name(last.value) if isinstance(last, ast.Return) else None
    inner = [each for each in node.body if isinstance(each, body.FUNCTIONS) and each.name == given]
    return inner[-1] if inner else node


def _assigns_on_parameter(node: body.FunctionNode, foreign: Foreign) -> bool:
    given = (each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
    assigned = foreign.within(node)
    return bool(assigned) and not set(given).isdisjoint(assigned)


def _aliases(nodes: list[ast.AST], names: set[str], made: bool = True) -> Iterator[str]:
    """The local names that stand for a parameter, or with ``made`` for the class that a metaclass makes."""
    for each in nodes:
        if not isinstance(each, ast.Assign):
            continue
        is_made = (
            made and isinstance(each.value, ast.Call) and (body.dotted(each.value.func) or "").endswith(".__new__")
        )
        if is_made or (isinstance(each.value, ast.Name) and each.value.id in names):
            yield from (target.id for target in each.targets if isinstance(target, ast.Name))


def _parameters(node: ast.AST) -> Iterator[str]:
    """The parameters of a function and of those inside it."""
    for each in walk.nodes(node):
        if isinstance(each, ast.arg):
            yield each.arg


def _is_of_metaclass(node: body.FunctionNode) -> bool:
    """Whether a method is called with the name, bases and namespace of a class."""
    arguments = node.args.args
    takes_all = node.args.vararg is not None and len(arguments) == 1
    if node.name == "__init__":
        takes_all = takes_all and arguments[0].arg == "cls"
    return (len(arguments) == 4 or takes_all) and arguments[0].arg != "self"


def _assigned(node: ast.AST, names: frozenset[str]) -> Iterator[str]:
    """The attribute of one of some names that a node binds or deletes."""
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and body.dotted(node.value) in names:
        yield node.attr


def _changes_namespace(node: ast.AST, namespace: str) -> bool:
    """Whether a node changes the namespace of the class that is made, or makes it of another one."""
    if isinstance(node, ast.Call):
        called = body.dotted(node.func) or ""
        owner, _, method = called.rpartition(".")
        if owner == namespace:
            return method in _DICT_CHANGES
        makes = (method == "__new__" and len(node.args) > 2) or (called == "type" and len(node.args) == 3)
        return makes and body.dotted(node.args[-1]) != namespace and not isinstance(node.args[-1], ast.Starred)
    targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else []
    return any(isinstance(each, ast.Subscript) and body.dotted(each.value) == namespace for each in targets)


def _changes_bases(node: ast.AST) -> bool:
    """Whether a metaclass makes the class with bases that it lists itself."""
    if not isinstance(node, ast.Call) or not (body.dotted(node.func) or "").endswith("__new__"):
        return False
    return len(node.args) == 4 and isinstance(node.args[2], (ast.Tuple, ast.BinOp))


def handed(source: Source, classes: list[tuple[str, ast.ClassDef]]) -> dict[str, tuple[Handed, ...]]:
    """The functions that get ``self`` or ``cls`` as their first argument, by the class that hands it on."""
    found: dict[str, list[Handed]] = {}
    lines = [(name, node.lineno, node.end_lineno or node.lineno) for name, node in classes]
    for line in source.lines_of(_GIVEN):
        for callee, column in _callees(source.lines[line - 1]):
            inside = [name for name, first, last in lines if first < line <= last]
            if inside:
                each = Handed(callee, line, column)
                if each not in found.setdefault(inside[-1], []):
                    found[inside[-1]].append(each)
    return {name: tuple(each) for name, each in found.items()}


def _callees(text: str) -> Iterator[tuple[str, int]]:
    for match in _GIVEN.finditer(text):
        before = text[: match.start()]
        callee = _CALLEE.search(before)
        if callee is None or callee[1] in _KNOWN or callee[1].startswith(("self.", "cls.")):
            continue
        words = before[: callee.start(1)].split()
        if "#" not in before and (not words or words[-1] not in ("def", "class")):
            yield callee[1], callee.start(1) + 1
