"""Which files are unchanged since they were last read, by their file status, as in git's index.

The cache stores facts by content; this only saves reading unchanged files. A file counts as unchanged if its size,
modification time, change time and inode number are the same. A change of the same size within one clock tick would go
unnoticed, so a file that is not older than the run that read it is read again by the next run. Resetting the
modification time updates the change time, which cannot be set.
"""

import contextlib
import json
import os
import sys
import time
import zlib
from pathlib import Path
from typing import Any, TypeAlias

from .. import __version__, atomic
from ..facts import FileFacts, Options
from ..records import NamedTuple, record
from .codec import from_json, to_json
from .store import own_source

FOLDER = "seen"
#: File times may be as coarse as two seconds.
TICK = 2_000_000_000
_EMPTY = ""


class Status(NamedTuple):
    """The status of a file: two are equal only if the file was not written in between."""

    size: int
    modified: int
    changed: int
    number: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Status":
        """From the result of ``os.stat``."""
        return record(cls, (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino))


#: One file: its path, the four values of its status and the checksum of its content (None if not needed); and its facts
#: as JSON. Most of a warm run's files are only compared, so they are kept as they are saved.
_Line: TypeAlias = tuple[list[Any], str]


class Seen:
    """The files of one root as read by one run, saved in the cache folder for the next.

    Args:
        folder: of the cache; None to load and save nothing.
        options: of the readers; facts read with other options are ignored.
        of: what the files belong to: the root, and what else distinguishes runs over the same root.
    """

    def __init__(self, folder: Path | None, options: Options, of: tuple[str, ...]) -> None:
        self._started = now()
        self._path = folder / FOLDER / f"{zlib.crc32(repr(of).encode('utf-8', 'replace')):08x}" if folder else None
        self._head = (
            json.dumps([__version__, sys.version_info[:2], of, options, state_of(own_source())]) if folder else ""
        )
        self._known = self._read()
        self._now: dict[str, _Line] = {}
        self._is_new = False

    @property
    def is_kept(self) -> bool:
        """Whether facts are loaded and saved at all."""
        return self._path is not None

    def knows(self, path: str) -> bool:
        """Whether the last run kept something of a file."""
        return path in self._known

    def get(self, path: str, status: Status) -> tuple[FileFacts | None, int | None] | None:
        """Facts, if any, and checksum of an unchanged file; None if it may have changed."""
        line = self._known.get(path)
        if line is None:
            return None
        (_, *known, checksum), text = line
        if known != [*status]:
            return None
        try:
            facts = from_json(text, path) if text else None
        except (ValueError, TypeError, IndexError, KeyError, RecursionError):
            return None
        self._now[path] = line
        return facts, checksum

    def put(self, path: str, status: Status, checksum: int | None, facts: FileFacts | None) -> None:
        """Record a file whose status was taken before it was read, unless it may still change unnoticed."""
        if self._path is None or max(status.modified, status.changed) >= self._started - TICK:
            return
        text = to_json(facts) if facts is not None else _EMPTY
        with contextlib.suppress(UnicodeError):
            text.encode()  # a lone surrogate cannot be encoded; such a file is read each time
            self._now[path] = [path, *status, checksum], text
            self._is_new = True

    def save(self) -> None:
        """Save everything for the next run, if it changed; skipped when the folder is not writable."""
        if self._path is None or (not self._is_new and self._now.keys() == self._known.keys()):
            return
        lines = [f"{json.dumps(head)}\t{facts}" for head, facts in self._now.values()]
        body = "\n".join(lines).encode()
        with contextlib.suppress(OSError):
            atomic.replace(self._path, b"%s\n%d\n%s" % (self._head.encode(), zlib.crc32(body), body))

    def _read(self) -> dict[str, _Line]:
        """What the last run saved; nothing if it had other options or another reader, or is truncated."""
        try:
            head, _, rest = self._path.read_bytes().partition(b"\n") if self._path else (b"", b"", b"")
            seal, _, body = rest.partition(b"\n")
            if not body or head != self._head.encode() or int(seal) != zlib.crc32(body):
                return {}
            parts = [line.partition("\t") for line in body.decode().split("\n")]
            heads = json.loads(f"[{','.join([part[0] for part in parts])}]")
        except (OSError, ValueError):
            return {}
        return {head[0]: (head, part[2]) for head, part in zip(heads, parts, strict=True)}


def now() -> int:
    """The current time in nanoseconds; it decides what is read again, never the result."""
    return time.time_ns()


def state_of(source: list[str]) -> list[list[object]]:
    """What identifies a version of some of our modules: the same data by which Python validates byte code."""
    found: list[list[object]] = []
    with contextlib.suppress(OSError):
        for path in source:
            status = os.stat(path)
            found.append([path, status.st_size, status.st_mtime_ns])
    return found
