"""An outline of one Python file: its classes, what their methods do, imports and registries.

Read with ``ast`` only; names are kept as written, unresolved.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from ..readers.python.members import implements
from ..records import NamedTuple

_STRUCTURES = ("NamedTuple", "TypedDict", "Protocol")
_TABLE_MAKERS = ("dataclass", "define", "frozen", "attrs")
_ABSTRACT = ("abstractmethod", "abstractproperty")


class ClassShape(NamedTuple):
    """A class at module level.

    Attributes:
        bases: dotted names, as written; also of the interfaces of ``zope.interface`` that it declares.
        methods: number of public methods.
        stubs: how many of them only raise or are abstract.
        idle: how many of them do nothing.
        raised: the exceptions that stubs raise, as written, sorted.
        fields: for a table type, the names in the annotation of each public field; else empty.
        defines: names of its public methods.
        open: those that are stubs or do nothing.
        refuses: whether any method, also a private one, is a stub.
        decorators: dotted names.
        hooks: names of its private methods, those with two underlines left out.
    """

    name: str
    line: int
    bases: tuple[str, ...]
    methods: int = 0
    stubs: int = 0
    idle: int = 0
    raised: tuple[str, ...] = ()
    fields: tuple[frozenset[str], ...] = ()
    defines: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()
    refuses: bool = False
    decorators: tuple[str, ...] = ()
    hooks: frozenset[str] = frozenset()


class Registry(NamedTuple):
    """A dict or list at module level whose values name classes.

    Attributes:
        named: module and class; the module is empty for a name of this file; None for other values.
    """

    name: str
    named: tuple[tuple[str, str] | None, ...]


class FileShape(NamedTuple):
    """A Python file.

    Attributes:
        classes: at module level, by name; the last of each name.
        imports: local name -> module (with leading dots) and name in it, empty for the module itself.
        stars: modules imported with ``*``.
        callables: aliases of ``Callable[...]`` at module level.
        registries: dicts and lists of classes.
    """

    path: str
    classes: dict[str, ClassShape]
    imports: dict[str, tuple[str, str]]
    stars: tuple[str, ...]
    callables: frozenset[str]
    registries: tuple[Registry, ...]


def parse(data: bytes) -> ast.Module:
    """Parse Python without warnings.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: not valid Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(data)


def shape(path: str, data: bytes) -> FileShape:
    """Outline a file.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as ``parse``.
    """
    statements = list(_statements(parse(data).body))
    imports: dict[str, tuple[str, str]] = {}
    stars: list[str] = []
    for node in statements:
        for name, module, attribute in _imported(node):
            if name == "*":
                stars.append(module)
            else:
                imports[name] = (module, attribute)
    assigned = [pair for node in statements for pair in _assigned(node)]
    return FileShape(
        path,
        {node.name: _class(node) for node in statements if isinstance(node, ast.ClassDef)},
        imports,
        tuple(stars),
        frozenset(name for name, value in assigned if "Callable" in _heads(value)),
        tuple(found for name, value in assigned if (found := _registry(name, value)) is not None),
    )


def keyword_calls(data: bytes) -> set[str]:
    """The dotted names that a file calls with keywords.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as ``parse``.
    """
    calls = (node for node in ast.walk(parse(data)) if isinstance(node, ast.Call) and node.keywords)
    return {name for node in calls if (name := dotted(node.func))}


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a dotted name, without arguments of generics; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, including those under ``if`` and ``try``."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _statements(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            handlers = [inner for handler in node.handlers for inner in handler.body]
            yield from _statements(node.body + handlers + node.orelse + node.finalbody)
        else:
            yield node


