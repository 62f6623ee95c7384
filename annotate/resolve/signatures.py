"""What the function behind a step of a protocol takes and gives, as far as it can be read.

A method says so itself; a name in a table or class body is followed to the function it refers to, also through imports.
Where a decorator may change a function, or it is made by a call, nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..facts import Member
from ..model import Signature
from ..names.mro import Element
from ..names.tree import Tree

_STATIC = "staticmethod"
#: Decorators that leave what a function takes and gives as it is.
_TRANSPARENT = frozenset(
    {_STATIC, "classmethod", "abstractmethod", "abc.abstractmethod", "override", "typing.override"}
)


def of(tree: Tree, path: str, member: Member, owner: str, decorators: Iterable[str]) -> Signature | None:
    """What an entry of a class or table takes and gives; None where that cannot be read.

    Args:
        tree: to follow names in.
        decorators: names of those that only carry annotations.
    """
    if tree.is_c(path):
        return None
    if member.kind == "def":
        return _of_method(member, decorators)
    where = Element("class", path, owner.rpartition(":")[2] if member.kind != "slot" else "")
    if member.body.kind not in ("name", "imported") or not member.body.target:
        return None
    is_bound = member.kind != "slot" and not (member.body.source or "").startswith(_STATIC)
    return _of_name(tree, where, member.body.target, is_bound, decorators)


def _of_method(member: Member, decorators: Iterable[str]) -> Signature | None:
    if not set(member.decorators) <= {*_TRANSPARENT, *decorators}:
        return None
    is_static = _STATIC in member.decorators
    return Signature(member.params if is_static else _bound(member.params), member.gives, True)


def _of_name(tree: Tree, where: Element, target: str, is_bound: bool, decorators: Iterable[str]) -> Signature | None:
    """The function that a name refers to; one that a class body names is a method thereby."""
    own = tree.members(where.path, where.name).get(target, []) if where.name else []
    if own:
        return _of_method(own[-1], decorators) if own[-1].kind == "def" else None
    ref = tree.resolve(where.path, target, where.name)
    file = tree.file(ref.path) if ref.kind == "function" and "." not in ref.name else None
    found = file.functions.get(ref.name) if file is not None else None
    if found is None or found.params is None:
        return None
    return Signature(_bound(found.params) if is_bound else found.params, found.gives, is_bound)


def _bound(parameters: tuple[str, ...]) -> tuple[str, ...]:
    """The parameters that a caller of a method passes."""
    return parameters[1:] if parameters and not parameters[0].startswith("*") else parameters
