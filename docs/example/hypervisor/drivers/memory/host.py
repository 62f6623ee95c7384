"""What the `memory` driver keeps for a connection: a host, and its guests as records."""

from __future__ import annotations

import itertools
import os
import time
from dataclasses import dataclass, field

from ...description import GuestDescription
from ...values import DomainState
from ..host import DriverHost

LIFE_BYTES = 8


@dataclass
class Snapshot:
    """A guest's state and description at one moment; it shares the memory of the guest's life."""

    name: str
    parent: str | None
    state: DomainState
    description: GuestDescription
    memory: bytes


@dataclass
class Guest:
    """A guest.

    Attributes:
        memory: what the guest holds: a value that no other start ever had, so that it can be told
            whether what goes on elsewhere is the same life or a new one. Empty when it is off.
    """

    description: GuestDescription
    state: DomainState = DomainState.SHUTOFF
    id: int | None = None
    started: float = 0.0
    memory: bytes = b""
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    current: str | None = None

    def current_state(self) -> DomainState:
        """Tell the state that the last call left."""
        return self.state


class MemoryHost(DriverHost[Guest]):
    """A host whose guests are records."""

    def __init__(self) -> None:
        """Begin without guests."""
        super().__init__(Guest)
        self._ids = itertools.count(1)

    def start(self, guest: Guest, state: DomainState, memory: bytes | None = None) -> None:
        """Begin a new life, or go on with the memory of an old one: with a number never used."""
        self.migrations.locks.hold(guest.description.name)
        guest.state = state
        guest.id = next(self._ids)
        guest.started = time.monotonic()
        guest.memory = os.urandom(LIFE_BYTES) if memory is None else memory

    def end(self, guest: Guest) -> None:
        """Let a guest be off."""
        guest.state = DomainState.SHUTOFF
        guest.id = None
        guest.memory = b""
        self.migrations.release(guest.description.name)
