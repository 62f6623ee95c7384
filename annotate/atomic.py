"""The only module that writes files: atomically, and only if the content changes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import WriteError

#: Prefix of temporary files beside their targets.
PREFIX = ".hvsupport-"


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

    Anything that is not a regular file (a terminal, a pipe, ``/dev/null``) cannot be replaced and is written directly.

    Returns:
        The paths that changed.

    Raises:
        WriteError: one cannot be written; none is changed unless replacing has begun.
    """
    ready: list[tuple[Path, Path, Path]] = []
    changed = []
    try:
        for path, data in contents.items():
            with _located(path):
                target = Path(os.path.realpath(path))
                if target.exists() and not target.is_file():
                    target.write_bytes(data)
                elif not target.exists() or target.read_bytes() != data:
                    ready.append((path, target, aside(target, data)))
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
            _discard(temporary)
    return changed


@contextlib.contextmanager
def _located(path: Path) -> Iterator[None]:
    """Name the file that could not be written."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror or error}") from error


def replace(target: Path, data: bytes) -> None:
    """Write a cache file atomically, and create its folder.

    Unlike ``write`` it does not wait for the disk: a lost file is written again.

    Raises:
        OSError: it cannot be written.
    """
    target.parent.mkdir(exist_ok=True)
    temporary = _temporary(target, data)
    try:
        os.replace(temporary, target)
    except BaseException:
        _discard(temporary)
        raise


def aside(target: Path, data: bytes, *, wait: bool = True) -> Path:
    """Write a file that can replace another: in its folder, with its mode and, if permitted, its owner.

    Args:
        target: the file to replace.
        data: what to write.
        wait: whether to wait until it is on disk.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    known = target.stat() if target.exists() else None
    temporary = _temporary(target, data, wait=wait)
    try:
        if known is not None:
            with contextlib.suppress(OSError):
                os.chown(temporary, known.st_uid, known.st_gid)
        os.chmod(temporary, 0o666 & ~_umask() if known is None else known.st_mode & 0o7777)
    except BaseException:
        _discard(temporary)
        raise
    return temporary


def _temporary(target: Path, data: bytes, *, wait: bool = False) -> Path:
    import tempfile

    handle, name = tempfile.mkstemp(dir=target.parent, prefix=PREFIX)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            if wait:
                os.fsync(stream.fileno())
    except BaseException:
        _discard(temporary)
        raise
    return temporary


def _discard(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
