"""The only writer of files: each is as before or complete, and written only when something changes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import WriteError

#: What temporary files beside their targets are called.
PREFIX = ".hvsupport-"


def write(path: Path, data: bytes) -> bool:
    """Write a file so that it is either as before or complete; a link is written through, its mode is kept.

    Returns:
        Whether anything changed.

    Raises:
        WriteError: it cannot be written; what stood there is untouched.
    """
    return bool(write_all({path: data}))


def write_all(contents: Mapping[Path, bytes]) -> list[Path]:
    """Write several files: all of them are made beside their places before the first one takes its place.

    What is no regular file (a terminal, a pipe, ``/dev/null``) cannot be replaced and is written to as it is.

    Returns:
        The paths that changed.

    Raises:
        WriteError: one cannot be written; as long as none took its place, all stand untouched.
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
    """Say which file it was that could not be written."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror or error}") from error


def replace(target: Path, data: bytes) -> None:
    """Write a file of the cache, which is whole or not there, and the folder that it lies in.

    Unlike ``write`` it does not wait for the disk: what is lost is made anew.

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
    """Write a file that can take the place of another: in its folder, with its mode and, where allowed, its owner.

    Args:
        target: whose place it may take.
        data: what to write.
        wait: until the disk has it.

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
