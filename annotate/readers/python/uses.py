"""What a body uses of its object on every way through it: methods that it calls, attributes that it reads.

Whether an interface's own body works for a driver depends on these, for the driver may override them.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from typing import TypeGuard

from ...facts import Member, Use
from . import body, walk

_OWNERS = frozenset({"self", "cls"})
#: Methods that get the class without a decorator.
_OF_CLASS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_SKIPPED = (ast.Lambda, ast.IfExp, ast.BoolOp, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)
#: Exceptions whose handlers catch what a stub raises, and parts of the names of others.
_WIDE = frozenset({None, "Exception", "BaseException", "RuntimeError"})
_REFUSALS = ("notimplemented", "notsupported", "unsupported", "unimplemented")


def added(member: Member, node: ast.AST) -> Member:
    """A method with what its body uses; other members as they are."""
    if not isinstance(node, body.FUNCTIONS) or member.body.kind in ("raise", "pass"):
        return member
    found = of_method(node)
    return member._replace(uses=found) if found else member


def of_method(node: body.FunctionNode) -> tuple[Use, ...]:
    """What a body uses of ``self`` on every way through it, in order, whatever it calls it.

    Both branches of an ``if`` must use a name for it to count; loops may run no times; parts of an expression behind
    ``and``, ``or`` and ``if``, and functions inside, may never run. A way that ends in ``raise`` does not count.
    """
    try:
        own = body.own_name(node)
        owners = _owners(node, own)
        return tuple(_Walk(frozenset(owners), _classes(node, own, owners)).always(node.body) or ())
    except RecursionError:
        return ()


def _owners(node: body.FunctionNode, own: str) -> dict[str, str]:
    """The names by which a method calls its object, each with what it is assigned: its own name for the first argument.

    One that is bound again is another object, before or behind that.
    """
    found = {name: name for name in (*_OWNERS, own)}
    again: set[str] = set()
    is_assigned = False
    for each in node.body:
        for target in each.targets if isinstance(each, ast.Assign) else ():
            if isinstance(target, ast.Name) and isinstance(each, ast.Assign):
                value = each.value.id if isinstance(each.value, ast.Name) else ""
                is_own = value in found and value != target.id and found.get(target.id, target.id) == target.id
                again.update({target.id} if target.id in found and not is_own else ())
                found.update({target.id: found[value]} if is_own else {})
                is_assigned = is_assigned or is_own
    if is_assigned:
        bound = Counter(each.id for each in walk.nodes(node) if _is_bound(each))
        again.update(name for name in found if bound[name] > (found[name] != name))
    return {name: stands for name, stands in found.items() if name not in again}


def _is_bound(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)


def _classes(node: body.FunctionNode, own: str, owners: Mapping[str, str]) -> frozenset[str]:
    """Those of these names that are the class: to read a property from it does not run the property."""
    is_of_class = node.name in _OF_CLASS or any(body.dotted(each) == "classmethod" for each in node.decorator_list)
    classes = {own} if is_of_class else {"cls"} - {own}
    return frozenset(name for name, stands in owners.items() if stands in classes)


class _Walk:
    """Goes through one method.

    Args:
        owners: the names of its object.
        classes: those of them that are its class.
    """

    def __init__(self, owners: frozenset[str], classes: frozenset[str]) -> None:
        self._owners, self._classes = owners, classes

    def always(self, block: list[ast.stmt]) -> list[Use] | None:
        """What every way through a block uses; None when no way leads through it."""
        found: list[Use] = []
        for statement in block:
            used = self._always_in(statement)
            if used is None:
                return None
            found += used
            if _may_return(statement):
                break
        return list(dict.fromkeys(found))

    def _always_in(self, statement: ast.stmt) -> list[Use] | None:
        if isinstance(statement, ast.Raise):
            return None
        if isinstance(statement, ast.If):
            ways = [way for way in (self.always(statement.body), self.always(statement.orelse)) if way is not None]
            if not ways:
                return None
            return self._used(statement.test) + [use for use in ways[0] if all(use in way for way in ways)]
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            inner = self.always(statement.body)
            entered = [use for item in statement.items for use in self._used(item.context_expr)]
            return None if inner is None else entered + inner
        if isinstance(statement, ast.Try):
            return [] if any(map(_swallows, statement.handlers)) else self.always(statement.body)
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            return self._used(statement.iter)
        if isinstance(statement, ast.While):
            return self._used(statement.test)
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)):
            return self._used(statement)
        return []

    def _used(self, node: ast.AST) -> list[Use]:
        """What an expression uses of ``self`` whatever its parts give."""
        found: list[Use] = []
        stack = [node]
        while stack:
            each = stack.pop()
            if isinstance(each, _SKIPPED):
                continue
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
                use = self._use(each.func, True)
                if use is not None:
                    found.append(use)
                    stack += reversed([*each.args, *(keyword.value for keyword in each.keywords)])
                    continue
            elif isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Load):
                use = self._use(each, False)
                if use is not None:
                    found.append(use)
                    continue
            stack.extend(reversed(walk.children(each)))
        return found

    def _use(self, node: ast.Attribute, called: bool) -> Use | None:
        if isinstance(node.value, ast.Name):
            is_run = called or node.value.id not in self._classes
            return Use(node.attr, called) if node.value.id in self._owners and is_run else None
        owner, _, name = (body.dotted(node) or "").rpartition(".")
        is_super = owner.startswith("super(")
        return Use(name, called, True, owner[len("super(") : -1]) if is_super else None


def _may_return(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return False
    return any(isinstance(each, ast.Return) for each in walk.nodes(statement))


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler may catch what a stub raises."""
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = [body.dotted(each) for each in types]
    return any(name in _WIDE or any(part in (name or "").lower() for part in _REFUSALS) for name in names)
