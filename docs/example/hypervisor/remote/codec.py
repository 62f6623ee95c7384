"""The bodies of requests and replies: JSON, in which a few kinds of values are written as objects.

Nothing that comes can name code: an object has one key, which must stand in a fixed table here.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

from .. import errors
from ..description import Disk, GuestDescription
from ..errors import HypervisorError, MigrationError, UnsupportedError
from ..migration.events import Event
from ..migration.lease import Lease
from ..migration.options import Options
from ..migration.recovery import Outcome, Result
from ..values import Capabilities, DomainInfo, DomainJob, DomainState, SnapshotInfo, Token
from . import schema
from .values import HostInfo, JobInfo

_RECORDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        *(Capabilities, Disk, DomainInfo, DomainJob, Event, GuestDescription, HostInfo, JobInfo),
        *(Lease, Options, Result, SnapshotInfo, Token),
    )
}
#: Fields that older hosts do not know and so refuse: left out when they have their defaults.
_LATER: Mapping[type, Mapping[str, Any]] = {
    Options: {"postcopy": False, "postcopy_bandwidth": None},
}
_ENUMS: dict[str, type[enum.Enum]] = {kind.__name__: kind for kind in (DomainState, Outcome)}

#: The errors that a host may answer with. Not PeerLostError, which says that it did not answer.
_ERRORS: dict[str, type[HypervisorError]] = {
    kind.__name__: kind
    for kind in (
        *(errors.ConnectionClosedError, errors.CookieError, errors.DescriptionError),
        *(errors.GuestError, errors.GuestTimeoutError, errors.HypervisorError),
        *(errors.GuestLostError, errors.StillSplitError),
        *(errors.InvalidStateError, errors.InvalidUriError, errors.JournalError),
        *(errors.LateStepError, errors.LeaseError, errors.MigrationCancelledError),
        *(errors.MigrationError, errors.NoDomainError, errors.NoSnapshotError),
        *(
            errors.OptionError,
            errors.RemoteError,
            errors.SnapshotExistsError,
            errors.StateFileError,
        ),
        *(errors.UnresolvedError, errors.WrongHostError),
    )
}
#: How many values a message may hold.
MAX_VALUES = 20_000
#: How deep values may stand in each other.
MAX_DEPTH = 32
#: How many errors, each the cause of the one before, are sent at most.
MAX_CAUSES = 5
_TEXT_CHARACTERS = 4000
_TOO_DEEP = "the JSON is nested too deeply"


@dataclass(frozen=True)
class Request:
    """A call: `id` tells its answer from that of another one."""

    id: str
    call: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Reply:
    """What came of the call of the same `id`: a value, or the host's own error."""

    id: str
    value: Any = None
    error: HypervisorError | None = None


def write_request(request: Request) -> bytes:
    """Write a request."""
    arguments = [_plain(one) for one in request.arguments]
    return _dump({"id": request.id, "call": request.call, "arguments": arguments})


def read_request(body: bytes) -> Request:
    """Read a request; raise ValueError when it makes no sense, DescriptionError in a guest's."""
    document = _load(body)
    match document:
        case {"id": str(name), "call": str(call), "arguments": list(arguments)}:
            return Request(name, call, tuple(_values(arguments)))
    raise ValueError("the request lacks id, call or arguments")


def write_reply(reply: Reply) -> bytes:
    """Write a reply."""
    if reply.error is None:
        return _dump({"id": reply.id, "value": _plain(reply.value)})
    return _dump({"id": reply.id, "error": _plain_error(reply.error)})


def read_reply(body: bytes) -> Reply:
    """Read a reply; raise ValueError when it makes no sense."""
    document = _load(body)
    match document:
        case {"id": str(name), "error": {"kind": str(kind), "text": str(text), **more}}:
            return Reply(name, error=_error(kind, text, more))
        case {"id": str(name), "value": value}:
            return Reply(name, _values([value])[0])
    raise ValueError("the reply has neither value nor error")


