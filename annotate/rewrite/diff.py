"""A unified diff of bytes for ``--dry-run``, valid for ``patch`` and ``git apply``."""

from __future__ import annotations

import difflib
import os


def unified(path: str, before: bytes, after: bytes) -> bytes:
    """The diff of one file; empty when nothing changes.

    Lines end at line feeds only, as for those programs, whatever other line ends the file has.
    """
    name = os.fsencode(path)
    parts = difflib.diff_bytes(
        difflib.unified_diff, _lines(before), _lines(after), b"a/" + name, b"b/" + name, lineterm=b"\n"
    )
    return b"".join(_ended(part) for part in parts)


def _lines(data: bytes) -> list[bytes]:
    """Cut at line feeds; ``splitlines`` would cut at carriage returns too."""
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
