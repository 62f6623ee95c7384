"""Finds candidates for interfaces in an unknown tree: base classes with stubs, and table types.

A class is a candidate if it has subclasses and most of its public methods are stubs: they raise, are abstract or do
nothing, at least one of the first two. Candidates are ranked by the number of subclasses times the share of stubs. A
table type is a candidate if most of its fields are functions and it is called with keywords.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .globs import covering
from .shapes import ClassShape, keyword_calls
from .tree import UNPARSABLE, ClassRef, SourceTree

_MOSTLY = 0.5
#: An interface with fewer entries is seldom worth a page and gets a lower score.
_ROOMY = 10
_USUAL_STUB = "NotImplementedError"


class Candidate(NamedTuple):
    """A candidate for an interface.

    Attributes:
        path: of its file, relative to the root.
        name: of the class.
        kind: ``class`` or ``table``.
        entries: number of its public methods or fields.
        stubs: how many of them a driver probably implements.
        drivers: number of subclasses, or of files with calls.
        globs: match the files of all drivers.
        registry: ``path:NAME`` of the dict or list of the drivers, or None.
        exceptions: raised by its stubs; empty if only NotImplementedError.
    """

    path: str
    name: str
    kind: str
    entries: int
    stubs: int
    drivers: int
    globs: tuple[str, ...]
    registry: str | None = None
    exceptions: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Likelihood; larger is likelier."""
        return self.drivers * self.stubs / self.entries * min(self.entries, _ROOMY) / _ROOMY


def candidates(tree: SourceTree) -> list[Candidate]:
    """All candidates of a tree, likeliest first."""
    found = [*_classes(tree), *_tables(tree)]
    return sorted(found, key=lambda each: (-each.score, -each.entries, each.path, each.name))


# -- classes


def _classes(tree: SourceTree) -> Iterator[Candidate]:
    children = _children(tree)
    registries = _registries(tree)
    for ref in children:
        shape = tree.shape_of(ref)
        if shape.stubs and shape.stubs + shape.idle >= _MOSTLY * shape.methods:
            derived = _descendants(ref, children)
            yield _class(ref, shape, derived, _registry(registries, derived))


def _class(ref: ClassRef, shape: ClassShape, derived: set[ClassRef], registry: str | None) -> Candidate:
    exceptions = {_USUAL_STUB, *shape.raised} if set(shape.raised) - {_USUAL_STUB} else set()
    return Candidate(
        *ref,
        "class",
        shape.methods,
        shape.stubs + shape.idle,
        len(derived),
        covering(path for path, _ in derived),
        registry,
        tuple(sorted(exceptions)),
    )


def _children(tree: SourceTree) -> dict[ClassRef, list[ClassRef]]:
    """Class -> its direct subclasses."""
    found: dict[ClassRef, list[ClassRef]] = {}
    for path, file in tree.files.items():
        for shape in file.classes.values():
            for base in shape.bases:
                ref = tree.resolve(path, base)
                if ref is not None and ref != (path, shape.name):
                    found.setdefault(ref, []).append((path, shape.name))
    return found


def _descendants(ref: ClassRef, children: dict[ClassRef, list[ClassRef]]) -> set[ClassRef]:
    found: set[ClassRef] = set()
    pending = [ref]
    while pending:
        for child in children.get(pending.pop(), ()):
            if child not in found and child != ref:
                found.add(child)
                pending.append(child)
    return found


def _registries(tree: SourceTree) -> dict[str, set[ClassRef]]:
    """``path:NAME`` -> the classes in a registry; registries that name anything else are ignored."""
    found: dict[str, set[ClassRef]] = {}
    for path, file in tree.files.items():
        for registry in file.registries:
            named = [tree.find(*each) if each is not None else None for each in registry.named]
            known = {ref for ref in named if ref is not None}
            if len(named) > 1 and None not in named:
                found[f"{path}:{registry.name}"] = known
    return found


def _registry(registries: dict[str, set[ClassRef]], derived: set[ClassRef]) -> str | None:
    """The largest registry that names most of these classes and nothing else."""
    found = [(-len(named), name) for name, named in registries.items() if named <= derived]
    found = [each for each in found if -each[0] >= _MOSTLY * len(derived)]
    return min(found)[1] if found else None


# -- table types


def _tables(tree: SourceTree) -> Iterator[Candidate]:
    types = {(path, name): shape for path, name, shape in _table_types(tree)}
    callers = _callers(tree, set(types)) if types else {}
    for ref, shape in types.items():
        paths = callers.get(ref, [])
        functions = sum(_is_function(tree, ref[0], field) for field in shape.fields)
        if paths:
            yield Candidate(*ref, "table", len(shape.fields), functions, len(paths), covering(paths))


def _table_types(tree: SourceTree) -> Iterator[tuple[str, str, ClassShape]]:
    for path, file in tree.files.items():
        for shape in file.classes.values():
            functions = sum(_is_function(tree, path, field) for field in shape.fields)
            if functions > 1 and functions >= _MOSTLY * len(shape.fields):
                yield path, shape.name, shape


def _is_function(tree: SourceTree, path: str, field: frozenset[str]) -> bool:
    """Whether a field is annotated as Callable, directly or by an alias of this or an imported file."""
    return any(name == "Callable" or _is_alias(tree, path, name) for name in field)


def _is_alias(tree: SourceTree, path: str, name: str) -> bool:
    file = tree.files[path]
    if name in file.callables:
        return True
    module, attribute = file.imports.get(name, ("", ""))
    target = tree.module(path, module) if attribute else None
    return target is not None and attribute in tree.files[target].callables


def _callers(tree: SourceTree, types: set[ClassRef]) -> dict[ClassRef, list[str]]:
    """Table type -> the files that call it with keywords, including its own."""
    names = {name.encode() for _, name in types}
    found: dict[ClassRef, list[str]] = {}
    for path in tree.files:
        data = tree.data(path)
        if not any(name in data for name in names):
            continue
        try:
            called = keyword_calls(data)
        except UNPARSABLE:
            continue
        meant = {tree.resolve(path, name) for name in called}
        for ref in types & meant:
            found.setdefault(ref, []).append(path)
    return found