def _dump(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _load(body: bytes) -> object:
    # Each value takes many times the room of its text.
    if sum(map(body.count, (b"[", b"{", b","))) > MAX_VALUES:
        raise ValueError(f"it may hold more than {MAX_VALUES} values")
    try:
        return json.loads(body, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def _values(plain: list[Any]) -> list[Any]:
    return [_value(one, 0) for one in plain]


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is not a number")


def _plain(value: object) -> Any:
    """Turn a value into what JSON has."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(one) for one in value]}
    name = type(value).__name__
    if isinstance(value, enum.Enum) and _ENUMS.get(name) is type(value):
        return {name: value.value}
    if is_dataclass(value) and _RECORDS.get(name) is type(value):
        found = {field: getattr(value, field) for field in schema.fields_of(_RECORDS[name])}
        for field, default in _LATER.get(type(value), {}).items():
            if found[field] is default:
                del found[field]
        return {name: {field: _plain(inner) for field, inner in found.items()}}
    raise TypeError(f"a {name} cannot be sent")


def _value(plain: Any, depth: int) -> Any:
    """Turn what JSON has into a value; raise ValueError when it cannot be one."""
    if depth > MAX_DEPTH:
        raise ValueError(_TOO_DEEP)
    if isinstance(plain, list):
        return [_value(one, depth + 1) for one in plain]
    if not isinstance(plain, dict):
        return plain
    if len(plain) != 1:
        raise ValueError("an object has more than one key, or none")
    ((name, inner),) = plain.items()
    if name == "bytes" and isinstance(inner, str):
        return _bytes(inner)
    if name == "tuple" and isinstance(inner, list):
        return tuple(_value(one, depth + 1) for one in inner)
    if name in _ENUMS:
        return _ENUMS[name](inner)
    if name in _RECORDS and isinstance(inner, dict):
        return _record(_RECORDS[name], inner, depth + 1)
    raise ValueError(f"unknown kind of value {name[:40]!r}")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"bytes are not in base 64: {error}") from error


def _record(kind: type, plain: dict[str, Any], depth: int) -> Any:
    hints = schema.fields_of(kind)
    plain = {**_LATER.get(kind, {}), **plain}
    if plain.keys() != hints.keys():
        raise ValueError(f"a {kind.__name__} has other fields than {', '.join(hints)}")
    values = {name: _value(inner, depth) for name, inner in plain.items()}
    for name, value in values.items():
        if not schema.fits(value, hints[name]):
            wanted = schema.describe(hints[name])
            raise ValueError(f"{name} of a {kind.__name__} must be of type {wanted}")
    return kind(**values)


def _plain_error(error: HypervisorError, depth: int = 1) -> dict[str, Any]:
    found = _plain_error_alone(error)
    cause = error.__cause__
    if cause is not None and depth < MAX_CAUSES:
        # One that is not the library's own has no class at the other end; its name goes along.
        if not isinstance(cause, HypervisorError):
            own, cause = cause, HypervisorError(f"{type(cause).__name__}: {cause}")
            cause.__cause__ = own.__cause__
        found["cause"] = _plain_error(cause, depth + 1)
    return found


def _plain_error_alone(error: HypervisorError) -> dict[str, Any]:
    text = str(error)[:_TEXT_CHARACTERS]
    if isinstance(error, UnsupportedError):
        more = {"driver": error.driver, "call": error.call, "why": error.why}
        return {"kind": "UnsupportedError", "text": text, **more}
    return {"kind": type(error).__name__, "text": text}


def _error(kind: str, text: str, more: Mapping[Any, Any]) -> HypervisorError:
    """Give the host's error with its causes, each as the same class."""
    error = _error_alone(kind, text, more)
    cause, inner = error, more.get("cause")
    for _ in range(MAX_CAUSES):
        match inner:
            case {"kind": str(kind), "text": str(text), **rest}:
                cause.__cause__ = _error_alone(kind, text, rest)
                cause, inner = cause.__cause__, rest.get("cause")
            case None:
                break
            case _:
                raise ValueError("the cause of an error has no kind and text")
    return error


def _error_alone(kind: str, text: str, more: Mapping[Any, Any]) -> HypervisorError:
    """Give the host's error as the same class; one that is not known here as MigrationError."""
    text = text[:_TEXT_CHARACTERS]
    if kind == "UnsupportedError":
        match more:
            case {"driver": str(driver), "call": str(call), "why": str(why)}:
                return UnsupportedError(driver, call, why)
        raise ValueError("an UnsupportedError names no driver and call")
    known = _ERRORS.get(kind)
    return MigrationError(f"{kind[:80]}: {text}") if known is None else known(text)
