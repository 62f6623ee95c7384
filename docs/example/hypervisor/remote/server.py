"""Serving a host on a Unix socket: a thread for each connection, so many and no more.

A connection is one call. One that sends no request, or not all of it, is dropped after a while:
after seconds, or at once when all threads are taken and another waits in the queue of the socket.
Only the socket's own user may connect: who may, may do everything.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from ..errors import HypervisorError, InvalidUriError, MigrationError, PeerLostError, RemoteError
from ..migration.tunnel import Tunnel
from . import codec, events, frames, tunnels
from .codec import Reply, Request
from .frames import Deadline, Frame, Kind
from .service import Service

_LOG = logging.getLogger(__name__)
_BACKLOG = 128
#: How long it takes at most until `close` is noticed.
_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Limits:
    """What a server spends on others.

    Attributes:
        connections: how many are served at a time. A quarter of them may be taken by who listens
            to the host's events.
        request: seconds until all of a request must be here.
        reply: seconds until all of the reply must be taken.
    """

    connections: int = 32
    request: float = 5.0
    reply: float = 5.0


class Server:
    """A host that others can reach."""

    def __init__(self, service: Service, path: str, limits: Limits | None = None) -> None:
        """Listen; raise InvalidUriError when that cannot be, or another host does already."""
        self._service = service
        self._path = path
        self._limits = Limits() if limits is None else limits
        self._free = threading.BoundedSemaphore(self._limits.connections)
        self._free_to_listen = threading.Semaphore(self._limits.connections // 4)
        self._closed = threading.Event()
        #: Connections whose request is not here yet, since when; `_lock` guards them.
        self._idle: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self._listener = _listen(path)

    def serve(self) -> None:
        """Serve until `close` is called, from another thread or a signal."""
        while not self._closed.is_set():
            if not self._free.acquire(timeout=_LOOK_SECONDS):
                self._make_room()
                continue
            wire = self._accepted()
            if wire is None:
                self._free.release()
            else:
                self._begin(wire)
        # In this order: once the path is gone, the next host may listen there.
        with contextlib.suppress(FileNotFoundError):
            Path(self._path).unlink()
        self._listener.close()

    def close(self) -> None:
        """Let `serve` return; calls that are being served go on."""
        self._closed.set()
        # Wakes who waits for a connection; should that fail, it wakes by itself a little later.
        with contextlib.suppress(PeerLostError):
            frames.connect(self._path, Deadline(_LOOK_SECONDS)).close()

    def _accepted(self) -> socket.socket | None:
        try:
            return self._listener.accept()[0]
        except TimeoutError:
            return None
        except OSError as error:
            # Out of handles, say: not for ever, and nothing is gained by giving up.
            _LOG.warning("cannot take a connection: %s", error)
            self._closed.wait(_LOOK_SECONDS)
            return None

    def _make_room(self) -> None:
        """Drop connections that stay idle while another one waits to be accepted."""
        if not frames.wait(self._listener, 0):
            return
        with self._lock:
            old = time.monotonic() - _LOOK_SECONDS
            for wire in [wire for wire, since in self._idle.items() if since <= old]:
                del self._idle[wire]
                with contextlib.suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)

    def _received(self, wire: socket.socket) -> Frame:
        """The request; raise PeerLostError also when it was dropped just as the request came."""
        with self._lock:
            self._idle[wire] = time.monotonic()
        try:
            return frames.receive(wire, Deadline(self._limits.request), Kind.REQUEST)
        finally:
            with self._lock:
                was_dropped = self._idle.pop(wire, None) is None
            if was_dropped:
                raise PeerLostError("dropped: idle while others waited")

    def _begin(self, wire: socket.socket) -> None:
        name = f"serving {self._path}"
        thread = threading.Thread(target=self._serve_one, args=(wire,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            # Too many threads elsewhere: one caller is dropped, and not all guests with the host.
            _LOG.warning("cannot serve a connection: %s", error)
            wire.close()
            self._free.release()

    def _serve_one(self, wire: socket.socket) -> None:
        try:
            with wire:
                self._converse(wire)
        except MigrationError as error:
            # The other side is gone, or left its tunnel alone.
            _LOG.info("a connection broke: %s", error)
        except Exception:
            _LOG.exception("a connection failed")
        finally:
            self._free.release()

    def _converse(self, wire: socket.socket) -> None:
        try:
            message = self._received(wire)
            request = codec.read_request(message.body)
        except PeerLostError as error:
            # A client that sent garbage is told so; for one that is gone, this does no harm.
            self._reply(wire, Reply("", error=RemoteError(str(error))))
            raise
        except (ValueError, HypervisorError) as error:
            self._reply(wire, Reply("", error=RemoteError(f"the request makes no sense: {error}")))
            return
        if request.call == "tunnel-in":
            self._take_in(wire, request)
        elif request.call == "tunnel-out":
            self._give_out(wire, request)
        elif request.call == "events":
            self._tell(wire, request)
        else:
            self._reply(wire, self._answered(request))

    def _answered(self, request: Request) -> Reply:
        try:
            return Reply(request.id, self._service.answer(request.call, request.arguments))
        except PeerLostError as error:
            # Of the host that this one asked itself; this one does answer.
            return Reply(request.id, error=MigrationError(f"another host was lost: {error}"))
        except HypervisorError as error:
            return Reply(request.id, error=error)
        except Exception as error:
            _LOG.exception("%s failed", request.call)
            why = f"{request.call} failed: {type(error).__name__}: {error}"
            return Reply(request.id, error=RemoteError(why))

    def _reply(self, wire: socket.socket, reply: Reply) -> None:
        deadline = Deadline(self._limits.reply)
        try:
            frames.send(wire, Frame(Kind.REPLY, codec.write_reply(reply)), deadline)
        except (RemoteError, TypeError, ValueError) as error:
            # Nothing was sent yet: it is too large, of a driver's own type, or an infinite number.
            refused = Reply(reply.id, error=RemoteError(f"the answer cannot be sent: {error}"))
            frames.send(wire, Frame(Kind.REPLY, codec.write_reply(refused)), deadline)

    def _tell(self, wire: socket.socket, request: Request) -> None:
        if not self._free_to_listen.acquire(blocking=False):
            why = f"{self._limits.connections // 4} listeners already: no more are allowed"
            self._reply(wire, Reply(request.id, error=RemoteError(why)))
            return
        try:
            events.send(wire, request.id, self._service.audience, self._closed)
        finally:
            self._free_to_listen.release()

    def _take_in(self, wire: socket.socket, request: Request) -> None:
        with contextlib.closing(Tunnel()) as here:
            self._reply(wire, Reply(request.id, here.uri))
            tunnels.receive(wire, here)

    def _give_out(self, wire: socket.socket, request: Request) -> None:
        with contextlib.closing(Tunnel()) as here:
            self._reply(wire, Reply(request.id, here.uri))
            tunnels.send(wire, here)


def _listen(path: str) -> socket.socket:
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(path)
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
        listener.listen(_BACKLOG)
        listener.settimeout(_LOOK_SECONDS)
    except (OSError, ValueError) as error:
        listener.close()
        raise InvalidUriError(f"cannot listen at {path!r}: {error}") from error
    return listener


def _remove_stale(path: str) -> None:
    """Remove the socket of a host that died; raise InvalidUriError when one answers there."""
    if not Path(path).is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink()
        except BlockingIOError:  # its queue is full
            raise InvalidUriError(f"cannot listen at {path!r}: another host does") from None
        except OSError as error:
            raise InvalidUriError(f"cannot listen at {path!r}: {error}") from error
        else:
            raise InvalidUriError(f"cannot listen at {path!r}: another host does")
