"""A journal: records that are only ever added, each on disk before the call returns.

One line a record: a checksum, a space, JSON. A line that was being written when the power went is
the last one and is forgotten; damage anywhere else is an error, for what stood there is unknown.
One owner at a time: who takes the journal over shuts its former owner out.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import JournalError

Record = Mapping[str, Any]


class _Pages:
    """What the owners of one journal in memory share."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.owner: object = None
        self.lock = threading.Lock()


class MemoryJournal:
    """A journal that lasts as long as the process: for tests, and where nothing else lasts."""

    def __init__(self, pages: _Pages | None = None) -> None:
        """Begin a journal, or own one further."""
        self._pages = _Pages() if pages is None else pages
        with self._pages.lock:
            self._pages.owner = self

    @classmethod
    def of(cls, records: list[Record]) -> MemoryJournal:
        """Begin a journal with what another one holds."""
        journal = cls()
        for record in records:
            journal.append(record)
        return journal

    def records(self) -> list[Record]:
        """Give everything that was written, oldest first."""
        with self._pages.lock:
            return list(self._pages.records)

    def append(self, record: Record) -> None:
        """Add a record; raise JournalError when another owner took over."""
        with self._pages.lock:
            if self._pages.owner is not self:
                raise JournalError("the journal was taken over")
            # As the file does it: later changes of a value that was written do not count.
            self._pages.records.append(json.loads(json.dumps(dict(record))))

    def taken_over(self) -> MemoryJournal:
        """Own the journal from now on; the owner so far can no longer write."""
        return MemoryJournal(self._pages)

    def close(self) -> None:
        """Give it up."""
        with self._pages.lock:
            if self._pages.owner is self:
                self._pages.owner = None


class FileJournal:
    """A journal in a file, locked by the process that owns it for as long as that lives."""

    def __init__(self, path: Path | str) -> None:
        """Open a journal, or begin it.

        Raises JournalError when it is damaged, cannot be opened, or its owner still lives.
        """
        # Here, because not every system has it, and only this needs it.
        import fcntl

        self._path = Path(path)
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(f"cannot open journal {str(path)!r}: {error.strerror}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            whole = self._load()
            os.ftruncate(self._handle, whole)
            if not whole:
                _sync_directory(self._path.parent)
        except BlockingIOError:
            os.close(self._handle)
            raise JournalError(f"journal {str(path)!r} is in use: its owner lives") from None
        except OSError as error:
            os.close(self._handle)
            raise JournalError(f"cannot begin journal {str(path)!r}: {error.strerror}") from error
        except BaseException:
            os.close(self._handle)
            raise
        self._end = whole
        self._lock = threading.Lock()
        self._closed = False

    def records(self) -> list[Record]:
        """Give everything that was written, oldest first."""
        return list(self._records)

    def append(self, record: Record) -> None:
        """Add a record and wait until it is on disk; raise JournalError when it cannot be."""
        text = json.dumps(dict(record), sort_keys=True)
        line = f"{zlib.crc32(text.encode()):08x} {text}\n".encode()
        with self._lock:
            if self._closed:
                raise JournalError(f"journal {str(self._path)!r} is closed")
            try:
                written = os.pwrite(self._handle, line, self._end)
                if written != len(line):
                    raise OSError(0, f"only {written} of {len(line)} bytes were written")
                os.fsync(self._handle)
            except OSError as error:
                why = error.strerror
                raise JournalError(f"cannot write {str(self._path)!r}: {why}") from error
            self._end += len(line)
            self._records.append(json.loads(text))

    def close(self) -> None:
        """Give it up, so that another may own it."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._handle)

    def _load(self) -> int:
        """Read the records; give the length up to which they are whole."""
        with open(self._handle, "rb", closefd=False) as stream:
            data = stream.read()
        self._records, whole = _parsed(data, self._path)
        return whole


def _sync_directory(path: Path) -> None:
    """Wait until the names in a directory are on disk: records are worth nothing without theirs."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


Journal = MemoryJournal | FileJournal


def read_records(path: Path) -> list[Record]:
    """Look at what a journal in a file holds, without owning it; raise JournalError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(f"cannot read journal {str(path)!r}: {error.strerror}") from error
    return _parsed(data, path)[0]


def _parsed(data: bytes, path: Path) -> tuple[list[Record], int]:
    """Read the records; give also the length up to which they are whole."""
    records: list[Record] = []
    whole = 0
    lines = data.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        record = _record(line)
        if record is None:
            if number == len(lines):
                break
            raise JournalError(f"journal {str(path)!r} is damaged in line {number}")
        records.append(record)
        whole += len(line)
    return records, whole


def _record(line: bytes) -> Record | None:
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != f"{zlib.crc32(text):08x}".encode():
        return None
    found = json.loads(text)
    return found if isinstance(found, dict) else None
