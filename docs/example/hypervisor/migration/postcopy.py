"""Post-copy: a guest goes on at its destination while a part of its memory is still at its source.

From when it goes on there its memory is split: neither host has all of it, and when one of them
dies it is lost. This is the one thing that the promise of version 3 does not cover, so it is only
done when it was asked for. All else holds, and takes this:

- once the guest may have run at the destination, its source never lets it go on: what it has is
  old. A Finish that gives the guest up says whether it `ran`; a fence of a destination that was
  asked to finish counts as if it had;
- Finish answers that it runs only when all memory is there. Until then each Finish goes on waiting,
  and none gives the guest up, unless it ended or its source is dead for certain;
- nobody starts the guest whose source is dead, for the rest of it will never come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from ..driver import Connection
from ..errors import CookieError, GuestLostError, MigrationError
from .cookie import Cookie
from .host import Host
from .job import Job
from .lease import Lease
from .live import Manner

#: How long memory may still be on its way when its source has died.
ON_ITS_WAY_SECONDS = 1.0


@runtime_checkable
class SendsSplit(Protocol):
    """What an `Outgoing` does whose driver has the feature `postcopy`."""

    def send_split(self, uri: str, manner: Manner) -> str | None:
        """Send the guest as `send_live` does, until `manner` has it split.

        Then the guest is paused, and what it takes to go on at the destination is there, but not
        all of its memory: None is returned, and the rest is sent until `kill` or `resume`. Tells
        `manner` that it is about to split before what cannot be undone without `resume`, which
        works as long as the guest has not run at the destination.
        """
        ...


@runtime_checkable
class ArrivesSplit(Protocol):
    """What an `Incoming` does whose driver has the feature `postcopy`.

    Its `wait` takes no guest that is split; its `run` comes after `await_whole`.
    """

    def await_start(self, seconds: float) -> None:
        """Wait until the guest could go on, though not all of its memory is here.

        Raises MigrationError when it does not come in time.
        """
        ...

    def start(self) -> None:
        """Let the guest go on; it is still seen by no other call."""
        ...

    def await_whole(self, seconds: float, stop: Callable[[], bool]) -> None:
        """Wait until all memory is here; tried again after a failure.

        Raises StillSplitError when it does not come in time, or `stop` says so; GuestLostError when
        the guest has ended.
        """
        ...


def is_split(proof: Cookie) -> bool:
    """Tell whether Perform says that a part of the memory is still on the source."""
    return proof.kind == "perform" and proof.fields.get("postcopy") is True


def start(connection: Connection, host: Host, job: Job, lease: Lease) -> None:
    """Take the lease and let a guest go on that is split; from then on it counts as one that ran.

    Raises before that when it cannot.
    """
    incoming = job.incoming
    if not job.postcopy or not isinstance(incoming, ArrivesSplit):
        raise CookieError(f"finish: nobody asked for post-copy of guest {job.guest!r}")
    incoming.await_start(host.finish_seconds)
    with connection.lock:
        if host.locks.held(lease.guest) != lease:
            host.locks.take(lease)
        job.ran = True
        incoming.start()


def complete(connection: Connection, host: Host, job: Job, seconds: float) -> None:
    """Wait until a guest that went on here is whole, and make it an ordinary one.

    Raises GuestLostError when it has ended; any other error means that it may still become whole.
    """
    incoming = job.incoming
    assert isinstance(incoming, ArrivesSplit), "it was started"
    incoming.await_whole(seconds, job.cancelled.is_set)
    with connection.lock:
        job.incoming.run(job.paused)


def is_old(job: Job, ran: object) -> bool:
    """Tell whether what the source has is older than what the guest did at its destination."""
    return job.split and ran is not False


def lost(guest: str, why: str) -> GuestLostError:
    """Give the error that says that a guest is lost, and why."""
    return GuestLostError(
        f"guest {guest!r} is lost: post-copy had begun, so a part of it was on either host"
        f"{f'; {why}' if why else ''}"
    )


def refuse_again(job: Job) -> None:
    """Raise MigrationError when the guest has been split: it cannot be sent again."""
    if job.split:
        raise MigrationError(
            f"perform: post-copy of guest {job.guest!r} has begun: it is not sent again"
        )
