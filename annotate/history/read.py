"""Commits -> states, straight from the object store.

Each distinct file is read once. An interface is resolved again only if what it was resolved from has changed: other
files were asked for, or one of them has other facts. Places and annotations do not count (see ``shape``).
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence, Set
from contextlib import suppress

from .. import commits, files, git, readers, resolve
from ..cache.store import Cache, cache_folder
from ..config.shapes import Columns
from ..config.target import Target
from ..config.value import Config, InterfaceConfig
from ..errors import GitError, ReadError
from ..facts import FileFacts, Options, Trouble
from ..model import NOTHING
from ..readers import older
from ..readers.options import read_alike
from . import state
from .loader import Blobs, Loader, Reading, Resolved
from .shape import EMPTY, Shape, shape
from .state import State

#: So many earlier answers are looked at before an interface is resolved again: a branch goes on where another left off.
_LOOK_BACK = 3
#: Facts of so few commits are taken from the cache of ``check`` and kept there; for all releases it would be too large.
_FEW = 4


class Reader:
    """Reads commits of one repository.

    Args:
        config: today's configuration; every commit is read with it.
        wanted: the commits that will be asked for, in this order; others may be asked for as well.
        cache: whether the facts of single commits are taken from the cache and kept there.
        empty: what ``empty`` gave in an earlier run.

    Attributes:
        bare: whether files are read without annotations: not if the facts are those of ``check``.
        unread: commit -> why it could not be read.
        missing: ids of objects that the repository lacks.
    """

    def __init__(
        self, config: Config, wanted: Sequence[str] = (), *, cache: bool = True, empty: Set[str] = frozenset()
    ) -> None:
        self._config = for_history(config)
        few = cache and len(wanted) <= _FEW
        # The facts of ``check`` serve if its options do.
        self._options_from = config if few else self._config
        self._options: dict[Options, Reading] = {}
        self._singly = [self._config._replace(interfaces=(each,)) for each in self._config.interfaces]
        of_each = [frozenset(_types(each)) for each in self._config.interfaces]
        self._types = frozenset().union(*of_each)
        self._apart = {each.key: self._types - own for each, own in zip(self._config.interfaces, of_each, strict=True)}
        self._contents = commits.Contents(config.root)
        self._trees = commits.Trees(self._contents, git.folder_in_repository(config.root))
        self._folder = cache_folder(config.root) if few else None
        self.bare = self._folder is None
        self._caches: dict[Options, Cache] = {}
        self._facts: dict[_Key, FileFacts] = {}
        self._empty = empty
        self._last: set[Reading] = set()
        self._shapes: dict[_Key, Shape] = {}
        self._resolved: dict[str, list[Resolved]] = {}
        self._matching: dict[tuple[str, ...], tuple[Blobs, list[str]]] = {}
        self._last_use = self._uses(wanted) if len(wanted) > _FEW else {}
        self._number, self._is_new = 0, False
        self.unread: dict[str, str] = {}
        self.missing: set[bytes] = set()

    def states(self, commit: str) -> dict[str, State] | None:
        """Key of each interface -> what stands in a commit; None if it cannot be read."""
        try:
            found = self.files(commit)
        except GitError as error:
            self.unread[commit] = str(error)
            return None
        self._last.clear()
        loader = Loader(self, self._options_from, found)
        self._is_new = False
        states = {config.interfaces[0].key: self._state(config, loader) for config in self._singly}
        self._forget()
        if self._is_new and self._last_use:
            # What a catalogue was made from has cycles, and the collector may be off.
            gc.collect(1)
        return states

    def files(self, commit: str) -> Blobs:
        """The files of a commit: path -> object id.

        Raises:
            GitError: it cannot be read.
        """
        return self._trees.files(commit)

    def empty(self, commit: str) -> frozenset[str]:
        """The contents of files that hold nothing, as a first look at them told, in the commit that was read last.

        A later run need not read them again in a release that shares them.
        """
        found = set()
        for path, blob in self.files(commit).items():
            for reading in self._last:
                key = _key(path, blob, reading)
                if self._shapes.get(key) is EMPTY and not key[2]:
                    found.add(_lasting(key, reading))
        return frozenset(found)

    def close(self) -> None:
        """End the git process."""
        self._contents.close()

    # -- states

    def _state(self, config: Config, loader: Loader) -> State:
        key = config.interfaces[0].key
        known = self._resolved.setdefault(key, [])
        for each in reversed(known):
            if loader.agrees(each, self._apart[key]):
                return each.state
        asked = loader.begin()
        self._is_new = True
        found = state.states(resolve.resolve(config, loader))[key]
        known.append(Resolved(loader.reading, loader.blobs, asked, found))
        del known[:-_LOOK_BACK]
        return found

    def is_complete(self, commit: str) -> bool:
        """Whether a commit was read, and no object of its files is known to be missing."""
        return commit not in self.unread and self.missing.isdisjoint(
            self.files(commit).values() if self.missing else ()
        )

    # -- files

    def reading(self, options: Options) -> Reading:
        """The options, each with one number."""
        if options not in self._options:
            named = frozenset((*options.headers, *options.symbols))
            self._options[options] = Reading(options, named, len(self._options), _glance(options))
        self._last.add(self._options[options])
        return self._options[options]

    def matching(self, blobs: Blobs, patterns: tuple[str, ...]) -> list[str]:
        """The files of a commit that match one of the globs, sorted; only those that are new in it are tried."""
        before, found = self._matching.get(patterns) or ({}, [])
        if before is not blobs:
            new, old = dict.fromkeys(blobs.keys() - before.keys(), b""), before.keys() - blobs.keys()
            if new or old:
                added = files.matching(files.Snapshot(new), patterns, self._config.exclude)
                found = sorted({*found, *added} - old)
            self._matching[patterns] = blobs, found
        return found

    def facts(self, path: str, blob: bytes, reading: Reading) -> FileFacts:
        """The facts of a file with these contents, whatever its path was when they were read."""
        key = _key(path, blob, reading)
        found = self._facts.get(key)
        if found is None:
            if self._shapes.get(key) is EMPTY:
                return FileFacts(path, language="c")
            found = None if _lasting(key, reading) in self._empty else self._read(path, blob, reading)
            if found is None:
                self._shapes[key] = EMPTY
                return FileFacts(path, language="c")
            self._facts[key] = found
        return found if found.path == path else found._replace(path=path)

    def text(self, blob: bytes) -> bytes:
        """The contents; none where they are missing or too large."""
        try:
            return self._contents.read(blob.hex())
        except (GitError, ReadError):
            return b""

    def shape(self, path: str, blob: bytes, reading: Reading) -> Shape:
        """The facts of a file without places."""
        key = _key(path, blob, reading)
        found = self._shapes.get(key)
        if found is None:
            facts = self.facts(path, blob, reading)
            # Most files are empty, and have got their shape now.
            found = self._shapes.get(key) or shape(facts, self._types)
            self._shapes[key] = found
        return found

    def _read(self, path: str, blob: bytes, reading: Reading) -> FileFacts | None:
        """The facts of a file; None if it holds nothing."""
        options = reading.options
        try:
            data = self._contents.read(blob.hex())
        except GitError:
            self.missing.add(blob)
            return FileFacts(path, errors=(Trouble(1, 1, "the object is missing"),))
        except ReadError as error:
            return FileFacts(path, errors=(Trouble(1, 1, f"the file cannot be read: {error}"),))
        if readers.is_empty(path, data, options):
            return None
        found = self._read_before(path, blob, reading, data)
        return self._modern(self._from_cache(path, data, options), data, options) if found is None else found

    def _from_cache(self, path: str, data: bytes, options: Options) -> FileFacts:
        """The facts of a file, as ``check`` keeps them if there are few commits."""
        if self._folder is None:
            return readers.read(path, data, options)
        cache = self._caches.setdefault(options, Cache(self._folder, options))
        key = cache.key(data)
        found = cache.get(key, path)
        if found is None:
            found = readers.read(path, data, options)
            cache.put(key, found)
        return found

    def _read_before(self, path: str, blob: bytes, reading: Reading, data: bytes) -> FileFacts | None:
        """The facts of a file that was read with other options that give the same."""
        is_named = path in reading.named
        for other in self._options.values():
            known = self._facts.get(_key(path, blob, other)) if (path in other.named) is is_named else None
            if known is not None and read_alike(reading.options, other.options, data):
                return known
        return None

    @staticmethod
    def _modern(found: FileFacts, data: bytes, options: Options) -> FileFacts:
        """The facts of a file; of Python 2, those of the same source with today's grammar."""
        modern = older.modernized(data) if found.errors and found.language == "python" else None
        again = found if modern is None else readers.read(found.path, modern, options)
        return found if again.errors else again

    # -- memory

    def _uses(self, wanted: Sequence[str]) -> dict[bytes, int]:
        """Object id -> number of the last commit that has it."""
        found: dict[bytes, int] = {}
        for number, commit in enumerate(wanted):
            with suppress(GitError):
                found.update(dict.fromkeys(self.files(commit).values(), number))
        return found

    def _forget(self) -> None:
        """Drop the facts that no later commit needs; their shapes stay."""
        last, self._number = self._number, self._number + 1
        if not self._last_use:
            return
        for key in [key for key in self._facts if self._last_use.get(key[0], last) <= last]:
            facts = self._facts.pop(key)
            if key not in self._shapes:
                # The next commit is compared with this one.
                self._shapes[key] = shape(facts, self._types)


