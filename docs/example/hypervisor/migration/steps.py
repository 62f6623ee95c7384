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
takes the lease first.
"""

from __future__ import annotations

from dataclasses import replace

from .. import description as _description
from ..description import GuestDescription
from ..driver import Connection, Stream
from ..errors import CookieError, HypervisorError, LateStepError, MigrationError
from ..values import Token
from . import effects
from . import host as _hosts
from .backend import Incoming, Outgoing
from .effects import Fields
from .host import Host, Job
from .lease import Lease

# What the coordinator may know better than either host, as the field `why` of its verdict.
DESTINATION_FENCED = "destination fenced"
SOURCE_FENCED = "source fenced"
NEVER_ASKED = "destination never asked to finish"


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

    def body(job: Job) -> tuple[str, bytes]:
        with connection.lock:
            outgoing = host.backend.outgoing(name)
            described = _described(outgoing, description_in, dname)
            lease = host.locks.hold(name)
        job.outgoing, job.lease = outgoing, lease
        fields: Fields = {
            "host": host.id,
            "lease": lease.id,
            "generation": lease.generation,
            "paused": outgoing.paused,
        }
        return _description.format(described), effects.bake(host, "begin", token, fields)

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
    host = _hosts.of(connection)
    expected = effects.expected(description, dname)
    name = expected.name

    def body(job: Job) -> tuple[bytes, str]:
        incoming = _expect(connection, job, cookie_in, expected, uri_in, None)
        return effects.bake(host, "prepare", token, {"host": host.id}), incoming.uri

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
    expected = effects.expected(description, dname)
    name = expected.name

    def body(job: Job) -> bytes:
        if stream.closed:
            raise MigrationError(f"prepare: the tunnel of guest {name!r} is closed")
        _expect(connection, job, cookie_in, expected, None, stream)
        return effects.bake(host, "prepare", token, {"host": host.id})

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
    host = _hosts.of(connection)

    def body(job: Job) -> bytes:
        effects.read(host, token, cookie_in, "prepare")
        if job.outgoing is None or job.lease is None:
            raise MigrationError(f"perform: migration of guest {name!r} has not begun here")
        digest = job.outgoing.send(uri, bandwidth, job.cancelled.is_set)
        host.locks.drop(job.lease)
        job.performed = True
        fields: Fields = {
            "digest": digest,
            "lease": job.lease.id,
            "generation": job.lease.generation,
        }
        return effects.bake(host, "perform", token, fields)

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

    def given_up(job: Job) -> tuple[None, bytes]:
        effects.give_up(job)
        return None, effects.bake(host, "finish", token, {"runs": False})

    def body(job: Job) -> tuple[str | None, bytes]:
        incoming = job.incoming
        if incoming is None or cancelled:
            return given_up(job)
        lease, digest = _handed_over(host, token, job, cookie_in)
        try:
            came = incoming.wait(host.finish_seconds)
            if digest is not None and came != digest:
                raise MigrationError("what came is not what was sent")
            with connection.lock:
                host.locks.take(lease)
                try:
                    incoming.run(job.paused)
                except BaseException:
                    host.locks.drop(lease)
                    raise
        except HypervisorError:
            return given_up(job)
        job.close("runs here")
        return dname, effects.bake(host, "finish", token, {"runs": True})

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
        elif cancelled:
            _take_back(host, token, job, cookie_in)
            with connection.lock:
                outgoing.resume()
            job.close("was undone")
        else:
            if not job.performed:
                raise MigrationError(f"confirm: guest {name!r} was not sent")
            found = effects.read(host, token, cookie_in, "finish")
            if found.fields.get("runs") is not True:
                raise CookieError(f"confirm: the destination does not run guest {name!r}")
            with connection.lock:
                outgoing.kill()
            job.close("succeeded")
        return str(job.outcome)

    outcome = host.step("confirm", token, name, cookie_in, body, ends=True)
    if outcome == ("succeeded" if cancelled else "was undone"):
        raise LateStepError(f"confirm comes too late: the migration {outcome}")


# -- shared


def _expect(
    connection: Connection,
    job: Job,
    cookie_in: bytes,
    expected: GuestDescription,
    uri: str | None,
    stream: Stream | None,
) -> Incoming:
    host = _hosts.of(connection)
    offer = effects.read(host, job.token, cookie_in, "begin")
    offered = Lease(expected.name, offer.text("lease"), offer.number("generation") + 1)
    paused = offer.flag("paused")
    with connection.lock:
        incoming = host.backend.incoming(expected.name, expected, uri, stream)
        job.incoming, job.offered, job.paused = incoming, offered, paused
        effects.drop_stale(host, expected.name)
    return incoming


def _handed_over(host: Host, token: Token, job: Job, cookie_in: bytes) -> tuple[Lease, str | None]:
    """Give the lease that was dropped, and the digest of what was sent."""
    proof = effects.read(host, token, cookie_in, "perform", "verdict")
    offered = job.offered
    if offered is None:
        raise MigrationError(f"finish: no lease was offered with guest {job.guest!r}")
    if proof.kind == "verdict":
        if proof.text("why") != SOURCE_FENCED:
            raise CookieError(f"finish: a verdict {proof.text('why')!r} does not hand over a lease")
        return offered, None
    lease = Lease(offered.guest, proof.text("lease"), proof.number("generation") + 1)
    if lease != offered:
        raise CookieError(f"finish: {lease} was handed over, and {offered} was offered")
    return lease, proof.text("digest")


def _take_back(host: Host, token: Token, job: Job, cookie_in: bytes) -> None:
    """Hold the lease again that Perform dropped, given proof that the destination never will."""
    if not job.performed or job.lease is None:
        return
    proof = effects.read(host, token, cookie_in, "finish", "verdict")
    if proof.kind == "finish":
        if proof.fields.get("runs") is not False:
            raise CookieError(f"confirm: the destination runs guest {job.guest!r}")
    elif proof.text("why") not in (DESTINATION_FENCED, NEVER_ASKED):
        raise CookieError(f"confirm: a verdict {proof.text('why')!r} does not give a lease back")
    # The destination might have taken the next generation, so this one must be later.
    back = replace(job.lease, generation=job.lease.generation + 2)
    # A Confirm that took it and then could not let the guest go on is asked for again.
    if host.locks.held(back.guest) != back:
        host.locks.take(back)


def _described(
    outgoing: Outgoing, description_in: str | None, dname: str | None
) -> GuestDescription:
    described = outgoing.description
    if description_in is not None:
        wanted = _description.parse(description_in)
        if (wanted.memory_kib, wanted.vcpus) != (described.memory_kib, described.vcpus):
            raise MigrationError("begin: the size of a guest cannot change on the way")
        described = wanted
    return replace(described, name=dname or described.name)


def _itself(reply: bytes) -> bytes:
    return reply
