"""C's names across files: a file knows the structs, typedefs and macros of its own and those of the shared headers."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from ..facts import ClassFact
from ..records import NamedTuple
from .files import File, Loader

if TYPE_CHECKING:
    from .includes import Includes
    from .macros import Macros

#: What a typedef can stand for in the end, as the reader writes it down.
_MEANINGS = frozenset({"(*)", "()", "data", "{}"})


class _Index(NamedTuple):
    """Name of a struct -> the headers that define it, each with its own name for it; typedefs, with their meanings."""

    structs: dict[str, list[tuple[str, str]]]
    typedefs: dict[str, list[tuple[str, str]]]


class Headers:
    """What the files of C know of each other.

    Args:
        file: gives a file by its path.
        files: gives all files that were read so far.
        loader: gives the bytes of headers.
    """

    def __init__(self, file: Callable[[str], File | None], files: Callable[[], Iterable[File]], loader: Loader) -> None:
        self._file, self._files, self._loader = file, files, loader
        self._chosen: dict[tuple[str, str], tuple[str, str]] = {}
        #: File and name of a struct -> the headers that define it, where it is not known which one is meant.
        self.doubts: dict[tuple[str, str], tuple[str, ...]] = {}
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

        return Macros(self._file, self._files, self._loader)

    @cached_property
    def includes(self) -> "Includes":
        """What files include, asked where several headers define a struct of one name."""
        from .includes import Includes

        return Includes(self._loader.text, self._loader.beside)

    def struct(self, path: str, name: str) -> tuple[str, str] | None:
        """Path and name of the struct that a tag, a typedef or one of a pointer means in a file, or None."""
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            found = self._defined(path, name)
            if found is not None:
                return found
            name = (self._target(path, name) or name).removeprefix("struct ").removesuffix(" *")
        return None

    def typedef(self, path: str, name: str) -> str | None:
        """What a typedef stands for in the end: a function pointer, a function, data; None where no file says."""
        meaning = self._meaning(path, name)
        return "data" if meaning == "{}" else meaning

    def takes(self, path: str, name: str) -> str:
        """What a field whose type is a typedef takes: ``many`` values for a struct or a union, ``one``, or ``some``.

        The last is what no file tells.
        """
        meaning = self._meaning(path, name)
        return "some" if meaning is None else "many" if meaning == "{}" else "one"

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

    def _defined(self, path: str, name: str) -> tuple[str, str] | None:
        """The file that defines a struct, and its name there: the one that asks, else the one that it includes.

        A source file may repeat the struct of a header; to the compiler both are one type.
        """
        file = self._file(path)
        if file is not None and file.is_c and name in file.classes:
            known = () if path in self._shared else self._index.structs.get(name, ())
            return next((each for each in known if self._is_repeated(file, name, *each)), (path, name))
        found = self._index.structs.get(name)
        if found is None or len(found) == 1:
            return found[0] if found is not None else None
        if (path, name) not in self._chosen:
            self._chosen[path, name] = self._choose(path, name, found)
        return self._chosen[path, name]

    def _is_repeated(self, file: File, name: str, header: str, known: str) -> bool:
        other = self._file(header)
        return other is not None and is_alike(file.classes[name][-1], other.classes[known][-1])

    def _choose(self, path: str, name: str, found: list[tuple[str, str]]) -> tuple[str, str]:
        """The struct that a file means where several headers define one of the name."""
        choice = self.includes.choose(path, [header for header, _ in found])
        facts = [file.classes[own][-1] for header, own in found if (file := self._file(header)) is not None]
        if not choice.is_sure and any(not is_alike(one, facts[0]) for one in facts[1:]):
            self.doubts[path, name] = tuple(header for header, _ in found)
        return next(each for each in found if each[0] == choice.path)

    def _target(self, path: str, name: str) -> str | None:
        """What a typedef stands for, in the file that asks or in the first of the headers that tells."""
        file = self._file(path)
        if file is not None and file.is_c and name in file.aliases:
            return file.aliases[name][0]
        found = self._index.typedefs.get(name)
        if found is None:
            return self._renamed(path, name) if name in self._loader.renaming else None
        if len(found) > 1 and any(target != found[0][1] for _, target in found):
            choice = self.includes.choose(path, [header for header, _ in found])
            if not choice.is_sure:
                self.doubts[path, name] = tuple(header for header, _ in found)
            return next(target for header, target in found if header == choice.path)
        return found[0][1]

    def _renamed(self, path: str, name: str) -> str:
        """What a header beside says that a name stands for; in doubt where the file does not include it."""
        given = self._loader.renaming[name]
        choice = self.includes.choose(path, list(given))
        is_sure = choice.is_sure or len(set(given.values())) == 1
        if not is_sure or not self.includes.reaches(path, choice.path):
            self.doubts[path, name] = tuple(sorted(given))
        return given[choice.path]

    @property
    def _index(self) -> _Index:
        """The names of the shared headers."""
        if self._indexed is None:
            self._indexed = _Index({}, {})
            for file in filter(None, map(self._file, self._shared)):
                for name, (target, *_) in file.aliases.items() if file.is_c else ():
                    self._indexed.typedefs.setdefault(name, []).append((file.path, target))
            for file in filter(None, map(self._file, dict.fromkeys((*self._shared, *self._loader.defining)))):
                for name in dict.fromkeys((*file.classes, *file.aliases)) if file.is_c else ():
                    if (own := file.struct(name)) in file.classes:
                        self._indexed.structs.setdefault(name, []).append((file.path, own))
        return self._indexed


def is_alike(one: ClassFact, other: ClassFact) -> bool:
    """Whether two structs have the same fields."""
    return [(each.name, each.body) for each in one.members] == [(each.name, each.body) for each in other.members]
