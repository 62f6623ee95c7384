"""Disks as values, for hosts of the driver `memory`: a disk is bytes that its host keeps.

What is copied when, and what becomes of a new disk, is the library's, as for real disks; what is
here are the calls that a real driver makes for that, each of which can be seen, and may go wrong.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from hypervisor.description import Disk, GuestDescription
from hypervisor.drivers import disks as _disks
from hypervisor.drivers import rounds
from hypervisor.drivers.backend import Said
from hypervisor.drivers.disks import COPIED, ArrivingWithDisks, LeavingDisks, NewDisks
from hypervisor.drivers.memory.host import Guest, MemoryHost
from hypervisor.drivers.memory.migration import MemoryBackend, MemoryIncoming, MemoryOutgoing
from hypervisor.errors import MigrationError
from hypervisor.migration.backend import Place
from hypervisor.migration.directory import Directory
from hypervisor.migration.journal import MemoryJournal
from hypervisor.migration.leftovers import Leftovers, NewDisk
from hypervisor.migration.live import Manner

from .model import Moment

CELL = 4
_NUMBERS = itertools.count(1)


@dataclass
class File:
    """A disk.

    Attributes:
        data: what is in it.
        mark: of the arrival that made it, until its guest has it.
        served: whether a source may write to it.
        number: no other file ever had it.
    """

    data: bytearray
    mark: str = ""
    served: bool = False
    number: int = field(default_factory=lambda: next(_NUMBERS))


@dataclass
class Shelf:
    """The disks of one machine, which outlast its host, and the host's record of new ones.

    Attributes:
        files: by path.
        see: is told of each call, before and after it, and may raise.
        alive: whether the host lives that began last; a dead one changes nothing.
    """

    files: dict[str, File] = field(default_factory=dict)
    record: MemoryJournal = field(default_factory=MemoryJournal)
    see: Callable[[str, Moment], None] = lambda step, moment: None
    alive: bool = True

    @contextmanager
    def seen(self, step: str) -> Iterator[None]:
        """Let a call be seen."""
        self.see(step, Moment.BEFORE)
        self.require_alive()
        yield
        self.see(step, Moment.AFTER)

    def require_alive(self) -> None:
        """Raise OSError when the host is dead."""
        if not self.alive:
            raise OSError("the host is dead")

    def die(self) -> None:
        """Let the host die: what it made stays."""
        self.alive = False
        for file in self.files.values():
            file.served = False

    # -- `disks.Files`

    def identity(self, disk: Disk) -> str:
        """Tell which file a disk is."""
        file = self.files.get(disk.path)
        return "" if file is None else str(file.number)

    def make(self, disk: Disk, size: int, new: NewDisk) -> None:
        """Make an empty disk."""
        if disk.path in self.files:
            raise MigrationError(f"{disk.path!r} already exists")
        self.files[disk.path] = File(bytearray(size), new.mark)

    def remove(self, new: NewDisk) -> None:
        """Remove a disk with its mark."""
        self.require_alive()
        if self._is_marked(new):
            del self.files[new.path]

    def unmark(self, new: NewDisk) -> None:
        """Take a disk's mark away."""
        with self.seen("disk kept"):
            self._unmark(new)

    def remove_left(self, new: NewDisk, starting: bool) -> str:
        """Remove a disk of a former life, unless its guest was to run."""
        if starting:
            self._unmark(new)
        elif self._is_marked(new):
            del self.files[new.path]
        return new.path

    def _unmark(self, new: NewDisk) -> None:
        if self._is_marked(new):
            self.files[new.path].mark = ""

    def _is_marked(self, new: NewDisk) -> bool:
        return new.path in self.files and self.files[new.path].mark == new.mark


def install(host: MemoryHost, shelf: Shelf) -> list[str]:
    """Let a host that begins have disks; give the paths of those that it names for a guest.

    What a former life of it left is removed first.
    """
    shelf.alive = True
    leftovers = Leftovers(shelf.record.taken_over())
    backend = DiskBackend(host, shelf)
    named = []
    for disk, starting in leftovers.all():
        path = backend.remove_left(disk, starting)
        leftovers.over(disk)
        named += [path] if starting else []
    host.has_disks = True
    host.migrations.backend = backend
    host.migrations.leftovers = leftovers
    return named


class Sink:
    """Where the disks of a guest that is expected are written to."""

    def __init__(self, shelf: Shelf, disks: tuple[Disk, ...]) -> None:
        """Serve them."""
        self.address = f"disks:{uuid.uuid4().hex}"
        self._files = [shelf.files[disk.path] for disk in disks]
        for file in self._files:
            file.served = True
        _SERVED.publish(self.address, self)

    def write(self, number: int, cells: rounds.Cells) -> None:
        """Take what has changed; raise MigrationError when it is not served any more."""
        if not self._files[number].served:
            raise MigrationError("the connection is closed")
        rounds.put(self._files[number].data, cells)

    def end(self) -> None:
        """Serve them no more."""
        for file in self._files:
            file.served = False
        with suppress(KeyError):
            _SERVED.withdraw(self.address)


_SERVED: Directory[Sink] = Directory(
    lambda address: MigrationError(f"no disks are expected at {address!r}")
)


