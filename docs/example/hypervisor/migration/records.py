"""Records as lines of a file: a checksum, a space, JSON, a line end.

A writer that was stopped leaves a last line without its end. Nobody acted on what was not yet
written, so that line is forgotten. Any other line that is not as it was written is damage, the last
one too when it has its end: it was on disk, and somebody may have acted on it.

Compromise: a file from which a whole last record was cut looks like one in which it never stood.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import JournalError

Record = Mapping[str, Any]


def plain(record: Record) -> Record:
    """Give a record as it will be read back: later changes of its values do not count."""
    found: Record = json.loads(json.dumps(dict(record)))
    return found


def line(record: Record) -> bytes:
    """Write a record as a line."""
    text = json.dumps(dict(record), sort_keys=True).encode()
    return f"{zlib.crc32(text):08x} ".encode() + text + b"\n"


def parse(data: bytes, path: Path) -> tuple[list[Record], int]:
    """Read the records of a file; give also the length up to which they are whole.

    Raises JournalError that names the first damaged line.
    """
    *lines, torn = data.split(b"\n")
    found: list[Record] = []
    for one in lines:
        record = _record(one)
        if record is None:
            raise _damaged(path, len(found) + 1)
        found.append(record)
    if torn and _record(torn[:-1]) is not None:
        # All of it is there, so what stands behind it was its line end.
        raise _damaged(path, len(found) + 1)
    return found, len(data) - len(torn)


def read(path: Path) -> list[Record]:
    """Look at the records of a file without owning or changing it; raise JournalError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(f"cannot read journal {str(path)!r}: {error.strerror}") from error
    return parse(data, path)[0]


def _damaged(path: Path, number: int) -> JournalError:
    return JournalError(f"journal {str(path)!r} is damaged in line {number}")


def _record(text: bytes) -> Record | None:
    checksum, _, document = text.partition(b" ")
    if checksum != f"{zlib.crc32(document):08x}".encode():
        return None
    try:
        found = json.loads(document)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
