"""Finds candidates for interfaces in Python: base classes that drivers implement, and table types.

A class is a candidate if it has subclasses and most of its public methods are stubs: they raise, are abstract or do
nothing, at least one of the first two. So is one whose methods several subclasses override, if one of its methods is a
stub, or its name says that it is a base class or what can be plugged in. If it derives from a class of a library,
methods that several subclasses define are taken for methods of that; else private ones that most of them define are its
hooks. Candidates are ranked by the number of subclasses times the share of such methods. A table type is a candidate if
most of its fields are functions and it is called with keywords.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..patterns import regex
from ..records import NamedTuple
from .globs import covering
from .registries import Listed, Registries
from .shapes import ClassShape, keyword_calls
from .tree import UNPARSABLE, ClassRef, SourceTree

_MOSTLY = 0.5
_SEVERAL = 2
_FEWEST_VARIED = 3
#: A class with such a name is meant to be derived from.
_BASE = regex(r"^_?(?:Base|Abstract)|(?:Base|Interface)$")
#: An interface with fewer entries is seldom worth a page and gets a lower score.
_ROOMY = 10
#: Names of folders, files and classes for what can be plugged in.
_PLUGGABLE = regex(
    r"(?i:adapter|authenticator|backend|broker|connector|dialect|driver|engine|executor|hypervisor|implementation|plugin"
    r"|provider|spawner|storage|transport)"
)
_LIKELIER = 2
#: More drivers than these make no page likelier.
_MANY = 40
_USUAL_STUB = "NotImplementedError"


class Candidate(NamedTuple):
    """A candidate for an interface.

    Attributes:
        kind: ``class`` or ``table``.
        entries: number of its public methods or fields.
        stubs: how many of them a driver probably implements.
        drivers: number of subclasses, or of files with calls.
        globs: match the files of all drivers.
        listed: the project's own list of the drivers, or None.
        exceptions: raised by its stubs; empty if only NotImplementedError.
        headers: for C, the headers that its fields and tables need.
        ignored: for C, the macros to ignore in it.
        names: for C, the names that tables have for the struct.
        files: for C, the files of the drivers.
        spread: number of files with drivers; 0 if it is that of the drivers.
        known: it was asked for.
        outside: the class of a library that it derives from and that has entries of it, or None.
        additional: those entries, or hooks that most drivers define.
        share: which part of its drivers do not rather belong to larger interfaces that derive from it.
    """

    path: str
    name: str
    kind: str
    entries: int
    stubs: int
    drivers: int
    globs: tuple[str, ...]
    listed: Listed | None = None
    exceptions: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    spread: int = 0
    known: bool = False
    outside: str | None = None
    additional: tuple[str, ...] = ()
    share: float = 1.0

    @property
    def score(self) -> float:
        """Likelihood; larger is likelier."""
        # Drivers have files of their own; classes that share one are seldom any.
        drivers = min(self.share * (self.drivers + (self.spread or self.drivers)) / 2, _MANY)
        likelier = _LIKELIER if _PLUGGABLE.search(f"{self.path}:{self.name}") else 1
        varied = self.stubs / max(self.entries, 1)
        return likelier * drivers * varied * min(self.entries, _ROOMY) / _ROOMY


def ranked(found: Iterable[Candidate]) -> list[Candidate]:
    """Candidates, likeliest first; a table type that is a candidate as a class too counts as a table."""
    found = list(found)
    tables = {(each.path, each.name) for each in found if each.kind == "table"}
    found = [each for each in found if each.kind == "table" or (each.path, each.name) not in tables]
    return sorted(found, key=lambda each: (-each.score, -each.entries, each.path, each.name))


def candidates(tree: SourceTree, registries: Registries, known: Collection[ClassRef] = ()) -> list[Candidate]:
    """All candidates of Python files.

    Args:
        registries: the lists of drivers in them.
        known: interfaces, whatever they look like.
    """
    return [*_classes(tree, registries, known), *_tables(tree, known)]


# -- classes


def _classes(tree: SourceTree, registries: Registries, known: Collection[ClassRef]) -> Iterator[Candidate]:
    children = _children(tree)
    found: dict[ClassRef, tuple[frozenset[str], set[ClassRef]]] = {}
    for ref in dict.fromkeys([*children, *known]):
        derived = _descendants(ref, children)
        varied = _varied(tree, ref, derived)
        if ref in known or _is_interface(tree, ref, varied, derived):
            found[ref] = varied, derived
        elif _BASE.search(ref[1]) or _PLUGGABLE.search(ref[1]):
            bases = tree.shape_of(ref).bases
            above = next(filter(None, (tree.outside(ref[0], base) for base in bases)), None)
            is_root = all(tree.resolve(ref[0], base) is None for base in bases)
            names = _shared(tree, derived, above is None) - tree.shape_of(ref).defines
            if len(names) >= _FEWEST_VARIED - (len(varied) if above else 0) and (above or is_root):
                made = _class(tree, ref, varied, derived, registries.of(derived, derived - set(children)))
                number, stubs = made.entries + len(names), len(names | varied)
                yield made._replace(entries=number, stubs=stubs, outside=above, additional=tuple(sorted(names)))
    for ref, (varied, derived) in found.items():
        listed = registries.of(derived, derived - set(children))
        made = _class(tree, ref, varied, derived, listed)
        yield made._replace(known=ref in known, share=_share(ref, found))


def _shared(tree: SourceTree, derived: set[ClassRef], is_private: bool) -> frozenset[str]:
    """The public methods that several drivers define; or the private ones that most of them do."""
    shapes = map(tree.shape_of, derived)
    counts = Counter(name for each in shapes for name in (each.hooks if is_private else each.defines))
    fewest = max(_SEVERAL, _MOSTLY * len(derived)) if is_private else _SEVERAL
    return frozenset(name for name, count in counts.items() if count >= fewest)


def _share(ref: ClassRef, found: Mapping[ClassRef, tuple[frozenset[str], set[ClassRef]]]) -> float:
    """The part of the drivers of a class that do not belong to several interfaces below it with own entries."""
    varied, derived = found[ref]
    fewest = min(len(varied), _FEWEST_VARIED)
    larger = [each for each in derived & found.keys() if len(found[each][0] - varied) >= fewest]
    theirs = [found[each][1] | {each} for each in larger if not any(each in found[other][1] for other in larger)]
    return 1 - len(set().union(*theirs)) / len(derived) if len(theirs) >= _SEVERAL else 1.0


def _varied(tree: SourceTree, ref: ClassRef, derived: set[ClassRef]) -> frozenset[str]:
    """The public methods that drivers implement: stubs, those that do nothing, and those that several override."""
    shape = tree.shape_of(ref)
    overridden = Counter(name for each in derived for name in tree.shape_of(each).defines & shape.defines)
    return shape.open | {name for name, count in overridden.items() if count >= _SEVERAL}


def _is_interface(tree: SourceTree, ref: ClassRef, varied: frozenset[str], derived: set[ClassRef]) -> bool:
    """Whether most public methods are stubs, or several are overridden and something tells that it is meant to be."""
    shape = tree.shape_of(ref)
    # A class with such a name that derives from another one of the tree is rather a driver.
    is_root = _PLUGGABLE.search(ref[1]) and all(tree.resolve(ref[0], base) is None for base in shape.bases)
    if shape.stubs and shape.stubs + shape.idle >= _MOSTLY * shape.methods:
        return True
    is_meant = shape.refuses or is_root or _BASE.search(shape.name) is not None
    return is_meant and len(derived) >= _SEVERAL and len(varied) >= _FEWEST_VARIED


def _class(
    tree: SourceTree, ref: ClassRef, varied: frozenset[str], derived: set[ClassRef], listed: Listed | None
) -> Candidate:
    shape = tree.shape_of(ref)
    exceptions = {_USUAL_STUB, *shape.raised} if set(shape.raised) - {_USUAL_STUB} else set()
    files = {path for path, _ in derived}
    return Candidate(
        *ref,
        "class",
        shape.methods,
        len(varied),
        len(derived),
        covering(files or {ref[0]}),
        listed,
        tuple(sorted(exceptions)),
        spread=len(files),
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


# -- table types


def _tables(tree: SourceTree, known: Collection[ClassRef]) -> Iterator[Candidate]:
    types = {(path, name): shape for path, name, shape in _table_types(tree)}
    callers = _callers(tree, set(types)) if types else {}
    for ref, shape in types.items():
        paths = callers.get(ref, [])
        functions = sum(_is_function(tree, ref[0], field) for field in shape.fields)
        if paths:
            yield Candidate(
                *ref, "table", len(shape.fields), functions, len(paths), covering(paths), known=ref in known
            )


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
