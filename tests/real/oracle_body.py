"""What one function body does, judged on its source: shared by the two oracles.

Only the standard library's ``ast`` is used, and nothing of hvsupport, so that an error in
hvsupport cannot hide here as well.  The judgement is syntactic: a body that calls a helper which
then raises, or raises behind an ``if``, counts as doing work.  The oracles say what is written,
not what happens.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Body:
    """The verdict on one body.

    ``kind`` is ``raises`` (docstring and assignments aside, its first statement is a ``raise``),
    ``passes`` (nothing but a docstring, ``pass`` or ``...``), ``returns`` (docstring aside, a
    single ``return``) or ``works`` (all the rest).
    """

    kind: str
    raises: str | None = None
    args: tuple[str, ...] = ()


def judge(function: Function) -> Body:
    """Say what the body of ``function`` does."""
    body = [statement for statement in function.body if not _is_literal(statement)]
    if all(isinstance(statement, ast.Pass) for statement in body):
        return Body("passes")
    left = [statement for statement in body if not _is_assignment(statement)]
    if left and isinstance(left[0], ast.Raise):
        return _raised(left[0])
    if len(body) == 1 and isinstance(body[0], ast.Return):
        return Body("returns")
    return Body("works")


def calls(function: Function) -> set[str]:
    """Return the names of the methods that ``function`` calls on ``self``."""
    return {
        node.func.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
    }


def _is_literal(statement: ast.stmt) -> bool:
    """Say whether ``statement`` is a docstring, ``...`` or another bare constant."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_assignment(statement: ast.stmt) -> bool:
    """Say whether ``statement`` only binds a name, or does nothing."""
    return isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Pass))


def _raised(statement: ast.Raise) -> Body:
    """Name the exception of a ``raise`` and the source of what it is given."""
    exc = statement.exc
    if exc is None:
        return Body("raises", "")
    if not isinstance(exc, ast.Call):
        return Body("raises", ast.unparse(exc))
    given = [ast.unparse(arg) for arg in exc.args]
    given += [ast.unparse(keyword) for keyword in exc.keywords]
    return Body("raises", ast.unparse(exc.func), tuple(given))
