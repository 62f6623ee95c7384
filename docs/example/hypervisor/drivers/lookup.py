"""Finding a guest of a host by its name, and whether a call may touch it: alike for all drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from ..errors import NoDomainError
from ..migration.host import Host

_G = TypeVar("_G")


class Keeper(Protocol[_G]):
    """What a driver keeps for a connection: its guests by name, and their migrations."""

    guests: dict[str, _G]
    migrations: Host


def find(guests: Mapping[str, _G], name: str) -> _G:
    """Give the guest of a name; raise NoDomainError when there is none."""
    try:
        return guests[name]
    except KeyError:
        raise NoDomainError(f"no guest {name!r}") from None


def free(host: Keeper[_G], name: str, call: str) -> _G:
    """Give a guest that `call` may touch; raise InvalidStateError while it is being migrated."""
    guest = find(host.guests, name)
    host.migrations.require_free(call, name)
    return guest
