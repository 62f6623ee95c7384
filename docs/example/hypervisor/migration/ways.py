"""By which way a guest leaves and arrives: at an address or through a tunnel, live or paused."""

from __future__ import annotations

from typing import NamedTuple

from ..description import GuestDescription
from ..driver import Stream
from . import live, watched
from .backend import Incoming
from .host import Host, Job
from .live import SendsLive, TakesParallel
from .parameters import Parameters


class Place(NamedTuple):
    """Where a guest is to arrive: at an address or from a stream, over how many connections."""

    uri: str | None
    stream: Stream | None
    connections: int


def send(host: Host, job: Job, flags: int, wanted: Parameters) -> str:
    """Send the guest of a migration as its flags say; give the digest of what was sent."""
    uri, outgoing = wanted.uri or "", job.outgoing
    assert outgoing is not None
    # A guest that is paused does not change: there is nothing to be live about.
    if not flags & live.LIVE or outgoing.paused:
        return outgoing.send(uri, wanted.bandwidth, job.cancelled.is_set)
    assert isinstance(outgoing, SendsLive), "the driver has the feature, by `check_flags`"
    job.manner = watched.manner(host, job, flags, wanted)
    try:
        return outgoing.send_live(uri, job.manner)
    finally:
        job.manner = None


def arriving(host: Host, expected: GuestDescription, place: Place) -> Incoming:
    """Get ready for a guest."""
    backend = host.backend
    if not place.connections:
        return backend.incoming(expected.name, expected, place.uri, place.stream)
    assert isinstance(backend, TakesParallel), "the driver has the feature, by `check_flags`"
    return backend.incoming_parallel(expected.name, expected, place.uri, place.connections)
