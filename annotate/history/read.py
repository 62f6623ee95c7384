"""Commits -> states, straight from the object store; each distinct file is read once, each commit once for all runs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import __version__, atomic, commits, files, readers, resolve
from ..cache.store import Cache, cache_folder, own_source
from ..config.shapes import Columns
from ..config.value import Config
from ..errors import GitError
from ..facts import FileFacts, Options, Trouble
from ..model import NOTHING
from ..readers import options as reading
from . import state
from .state import State

_FOLDER = "history"


class Reader:
    """Reads commits of one repository.

    Args:
        config: today's configuration; every commit is read with it.
        cache: whether states and facts are taken from the cache and kept there.

    Attributes:
        unread: commit -> why it could not be read.
        missing: ids of objects that the repository lacks.
    """

    def __init__(self, config: Config, *, cache: bool = True) -> None:
        self._config = _for_history(config)
        self._folder = cache_folder(config.root) if cache else None
        self._contents = commits.Contents(config.root)
        self._facts: dict[tuple[bytes, Options], FileFacts] = {}
        self._caches: dict[Options, Cache] = {}
        self._trees: dict[str, commits.Tree] = {}
        self._seed = _seed(self._config)
        self.unread: dict[str, str] = {}
        self.missing: set[bytes] = set()

    def states(self, commit: str) -> dict[str, State] | None:
        """Key of each interface -> what stands in a commit; None if it cannot be read."""
        kept = self._kept(commit)
        if kept is not None:
            return kept
        try:
            tree = self.tree(commit)
        except GitError as error:
            self.unread[commit] = str(error)
            return None
        before = len(self.missing)
        found = state.states(resolve.resolve(self._config, _Loader(self, tree)))
        if len(self.missing) == before:
            self._keep(commit, found)
        return found

    def tree(self, commit: str) -> commits.Tree:
        """The files of a commit.

        Raises:
            GitError: it cannot be read.
        """
        if commit not in self._trees:
            self._trees[commit] = commits.tree(self._config.root, commit)
        return self._trees[commit]

    def exists(self, path: str) -> bool:
        """Whether a path is a file of the working tree."""
        return (self._config.root / path).is_file()

    def close(self) -> None:
        """End the git process."""
        self._contents.close()

    @property
    def config(self) -> Config:
        """What commits are read with."""
        return self._config

    def facts(self, path: str, blob: bytes, options: Options) -> FileFacts:
        """The facts of a file with these contents, whatever its path was when they were read."""
        key = (blob, options)
        if key not in self._facts:
            self._facts[key] = self._read(path, blob, options)
        found = self._facts[key]
        return found if found.path == path else found._replace(path=path)

    def _read(self, path: str, blob: bytes, options: Options) -> FileFacts:
        try:
            data = self._contents.read(blob)
        except GitError:
            self.missing.add(blob)
            return FileFacts(path, errors=(Trouble(1, 1, "the object is missing"),))
        if readers.is_empty(path, data, options):
            return FileFacts(path, language="c")
        cache = self._caches.setdefault(options, Cache(self._folder, options))
        key = cache.key(data)
        found = cache.get(key, path)
        if found is None:
            found = readers.read(path, data, options)
            cache.put(key, found)
        return found

    def _file(self, commit: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / _FOLDER / f"{hashlib.sha256(f'{self._seed} {commit}'.encode()).hexdigest()}.json"

    def _kept(self, commit: str) -> dict[str, State] | None:
        """What an earlier run found; None if there is nothing, or it is damaged."""
        path = self._file(commit)
        try:
            seal, _, text = path.read_bytes().partition(b"\n") if path is not None else (b"", b"", b"")
            return state.from_plain(json.loads(text)) if seal and seal == _seal(text) else None
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            return None

    def _keep(self, commit: str, found: dict[str, State]) -> None:
        path = self._file(commit)
        if path is None:
            return
        text = json.dumps(state.to_plain(found), separators=(",", ":")).encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic.replace(path, _seal(text) + b"\n" + text)
        except OSError:
            self._folder = None


class _Loader:
    """Hands the facts of one commit to the resolver."""

    def __init__(self, reader: Reader, tree: commits.Tree) -> None:
        self._reader, self._blobs = reader, tree.files
        self._tree = files.Snapshot(tree.files)
        self._exclude = reader.config.exclude
        self._excluded = files.matcher(self._exclude)
        self._matching: dict[tuple[str, ...], list[str]] = {}
        self._options = reading.options(reader.config, self._tree)
        self._loaded: dict[str, FileFacts | None] = {}
        self.beside: list[str] = []
        self.holding: list[str] = []
        self.defining: list[str] = []
        if self._options.c:
            self._options = reading.with_type_names(self._options, self.load)
            self.beside = headers = reading.headers(reader.config, self.matching)
            for held in reading.with_holders(self._options, lambda: filter(None, map(self.load, headers))):
                self._options = held
                self._loaded.clear()
            self.holding, self.defining = reading.special(self._options, filter(None, map(self.load, headers)))

    @property
    def unlisted(self) -> Mapping[str, str]:
        """None: a commit is read as a whole."""
        return NOTHING

    def exists(self, path: str) -> bool:
        """Whether the path is a file that is not excluded."""
        return self._tree.exists(path) and not self._excluded(path)

    def has_folder(self, path: str) -> bool:
        """Whether the path is a folder."""
        return self._tree.has_folder(path)

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The files that match one of the globs, sorted."""
        key = tuple(patterns)
        if key not in self._matching:
            self._matching[key] = files.matching(self._tree, key, self._exclude)
        return self._matching[key]

    def text(self, path: str) -> bytes:
        """The bytes of a file; none where there is no such file."""
        return self._tree.read(path) if self.exists(path) else b""

    def prefetch(self, paths: Iterable[str]) -> None:
        """Nothing: most files are those of another release, which are read already."""

    def load(self, path: str) -> FileFacts | None:
        """The facts of a file, or None if it does not exist."""
        if path not in self._loaded:
            there = self.exists(path)
            self._loaded[path] = self._reader.facts(path, self._blobs[path], self._options) if there else None
        return self._loaded[path]


def _for_history(config: Config) -> Config:
    """The configuration for old releases.

    A class counts as a driver although no registry or list names it, and although others derive from it; what the
    configuration says of today's annotations does not matter.
    """
    interfaces = []
    for each in config.interfaces:
        columns = Columns("all") if each.drivers else each.columns
        interfaces.append(
            each._replace(
                columns=columns, inherits=NOTHING, removed=NOTHING, protocols=(), order=(), groups=(), derived=NOTHING
            )
        )
    return config._replace(interfaces=tuple(interfaces), families=NOTHING, problems=())


def _seed(config: Config) -> str:
    """What a state depends on besides the commit: this version, its sources, and the configuration."""
    seed = hashlib.sha256(__version__.encode())
    here = os.path.dirname(os.path.dirname(__file__))
    rest = [os.path.join(here, folder) for folder in ("resolve", "names")]
    paths = [*own_source(), *(os.path.join(top, name) for top in rest for name in sorted(os.listdir(top)))]
    paths += [__file__, state.__file__]
    for path in paths:
        if path.endswith(".py"):
            with open(path, "rb") as source:
                seed.update(source.read())
    places = [each._replace(places=NOTHING) for each in config.interfaces]
    seed.update(repr((places, config.exclude, sorted(config.packages.items()), config.scheme.name)).encode())
    return seed.hexdigest()


def _seal(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).hexdigest().encode()
