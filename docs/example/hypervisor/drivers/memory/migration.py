"""How guests of the `memory` driver leave one host and reach another: as bytes, in one process.

They are the bytes of a saved guest, as in a file. One that is sent live goes in rounds over them,
for those who test that: nothing changes by itself. One that is split has its memory fetched by the
destination, cell by cell, once it has gone on there. Compromise: they are so few that a limit of
bandwidth has nothing to slow down.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from ...description import GuestDescription
from ...driver import Stream
from ...errors import (
    HypervisorError,
    InvalidStateError,
    MigrationCancelledError,
    MigrationError,
    StillSplitError,
)
from ...migration import tunnel
from ...migration.backend import Place
from ...migration.directory import Directory
from ...migration.live import Manner, Round
from ...values import DomainState
from .. import rounds, state_file
from ..backend import Arriving, DriverBackend, Leaving
from ..rounds import Cells, Rounds
from ..state_file import SavedGuest
from .host import Guest, MemoryHost

DRIVER = "memory"
SCHEME = "memory-incoming:"
CELL_SIZE = 64
#: Of the memory of a guest that is split.
PAGE_SIZE = 2

_EXPECTED: Directory[MemoryIncoming] = Directory(
    lambda uri: MigrationError(f"no guest is expected at {uri!r}")
)


class MemoryBackend(DriverBackend[MemoryHost]):
    """The part of the driver that serves migrations."""

    driver = DRIVER
    features = frozenset({"live", "postcopy"})

    def outgoing(self, name: str) -> MemoryOutgoing:
        """Give an active guest; one with snapshots stays, for they would be left behind."""
        guest = self._host.find(name)
        leaving = MemoryOutgoing(self._host, guest)
        if guest.snapshots:
            raise InvalidStateError(f"cannot migrate guest {name!r}: it still has snapshots")
        return leaving

    def incoming(
        self,
        name: str,
        description: GuestDescription | None,
        uri: str | None,
        stream: Stream | None,
    ) -> MemoryIncoming:
        """Get ready for a guest."""
        self._require_place(name, description, uri)
        return MemoryIncoming(self._host, name, description, stream)

    def incoming_at(self, name: str, description: GuestDescription, place: Place) -> MemoryIncoming:
        """Get ready for a guest that may arrive split."""
        if description.disks:
            raise MigrationError(f"driver {DRIVER!r} cannot take guest {name!r} with its disks")
        return self.incoming(name, description, place.uri, place.stream)


class MemoryOutgoing(Leaving[Guest]):
    """An active guest that is about to leave."""

    def __init__(self, host: MemoryHost, guest: Guest) -> None:
        """Note how it is now."""
        super().__init__(guest)
        self._host = host
        self._encoded_last: tuple[SavedGuest, bytes] | None = None

    def pause(self) -> None:
        """Pause the guest."""
        self._guest.state = DomainState.PAUSED

    def send(self, uri: str, bandwidth: int, cancelled: Callable[[], bool]) -> str:
        """Send the guest to where the destination listens."""
        paused_at = time.time()
        self.pause()
        if cancelled():
            raise MigrationCancelledError("the migration was cancelled")
        data = self._encoded()
        if uri.startswith(tunnel.SCHEME):
            tunnel.find(uri).write(data)
        else:
            _EXPECTED.find(uri).receive(data)
        self.note_sent(len(data), paused_at)
        return hashlib.sha256(data).hexdigest()

    def send_live(self, uri: str, manner: Manner) -> str:
        """Send the guest in rounds while it runs."""

        def write(cells: Cells, last: bool) -> None:
            if last:
                self._before_last()
            _EXPECTED.find(uri).receive_round(cells, last)

        sent = Rounds(manner, self._encoded, write, self.pause, CELL_SIZE).send()
        self.note_sent(sent.count, sent.paused_at)
        return hashlib.sha256(sent.memory).hexdigest()

    def send_split(self, uri: str, manner: Manner) -> str | None:
        """Send the guest in rounds, and all but its memory once it is split."""

        def write(cells: Cells, last: bool) -> None:
            _EXPECTED.find(uri).receive_round(cells, last)

        sent = Rounds(manner, self._encoded, write, self.pause, CELL_SIZE).send()
        self.note_sent(sent.count, sent.paused_at)
        if not sent.split:
            return hashlib.sha256(sent.memory).hexdigest()
        self.hand_over(uri)
        left = len(self._guest.memory)
        manner.end("post-copy", Round(manner.rounds, sent.count, left, 0))
        return None

    def hand_over(self, uri: str) -> None:
        """Send all but the memory, whose pages are here until the guest ends or goes on."""
        guest = self._guest
        bare = state_file.encode(SavedGuest(DRIVER, guest.description, b"", self.paused))
        _EXPECTED.find(uri).receive_split(bare, len(guest.memory), self.page)

    def page(self, start: int) -> bytes:
        """Give a page of a guest that is split; raise MigrationError when that has ended."""
        guest = self._guest
        here = self._host.guests.get(guest.description.name) is guest
        if not here or guest.state is not DomainState.PAUSED:
            raise MigrationError("the source has no part of the guest any more")
        return guest.memory[start : start + PAGE_SIZE]

    def _before_last(self) -> None:
        """Do what must be done when the guest stands still: nothing, unless it has disks."""

    def _encoded(self) -> bytes:
        guest = self._guest
        saved = SavedGuest(DRIVER, guest.description, guest.memory, self.paused)
        # Asked in each round, and it mostly has not changed.
        if self._encoded_last is None or self._encoded_last[0] != saved:
            self._encoded_last = saved, state_file.encode(saved)
        return self._encoded_last[1]

    def resume(self) -> None:
        """Let the guest go on as before."""
        self._guest.state = self._before

    def kill(self) -> None:
        """End the guest."""
        self._host.end(self._guest)


class MemoryIncoming(Arriving):
    """A guest that is expected.

    Attributes:
        missing: where the pages of its memory stand that are on its source, when it was split.
        memory: the other pages.
        runs: whether it has gone on although it was split.
    """

    def __init__(
        self,
        host: MemoryHost,
        name: str,
        description: GuestDescription | None,
        stream: Stream | None,
    ) -> None:
        """Expect it, at a URI of its own or from a stream."""
        self.uri = f"{SCHEME}{uuid.uuid4().hex}"
        self._host = host
        self._name = name
        self._description = description
        self._data = bytearray()
        self._rounds = bytearray()
        self._decoded: tuple[bytes, SavedGuest] | None = None
        self._failed = False
        self._split: SavedGuest | None = None
        self._page: Callable[[int], bytes] = bytes
        self.missing: list[int] = []
        self.memory = bytearray()
        self.runs = False
        self._stream = stream
        self._reader: threading.Thread | None = None
        if stream is None:
            _EXPECTED.publish(self.uri, self)
        else:
            self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
            self._reader.start()

    @property
    def arrived(self) -> bytes | None:
        """What came, when all of it is here; the end of the stream may still be on its way."""
        data = bytes(self._data)
        try:
            state_file.decode(data)
        except HypervisorError:
            return None
        return data

    def receive(self, data: bytes) -> None:
        """Take what the source sends; raise when its name is another's: it can still go on."""
        if self._description is None:
            came = state_file.decode(data).description
            self._host.identified(replace(came, name=self._name), "receive")
        self._data += data

    def receive_round(self, cells: Cells, last: bool) -> None:
        """Take what has changed of a guest that still runs; it is here with the last of that."""
        rounds.put(self._rounds, cells)
        if last:
            self.receive(bytes(self._rounds))

    def receive_split(self, data: bytes, size: int, page: Callable[[int], bytes]) -> None:
        """Take all of a guest but its memory, which is of that size: `page` gives its pages."""
        self._page = page
        self.memory = bytearray(size)
        self.missing = list(range(0, size, PAGE_SIZE))
        self._split = state_file.decode(data)

    def await_start(self, seconds: float) -> None:
        """Wait until it could go on: what comes within a process is here by now."""
        if self._split is None:
            self._saved()

    def start(self) -> None:
        """Let it go on."""
        self.note_start()
        self.runs = True

    def await_whole(self, seconds: float, stop: Callable[[], bool]) -> None:
        """Fetch what is missing."""
        while self.missing:
            if stop():
                raise StillSplitError(
                    f"guest {self._name!r} runs, and {len(self.missing)} of its pages are missing"
                )
            self.fetch(self.missing[0])

    def fetch(self, start: int) -> None:
        """Fetch a page."""
        self.memory[start : start + PAGE_SIZE] = self._page(start)
        self.missing.remove(start)

    def wait(self, seconds: float) -> str:
        """Wait for all of it; but what is sent within a process is here by now or never comes."""
        if self._split is not None:
            raise MigrationError(f"guest {self._name!r} did not come whole: it is split")
        if self._reader is not None:
            self._reader.join(seconds)
            if self._reader.is_alive() or self._failed:
                raise MigrationError(f"guest {self._name!r} did not come whole")
        self._saved()
        return hashlib.sha256(self._data).hexdigest()

    def run(self, paused: bool) -> None:
        """Make it an ordinary guest."""
        saved = self._saved() if self._split is None else self._put_together()
        described = replace(saved.description, name=self._name)
        guest = self._host.guests.get(self._name) or Guest(described)
        state = DomainState.PAUSED if saved.paused else DomainState.RUNNING
        self._host.start(guest, state, saved.memory)
        guest.description = self._description or described
        self._host.guests[self._name] = guest
        self.runs = False
        self._withdraw()

    def discard(self) -> None:
        """Forget it."""
        if self._stream is not None:
            self._stream.close()
        self._withdraw()
        self.runs = False
        self._data.clear()
        self._rounds.clear()

    def _put_together(self) -> SavedGuest:
        assert self._split is not None and not self.missing
        return replace(self._split, memory=bytes(self.memory))

    def _saved(self) -> SavedGuest:
        data = bytes(self._data)
        if self._decoded is None or self._decoded[0] != data:
            saved = state_file.decode(data)
            if saved.driver != DRIVER:
                raise MigrationError(f"guest {self._name!r} is of driver {saved.driver!r}")
            self._decoded = data, saved
        return self._decoded[1]

    def _read(self, stream: Stream) -> None:
        try:
            for block in tunnel.blocks(stream, state_file.MAX_BYTES):
                self._data += block
            stream.arrived()
        except HypervisorError:
            self._failed = True  # `wait` says so
            stream.close()

    def _withdraw(self) -> None:
        _EXPECTED.withdraw(self.uri)
