"""Sending a guest live as its host's audience watches: hooks may object, listeners are told."""

from __future__ import annotations

from . import live
from .events import Event
from .host import Host
from .job import Job
from .live import Manner, Round
from .parameters import Parameters


def manner(host: Host, job: Job, flags: int, wanted: Parameters) -> Manner:
    """Give the manner in which a guest is sent, of which each event is one of its host."""

    def event(what: str, number: int, *said: tuple[str, str | int | bool]) -> Event:
        kind = f"migration-{what}"
        return Event(kind, job.guest, job.token, said=[("round", number), *said])

    def ends(what: str, found: Round) -> None:
        job.round = found
        sizes = ("sent", found.sent), ("remaining", found.remaining)
        host.audience.tell(event(what, found.number, *sizes, ("expected-ms", found.expected)))

    return Manner(
        bandwidth=wanted.bandwidth,
        downtime=live.DOWNTIME if wanted.downtime is None else wanted.downtime,
        iterations=wanted.iterations or 0,
        connections=wanted.connections(flags),
        seconds=(wanted.timeout or live.TIMEOUT) / 1000,
        action=wanted.timeout_action or live.ACTIONS[0],
        cancelled=job.cancelled.is_set,
        begins=lambda what, number: host.audience.ask(event(what, number)),
        ends=ends,
        postcopy=bool(flags & live.POSTCOPY),
        postcopy_bandwidth=wanted.postcopy_bandwidth or 0,
        splits=lambda: host.note_split(job),
    )
