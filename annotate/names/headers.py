"""C's names across files: a file knows the structs and typedefs of its own and those of the shared headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .files import File

#: What a typedef can stand for in the end, as the reader writes it down.
_MEANINGS = frozenset({"(*)", "()", "data", "{}"})


class Headers:
    """What the files of C know of each other.

    Args:
        file: gives a file by its path.
    """

    def __init__(self, file: Callable[[str], File | None]) -> None:
        self._file = file
        self._shared: dict[str, None] = {}
        self._known_in: dict[str, list[File]] = {}

    def share(self, paths: Iterable[str]) -> None:
        """Let the structs and typedefs of some headers be known in every file of C."""
        self._shared.update(dict.fromkeys(paths))
        self._known_in.clear()

    def struct(self, path: str, name: str) -> tuple[str, str] | None:
        """Path and name of the struct that a tag or a typedef means in a file; None where none is known."""
        for file in self._headers(path):
            struct = file.struct(name)
            if struct in file.classes:
                return file.path, struct
        return None

    def typedef(self, path: str, name: str) -> str | None:
        """What a typedef stands for in the end: a function pointer, a function, data; None where no file says."""
        meaning = self._meaning(path, name)
        return "data" if meaning == "{}" else meaning

    def takes_many(self, path: str, name: str) -> bool:
        """Whether a typedef stands for a struct or a union."""
        return self._meaning(path, name) == "{}"

    def _meaning(self, path: str, name: str) -> str | None:
        headers = self._headers(path)
        seen = set()
        while name not in seen:
            seen.add(name)
            if any(each.struct(name) in each.classes for each in headers):
                return "{}"
            target = next((each.aliases[name][0] for each in headers if name in each.aliases), None)
            if target is None or target in _MEANINGS:
                return target
            if " " in target:
                return "data" if target.startswith("enum ") else "{}"
            name = target
        return None

    def _headers(self, path: str) -> list[File]:
        """The files whose structs and typedefs are known in a file: its own, then the shared ones."""
        if path not in self._known_in:
            files = [self._file(each) for each in dict.fromkeys((path, *self._shared))]
            self._known_in[path] = [file for file in files if file is not None and file.is_c]
        return self._known_in[path]
