"""The glance at the bytes of a file that tells whether it holds anything: most files of a tree need no more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import combinations
from typing import NamedTuple

from ...facts import Options

#: A shorter text that all names share stands in too many places.
_WORTH = 4
#: The colon comes first, for a search stops at each of the first sign, and that one is rare.
_IGNORE = re.compile(rb": ignore(?<=hvsupport: ignore)")


def may_hold(path: str, data: bytes, options: Options) -> bool:
    """Whether there is anything to read in a file."""
    if path in options.headers or b"\0" in data or _IGNORE.search(data) is not None:
        return True
    search = _search(options.calls)
    if search.pattern is not None:
        return search.pattern.search(data) is not None
    return any(name.encode() in data for name in search.shortest)


def names_in(data: bytes, names: Iterable[str]) -> list[str]:
    """The names that occur anywhere in the bytes, in the order given."""
    given = tuple(names)
    search = _search(given)
    if search.pattern is None:
        return [name for name in given if name.encode() in data]
    found = {search.shortest[(match.lastindex or 1) - 1] for match in search.pattern.finditer(data)}
    return [name for name in given if name in found or (_holds_one(name, found) and name.encode() in data)]


def _holds_one(name: str, found: Iterable[str]) -> bool:
    return any(each in name for each in found)


class _Search(NamedTuple):
    """How to look for some names at once.

    Attributes:
        shortest: those of them that hold no other one (a tag may hold its typedef).
        pattern: finds them, the number of its group tells which; None where they have too little in common.
    """

    shortest: tuple[str, ...]
    pattern: re.Pattern[bytes] | None


@cache
def _search(names: tuple[str, ...]) -> _Search:
    """One search for the longest text that all names share, and a look at what stands around each place.

    An expression that begins with a plain text is searched for as fast as that text alone.
    """
    shortest = tuple(name for name in names if not any(other != name and other in name for other in names))
    first = min(shortest, key=len, default="")
    parts = (first[start:end] for start in range(len(first)) for end in range(len(first), start, -1))
    word = max((part for part in parts if all(name.count(part) == 1 for name in shortest)), key=len, default="")
    ends = [(name[: name.find(word) + len(word)], name[name.find(word) + len(word) :]) for name in shortest]
    if len(word) < _WORTH or any(_fit_together(one, other) for one, other in combinations(ends, 2)):
        return _Search(shortest, None)
    around = "|".join(f"((?<={re.escape(before)})(?={re.escape(behind)}))" for before, behind in ends)
    return _Search(shortest, re.compile(f"{re.escape(word)}(?:{around})".encode()))


def _fit_together(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two names can stand around the same place, of which a search would tell only one."""
    (before, behind), (other_before, other_behind) = one, other
    meet = before.endswith(other_before) or other_before.endswith(before)
    return meet and (behind.startswith(other_behind) or other_behind.startswith(behind))
