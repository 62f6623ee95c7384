"""Bytes and edits -> bytes. Nothing but the edited stretches changes."""

from __future__ import annotations

from collections.abc import Iterable

from ..catalogue import Edit
from ..errors import WriteError


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the bytes with all edits made.

    Args:
        data: a file as it lies on disk.
        edits: all for this file, in any order; their positions count in ``data``.

    Raises:
        WriteError: an edit does not find the bytes it expects, or two of them touch the same bytes.
    """
    pieces, position, last = [], 0, -1
    for edit in sorted(edits, key=lambda one: (one.start, one.old)):
        end = edit.start + len(edit.old)
        if edit.start < position or edit.start == last:
            raise WriteError(f"{edit.path}: two edits at byte {edit.start}; nothing was written")
        if edit.start > len(data) or data[edit.start : end] != edit.old:
            raise WriteError(f"{edit.path}: changed since it was read (at byte {edit.start}); nothing was written")
        pieces += [data[position : edit.start], edit.new]
        position, last = end, edit.start
    return b"".join([*pieces, data[position:]])
