"""Which files are as they were when they were last read, by what the file system says of them, as in git's index.

What a file holds decides what its facts are, and the cache keeps them by that; this only saves reading files that
nobody touched. A file counts as untouched when its size, both its times and its number are what they were. A change of
the same size within one tick of the clock would go unseen, and so a file that is not older than the run that read it
is read again by the next one; setting back the time of a change alters the other time, which nobody can set.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .. import __version__, atomic
from ..facts import FileFacts, Options
from .codec import from_json, to_json
from .store import own_source

FOLDER = "seen"
#: Clocks of file systems tick as seldom as every two seconds.
_TICK = 2_000_000_000
_EMPTY = ""


class Status(NamedTuple):
    """What the file system says of a file: two are equal only where nothing was written between them."""

    size: int
    modified: int
    changed: int
    number: int

    @classmethod
    def of(cls, found: os.stat_result) -> Status:
        """Taken from what the system tells."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


class _Line(NamedTuple):
    """One file: its state, the checksum of what it held (None where nothing needs it), and its facts as JSON."""

    status: Status
    checksum: int | None
    facts: str


class Seen:
    """The files of one root as one run read them, kept in the cache's folder for the next.

    Args:
        folder: of the cache; None to know of nothing and keep nothing.
        options: of the readers; facts read with others are not known here.
        of: whose files they are: the root, and what else tells one run from another of the same root.
    """

    def __init__(self, folder: Path | None, options: Options, of: tuple[str, ...]) -> None:
        self._started = now()
        self._path = folder / FOLDER / f"{zlib.crc32(repr(of).encode('utf-8', 'replace')):08x}" if folder else None
        self._head = json.dumps([__version__, sys.version_info[:2], of, options, _own_state()]) if folder else ""
        self._known: dict[str, _Line] = dict(self._read())
        self._now: dict[str, _Line] = {}
        self._is_new = False

    @property
    def is_kept(self) -> bool:
        """Whether anything is known or kept at all."""
        return self._path is not None

    def get(self, path: str, status: Status) -> tuple[FileFacts | None, int | None] | None:
        """Facts and checksum of a file that is as it was, no facts where it held none; None where it may not be."""
        line = self._known.get(path)
        if line is None or line.status != status:
            return None
        try:
            facts = from_json(line.facts, path) if line.facts else None
        except (ValueError, TypeError, IndexError, KeyError, RecursionError):
            return None
        self._now[path] = line
        return facts, line.checksum

    def put(self, path: str, status: Status, checksum: int | None, facts: FileFacts | None) -> None:
        """Keep what a file held, whose state was asked for before it was read; not where it may still change unseen."""
        if self._path is None or max(status.modified, status.changed) >= self._started - _TICK:
            return
        text = to_json(facts) if facts is not None else _EMPTY
        with contextlib.suppress(UnicodeError):
            text.encode()  # half a surrogate pair has no UTF-8; such a file is read anew each time
            self._now[path] = _Line(status, checksum, text)
            self._is_new = True

    def save(self) -> None:
        """Write everything down for the next run, unless it is written already; a folder that refuses is let alone."""
        if self._path is None or (not self._is_new and self._now.keys() == self._known.keys()):
            return
        lines = [f"{json.dumps([path, *line.status, line.checksum])}\t{line.facts}" for path, line in self._now.items()]
        body = "\n".join(lines).encode()
        with contextlib.suppress(OSError):
            atomic.replace(self._path, b"%s\n%d\n%s" % (self._head.encode(), zlib.crc32(body), body))

    def _read(self) -> Iterator[tuple[str, _Line]]:
        """What the last run kept; nothing where it had other options, another reader, or was cut off."""
        try:
            head, _, rest = self._path.read_bytes().partition(b"\n") if self._path else (b"", b"", b"")
            seal, _, body = rest.partition(b"\n")
            if not body or head != self._head.encode() or int(seal) != zlib.crc32(body):
                return
            parts = [line.partition("\t") for line in body.decode().split("\n")]
            heads = json.loads(f"[{','.join([part[0] for part in parts])}]")
        except (OSError, ValueError):
            return
        for (path, size, modified, changed, number, checksum), (_, _, facts) in zip(heads, parts, strict=True):
            yield path, _Line(Status(size, modified, changed, number), checksum, facts)


def now() -> int:
    """The time by the clock of this machine, in nanoseconds; it decides what is read, never what comes out."""
    return time.time_ns()


def _own_state() -> list[list[object]]:
    """What tells one version of the readers from another, as Python itself tells when it keeps their byte code."""
    found = []
    with contextlib.suppress(OSError):
        for path in own_source():
            status = os.stat(path)
            found.append([path, status.st_size, status.st_mtime_ns])
    return found
