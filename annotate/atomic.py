"""The only module that writes files: atomically, and only if the content changes.

New content goes to a temporary file beside its target, which then replaces the target. A run that is killed in between
leaves temporary files; the next run that writes in their folder removes them. To leave those of a running process
alone, a process holds a shared lock on each folder that it writes in, and removes files only under an exclusive one.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import WriteError
from .patterns import regex

#: Prefix of temporary files beside their targets.
PREFIX = ".hvsupport-"
_OURS = regex(re.escape(PREFIX) + "[0-9a-f]{16}")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
#: More locks at a time could use up the file handles. What stands in further folders is safe but for a run that starts
#: writing in the same folder at the same moment.
_LOCKS = 128
#: Seconds after which a temporary file is stale where the file system has no locks on folders.
_STALE = 24 * 3600


def write(path: Path, data: bytes) -> bool:
    """Write a file atomically, following links and keeping its mode.

    Returns:
        Whether the content changed.

    Raises:
        WriteError: it cannot be written; the old content is kept.
    """
    return bool(write_all({path: data}))


def write_all(contents: Mapping[Path, bytes]) -> list[Path]:
    """Write several files: all temporary files are written before the first one replaces its target.

    Returns:
        The paths that changed.

    Raises:
        WriteError: one cannot be written; none is changed unless replacing has begun.
    """
    with Writer() as writer:
        changed = [path for path, data in contents.items() if writer.stage(path, data)]
        writer.commit()
    return changed


def replace(target: Path, data: bytes, *, clear: bool = True) -> None:
    """Write a cache file atomically, and create its folder.

    Unlike ``write`` it does not wait for the disk: a lost file is written again.

    Args:
        target: the file; a link is replaced.
        clear: whether to remove what killed runs left in its folder.

    Raises:
        OSError: it cannot be written.
    """
    with contextlib.suppress(FileExistsError):
        os.mkdir(target.parent)
    lock = _locked(target.parent, clear)
    try:
        temporary = _aside(target, data, wait=False)
        try:
            os.replace(temporary, target)
        except BaseException:
            _discard(temporary)
            raise
    finally:
        _unlock(lock)


class Writer:
    """Writes and removes files in the order of the calls: everything is written aside before ``commit`` begins.

    To be used in a ``with`` block; what was not committed is undone at its end.

    Args:
        wait: whether to wait until the content is on the disk.
        follow: whether links are followed; else they are replaced.
    """

    def __init__(self, *, wait: bool = True, follow: bool = True) -> None:
        self._wait, self._follow = wait, follow
        self._todo: list[tuple[Path, Path, Path | None]] = []
        self._staged: set[Path] = set()
        self._made: list[Path] = []
        self._locks: dict[Path, int | None] = {}

    def __enter__(self) -> Writer:
        return self

    def stage(self, path: Path, data: bytes) -> bool:
        """Write a file aside, with the mode and, if permitted, the owner of the file that it will replace.

        What is no regular file (a terminal, a pipe, ``/dev/null``) cannot be replaced and is written directly.

        Returns:
            Whether the content changes.

        Raises:
            WriteError: it cannot be written.
        """
        with _located(path):
            target = Path(os.path.realpath(path)) if self._follow else path
            if target.parent not in self._locks and len(self._locks) < _LOCKS:
                self._locks[target.parent] = _locked(target.parent)
            known = _status(target)
            if self._follow and known is not None and not stat.S_ISREG(known.st_mode):
                _write(os.open(target, os.O_WRONLY), data, wait=False)
            # What is there now does not count where an earlier stage will have replaced it.
            elif target in self._staged or known is None or not _holds(target, known, data):
                self._staged.add(target)
                self._todo.append((path, target, _aside(target, data, wait=self._wait)))
            else:
                return False
        return True

    def remove(self, path: Path, below: Path) -> None:
        """Remove a file, if it exists, when its turn comes, and the folders below ``below`` that are empty then."""
        self._todo.append((path, below, None))

    def make_folder(self, folder: Path) -> None:
        """Create a folder with its parents, now.

        Raises:
            WriteError: it cannot be created.
        """
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for one in reversed(missing):
            with _located(one), contextlib.suppress(FileExistsError):
                os.mkdir(one)
                self._made.append(one)

    def commit(self) -> None:
        """Replace and remove files, in order.

        Raises:
            WriteError: a file cannot be replaced or removed; those before it have been.
        """
        while self._todo:
            path, target, temporary = self._todo[0]
            with _located(path):
                if temporary is not None:
                    os.replace(temporary, target)
                else:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(path)
                    _remove_empty(parent for parent in path.parents if target in parent.parents)
            self._todo.pop(0)
        self._made.clear()

    def __exit__(self, *_: object) -> None:
        try:
            for temporary in filter(None, [each[2] for each in self._todo]):
                _discard(temporary)
            with contextlib.suppress(OSError):
                _remove_empty(reversed(self._made))
        finally:
            for lock in self._locks.values():
                _unlock(lock)


def _remove_empty(folders: Iterator[Path]) -> None:
    """Remove those of some folders that are empty."""
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):
            if not os.listdir(folder):
                os.rmdir(folder)


@contextlib.contextmanager
def _located(path: Path) -> Iterator[None]:
    """Name the file that could not be written."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror or error}") from error


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _holds(path: Path, known: os.stat_result, data: bytes) -> bool:
    return stat.S_ISREG(known.st_mode) and known.st_size == len(data) and path.read_bytes() == data


def _aside(target: Path, data: bytes, *, wait: bool) -> Path:
    """Write a file that can replace another: in its folder, with its mode and, if permitted, its owner.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    known = _status(target)
    temporary = target.parent / f"{PREFIX}{os.urandom(8).hex()}"
    handle = os.open(temporary, _NEW, 0o600)
    try:
        _write(handle, data, wait=wait)
        if known is None or not stat.S_ISREG(known.st_mode):
            os.chmod(temporary, 0o666 & ~_umask())
        else:
            with contextlib.suppress(OSError):
                os.chown(temporary, known.st_uid, known.st_gid)
            os.chmod(temporary, known.st_mode & 0o7777)
    except BaseException:
        _discard(temporary)
        raise
    return temporary


def _write(handle: int, data: bytes, *, wait: bool) -> None:
    """Write everything, and close the file."""
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        if wait:
            os.fsync(handle)
    finally:
        os.close(handle)


def _discard(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# -- what a killed run left


def _locked(folder: Path, clear: bool = True) -> int | None:
    """Take a shared lock on a folder, and remove what killed runs left in it.

    Returns:
        The handle that holds the lock; None if the folder cannot be opened.
    """
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        try:
            if clear:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _clear(folder, 0)
        except BlockingIOError:
            pass  # another run writes here
        except OSError:
            _clear(folder, _STALE)
        fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _clear(folder: Path, age: float) -> None:
    """Remove our temporary files of an age, in seconds."""
    for name in os.listdir(folder):
        if _OURS.fullmatch(name) and time.time() - os.lstat(folder / name).st_mtime >= age:
            _discard(folder / name)
