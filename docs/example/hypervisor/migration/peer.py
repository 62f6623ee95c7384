"""A host as the coordinator sees it: its driver's steps, by name, wherever it is."""

from __future__ import annotations

from typing import Any, Protocol

from .. import description
from ..calls import call, call_unlocked
from ..driver import Connection
from ..errors import InvalidUriError
from . import host as _hosts
from .directory import Directory

#: The slots of all protocols begin with this.
PREFIX = "domain_migrate_"


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

    def identity(self) -> str:
        """Name the host in its present life: after a restart it has another one."""
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
        steps = (name for name in vars(table) if name.startswith(PREFIX))
        return frozenset(name for name in steps if getattr(table, name) is not None)

    def identity(self) -> str:
        """Name the host in its present life."""
        return _hosts.of(self.connection).id

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step."""
        return call_unlocked(getattr(self.connection.driver, slot), slot, self.connection, *args)

    def describe(self, guest: str) -> str:
        """Dump a guest's description."""
        slot = self.connection.driver.domain_dump_description
        return description.format(call(slot, "domain_dump_description", self.connection, guest))

    def abort(self, guest: str) -> None:
        """Tell the step at work on a guest to stop."""
        slot = self.connection.driver.domain_abort_job
        call_unlocked(slot, "domain_abort_job", self.connection, guest)


#: The hosts of this process that can be reached by URI, for migration from peer to peer.
PUBLISHED: Directory[Peer] = Directory(
    lambda uri: InvalidUriError(f"{uri!r}: no host is published under this URI")
)
