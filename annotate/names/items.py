"""Items of classes: ``Base[T]`` is ``Base`` to those who derive from it, unless the class itself decides otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ..facts import ClassFact, Member
from .files import File


class Ref(Protocol):
    """What a name refers to, as the tree has it."""

    @property
    def kind(self) -> str:
        """``class`` for a class of the tree."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def name(self) -> str:
        """The qualified name there."""


class Tree(Protocol):
    """What is asked of the tree."""

    def class_fact(self, path: str, name: str) -> ClassFact | None:
        """A class of a file."""

    def file(self, path: str) -> File | None:
        """A file with its indexes."""

    def members(self, path: str, name: str) -> Mapping[str, list[Member]]:
        """The definitions of a class body by name."""

    def resolve(self, path: str, name: str, owner: str = "", above: str = "") -> Ref:
        """What a dotted name in a file refers to."""


#: What ``__class_getitem__`` calls that gives the class itself for its items.
_ALIASES = frozenset({"GenericAlias", "_GenericAlias", "__class_getitem__"})
#: Classes above classes, deeper than anybody derives them.
_DEEPEST = 16


def odd(tree: Tree, ref: Ref, depth: int = 0) -> str | None:
    """Why it is not known which class an item of a class is; None where it is that class."""
    fact = tree.class_fact(ref.path, ref.name) if ref.kind == "class" else None
    if fact is None or depth > _DEEPEST:
        return None
    file, group = tree.file(ref.path), tree.members(ref.path, ref.name).get("__class_getitem__")
    if group and file is not None:
        body = group[-1].body
        is_plain = body.kind != "work" and (body.target or "").rpartition(".")[2] in _ALIASES
        if is_plain or group[-1].kind != "def" or f"{ref.name}.__class_getitem__" in file.facts.passing:
            return None
        return f"{ref.name}.__class_getitem__ decides which class an item is"
    meta = (
        tree.resolve(ref.path, fact.metaclass.text, ref.name.rpartition(".")[0]) if fact.metaclass is not None else ref
    )
    if meta != ref and meta.kind == "class" and "__getitem__" in tree.members(meta.path, meta.name):
        return f"{meta.name}.__getitem__ decides which class an item is"
    bases = (each.text for each in fact.bases if each.kind == "name")
    above = (tree.resolve(ref.path, each, ref.name.rpartition(".")[0], ref.name) for each in bases)
    return next(filter(None, (odd(tree, each, depth + 1) for each in above)), None)
