"""What the `process` driver keeps for a connection: a host, and its guests as processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...description import GuestDescription
from ...migration.host import Host
from ...values import DomainState
from .guest import GuestProcess


@dataclass
class Guest:
    """A guest; without a process it is off."""

    description: GuestDescription
    process: GuestProcess | None = None
    ended: DomainState = DomainState.SHUTOFF

    def state(self) -> DomainState:
        """Tell the state; when it is an active one, there is a process."""
        self.settle()
        return self.ended if self.process is None else self.process.state()

    def settle(self) -> None:
        """Take note, and reap the process, when the guest has ended."""
        outcome = None if self.process is None else self.process.outcome()
        if outcome is not None:
            self.ended = outcome
            self.process = None


@dataclass
class ProcessHost:
    """A host; `migrations` is set by who makes it, for the two know each other."""

    directory: Path | None
    guests: dict[str, Guest] = field(default_factory=dict)
    migrations: Host = field(init=False)

    def settle(self) -> None:
        """Take note of guests that ended by themselves; their leases are dropped."""
        for name, guest in self.guests.items():
            guest.settle()
            if guest.process is None:
                self.migrations.release(name)

    def start_paused(self, description: GuestDescription, memory: bytes) -> GuestProcess:
        """Bring a guest to life, stopped, from its description and memory; define it if need be."""
        process = GuestProcess.start_paused(memory, self.directory)
        try:
            self.migrations.locks.hold(description.name)
        except BaseException:
            process.kill()
            raise
        self.guests[description.name] = Guest(description, process)
        return process
