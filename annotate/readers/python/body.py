"""What a body or a value does, judged from its syntax tree alone.

A body that, docstring and assignments aside, only raises is ``raise``; what follows the ``raise`` cannot be reached
and does not count. One that only calls something is ``call``, so that the resolver can look at what is called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice
from typing import TypeGuard

from ...facts import NEAR, Body, Written
from . import walk

_MAX_SOURCE = 160
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_INNER = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
_SEQUENCE = (ast.Tuple, ast.List)
_WITH = (ast.With, ast.AsyncWith)
#: What may do nothing, so that what follows counts; of other work the first statements tell enough.
_MAY_GO_ON = (ast.If, *_WITH)
_IDLE = (ast.Pass, ast.Assign, ast.AnnAssign)
#: What may stand before a refusal besides: it does none of the work either.
_SETUP = (ast.Import, ast.ImportFrom, *FUNCTIONS, ast.ClassDef, ast.Delete, ast.Global, ast.Nonlocal, ast.AugAssign)
_EXITS = (ast.Return, ast.Expr)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_OWN = frozenset({"self", "cls"})

WORK = Body("work")
PASS = Body("pass")


def dotted(node: ast.AST | None) -> str | None:
    """``a.b.c`` for names and attributes, ``super().m`` or ``super(C).m`` for calls of ``super``, else None."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    elif parts and isinstance(node, ast.expr) and _is_super(node):
        parts.append(f"super({_begins(node)})")
    else:
        return None
    return ".".join(reversed(parts))


def _is_super(node: ast.expr) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _begins(node: ast.Call) -> str:
    """The class that a call of ``super`` names, with slashes for its dots; none for the one around the call."""
    first = node.args[0] if node.args else None
    if first is None or (isinstance(first, ast.Name) and first.id == "__class__") or _is_own_class(first):
        return ""
    return (dotted(first) or "?").replace(".", "/")


def paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each single target with its value: ``a, b = f, g`` gives ``a`` with ``f`` and ``b`` with ``g``.

    Where the value cannot be taken apart, each target has the whole of it.
    """
    if isinstance(target, ast.Starred):
        target = target.value
    if not isinstance(target, _SEQUENCE):
        yield target, value
        return
    parts = value.elts if isinstance(value, _SEQUENCE) else []
    fits = len(parts) == len(target.elts) and not any(isinstance(each, ast.Starred) for each in (*parts, *target.elts))
    for index, each in enumerate(target.elts):
        yield from paired(each, parts[index] if fits else value)


def source(node: ast.AST) -> str:
    """The source of an expression on one line, shortened; an ellipsis for one that is nested too deeply."""
    try:
        text = " ".join(ast.unparse(node).split())
    except RecursionError:
        return "\u2026"
    return text if len(text) <= _MAX_SOURCE else text[: _MAX_SOURCE - 1] + "\u2026"


def written(node: ast.expr) -> Written:
    """An expression as a name or a string where it is one, else its source."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Written("string", node.value)
    name = dotted(node)
    return Written("source", source(node)) if name is None else Written("name", name)


def of_method(node: FunctionNode) -> Body:
    """What the body of a method does; its object is called ``self`` whatever the method calls it."""
    found = of_function(node)
    first, dot, rest = (found.target or "").partition(".")
    if not dot or found.kind not in ("call", "then") or first.startswith("super("):
        return found
    if first in _OWN:
        return WORK if any(_binds(statement, first) for statement in node.body) else found
    first = _local_names(node.body).get(first, first)
    return found._replace(target=f"self.{rest}") if first in (own_name(node), *_OWN) else found


def _binds(statement: ast.stmt, name: str) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else ()
    return any(isinstance(each, ast.Name) and each.id == name for each in targets)


def own_name(node: FunctionNode) -> str:
    """What a method calls its object or class: the name of its first argument."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    is_static = any((dotted(each) or "").endswith("staticmethod") for each in node.decorator_list)
    return "self" if is_static or not arguments else arguments[0].arg


def of_function(node: FunctionNode) -> Body:
    """What the body of a function does."""
    block = _reached(node.body)
    if all(map(_is_nothing, block)):
        return PASS
    working = (statement for statement in block if not _is_idle(statement))
    rest = list(islice(working, 3))
    if not rest:
        return WORK
    if isinstance(rest[0], (*_MAY_GO_ON, *_SETUP)) or _is_condition(rest[0]):
        rest += working
    raised = _always_raised(rest)
    if raised is not None:
        return Body("raise", _local_names(block).get(raised, raised))
    first = _called_first(block)
    is_alone = len(rest) == 1 or (len(rest) == 2 and _is_nothing(rest[1]))
    if is_alone and (first is None or first == _called(rest[0])) and not any(map(_sets, block)):
        return _only_statement(rest[0], block)
    return WORK if first is None else Body("then", first)


def _called_first(block: list[ast.stmt]) -> str | None:
    """What a block calls before it does other work: its first statement, or a method whose result it keeps."""
    for statement in block:
        if not _is_idle(statement):
            return _called(statement)
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        called = dotted(value.func) if isinstance(value, ast.Call) else None
        if called is not None and called.startswith(NEAR):
            return called
    return None


def _sets(statement: ast.stmt) -> bool:
    """Whether an assignment changes more than a local name."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(each, (ast.Attribute, ast.Subscript)) for each in targets)


