"""The headers that an interface in C needs besides its own: for types of fields and macros in tables."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .candidates import Candidate
from .ctree import CTree, nearest
from .globs import covering
from .outline import DEFINE, tables, text_of

_MACRO = re.compile(rb"\b[A-Z_][A-Z0-9_]{2,}\b|\b\w+(?=\s*\()")


def with_headers(tree: CTree, found: Iterable[Candidate]) -> list[Candidate]:
    """The candidates, those in C with globs of the headers that they need."""
    given = list(found)
    used = [_macros(tree, each) for each in given]
    wanted: frozenset[bytes] = frozenset().union(*used)
    defined: dict[bytes, list[str]] = {}
    for path in tree.headers if wanted else ():
        for name in wanted.intersection(DEFINE.findall(tree.data(path))):
            defined.setdefault(name, []).append(path)
    made = []
    for each, names in zip(given, used, strict=True):
        if not each.names:
            made.append(each)
            continue
        needed = _types(tree, each) | {nearest(each.files[0], defined[name]) for name in names if name in defined}
        made.append(each._replace(headers=covering(path for path in needed if path is not None and path != each.path)))
    return made


def _types(tree: CTree, found: Candidate) -> set[str | None]:
    """The headers that declare the types of fields, and the names that tables have for the struct."""
    ref = tree.resolve(found.path, found.name)
    fields = tree.fields(ref) if ref is not None else []
    needed = {tree.declaring(found.path, field.type) for field in fields if field.may_be_function}
    return needed | {tree.declaring(found.path, name) for name in found.names}


def _macros(tree: CTree, found: Candidate) -> frozenset[bytes]:
    """What may be a macro in the tables, and is not defined in their files."""
    wanted: set[bytes] = set()
    for path in found.files:
        data = tree.data(path)
        texts = [text_of(data, each.opening) for each in tables(data) if each.type in found.names]
        used = {name for text in texts for name in _MACRO.findall(text)}
        wanted |= used.difference(DEFINE.findall(data))
    return frozenset(wanted)
