"""What decorators make of methods: what runs may not be what stands in the class.

A decorator of the tree that never calls what it was given decides alone what the method does; one that calls it, or is
outside the tree, leaves that to the method. A method of which only overloads are written refuses every call.
"""

from __future__ import annotations

from ..facts import ABSTRACT, Body, Member
from ..names.mro import Element, Orders
from ..names.tree import Ref, Tree

#: Those that need no look: they call what they were given, or are not called at all.
_PLAIN = frozenset({"property", "staticmethod", "classmethod", "contextmanager", "cached_property", "wraps"}) | ABSTRACT
_ABSTRACT = Body("abstract")
#: What ``typing`` puts in the place of a method of which nothing but overloads is written.
_OVERLOADED = Body("raise", "NotImplementedError")


class Replaced:
    """Knows what decorators do; each is looked up once."""

    def __init__(self, tree: Tree, orders: Orders) -> None:
        self._tree, self._orders = tree, orders
        self._known: dict[tuple[str, str, str], tuple[Body, Element] | None] = {}

    def of(self, member: Member, where: Element) -> tuple[Body, Element]:
        """The body that runs for a member of a class, and where it stands."""
        for name in member.decorators:
            found = self._decorator(name, where)
            if found is not None and found[0] != _ABSTRACT:
                return found
        return member.body, where

    def is_abstract(self, member: Member, where: Element) -> bool:
        """Whether deriving classes have to define a member."""
        if member.is_abstract:
            return True
        found = (self._decorator(name, where) for name in member.decorators)
        return any(each is not None and each[0] == _ABSTRACT for each in found)

    def made(self, path: str, name: str) -> tuple[Body, Element] | None:
        """What a function, or a class whose objects are called, gives to be called in its place."""
        file = self._tree.file(path)
        body = file.wrappers.get(name) if file is not None else None
        if body is not None:
            return body, Element("class", path, "")
        return self._object(path, name) if file is not None and name in file.classes else None

    def _decorator(self, name: str, where: Element) -> tuple[Body, Element] | None:
        last = name.rpartition(".")[2]
        if last in _PLAIN:
            return None
        key = (where.path, where.name, name)
        if key not in self._known:
            if last == "overload" and not where.path.endswith(".pyi"):
                self._known[key] = _OVERLOADED, where
            else:
                ref = self._tree.resolve(where.path, name, where.name)
                is_abstract = ref.kind == "external" and ref.name.rpartition(".")[2] in ABSTRACT
                known = self._known_of(ref)
                self._known[key] = (_ABSTRACT, where) if is_abstract else known
        return self._known[key]

    def _known_of(self, ref: Ref) -> tuple[Body, Element] | None:
        """What a decorator of the tree puts in the place of what it is given."""
        file = self._tree.file(ref.path) if ref.kind in ("function", "class", "made") else None
        if file is not None and ref.kind == "made":
            ref = self._tree.resolve(ref.path, file.made[ref.name])
        if ref.kind == "class":
            if self._makes_other(ref):
                return None
            # An object that is called with the method, and gives another.
            found = self.made(ref.path, f"{ref.name}.__call__")
            if found is not None:
                return found
        return self.made(ref.path, ref.name) if ref.kind in ("function", "class") else None

    def _makes_other(self, ref: Ref) -> bool:
        """Whether a call of a class may give something else than an object of it."""
        above = [each for each in self._orders.of(ref.path, ref.name) if each.kind == "class"]
        facts = (self._tree.class_fact(each.path, each.name) for each in above)
        made = any("__new__" in self._tree.members(each.path, each.name) for each in above)
        return made or any(fact is not None and fact.metaclass is not None for fact in facts)

    def _object(self, path: str, name: str) -> tuple[Body, Element] | None:
        """What an object does when it is read from a class or called, where that is to refuse."""
        for method in ("__get__", "__call__"):
            for each in self._orders.of(path, name):
                members = self._tree.members(each.path, each.name) if each.kind == "class" else {}
                if method in members:
                    body = members[method][-1].body
                    if body.kind == "raise":
                        return body, each
                    return None
        return None