def _reached(block: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a block up to the first that leaves it."""
    for index, statement in enumerate(block):
        if isinstance(statement, (ast.Return, ast.Raise)):
            return block[: index + 1]
    return block


def _local_names(block: list[ast.stmt]) -> dict[str, str]:
    """Local name -> the dotted name that it stands for, or whose call made it; names assigned once."""
    found: dict[str, str] = {}
    for statement in block:
        for target in statement.targets if isinstance(statement, ast.Assign) else ():
            if isinstance(target, ast.Name):
                value = statement.value if isinstance(statement, ast.Assign) else None
                name = dotted(value.func if isinstance(value, ast.Call) else value)
                found[target.id] = "?" if target.id in found or name is None else name
    return {name: target for name, target in found.items() if target != "?"}


def _is_nothing(statement: ast.stmt) -> bool:
    """``pass``, ``...``, docstrings and ``return None``."""
    if isinstance(statement, ast.Return):
        return statement.value is None or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_idle(statement: ast.stmt) -> bool:
    """Docstrings, ``...``, ``pass`` and assignments: nothing that does the work of an entry."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) or _is_log(statement.value)
    return isinstance(statement, _IDLE)


#: What loggers are called; to say that something is not supported is not to support it.
_SAYS = frozenset({"print", "warn"})
_LOGS = frozenset({"log", "logger", "logging", "warnings"})


def _is_log(node: ast.expr) -> bool:
    """A call like ``LOG.warning(...)``, ``self.logger.info(...)`` or ``warnings.warn(...)``."""
    name = dotted(node.func) if isinstance(node, ast.Call) else None
    if name in _SAYS:
        return True
    owner = (name or "").rpartition(".")[0].rpartition(".")[2]
    return owner.strip("_").lower() in _LOGS


def _always_raised(block: list[ast.stmt]) -> str | None:
    """The exception that a block raises on every way through it, when nothing else is done."""
    raised: set[str | None] = set()
    for index, statement in enumerate(block):
        if _is_idle(statement) or isinstance(statement, _SETUP) or _is_condition(statement):
            continue
        if isinstance(statement, _WITH) and index < len(block) - 1:
            return None  # the context may swallow what is raised, and what follows does the work
        if not isinstance(statement, ast.If):
            raised.add(_raised_by(statement))
            break
        constant = statement.test.value if isinstance(statement.test, ast.Constant) else None
        if constant is None or constant:
            raised.add(_always_raised(statement.body))
        if constant:
            break
        if statement.orelse:
            raised.add(_always_raised(statement.orelse))
            break
    else:
        return None
    return raised.pop() if len(raised) == 1 else None


def _is_condition(statement: ast.stmt) -> bool:
    """An ``assert`` of something that may hold."""
    return isinstance(statement, ast.Assert) and not isinstance(statement.test, ast.Constant)


def _raised_by(statement: ast.stmt) -> str | None:
    """The exception that one statement always raises."""
    if isinstance(statement, ast.Raise):
        return _raised(statement)
    if isinstance(statement, ast.Assert):
        return "AssertionError" if isinstance(statement.test, ast.Constant) and not statement.test.value else None
    if isinstance(statement, _WITH):
        return _always_raised(statement.body)
    if isinstance(statement, ast.While):
        endless = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
        return _always_raised(statement.body) if endless else None
    if isinstance(statement, ast.Match):
        last = statement.cases[-1]
        complete = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
        ways = {_always_raised(case.body) for case in statement.cases}
        return ways.pop() if complete and len(ways) == 1 else None
    return _raised_by_try(statement) if isinstance(statement, ast.Try) else None


def _raised_by_try(statement: ast.Try) -> str | None:
    """What leaves a ``try``: what its body raises where no handler may do other work, unless ``finally`` returns."""
    if any(_leaves(each) for each in statement.finalbody):
        return None
    raised = _always_raised(statement.body)
    handled = {_always_raised(handler.body) for handler in statement.handlers}
    if raised is None or not handled:
        return raised
    caught = any(
        handler.type is None or dotted(handler.type) in (raised, "Exception", "BaseException")
        for handler in statement.handlers
    )
    return handled.pop() if len(handled) == 1 and (caught or handled == {raised}) else None


def _leaves(statement: ast.stmt) -> bool:
    return any(isinstance(each, (ast.Return, ast.Break, ast.Continue)) for each in walk.nodes(statement))


def _raised(statement: ast.Raise) -> str:
    raised = statement.exc
    if isinstance(raised, ast.Call) and getattr(raised.func, "attr", "") == "with_traceback":
        raised = raised.func.value  # type: ignore[attr-defined]
    if isinstance(raised, ast.Call):
        raised = raised.func
    return dotted(raised) or "?"


def _called(statement: ast.stmt) -> str | None:
    """The dotted name that a statement calls, where it does nothing else."""
    value = statement.value if isinstance(statement, _EXITS) else None
    if isinstance(value, (ast.Await, ast.YieldFrom, ast.Yield)) and value.value is not None:
        value = value.value
    if not isinstance(value, ast.Call):
        return None
    owner = value.func.value if isinstance(value.func, ast.Attribute) else None
    if isinstance(owner, ast.expr) and _is_own_class(owner):
        return f"self.{value.func.attr}"  # type: ignore[attr-defined]
    return dotted(value.func)


def _is_own_class(node: ast.expr) -> bool:
    """Whether an expression is ``self.__class__`` or ``type(self)``."""
    if isinstance(node, ast.Call):
        return dotted(node.func) == "type" and len(node.args) == 1 and dotted(node.args[0]) == "self"
    return dotted(node) == "self.__class__"


def _only_statement(statement: ast.stmt, block: list[ast.stmt]) -> Body:
    called = _called(statement)
    if called is not None:
        return Body("call", called)
    value = statement.value if isinstance(statement, ast.Return) else None
    return Body("work", _local_names(block).get(value.id, value.id)) if isinstance(value, ast.Name) else WORK


def of_value(node: ast.expr | None) -> Body:
    """What a value in a table or behind ``name =`` is."""
    if node is None:
        return Body("field")
    if isinstance(node, ast.Constant):
        return _of_constant(node)
    name = dotted(node)
    if name == "NotImplemented":
        return Body("none")
    if name is not None:
        return Body("name", name, source(node))
    if isinstance(node, ast.Lambda):
        inner = node.body
        called = dotted(inner.func) if isinstance(inner, ast.Call) else None
        return Body("work") if called is None else Body("call", called)
    if isinstance(node, ast.Call):
        inner_name = _wrapped(node)
        if inner_name is not None:
            return Body("name", inner_name, source(node))
        return Body("value", dotted(node.func), source(node))
    if isinstance(node, ast.IfExp) or (isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And)):
        return Body("condition", None, source(node))
    return Body("value", None, source(node))


