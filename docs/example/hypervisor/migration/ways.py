"""By which way a guest leaves and arrives: at an address or through a tunnel, live or paused."""

from __future__ import annotations

from ..description import GuestDescription
from ..errors import MigrationError
from . import live, watched
from .backend import Incoming, Place
from .host import Host
from .job import Job
from .live import CopiesStorage, SendsLive, TakesPlace
from .parameters import Parameters
from .postcopy import SendsSplit


def send(host: Host, job: Job, flags: int, wanted: Parameters) -> str | None:
    """Send the guest of a migration as its flags say.

    Gives the digest of what was sent; None when it is split, see `postcopy`.
    """
    uri, outgoing = wanted.uri or "", job.outgoing
    assert outgoing is not None
    # A guest that is paused does not change: there is nothing to be live about.
    is_live = bool(flags & live.LIVE) and not outgoing.paused
    manner = watched.manner(host, job, flags, wanted) if is_live or flags & live.COPY else None
    try:
        if is_live:
            job.manner = manner
        if manner is not None and flags & live.COPY:
            assert isinstance(outgoing, CopiesStorage), "the driver has it, by `check_flags`"
            outgoing.copy_storage(manner, is_live)
        if manner is None or not is_live:
            return outgoing.send(uri, wanted.bandwidth, job.cancelled.is_set)
        if flags & live.POSTCOPY:
            assert isinstance(outgoing, SendsSplit), "the driver has the feature, by `check_flags`"
            return outgoing.send_split(uri, manner)
        assert isinstance(outgoing, SendsLive), "the driver has the feature, by `check_flags`"
        return outgoing.send_live(uri, manner)
    finally:
        job.manner = None


def arriving(host: Host, expected: GuestDescription, place: Place) -> Incoming:
    """Get ready for a guest; raise MigrationError when the driver cannot take one with disks."""
    backend, name = host.backend, expected.name
    if not (place.connections or place.copies or place.postcopy or expected.disks):
        return backend.incoming(name, expected, place.uri, place.stream)
    if not isinstance(backend, TakesPlace):
        # Not for the flags: `check_flags` has asked for the features.
        raise MigrationError(f"driver {backend.driver!r} cannot take guest {name!r} with its disks")
    return backend.incoming_at(name, expected, place)
