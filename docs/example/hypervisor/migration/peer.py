"""A host as the coordinator sees it: its driver's steps, by name, wherever it is."""

from __future__ import annotations

from typing import Any, Protocol

from .. import description
from ..calls import call, call_unlocked
from ..driver import Connection, HypervisorDriver
from ..errors import HypervisorError, InvalidUriError, NoDomainError, PeerLostError
from ..values import DomainState
from . import host as _hosts
from .directory import Directory

#: The slots of all protocols begin with this, and those of limits: they take the lock themselves.
PREFIX = "domain_migrate_"
_STEPS = tuple(name for name in HypervisorDriver.__dataclass_fields__ if name.startswith(PREFIX))


class Peer(Protocol):
    """One host that takes part in a migration.

    `identity` and `call` raise PeerLostError when there is no answer, and then it is not known
    whether a step took effect; any other error of theirs is the host's own answer.
    """

    @property
    def driver(self) -> str:
        """Name of the host's driver."""
        ...

    @property
    def slots(self) -> frozenset[str]:
        """The steps that its driver supports, by the names of their slots."""
        ...

    @property
    def outlives(self) -> bool:
        """Whether the host goes on when this process ends, and so must the journal."""
        ...

    def identity(self) -> str:
        """Name the host and its present life, as `identity.Identity` writes it."""
        ...

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step."""
        ...

    def describe(self, guest: str) -> str:
        """Dump a guest's description, the first step of version 2."""
        ...

    def abort(self, guest: str) -> None:
        """Tell the step at work on a guest to stop; raise InvalidStateError when there is none."""
        ...

    def settle(self, migration: str) -> None:
        """Tell the host that nobody will act on its answers any more: it may forget them."""
        ...

    def outcome(self, migration: str) -> str | None:
        """Tell how a migration ended on the host; None while it has not."""
        ...

    def is_gone(self) -> bool:
        """Whether it is known without a fence that the host ended, and all its guests with it."""
        ...


def looks(peer: Peer, guest: str) -> str:
    """Tell what a guest is doing on a host, in a word or two; never raises HypervisorError."""
    try:
        state: DomainState = peer.call("domain_get_info", guest).state
    except NoDomainError:
        return "no guest"
    except PeerLostError:
        return "no answer"
    except HypervisorError as error:
        return f"not known ({error})"
    return state.value


class LocalPeer:
    """A host to which this process has a connection."""

    def __init__(self, connection: Connection) -> None:
        """See a connection as a peer."""
        self.connection = connection

    @property
    def driver(self) -> str:
        """Name of the host's driver."""
        return self.connection.driver.name

    @property
    def slots(self) -> frozenset[str]:
        """The steps that its driver supports."""
        table = self.connection.driver
        return frozenset(name for name in _STEPS if getattr(table, name) is not None)

    @property
    def outlives(self) -> bool:
        """Never: its guests end with this process."""
        return False

    def identity(self) -> str:
        """Name the host in its present life; raise PeerLostError once it is closed."""
        if self.connection.closed:
            raise PeerLostError("the connection is closed")
        return str(_hosts.of(self.connection).identity)

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step."""
        # As `driver` says: steps take the lock themselves.
        run = call_unlocked if slot.startswith(PREFIX) else call
        return run(getattr(self.connection.driver, slot), slot, self.connection, *args)

    def describe(self, guest: str) -> str:
        """Dump a guest's description."""
        slot = self.connection.driver.domain_dump_description
        return description.format(call(slot, "domain_dump_description", self.connection, guest))

    def abort(self, guest: str) -> None:
        """Tell the step at work on a guest to stop."""
        slot = self.connection.driver.domain_abort_job
        call_unlocked(slot, "domain_abort_job", self.connection, guest)

    def settle(self, migration: str) -> None:
        """Let the host forget a migration."""
        _hosts.of(self.connection).settle(migration)

    def outcome(self, migration: str) -> str | None:
        """Tell how a migration ended on the host."""
        return _hosts.of(self.connection).outcome(migration)

    def is_gone(self) -> bool:
        """Whether the connection was closed, and no guest outlived that."""
        return _hosts.of(self.connection).ended


#: The hosts of this process that can be reached by URI, for migration from peer to peer.
PUBLISHED: Directory[Peer] = Directory(
    lambda uri: InvalidUriError(f"{uri!r}: no host is published under this URI")
)