#: Contents, and what else the facts of a file depend on: its suffix, whether the options name it, the options.
_Key = tuple[bytes, str, bool, int]


def _key(path: str, blob: bytes, reading: Reading) -> _Key:
    return blob, path.rpartition(".")[2], path in reading.named, reading.number


def _glance(options: Options) -> str:
    """A digest of the options that ``readers.is_empty`` may look at, and ``Reading.named`` does not tell."""
    asked = options._replace(bare=False, signatures=False, symbols=())
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]


def _lasting(key: _Key, reading: Reading) -> str:
    """What is the same for a file in every run; a file that options name is another one."""
    return "" if key[2] else f"{reading.glance}:{key[0].hex()}.{key[1]}"


def _types(interface: InterfaceConfig) -> Iterator[str]:
    """The names of the type of C that an interface is, or was."""
    for target in map(Target.parse, (interface.at, *interface.formerly)):
        if readers.is_c(target.path):
            yield target.name


def for_history(config: Config) -> Config:
    """The configuration for old releases.

    A class counts as a driver although no registry or list names it, and although others derive from it; what the
    configuration says of today's annotations does not matter.
    """
    interfaces = []
    for each in config.interfaces:
        columns = Columns("all") if each.drivers else each.columns
        # A class that hands out others today was a driver itself before these came.
        dynamic = {**each.dynamic, **dict.fromkeys(each.dispatch, "hands out other classes")}
        interfaces.append(
            each._replace(
                columns=columns,
                dynamic=dynamic,
                dispatch=NOTHING,
                inherits=NOTHING,
                removed=NOTHING,
                renamed=NOTHING,
                protocols=(),
                order=(),
                groups=(),
                derived=NOTHING,
                symbols=(),
                indexes=(),
            )
        )
    return config._replace(interfaces=tuple(interfaces), families=NOTHING, problems=())
