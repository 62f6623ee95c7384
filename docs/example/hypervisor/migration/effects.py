"""What the steps of all versions do alike: tell in a cookie, give up, let go of an old lease."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace

from .. import description as _description
from ..description import GuestDescription
from ..errors import HypervisorError, OptionError
from ..values import Token
from . import cookie as _cookie
from . import live
from .cookie import Cookie, Fields
from .host import Host
from .job import GIVEN_UP, Job
from .lease import Lease

_LOG = logging.getLogger(__name__)
#: In MiB/s, so that its bytes fit what QEMU takes.
MAX_BANDWIDTH = 2**42
MAX_CAUSE = 500


def bake(host: Host, kind: str, token: Token, fields: Fields, part: object = None) -> bytes:
    """Bake the cookie of a step, which names its host, with what the driver's part has to say."""
    named = {**fields, "host": str(host.identity)}
    tell: Callable[[str], Fields] | None = getattr(part, "tell", None)  # of a `backend.Speaks`
    said = {} if tell is None else tell(kind)
    return _cookie.bake(Cookie(host.backend.driver, kind, token.migration, named, said))


def hear(job: Job, cookie: Cookie, part: object) -> None:
    """Tell a driver's part what the other side said in a step."""
    job.heard = list(cookie.said.items())
    told: Callable[[str, Fields], None] | None = getattr(part, "told", None)
    if told is not None:
        told(cookie.kind, cookie.said)


def digest(description: str) -> str:
    """Give what stands in a cookie for a description."""
    return hashlib.sha256(description.encode()).hexdigest()


def check_bandwidth(bandwidth: int) -> None:
    """Raise OptionError unless it is a limit in MiB/s, or 0 for none, whose bytes fit 63 bits."""
    if type(bandwidth) is not int or not 0 <= bandwidth <= MAX_BANDWIDTH:
        raise OptionError(
            f"option bandwidth: {bandwidth!r}: expected 0 to {MAX_BANDWIDTH}, in MiB/s"
        )


def check_flags(host: Host, flags: int) -> None:
    """Raise OptionError for a flag that is not known, or that the host's driver cannot do."""
    if unknown := flags & ~live.FLAGS:
        raise OptionError(f"option flags: {unknown:#x} is not known")
    for flag, (name, what) in live.FEATURES.items():
        if flags & flag and name not in host.features:
            raise OptionError(f"option {name}: driver {host.backend.driver!r} cannot {what}")
    live.require_combined(flags)


def cause(error: BaseException) -> str:
    """Tell an error in one line: its kind too where the text alone may say nothing."""
    text = str(error) if isinstance(error, HypervisorError) else repr(error)
    return " ".join(text.split())[:MAX_CAUSE]


def read(host: Host, token: Token, data: bytes, *kinds: str) -> Cookie:
    """Read a cookie that must be of this migration and of one of these steps; raise CookieError."""
    return _cookie.read(data, host.backend.driver, token.migration, kinds)


def first(reply: tuple[bytes, str]) -> bytes:
    """Find the cookie in an answer that begins with it."""
    return reply[0]


def expected(description: str, dname: str | None) -> GuestDescription:
    """Read what the destination is to expect, under its name there; raise DescriptionError."""
    described = _description.parse(description)
    return replace(described, name=dname or described.name)


def drop_stale(host: Host, name: str) -> None:
    """Drop the lease of a guest that ended here without a word."""
    if not host.backend.can_run(name):
        host.release(name)


def runs_here(host: Host, job: Job) -> bool:
    """Tell whether the guest that was expected was started, by its lease and itself."""
    taken = job.offered is not None and host.locks.held(job.guest) == job.offered
    return taken and host.backend.can_run(job.guest)


def take_back(host: Host, lease: Lease) -> None:
    """Hold a lease again that was dropped for a hand-over; do nothing when it is held."""
    # The destination might have taken the next generation, so this one must be later.
    back = replace(lease, generation=lease.generation + 2)
    # Whoever took it and then could not let the guest go on is asked again.
    if host.locks.held(back.guest) not in (lease, back):
        host.locks.take(back)


def give_up(host: Host, job: Job, outcome: str = GIVEN_UP) -> None:
    """Discard what was expected, and its lease: the migration is over on this host."""
    if job.incoming is not None:
        job.incoming.discard()
    if job.offered is not None and host.locks.held(job.guest) == job.offered:
        host.locks.drop(job.offered)
    job.close(outcome)
