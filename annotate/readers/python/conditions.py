"""Blocks under conditions: ``if``, ``try``, ``match``, ``with`` and loops, followed into every branch."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ...records import NamedTuple
from . import body

Branch = tuple[int, int, int, bool]
WITH = (ast.With, ast.AsyncWith)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))  # Python 3.10 has no except*
#: Most statements are of other kinds, which a look at the type tells at once.
_COMPOUND = frozenset((ast.If, ast.Match, *TRY, *WITH, *_LOOPS))


class Under(NamedTuple):
    """The condition a statement stands under."""

    when: str | None = None
    branch: Branch | None = None

    def also(self, condition: str, branch: Branch | None) -> Under:
        """This condition and one more; a nested branch belongs to no single ``if``."""
        if self.when is None:
            return Under(condition, branch)
        return Under(f"{self.when} and {condition}", None)


Block = list[tuple[ast.stmt, Under]]


def branches(statement: ast.stmt, under: Under) -> Iterable[tuple[list[ast.stmt], Under]]:
    """The blocks of a compound statement with the condition each stands under."""
    return _branches(statement, under) if type(statement) in _COMPOUND else ()


def _branches(statement: ast.stmt, under: Under) -> Iterator[tuple[list[ast.stmt], Under]]:
    if isinstance(statement, ast.If):
        yield from _if_branches(statement, under)
    elif isinstance(statement, TRY):
        yield statement.body, under
        for handler in statement.handlers:
            what = f"except {body.source(handler.type)}" if handler.type else "except"
            yield handler.body, under.also(what, None)
        yield statement.orelse, under
        yield statement.finalbody, under
    elif isinstance(statement, WITH):
        yield statement.body, under
    elif isinstance(statement, ast.Match):
        subject = body.source(statement.subject)
        for case in statement.cases:
            yield case.body, under.also(f"{subject} matches {body.source(case.pattern)}", None)
    elif isinstance(statement, _LOOPS):
        yield statement.body, under.also("in a loop", None)
        yield statement.orelse, under


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks that ``branches`` gives, without what each stands under: to write that down takes its time."""
    if type(statement) not in _COMPOUND:
        return []
    if isinstance(statement, ast.If):
        taken, rest = chain(statement)
        return [*(block for _, block in taken), rest] if rest else [block for _, block in taken]
    if isinstance(statement, TRY):
        return [statement.body, *(each.body for each in statement.handlers), statement.orelse, statement.finalbody]
    if isinstance(statement, ast.Match):
        return [case.body for case in statement.cases]
    if isinstance(statement, _LOOPS):
        return [statement.body, statement.orelse]
    return [statement.body] if isinstance(statement, WITH) else []


def _if_branches(statement: ast.If, under: Under) -> Iterator[tuple[list[ast.stmt], Under]]:
    nodes, rest = chain(statement)
    taken = [(body.source(test), block) for test, block in nodes]
    count = len(taken) + bool(rest)
    for index, (test, block) in enumerate(taken):
        yield block, under.also(test, (statement.lineno, index, count, bool(rest)))
    if rest and taken:
        condition = " and ".join(f"not ({test})" for test, _ in taken)
        yield rest, under.also(condition, (statement.lineno, count - 1, count, True))
    elif rest:
        yield rest, under


def chain(statement: ast.If) -> tuple[list[tuple[ast.expr, list[ast.stmt]]], list[ast.stmt]]:
    """The branches of ``if`` and ``elif`` that may be taken, each with its test, and what is done else."""
    taken: list[tuple[ast.expr, list[ast.stmt]]] = []
    node = statement
    while True:
        constant = _constant(node.test)
        if constant is True:
            return taken, node.body
        if constant is None:
            taken.append((node.test, node.body))
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return taken, node.orelse
        node = node.orelse[0]


def for_checkers(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """What a module has for type checkers only, which they take for what it makes at run time."""
    for each in statements:
        if isinstance(each, ast.If) and not isinstance(each.test, ast.Constant) and _constant(each.test) is False:
            yield from each.body


def _constant(test: ast.expr) -> bool | None:
    """What a condition is known to be at run time: ``TYPE_CHECKING`` and literals."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _constant(test.operand)
        return None if inner is None else not inner
    return False if (body.dotted(test) or "").rpartition(".")[2] == "TYPE_CHECKING" else None


def walk_class(node: ast.ClassDef) -> Block:
    """The statements of a class body, conditions followed, with the condition each stands under."""
    found: Block = []
    _follow(node.body, Under(), found)
    return found


def _follow(statements: list[ast.stmt], under: Under, found: Block) -> None:
    for statement in statements:
        inner = list(branches(statement, under))
        if not inner:
            found.append((statement, under))
        for block, condition in inner:
            _follow(block, condition, found)
