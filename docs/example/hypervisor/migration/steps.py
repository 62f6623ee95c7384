"""The steps of version 3, for every driver: what stands in the slots of its table.

Each function has the signature of its slot (see `driver.py`). They know the order of effects and
who may run the guest when; what it takes to pause or send a guest is the backend's part. Unlike
the other entry points they are called without the connection's lock and take it themselves where
they touch the guest, for sending may take long, and other guests of the host go on meanwhile.

What keeps a guest from running twice: the source pauses it and drops its lease before Perform
answers; from then on it lets the guest go on only when it is shown a proof that the destination
does not run it and never will (the cookie of a Finish that gave up, or the coordinator's verdict
that the destination is fenced or was never asked to finish), and kills it only when it is shown
that the destination runs it. The destination starts the guest only with the cookie of Perform, and
takes the lease first. What is otherwise for a guest that is split is in `postcopy`.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from .. import description as _description
from ..description import GuestDescription
from ..driver import Connection, Stream
from ..errors import (
    CookieError,
    GuestLostError,
    HypervisorError,
    LateStepError,
    MigrationError,
    OptionError,
)
from ..values import Token
from . import effects, live, postcopy, proofs, ways
from . import host as _hosts
from .backend import Incoming, Outgoing, Place
from .cookie import Fields
from .host import Host
from .job import GIVEN_UP, LOST, UNDONE, Job
from .lease import Lease
from .parameters import Parameters

_LOG = logging.getLogger(__name__)


def begin3(
    connection: Connection,
    token: Token,
    name: str,
    description_in: str | None,
    flags: int,
    dname: str | None,
    bandwidth: int,
) -> tuple[str, bytes]:
    """Note that the guest is about to leave; describe it, and offer its lease."""
    host = _hosts.of(connection)
    effects.check_bandwidth(bandwidth)
    effects.check_flags(host, flags)

    def body(job: Job) -> tuple[str, bytes]:
        with connection.lock:
            outgoing = host.backend.outgoing(name)
            described = _described(outgoing, description_in, dname)
            lease = host.locks.hold(name)
        job.outgoing, job.lease, job.partner_guest = outgoing, lease, described.name
        text = _description.format(described)
        fields: Fields = {
            "guest": name,
            "description": effects.digest(text),
            "lease": lease.id,
            "generation": lease.generation,
            "paused": outgoing.paused,
        }
        return text, effects.bake(host, "begin", token, fields, outgoing)

    return host.step("begin", token, name, b"", body, starts=True, baked=lambda reply: reply[1])


def prepare3(
    connection: Connection,
    token: Token,
    cookie_in: bytes,
    uri_in: str | None,
    flags: int,
    dname: str | None,
    bandwidth: int,
    description: str,
) -> tuple[bytes, str]:
    """Get ready for the guest that is described, and for its lease."""
    wanted = Parameters(dname=dname, description=description, uri=uri_in, bandwidth=bandwidth)
    return prepare(connection, token, cookie_in, flags, wanted)


def prepare(
    connection: Connection, token: Token, cookie_in: bytes, flags: int, wanted: Parameters
) -> tuple[bytes, str]:
    """Get ready as `prepare3` does, with parameters; there must be a description."""
    host = _hosts.of(connection)
    effects.check_flags(host, flags)
    description = wanted.description or ""
    expected = effects.expected(description, wanted.dname)
    name = expected.name

    def body(job: Job) -> tuple[bytes, str]:
        copies = bool(flags & live.COPY)
        splits = bool(flags & live.POSTCOPY)
        job.postcopy = splits
        place = Place(wanted.uri, None, wanted.connections(flags), copies, {}, splits)
        incoming = _expect(connection, job, cookie_in, description, expected, place)
        return _ready(host, token, expected, incoming), incoming.uri

    return host.step("prepare", token, name, cookie_in, body, starts=True, baked=effects.first)


def prepare_tunnel3(
    connection: Connection,
    token: Token,
    stream: Stream,
    cookie_in: bytes,
    flags: int,
    dname: str | None,
    bandwidth: int,
    description: str,
) -> bytes:
    """Get ready for the guest that is described, which comes through the caller's connection."""
    host = _hosts.of(connection)
    effects.check_flags(host, flags)
    for flag in (live.LIVE, live.COPY, live.POSTCOPY):
        if flags & flag:
            name = live.FEATURES[flag][0]
            raise OptionError(f"option {name}: cannot be combined with tunnelled")
    expected = effects.expected(description, dname)
    name = expected.name

    def body(job: Job) -> bytes:
        if stream.closed:
            raise MigrationError(f"prepare: the tunnel of guest {name!r} is closed")
        place = Place(None, stream, 0, False, {})
        incoming = _expect(connection, job, cookie_in, description, expected, place)
        return _ready(host, token, expected, incoming)

    return host.step("prepare", token, name, cookie_in, body, starts=True, baked=_itself)