_WRAPPERS = frozenset({"staticmethod", "classmethod", "property", "partialmethod", "partial"})


def _wrapped(node: ast.Call) -> str | None:
    """``f`` for ``staticmethod(f)`` and its like."""
    if (dotted(node.func) or "").removeprefix("functools.") in _WRAPPERS and node.args:
        return dotted(node.args[0])
    return None


def _of_constant(node: ast.Constant) -> Body:
    if node.value is None or node.value is Ellipsis:
        return Body("none")
    if isinstance(node.value, bool):
        return Body("true" if node.value else "false")
    if isinstance(node.value, str):
        return Body("string", None, node.value[:_MAX_SOURCE])
    return Body("value", None, source(node))


def parameters(node: FunctionNode) -> tuple[str, ...]:
    """Names of the parameters in order, stars included."""
    arguments = node.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    if arguments.vararg:
        names.append("*" + arguments.vararg.arg)
    names += [each.arg for each in arguments.kwonlyargs]
    if arguments.kwarg:
        names.append("**" + arguments.kwarg.arg)
    return tuple(names)


def gives(node: FunctionNode) -> bool:
    """Whether some way through a function returns something other than None, or yields; inner functions aside."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        each = stack.pop()
        if isinstance(each, _INNER):
            continue
        if isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(each, ast.Return) and each.value is not None:
            if not isinstance(each.value, ast.Constant) or each.value.value is not None:
                return True
            continue
        stack.extend(walk.children(each))
    return False


def first_line(node: ast.AST) -> str | None:
    """The first line of a docstring, or None."""
    body = getattr(node, "body", None)
    if not body or not isinstance(body[0], ast.Expr):
        return None
    value = body[0].value
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return None
    return next((line.strip()[:300] for line in value.value.split("\n") if line.strip()), None)
