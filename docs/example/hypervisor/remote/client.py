"""A host in another process, as a coordinator sees it: `RemotePeer`.

Each call has a connection of its own, so a late answer can meet no other call, and a host that was
was restarted is reached like any other. When no whole answer comes, that is
PeerLostError, with the reason; what the host itself says against a call is raised as its own error.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import description as _description
from ..driver import Stream
from ..errors import HypervisorError, PeerLostError
from ..migration import tunnel
from ..migration.events import Listener
from ..migration.lease import Lease
from ..migration.options import Options
from ..migration.peer import PREFIX
from ..migration.recovery import Result
from ..values import DomainJob
from . import codec, frames, schema, tunnels
from .codec import Request
from .events import Ended, Listening
from .frames import Deadline, Frame, Kind
from .values import HostInfo, JobInfo

_PREPARE_TUNNEL = f"{PREFIX}prepare_tunnel3"
#: Where the stream stands among the arguments of `prepare_tunnel3`, and the URI in `perform3`.
_STREAM_AT = 1
_PERFORM = f"{PREFIX}perform3"
_URI_AT = 5
_PERFORMS = (f"{PREFIX}perform", _PERFORM, f"{_PERFORM}_params")


@dataclass(frozen=True)
class Timeouts:
    """How long a host may take, in seconds.

    Attributes:
        connect: until it takes a connection.
        call: until the whole answer to a call is here.
        calls: the same for some calls, by name. Those that send a guest take as long as the guest
            is large.
    """

    connect: float = 5.0
    call: float = 60.0
    calls: Mapping[str, float] = field(
        default_factory=lambda: {
            **dict.fromkeys((*_PERFORMS, "migrate", "recover"), 3600.0),
            "host": 10.0,
            "settle": 5.0,
        }
    )

    def of(self, call: str) -> float:
        """Give the time that a call may take."""
        return self.calls.get(call, self.call)


Patience = Timeouts | Callable[[], Timeouts]


class RemotePeer:
    """A host behind a Unix socket."""

    def __init__(self, path: str, timeouts: Patience | None = None) -> None:
        """See a host as a peer; nothing is asked of it yet.

        `timeouts` may be a function that is asked at each call.
        """
        self.path = path
        self._patience = Timeouts() if timeouts is None else timeouts
        self._known: HostInfo | None = None

    @property
    def driver(self) -> str:
        """Name of the host's driver; raise PeerLostError when it was never there to say."""
        return self._info().driver

    @property
    def slots(self) -> frozenset[str]:
        """The steps that its driver supports; raises as `driver` does."""
        return frozenset(name for name in self._info().slots if name.startswith(PREFIX))

    @property
    def all_slots(self) -> frozenset[str]:
        """All calls that its driver supports; raises as `driver` does."""
        return frozenset(self._info().slots)

    @property
    def outlives(self) -> bool:
        """Always: it is another process."""
        return True

    def identity(self) -> str:
        """Name the host in its present life."""
        return self._asked_who().identity

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step, or any other call; a stream goes through a connection of its own."""
        with contextlib.ExitStack() as stack:
            if slot == _PREPARE_TUNNEL:
                here = self._send_stream(args[_STREAM_AT])
                args = (*args[:_STREAM_AT], here, *args[_STREAM_AT + 1 :])
            elif slot == _PERFORM and args[_URI_AT].startswith(tunnel.SCHEME):
                here = stack.enter_context(self._fetched(args[_URI_AT]))
                args = (*args[:_URI_AT], here, *args[_URI_AT + 1 :])
            return self._ask(slot, *args)

    def describe(self, guest: str) -> str:
        """Dump a guest's description."""
        return _description.format(self._ask("domain_dump_description", guest))

    def abort(self, guest: str) -> None:
        """Tell the step at work on a guest to stop."""
        self._ask("domain_abort_job", guest)

    def settle(self, migration: str) -> None:
        """Let the host forget a migration."""
        self._ask("settle", migration)

    def outcome(self, migration: str) -> str | None:
        """Tell how a migration ended on the host."""
        found: str | None = self._ask("outcome", migration)
        return found

    def is_gone(self) -> bool:
        """Only a fence knows that."""
        return False

    def jobs(self) -> list[JobInfo]:
        """Give the migrations that are not over on the host."""
        found: list[JobInfo] = self._ask("jobs")
        return found

    def lease(self, guest: str) -> Lease | None:
        """Give the lease that the host holds of a guest."""
        found: Lease | None = self._ask("lease", guest)
        return found

    def status(self, guest: str) -> DomainJob:
        """Tell how a guest's migration stands on the host."""
        found: DomainJob = self._ask("job", guest)
        return found

    def migrate(
        self, guest: str, uri: str, options: Options | None = None, recovering: bool = True
    ) -> str:
        """Let the host itself move a guest, from peer to peer; give its name on the destination."""
        wanted = Options() if options is None else options
        return str(self._ask("migrate", guest, uri, wanted, recovering))

    def recover(self, guest: str) -> list[Result]:
        """Let the host finish or undo its migrations of a guest that are not over."""
        found: list[Result] = self._ask("recover", guest)
        return found

    def resolve(self, guest: str, keep: str, reason: str, other: str | None) -> str:
        """Let the host end a guest's open migration; see `migration.resolve`."""
        return str(self._ask("resolve", guest, keep, reason, other))

    def set_aside(self, guest: str, reason: str) -> list[str]:
        """Let the host move the damaged journals of a guest away; give their new paths."""
        found: list[str] = self._ask("set-aside", guest, reason)
        return found

    def listen(self, listener: Listener, ended: Ended | None = None) -> Listening:
        """Let a listener be told of each step on the host from now on, in a thread of its own.

        `ended` is called when no more events will come although `close` was not called: the host
        is gone, or the listener was too slow. Without one, that is logged.
        """
        wire = self._connected()
        try:
            self._asked(wire, "events")
            return Listening(wire, listener, ended)
        except BaseException:
            wire.close()
            raise

    @property
    def _timeouts(self) -> Timeouts:
        return self._patience if isinstance(self._patience, Timeouts) else self._patience()

    def _info(self) -> HostInfo:
        # Read once: another thread may replace it meanwhile.
        known = self._known
        return self._asked_who() if known is None else known

    def _asked_who(self) -> HostInfo:
        found: HostInfo = self._ask("host")
        self._known = found
        return found

    def _ask(self, call: str, *args: Any) -> Any:
        with contextlib.closing(self._connected()) as wire:
            return self._asked(wire, call, *args)

    def _connected(self) -> socket.socket:
        return frames.connect(self.path, Deadline(self._timeouts.connect))

    def _asked(self, wire: socket.socket, call: str, *args: Any) -> Any:
        deadline = Deadline(self._timeouts.of(call))
        request = Request(uuid.uuid4().hex, call, args)
        try:
            frames.send(wire, Frame(Kind.REQUEST, codec.write_request(request)), deadline)
            body = frames.receive(wire, deadline, Kind.REPLY).body
        except PeerLostError as error:
            raise PeerLostError(f"no answer to {call} from {self.path!r}: {error}") from error
        try:
            reply = codec.read_reply(body)
        except (ValueError, HypervisorError) as error:
            why = f"{self.path!r} answered {call} with what makes no sense: {error}"
            raise PeerLostError(why) from error
        if reply.id != request.id:
            raise PeerLostError(f"{self.path!r} answered another call than {call}")
        if reply.error is not None:
            raise reply.error
        if not schema.fits(reply.value, schema.signatures()[call].answer):
            raise PeerLostError(f"{self.path!r} answered {call} with a value of another type")
        return reply.value

    # -- what goes through a tunnel

    def _send_stream(self, stream: Stream) -> str:
        """Begin to send a stream to the host; give the URI under which it arrives there."""
        wire = self._connected()
        try:
            here: str = self._asked(wire, "tunnel-in")
        except BaseException:
            wire.close()
            raise
        _pump(wire, lambda: tunnels.send(wire, stream))
        return here

    @contextlib.contextmanager
    def _fetched(self, uri: str) -> Iterator[str]:
        """Pass on to a tunnel of this process what is written to one on the host; give its URI."""
        into = tunnel.find(uri)
        wire = self._connected()
        try:
            here: str = self._asked(wire, "tunnel-out")
        except BaseException:
            wire.close()
            raise
        _pump(wire, lambda: tunnels.receive(wire, into))
        try:
            yield here
        finally:
            # Not closed, for the thread may be waiting on it; it sees the end and closes it.
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


def _pump(wire: socket.socket, work: Callable[[], None]) -> None:
    """Do the work of a tunnel in a thread, to the end of the tunnel or of the connection."""

    def run() -> None:
        with contextlib.closing(wire):
            tunnels.quietly(work)

    threading.Thread(target=run, name="tunnel", daemon=True).start()