class ValueCopies:
    """The copies of a guest's disks on their way: `disks.Copies`."""

    def __init__(self, shelf: Shelf, disks: tuple[Disk, ...]) -> None:
        """Copy nothing yet."""
        self.progress = (0, 0)
        self._shelf = shelf
        self._disks = disks
        self._there: list[bytes] = []
        self._sink: Sink | None = None

    def begin(self, address: str, speed: int) -> None:
        """Send all of them once."""
        with self._shelf.seen("mirror start"):
            self._sink = _SERVED.find(address)
            self._there = [b""] * len(self._disks)
            self._pass_on()

    def limit(self, speed: int) -> None:
        """Do nothing: they are small."""

    def await_ready(self, check: Callable[[], None]) -> None:
        """Send what has changed until nothing is left."""
        with self._shelf.seen("mirror ready"):
            check()
            while self._pass_on():
                check()
        check()

    def finish(self) -> None:
        """Send what is left."""
        if self._sink is not None:
            with self._shelf.seen("mirror end"):
                self._pass_on()
                self._sink = None

    def abandon(self) -> None:
        """Send no more."""
        self._sink = None

    def _pass_on(self) -> bool:
        if self._sink is None:
            raise MigrationError("the copy is gone")
        changed = False
        for number, disk in enumerate(self._disks):
            now = bytes(self._shelf.files[disk.path].data)
            cells = rounds.changed(self._there[number], now, CELL)
            self._sink.write(number, cells)
            self._there[number] = now
            changed = changed or bool(cells)
        size = sum(map(len, self._there))
        self.progress = size, size
        return changed


class DiskBackend(MemoryBackend):
    """The part of the driver that serves migrations, of guests with disks."""

    features = frozenset({"live", "copy_storage"})

    def __init__(self, host: MemoryHost, shelf: Shelf) -> None:
        """Serve a host with the disks of its machine."""
        super().__init__(host)
        self._shelf = shelf

    def outgoing(self, name: str) -> DiskOutgoing:
        """Give an active guest."""
        return DiskOutgoing(self._host, self._host.find(name), self._shelf)

    def incoming_at(self, name: str, description: GuestDescription, place: Place) -> MemoryIncoming:
        """Get ready for a guest with its disks."""
        self._require_place(name, description, place.uri)
        made = NewDisks(self._shelf, self._host.migrations.leftovers, name)
        with ExitStack() as undone:
            _disks.arrange(description.disks, place, self._shelf, made, undone)
            with self._shelf.seen("serve"):
                sink = Sink(self._shelf, description.disks if place.copies else ())
                undone.callback(sink.end)
            incoming = DiskIncoming(self._host, name, description, made, sink)
            undone.pop_all()
        return incoming

    def remove_left(self, disk: NewDisk, starting: bool) -> str:
        """Remove a disk that was made for a guest which never came."""
        return self._shelf.remove_left(disk, starting)


class DiskOutgoing(MemoryOutgoing):
    """An active guest with disks that is about to leave."""

    def __init__(self, host: MemoryHost, guest: Guest, shelf: Shelf) -> None:
        """Note how it is now."""
        super().__init__(host, guest)
        self._shelf = shelf
        disks = self.description.disks
        self._disks = LeavingDisks(disks, ValueCopies(shelf, disks))
        #: What a fault makes of what is said to be copied.
        self.forges: Callable[[dict[str, str | int | bool]], None] = lambda said: None

    def tell(self, step: str) -> Said:
        """Say besides what the disks are, and that they were copied."""
        said = {**super().tell(step), **self._disks.tell(step, self._facts)}
        if COPIED in said:
            self._shelf.see("told whole", Moment.BEFORE)
            self.forges(said)
        return said

    def _facts(self) -> Iterator[tuple[str, int]]:
        for disk in self.description.disks:
            yield self._shelf.identity(disk), len(self._shelf.files[disk.path].data)

    def told(self, step: str, said: Said) -> None:
        """Take note besides of where the disks are expected."""
        super().told(step, said)
        self._disks.told(step, said)

    def copy_storage(self, manner: Manner, is_live: bool) -> None:
        """Copy the disks."""
        self._disks.copy(manner, (lambda: None) if is_live else self.pause)

    def send(self, uri: str, bandwidth: int, cancelled: Callable[[], bool]) -> str:
        """Send the guest, behind its disks."""
        self.pause()
        self._disks.finish()
        return super().send(uri, bandwidth, cancelled)

    def _before_last(self) -> None:
        self._disks.finish()

    def resume(self) -> None:
        """Let the guest go on with its own disks."""
        self._disks.abandon()
        super().resume()


class DiskIncoming(ArrivingWithDisks, MemoryIncoming):
    """A guest with disks that is expected."""

    def __init__(
        self,
        host: MemoryHost,
        name: str,
        description: GuestDescription,
        made: NewDisks,
        sink: Sink,
    ) -> None:
        """Expect it."""
        ArrivingWithDisks.__init__(self, len(description.disks), made, sink.address)
        MemoryIncoming.__init__(self, host, name, description, None)
        assert isinstance(host.migrations.backend, DiskBackend)
        self._shelf = host.migrations.backend._shelf
        self._sink = sink

    def run(self, paused: bool) -> None:
        """Make it an ordinary guest."""
        self._start(self._end_serving, lambda: MemoryIncoming.run(self, paused), lambda: None)

    def discard(self) -> None:
        """Forget it, and remove its disks."""
        super().discard()
        self._sink.end()
        self._made.remove()

    def _end_serving(self) -> None:
        with self._shelf.seen("serving ends"):
            self._sink.end()
