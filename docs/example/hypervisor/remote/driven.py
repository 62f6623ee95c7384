"""The journals of the migrations that a host drives, from peer to peer: a file each.

The name of the file begins with that of the guest, so the journals of other guests are not
read: neither damage nor use of them matters here.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from ..errors import JournalError, MigrationError
from ..migration import conduct, journal, records
from ..migration.conduct import History
from ..migration.journal import FileJournal, Journal, MemoryJournal

_SUFFIX = ".migration"


class DrivenMigrations:
    """The journals in a directory, or in memory where there is none. Safe for threads."""

    def __init__(self, state: Path | None) -> None:
        """Go on with a directory."""
        self._state = state
        self._lock = threading.Lock()
        #: The journals that are in use here, and the guests that they are about.
        self._in_use: dict[Path, str] = {}

    @contextmanager
    def new(self, guest: str) -> Iterator[Journal]:
        """Give a journal for a migration; it is deleted when the migration is over."""
        if self._state is None:
            yield MemoryJournal()
            return
        path = self._state / f"{quote(guest, safe='')}.{uuid.uuid4().hex}{_SUFFIX}"
        with self._lock:
            book = FileJournal(path)
            self._in_use[path] = guest
        try:
            yield book
        finally:
            with self._lock:
                history = conduct.read(book.records())
                if history is None or history.over is not None:
                    path.unlink()
                book.close()
                del self._in_use[path]

    @contextmanager
    def left(self, guest: str) -> Iterator[list[Path]]:
        """Give the journals of a guest's migrations that are not over; they are in use meanwhile.

        Raises MigrationError when one of them is in use already, and JournalError when one is
        damaged, so that the state of the guest's migrations is not known.
        """
        with self._lock:
            if guest in self._in_use.values():
                raise MigrationError(f"a migration of guest {guest!r} is at work")
            left = self._left(guest)
            self._in_use.update(dict.fromkeys(left, guest))
        try:
            yield left
        finally:
            with self._lock:
                for path in left:
                    del self._in_use[path]

    def damage(self) -> list[JournalError]:
        """Tell which journals that are not in use are damaged, and where."""
        with self._lock:
            found = map(_damage, self._paths())
            return [error for error in found if error is not None]

    def set_aside(self, guest: str) -> list[Path]:
        """Move the damaged journals that may be about a guest away; give their new paths."""
        with self._lock:
            paths = [path for path in self._paths() if _guest(path) in (guest, "")]
            return [journal.set_aside(path) for path in paths if _damage(path) is not None]

    def _left(self, guest: str) -> list[Path]:
        left = []
        nameless: list[JournalError] = []
        for path in self._paths():
            named = _guest(path)
            if named not in (guest, ""):
                continue
            try:
                history = _read(path)
            except JournalError as error:
                if named == guest:
                    why = f"{error}; nothing is done for guest {guest!r} while it is there"
                    raise JournalError(why) from error
                nameless.append(error)
                continue
            if history is not None and history.over is None and history.plan.guest == guest:
                left.append(path)
        if nameless and not left:
            # Nothing else was to be done, so what may be about this guest is not passed over.
            raise JournalError(f"{nameless[0]}; it may be about guest {guest!r}") from nameless[0]
        return left

    def _paths(self) -> list[Path]:
        found = set() if self._state is None else set(self._state.glob(f"*{_SUFFIX}"))
        return sorted(found - self._in_use.keys())


def _guest(path: Path) -> str:
    """Tell whom a journal is about by its name; "" when that does not say."""
    return unquote(path.name.removesuffix(_SUFFIX).rpartition(".")[0])


def _read(path: Path) -> History | None:
    found = records.read(path)
    try:
        return conduct.read(found)
    except JournalError as error:
        raise JournalError(f"journal {str(path)!r} makes no sense: {error}") from error


def _damage(path: Path) -> JournalError | None:
    try:
        _read(path)
    except JournalError as error:
        return error
    return None
