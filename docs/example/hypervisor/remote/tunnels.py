"""The blocks of a tunnel on a connection, from either side of it.

One block at a time is on its way, and the tunnels on both ends hold a few: bounded in memory. Each
block has a deadline. The end is answered only when everything is where it belongs.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable

from ..driver import Stream
from ..errors import MigrationError, PeerLostError
from ..migration import tunnel
from ..migration.tunnel import Tunnel
from . import frames
from .frames import Deadline, Frame, Kind

_LOG = logging.getLogger(__name__)
#: How often it is looked whether the other side is still there, while there is nothing to send.
_LOOK_SECONDS = 0.05


def send(wire: socket.socket, stream: Stream) -> None:
    """Send what a stream gives, and tell it when everything has arrived; it is closed in any case.

    Raises PeerLostError when the other side is gone, MigrationError when no block comes in time.
    """
    with contextlib.closing(stream):
        _send_all(wire, stream)
        frames.receive(wire, Deadline(tunnel.SECONDS), Kind.ARRIVED)
        stream.arrived()


def _send_all(wire: socket.socket, stream: Stream) -> None:
    idle = time.monotonic()
    while True:
        block = stream.poll(_LOOK_SECONDS)
        if block is None:
            if frames.hung_up(wire):
                raise PeerLostError("the other end of the tunnel is gone")
            if time.monotonic() - idle > tunnel.SECONDS:
                raise MigrationError(f"nothing came through the tunnel for {tunnel.SECONDS:g} s")
            continue
        frames.send(wire, Frame(Kind.BLOCK, block), Deadline(tunnel.SECONDS))
        if not block:
            return
        idle = time.monotonic()


def receive(wire: socket.socket, into: Tunnel) -> None:
    """Pass blocks on to a tunnel, which is closed when they do not come to an end.

    Raises PeerLostError, and MigrationError when the tunnel is not read.
    """
    try:
        while block := frames.receive(wire, Deadline(tunnel.SECONDS), Kind.BLOCK).body:
            for start in range(0, len(block), tunnel.BLOCK_BYTES):
                into.put(block[start : start + tunnel.BLOCK_BYTES])
        into.finish()
    except BaseException:
        into.close()
        raise
    frames.send(wire, Frame(Kind.ARRIVED), Deadline(tunnel.SECONDS))


def quietly(work: Callable[[], None]) -> None:
    """Do the work of a tunnel; when it breaks, the steps that wait for it say so."""
    try:
        work()
    except MigrationError as error:
        _LOG.info("a tunnel broke: %s", error)
