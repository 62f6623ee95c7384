"""The entry points that do the same for every driver; they stand in its table as they are."""

from __future__ import annotations

from dataclasses import replace

from ..description import GuestDescription
from ..driver import Connection
from ..version import VERSION
from . import host as _hosts
from .host import DriverHost


def connect_close(connection: Connection) -> None:
    """End all guests of the connection."""
    _hosts.of(connection, DriverHost).close()


def connect_get_version(connection: Connection) -> str:
    """Tell the release of the library, with which its drivers come."""
    return VERSION


def domain_list(connection: Connection) -> list[str]:
    """Give the names of all guests, sorted."""
    return sorted(_hosts.of(connection, DriverHost).guests)


def domain_define(connection: Connection, description: GuestDescription) -> str:
    """Define a guest, or replace the description of one that is off."""
    _hosts.of(connection, DriverHost).define(description)
    return description.name


def domain_lookup(connection: Connection, name: str) -> str:
    """Find a guest."""
    return domain_dump_description(connection, name).name


def domain_undefine(connection: Connection, name: str) -> None:
    """Forget a guest that is off."""
    host = _hosts.of(connection, DriverHost)
    host.legal(name, "undefine")
    del host.guests[name]


def domain_dump_description(connection: Connection, name: str) -> GuestDescription:
    """Give a guest's description."""
    description: GuestDescription = _hosts.of(connection, DriverHost).find(name).description
    return description


def domain_set_title(connection: Connection, name: str, title: str) -> None:
    """Change a guest's title, in any state."""
    guest = _hosts.of(connection, DriverHost).free(name, "title")
    guest.description = replace(guest.description, title=title)
