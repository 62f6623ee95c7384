"""Hands the facts of one commit to the resolver, and notes what it asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from .. import files
from ..config.value import Config
from ..facts import FileFacts, Options
from ..model import NOTHING
from ..readers import is_c
from ..readers import options as reading
from ..records import NamedTuple
from .shape import EMPTY, Shape
from .state import State

Blobs = Mapping[str, bytes]


class Reading(NamedTuple):
    """Options of the readers, with what tells quickly which facts depend on them.

    Attributes:
        options: the options.
        named: the files that they name.
        number: one for each.
        glance: of all that tells at a glance that a file of C holds nothing; the same in every run.
    """

    options: Options
    named: frozenset[str]
    number: int
    glance: str


class Asked(NamedTuple):
    """What an interface was resolved from.

    Attributes:
        paths: of files whose facts were asked for.
        folders: whether each is there.
        matching: globs -> what they gave.
        texts: paths of files whose bytes were asked for.
        special: the headers that define structs that hold tables, and those that define an interface.
    """

    paths: set[str]
    folders: dict[str, bool]
    matching: dict[tuple[str, ...], list[str]]
    texts: set[str]
    special: tuple[list[str], list[str]]


class Resolved(NamedTuple):
    """What an interface of one commit is, and what it was resolved from."""

    reading: Reading
    blobs: Blobs
    asked: Asked
    state: State


class Source(Protocol):
    """Where the facts of files come from.

    Attributes:
        bare: whether they are read without annotations.
    """

    bare: bool

    def reading(self, options: Options) -> Reading:
        """The options, each with one number."""

    def facts(self, path: str, blob: bytes, reading: Reading) -> FileFacts:
        """The facts of a file with these contents."""

    def text(self, blob: bytes) -> bytes:
        """The contents; none where they are missing or too large."""

    def shape(self, path: str, blob: bytes, reading: Reading) -> Shape:
        """These facts without places."""

    def matching(self, blobs: Blobs, patterns: tuple[str, ...]) -> list[str]:
        """The files of a commit that match one of the globs, sorted."""


class Loader:
    """The files of one commit.

    Args:
        source: where facts come from.
        config: what the commit is read with.
        blobs: path -> object id.
    """

    def __init__(self, source: Source, config: Config, blobs: Blobs) -> None:
        self._source, self.blobs = source, blobs
        self._tree = files.Snapshot(blobs)
        self._excluded = files.matcher(config.exclude)
        self._loaded: dict[str, FileFacts | None] = {}
        self._changed: dict[int, set[str]] = {}
        self.searches = False
        self.beside: list[str] = []
        self.holding: list[str] = []
        self.defining: list[str] = []
        self.renaming: dict[str, dict[str, str]] = {}
        self.begin()
        options = reading.options(config, self._tree)._replace(bare=source.bare)
        self.reading = source.reading(options)
        if options.c:
            found = reading.learn(config, options, self.load, self.matching, self._learn)
            self.beside, self.holding, self.defining, self.renaming = found

    def _learn(self, options: Options) -> None:
        self.reading = self._source.reading(options)
        self._loaded.clear()

    @property
    def unlisted(self) -> Mapping[str, str]:
        """None: a commit is read as a whole."""
        return NOTHING

    def exists(self, path: str) -> bool:
        """Whether the path is a file that is not excluded."""
        self.asked.paths.add(path)
        return path in self.blobs and not self._excluded(path)

    def has_folder(self, path: str) -> bool:
        """Whether the path is a folder."""
        found = self.asked.folders[path] = self._tree.has_folder(path)
        return found

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The files that match one of the globs, sorted."""
        key = tuple(patterns)
        found = self.asked.matching[key] = self._source.matching(self.blobs, key)
        return found

    def text(self, path: str) -> bytes:
        """The bytes of a file; none where there is no such file."""
        self.asked.texts.add(path)
        return self._source.text(self.blobs[path]) if self.exists(path) else b""

    def prefetch(self, paths: Iterable[str]) -> None:
        """Nothing: most files are those of another release, which are read already."""

    def load(self, path: str) -> FileFacts | None:
        """The facts of a file, or None if it does not exist."""
        self.asked.paths.add(path)
        if path not in self._loaded:
            there = self.exists(path)
            self._loaded[path] = self._source.facts(path, self.blobs[path], self.reading) if there else None
        return self._loaded[path]

    def begin(self) -> Asked:
        """From now on note what is asked for."""
        self.asked = Asked(set(), {}, {}, set(), (self.holding, self.defining))
        return self.asked

    def agrees(self, earlier: Resolved, apart: frozenset[str]) -> bool:
        """Whether this commit answers everything that was asked for in another one as that did.

        Args:
            earlier: the other one.
            apart: names of types that do not matter.
        """
        if earlier.reading is not self.reading:
            return False
        asked = earlier.asked
        return (
            asked.special == (self.holding, self.defining)
            and self._differing(earlier.blobs).isdisjoint(asked.texts)
            and all(self._same(path, earlier.blobs, apart) for path in self._differing(earlier.blobs) & asked.paths)
            and all(self._tree.has_folder(folder) is there for folder, there in asked.folders.items())
            and all(self._matches(key, found, earlier.blobs) for key, found in asked.matching.items())
        )

    def _differing(self, blobs: Blobs) -> set[str]:
        """The paths with other contents in another commit."""
        if id(blobs) not in self._changed:
            self._changed[id(blobs)] = {path for path, _ in self.blobs.items() ^ blobs.items()}
        return self._changed[id(blobs)]

    def _matches(self, patterns: tuple[str, ...], found: list[str], blobs: Blobs) -> bool:
        """Whether globs give the same files, those of C that hold nothing aside."""
        here = self._source.matching(self.blobs, patterns)
        return here == found or all(self._is_nothing(path, blobs) for path in {*here} ^ {*found})

    def _is_nothing(self, path: str, blobs: Blobs) -> bool:
        return is_c(path) and all(self._shape(path, each) in (None, EMPTY) for each in (self.blobs, blobs))

    def _same(self, path: str, blobs: Blobs, apart: frozenset[str]) -> bool:
        """Whether a file that another commit has with other contents says the same."""
        one, other = self._shape(path, self.blobs), self._shape(path, blobs)
        if one is None or other is None:
            return self._is_nothing(path, blobs)
        return one.is_same(other, apart)

    def _shape(self, path: str, blobs: Blobs) -> Shape | None:
        return self._source.shape(path, blobs[path], self.reading) if path in blobs else None
