"""The nodes of a syntax tree, in a part of the time that ``ast`` takes to give them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

#: Kind of node -> the fields that may hold others, as far as they were asked for.
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
_NO_NODES = frozenset({"ctx", "op", "ops", "id", "attr", "type_comment", "type_ignores", "kind"})


def nodes(top: ast.AST) -> Iterator[ast.AST]:
    """A node and everything below it, level by level, in a part of the time that ``ast.walk`` takes.

    Signs of operators and of how a name is used are left out.
    """
    waiting = [top]
    for node in waiting:
        yield node
        kind = type(node)
        for name in _FIELDS[kind] if kind in _FIELDS else _fields(kind):
            value = getattr(node, name, None)
            if type(value) is list:
                waiting += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes that one holds, in the order written; the same left out as by ``nodes``."""
    found: list[ast.AST] = []
    kind = type(node)
    for name in _FIELDS[kind] if kind in _FIELDS else _fields(kind):
        value = getattr(node, name, None)
        if type(value) is list:
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold others."""
    _FIELDS[kind] = () if kind is ast.Constant else tuple(each for each in kind._fields if each not in _NO_NODES)
    return _FIELDS[kind]