def perform3(
    connection: Connection,
    token: Token,
    name: str,
    description_in: str | None,
    cookie_in: bytes,
    destination_uri: str | None,
    uri: str,
    flags: int,
    dname: str | None,
    bandwidth: int,
) -> bytes:
    """Send the guest and wait until it is there; it stays paused, and its lease is dropped."""
    wanted = Parameters(uri=uri, bandwidth=bandwidth)
    return perform(connection, token, name, cookie_in, flags, wanted)


def perform(
    connection: Connection,
    token: Token,
    name: str,
    cookie_in: bytes,
    flags: int,
    wanted: Parameters,
) -> bytes:
    """Send the guest as `perform3` does, with parameters; there must be a URI."""
    host = _hosts.of(connection)
    effects.check_flags(host, flags)
    wanted.require_flags(flags)

    def body(job: Job) -> bytes:
        ready = effects.read(host, token, cookie_in, "prepare")
        if job.outgoing is None or job.lease is None:
            raise MigrationError(f"perform: migration of guest {name!r} has not begun here")
        if ready.text("uuid") != job.outgoing.description.uuid:
            raise CookieError(f"perform: the cookie of prepare is not about guest {name!r}")
        job.partner = ready.text("host")
        effects.hear(job, ready, job.outgoing)
        postcopy.refuse_again(job)
        digest = ways.send(host, job, flags, wanted)
        if digest is not None:
            # First, lest it go on without proof when this is interrupted and the lease is dropped.
            host.note_sent(job)
            job.split = False
        host.locks.drop(job.lease)
        sent: Fields = {"postcopy": True} if digest is None else {"digest": digest}
        fields = {**sent, "lease": job.lease.id, "generation": job.lease.generation}
        return effects.bake(host, "perform", token, fields, job.outgoing)

    return host.step("perform", token, name, cookie_in, body, baked=_itself)


def finish3(
    connection: Connection,
    token: Token,
    dname: str,
    cookie_in: bytes,
    destination_uri: str | None,
    uri: str,
    flags: int,
    cancelled: bool,
) -> tuple[str | None, bytes]:
    """Take the lease and start the guest, or give it up; either is final, however often asked."""
    host = _hosts.of(connection)

    def given_up(job: Job, why: str) -> tuple[None, bytes]:
        effects.give_up(host, job, LOST if job.ran else GIVEN_UP)
        fields: Fields = {"runs": False, "ran": job.ran, "why": why}
        return None, effects.bake(host, "finish", token, fields)

    def started(job: Job) -> tuple[str, bytes]:
        try:
            proof = effects.bake(host, "finish", token, {"runs": True}, job.incoming)
        # Of any kind: the guest runs here, and a driver that cannot speak must not hide that.
        except Exception:
            _LOG.exception("what the driver says of guest %r is left out", dname)
            proof = effects.bake(host, "finish", token, {"runs": True})
        # Only now, lest a Finish after one that was interrupted has nothing to answer.
        job.close("runs here")
        return dname, proof

    def completed(job: Job) -> tuple[str | None, bytes]:
        gone = not cancelled and proofs.is_source_gone(
            effects.read(host, token, cookie_in, "perform", "verdict")
        )
        try:
            # Where a verdict says that the source's part is gone, only what is on its way comes.
            seconds = postcopy.ON_ITS_WAY_SECONDS if gone else host.whole_seconds
            postcopy.complete(connection, host, job, seconds)
        except HypervisorError as error:
            if not effects.runs_here(host, job):
                if not gone and not isinstance(error, GuestLostError):
                    raise
                return given_up(job, effects.cause(error))
        return started(job)

    def body(job: Job) -> tuple[str | None, bytes]:
        incoming = job.incoming
        if effects.runs_here(host, job):
            return started(job)  # a Finish before this one was interrupted when it had started it
        if job.ran:
            job.cancelled.clear()  # it was for a Finish before this one, which goes on waiting
            return completed(job)
        if incoming is None or cancelled:
            return given_up(job, "")
        lease, digest, proof = proofs.handed_over(host, token, job, cookie_in)
        try:
            effects.hear(job, proof, incoming)
            if postcopy.is_split(proof):
                postcopy.start(connection, host, job, lease)
                return completed(job)
            came = incoming.wait(host.finish_seconds)
            if digest is not None and came != digest:
                raise MigrationError("what came is not what was sent")
            with connection.lock:
                # Unless a Finish before this one took it, and was interrupted.
                if host.locks.held(lease.guest) != lease:
                    host.locks.take(lease)
                incoming.run(job.paused)
        # Of any kind: this answer is final, and a guest that cannot start here goes on elsewhere.
        except Exception as error:
            if job.ran and not effects.runs_here(host, job):
                raise  # it is not over: all of it may still come
            _LOG.info("guest %r cannot start here", dname, exc_info=True)
            if not effects.runs_here(host, job):
                return given_up(job, effects.cause(error))
        return started(job)

    return host.step("finish", token, dname, cookie_in, body, ends=True, baked=lambda r: r[1])


