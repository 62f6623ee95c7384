"""What functions put in the place of a method: decorators, and what makes one from scratch.

A decorator that calls the function it was given leaves the judgement to that function. One that never does decides by
itself what the method does: ``not_supported`` refuses whatever stands below it, ``by_backend`` does the work.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...facts import ABSTRACT
from ...touched import Wrapper
from . import body, members, walk
from .source import Source

_FUNCTIONS = (*body.FUNCTIONS, ast.Lambda)
#: They copy the name and the docstring of a function.
_COPIES_NAME = frozenset({"wraps", "update_wrapper"})
_PASSES = _COPIES_NAME | {"staticmethod", "classmethod", "property"}
_MARK = "__isabstractmethod__"


def made(name: str, node: body.FunctionNode) -> Iterator[Wrapper]:
    """What the function that a function gives back does, unless that is up to the one that it was given.

    Args:
        name: the function; ``Class.method`` of a method.
    """
    inner = _given_back(node)
    if inner is None:
        return
    outer: list[body.FunctionNode] = [node]
    # ``@not_supported("why")``: what takes the function is given back by what takes the reason.
    deeper = None if isinstance(inner, ast.Lambda) or not _takes_function(inner) else _given_back(inner)
    if deeper is not None and not isinstance(inner, ast.Lambda):
        outer.append(inner)
        inner = deeper
    does = body.of_value(inner) if isinstance(inner, ast.Lambda) else body.of_function(inner)
    if does.kind == "raise" or not any(_uses(node, given) for each in outer for given in _parameters(each)):
        yield Wrapper(name, *(does[:2] if does.kind in ("raise", "pass") else body.WORK[:2]))


def may_mark_abstract(source: Source) -> bool:
    """Whether a file may hold such a decorator; a search for plain texts is fast."""
    text = source.text
    return "abstractmethod" in text and (_MARK in text or "abstractmethod(" in text)


def marks_abstract(node: body.FunctionNode) -> bool:
    """Whether a decorator makes what it is given an abstract method."""
    for each in walk.nodes(node):
        if isinstance(each, ast.Attribute) and each.attr == _MARK and isinstance(each.ctx, ast.Store):
            return True
        if isinstance(each, ast.Return) and isinstance(each.value, ast.Call):
            called = (body.dotted(each.value.func) or "").rpartition(".")[2]
            if called in ABSTRACT:
                return True
    return False


def _given_back(node: body.FunctionNode) -> body.FunctionNode | ast.Lambda | None:
    """The function inside of another one that it gives back at its end, and nowhere another."""
    last = node.body[-1]
    if type(last) is not ast.Return:
        return None
    value = _unwrapped(last.value)
    if isinstance(value, ast.Lambda):
        found: body.FunctionNode | ast.Lambda | None = value
    else:
        if not isinstance(value, ast.Name):
            return None
        name = value.id
        inner = [each for each in node.body if isinstance(each, body.FUNCTIONS) and each.name == name]
        if len(inner) != 1 or not set(map(_last, members.decorators(inner[0]))) <= _COPIES_NAME:
            return None
        found = inner[0]
    return found if sum(1 for _ in _returns(node)) == 1 else None


def _unwrapped(value: ast.expr | None) -> ast.expr | None:
    """The function in ``wraps(f)(function)`` and ``update_wrapper(function, f)``, or in a descriptor."""
    if not isinstance(value, ast.Call) or not value.args:
        return value
    if isinstance(value.func, ast.Call):
        is_wrapped = _last(body.dotted(value.func.func) or "") in _COPIES_NAME
    else:
        is_wrapped = _last(body.dotted(value.func) or "") in _PASSES
    return value.args[0] if is_wrapped else value


def _returns(node: body.FunctionNode) -> Iterator[ast.Return]:
    waiting: list[ast.AST] = list(node.body)
    for each in waiting:
        if isinstance(each, ast.Return):
            yield each
        elif not isinstance(each, (*_FUNCTIONS, ast.ClassDef)):
            waiting.extend(walk.children(each))


def _takes_function(node: body.FunctionNode) -> bool:
    """Whether a function takes one argument that is not the object of a method."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    return len(arguments) == 1 and arguments[0].arg not in ("self", "cls") and node.args.vararg is None


def _parameters(node: body.FunctionNode) -> Iterator[str]:
    every = (*node.args.posonlyargs, *node.args.args, node.args.vararg, *node.args.kwonlyargs, node.args.kwarg)
    return (each.arg for each in every if each is not None)


def _uses(node: ast.AST, name: str) -> bool:
    """Whether a function uses something that is given to the one around it, its name and documentation aside."""
    waiting: list[ast.AST] = [node]
    for each in waiting:
        if isinstance(each, ast.Name) and each.id == name:
            return True
        if isinstance(each, ast.Attribute) and each.attr.startswith("__") and isinstance(each.value, ast.Name):
            continue
        if isinstance(each, ast.Call) and _last(body.dotted(each.func) or "") in _COPIES_NAME:
            continue
        waiting.extend(walk.children(each))
    return False


def _last(name: str) -> str:
    return name.rpartition(".")[2]
