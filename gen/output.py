"""Write a site to disk: all or nothing, only changed files; stale files of an earlier run are removed.

Each changed file is first written under a temporary name beside its target, so a full disk or missing permission shows
before anything is replaced; then all are renamed. A manifest in the folder lists our files. Other files are never
overwritten or removed.

Compromise: between two renames the site is partly new. No file is ever half written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hvsupport.annotate import atomic
from hvsupport.annotate.errors import ReadError, WriteError
from hvsupport.annotate.files import regular

#: Lists our files, with a digest of each as written.
MANIFEST = ".hvsupport-site.json"

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A file that is ``missing``, ``different`` or ``stale`` (no longer part of the site)."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run wrote and removed (or would have); paths relative to the folder."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether any file was written or removed."""
        return bool(self.written or self.removed)


def check(out: Path, files: Files) -> list[Difference]:
    """Compare a folder with a site.

    Raises:
        WriteError: the folder or a file in it could not be read.
    """
    try:
        return sorted([*_changed(out, files), *_stale(out, files)])
    except OSError as error:
        raise WriteError(f"{out}: cannot compare: {_reason(error)}") from error


def write(out: Path, files: Files, dry_run: bool = False) -> Outcome:
    """Make a folder contain exactly this site, beside files that are not ours.

    Args:
        out: the folder; created if missing.
        files: relative path with ``/`` -> bytes.
        dry_run: only return what would be done.

    Raises:
        WriteError: a file is in the way or could not be written. Nothing was replaced or removed, unless renaming or
            removing itself failed; no file is half written in any case.
    """
    try:
        changed = [difference.path for difference in _changed(out, files)]
        stale = [difference.path for difference in _stale(out, files)]
        _refuse_obstacles(out, files, changed)
        if not dry_run:
            _replace(out, files, changed, stale)
    except OSError as error:
        raise WriteError(f"{error.filename or out}: cannot write the site: {_reason(error)}") from error
    return Outcome(tuple(changed), tuple(stale))


def _changed(out: Path, files: Files) -> list[Difference]:
    found = []
    for path, data in files.items():
        old = _read(out / path)
        if old != data:
            found.append(Difference(path, "missing" if old is None else "different"))
    return found


def _stale(out: Path, files: Files) -> list[Difference]:
    """Files of an earlier run that are not part of the site now, unless changed by hand since."""
    found = []
    for path, digest in _manifest(out).items():
        data = None if path in files else _read(out / path)
        if data is not None and _digest(data) == digest:
            found.append(Difference(path, "stale"))
    return found


def _read(path: Path) -> bytes | None:
    """The bytes of a file; None if missing, a symbolic link or not a regular file."""
    try:
        return None if path.is_symlink() else regular(path)
    except (FileNotFoundError, NotADirectoryError, ReadError):
        return None


def _manifest(out: Path) -> dict[str, str]:
    """The files of the last run; paths outside the folder are ignored."""
    data = _read(out / MANIFEST)
    try:
        listed = json.loads(data or b"{}")["files"]
        return {path: digest for path, digest in listed.items() if _is_below(path) and isinstance(digest, str)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _is_below(path: str) -> bool:
    parts = PurePosixPath(path)
    return bool(path) and not parts.is_absolute() and ".." not in parts.parts and "\\" not in path and "\0" not in path


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _refuse_obstacles(out: Path, files: Files, changed: list[str]) -> None:
    """Refuse before anything is written if a file or folder is in the way."""
    if out.exists() and not out.is_dir():
        raise WriteError(f"{out}: not a folder")
    ours = _manifest(out)
    for path in files:
        _refuse_folders(out, path)
    for path in changed:
        target = out / path
        if target.is_dir() and not target.is_symlink():
            raise WriteError(f"{target}: is a folder; the site writes a file there")
        if path not in ours and os.path.lexists(target):
            raise WriteError(f"{target}: exists and was not written by hvsupport; move it, or choose another folder")


def _refuse_folders(out: Path, path: str) -> None:
    for parent in list(PurePosixPath(path).parents)[:-1]:
        folder = out / parent
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise WriteError(f"{folder}: is a file or link; the site needs a folder there")


def _replace(out: Path, files: Files, changed: list[str], stale: list[str]) -> None:
    """Write temporary files, rename, remove. The manifest lists all files of both sites until the last one is gone."""
    listed = {path: _digest(data) for path, data in files.items()}
    manifest, old = _dump(listed), _manifest(out)
    if not (changed or stale) and _read(out / MANIFEST) == manifest:
        return
    with atomic.Writer(wait=False, follow=False) as writer:
        for folder in dict.fromkeys((out / path).parent for path in [MANIFEST, *changed]):
            writer.make_folder(folder)
        writer.stage(out / MANIFEST, _dump({**old, **listed}))
        for path in changed:
            writer.stage(out / path, files[path])
        for path in old:
            if path in stale or not (path in files or os.path.lexists(out / path)):
                writer.remove(out / path, out)
        if old.keys() - listed.keys():
            writer.stage(out / MANIFEST, manifest)
        writer.commit()


def _dump(listed: Mapping[str, str]) -> bytes:
    return (json.dumps({"files": listed}, indent=1, sort_keys=True) + "\n").encode()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
