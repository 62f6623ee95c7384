"""A connection to a host in another process: each call of its table asks that host.

The table has the slots that the host's own table fills in, so that what is supported there is
supported here and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..driver import Connection, HypervisorDriver
from .client import RemotePeer, Timeouts
from .events import Listening


@dataclass(frozen=True)
class RemoteHost:
    """What a connection to a remote host keeps: the host, and who listens to its events."""

    peer: RemotePeer
    listening: list[Listening] = field(default_factory=list)


def open_remote(path: str, timeouts: Timeouts | None = None) -> Connection:
    """Open a connection to the host behind a socket; raise PeerLostError when none answers."""
    peer = RemotePeer(path, timeouts)
    slots: dict[str, Any] = {name: _forwarder(peer, name) for name in peer.all_slots}
    table = HypervisorDriver(name=peer.driver, connect_close=_close, **slots)
    return Connection(table, RemoteHost(peer))


def _close(connection: Connection) -> None:
    """Leave the host and its guests as they are: others may be connected to it."""
    host = connection.private_data
    assert isinstance(host, RemoteHost)
    for listening in host.listening:
        listening.close()


def _forwarder(peer: RemotePeer, name: str) -> Callable[..., Any]:
    def forward(connection: Connection, *args: Any) -> Any:
        return peer.call(name, *args)

    return forward
