"""The commits of a repository and what stands in them: kept by an earlier run, or read now, in several processes."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, wait
from contextlib import suppress
from typing import Any

from .. import files
from ..config.value import Config
from ..errors import GitError, ReadError
from ..records import NamedTuple
from .loader import Blobs
from .read import Reader, for_history
from .state import State
from .store import Kept, Store

#: Fewer commits than this are not worth a second process: it would read most files of the first one again.
_WORTH_A_PROCESS = 8
#: Seconds between two looks at what the processes have done.
_BLINK = 0.1


class Part(NamedTuple):
    """What one process found: states by commit, why others are unread, and which commits and objects lack something.

    ``empty`` are the files of the newest commit that hold nothing, if this process read it.
    """

    states: dict[str, dict[str, State]]
    unread: dict[str, str]
    incomplete: set[str]
    missing: set[bytes]
    empty: frozenset[str]


class Past:
    """What stands in commits.

    Args:
        config: today's configuration; every commit is read with it.
        cache: whether states are kept for the next run.
        jobs: number of processes; None to choose by workload.

    Attributes:
        renamed: key of each interface -> the older names of its entries, as declared.
        unread: commit -> why it could not be read.
        missing: ids of objects that the repository lacks.
    """

    def __init__(self, config: Config, *, cache: bool = True, jobs: int | None = None) -> None:
        self._config, self._cache = config, cache
        self._jobs = jobs if jobs is not None else os.cpu_count() or 1
        self._store = Store(for_history(config), cache=cache)
        self._kept = self._store.load()
        self._states = dict(self._kept.states)
        self._named, self._files = self._kept.names, dict(self._kept.files)
        self._likenesses = dict(self._kept.likenesses)
        self._empty = self._kept.empty
        self._incomplete = set[str]()
        self._reader: Reader | None = None
        self._lines: dict[tuple[str | None, str], Counter[bytes]] = {}
        self.renamed = {each.key: each.renamed for each in config.interfaces}
        self.unread: dict[str, str] = {}
        self.missing: set[bytes] = set()

    def left(self, wanted: Sequence[str]) -> list[str]:
        """Those of some commits that no earlier run has read."""
        return [commit for commit in dict.fromkeys(wanted) if commit not in self._states]

    def read(self, left: Sequence[str], on_commit: Callable[[str], None] | None = None) -> None:
        """Read commits that will be asked for.

        Args:
            left: their ids; neighbours should be alike, and the last one like those of later runs.
            on_commit: called with each one that was read.
        """
        newest = left[-1] if left else None
        jobs = min(self._jobs, len(left) // _WORTH_A_PROCESS)
        if jobs > 1 and "fork" in multiprocessing.get_all_start_methods():
            self._elsewhere(left, jobs, on_commit)
            left = [commit for commit in left if commit not in self._states and commit not in self.unread]
        self._reader = Reader(self._config, left, cache=self._cache, empty=self._empty)
        self._take(_part(self._reader, left, on_commit, newest))

    def states(self, commit: str) -> dict[str, State] | None:
        """Key of each interface -> what stands in a commit; None if it cannot be read."""
        if commit in self._states:
            return self._states[commit]
        if commit in self.unread:
            return None
        self._take(_part(self._own, [commit]))
        return self._states.get(commit)

    def named(self, commits: Sequence[str], names: Set[str]) -> Sequence[Collection[str]]:
        """For each commit, the paths of the files with one of some names; none if it cannot be read."""
        if not self._named.issuperset(names):
            self._named, self._files = self._named.union(names), {}
        last: Blobs = {}
        paths: set[str] = set()
        for commit in commits:
            if commit not in self._files:
                with suppress(GitError):
                    files = self._own.files(commit)
                    new = {path for path in files.keys() - last.keys() if path.rpartition("/")[2] in self._named}
                    paths, last = (paths & files.keys()) | new, files
                    self._files[commit] = frozenset(paths)
        found = [self._files.get(commit, frozenset()) for commit in commits]
        if len(self._named) == len(names):
            return found
        return [{path for path in paths if path.rpartition("/")[2] in names} for paths in found]

    def likeness(self, one: tuple[str | None, str], other: tuple[str, str]) -> tuple[float, float]:
        """The part of the lines that two files share: of those of the larger one, and of those of the smaller one.

        Args:
            one: the commit, None for the working tree, and the path of a file.
            other: the same of the other file.
        """
        commit, path = one
        key = (commit, path, *other) if commit is not None else None
        if key in self._likenesses:
            return self._likenesses[key]
        lines = self._lines_of(*one), self._lines_of(*other)
        common = sum((lines[0] & lines[1]).values())
        sizes = sorted(max(1, sum(each.values())) for each in lines)
        found = common / sizes[1], common / sizes[0]
        if key is not None and all(lines):
            # A file without lines may be one that this clone lacks.
            self._likenesses[key] = found
        return found

    def _lines_of(self, commit: str | None, path: str) -> Counter[bytes]:
        """How often a file has each line, white space around it and empty ones aside; none if it cannot be read.

        Args:
            commit: its id; None for the working tree.
            path: of the file.
        """
        key = commit, path
        if key not in self._lines:
            data = b""
            with suppress(GitError, ReadError):
                if commit is None:
                    data = files.Folder(self._config.root).read(path)
                else:
                    data = self._own.text(self._own.files(commit).get(path, b""))
            self._lines[key] = Counter(filter(None, map(bytes.strip, data.split(b"\n"))))
        return self._lines[key]

    def exists(self, path: str) -> bool:
        """Whether a path is a file of the working tree."""
        return (self._config.root / path).is_file()

    def close(self) -> None:
        """Keep what was read, and end the git process."""
        states = {commit: each for commit, each in self._states.items() if commit not in self._incomplete}
        kept = Kept(states, self._named, self._files, self._likenesses, self._empty)
        if kept != self._kept:
            self._store.save(kept)
        if self._reader is not None:
            self._reader.close()

    @property
    def _own(self) -> Reader:
        if self._reader is None:
            self._reader = Reader(self._config, cache=self._cache)
        return self._reader

    def _take(self, part: Part) -> None:
        self._states |= part.states
        self.unread |= part.unread
        self.missing |= part.missing
        self._incomplete |= part.incomplete
        self._empty = part.empty or self._empty

    def _elsewhere(self, wanted: Sequence[str], jobs: int, on_commit: Callable[[str], None] | None) -> None:
        """Read in processes; what a crashed one leaves is read here."""
        context = multiprocessing.get_context("fork")
        try:
            counted = context.SimpleQueue()
            stretches = [_Stretch(each, context.Array("i", [0, len(each)])) for each in _parts(wanted, (jobs + 1) // 2)]
            given = self._config, counted, stretches, wanted[-1]
            with ProcessPoolExecutor(jobs, context, _enter, given) as pool:
                left = {pool.submit(_read, number) for number in range(jobs)}
                while left:
                    done, left = wait(left, _BLINK)
                    for each in done:
                        self._take(each.result())
                    while on_commit is not None and not counted.empty():
                        on_commit(counted.get())
        except (BrokenExecutor, OSError):
            return


class _Stretch(NamedTuple):
    """Neighbouring commits that two processes read, one from each end, until they meet.

    Newer releases take longer, so halves would not be equal; and neighbours share most files.

    Attributes:
        commits: their ids.
        ends: the numbers of the first one that is left, and of the one behind the last.
    """

    commits: Sequence[str]
    ends: Any

    def left(self, backwards: bool) -> Iterator[str]:
        """The commits that one of the processes reads."""
        while True:
            with self.ends.get_lock():
                first, last = self.ends
                if first >= last:
                    return
                number = last - 1 if backwards else first
                self.ends[:] = [first, number] if backwards else [number + 1, last]
            yield self.commits[number]


def _parts(commits: Sequence[str], count: int) -> Iterator[Sequence[str]]:
    """Neighbouring commits stay together."""
    for number in range(count):
        yield commits[len(commits) * number // count : len(commits) * (number + 1) // count]


def _part(
    reader: Reader,
    wanted: Iterable[str],
    on_commit: Callable[[str], None] | None = None,
    newest: str | None = None,
) -> Part:
    """Read commits."""
    found: dict[str, dict[str, State]] = {}
    empty: frozenset[str] = frozenset()
    for commit in wanted:
        states = reader.states(commit)
        if states is not None:
            found[commit] = states
            empty = reader.empty(commit) if commit == newest else empty
        if on_commit is not None:
            on_commit(commit)
    incomplete = {commit for commit in found if not reader.is_complete(commit)} if reader.missing else set()
    return Part(found, dict(reader.unread), incomplete, reader.missing, empty)


# -- in another process

_given: list[Any] = []


def _enter(*given: Any) -> None:
    """Take what the process was forked with: a configuration cannot be sent."""
    _given[:] = given


def _read(number: int) -> Part:
    config, counted, stretches, newest = _given
    stretch, backwards = stretches[number // 2], bool(number % 2)
    reader = Reader(config, stretch.commits[::-1] if backwards else stretch.commits, cache=False)
    try:
        return _part(reader, stretch.left(backwards), counted.put, newest)
    finally:
        reader.close()
