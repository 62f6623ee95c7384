"""The lock manager: who may run a guest, as a lease that goes from host to host.

A plugin, so that a site can bring its own; this one needs no storage that both hosts reach. Each
host keeps a journal of what it holds. The lease has a generation that grows with each hand-over:
the source drops generation n and says so in a cookie, and only with that cookie the destination
takes n + 1. So at every moment at most one side holds it, and a cookie of an older hand-over is
worth nothing.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

from ..errors import LeaseError
from .journal import Journal, MemoryJournal


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
"""Is told `held` or `dropped`, and which lease, in the order in which it happens."""


class LeaseJournal:
    """The lock manager of one host."""

    def __init__(self, journal: Journal | None = None, observer: Observer | None = None) -> None:
        """Go on from a journal; without one, from nothing."""
        self._journal = MemoryJournal() if journal is None else journal
        self._observer = observer
        self._lock = threading.Lock()
        self._newest: dict[str, int] = {}
        self._held: dict[str, Lease] = {}
        for record in self._journal.records():
            lease = Lease(str(record["guest"]), str(record["id"]), int(record["generation"]))
            self._note(str(record["what"]), lease)

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
            newest = self._newest.get(lease.id, 0)
            if lease.generation <= newest:
                raise LeaseError(f"cannot take {lease}: generation {newest} was here before")
            self._write("held", lease)

    def _write(self, what: str, lease: Lease) -> None:
        self._journal.append({"what": what, **asdict(lease)})
        self._note(what, lease)
        if self._observer is not None:
            self._observer(what, lease)

    def _note(self, what: str, lease: Lease) -> None:
        self._newest[lease.id] = max(lease.generation, self._newest.get(lease.id, 0))
        if what == "held":
            self._held[lease.guest] = lease
        else:
            self._held.pop(lease.guest, None)
