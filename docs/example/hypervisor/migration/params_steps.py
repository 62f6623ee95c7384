"""The steps of version 3 with parameters, for every driver: those of `steps`, told more.

The parameters are typed, and those that are not known are refused, as are flags: see `parameters`.
"""

from __future__ import annotations

from ..driver import Connection
from ..errors import OptionError
from ..values import Token
from . import effects, parameters, steps
from . import host as _hosts
from .parameters import Pairs


def begin3_params(
    connection: Connection, token: Token, name: str, params: Pairs, flags: int
) -> tuple[str, bytes]:
    """Begin; nothing is noted unless the driver can do all that is asked for."""
    wanted = parameters.read(params)
    wanted.require_flags(flags)
    args = (wanted.description, flags, wanted.dname, wanted.bandwidth)
    return steps.begin3(connection, token, name, *args)


def prepare3_params(
    connection: Connection, token: Token, params: Pairs, cookie_in: bytes, flags: int
) -> tuple[bytes, str]:
    """Get ready for the guest that `destination_xml` describes."""
    wanted = parameters.read(params)
    wanted.require_flags(flags)
    if wanted.description is None:
        raise OptionError("parameter 'destination_xml' is missing: prepare needs it")
    return steps.prepare(connection, token, cookie_in, flags, wanted)


def perform3_params(
    connection: Connection,
    token: Token,
    name: str,
    destination_uri: str | None,
    params: Pairs,
    cookie_in: bytes,
    flags: int,
) -> bytes:
    """Send the guest to `migrate_uri`."""
    wanted = parameters.read(params)
    if wanted.uri is None:
        raise OptionError("parameter 'migrate_uri' is missing: perform needs it")
    return steps.perform(connection, token, name, cookie_in, flags, wanted)


def finish3_params(
    connection: Connection,
    token: Token,
    params: Pairs,
    cookie_in: bytes,
    destination_uri: str | None,
    uri: str,
    flags: int,
    cancelled: bool,
) -> tuple[str | None, bytes]:
    """Start the guest that is called `destination_name` here, or give it up."""
    wanted = parameters.read(params)
    if wanted.dname is None:
        raise OptionError("parameter 'destination_name' is missing: finish needs it")
    args = (wanted.dname, cookie_in, destination_uri, uri, flags, cancelled)
    return steps.finish3(connection, token, *args)


def confirm3_params(
    connection: Connection,
    token: Token,
    name: str,
    params: Pairs,
    cookie_in: bytes,
    flags: int,
    cancelled: bool,
) -> None:
    """End the guest, or let it go on."""
    parameters.read(params)
    effects.check_flags(_hosts.of(connection), flags)
    steps.confirm3(connection, token, name, cookie_in, flags, cancelled)
