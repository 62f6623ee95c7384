"""What each side must be shown before a guest goes on or ends, and what that shows."""

from __future__ import annotations

from ..errors import CookieError, MigrationError
from ..values import Token
from . import effects, identity, postcopy
from .cookie import Cookie
from .host import Host
from .job import Job
from .lease import Lease

# What the coordinator may know better than either host, as the field `why` of its verdict.
DESTINATION_FENCED = "destination fenced"
SOURCE_FENCED = "source fenced"
SOURCE_GONE = "source has lost the guest"
NEVER_ASKED = "destination never asked to finish"


def is_source_gone(proof: Cookie) -> bool:
    """Tell whether a verdict stands for the cookie of Perform; raise CookieError for another."""
    if proof.kind != "verdict":
        return False
    if proof.text("why") not in (SOURCE_FENCED, SOURCE_GONE):
        raise CookieError(f"finish: a verdict {proof.text('why')!r} does not hand over a lease")
    return True


def handed_over(
    host: Host, token: Token, job: Job, cookie_in: bytes
) -> tuple[Lease, str | None, Cookie]:
    """Give the lease that was dropped, the digest of what was sent, and the cookie itself."""
    proof = effects.read(host, token, cookie_in, "perform", "verdict")
    offered = job.offered
    if offered is None:
        raise MigrationError(f"finish: no lease was offered with guest {job.guest!r}")
    if is_source_gone(proof):
        return offered, None, proof
    lease = Lease(offered.guest, proof.text("lease"), proof.number("generation") + 1)
    if lease != offered:
        raise CookieError(f"finish: {lease} was handed over, and {offered} was offered")
    return lease, None if postcopy.is_split(proof) else proof.text("digest"), proof


def take_back(host: Host, token: Token, job: Job, cookie_in: bytes) -> str | None:
    """Hold the lease again that Perform dropped, given proof that the destination never will.

    Not where the guest may have run there, by post-copy: then why it is lost is returned.
    """
    if not job.performed or job.lease is None:
        return None
    proof = effects.read(host, token, cookie_in, "finish", "verdict")
    if proof.kind == "finish":
        if proof.fields.get("runs") is not False:
            raise CookieError(f"confirm: the destination runs guest {job.guest!r}")
        require_partner(job, proof)
        if postcopy.is_old(job, proof.fields.get("ran")):
            return f"it ran on the destination: {proof.text('why')}"
    elif proof.text("why") not in (DESTINATION_FENCED, NEVER_ASKED):
        raise CookieError(f"confirm: a verdict {proof.text('why')!r} does not give a lease back")
    elif proof.text("why") == DESTINATION_FENCED and postcopy.is_old(job, None):
        return "the destination, where it may have run, is dead"
    effects.take_back(host, job.lease)
    return None


def require_partner(job: Job, proof: Cookie) -> None:
    """Raise CookieError unless the host says so to which the guest was sent, in whatever life."""
    if identity.parse(proof.text("host")).name != identity.parse(job.partner).name:
        raise CookieError(
            f"confirm: guest {job.guest!r} was sent to host {job.partner}, and"
            f" {proof.text('host')} says what became of it"
        )
