"""The disks that a host makes for guests that are expected, lest any stay when it is killed.

A record of each is in a journal before there is a file: who was killed meanwhile has left it to
the host's next life, which removes it. Before its guest may write to a disk, the record says so:
from then on it may be all that there is of it, and nobody who finds it removes it. The record
stays until the migration is settled, so that a disk is named whose guest went on elsewhere.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ..errors import JournalError
from .journal import Journal, MemoryJournal
from .records import Record

_LOG = logging.getLogger(__name__)
#: A journal of fewer records is left as it is.
SMALL = 64


@dataclass(frozen=True)
class NewDisk:
    """A disk that was made, or is about to be.

    Attributes:
        guest: for whom.
        path: where it is.
        mark: by which its driver tells it from any other that may be there later; no other disk
            ever had the same.
    """

    guest: str
    path: str
    mark: str


@runtime_checkable
class RemovesDisks(Protocol):
    """What a `Backend` does whose guests get new disks."""

    def remove_left(self, disk: NewDisk, starting: bool) -> str:
        """Remove what is left of a disk of a former life, but never another in its place.

        A disk whose guest was `starting` stays. Returns what was done, in a sentence; raises
        MigrationError when nothing was, and it is to be tried again.
        """
        ...


class Leftovers:
    """The new disks of one host in migrations that are not over. Safe for threads."""

    def __init__(self, journal: Journal | None = None) -> None:
        """Go on from a journal; without one, from nothing. Raises JournalError."""
        self._journal = MemoryJournal() if journal is None else journal
        self._lock = threading.Lock()
        self._open: dict[str, tuple[NewDisk, bool]] = {}
        records = self._journal.records()
        for number, record in enumerate(records, 1):
            self._note(*_read(record, number))
        self._size = len(records)

    def all(self) -> list[tuple[NewDisk, bool]]:
        """Give each, with whether its guest was about to run."""
        with self._lock:
            return list(self._open.values())

    def make(self, disk: NewDisk) -> None:
        """Note that a disk is about to be made; raise JournalError when that cannot be noted."""
        self._write("made", disk)

    def start(self, disk: NewDisk) -> None:
        """Note that its guest is about to run; raise JournalError when that cannot be noted."""
        self._write("starting", disk)

    def over(self, disk: NewDisk) -> None:
        """Note that it is gone, or its guest's for good.

        That cannot always be noted, which is logged: it does no harm, for whoever finds the disk
        looks at it first.
        """
        try:
            self._write("over", disk)
        except JournalError as error:
            _LOG.warning("disk %r stays in the record of what is unfinished: %s", disk.path, error)

    def settle(self, guest: str) -> None:
        """Note that the migration is over which brought a guest: the disks are its own."""
        for disk, starting in self.all():
            if starting and disk.guest == guest:
                self.over(disk)

    def close(self) -> None:
        """Give the journal up."""
        self._journal.close()

    def _write(self, what: str, disk: NewDisk) -> None:
        with self._lock:
            self._journal.append({"what": what, **vars(disk)})
            self._note(what, disk)
            self._size += 1
            if self._size > SMALL and not self._open:
                self._journal.replace([])
                self._size = 0

    def _note(self, what: str, disk: NewDisk) -> None:
        if what == "over":
            self._open.pop(disk.mark, None)
        else:
            self._open[disk.mark] = disk, what == "starting"


def _read(record: Record, number: int) -> tuple[str, NewDisk]:
    match record:
        case {
            "what": "made" | "starting" | "over" as what,
            "guest": str(guest),
            "path": str(path),
            "mark": str(mark),
        }:
            return what, NewDisk(guest, path, mark)
    raise JournalError(f"record {number} is not about a disk")
