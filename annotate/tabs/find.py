"""Paths -> the files with tabs; links are not followed, and special files do not block.

Skipped files are counted by reason, for the summary.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import ReadError
from ..files import LARGEST, regular
from .text import is_binary

_CHUNK = 1 << 20
_FIRST = 1 << 16
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_REPOSITORY_FOLDERS = (".git", ".hg", ".svn", ".bzr", "CVS")
#: Marks cache folders, by the Cache Directory Tagging Specification.
_CACHE_TAG, _CACHE_SIGNATURE = "CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55"
#: Files with an ignore comment are read too: the comment may no longer be needed.
MARK = b"[TAB"
#: So many brackets are looked at one by one.
_FEW = 64


@dataclass(frozen=True, slots=True)
class Holding:
    """A file with tabs, with an ignore comment, or unreadable.

    Attributes:
        data: its bytes; empty if it could not be read.
        problem: why it cannot be checked, or None.
        offset: first tab of a file that is too large.
    """

    path: str
    data: bytes = b""
    problem: str | None = None
    offset: int = 0


def scan(
    root: Path,
    paths: Iterable[str],
    skipped: Counter[str],
    on_file: Callable[[str], None] | None = None,
) -> Iterator[Holding]:
    """Read files, and yield those with tabs, ignore comments or problems.

    Args:
        skipped: reason -> number of skipped files; filled here.
    """
    prefix = os.path.join(os.fspath(root), "")
    for path in paths:
        if on_file is not None:
            on_file(path)
        found = _look(prefix + path, path, skipped)
        if found is not None:
            yield found


def _look(full: str, path: str, skipped: Counter[str]) -> Holding | None:
    try:
        handle = os.open(full, _FLAGS)
    except OSError as error:
        return _unopened(full, path, error, skipped)
    try:
        return _read(handle, path, skipped)
    except IsADirectoryError:
        skipped["submodule or other folder"] += 1
    except OSError as error:
        return Holding(path, problem=f"the file cannot be read: {error.strerror or error}")
    finally:
        os.close(handle)
    return None


def _read(handle: int, path: str, skipped: Counter[str]) -> Holding | None:
    """Read a file; most need a single system call."""
    data = os.read(handle, _FIRST)
    if len(data) in (0, _FIRST):
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            skipped["not a regular file"] += 1
            return None
        if status.st_size > LARGEST:
            return _large(handle, path, skipped)
        data = _rest(handle, data)
    if b"\t" not in data and not _has_mark(data):
        return None
    if is_binary(data):
        skipped["binary"] += 1
        return None
    return Holding(path, data)


def _has_mark(data: bytes) -> bool:
    """Whether a file has an ignore comment; a search for one byte is twenty times faster than for a word."""
    at = data.find(b"[")
    for _ in range(_FEW):
        if at < 0 or data.startswith(MARK, at):
            return at >= 0
        at = data.find(b"[", at + 1)
    return MARK in data


def _rest(handle: int, data: bytes) -> bytes:
    """Read on to the end: the size may be unknown or change meanwhile."""
    pieces, size = [data], len(data)
    while size <= LARGEST and (piece := os.read(handle, _CHUNK)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _unopened(full: str, path: str, error: OSError, skipped: Counter[str]) -> Holding | None:
    if error.errno in (errno.ELOOP, errno.EMLINK) or os.path.islink(full):
        skipped["link"] += 1
    elif error.errno == errno.ENOENT:
        skipped["deleted"] += 1
    elif error.errno in (errno.ENXIO, errno.ENODEV):
        skipped["not a regular file"] += 1
    else:
        return Holding(path, problem=f"the file cannot be read: {error.strerror or error}")
    return None


def _large(handle: int, path: str, skipped: Counter[str]) -> Holding | None:
    """Search the first tab only, without keeping the file in memory."""
    os.lseek(handle, 0, os.SEEK_SET)
    offset, first = 0, True
    while piece := os.read(handle, _CHUNK):
        if first and is_binary(piece):
            skipped["binary"] += 1
            return None
        at = piece.find(b"\t")
        if at >= 0:
            return Holding(path, problem=f"the file is larger than {LARGEST // 1_000_000} MB", offset=offset + at)
        offset, first = offset + len(piece), False
    return None


def walk(root: Path, below: str, on_error: Callable[[OSError], None]) -> Iterator[str]:
    """The files below a folder outside a repository; links to folders and caches are not entered."""
    top = os.path.join(os.fspath(root), below) if below else os.fspath(root)
    for where, folders, names in os.walk(top, onerror=on_error):
        inside = (name for name in folders if name not in _REPOSITORY_FOLDERS)
        folders[:] = sorted(name for name in inside if not _is_cache(os.path.join(where, name)))
        folder = os.path.relpath(where, root)
        yield from (name if folder == "." else f"{folder}/{name}" for name in sorted(names))


def _is_cache(folder: str) -> bool:
    try:
        return regular(os.path.join(folder, _CACHE_TAG)).startswith(_CACHE_SIGNATURE)
    except (OSError, ReadError):
        return False
