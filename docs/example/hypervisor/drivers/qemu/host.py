"""What the `qemu` driver keeps for a connection: a host, and its guests with their machines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ...description import GuestDescription
from ...errors import GuestError
from ...migration.host import Host
from ...values import DomainState
from .. import lifecycle

if TYPE_CHECKING:
    from .launcher import QemuLauncher
    from .machine import QemuGuest

Machine: TypeAlias = "QemuGuest"


@dataclass
class Guest:
    """A guest; without a machine it is off, and `ended` says how that came."""

    description: GuestDescription
    machine: Machine | None = None
    ended: DomainState = DomainState.SHUTOFF

    def look(self) -> tuple[DomainState, int]:
        """Tell the state and the ticks; when the state is an active one, there is a machine."""
        self.settle()
        if self.machine is None:
            return self.ended, 0
        try:
            state = self.machine.state()
            if state in lifecycle.ACTIVE:
                return state, self.machine.counter()
            self.machine.kill()
            self.ended, self.machine = state, None
        except GuestError:
            # It may have ended while it was asked. One that lives and does not answer is an error.
            self.settle()
            if self.machine is not None:
                raise
        return self.ended, 0

    def settle(self) -> None:
        """Take note, and reap the process, when the guest's QEMU has ended."""
        outcome = None if self.machine is None else self.machine.outcome()
        if outcome is not None:
            self.ended = outcome
            self.machine = None


@dataclass
class QemuHost:
    """A host; `migrations` is set by who makes it, for the two know each other."""

    launcher: QemuLauncher
    guests: dict[str, Guest] = field(default_factory=dict)
    migrations: Host = field(init=False)

    def start_paused(self, description: GuestDescription) -> Machine:
        """Bring a guest to life, paused before its first instruction; define it if need be."""
        machine = self.launcher.start_paused()
        try:
            # A life of its own has a lease of its own.
            self.migrations.release(description.name)
            self.migrations.locks.hold(description.name)
        except BaseException:
            machine.kill()
            raise
        self.adopt(description, machine)
        return machine

    def adopt(self, description: GuestDescription, machine: Machine) -> None:
        """Let a machine be the guest of a description."""
        self.guests[description.name] = Guest(description, machine)

    def end(self, guest: Guest) -> None:
        """End a guest at once, whatever state it is in."""
        if guest.machine is not None:
            guest.machine.kill()
        self.settle(guest)

    def settle(self, guest: Guest) -> None:
        """Take note when a guest ended: its lease is dropped then."""
        guest.settle()
        if guest.machine is None:
            self.migrations.release(guest.description.name)
