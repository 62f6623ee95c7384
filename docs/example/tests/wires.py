"""Two hosts on `memory`, and a coordinator that sees them through wires that can be cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import hypervisor
from conformance.by_hand import GUEST, state_of
from hypervisor import Connection, MemoryJournal, Options, PeerLostError
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.host import of as hosts_of
from hypervisor.migration.peer import LocalPeer

Hosts = tuple[Connection, Connection]


class Stop(BaseException):
    """The coordinator dies."""


class Wire(LocalPeer):
    """A host behind a wire that can be cut."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.cut = False
        self.before: Callable[[str], None] = lambda slot: None
        self.after: Callable[[str], None] = lambda slot: None

    def identity(self) -> str:
        """Name the host, when the wire is whole."""
        self._whole()
        return super().identity()

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step, when the wire is whole before and after."""
        self.before(slot)
        self._whole()
        reply = super().call(slot, *args)
        self.after(slot)
        self._whole()
        return reply

    def _whole(self) -> None:
        if self.cut:
            raise PeerLostError("the wire is cut")


def reborn(connection: Connection) -> Wire:
    """Give the host of a connection after a restart: it is empty, and in its next life."""
    identity = hosts_of(connection).identity
    again = hypervisor.connect_open("memory:///")
    hosts_of(again).identity = identity._replace(life=identity.life + 1)
    return Wire(again)


def stop_at(step: str) -> Callable[[str], None]:
    """Let the coordinator die at a step."""

    def stop(slot: str) -> None:
        if slot.endswith(step):
            raise Stop

    return stop


def wires(hosts: Hosts) -> tuple[Wire, Wire]:
    """See two hosts through wires."""
    return Wire(hosts[0]), Wire(hosts[1])


def states(hosts: Hosts) -> tuple[str | None, str | None]:
    """Tell where the guest is."""
    return state_of(hosts[0]), state_of(hosts[1])


def stopped_after(
    peer: Wire, step: str, source: Wire, destination: Wire, options: Options | None = None
) -> MemoryJournal:
    """Let the coordinator die after a step of a host; give its journal, taken over."""
    journal = MemoryJournal()
    peer.after = stop_at(step)
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, options, journal).run()
    peer.after = lambda slot: None
    return journal.taken_over()
