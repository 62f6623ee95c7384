"""Finds candidates for interfaces in C: structs of function pointers with initializers in several files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .candidates import Candidate
from .ctree import CTree, StructRef
from .globs import covering

_FEWEST_FUNCTIONS = 2
#: A struct with a smaller share of functions is a record with a few hooks.
_SHARE = 0.25


def struct_candidates(tree: CTree) -> Iterator[Candidate]:
    """The structs of function pointers that have initializers; those that only arrays use are lists of records."""
    users: dict[StructRef, Counter[tuple[str, str]]] = {}
    for path, file in tree.files.items():
        for name in {**file.tables, **dict.fromkeys(file.arrays)}:
            ref = tree.resolve(path, name)
            if ref is not None:
                users.setdefault(ref, Counter())[path, name] += file.tables.get(name, 0)
    for ref, tables in users.items():
        if any(tables.values()):
            yield from _candidate(tree, ref, tables)


def _candidate(tree: CTree, ref: StructRef, tables: Counter[tuple[str, str]]) -> Iterator[Candidate]:
    path, struct, fields = ref[0], tree.struct(ref), tree.fields(ref)
    functions = sum(tree.is_function(path, field) for field in fields)
    if functions < _FEWEST_FUNCTIONS or functions < _SHARE * len(fields):
        return
    names = sorted({name for _, name in tables})
    own = {*struct.names, struct.tag}.intersection(names)
    yield Candidate(
        path,
        own.pop() if len(own) == 1 else next(iter(struct.names), struct.tag),
        "table",
        len(fields),
        functions,
        len({path for (path, _), count in tables.items() if count}),
        covering(path for path, _ in tables),
        names=tuple(names),
        files=tuple(sorted({path for path, _ in tables})),
    )
