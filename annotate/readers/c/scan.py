"""The glance at the bytes of a file that tells whether it holds anything: most files of a tree need no more."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ...facts import Options


def may_hold(path: str, data: bytes, options: Options) -> bool:
    """Whether there is anything to read in a file."""
    return (
        path in options.headers or b"\0" in data or bool(names_in(data, options.calls)) or b"hvsupport: ignore" in data
    )


def names_in(data: bytes, names: Iterable[str]) -> list[str]:
    """The names that occur anywhere in the bytes.

    Names of interfaces mostly share a word, so that one search for it, and a look at each place, tells whether there
    is any.
    """
    given = tuple(names)
    word, around = _common(given)
    if len(word) >= _WORTH and not _has_any(data, word, around):
        return []
    return [name for name in given if name.encode() in data]


_WORTH = 4
_Around = tuple[tuple[int, int, frozenset[bytes]], ...]


def _has_any(data: bytes, word: bytes, around: _Around) -> bool:
    position = data.find(word)
    while position >= 0:
        for before, behind, names in around:
            if data[position - before : position + behind] in names:
                return True
        position = data.find(word, position + len(word))
    return False


@cache
def _common(names: tuple[str, ...]) -> tuple[bytes, _Around]:
    """The longest text that all names share, and the names by how much of them stands before and behind its start.

    A name that holds another one of them (a tag and its typedef) need not be looked for.
    """
    first = min(names, key=len, default="")
    parts = (first[start:end] for start in range(len(first)) for end in range(len(first), start, -1))
    word = max((part for part in parts if all(name.count(part) == 1 for name in names)), key=len, default="")
    groups: dict[tuple[int, int], set[bytes]] = {}
    for name in names:
        if not any(other != name and other in name for other in names):
            before = name.find(word)
            groups.setdefault((before, len(name) - before), set()).add(name.encode())
    return word.encode(), tuple((*key, frozenset(group)) for key, group in groups.items())
