"""Loads facts: of files unchanged since the last run, from the cache by content, else from a reader.

Unchanged files are not opened. Other files are read in several processes if there are enough of them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from . import files, readers
from .cache.codec import from_json, to_json
from .cache.seen import Seen, Status
from .cache.store import Cache
from .errors import ReadError
from .facts import FileFacts, Options, Trouble
from .readers.options import differing, uses

if TYPE_CHECKING:
    from concurrent.futures import Executor

#: Below this many bytes a second process costs more than it saves.
_WORTH_A_PROCESS = 1_000_000


class Loader:
    """Loads the facts of files, from the cache or from a reader.

    Args:
        jobs: number of processes; None to choose by workload.
        exclude: globs of files that are never read.
        on_file: called with each path as it is read.
        executor: makes what reads files, instead of processes of this machine; ``jobs`` does not count then.
    """

    def __init__(
        self,
        tree: files.Files,
        options: Options,
        cache: Cache,
        seen: Seen,
        jobs: int | None,
        exclude: Iterable[str],
        on_file: Callable[[str], None] | None,
        executor: Callable[[], Executor] | None = None,
    ) -> None:
        self._tree, self._options, self._cache, self._seen = tree, options, cache, seen
        self._earlier: list[Seen] = []
        self._states: dict[str, Status] = {}
        self._jobs = jobs if jobs is not None else os.cpu_count() or 1
        self._exclude = tuple(exclude)
        self._excluded = files.matcher(self._exclude)
        self._on_file, self._executor = on_file, executor
        self._facts: dict[str, FileFacts | None] = {}
        self.contents: dict[str, int] = {}
        self._matching: dict[tuple[str, ...], list[str]] = {}
        self._there: set[str] = set()
        self.searches = True
        self.beside: list[str] = []
        self.holding: list[str] = []
        self.defining: list[str] = []
        self.renaming: dict[str, dict[str, str]] = {}

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
            self._there.update(self._matching[key])
        return self._matching[key]

    def learn(self, options: Options, cache: Cache, seen: Seen) -> None:
        """Read all further files with other options; facts loaded so far are kept unless there is more to look for."""
        self._earlier.append(self._seen)
        more = differing(self._options, options)
        self._options, self._cache, self._seen = options, cache, seen
        for path in [each for each, facts in self._facts.items() if facts is not None and self._has(facts, more)]:
            del self._facts[path]

    def _has(self, facts: FileFacts, names: frozenset[str]) -> bool:
        """Whether a file that was read is to be read again: what it holds of some names may be another thing now.

        Where the last run knew them that is as fast as to look for the names.
        """
        path = facts.path
        if path in self._states and self._seen.knows(path):
            return True
        own = {each.name for each in facts.classes}
        others = names.difference(own, (name for name, target in facts.aliases if target in own))
        if others and uses(self.text(path), others):
            return True
        self._note(path, None if facts == FileFacts(path, language="c") else facts)
        return False

    def save(self) -> None:
        """Save what this run read for the next one."""
        for seen in (*self._earlier, self._seen):
            seen.save()

    @property
    def unlisted(self) -> Mapping[str, str]:
        """Folders that exist but could not be listed, with the reason."""
        return self._tree.unlisted

    def load(self, path: str) -> FileFacts | None:
        """The facts of a file, or None if it does not exist."""
        if path not in self._facts:
            is_there = path in self._there or self.exists(path)
            self._facts[path] = self._read(path) if is_there else None
        return self._facts[path]

    def text(self, path: str) -> bytes:
        """The bytes of a file; none where there is no such file, or it cannot be read."""
        try:
            return self._tree.read(path) if self.exists(path) else b""
        except ReadError:
            return b""

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read files that will be needed, in several processes if there are enough of them."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._facts and self.exists(path)]
        missing: list[tuple[str, bytes, str]] = []
        for path in wanted:
            data = self._known(path)
            if isinstance(data, FileFacts):
                self._facts[path] = data
            else:
                missing.append((path, *data))
        self._read_all(missing)

    def _read_all(self, missing: list[tuple[str, bytes, str]]) -> None:
        size = sum(len(data) for _, data, _ in missing)
        count = min(self._jobs, len(missing), max(1, size // _WORTH_A_PROCESS))
        if count > 1 or (missing and self._executor is not None):
            self._read_elsewhere(missing, count)
            return
        for path, data, key in missing:
            self._fresh(path, key, readers.read(path, data, self._options))

    def _read_elsewhere(self, missing: list[tuple[str, bytes, str]], count: int) -> None:
        """Large files first, to balance the load; files of a crashed process are read here.

        Raises:
            OSError: an executor that was asked for cannot be made; processes of this machine need not be.
        """
        from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

        by_size = sorted(missing, key=lambda each: -len(each[1]))
        make = self._executor or partial(ProcessPoolExecutor, count)
        lost = (BrokenExecutor, OSError) if self._executor is None else (BrokenExecutor,)
        with contextlib.suppress(*lost), make() as pool:
            work = [(path, data, self._options) for path, data, _ in by_size]
            for (path, _, key), text in zip(by_size, pool.map(_read_as_json, work), strict=True):
                self._fresh(path, key, from_json(text, path))
        for path, data, key in by_size:
            if path not in self._facts:
                self._fresh(path, key, readers.read(path, data, self._options))

    def _read(self, path: str) -> FileFacts:
        found = self._known(path)
        if isinstance(found, FileFacts):
            return found
        data, key = found
        return self._fresh(path, key, readers.read(path, data, self._options))

    def _known(self, path: str) -> FileFacts | tuple[bytes, str]:
        """The facts of a file if no reader is needed, else its bytes and their cache key."""
        found = self._untouched(path)
        if found is not None:
            return self._keep(path, found)
        try:
            data = self._tree.read(path)
        except ReadError as error:
            return FileFacts(path, errors=(Trouble(1, 1, f"the file cannot be read: {error}"),))
        if readers.is_empty(path, data, self._options):
            self._note(path, None)
            return self._keep(path, FileFacts(path, language="c"))
        self.contents[path] = files.checksum(data)
        key = self._cache.key(data)
        facts = self._cache.get(key, path)
        if facts is None:
            return data, key
        self._note(path, facts)
        return self._keep(path, facts)

    def _untouched(self, path: str) -> FileFacts | None:
        """The facts of a file that is unchanged since it was last read; its status is taken before it is read."""
        found = self._tree.status(path) if self._seen.is_kept else None
        if found is None:
            return None
        self._states[path] = state = Status.of(found)
        known = self._seen.get(path, state)
        if known is None:
            return None
        facts, held = known
        if facts is None:
            return FileFacts(path, language="c")
        if held is None:
            return None
        self.contents[path] = held
        return facts

    def _note(self, path: str, facts: FileFacts | None) -> None:
        """Remember facts, so that the unchanged file need not be read again."""
        if path in self._states:
            self._seen.put(path, self._states[path], self.contents.get(path), facts)

    def _fresh(self, path: str, key: str, facts: FileFacts) -> FileFacts:
        self._cache.put(key, facts)
        self._note(path, facts)
        return self._keep(path, facts)

    def _keep(self, path: str, facts: FileFacts) -> FileFacts:
        self._facts[path] = facts
        if self._on_file is not None:
            self._on_file(path)
        return facts


def _read_as_json(work: tuple[str, bytes, Options]) -> str:
    """Read in another process; the JSON of the cache is smaller to send than the objects."""
    path, data, options = work
    return to_json(readers.read(path, data, options))
