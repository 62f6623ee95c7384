"""What a class statement says of itself, and what its body binds."""

import ast
from collections import Counter
from collections.abc import Iterator

from ...facts import Member, Written
from ...records import NamedTuple
from . import body, carriers, walk
from .body import FUNCTIONS
from .conditions import Block, Under

IMPORTS = (ast.Import, ast.ImportFrom)
_DISPATCHERS = frozenset({"singledispatch", "singledispatchmethod"})
_IMPLEMENTERS = frozenset({"implementer", "implementer_only", "implements", "implementsOnly"})
_BINDING_HEADS = frozenset((ast.For, ast.With, ast.Match))
_BINDING = (*FUNCTIONS, *IMPORTS, ast.Assign, ast.AnnAssign)


def is_member(statement: ast.stmt) -> bool:
    """Whether a statement of a class body may bind entries."""
    return isinstance(statement, _BINDING)


class Bound(NamedTuple):
    """A name that a class body binds.

    Attributes:
        at: the statement, or for an import the name in it.
    """

    name: str
    node: ast.stmt
    at: ast.stmt | ast.alias
    under: Under
    value: ast.expr | None = None


def bound(block: Block) -> Iterator[Bound]:
    """Everything the statements of a class body bind, in the order written, classes inside it aside."""
    for statement, under in block:
        if isinstance(statement, FUNCTIONS):
            yield Bound(statement.name, statement, statement, under)
        elif isinstance(statement, ast.AnnAssign):
            if isinstance(statement.target, ast.Name):
                yield Bound(statement.target.id, statement, statement, under, statement.value)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                for name, value in body.paired(target, statement.value):
                    if isinstance(name, ast.Name):
                        yield Bound(name.id, statement, statement, under, value)
        elif isinstance(statement, IMPORTS):
            for each in statement.names:
                yield Bound(each.asname or each.name.partition(".")[0], statement, each, under)


def oddly_bound(node: ast.ClassDef, block: Block) -> Iterator[tuple[str, ast.stmt]]:
    """The names that a class body binds to what is not read: by a loop, ``with``, ``match``, or to a class."""
    for statement, _ in block:
        if isinstance(statement, ast.ClassDef):
            # Entries are written like functions; ``Meta`` and its like are not meant.
            yield from [(statement.name, statement)] if statement.name[0].islower() else ()
        elif isinstance(statement, ast.Global):
            yield from ((name, statement) for name in statement.names)
    for statement in node.body:
        if type(statement) not in _BINDING_HEADS:
            continue
        for each in walk.nodes(statement):
            target = (
                getattr(each, "target", None) if isinstance(each, ast.For) else getattr(each, "optional_vars", None)
            )
            for name in walk.nodes(target) if target is not None else ():
                if isinstance(name, ast.Name):
                    yield name.id, statement
            if isinstance(each, ast.MatchAs) and each.name:
                yield each.name, statement


def bases(node: ast.expr) -> Iterator[Written]:
    """The classes that a base names; ``Base[T]`` is ``Base``, ``with_metaclass(M, A, B)`` is ``A`` and ``B``."""
    if isinstance(node, ast.Subscript):
        yield from bases(_subscripted(node))
        return
    if isinstance(node, ast.Call):
        callee = body.dotted(node.func) or ""
        if callee.rpartition(".")[2] == "with_metaclass":
            for argument in node.args[1:]:
                yield from bases(argument)
            return
        if callee.rpartition(".")[2] in ("namedtuple", "NamedTuple", "TypedDict", "NewType"):
            yield Written("name", callee)
            return
    yield body.written(node)


def generic(node: ast.expr | None) -> str | None:
    """The class of ``Base[T]``, however often it is subscripted; None of anything else."""
    if not isinstance(node, ast.Subscript):
        return None
    while isinstance(node, ast.Subscript):
        node = _subscripted(node)
    return body.dotted(node)


def _subscripted(node: ast.Subscript) -> ast.expr:
    """What is subscripted; of ``Annotated[Base[T], ...]`` the first argument."""
    is_annotated = (body.dotted(node.value) or "").rpartition(".")[2] == "Annotated"
    return node.slice.elts[0] if is_annotated and isinstance(node.slice, ast.Tuple) and node.slice.elts else node.value


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[str, ...]:
    """Dotted names of the decorators that have one."""
    names = (body.dotted(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list)
    return tuple(name for name in names if name)


def dispatching(block: list[ast.stmt]) -> frozenset[str]:
    """The functions of ``singledispatch`` that hand on to others of a block: their own body is only one of several."""
    functions = [each for each in block if isinstance(each, FUNCTIONS) and each.decorator_list]
    names = {name for each in functions for name in decorators(each) if name.endswith(".register")}
    return frozenset(
        each.name
        for each in functions
        if f"{each.name}.register" in names
        and any(name.rpartition(".")[2] in _DISPATCHERS for name in decorators(each))
    )


def implements(node: ast.ClassDef) -> tuple[Written, ...]:
    """The interfaces of ``zope.interface`` that a class declares, by decorator or in its body."""
    calls = [*node.decorator_list, *(each.value for each in node.body if isinstance(each, ast.Expr))]
    return tuple(
        body.written(each)
        for call in calls
        if isinstance(call, ast.Call) and (body.dotted(call.func) or "").rpartition(".")[2] in _IMPLEMENTERS
        for each in call.args
    )


def unshared(members: list[tuple[Member, set[int]]]) -> tuple[Member, ...]:
    """Members, each given with the lines of its comment; two on one line share none, and none can be written there."""
    owners = Counter(line for _, lines in members for line in lines)
    return tuple(
        member._replace(marks=carriers.shared(member.marks), insert=-1)
        if any(owners[line] > 1 for line in lines)
        else member
        for member, lines in members
    )


def metaclass(node: ast.ClassDef) -> Written | None:
    """The metaclass that a class statement names, by keyword or as ``with_metaclass(M, ...)``, or a decorator."""
    named = [each.value for each in node.keywords if each.arg == "metaclass"]
    for call in (*node.bases, *node.decorator_list):
        name = (body.dotted(call.func) or "").rpartition(".")[2] if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name in ("with_metaclass", "add_metaclass"):
            named += call.args[:1]
    return body.written(named[0]) if named else None
