"""Everything that can go wrong, under one base class that callers may catch."""

from __future__ import annotations


class HypervisorError(Exception):
    """Base of every error this library raises on purpose."""


class UnsupportedError(HypervisorError):
    """The driver's table has nothing in the slot of this call, or the platform forbids it."""

    def __init__(self, driver: str, call: str, why: str = "") -> None:
        """Name driver and call, so that the cell can be looked up in the support page."""
        reason = f": {why}" if why else ""
        super().__init__(f"driver {driver!r} does not support {call}{reason}")
        self.driver = driver
        self.call = call
        self.why = why


class InvalidUriError(HypervisorError):
    """The connection URI has no known scheme, or its path is not usable."""


class RemoteError(HypervisorError):
    """A request to a host in another process makes no sense, or the host failed to serve it."""


class ConnectionClosedError(HypervisorError):
    """The connection was closed before the call."""


class DescriptionError(HypervisorError):
    """The guest description does not parse, or holds a value out of range."""


class NoDomainError(HypervisorError):
    """No guest of that name is known to the connection."""


class InvalidStateError(HypervisorError):
    """The guest is in a state in which the call makes no sense."""


class NoSnapshotError(HypervisorError):
    """The guest has no snapshot of that name."""


class SnapshotExistsError(HypervisorError):
    """The guest has a snapshot of that name already."""


class StateFileError(HypervisorError):
    """The file of a saved guest cannot be written, or cannot be trusted."""


class GuestError(HypervisorError):
    """The guest did not start, or ended in the middle of a call."""


class GuestTimeoutError(GuestError):
    """The guest did not do in time what it was told."""


class MigrationError(HypervisorError):
    """A step of a migration failed, or the migration as a whole.

    Attributes:
        journal: of a migration that is not over, what `migration_recover` takes: a journal, or the
            path of one; None where a host in another process keeps it.
    """

    journal: object = None


class MigrationCancelledError(MigrationError):
    """The migration was cancelled, and the guest goes on where it was."""


class GuestLostError(MigrationError):
    """A guest is gone for good: its memory was split between hosts by post-copy."""


class StillSplitError(MigrationError):
    """The guest runs on its destination, and a part of its memory is still on its source."""


class CookieError(MigrationError):
    """A cookie is missing, damaged, too large, or not the one that is expected."""


class LeaseError(MigrationError):
    """The lease of a guest is not where the step needs it."""


class JournalError(MigrationError):
    """A journal cannot be read or written, or somebody else owns it."""


class LateStepError(MigrationError):
    """The step comes too late: the migration is over on this host, or another drives it by now."""


class PeerLostError(MigrationError):
    """A host did not answer: whether the step took effect there is not known."""


class UnresolvedError(MigrationError):
    """The migration can be neither finished nor undone yet; the guest is paused on the source."""


class WrongHostError(UnresolvedError):
    """A host answers that is not the one in the journal, or source and destination are swapped."""


class OptionError(MigrationError):
    """An option of a migration has a value that makes no sense, or cannot be had."""
