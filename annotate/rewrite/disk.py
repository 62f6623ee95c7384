"""Writes edits to disk, unless a file changed since the edits were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import atomic, files
from ..catalogue import Edit
from ..errors import WriteError
from .apply import apply


def edited(
    root: Path, edits: Iterable[Edit], contents: Mapping[str, int] | None = None
) -> dict[str, tuple[bytes, bytes]]:
    """Path -> bytes before and after, for every file that the edits change.

    Args:
        root: the folder that the edits' paths are relative to.
        contents: checksums from when the edits were made, as in ``Catalogue.contents``.

    Raises:
        ReadError: a file cannot be read.
        WriteError: a file changed since the edits were made.
    """
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    changed = {}
    for path in sorted(by_path):
        before = files.read(root, path)
        if contents is not None and contents.get(path) != files.checksum(before):
            raise WriteError(f"{path}: changed since it was read; nothing was written, run the command again")
        after = apply(before, by_path[path])
        if after != before:
            changed[path] = (before, after)
    return changed


def write(root: Path, edits: Iterable[Edit], contents: Mapping[str, int] | None = None) -> list[str]:
    """Write edits to disk; nothing is written unless all of them apply and all new files could be written.

    Returns:
        The paths of the files that changed, sorted.

    Raises:
        ReadError, WriteError: as for ``edited``, or a file cannot be written.
    """
    changed = edited(root, edits, contents)
    atomic.write_all({root / path: after for path, (_, after) in changed.items()})
    return list(changed)
