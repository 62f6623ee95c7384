"""Finds candidates for interfaces in C: structs of function pointers that several files fill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from .candidates import Candidate
from .ctree import CTree, StructRef
from .globs import covering
from .outline import FEWEST_ASSIGNED

_FEWEST_FUNCTIONS = 2
#: A struct with a smaller share of functions is a record with a few hooks.
_SHARE = 0.25


def struct_candidates(tree: CTree, known: Collection[StructRef] = ()) -> Iterator[Candidate]:
    """The structs of function pointers that have initializers, or that functions fill through pointers.

    Those that only arrays use are lists of records and are left out.

    Args:
        known: interfaces, whatever they look like.
    """
    users: dict[StructRef, Counter[tuple[str, str]]] = {ref: Counter() for ref in known}
    for path, file in tree.files.items():
        for name in {**file.tables, **dict.fromkeys(file.arrays)}:
            ref = tree.resolve(path, name)
            if ref is not None:
                users.setdefault(ref, Counter())[path, name] += file.tables.get(name, 0)
    for ref, tables in _filled(tree, set(users)):
        users.setdefault(ref, Counter()).update(tables)
    for ref, tables in users.items():
        fields = tree.all_fields(ref) if ref in known or any(tables.values()) else []
        functions = sum(tree.is_function(path, field) for path, field in fields)
        if ref in known or (functions >= _FEWEST_FUNCTIONS and functions >= _SHARE * len(fields)):
            yield _candidate(tree, ref, tables, len(fields), functions)._replace(known=ref in known)


def _filled(tree: CTree, initialized: Collection[StructRef]) -> Iterator[tuple[StructRef, Counter[tuple[str, str]]]]:
    """The structs whose slots functions set through pointers, each with the files of these; in several files in all."""
    users: dict[StructRef, Counter[tuple[str, str]]] = {}
    for path, file in tree.files.items():
        for name in file.pointers:
            ref = tree.resolve(path, name)
            if ref is not None:
                users.setdefault(ref, Counter())[path, name] += 1
    for ref, tables in users.items():
        fields = tree.fields(ref) if len(tables) > 1 or ref in initialized else []
        functions = {field.name for field in fields if tree.is_function(ref[0], field)}
        filled = {use: len(functions & tree.files[use[0]].assigned) for use in tables}
        shown = sum(count >= FEWEST_ASSIGNED for count in filled.values())
        if shown > 1 or (shown and ref in initialized):
            yield ref, Counter({use: 1 for use, count in filled.items() if count})


def _candidate(tree: CTree, ref: StructRef, tables: Counter[tuple[str, str]], fields: int, functions: int) -> Candidate:
    path, struct = ref[0], tree.struct(ref)
    names = sorted({name for _, name in tables})
    # The name that tables use, if the struct's own file declares it.
    own = [*struct.names, *(name for name in names if name in tree.files[path].typedefs), struct.tag]
    return Candidate(
        path,
        next((name for name in own if name in names), own[0]),
        "table",
        fields,
        functions,
        len({path for (path, _), count in tables.items() if count}),
        covering([path for path, _ in tables] or [path]),
        names=tuple(names) or (own[0],),
        files=tuple(sorted({path for path, _ in tables})),
    )
