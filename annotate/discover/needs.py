"""What an interface in C needs besides its own file: headers with types and macros, and macros to ignore."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .. import readers
from ..facts import Options
from ..patterns import regex
from .candidates import Candidate
from .ctree import CTree, nearest
from .outline import DEFINE, body, texts

#: A value that is a macro or a call of one, and the field in front of it, if named.
_MACRO = regex(rb"(?:\.\s*(\w+)\s*=|[{,])\s*([A-Z_][A-Z0-9_]{2,}(?=\s*[,}(])|\w+(?=\s*\())")
#: What the reader knows without a header.
_KNOWN = frozenset({b"NULL", b"TRUE", b"FALSE"})
#: An upper-case word inside a declaration; at its start it may stand for fields.
_WORD = regex(rb"(?<=[\w)*\]\s])\b[A-Z][A-Z0-9_]{2,}\b")


def with_needs(tree: CTree, found: Iterable[Candidate]) -> list[Candidate]:
    """The candidates, those in C with the headers and the macros that they need."""
    given = list(found)
    used = [_macros(tree, each) for each in given]
    wanted: frozenset[bytes] = frozenset().union(*used)
    defined: dict[bytes, list[str]] = {}
    for path in tree.headers if wanted else ():
        for name in wanted.intersection(DEFINE.findall(tree.data(path))):
            defined.setdefault(name, []).append(path)
    return [
        _completed(tree, each, {nearest(each.files[0], defined[name]) for name in names if name in defined})
        if each.files
        else each
        for each, names in zip(given, used, strict=True)
    ]


def _completed(tree: CTree, found: Candidate, headers: set[str | None]) -> Candidate:
    ref = tree.resolve(found.path, found.name)
    fields = tree.all_fields(ref) if ref is not None else []
    types = {(path, field.type) for path, field in fields if field.may_be_function}
    needed = headers | {tree.declaring(found.path, name) for name in found.names}
    needed |= {tree.declaring(*each) for each in types} | {path for path, _ in fields}
    return found._replace(
        headers=tuple(sorted(path for path in needed if path is not None and path != found.path)),
        ignored=_ignored(tree, found),
    )


def _macros(tree: CTree, found: Candidate) -> frozenset[bytes]:
    """What may be a macro in the slots of functions, and is not defined in the file of the table."""
    ref = tree.resolve(found.path, found.name) if found.files else None
    fields = tree.all_fields(ref) if ref is not None else []
    functions = {field.name.encode() for path, field in fields if tree.is_function(path, field)}
    wanted: set[bytes] = set()
    for path in found.files:
        data = tree.data(path)
        used = {
            name
            for text in texts(data, found.names)
            for field, name in _MACRO.findall(text)
            if name not in _KNOWN and (not field or field in functions)
        }
        wanted |= used.difference(DEFINE.findall(data))
    return frozenset(wanted)


def _ignored(tree: CTree, found: Candidate) -> tuple[str, ...]:
    """The macros inside declarations of fields without which the reader can read all of the struct."""
    ref = tree.resolve(found.path, found.name)
    if ref is None or not _troubles(tree, found, ()):
        return ()
    declarations = re.split(rb"[;{}]", body(tree.data(found.path), tree.struct(ref)))
    words = {word.decode() for each in declarations for word in _WORD.findall(each.strip())}
    fewest = _troubles(tree, found, words)
    if fewest == _troubles(tree, found, ()):
        return ()
    for word in sorted(words):
        if _troubles(tree, found, words - {word}) <= fewest:
            words.discard(word)
    return tuple(sorted(words))


def _troubles(tree: CTree, found: Candidate, ignored: Iterable[str]) -> int:
    """How many parts of a struct cannot be read if some macros are ignored."""
    options = Options(calls=(found.name,), headers=(found.path,), c=True, ignored=tuple(sorted(ignored)))
    facts = readers.read(found.path, tree.data(found.path), options)
    return sum(len(each.troubles) for each in facts.classes if each.name in found.names or each.name == found.name)
