"""Blocks under conditions: ``if``, ``try``, ``match``, ``with`` and loops, followed into every branch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from . import body

Branch = tuple[int, int, int, bool]


class Under(NamedTuple):
    """The condition a statement stands under."""

    when: str | None = None
    branch: Branch | None = None

    def also(self, condition: str, branch: Branch | None) -> Under:
        """This condition and one more; a nested branch belongs to no single ``if``."""
        if self.when is None:
            return Under(condition, branch)
        return Under(f"{self.when} and {condition}", None)


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
    elif isinstance(statement, ast.With | ast.AsyncWith):
        yield statement.body, under
    elif isinstance(statement, ast.Match):
        subject = body.source(statement.subject)
        for case in statement.cases:
            yield case.body, under.also(f"{subject} matches {body.source(case.pattern)}", None)
    elif isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        yield statement.body, under.also("in a loop", None)
        yield statement.orelse, under


def _if_branches(statement: ast.If, under: Under) -> Iterator[tuple[list[ast.stmt], Under]]:
    chain, rest = _chain(statement)
    count = len(chain) + bool(rest)
    for index, (test, block) in enumerate(chain):
        yield block, under.also(test, (statement.lineno, index, count, bool(rest)))
    if rest and chain:
        condition = " and ".join(f"not ({test})" for test, _ in chain)
        yield rest, under.also(condition, (statement.lineno, count - 1, count, True))
    elif rest:
        yield rest, under


def _chain(statement: ast.If) -> tuple[list[tuple[str, list[ast.stmt]]], list[ast.stmt]]:
    """The branches of ``if`` and ``elif`` that may be taken, each with its test, and what is done else."""
    chain: list[tuple[str, list[ast.stmt]]] = []
    node = statement
    while True:
        constant = _constant(node.test)
        if constant is True:
            return chain, node.body
        if constant is None:
            chain.append((body.source(node.test), node.body))
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return chain, node.orelse
        node = node.orelse[0]


def _constant(test: ast.expr) -> bool | None:
    """What a condition is known to be at run time: ``TYPE_CHECKING`` and literals."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _constant(test.operand)
        return None if inner is None else not inner
    return False if (body.dotted(test) or "").rpartition(".")[2] == "TYPE_CHECKING" else None


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
