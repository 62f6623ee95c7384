"""The steps of versions 1 and 2, for every driver: what stands in the slots of its table.

They are called as those of version 3 are, see `steps`. No lease goes along, and Perform ends the
guest on the source, so nothing can be undone after it.
"""

from __future__ import annotations

import logging

from ..description import GuestDescription
from ..driver import Connection
from ..errors import MigrationError
from ..values import Token
from . import effects
from . import host as _hosts
from .job import Job

_LOG = logging.getLogger(__name__)


def prepare(
    connection: Connection,
    token: Token,
    uri_in: str | None,
    flags: int,
    dname: str | None,
    bandwidth: int,
) -> tuple[bytes, str]:
    """Get ready for a guest; only its name is known."""
    if dname is None:
        raise MigrationError("prepare: the name of the guest is missing")
    return _prepare_blind(connection, token, dname, None, uri_in)


def prepare2(
    connection: Connection,
    token: Token,
    uri_in: str | None,
    flags: int,
    dname: str | None,
    bandwidth: int,
    description: str,
) -> tuple[bytes, str]:
    """Get ready for the guest that is described."""
    expected = effects.expected(description, dname)
    return _prepare_blind(connection, token, expected.name, expected, uri_in)


def perform(
    connection: Connection,
    token: Token,
    name: str,
    cookie: bytes,
    uri: str,
    flags: int,
    dname: str | None,
    bandwidth: int,
) -> None:
    """Send the guest, then kill it; when it cannot be sent, let it go on."""
    host = _hosts.of(connection)
    effects.check_bandwidth(bandwidth)

    def body(job: Job) -> None:
        effects.read(host, token, cookie, "prepare")
        with connection.lock:
            outgoing = host.backend.outgoing(name)
        job.outgoing = outgoing
        try:
            outgoing.send(uri, bandwidth, job.cancelled.is_set)
        except BaseException as error:
            with connection.lock:
                # First, for even when the guest cannot go on, a repeated step must not send it.
                job.close(f"failed: {error}")
                outgoing.resume()
            raise
        with connection.lock:
            outgoing.kill()
        host.release(name)
        job.close("left this host")

    host.step("perform", token, name, cookie, body, starts=True)


def finish(
    connection: Connection, token: Token, dname: str, cookie: bytes, uri: str, flags: int
) -> str:
    """Start the guest when it is here and whole; else it is lost, for its source is gone."""
    name = finish2(connection, token, dname, cookie, uri, flags, False)
    if name is None:
        raise MigrationError(f"finish: guest {dname!r} did not come whole")
    return name


def finish2(
    connection: Connection,
    token: Token,
    dname: str,
    cookie: bytes,
    uri: str,
    flags: int,
    failed: bool,
) -> str | None:
    """Start the guest when it is here and whole, or give it up."""
    host = _hosts.of(connection)

    def body(job: Job) -> str | None:
        incoming = job.incoming
        if incoming is not None and host.backend.can_run(dname):
            # A Finish before this one was interrupted when it had started the guest.
            job.close("runs here")
            return dname
        if incoming is None or failed:
            effects.give_up(host, job)
            return None
        effects.read(host, token, cookie, "prepare")
        try:
            incoming.wait(host.finish_seconds)
            with connection.lock:
                # No step carries the lease of the source here: the guest gets one of its own.
                host.locks.hold(dname)
                incoming.run(False)
        # Of any kind: this answer is final.
        except Exception:
            _LOG.info("guest %r cannot start here", dname, exc_info=True)
            if not host.backend.can_run(dname):
                effects.give_up(host, job)
                host.release(dname)
                return None
        job.close("runs here")
        return dname

    return host.step("finish", token, dname, cookie, body, ends=True)


def _prepare_blind(
    connection: Connection,
    token: Token,
    name: str,
    expected: GuestDescription | None,
    uri_in: str | None,
) -> tuple[bytes, str]:
    host = _hosts.of(connection)

    def body(job: Job) -> tuple[bytes, str]:
        with connection.lock:
            incoming = host.backend.incoming(name, expected, uri_in, None)
            job.incoming = incoming
            effects.drop_stale(host, name)
        return effects.bake(host, "prepare", token, {}), incoming.uri

    return host.step("prepare", token, name, b"", body, starts=True, baked=effects.first)
