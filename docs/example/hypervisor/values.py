"""The values that cross the interface: states, what the calls report, whose step one is."""

from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass, field


class DomainState(enum.Enum):
    """What a guest is doing."""

    SHUTOFF = "shutoff"
    RUNNING = "running"
    PAUSED = "paused"
    CRASHED = "crashed"


@dataclass(frozen=True)
class DomainInfo:
    """A guest at one moment."""

    state: DomainState
    id: int | None
    """Number of the active guest on its host (`memory`: counted, else the process id).

    None when it is off.
    """
    memory_kib: int
    vcpus: int
    ticks: int
    """How often the guest's own clock has ticked since its first start; 0 when it is off."""
    uptime: float
    """Seconds since the guest was started or restored, pauses included; 0.0 when it is off."""


class MigrateFlag(enum.IntFlag):
    """What the `flags` of a step may say, by the numbers that libvirt has for it."""

    LIVE = 1
    """The guest runs while it is sent."""
    NON_SHARED_DISK = 1 << 6
    """Its disks are copied to the destination."""
    POSTCOPY = 1 << 15
    """It may go on at the destination before all of its memory is there."""
    PARALLEL = 1 << 17
    """It is sent over several connections at a time."""


@dataclass(frozen=True)
class DomainJob:
    """A guest's migration, as the host sees it from which it leaves or at which it arrives."""

    state: str
    """`none`, `open`, or `moved` for the last one of a guest that left this host."""
    step: str
    """The step that is at work, else the last one that was answered; empty when there is none."""
    sent: int
    """Bytes of the guest that were sent; 0 when that is not known."""
    total: int
    """Bytes that are to be sent; 0 when that is not known."""
    milliseconds: int
    """Since it began here; of one that is over, until it was."""
    downtime: int
    """Milliseconds from the pause on the source until the guest ran on the destination, by the two
    hosts' clocks; 0 when that is not known."""
    iteration: int = 0
    """Of a guest that is sent while it runs: the round that was sent last; else 0."""
    remaining: int = 0
    """Bytes that have changed since they were sent in that round."""
    expected: int = 0
    """Milliseconds that sending those would take: it converges when this gets smaller."""


NO_JOB = DomainJob("none", "", 0, 0, 0, 0)


@dataclass(frozen=True)
class Capabilities:
    """What a host offers to guests."""

    guest_kind: str
    """`record`, `os-process` or `virtual-machine`."""
    architecture: str
    state_format: int
    """Version of the state files that the host reads and writes; 0 when it has none."""
    state_source: str
    """Where the state of a guest is read: `record`, `/proc`, `ps` or `qmp`."""
    migration: list[str] = field(default_factory=list)
    """What its migrations may be asked for besides: `live`, `copy_storage`, `parallel`, `postcopy`.
    """


@dataclass(frozen=True)
class SnapshotInfo:
    """One snapshot, as listed."""

    name: str
    parent: str | None
    """The snapshot that was current when this one was taken; None for a root."""
    state: DomainState
    """The state to which the guest returns on revert."""
    current: bool
    """Whether the guest's present comes from this snapshot."""


@dataclass(frozen=True, order=True)
class Token:
    """Goes with every step, so that a host can tell a repeated step and a late one from a new one.

    Attributes:
        migration: names the migration for ever; never used twice.
        epoch: counts who drives it, from 1. Whoever takes over counts on, and from the first step
            of the new epoch that a host sees, it refuses all steps of older ones.
    """

    migration: str
    epoch: int = 1

    @classmethod
    def new(cls) -> Token:
        """Begin the first epoch of a new migration."""
        return cls(uuid.uuid4().hex)

    def next(self) -> Token:
        """Begin the next epoch of the same migration."""
        return Token(self.migration, self.epoch + 1)
