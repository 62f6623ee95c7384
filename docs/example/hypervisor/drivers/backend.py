"""What the drivers' parts in a migration share: see `migration.backend` for what they must do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from ..description import GuestDescription
from ..errors import OptionError
from ..values import DomainState
from . import lifecycle
from .host import DriverHost, Guest

#: In the cookies of Perform and Finish: what was sent; when the source paused the guest (since the
#: epoch), and how long the guest did not run.
BYTES = "transfer.bytes/1"
PAUSED_AT = "transfer.paused-at-ms/1"
DOWNTIME = "transfer.downtime-ms/1"
Said = Mapping[str, str | int | bool]

_G = TypeVar("_G", bound=Guest)
_H = TypeVar("_H", bound=DriverHost[Any])


class DriverBackend(Generic[_H]):
    """The part of a driver that serves the migrations of one host.

    Attributes:
        features: what its guests can do on their way besides: see `migration.live.FEATURES`.
    """

    features: frozenset[str] = frozenset()

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

    _host: Any  # the driver's own kind of DriverHost
    _sent: Said | None = None

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

    def note_sent(self, count: int, paused_at: float) -> None:
        """Note how many bytes were sent, and when (`time.time()`) the guest was paused for that."""
        self._sent = {BYTES: count, PAUSED_AT: _milliseconds(paused_at)}

    def tell(self, step: str) -> Said:
        """Let the destination know what was sent."""
        return (self._sent or {}) if step == "perform" else {}

    def told(self, step: str, said: Said) -> None:
        """Keep the statistics that come home with Finish."""
        count, downtime = said.get(BYTES), said.get(DOWNTIME)
        if step == "finish" and type(count) is int and type(downtime) is int:
            self._host.migrations.note_moved(self.description.name, count, downtime)


class Arriving:
    """A guest that is expected: it lets the source know how long it was paused."""

    _came: Said | None = None
    _started_at: float | None = None

    def note_start(self) -> None:
        """Note that it goes on now, though not all of it is here."""
        self._started_at = time.time()

    def told(self, step: str, said: Said) -> None:
        """Take note of what was sent."""
        if step == "perform" and type(said.get(PAUSED_AT)) is int:
            self._came = said

    def tell(self, step: str) -> Said:
        """Tell the downtime; it is as wrong as the hosts' clocks differ, but never negative."""
        if step != "finish" or self._came is None:
            return {}
        started_at = time.time() if self._started_at is None else self._started_at
        downtime = _milliseconds(started_at) - int(self._came[PAUSED_AT])
        return {BYTES: self._came.get(BYTES, 0), DOWNTIME: max(0, downtime)}


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)
