"""How guests of the `process` driver leave one host and reach another: over a Unix socket.

The destination starts the guest's process at once; that process itself takes its memory from the
socket, says so, and stops until Finish lets it go on. The source is stopped by SIGSTOP before it is
read; one that is sent live is read while it runs, in rounds over its memory, and stopped before the
last of them. Compromise: a guest's memory is so small that a limit of bandwidth has nothing to slow
down.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ...description import GuestDescription
from ...driver import Stream
from ...errors import HypervisorError, MigrationCancelledError, MigrationError
from ...migration import tunnel
from ...migration.live import Manner
from ...values import DomainState
from ..backend import Arriving, DriverBackend, Leaving
from ..children import ChildGuest
from ..rounds import Cells, Rounds
from . import program
from .guest import GuestProcess
from .host import ProcessHost

DRIVER = "process"
SCHEME = "unix:"
#: How long the destination may take to say that it has everything.
SEND_SECONDS = 10.0
_ANSWER_BYTES = 512


class ProcessBackend(DriverBackend[ProcessHost]):
    """The part of the driver that serves migrations."""

    driver = DRIVER
    features = frozenset({"live"})

    def outgoing(self, name: str) -> ProcessOutgoing:
        """Give an active guest."""
        return ProcessOutgoing(self._host, self._host.find(name))

    def incoming(
        self,
        name: str,
        description: GuestDescription | None,
        uri: str | None,
        stream: Stream | None,
    ) -> ProcessIncoming:
        """Start the process that takes the guest."""
        self._require_place(name, description, uri)
        if description is None:
            raise MigrationError(f"guest {name!r} is not described: this driver needs version 2")
        return ProcessIncoming(self._host, name, description, stream)


class ProcessOutgoing(Leaving[ChildGuest[GuestProcess]]):
    """An active guest that is about to leave."""

    def __init__(self, host: ProcessHost, guest: ChildGuest[GuestProcess]) -> None:
        """Note how it is now."""
        super().__init__(guest)
        assert guest.process is not None
        self._host = host
        self._process = guest.process

    def pause(self) -> None:
        """Stop the process."""
        if self._process.state() is DomainState.RUNNING:
            self._process.pause()

    def send(self, uri: str, bandwidth: int, cancelled: Callable[[], bool]) -> str:
        """Send the memory, and wait until the destination's process has it."""
        paused_at = time.time()
        self.pause()
        if cancelled():
            raise MigrationCancelledError("the migration was cancelled")
        frame = program.pack_frame(self._process.memory(), self.paused)
        if uri.startswith(tunnel.SCHEME):
            tunnel.find(uri).write(frame)
        else:
            with _Wire(uri) as wire:
                wire.send(frame, last=True)
        self.note_sent(len(frame), paused_at)
        return hashlib.sha256(frame).hexdigest()

    def send_live(self, uri: str, manner: Manner) -> str:
        """Send the memory in rounds while the guest runs."""
        with _Wire(uri) as wire:

            def write(cells: Cells, last: bool) -> None:
                wire.send(program.pack_round(cells, last, self.paused), last)

            read, cell = self._process.memory, program.CELL_SIZE
            sent = Rounds(manner, read, write, self.pause, cell).send()
        self.note_sent(sent.count, sent.paused_at)
        frame = program.pack_frame(sent.memory, self.paused)
        return hashlib.sha256(frame).hexdigest()

    def resume(self) -> None:
        """Let the process go on, unless it was paused before."""
        if not self.paused and self._process.state() is DomainState.PAUSED:
            self._process.resume()

    def kill(self) -> None:
        """End the process."""
        self._host.end(self._guest)


class ProcessIncoming(Arriving):
    """A guest that is expected: a process that waits for its memory."""

    def __init__(
        self,
        host: ProcessHost,
        name: str,
        description: GuestDescription,
        stream: Stream | None,
    ) -> None:
        """Start the process; raise MigrationError when there is nowhere to listen."""
        self._host = host
        self._description = description
        self._stream = stream
        self._paused = False
        self._digest: str | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="hv-"))
        address = str(self._folder / "incoming")
        self.uri = f"{SCHEME}{address}"
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(address)
                listener.listen(1)
                self._process = GuestProcess.start_incoming(listener, host.directory)
        except OSError as error:
            shutil.rmtree(self._folder)
            raise MigrationError(f"cannot listen for guest {name!r}: {error}") from error
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        if stream is not None:
            threading.Thread(target=self._relay, args=(stream,), daemon=True).start()

    @property
    def pid(self) -> int:
        """The process that waits."""
        return self._process.pid

    def wait(self, seconds: float) -> str:
        """Wait until the process has its memory and has stopped."""
        if self._digest is None:
            self._paused = self._process.await_memory(seconds)
            frame = program.pack_frame(self._process.memory(), self._paused)
            self._digest = hashlib.sha256(frame).hexdigest()
        return self._digest

    def run(self, paused: bool) -> None:
        """Make it an ordinary guest; whether it was paused came with its memory."""
        if not self._paused:
            self._process.resume()
        self._host.adopt(self._description, self._process)
        self._forget_folder()

    def discard(self) -> None:
        """End the process."""
        if self._stream is not None:
            self._stream.close()
        if self._process.outcome() is None:
            self._process.kill()
        self._forget_folder()

    def _relay(self, stream: Stream) -> None:
        # Errors are reported by the process, which waits in vain or finds garbage; and once the
        # guest has arrived, closing changes nothing.
        with (
            contextlib.closing(stream),
            contextlib.suppress(HypervisorError, OSError),
            socket.socket(socket.AF_UNIX) as relay,
        ):
            relay.settimeout(SEND_SECONDS)
            relay.connect(self.uri.removeprefix(SCHEME))
            for block in tunnel.blocks(stream, program.FRAME_SIZE):
                relay.sendall(block)
            relay.shutdown(socket.SHUT_WR)
            if relay.recv(_ANSWER_BYTES) == program.TAKEN:
                stream.arrived()

    def _forget_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class _Wire:
    """The connection to a destination, on which each frame is acknowledged; bounded in time."""

    def __init__(self, uri: str) -> None:
        """Connect; raise MigrationError when nobody listens there."""
        if not uri.startswith(SCHEME):
            raise MigrationError(f"{uri!r}: a guest of this driver is sent to {SCHEME}PATH")
        self._uri = uri
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(SEND_SECONDS)
        try:
            self._socket.connect(uri.removeprefix(SCHEME))
        except OSError as error:
            self._socket.close()
            raise self._failed(error) from error

    def __enter__(self) -> _Wire:
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, frame: bytes, last: bool) -> None:
        """Send a frame and wait until it is acknowledged; raise MigrationError when it is not."""
        try:
            self._socket.sendall(frame)
            if last:
                self._socket.shutdown(socket.SHUT_WR)
            answer = self._socket.recv(_ANSWER_BYTES)
        except OSError as error:
            raise self._failed(error) from error
        if answer != program.TAKEN:
            why = answer.decode("utf-8", "replace").strip() or "it closed the connection"
            raise MigrationError(f"the destination did not take the guest: {why}")

    def _failed(self, error: OSError) -> MigrationError:
        return MigrationError(f"cannot send the guest to {self._uri!r}: {error}")
