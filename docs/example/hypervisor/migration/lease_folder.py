"""The leases of a host on disk: a folder with a journal for each guest.

A guest whose journal is damaged can neither be started nor received on this host until the
file has been examined and moved away: who may run the guest is not known, and the file is left as
it is. All other guests have journals of their own.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from urllib.parse import quote, unquote

from ..errors import JournalError, LeaseError
from . import journal, records
from .journal import FileJournal, Journal, MemoryJournal
from .lease import Lease, LeaseJournal

_LOG = logging.getLogger(__name__)
_SUFFIX = ".lease"


class LeaseFolder:
    """The lock manager of one host, which owns the folder. Safe for threads.

    A journal is open for as long as its guest's lease is held.
    """

    def __init__(self, folder: Path) -> None:
        """Go on from a folder, or begin it.

        Raises JournalError when it cannot be used, or its owner still lives; a damaged journal in
        it is logged.
        """
        self._folder = folder
        self._lock = threading.Lock()
        self._held: dict[str, LeaseJournal] = {}
        self._owned = _owned(folder)
        for path in _journals(folder):
            self._go_on(path)

    def held(self, guest: str) -> Lease | None:
        """Give the lease that this host holds of a guest."""
        with self._lock:
            locks = self._held.get(guest)
            return None if locks is None else locks.held(guest)

    def all_held(self) -> list[Lease]:
        """Give all leases that this host holds."""
        with self._lock:
            return [lease for locks in self._held.values() for lease in locks.all_held()]

    def hold(self, guest: str) -> Lease:
        """Give the lease that this host holds; of a guest that it just started, a new one.

        Raises JournalError when the guest's journal is damaged.
        """
        with self._lock:
            locks = self._of(guest)
            try:
                return locks.hold(guest)
            finally:
                self._keep(guest, locks)

    def take(self, lease: Lease) -> None:
        """Hold a lease that another host dropped; raise LeaseError when it is not a newer one.

        Raises JournalError when the guest's journal is damaged.
        """
        with self._lock:
            locks = self._of(lease.guest)
            try:
                locks.take(lease)
            finally:
                self._keep(lease.guest, locks)

    def drop(self, lease: Lease) -> None:
        """Give the lease up; raise LeaseError unless this very one is held."""
        with self._lock:
            locks = self._held.get(lease.guest)
            if locks is None:
                raise LeaseError(f"{lease} is not held here")
            try:
                locks.drop(lease)
            finally:
                self._keep(lease.guest, locks)

    def set_aside(self, guest: str) -> Path:
        """Move the damaged journal of a guest away, and give its new path.

        From then on the guest can start here, though it is not known whether it runs elsewhere.
        Raises LeaseError when its lease is held, JournalError when there is none that is damaged.
        """
        path = self._path(guest)
        with self._lock:
            if guest in self._held:
                raise LeaseError(f"the lease of guest {guest!r} is held: its journal is in use")
            try:
                _read(path)
            except JournalError:
                return journal.set_aside(path)
            raise JournalError(f"journal {str(path)!r} is not damaged")

    def close(self) -> None:
        """Give the folder up."""
        with self._lock:
            for locks in self._held.values():
                locks.close()
            self._held.clear()
            if self._owned >= 0:
                os.close(self._owned)
                self._owned = -1

    def _go_on(self, path: Path) -> None:
        try:
            # Only looked at: a host may have had many guests, and most hold nothing.
            if _read(path):
                self._keep(_guest(path), _opened(path))
        except JournalError as error:
            _LOG.warning("guest %r cannot run here: %s", _guest(path), error)

    def _of(self, guest: str) -> LeaseJournal:
        if self._owned < 0:
            raise JournalError(f"the leases in {str(self._folder)!r} were given up")
        return self._held.get(guest) or _opened(self._path(guest))

    def _path(self, guest: str) -> Path:
        return self._folder / f"{quote(guest, safe='')}{_SUFFIX}"

    def _keep(self, guest: str, locks: LeaseJournal) -> None:
        if locks.held(guest) is None:
            self._held.pop(guest, None)
            locks.close()
        else:
            self._held[guest] = locks


def read_held(folder: Path) -> list[Lease]:
    """Look at the leases that the host of a folder holds, without owning it; raise JournalError."""
    return [lease for path in _journals(folder) for lease in _read(path)]


def _journals(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


def _guest(path: Path) -> str:
    return unquote(path.name.removesuffix(_SUFFIX))


def _opened(path: Path) -> LeaseJournal:
    """Open a journal of leases of one guest; raise JournalError."""
    opened = FileJournal(path)
    try:
        return _understood(path, opened)
    except JournalError:
        opened.close()
        raise


def _read(path: Path) -> list[Lease]:
    """Look at the leases that are held in a journal; raise JournalError."""
    return _understood(path, MemoryJournal.of(records.read(path))).all_held()


def _understood(path: Path, found: Journal) -> LeaseJournal:
    try:
        for number, record in enumerate(found.records(), 1):
            if record.get("guest") != _guest(path):
                raise JournalError(f"record {number} is about another guest")
        return LeaseJournal(found)
    except JournalError as error:
        raise JournalError(f"journal {str(path)!r} makes no sense: {error}") from error


def _owned(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        journal.sync_directory(folder.parent)
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        if journal.own(handle):
            return handle
    except OSError as error:
        raise JournalError(f"cannot keep leases in {str(folder)!r}: {error.strerror}") from error
    os.close(handle)
    raise JournalError(f"the leases in {str(folder)!r} are in use: their owner lives")
