"""Which of several headers a file of C means: the one that it includes, directly or through others, else its folder's.

Files are looked into for their ``#include`` lines only where several headers define a struct of one name.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from posixpath import normpath

from ..patterns import regex
from ..records import NamedTuple

_INCLUDE = regex(rb"(?m)^[ \t]*#[ \t]*include(?:_next)?[ \t]*[\"<]([^\">\n]+)[\">]")
#: Headers that include headers, deeper than anybody looks.
_DEEPEST = 16


class Choice(NamedTuple):
    """A header of several, and whether it is sure to be the one that is meant."""

    path: str
    is_sure: bool


class Includes:
    """What the files of a tree include.

    Args:
        text: gives the bytes of a file, none where there is no such file.
        headers: the headers that drivers may include.
    """

    def __init__(self, text: Callable[[str], bytes], headers: Iterable[str]) -> None:
        self._text = text
        self._by_name: dict[str, list[str]] = {}
        for each in headers:
            self._by_name.setdefault(each.rpartition("/")[2], []).append(each)
        self._known: dict[str, tuple[tuple[str, ...], ...]] = {}

    def choose(self, path: str, headers: Collection[str]) -> Choice:
        """Which of several headers a file means."""
        reached = self._first_reached(path, frozenset(headers)) or sorted(headers)
        folder = path.rpartition("/")[0]
        beside = [each for each in reached if each.rpartition("/")[0] == folder]
        if len(beside) == 1 or len(reached) == 1:
            return Choice((beside or reached)[0], True)
        return Choice(min(reached, key=lambda each: (-_shared(path, each), each.count("/"), each)), False)

    def reaches(self, path: str, header: str) -> bool:
        """Whether a file is a header or includes it, directly or through others."""
        return path == header or self._first_reached(path, frozenset({header})) != []

    def _first_reached(self, path: str, headers: frozenset[str]) -> list[str]:
        """The headers that are reached over the fewest others."""
        seen, level = {path}, [path]
        for _ in range(_DEEPEST):
            level = list(dict.fromkeys(each for one in level for each in self._included(one, headers)))
            level = [each for each in level if each not in seen]
            seen.update(level)
            found = sorted(headers.intersection(level))
            if found or not level:
                return found
        return []

    def _included(self, path: str, headers: frozenset[str]) -> Iterator[str]:
        """The files that one includes: beside it, else the headers whose paths end like that."""
        for exact, ending in self._lines(path):
            if self._text(exact):
                yield exact
            else:
                known = self._by_name.get(ending.rpartition("/")[2], ())
                yield from (each for each in {*known, *headers} if f"/{each}".endswith(ending))

    def _lines(self, path: str) -> tuple[tuple[str, ...], ...]:
        if path not in self._known:
            folder = path.rpartition("/")[0]
            names = (match[1].decode("utf-8", "replace") for match in _INCLUDE.finditer(self._text(path)))
            self._known[path] = tuple((normpath(f"{folder}/{name}".lstrip("/")), f"/{name}") for name in names)
        return self._known[path]


def _shared(one: str, other: str) -> int:
    """How many folders two paths have in common."""
    folders = list(zip(one.split("/")[:-1], other.split("/")[:-1], strict=False))
    return next((number for number, (left, right) in enumerate(folders) if left != right), len(folders))
