"""What the drivers' parts in a migration share: see `migration.backend` for what they must do."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from ..description import GuestDescription
from ..errors import OptionError
from ..values import DomainState
from . import lifecycle
from .host import DriverHost, Guest

_G = TypeVar("_G", bound=Guest)
_H = TypeVar("_H", bound=DriverHost[Any])


class DriverBackend(Generic[_H]):
    """The part of a driver that serves the migrations of one host."""

    def __init__(self, host: _H) -> None:
        """Serve a host."""
        self._host = host

    def can_run(self, name: str) -> bool:
        """Tell whether a guest of this name is active."""
        return self._host.can_run(name)

    def _require_place(
        self, name: str, description: GuestDescription | None, uri: str | None
    ) -> None:
        """Refuse a guest whose name is another's, and an address: the driver chooses its own.

        Raises InvalidStateError, MigrationError.
        """
        self._host.require_replaceable(name, "receive")
        if description is not None:
            self._host.identified(description, "receive")
        if uri is not None:
            raise OptionError(
                f"option uri_in: {uri!r}: this driver chooses itself where it listens"
            )


class Leaving(Generic[_G]):
    """An active guest that is about to leave, as it was when it was first asked for."""

    def __init__(self, guest: _G) -> None:
        """Note how it is now; raise InvalidStateError unless it is active."""
        self._guest = guest
        self._before = guest.current_state()
        lifecycle.require("migrate", guest.description.name, self._before)

    @property
    def description(self) -> GuestDescription:
        """What the guest is."""
        return self._guest.description

    @property
    def paused(self) -> bool:
        """Whether it was paused when it was first asked for."""
        return self._before is DomainState.PAUSED
