"""Hosts that are served on a socket by a thread of the tests' own process."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypervisor
from hypervisor import Connection
from hypervisor.remote.client import RemotePeer
from hypervisor.remote.server import Limits, Server
from hypervisor.remote.service import Service


@dataclass(frozen=True)
class Served:
    """A host that others can reach.

    Attributes:
        connection: the host as its own process has it.
        service: what serves it.
        uri: under which others reach it.
        peer: the host as others see it.
    """

    connection: Connection
    service: Service
    uri: str
    peer: RemotePeer


@contextlib.contextmanager
def served(
    uri: str, state: Path | None = None, limits: Limits | None = None, **options: Any
) -> Iterator[Served]:
    """Serve a host; what it is given beyond that is for its `Service`."""
    # Not pytest's folder: the name of a socket has to be short.
    with tempfile.TemporaryDirectory(prefix="hv-") as folder, contextlib.ExitStack() as stack:
        path = f"{folder}/socket"
        connection = hypervisor.connect_open(uri)
        stack.callback(hypervisor.connect_close, connection)
        service = Service(connection, state, **options)
        stack.callback(service.close)
        server = Server(service, path, limits)
        service.begin()
        thread = threading.Thread(target=server.serve)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.close)
        yield Served(connection, service, f"remote://{path}", RemotePeer(path))
    assert not Path(folder).exists(), "the socket outlived its host"
