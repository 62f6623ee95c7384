"""A journal: records that are only ever added, each on disk before the call returns.

One owner at a time: taking the journal over shuts the former owner out. An owner may put fewer
records in place of all, which happens at once: a reader finds the old ones or the new.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from contextlib import ExitStack
from pathlib import Path

from ..errors import JournalError
from . import records as _records
from .records import Record

#: What is written beside a journal to take its place ends with this.
BESIDE = ".new"
#: How often a file may be another one by the time it is locked.
_TRIES = 10


class _Pages:
    """What the owners of one journal in memory share."""

    def __init__(self) -> None:
        #: Each as text: later changes of what was written do not count.
        self.texts: list[str] = []
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
            texts = list(self._pages.texts)
        return [json.loads(text) for text in texts]

    def append(self, record: Record) -> None:
        """Add a record; raise JournalError when another owner took over."""
        with self._pages.lock:
            self._require_owner()
            self._pages.texts.append(json.dumps(dict(record)))

    def replace(self, records: list[Record]) -> None:
        """Hold these records in place of all so far; raises as `append` does."""
        with self._pages.lock:
            self._require_owner()
            self._pages.texts = [json.dumps(dict(record)) for record in records]

    def taken_over(self) -> MemoryJournal:
        """Own the journal from now on; the owner so far can no longer write."""
        return MemoryJournal(self._pages)

    def close(self) -> None:
        """Give it up."""
        with self._pages.lock:
            if self._pages.owner is self:
                self._pages.owner = None

    def _require_owner(self) -> None:
        if self._pages.owner is not self:
            raise JournalError("the journal was taken over")


class FileJournal:
    """A journal in a file, locked by the process that owns it for as long as that lives."""

    def __init__(self, path: Path | str) -> None:
        """Open a journal, or begin it.

        Raises JournalError when it is damaged, cannot be opened, or its owner still lives. What is
        damaged stays as it is.
        """
        self._path = Path(path)
        self._handle = _owned(self._path)
        try:
            with open(self._handle, "rb", closefd=False) as stream:
                self._records, self._end = _records.parse(stream.read(), self._path)
            os.ftruncate(self._handle, self._end)
            # Records are worth nothing without their file's name: its author may have been stopped
            # before it waited for it.
            sync_directory(self._path.parent)
        except OSError as error:
            os.close(self._handle)
            raise JournalError(f"cannot begin journal {str(path)!r}: {error.strerror}") from error
        except BaseException:
            os.close(self._handle)
            raise
        self._lock = threading.Lock()
        self._closed = False
        #: Whether what is on disk is known: the records, and nothing behind them.
        self._sure = True

    def __enter__(self) -> FileJournal:
        """Own it for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give it up."""
        self.close()

    @property
    def path(self) -> Path:
        """Its file."""
        return self._path

    def records(self) -> list[Record]:
        """Give everything that was written, oldest first."""
        with self._lock:
            return list(self._records)

    def append(self, record: Record) -> None:
        """Add a record and wait until it is on disk; raise JournalError when it cannot be."""
        line = _records.line(record)
        with self._lock:
            self._require_open()
            try:
                self._mend()
                self._sure = False
                _write(self._handle, line, self._end)
                self._sure = True
            except OSError as error:
                raise self._unwritten(error) from error
            self._end += len(line)
            self._records.append(_records.plain(record))

    def replace(self, records: list[Record]) -> None:
        """Hold these records in place of all so far, and wait until that is on disk.

        Raises JournalError when it cannot be; the journal then holds what it held, or these
        records, and can be used, if the disk lets it, as before.
        """
        data = b"".join(map(_records.line, records))
        with self._lock:
            self._require_open()
            try:
                handle = _moved_into_place(self._path, data)
                # The new file has the name, and is locked too. Only now the old one is let go.
                former, self._handle = self._handle, handle
                self._end = len(data)
                self._records = [_records.plain(record) for record in records]
                self._sure = False
                os.close(former)
                self._mend()
            except OSError as error:
                raise self._unwritten(error) from error

    def close(self) -> None:
        """Give it up, so that another may own it."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._handle)

    def _require_open(self) -> None:
        if self._closed:
            raise JournalError(f"journal {str(self._path)!r} is closed")

    def _unwritten(self, error: OSError) -> JournalError:
        return JournalError(f"cannot write {str(self._path)!r}: {error.strerror}")

    def _mend(self) -> None:
        """Undo what is left of a record that could not be written; it would look like damage."""
        if not self._sure:
            os.ftruncate(self._handle, self._end)
            os.fsync(self._handle)
            sync_directory(self._path.parent)
            self._sure = True


Journal = MemoryJournal | FileJournal


def set_aside(path: Path) -> Path:
    """Give a damaged journal a name under which no host looks for it; raise JournalError."""
    aside = path.with_name(f"{path.name}.damaged-{uuid.uuid4().hex}")
    try:
        path.rename(aside)
        sync_directory(path.parent)
    except OSError as error:
        raise JournalError(f"cannot set {str(path)!r} aside: {error.strerror}") from error
    return aside


def own(handle: int) -> bool:
    """Own an open file or folder, until it is closed; tell whether that worked."""
    # Here, because not every system has it, and only this needs it.
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owned(path: Path) -> int:
    """Open a file, and own it; raise JournalError."""
    try:
        for _ in range(_TRIES):
            handle = _opened(path, os.O_CREAT)
            with ExitStack() as stack:
                stack.callback(os.close, handle)
                if not own(handle):
                    break
                # Its owner so far may have put another file in its place, or taken it away.
                if _is_at(handle, path):
                    Path(f"{path}{BESIDE}").unlink(missing_ok=True)
                    stack.pop_all()
                    return handle
    except OSError as error:
        raise JournalError(f"cannot open journal {str(path)!r}: {error.strerror}") from error
    raise JournalError(
        f"journal {str(path)!r} is in use: its owner lives, in this process or another"
    )


def _opened(path: Path | str, flags: int) -> int:
    return os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _moved_into_place(path: Path, data: bytes) -> int:
    """Replace the file of that name by a new one, owned; give its handle."""
    beside = f"{path}{BESIDE}"
    handle = _opened(beside, os.O_CREAT | os.O_TRUNC)
    try:
        if not own(handle):
            raise OSError(0, f"somebody has taken {beside!r}")
        _write(handle, data, 0)
        os.replace(beside, path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _write(handle: int, data: bytes, at: int) -> None:
    """Write, and wait until it is on disk; raise OSError also when not all of it was taken."""
    written = os.pwrite(handle, data, at)
    if written != len(data):
        raise OSError(0, f"only {written} of {len(data)} bytes were written")
    os.fsync(handle)


def sync_directory(path: Path) -> None:
    """Wait until the names in a directory are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
