"""Bytes and edits -> bytes. Only the edited ranges change."""

from __future__ import annotations

from collections.abc import Iterable

from ..catalogue import Edit
from ..errors import WriteError


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the bytes with all edits made.

    Args:
        data: the content of a file.
        edits: all for this file, in any order; their positions refer to ``data``.

    Raises:
        WriteError: the bytes are not those that an edit expects, or two edits overlap.
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
