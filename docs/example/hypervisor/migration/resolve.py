"""An administrator's last word on a guest whose migration no step can bring to an end.

It acts on one host, and is for when its journal is lost or the other host will never answer. What
that host would have to prove is taken from whoever gives the reason; it stands in the log. What can
be seen is not overruled: a guest is not kept on one side while it runs on the other.
"""

from __future__ import annotations

import contextlib
import logging
from typing import Literal

from ..driver import Connection
from ..errors import (
    HypervisorError,
    InvalidStateError,
    OptionError,
    PeerLostError,
    WrongHostError,
)
from . import effects, identity, postcopy
from . import host as _hosts
from .cookie import Fields
from .host import Host
from .job import GIVEN_UP, LOST, UNDONE, Job
from .peer import Peer, looks

Side = Literal["source", "destination"]
_LOG = logging.getLogger(__name__)
_RUNS = ("running", "paused")


def resolve(
    connection: Connection, guest: str, keep: str, reason: str, other: Peer | None = None
) -> str:
    """End the open migration of a guest on this host, and keep the guest on one side.

    Args:
        connection: the host, source or destination.
        guest: its name on this host.
        keep: `source` or `destination`: where the guest is to go on.
        reason: why that is known to be right, for the log.
        other: the host on the other side, when it can be asked.

    Returns a sentence that says what was done and what it risks. Raises OptionError; WrongHostError
    when `other` is not the other side; InvalidStateError when no migration is open, a step is at
    work, or what can be seen of the other side speaks against it.
    """
    if keep not in ("source", "destination"):
        raise OptionError(f"option keep: {keep!r}: expected source or destination")
    if not reason.strip():
        raise OptionError("option reason: it is empty: the log must say why that is right")
    host = _hosts.of(connection)
    with host.resolving(guest) as job:
        side = "destination" if job.outgoing is None else "source"
        seen = _seen(job, other)
        kept = side == keep
        ended = _ended(job, other)
        if kept and seen == "running":
            raise InvalidStateError(f"cannot keep guest {guest!r} here: it runs on {job.partner}")
        if not kept and other is not None and seen not in _RUNS:
            raise InvalidStateError(
                f"cannot end guest {guest!r} here: on the other side it is {seen}"
            )
        if not kept and job.ran and seen == "paused":
            raise InvalidStateError(
                f"cannot end guest {guest!r} here: it ran here, and its memory on the source is old"
            )
        if kept and job.split and ended != GIVEN_UP:
            # Nobody's word is taken for that: if it did run there, what is here is old.
            raise InvalidStateError(
                f"cannot keep guest {guest!r} here: post-copy had begun, so it may have run on"
                f" {job.partner}, and its memory here would be old; the destination must first give"
                " it up, and be named as the other host"
            )
        if kept and job.postcopy and ended == UNDONE:
            raise InvalidStateError(
                f"cannot keep guest {guest!r} here: {job.partner} has taken it back, where it is"
                f" {seen}"
            )
        risk = _end(connection, host, job, kept, seen)
        done = f"guest {guest!r} is kept on the {keep}, as said at the {side}: {risk}"
        _LOG.warning("%s; migration %s; reason: %s", done, job.token.migration, reason)
    return done


def _seen(job: Job, other: Peer | None) -> str:
    """Tell what the guest is doing on the other side, as far as that can be seen."""
    if other is None:
        return "not known"
    try:
        found = other.identity()
    except PeerLostError:
        return "not known: it does not answer"
    if job.partner and identity.parse(found).name != identity.parse(job.partner).name:
        raise WrongHostError(f"the other side is host {job.partner}, and {found} answers")
    return looks(other, job.partner_guest)


def _ended(job: Job, other: Peer | None) -> str | None:
    """Tell how the migration ended on the other side, of a guest that may be split."""
    if other is not None and (job.split or job.postcopy):
        with contextlib.suppress(HypervisorError):
            return other.outcome(job.token.migration)
    return None


def _end(connection: Connection, host: Host, job: Job, kept: bool, seen: str) -> str:
    """Let the guest go on here, or give it up; tell what that risks."""
    if job.outgoing is not None:
        if kept:
            if job.performed and job.lease is not None:
                effects.take_back(host, job.lease)
            with connection.lock:
                job.outgoing.resume()
            # What a later Confirm is answered: that it was undone, and never that it succeeded.
            job.replies["confirm"] = UNDONE
            job.close(UNDONE)
            return "if the destination runs it too, it runs twice"
        with connection.lock:
            job.outgoing.kill()
        host.release(job.guest)
        job.replies["confirm"] = "succeeded"
        job.close("succeeded")
        if job.split:
            return "unless all of its memory is on the destination, it is lost"
        return "if the destination does not run it, it is lost"
    assert job.incoming is not None, "an open migration has a guest"
    if not kept:
        effects.give_up(host, job, LOST if job.ran else GIVEN_UP)
        _answer(host, job, None)
        if job.ran:
            return "it is lost, for it ran here, and its memory on the source is old"
        return "if the source has ended it, it is lost"
    if job.offered is None:
        raise InvalidStateError(f"cannot keep guest {job.guest!r} here: its lease was not offered")
    # One that is split is only begun with when its other part can be seen. One that was paused when
    # it left is never split, and must not run.
    if job.ran or (job.postcopy and not job.paused and seen == "paused"):
        job.cancelled.clear()  # it was for a Finish before this
        if not job.ran:
            postcopy.start(connection, host, job, job.offered)
        postcopy.complete(connection, host, job, host.whole_seconds)
    else:
        job.incoming.wait(host.finish_seconds)
        with connection.lock:
            if host.locks.held(job.guest) != job.offered:
                host.locks.take(job.offered)
            job.incoming.run(job.paused)
    _answer(host, job, job.guest)
    job.close("runs here")
    return "if the source goes on, it runs twice"


def _answer(host: Host, job: Job, name: str | None) -> None:
    """Note what a later Finish is answered."""
    why = "an administrator resolved it"
    fields: Fields = {"runs": name is not None, "ran": job.ran, "why": why}
    job.replies["finish"] = name, effects.bake(host, "finish", job.token, fields)