def _imported(node: ast.stmt) -> Iterator[tuple[str, str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, alias.name, "") if alias.asname else (top, top, "")
            yield alias.asname or alias.name, alias.name, ""
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            yield alias.asname or alias.name, module, alias.name


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, node.value


# -- classes


def _class(node: ast.ClassDef) -> ClassShape:
    bases = tuple(name for base in node.bases if (name := dotted(base)))
    is_protocol = any(base.rpartition(".")[2] in ("Protocol", "Interface") for base in bases)
    bases += tuple(each.text for each in implements(node) if each.kind == "name")
    methods: dict[str, str] = {}
    for inner in _statements(node.body):
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
            methods[inner.name] = _does(inner, is_protocol)
    public = {name: does for name, does in methods.items() if not name.startswith("_")}
    done = list(public.values())
    raised = {each.removeprefix("raise ") for each in done if each.startswith("raise ")}
    return ClassShape(
        node.name,
        node.lineno,
        bases,
        len(done),
        sum(each.startswith(("raise ", "abstract")) for each in done),
        done.count("idle"),
        tuple(sorted(raised)),
        _fields(node, bases),
        frozenset(public),
        frozenset(name for name, does in public.items() if does != "work"),
        any(each.startswith(("raise ", "abstract")) for each in methods.values()),
        tuple(_decorators(node)),
        frozenset(name for name in methods if name.startswith("_") and not name.startswith("__")),
    )


def _decorators(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for each in node.decorator_list:
        yield dotted(each.func if isinstance(each, ast.Call) else each)


def _does(function: ast.FunctionDef | ast.AsyncFunctionDef, in_protocol: bool) -> str:
    """``abstract``, ``raise NAME``, ``idle`` or ``work``."""
    if any(name.rpartition(".")[2] in _ABSTRACT for name in _decorators(function)):
        return "abstract"
    rest = [node for node in function.body if not _says_nothing(node)]
    if not rest:
        return "abstract" if in_protocol else "idle"
    if len(rest) > 1 or not isinstance(rest[0], ast.Raise) or rest[0].exc is None:
        return "work"
    raised = rest[0].exc
    name = dotted(raised.func if isinstance(raised, ast.Call) else raised)
    return f"raise {name}" if name else "work"


def _says_nothing(node: ast.stmt) -> bool:
    """Whether a statement is a docstring, ``pass``, ``...``, or an assignment, such as of a message."""
    return isinstance(node, (ast.Pass, ast.Assign, ast.AnnAssign)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _fields(node: ast.ClassDef, bases: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    is_table = any(name.rpartition(".")[2] in _STRUCTURES for name in bases) or any(
        name.rpartition(".")[2] in _TABLE_MAKERS for name in _decorators(node)
    )
    if not is_table:
        return ()
    return tuple(
        _heads(inner.annotation)
        for inner in node.body
        if isinstance(inner, ast.AnnAssign)
        and isinstance(inner.target, ast.Name)
        and not inner.target.id.startswith("_")
    )


def _heads(annotation: ast.expr) -> frozenset[str]:
    """The names in an annotation without arguments of generics: ``Callable`` of ``Callable[[X], Y]``.

    ``Optional[X]``, ``Union[X, Y]``, ``X | None`` and strings are unwrapped.
    """
    if isinstance(annotation, ast.BinOp):
        return _heads(annotation.left) | _heads(annotation.right)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return _heads(ast.parse(annotation.value.strip(), mode="eval").body)
        except (SyntaxError, ValueError):
            return frozenset()
    name = dotted(annotation)
    last = name.rpartition(".")[2]
    if isinstance(annotation, ast.Subscript) and last in ("Optional", "Union", "Annotated", "NotRequired", "Required"):
        inner = annotation.slice
        return frozenset().union(*map(_heads, inner.elts if isinstance(inner, ast.Tuple) else [inner]))
    return frozenset({"Callable" if last == "Callable" else name} - {""})


# -- registries


def _registry(name: str, value: ast.expr) -> Registry | None:
    if isinstance(value, ast.Dict):
        values = value.values
    elif isinstance(value, (ast.List, ast.Tuple)):
        values = value.elts
    else:
        return None
    named = tuple(_named(each) for each in values)
    return Registry(name, named) if any(named) else None


def _named(node: ast.expr) -> tuple[str, str] | None:
    """Module and class of ``("module", "Class")``, ``"module:Class"``, ``"module.Class"`` or ``Class``."""
    if name := dotted(node) if isinstance(node, (ast.Name, ast.Attribute)) else "":
        return "", name
    if isinstance(node, (ast.Tuple, ast.List)):
        texts = [each.value if isinstance(each, ast.Constant) else None for each in node.elts]
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        module, colon, last = node.value.partition(":")
        if not colon:
            module, _, last = node.value.rpartition(".")
        texts = [module, last]
    else:
        return None
    if len(texts) != 2 or not all(isinstance(text, str) and text for text in texts):
        return None
    return str(texts[0]), str(texts[1])