def confirm3(
    connection: Connection,
    token: Token,
    name: str,
    cookie_in: bytes,
    flags: int,
    cancelled: bool,
) -> None:
    """Kill the guest, which runs at its destination, or take the lease back and let it go on."""
    host = _hosts.of(connection)

    def body(job: Job) -> str:
        outgoing = job.outgoing
        if outgoing is None:
            job.close("never began here")
        elif cancelled and (why := proofs.take_back(host, token, job, cookie_in)) is not None:
            with connection.lock:
                outgoing.kill()
            host.release(name)
            told.append(why)
            job.close(LOST)
        elif cancelled:
            with connection.lock:
                outgoing.resume()
            job.close(UNDONE)
        else:
            if not job.performed:
                raise MigrationError(f"confirm: guest {name!r} was not sent")
            found = effects.read(host, token, cookie_in, "finish")
            if found.fields.get("runs") is not True:
                raise CookieError(f"confirm: the destination does not run guest {name!r}")
            proofs.require_partner(job, found)
            try:
                effects.hear(job, found, outgoing)
            # Of any kind: the guest has moved, whatever the driver makes of what was said.
            except Exception:
                _LOG.exception("what the destination says of guest %r was not taken", name)
            with connection.lock:
                outgoing.kill()
            job.close("succeeded")
        return str(job.outcome)

    told: list[str] = []
    outcome = host.step("confirm", token, name, cookie_in, body, ends=True)
    if cancelled and outcome == LOST:
        raise postcopy.lost(name, "".join(told))
    if outcome == ("succeeded" if cancelled else UNDONE):
        raise LateStepError(f"confirm comes too late: the migration {outcome}")


# -- shared


def _expect(
    connection: Connection,
    job: Job,
    cookie_in: bytes,
    description: str,
    expected: GuestDescription,
    place: Place,
) -> Incoming:
    host = _hosts.of(connection)
    offer = effects.read(host, job.token, cookie_in, "begin")
    if offer.text("description") != effects.digest(description):
        raise CookieError(f"prepare: the cookie of begin is not about this guest {expected.name!r}")
    offered = Lease(expected.name, offer.text("lease"), offer.number("generation") + 1)
    paused = offer.flag("paused")
    with connection.lock:
        incoming = ways.arriving(host, expected, place._replace(said=offer.said))
        job.incoming, job.offered, job.paused = incoming, offered, paused
        job.partner, job.partner_guest = offer.text("host"), offer.text("guest")
        effects.drop_stale(host, expected.name)
    effects.hear(job, offer, incoming)
    return incoming


def _ready(host: Host, token: Token, expected: GuestDescription, incoming: Incoming) -> bytes:
    return effects.bake(host, "prepare", token, {"uuid": expected.uuid}, incoming)


def _described(
    outgoing: Outgoing, description_in: str | None, dname: str | None
) -> GuestDescription:
    described = outgoing.description
    if description_in is not None:
        wanted = _description.parse(description_in)
        if wanted.name not in (described.name, dname):
            raise OptionError(f"option description: it is that of another guest, {wanted.name!r}")
        if wanted.uuid not in ("", described.uuid):
            raise OptionError(f"option description: the guest has another UUID, {described.uuid}")
        if (wanted.memory_kib, wanted.vcpus) != (described.memory_kib, described.vcpus):
            raise OptionError("option description: the size of a guest cannot change on the way")
        if [disk.format for disk in wanted.disks] != [disk.format for disk in described.disks]:
            raise OptionError(
                "option description: the disks of a guest cannot change on the way but for their"
                " paths"
            )
        described = replace(wanted, uuid=described.uuid)
    return replace(described, name=dname or described.name)


def _itself(reply: bytes) -> bytes:
    return reply
