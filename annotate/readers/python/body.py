"""What a body or a value does, judged from its syntax tree alone.

A body that, docstring and assignments aside, only raises is ``raise``; what follows the ``raise`` cannot be reached
and does not count. One that only calls something is ``call``, so that the resolver can look at what is called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...facts import Body, Written

_MAX_SOURCE = 160
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

WORK = Body("work")
PASS = Body("pass")


def dotted(node: ast.AST | None) -> str | None:
    """``a.b.c`` for names and attributes, ``super().m`` for calls of ``super``, else None."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    elif parts and isinstance(node, ast.expr) and _is_super(node):
        parts.append("super()")
    else:
        return None
    return ".".join(reversed(parts))


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each single target with its value: ``a, b = f, g`` gives ``a`` with ``f`` and ``b`` with ``g``.

    Where the value cannot be taken apart, each target has the whole of it.
    """
    if isinstance(target, ast.Starred):
        target = target.value
    if not isinstance(target, ast.Tuple | ast.List):
        yield target, value
        return
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
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


def of_function(node: FunctionNode) -> Body:
    """What the body of a function does."""
    rest = [statement for statement in node.body if not _is_idle(statement)]
    if not rest:
        return PASS if all(_is_nothing(each) for each in node.body) else WORK
    first = rest[0]
    raised = _always_raised(rest)
    if raised is not None:
        return Body("raise", raised)
    if len(rest) == 1:
        return _only_statement(first)
    return WORK


def _is_nothing(statement: ast.stmt) -> bool:
    """``pass``, ``...`` and docstrings."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_idle(statement: ast.stmt) -> bool:
    """Docstrings, ``...``, ``pass`` and assignments: nothing that does the work of an entry."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) or _is_log(statement.value)
    return isinstance(statement, ast.Pass | ast.Assign | ast.AnnAssign)


#: What loggers are called; to say that something is not supported is not to support it.
_LOGS = frozenset({"log", "logger", "logging", "warnings"})


def _is_log(node: ast.expr) -> bool:
    """A call like ``LOG.warning(...)``, ``self.logger.info(...)`` or ``warnings.warn(...)``."""
    name = dotted(node.func) if isinstance(node, ast.Call) else None
    owner = (name or "").rpartition(".")[0].rpartition(".")[2]
    return owner.strip("_").lower() in _LOGS


def _always_raised(block: list[ast.stmt]) -> str | None:
    """The exception that a block raises on every way through it, when nothing else is done."""
    raised: set[str | None] = set()
    for index, statement in enumerate(block):
        if _is_idle(statement):
            continue
        if isinstance(statement, ast.Raise):
            raised.add(_raised(statement))
            break
        if isinstance(statement, ast.With | ast.AsyncWith):
            if index < len(block) - 1:
                return None  # the context may swallow what is raised, and what follows does the work
            raised.add(_always_raised(statement.body))
            break
        if not isinstance(statement, ast.If):
            return None
        raised.add(_always_raised(statement.body))
        if statement.orelse:
            raised.add(_always_raised(statement.orelse))
            break
    else:
        return None
    return raised.pop() if len(raised) == 1 else None


def _raised(statement: ast.Raise) -> str:
    raised = statement.exc
    if isinstance(raised, ast.Call):
        raised = raised.func
    return dotted(raised) or "?"


def _only_statement(statement: ast.stmt) -> Body:
    value = statement.value if isinstance(statement, ast.Return | ast.Expr) else None
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call):
        called = dotted(value.func)
        return WORK if called is None else Body("call", called)
    if isinstance(statement, ast.Return) and isinstance(value, ast.Name):
        return Body("work", value.id)
    return WORK


def of_value(node: ast.expr | None) -> Body:
    """What a value in a table or behind ``name =`` is."""
    if node is None:
        return Body("field")
    if isinstance(node, ast.Constant):
        return _of_constant(node)
    name = dotted(node)
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
    return Body("value", None, source(node))


_WRAPPERS = frozenset({"staticmethod", "classmethod", "property"})


def _wrapped(node: ast.Call) -> str | None:
    """``f`` for ``staticmethod(f)`` and its like."""
    if isinstance(node.func, ast.Name) and node.func.id in _WRAPPERS and node.args:
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
        if isinstance(each, (*_FUNCTIONS, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(each, ast.Yield | ast.YieldFrom):
            return True
        if isinstance(each, ast.Return) and each.value is not None:
            if not isinstance(each.value, ast.Constant) or each.value.value is not None:
                return True
            continue
        stack.extend(ast.iter_child_nodes(each))
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


def calls_on_self(node: FunctionNode) -> tuple[str, ...]:
    """Names of the methods that a body calls on ``self`` on every way through it, in order.

    Both branches of an ``if`` must call a method for it to count; loops may run no times; parts of an expression
    behind ``and``, ``or`` and ``if``, and functions inside, may never run. A way that ends in ``raise`` does not count.
    """
    try:
        return tuple(_always(node.body) or ())
    except RecursionError:
        return ()


def _always(block: list[ast.stmt]) -> list[str] | None:
    """What every way through a block calls; None when no way leads through it."""
    found: list[str] = []
    for statement in block:
        calls = _always_in(statement)
        if calls is None:
            return None
        found += calls
        if _may_return(statement):
            break
    return list(dict.fromkeys(found))


def _always_in(statement: ast.stmt) -> list[str] | None:
    if isinstance(statement, ast.Raise):
        return None
    if isinstance(statement, ast.If):
        ways = [way for way in (_always(statement.body), _always(statement.orelse)) if way is not None]
        if not ways:
            return None
        return _called(statement.test) + [name for name in ways[0] if all(name in way for way in ways)]
    if isinstance(statement, ast.With | ast.AsyncWith):
        return _always(statement.body)
    if isinstance(statement, ast.Try):
        return [] if any(map(_swallows, statement.handlers)) else _always(statement.body)
    if isinstance(statement, ast.For | ast.AsyncFor):
        return _called(statement.iter)
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return):
        return _called(statement)
    return []


def _may_return(statement: ast.stmt) -> bool:
    return any(isinstance(each, ast.Return) for each in ast.walk(statement))


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler may catch what a missing entry raises."""
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    wide = {None, "Exception", "BaseException", "NotImplementedError", "RuntimeError"}
    return any(dotted(each) in wide for each in types)


def _called(node: ast.AST) -> list[str]:
    """Methods of ``self`` that an expression calls whatever its parts give."""
    found: list[str] = []
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, ast.Lambda | ast.IfExp | ast.BoolOp | ast.GeneratorExp | ast.ListComp | ast.DictComp):
            continue
        if isinstance(each, ast.Call):
            owner, _, method = (dotted(each.func) or "").rpartition(".")
            if owner == "self":
                found.append(method)
        stack.extend(reversed(list(ast.iter_child_nodes(each))))
    return found
