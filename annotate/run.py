"""Files -> results: the only module that reads and writes sources.

Files that nobody touched since the last run are not read at all. Of the others facts are taken from the cache where
the bytes are known, and read anew where not, in several processes when there is enough to read. Writing is atomic,
keeps the mode of the file, and happens only when something changes.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from . import files, readers, resolve
from .config import Config
from .errors import ReadError, WriteError
from .facts import Cache, FileFacts, Options, from_json, to_json
from .model import Catalogue, Edit
from .seen import Seen, Status

CACHE_FOLDER = ".hvsupport-cache"
CACHE_VARIABLE = "HVSUPPORT_CACHE_DIR"
#: Below this many bytes a second process costs more than it saves.
_WORTH_A_PROCESS = 1_000_000


class Loader:
    """Hands out the facts of files, from the cache or from a reader.

    Args:
        tree: where the bytes are.
        options: for the readers.
        cache: facts by content.
        seen: facts of files that are as they were.
        jobs: number of processes; None to decide by the work.
        exclude: globs of files that are never read.
        on_file: called with each path as it is read.
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
    ) -> None:
        self._tree, self._options, self._cache, self._seen = tree, options, cache, seen
        self._earlier: list[Seen] = []
        self._states: dict[str, Status] = {}
        self._jobs = jobs if jobs is not None else os.cpu_count() or 1
        self._exclude = tuple(exclude)
        self._excluded = files.matcher(self._exclude)
        self._on_file = on_file
        self._facts: dict[str, FileFacts | None] = {}
        self.contents: dict[str, int] = {}
        self._matching: dict[tuple[str, ...], list[str]] = {}
        self._there: set[str] = set()

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path that may be read."""
        return self._tree.exists(path) and not self._excluded(path)

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""
        return self._tree.has_folder(path)

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The files that match one of the globs, sorted."""
        key = tuple(patterns)
        if key not in self._matching:
            self._matching[key] = files.matching(self._tree, key, self._exclude)
            self._there.update(self._matching[key])
        return self._matching[key]

    def learn(self, options: Options, cache: Cache, seen: Seen) -> None:
        """Read all further files with other options; what was read so far stays."""
        self._earlier.append(self._seen)
        self._options, self._cache, self._seen = options, cache, seen

    def save(self) -> None:
        """Keep for the next run what this one read."""
        for seen in (*self._earlier, self._seen):
            seen.save()

    @property
    def unlisted(self) -> Mapping[str, str]:
        """Folders that are there and could not be looked into, with the reason."""
        return self._tree.unlisted

    def load(self, path: str) -> FileFacts | None:
        """The facts of a file, or None when there is no such file."""
        if path not in self._facts:
            is_there = path in self._there or self.exists(path)
            self._facts[path] = self._read(path) if is_there else None
        return self._facts[path]

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read files that are about to be asked for, in several processes where that pays."""
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
        if count > 1:
            self._read_in_processes(missing, count)
            return
        for path, data, key in missing:
            self._fresh(path, key, readers.read(path, data, self._options))

    def _read_in_processes(self, missing: list[tuple[str, bytes, str]], count: int) -> None:
        """Large files first, so that no process is left with one at the end; what a lost one leaves is read here."""
        from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

        by_size = sorted(missing, key=lambda each: -len(each[1]))
        with contextlib.suppress(BrokenExecutor, OSError), ProcessPoolExecutor(count) as pool:
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
        """The facts of a file that no reader has to be asked about, else its bytes and their key in the cache."""
        found = self._untouched(path)
        if found is not None:
            return self._keep(path, found)
        try:
            data = self._tree.read(path)
        except ReadError as error:
            return FileFacts(path, errors=((1, 1, f"the file cannot be read: {error}", None),))
        if readers.is_empty(path, data, self._options):
            self._note(path, None)
            return self._keep(path, FileFacts(path, language="c"))
        self.contents[path] = checksum(data)
        key = self._cache.key(data)
        facts = self._cache.get(key, path)
        if facts is None:
            return data, key
        self._note(path, facts)
        return self._keep(path, facts)

    def _untouched(self, path: str) -> FileFacts | None:
        """The facts of a file that is as it was when it was last read; its state is asked for before it is read."""
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
        """Remember what an unchanged file need not be read for."""
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
    """Facts cross a process boundary as the text that the cache keeps, which is smaller than the objects."""
    path, data, options = work
    return to_json(readers.read(path, data, options))


def catalogue(
    config: Config,
    *,
    jobs: int | None = None,
    cache: bool = True,
    source: Mapping[str, bytes] | None = None,
    on_file: Callable[[str], None] | None = None,
) -> Catalogue:
    """Read and resolve everything the config declares.

    Args:
        config: what to read, and where.
        jobs: number of processes; None to decide by the work.
        cache: whether facts of unchanged files are taken from the cache and kept there.
        source: path -> bytes to read instead of the root, as a revision of git has them.
        on_file: called with each path as its facts are there.
    """
    options = resolve.options(config)
    tree = files.Folder(config.root) if source is None else files.Snapshot(source)
    folder = cache_folder(config) if cache else None
    if options.c:
        options = options._replace(
            headers=tuple(files.matching(tree, options.headers, config.exclude)),
            symbols=tuple(files.matching(tree, options.symbols, config.exclude)),
        )
    kept = folder if source is None else None
    of = os.path.realpath(config.root), config.path
    seen = Seen(kept, options, (*of, "headers" if options.c else "all"))
    loader = Loader(tree, options, Cache(folder, options), seen, jobs, config.exclude, on_file)
    if options.c:
        options = options._replace(calls=resolve.type_names(options, loader))
        loader.learn(options, Cache(folder, options), Seen(kept, options, (*of, "all")))
    found = resolve.resolve(config, loader)
    loader.save()
    return found._replace(contents=loader.contents)


def checksum(data: bytes) -> int:
    """What tells one content of a file from another, cheaply."""
    return zlib.crc32(data) ^ len(data) << 32


def cache_folder(config: Config) -> Path:
    """Where facts are kept: the folder that HVSUPPORT_CACHE_DIR names, else one below the root."""
    given = os.environ.get(CACHE_VARIABLE)
    return Path(given) if given else config.root / CACHE_FOLDER


def read_bytes(config: Config, path: str) -> bytes:
    """The bytes of a file below the root.

    Raises:
        ReadError: it cannot be read.
    """
    return _read(config.root, path)


def _read(root: Path, path: str) -> bytes:
    try:
        return files.Folder(root).read(path)
    except ReadError as error:
        raise ReadError(f"{path}: {error}") from None


def edited(
    root: Path, edits: Iterable[Edit], contents: Mapping[str, int] | None = None
) -> dict[str, tuple[bytes, bytes]]:
    """Path -> bytes before and after, for every file that the edits change.

    Args:
        root: the folder that the edits' paths are relative to.
        edits: what to change.
        contents: what the files held when the edits were made, as ``Catalogue.contents`` says.

    Raises:
        ReadError: a file cannot be read.
        WriteError: a file is not as it was when the edits were made.
    """
    from .rewrite.apply import apply

    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    changed = {}
    for path in sorted(by_path):
        before = _read(root, path)
        if contents is not None and contents.get(path) != checksum(before):
            raise WriteError(f"{path}: changed since it was read; nothing was written, run the command again")
        after = apply(before, by_path[path])
        if after != before:
            changed[path] = (before, after)
    return changed


def write(root: Path, edits: Iterable[Edit], contents: Mapping[str, int] | None = None) -> list[str]:
    """Make edits on disk; nothing is written unless all of them fit and all the new files could be made.

    Returns:
        The paths of the files that changed, sorted.

    Raises:
        ReadError, WriteError: as for ``edited``, or a file cannot be written.
    """
    changed = edited(root, edits, contents)
    atomic_write_all({root / path: after for path, (_, after) in changed.items()})
    return list(changed)


def atomic_write(path: Path, data: bytes) -> bool:
    """Write a file so that it is either as before or complete; a link is written through, its mode is kept.

    Returns:
        Whether anything changed.

    Raises:
        WriteError: it cannot be written; what stood there is untouched.
    """
    return bool(atomic_write_all({path: data}))


def atomic_write_all(contents: Mapping[Path, bytes]) -> list[Path]:
    """Write several files: all of them are made beside their places before the first one takes its place.

    What is no regular file (a terminal, a pipe, ``/dev/null``) cannot be replaced and is written to as it is.

    Returns:
        The paths that changed.

    Raises:
        WriteError: one cannot be written; as long as none took its place, all stand untouched.
    """
    ready: list[tuple[Path, Path, str]] = []
    changed = []
    try:
        for path, data in contents.items():
            with _located(path):
                target = Path(os.path.realpath(path))
                if target.exists() and not target.is_file():
                    target.write_bytes(data)
                elif not target.exists() or target.read_bytes() != data:
                    ready.append((path, target, _beside(target, data)))
                else:
                    continue
            changed.append(path)
        while ready:
            path, target, temporary = ready[0]
            with _located(path):
                os.replace(temporary, target)
            ready.pop(0)
    finally:
        for _, _, temporary in ready:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
    return changed


@contextlib.contextmanager
def _located(path: Path) -> Iterator[None]:
    """Say which file it was that could not be written."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror or error}") from error


def _beside(target: Path, data: bytes) -> str:
    """Write a file that can take the place of another: in its folder, with its mode and, where allowed, its owner."""
    known = target.stat() if target.exists() else None
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".hvsupport-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if known is not None:
            with contextlib.suppress(OSError):
                os.chown(temporary, known.st_uid, known.st_gid)
        os.chmod(temporary, 0o666 & ~_umask() if known is None else known.st_mode & 0o7777)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
