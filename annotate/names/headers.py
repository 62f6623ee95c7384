"""C's names across files: a file knows the structs, typedefs and macros of its own and those of the shared headers."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from ..records import NamedTuple
from .files import File

if TYPE_CHECKING:
    from .macros import Macros

#: What a typedef can stand for in the end, as the reader writes it down.
_MEANINGS = frozenset({"(*)", "()", "data", "{}"})


class _Index(NamedTuple):
    """Struct -> the first file that defines it; typedef -> what the first file that has it says."""

    structs: dict[str, str]
    typedefs: dict[str, str]


class Headers:
    """What the files of C know of each other.

    Args:
        file: gives a file by its path.
        files: gives all files that were read so far.
    """

    def __init__(self, file: Callable[[str], File | None], files: Callable[[], Iterable[File]]) -> None:
        self._file, self._files = file, files
        self._shared: dict[str, None] = {}
        self._indexed: _Index | None = None

    def share(self, paths: Iterable[str]) -> None:
        """Let the structs, typedefs and macros of some headers be known in every file of C."""
        paths = tuple(paths)
        self._shared.update(dict.fromkeys(paths))
        self._indexed = None
        self.macros.share(paths)

    @cached_property
    def macros(self) -> "Macros":
        """The macros; a tree without C does not load what knows them."""
        from .macros import Macros

        return Macros(self._file, self._files)

    def struct(self, path: str, name: str) -> tuple[str, str] | None:
        """Path and name of the struct that a tag, a typedef or one of a pointer means in a file, or None."""
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            where = self._defined(path, name)
            if where is not None:
                return where, name
            name = (self._target(path, name) or name).removeprefix("struct ").removesuffix(" *")
        return None

    def typedef(self, path: str, name: str) -> str | None:
        """What a typedef stands for in the end: a function pointer, a function, data; None where no file says."""
        meaning = self._meaning(path, name)
        return "data" if meaning == "{}" else meaning

    def takes_many(self, path: str, name: str) -> bool:
        """Whether a typedef stands for a struct or a union."""
        return self._meaning(path, name) == "{}"

    def _meaning(self, path: str, name: str) -> str | None:
        seen = set()
        while name not in seen:
            seen.add(name)
            target = self._target(path, name)
            if target is not None and target.endswith("*"):
                return "data"
            if self.struct(path, name) is not None:
                return "{}"
            if target is None or target in _MEANINGS:
                return target
            if " " in target:
                return "data" if target.startswith("enum ") else "{}"
            name = target
        return None

    def _defined(self, path: str, name: str) -> str | None:
        """The file that defines a struct: the one that asks, else the first of the headers."""
        file = self._file(path)
        if file is not None and file.is_c and name in file.classes:
            return path
        return self._index.structs.get(name)

    def _target(self, path: str, name: str) -> str | None:
        """What a typedef stands for, in the file that asks or in the first of the headers that tells."""
        file = self._file(path)
        if file is not None and file.is_c and name in file.aliases:
            return file.aliases[name][0]
        return self._index.typedefs.get(name)

    @property
    def _index(self) -> _Index:
        """The names of the shared headers."""
        if self._indexed is None:
            self._indexed = _Index({}, {})
            for file in filter(None, map(self._file, self._shared)):
                for name in file.classes if file.is_c else ():
                    self._indexed.structs.setdefault(name, file.path)
                for name, (target, *_) in file.aliases.items() if file.is_c else ():
                    self._indexed.typedefs.setdefault(name, target)
        return self._indexed
