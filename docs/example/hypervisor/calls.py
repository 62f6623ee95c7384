"""How a slot of a driver's table is called: found, checked, and under the connection's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from .driver import Connection
from .errors import ConnectionClosedError, UnsupportedError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def call(
    slot: Callable[Concatenate[Connection, _P], _R] | None,
    name: str,
    connection: Connection,
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> _R:
    """Run an entry point under the connection's lock.

    Raises UnsupportedError when the slot is empty, ConnectionClosedError after `connect_close`.
    """
    with connection.lock:
        return call_unlocked(slot, name, connection, *args, **kwargs)


def call_unlocked(
    slot: Callable[Concatenate[Connection, _P], _R] | None,
    name: str,
    connection: Connection,
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> _R:
    """Run an entry point that takes the lock itself; raises as `call` does."""
    if slot is None:
        raise UnsupportedError(connection.driver.name, name)
    if connection.closed:
        raise ConnectionClosedError(f"{name}: the connection is closed")
    return slot(connection, *args, **kwargs)
