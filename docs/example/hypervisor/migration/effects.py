"""What the steps of all versions do alike: tell in a cookie, give up, let go of an old lease."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .. import description as _description
from ..description import GuestDescription
from ..values import Token
from . import cookie as _cookie
from .cookie import Cookie
from .host import Host, Job

Fields = Mapping[str, str | int | bool]


def bake(host: Host, kind: str, token: Token, fields: Fields) -> bytes:
    """Bake the cookie of a step."""
    return _cookie.bake(Cookie(host.backend.driver, kind, token.migration, fields))


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


def give_up(job: Job) -> None:
    """Discard what was expected: the migration is over on this host."""
    if job.incoming is not None:
        job.incoming.discard()
    job.close("was given up here")
