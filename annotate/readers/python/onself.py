"""What the methods of a class assign on ``self``, whatever they call it, and the statements in which they may."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import lru_cache

from ...patterns import regex
from . import body
from .body import FUNCTIONS
from .conditions import Block, Under, blocks, branches
from .dynamic import Hot
from .outer import Foreign
from .source import Source
from .walk import nodes

_ALIAS = regex(r" = (?:self|cls)[ \t]*(?:[#;\n]|$)")
_INNER = (*FUNCTIONS, ast.ClassDef)


def assigned(
    source: Source, node: ast.ClassDef, block: Block, hot: Hot, foreign: Foreign
) -> Iterator[tuple[str, int, int]]:
    """The names that the methods of a class assign on ``self`` or ``cls``, each where it is first.

    Args:
        foreign: where attributes of something other than ``self`` are assigned.
    """
    seen = set()
    others = set(foreign.within(node)) - {"self", "cls"}
    aliases: Set[str] = _aliases(source.text) & others if others else others
    if not (others or hot.has_assignment(node)):
        return
    for method, _ in block:
        if not isinstance(method, FUNCTIONS):
            continue
        names = {"self", "cls", *(_names_of_self(method, others, aliases) if others else ())}
        if len(names) == 2 and not hot.has_assignment(method):
            continue
        for statement in _simple(method.body):
            if type(statement) not in _ASSIGNMENTS:
                continue
            for name in _assigned_names(statement, names):
                if name not in seen and not name.startswith("__"):
                    seen.add(name)
                    yield name, statement.lineno, source.column(statement.lineno, statement.col_offset)


_ASSIGNMENTS = frozenset((ast.Assign, ast.AnnAssign))


@lru_cache(maxsize=1)
def _aliases(text: str) -> frozenset[str]:
    """The names that some function of a file gives to its object; asked for by each of its classes."""
    return frozenset(
        text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip() for match in _ALIAS.finditer(text)
    )


def _names_of_self(method: body.FunctionNode, others: set[str], aliases: Set[str]) -> Iterator[str]:
    """The names other than the usual ones by which a method calls its object or class."""
    arguments = [*method.args.posonlyargs, *method.args.args]
    first = arguments[0].arg if arguments else ""
    if first in others and "staticmethod" not in map(body.dotted, method.decorator_list):
        yield first
    for each in _simple(method.body) if aliases else ():
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Name) and each.value.id == first:
            yield from (target.id for target in each.targets if isinstance(target, ast.Name) and target.id in aliases)


def _simple(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The simple statements of a block, of the blocks in it, and of functions that see its ``self``."""
    for statement in block:
        if isinstance(statement, ast.ClassDef):
            continue
        if isinstance(statement, FUNCTIONS):
            if not any(each.arg == "self" for each in statement.args.args):
                yield from _simple(statement.body)
            continue
        inner = blocks(statement)
        if not inner:
            yield statement
        for each in inner:
            yield from _simple(each)


def _assigned_names(statement: ast.stmt, names: set[str]) -> Iterator[str]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = [each for target in statement.targets for each, _ in body.paired(target, statement.value)]
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    for each in targets:
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in names:
            yield each.attr


def statements(function: ast.FunctionDef | ast.AsyncFunctionDef, above: Under) -> Iterator[tuple[ast.stmt, Under]]:
    """The simple statements of a function with the condition they stand under; functions inside it aside."""

    def walk(block: list[ast.stmt], under: Under) -> Iterator[tuple[ast.stmt, Under]]:
        for statement in block:
            if isinstance(statement, _INNER):
                continue
            inner = list(branches(statement, under))
            if not inner:
                yield statement, under
            for each, condition in inner:
                yield from walk(each, condition)
            if inner and any(isinstance(each, ast.Return) for each in nodes(statement)):
                under = under.also("it has not returned before", None)

    return walk(function.body, above)
