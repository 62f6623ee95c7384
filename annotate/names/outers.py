"""What modules do to the classes of the tree from outside, by the class that is changed.

A file that was not loaded is not looked into: those of drivers, and those that names lead to, are.
"""

from __future__ import annotations

from ..touched import Outer
from .files import File
from .tree import Ref, Tree

#: Path of a file, and what it does.
Change = tuple[str, Outer]

#: What may be called that the tree has the body of.
_CALLED = frozenset({"function", "class", "made"})


class Outers:
    """The changes that the files loaded so far make."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._done: set[str] = set()
        self._changed: dict[tuple[str, str], list[Change]] = {}
        self._registered: dict[tuple[str, str], list[Change]] = {}

    def of(self, path: str, name: str) -> list[Change]:
        """What is set on a class, and the functions that it is given to."""
        self.update()
        return self._changed.get((path, name), [])

    def registered(self, path: str, name: str) -> list[Change]:
        """The registrations of a class as a virtual subclass of others."""
        self.update()
        return self._registered.get((path, name), [])

    def update(self) -> None:
        """Look into the files that were loaded since; to find out whom they mean may load others."""
        while len(self._done) < self._tree.count:
            for file in list(self._tree.files):
                if file.path not in self._done:
                    self._done.add(file.path)
                    for each in file.facts.outer:
                        self._note(file, each)

    def _note(self, file: File, each: Outer) -> None:
        if each.how == "given" and self._tree.resolve(file.path, each.name).kind not in _CALLED:
            return
        ref = self.meant(file.path, each.owner)
        if ref.kind == "class":
            found = self._registered if each.how == "registered" else self._changed
            found.setdefault((ref.path, ref.name), []).append((file.path, each))
        elif ref.kind == "module" and each.how == "set" and each.name:
            reason = f"{each.name!r} is also bound at {file.path}:{each.line}"
            self._tree.rebound[ref.path, each.name] = reason

    def meant(self, path: str, owner: str) -> Ref:
        """What the owner of a change is; ``module:name`` is one that a function imports."""
        module, colon, dotted = owner.partition(":")
        if not colon:
            return self._tree.resolve(path, owner)
        first, _, rest = dotted.partition(".")
        ref = self._tree.imported(path, module, first)
        return self._tree.attributes(ref, rest)
