"""What a driver brings so that its guests can migrate; `steps` does the rest for all drivers.

A driver knows how to pause, send, receive and start its kind of guest. It need not know protocols,
cookies, leases, epochs or what happens when a step fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from ..description import GuestDescription
from ..driver import Stream
from .cookie import Fields


class Place(NamedTuple):
    """Where a guest is to arrive.

    Attributes:
        uri, stream: as `Backend.incoming` has them.
        connections: over how many it comes, where the driver has the feature `parallel`; 0: one.
        copies: its disks are copied to new files.
        said: what the source's driver said in Begin.
        postcopy: it may be split, see `postcopy`.
    """

    uri: str | None
    stream: Stream | None
    connections: int
    copies: bool
    said: Fields
    postcopy: bool = False


class Speaks(Protocol):
    """What an `Outgoing` and an `Incoming` may do besides: put fields of their own into cookies.

    Each step is first `told` what the other side said, acts, and then lets the driver `tell`:

        begin: tell; prepare: told of begin, tell; perform: told of prepare, tell; finish: told of
        perform, tell; confirm: told of finish, when the guest moved.

    A step that failed and is asked for again tells and is told again. Until Finish has started the
    guest, what either raises fails the step. After that it is only logged: the guest has moved.
    """

    def tell(self, step: str) -> Fields:
        """Give what the cookie of a step is to say, by names with versions: `graphics.address/1`.

        All of it together may have `cookie.MAX_SAID_BYTES`.
        """
        ...

    def told(self, step: str, said: Fields) -> None:
        """Take what the other side said in a step; names that are not known are to be ignored."""
        ...


class Outgoing(Protocol):
    """An active guest that is about to leave."""

    @property
    def description(self) -> GuestDescription:
        """What the guest is."""
        ...

    @property
    def paused(self) -> bool:
        """Whether it was paused when it was first asked for."""
        ...

    def pause(self) -> None:
        """Pause the guest, if it runs; on return its state does not change any more."""
        ...

    def send(self, uri: str, bandwidth: int, cancelled: Callable[[], bool]) -> str:
        """Send description and state to where the destination listens, and wait until it has them.

        The guest is paused on return, if not before. Bandwidth is in MiB/s, 0 for no limit. Asks
        `cancelled` now and then and stops when it is true; never waits for ever. Returns a digest
        of what was sent. Raises MigrationError, or MigrationCancelledError; the guest can go on
        then.
        """
        ...

    def resume(self) -> None:
        """Let the guest go on, running or paused as it was when it was first asked for."""
        ...

    def kill(self) -> None:
        """End the guest, without trace but for its definition."""
        ...


@runtime_checkable
class Measured(Protocol):
    """What an `Outgoing` may do besides: tell how far it has come."""

    def progress(self) -> tuple[int, int]:
        """Tell how many bytes were sent, and of how many; may be asked while `send` is at work."""
        ...


class Incoming(Protocol):
    """A guest that is expected. It is paused, and no other call can see or touch it."""

    @property
    def uri(self) -> str:
        """Where the source is to send it."""
        ...

    def wait(self, seconds: float) -> str:
        """Wait until everything is here and whole; give the digest of what came.

        Raises MigrationError when it does not come in time, or is damaged.
        """
        ...

    def run(self, paused: bool) -> None:
        """Make it an ordinary guest, running or paused as it was on the source.

        `paused` is what the source said, false where no step could say it; a driver that finds the
        same in what came goes by that.
        """
        ...

    def discard(self) -> None:
        """Forget it and all that was received; do nothing when that has happened already."""
        ...


class Backend(Protocol):
    """The part of a driver that serves one host's migrations.

    It may have `features`, a set of names: `live` when its `Outgoing` is a `live.SendsLive` too,
    `copy_storage` when its `Outgoing` is a `live.CopiesStorage`, `postcopy` when its `Outgoing` is
    a `postcopy.SendsSplit` and its `Incoming` a `postcopy.ArrivesSplit`. With one of these two or
    `parallel`, or when its guests have disks, it is a `live.TakesPlace` itself.
    """

    @property
    def driver(self) -> str:
        """Name of the driver."""
        ...

    def outgoing(self, name: str) -> Outgoing:
        """Give an active guest; raise NoDomainError or InvalidStateError when there is none."""
        ...

    def incoming(
        self,
        name: str,
        description: GuestDescription | None,
        uri: str | None,
        stream: Stream | None,
    ) -> Incoming:
        """Get ready for a guest.

        Args:
            name: what it is called here; it must not be active.
            description: what is expected; None where the protocol does not say, and then whatever
                comes is taken.
            uri: where to listen; None: the driver chooses.
            stream: takes the guest from a tunnel instead of listening.

        Raises InvalidStateError, MigrationError.
        """
        ...

    def can_run(self, name: str) -> bool:
        """Whether a guest of this name exists and is active, so that its lease is in use."""
        ...
