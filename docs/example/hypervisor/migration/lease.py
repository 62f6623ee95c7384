"""The lock manager: who may run a guest, as a lease that goes from host to host.

A plugin, so that a site can bring its own; this one needs no storage that both hosts reach. Each
host keeps a journal of what it holds. The lease has a generation that grows with each hand-over:
the source drops generation n and says so in a cookie, and only with that cookie the destination
takes n + 1. So at every moment at most one side holds it, and a cookie of an older hand-over is
worth nothing.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..errors import JournalError, LeaseError
from .journal import Journal, MemoryJournal
from .records import Record

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lease:
    """The right to run a guest.

    Attributes:
        guest: its name on the host that holds the lease.
        id: names the lease for ever; two guests of one name have different ones.
        generation: counts the hand-overs, from 1.
    """

    guest: str
    id: str
    generation: int


class LockManager(Protocol):
    """What a lock manager does; each call is on disk, where there is one, before it returns."""

    def held(self, guest: str) -> Lease | None:
        """Give the lease that this host holds of a guest."""
        ...

    def hold(self, guest: str) -> Lease:
        """Give the lease that this host holds; of a guest that it just started, a new one."""
        ...

    def drop(self, lease: Lease) -> None:
        """Give the lease up; raise LeaseError unless this very one is held."""
        ...

    def take(self, lease: Lease) -> None:
        """Hold a lease that another host dropped; raise LeaseError when it is not a newer one."""
        ...


Observer = Callable[[str, Lease], None]
"""Called with `held` or `dropped` and the lease, in the order in which it happens."""

#: How many dropped leases are remembered, so that none is taken back by an older hand-over.
REMEMBERED = 1000
#: A journal of fewer records is left as it is.
SMALL = 64


class LeaseJournal:
    """The lock manager of one host.

    What counts is the last record of each lease that is held, and of the last REMEMBERED that were
    dropped. A journal that holds more than twice as much is rewritten.
    """

    def __init__(self, journal: Journal | None = None, observer: Observer | None = None) -> None:
        """Go on from a journal; without one, from nothing.

        Raises JournalError when it holds anything but leases.
        """
        self._journal = MemoryJournal() if journal is None else journal
        self._observer = observer
        self._lock = threading.Lock()
        #: The last word on each lease, by its id; the oldest word first.
        self._last: dict[str, tuple[str, Lease]] = {}
        self._held: dict[str, Lease] = {}
        records = self._journal.records()
        for number, record in enumerate(records, 1):
            self._note(*_read(record, number))
        self._size = len(records)
        self._bearable = SMALL

    def held(self, guest: str) -> Lease | None:
        """Give the lease that this host holds of a guest."""
        with self._lock:
            return self._held.get(guest)

    def all_held(self) -> list[Lease]:
        """Give all leases that this host holds."""
        with self._lock:
            return list(self._held.values())

    def hold(self, guest: str) -> Lease:
        """Give the lease that this host holds; of a guest that it just started, a new one."""
        with self._lock:
            held = self._held.get(guest)
            if held is None:
                held = Lease(guest, uuid.uuid4().hex, 1)
                self._write("held", held)
            return held

    def drop(self, lease: Lease) -> None:
        """Give the lease up; raise LeaseError unless this very one is held."""
        with self._lock:
            if self._held.get(lease.guest) != lease:
                raise LeaseError(f"{lease} is not held here")
            self._write("dropped", lease)

    def take(self, lease: Lease) -> None:
        """Hold a lease that another host dropped; raise LeaseError when it is not a newer one."""
        with self._lock:
            held = self._held.get(lease.guest)
            if held is not None:
                raise LeaseError(f"cannot take {lease}: {held} is held here")
            if lease.id in self._last:
                newest = self._last[lease.id][1].generation
                if lease.generation <= newest:
                    raise LeaseError(f"cannot take {lease}: generation {newest} was here before")
            self._write("held", lease)

    def close(self) -> None:
        """Give the journal up."""
        self._journal.close()

    def _write(self, what: str, lease: Lease) -> None:
        self._journal.append(_record(what, lease))
        self._note(what, lease)
        self._size += 1
        if self._observer is not None:
            self._observer(what, lease)
        dropped = len(self._last) - len(self._held)
        counting = len(self._held) + min(dropped, REMEMBERED)
        if self._size > max(self._bearable, 2 * counting):
            self._compact()

    def _note(self, what: str, lease: Lease) -> None:
        self._last.pop(lease.id, None)
        self._last[lease.id] = what, lease
        if what == "held":
            self._held[lease.guest] = lease
        else:
            self._held.pop(lease.guest, None)

    def _compact(self) -> None:
        """Rewrite the journal with what counts; if that fails, it grows on for a while."""
        dropped = [key for key, (what, _) in self._last.items() if what == "dropped"]
        for key in dropped[: max(0, len(dropped) - REMEMBERED)]:
            del self._last[key]
        try:
            self._journal.replace([_record(what, lease) for what, lease in self._last.values()])
        except JournalError as error:
            _LOG.warning("the journal of leases grows on: %s", error)
            self._bearable = 2 * self._size
        else:
            self._size, self._bearable = len(self._last), SMALL


def _record(what: str, lease: Lease) -> Record:
    return {"what": what, **vars(lease)}


def _read(record: Record, number: int) -> tuple[str, Lease]:
    match record:
        case {
            "what": "held" | "dropped" as what,
            "guest": str(guest),
            "id": str(name),
            "generation": int(generation),
        }:
            return what, Lease(guest, name, generation)
    raise JournalError(f"record {number} is not about a lease")
