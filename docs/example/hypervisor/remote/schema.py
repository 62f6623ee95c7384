"""Whether a value that came from elsewhere has the type that the interface says.

The interface itself is the schema: the aliases in `driver` name the types of every slot.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Union

from ..driver import Connection, HypervisorDriver, Stream
from ..migration.lease import Lease
from ..migration.options import Options
from ..migration.recovery import Result
from ..values import DomainJob
from .values import HostInfo, JobInfo


@dataclass(frozen=True)
class Signature:
    """The types of a call's arguments, behind the connection, and of its answer."""

    arguments: tuple[Any, ...]
    answer: Any


#: The calls of a host that are not slots. They give what a driver's table
#: does not have: who the host is, what is open on it, and migration from peer to peer.
OWN = {
    "host": Signature((), HostInfo),
    "jobs": Signature((), list[JobInfo]),
    # guest -> how its migration stands
    "job": Signature((str,), DomainJob),
    # guest, URI of the destination, options, whether to recover from what fails -> name there
    "migrate": Signature((str, str, Options, bool), str),
    # guest -> how each migration of it ended that its host had begun and not brought to an end
    "recover": Signature((str,), list[Result]),
    # guest -> the lease that the host holds of it, or None
    "lease": Signature((str,), Lease | None),
    # migration -> how it ended on the host, or None
    "outcome": Signature((str,), str | None),
    # guest, side to keep, reason, URI of the other host or None -> what was done, and what it risks
    "resolve": Signature((str, str, str, str | None), str),
    # guest, reason -> the new paths of its journals that were damaged
    "set-aside": Signature((str, str), list[str]),
    # migration -> nothing: no coordinator acts on what was answered, so it may be forgotten
    "settle": Signature((str,), None),
    # -> nothing, as soon as the host will tell; the events follow on the same connection
    "events": Signature((), None),
    # -> the URI of a tunnel on this host; blocks follow on the same connection
    "tunnel-in": Signature((), str),
    "tunnel-out": Signature((), str),
}


@cache
def signatures() -> dict[str, Signature]:
    """Give the signature of every call that a host may serve, by name."""
    found = dict(OWN)
    for name, hint in typing.get_type_hints(HypervisorDriver).items():
        for option in typing.get_args(hint):
            if option is not type(None):
                arguments, answer = typing.get_args(option)
                if arguments[:1] == [Connection]:
                    found[name] = Signature(tuple(arguments[1:]), answer)
    # Who may reach a host may not close it for all others.
    del found["connect_close"]
    return found


@cache
def fields_of(kind: type) -> dict[str, Any]:
    """Give the fields of a dataclass with their types."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def fits(value: object, hint: Any) -> bool:
    """Whether a value has a type, all the way down; a bool is not a number."""
    origin = typing.get_origin(hint)
    if hint is None or hint is type(None):
        return value is None
    if origin in (Union, types.UnionType):
        return any(fits(value, option) for option in typing.get_args(hint))
    if origin is list:
        (item,) = typing.get_args(hint)
        return isinstance(value, list) and all(fits(one, item) for one in value)
    if origin is tuple:
        items = typing.get_args(hint)
        if items[1:] == (...,):
            return isinstance(value, tuple) and all(fits(one, items[0]) for one in value)
        if not isinstance(value, tuple) or len(value) != len(items):
            return False
        return all(fits(one, item) for one, item in zip(value, items, strict=True))
    if hint is Stream:
        # It cannot go along; the URI of a tunnel goes that the caller opened on the host.
        return isinstance(value, str)
    if hint in (int, float):
        return isinstance(value, hint) and not isinstance(value, bool)
    return isinstance(value, hint)


def describe(hint: Any) -> str:
    """Name a type, for messages."""
    return "a tunnel's URI" if hint is Stream else getattr(hint, "__name__", str(hint))
