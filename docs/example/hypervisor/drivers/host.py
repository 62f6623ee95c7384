"""What every driver keeps for a connection: its guests by name, and their migrations."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

from ..description import GuestDescription
from ..driver import Connection
from ..errors import DescriptionError, InvalidStateError, NoDomainError
from ..migration.host import Host
from ..values import DomainState
from . import lifecycle


class Guest(Protocol):
    """A guest as its driver keeps it."""

    description: GuestDescription

    def current_state(self) -> DomainState:
        """Tell what the guest is doing now."""
        ...


_G = TypeVar("_G", bound=Guest)


class DriverHost(Generic[_G]):
    """The guests of one connection.

    Attributes:
        has_disks: whether guests of the driver may have disks.
        guests: by name.
        migrations: set by the driver when it opens the connection, since each refers to the other.
    """

    migrations: Host
    has_disks = False

    def __init__(self, new_guest: Callable[[GuestDescription], _G]) -> None:
        """Begin without guests; `new_guest` makes one that is off."""
        self.guests: dict[str, _G] = {}
        self._new_guest = new_guest

    def settle(self) -> None:
        """Take note of guests that ended by themselves: none, unless a driver overrides this."""

    def close(self) -> None:
        """Give up every guest, here or expected; if one resists, the others go all the same."""
        with ExitStack() as stack:
            stack.callback(self.guests.clear)
            for guest in self.guests.values():
                stack.callback(self._kill, guest)
            stack.callback(self.migrations.close_all)
        self.migrations.ended = True

    def find(self, name: str) -> _G:
        """Give the guest of a name; raise NoDomainError when there is none."""
        try:
            return self.guests[name]
        except KeyError:
            raise NoDomainError(f"no guest {name!r}") from None

    def free(self, name: str, call: str) -> _G:
        """Give a guest that `call` may change; raise InvalidStateError while it is migrated."""
        guest = self.find(name)
        self.migrations.require_free(call, name)
        return guest

    def legal(self, name: str, call: str) -> _G:
        """Give a guest for which `call` is legal now; raise InvalidStateError otherwise."""
        guest = self.free(name, call)
        lifecycle.require(call, name, guest.current_state())
        return guest

    def require_replaceable(self, name: str, call: str) -> None:
        """Raise InvalidStateError if a known guest of this name may not be replaced by `call`."""
        known = self.guests.get(name)
        if known is not None:
            lifecycle.require(call, name, known.current_state())

    def identified(self, description: GuestDescription, call: str) -> GuestDescription:
        """Give the description of a guest that `call` makes here, with a UUID, new if need be.

        Raises InvalidStateError when the name is that of another guest, or the UUID, or when the
        known guest may not be replaced; DescriptionError for disks that it cannot have.
        """
        if description.disks and not self.has_disks:
            raise DescriptionError(f"guest {description.name!r}: this driver has no disks")
        name, wanted = description.name, description.uuid
        self.require_replaceable(name, call)
        known = self.guests.get(name)
        own = "" if known is None else known.description.uuid
        if wanted and own and wanted != own:
            raise InvalidStateError(
                f"cannot {call} guest {name!r}: another guest has that name: {own}"
            )
        for other, guest in self.guests.items():
            if wanted and other != name and guest.description.uuid == wanted:
                raise InvalidStateError(f"cannot {call} guest {name!r}: {other!r} has its UUID")
        return description if wanted else replace(description, uuid=own or str(uuid.uuid4()))

    def newcomer(self, description: GuestDescription, call: str) -> GuestDescription:
        """Do as `identified` does; raise InvalidStateError too while the name is migrated."""
        self.migrations.require_free(call, description.name)
        return self.identified(description, call)

    def define(self, description: GuestDescription) -> None:
        """Define a guest, or describe a known one again; raises as `newcomer` does."""
        found = self.newcomer(description, "define")
        self.guests.setdefault(found.name, self._new_guest(found)).description = found

    def can_run(self, name: str) -> bool:
        """Tell whether a guest of this name exists and is active."""
        guest = self.guests.get(name)
        return guest is not None and guest.current_state() in lifecycle.ACTIVE

    def _kill(self, guest: _G) -> None:
        """End what still runs of a guest; a record has nothing that runs."""


_H = TypeVar("_H", bound=DriverHost[Any])


def of(connection: Connection, kind: type[_H]) -> _H:
    """Give the host of a connection, after taking note of guests that ended by themselves.

    Raises TypeError when the connection belongs to another driver.
    """
    host = connection.private_data
    if not isinstance(host, kind):
        raise TypeError("connection belongs to another driver")
    host.settle()
    return host
