"""The events of a host as they go to other processes, and as they arrive there.

An answer to `events` goes on: first that the host will tell, then each event as a reply. Nothing
waits for who listens: so many events are kept for one who is slow, and when there are more, that is
said behind those that were kept, and no more comes.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable

from ..errors import HypervisorError, PeerLostError, RemoteError
from ..migration.events import Audience, Event, Listener, tell
from . import codec, frames, schema
from .codec import Reply
from .frames import Deadline, Frame, Kind

_LOG = logging.getLogger(__name__)
#: How many events are kept for one listener, and how many characters of names in them.
MOST_EVENTS = 1000
MOST_CHARACTERS = 128 * 1024
#: How long one event may take on its way.
SECONDS = 10.0
#: How often it is looked whether anybody listens still, while there is nothing to tell.
_LOOK_SECONDS = 0.25

Ended = Callable[[HypervisorError], None]
"""Is told, once, why nothing more will be told."""


class Backlog:
    """What was not yet told to one listener."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._events: deque[Event] = deque()
        self._characters = 0
        self._too_many = False
        self._changed = threading.Condition()

    def put(self, event: Event) -> None:
        """Keep an event, without waiting; when there is no room, no more are kept."""
        with self._changed:
            self._characters += _characters(event)
            full = len(self._events) >= MOST_EVENTS or self._characters > MOST_CHARACTERS
            self._too_many = self._too_many or full
            if not self._too_many:
                self._events.append(event)
                self._changed.notify_all()

    def get(self, seconds: float) -> Event | None:
        """Wait for the next event; None when there is none in time.

        Raises RemoteError behind the last one that was kept, when there were more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._too_many, seconds)
            if self._events:
                event = self._events.popleft()
                self._characters -= _characters(event)
                return event
            if self._too_many:
                raise RemoteError(f"the listener is more than {MOST_EVENTS} events behind")
            return None


def send(wire: socket.socket, request: str, audience: Audience, over: threading.Event) -> None:
    """Tell the events of a host on a connection, until the listener hangs up or it is over.

    Raises PeerLostError when an event is not taken in time.
    """
    backlog = Backlog()
    audience.listeners.append(backlog.put)
    try:
        _send(wire, Reply(request))
        while not (over.is_set() or frames.hung_up(wire)):
            event = backlog.get(_LOOK_SECONDS)
            if event is not None:
                _send(wire, Reply(request, event))
    except RemoteError as error:
        _send(wire, Reply(request, error=error))
    finally:
        audience.listeners.remove(backlog.put)


def _send(wire: socket.socket, reply: Reply) -> None:
    frames.send(wire, Frame(Kind.REPLY, codec.write_reply(reply)), Deadline(SECONDS))


def _characters(event: Event) -> int:
    return len(event.guest) + len(event.token.migration)


class Listening:
    """Events on their way from a host to a listener, in a thread of their own."""

    def __init__(self, wire: socket.socket, listener: Listener, ended: Ended | None) -> None:
        """Begin to read a connection on which a host will tell."""
        self._wire = wire
        self._listener = listener
        self._ended = _log if ended is None else ended
        self._closed = threading.Event()
        threading.Thread(target=self._run, name="listening", daemon=True).start()

    def close(self) -> None:
        """Listen no more; the listener may still be told what has arrived."""
        self._closed.set()
        # Not closed, for the thread may be waiting on it; it sees the end and closes it.
        with contextlib.suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        with self._wire:
            try:
                while True:
                    event = _receive(self._wire)
                    tell(self._listener, event)
            except HypervisorError as error:
                if not self._closed.is_set():
                    self._end(error)

    def _end(self, error: HypervisorError) -> None:
        try:
            self._ended(error)
        except Exception:
            _LOG.exception("the callback for the end of events failed")


def _receive(wire: socket.socket) -> Event:
    """Wait for an event as long as there may be one; raise HypervisorError when none will come."""
    frames.wait(wire)
    body = frames.receive(wire, Deadline(SECONDS), Kind.REPLY).body
    try:
        reply = codec.read_reply(body)
    except (ValueError, HypervisorError) as error:
        raise PeerLostError(f"an event makes no sense: {error}") from error
    if reply.error is not None:
        raise reply.error
    if not schema.fits(reply.value, Event):
        raise PeerLostError("not an event")
    event: Event = reply.value
    return event


def _log(error: HypervisorError) -> None:
    _LOG.warning("a host sends no more events: %s", error)
