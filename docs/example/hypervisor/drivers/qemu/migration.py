"""How guests of the `qemu` driver leave one host and reach another: over a Unix socket.

The two QEMUs talk to each other; the destination's listens in a private folder, so that only
its owner can connect. What goes over is the machine's state and not what the guest is: that is in
the description, which version 3 hands to Prepare. Nor does QEMU tell the destination whether the
machine was paused by a call, for it is always paused while it is sent; the cookie of Begin does.

Disks are files that both hosts have (each tells its own by device and inode), or new ones that are
copied over NBD, see `storage`.

The source is stopped before it is sent; one that is sent live goes on until QEMU has sent most of
it, see `live`.

One that may be split by post-copy goes over a relay, see there. What is split has no digest: QEMU
looks after its pages itself.

The digest is that of all memory that the guest's software can reach, read by each side on its own,
with the value in it that tells this life of the guest from all others. Processor and devices are
left to QEMU, which refuses a stream that is damaged or ends too soon.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ...description import GuestDescription
from ...driver import Stream
from ...errors import (
    GuestError,
    GuestLostError,
    MigrationCancelledError,
    MigrationError,
    OptionError,
    StillSplitError,
)
from ...migration.backend import Place
from ...migration.leftovers import NewDisk
from ...migration.live import Manner
from .. import disks as _disks
from ..backend import DriverBackend, Leaving, Said
from ..disks import MIB, ArrivingWithDisks, LeavingDisks, NewDisks
from . import answers, images, storage
from .host import Guest, Machine, QemuHost
from .live import LiveSending, SplitSending
from .relay import AGAIN, Relay

DRIVER = "qemu"
SCHEME = "unix:"
SEND_SECONDS = 60.0
POLL_SECONDS = 0.005
#: How long a destination listens before it listens anew, once its connection broke.
LISTEN_SECONDS = 5.0
_SILENT = "silent"
#: In the cookies of Prepare and Finish: where a client of the guest's screen is to reconnect.
SCREEN_KIND = "graphics.type/1"
SCREEN = "graphics.address/1"


class QemuBackend(DriverBackend[QemuHost]):
    """The part of the driver that serves migrations."""

    driver = DRIVER
    features = frozenset({"live", "copy_storage", "parallel", "postcopy"})
    _files = images.Images()

    def outgoing(self, name: str) -> QemuOutgoing:
        """Give an active guest."""
        return QemuOutgoing(self._host, self._host.find(name))

    def incoming(
        self,
        name: str,
        description: GuestDescription | None,
        uri: str | None,
        stream: Stream | None,
    ) -> QemuIncoming:
        """Get ready for a guest: start its QEMU, which listens on a socket of its own."""
        if description is None or stream is not None:
            raise MigrationError("this driver takes guests by version 3 only, and not tunnelled")
        return self.incoming_at(name, description, Place(uri, None, 0, False, {}))

    def incoming_at(self, name: str, description: GuestDescription, place: Place) -> QemuIncoming:
        """Get ready for a guest that comes over several connections, or with disks."""
        if place.stream is not None:
            raise MigrationError("this driver takes guests by version 3 only, and not tunnelled")
        self._require_place(name, description, place.uri)
        disks, files = description.disks, self._files
        made = NewDisks(files, self._host.migrations.leftovers, name)
        with contextlib.ExitStack() as undone:
            _disks.arrange(disks, place, files, made, undone)
            machine = self._host.launcher.start_paused(incoming=True, disks=disks)
            undone.callback(machine.kill)
            try:
                machine.use_connections(place.connections, place.postcopy)
            except GuestError as error:
                option = "postcopy" if place.postcopy else "parallel"
                raise OptionError(f"option {option}: this host cannot have it: {error}") from error
            copied = disks if place.copies else ()
            served = storage.serve(machine, copied) if copied else ""
            machine.migrate_incoming(machine.incoming_uri)
            incoming = QemuIncoming(self._host, description, machine, made, served)
            undone.pop_all()
        return incoming

    def remove_left(self, disk: NewDisk, starting: bool) -> str:
        """Remove a disk that was made for a guest which never came."""
        return self._files.remove_left(disk, starting)


class QemuOutgoing(Leaving[Guest]):
    """An active guest that is about to leave."""

    def __init__(self, host: QemuHost, guest: Guest) -> None:
        """Note how it is now."""
        super().__init__(guest)
        assert guest.process is not None
        self._host = host
        self._machine = guest.process
        disks = self.description.disks
        self._disks = LeavingDisks(disks, storage.Copies(self._machine, disks))
        self._relay: Relay | None = None

    def tell(self, step: str) -> Said:
        """Say besides what the disks are, and that they were copied."""
        return {**super().tell(step), **self._disks.tell(step, self._facts)}

    def _facts(self) -> Iterable[tuple[str, int]]:
        disks = self.description.disks
        return zip(map(images.identity, disks), storage.sizes(self._machine, disks), strict=True)

    def told(self, step: str, said: Said) -> None:
        """Take note besides of where the destination expects the disks."""
        super().told(step, said)
        self._disks.told(step, said)

    def copy_storage(self, manner: Manner, is_live: bool) -> None:
        """Copy the disks."""
        self._disks.copy(manner, _nothing if is_live else self.pause)

    def pause(self) -> None:
        """Pause the guest."""
        self._machine.pause()

    def send(self, uri: str, bandwidth: int, cancelled: Callable[[], bool]) -> str:
        """Send the guest to where the destination listens."""
        paused_at = time.time()
        try:
            self.pause()
            if cancelled():
                raise MigrationCancelledError("the migration was cancelled")
            _require_socket(uri)
            self._disks.finish()
            self._machine.use_connections(0)
            self._machine.migrate(
                uri, seconds=SEND_SECONDS, bandwidth=bandwidth * MIB, cancelled=cancelled
            )
            self.note_sent(self.progress()[0], paused_at)
            return self._machine.digest()
        except GuestError as error:
            raise MigrationError(str(error)) from error

    def send_live(self, uri: str, manner: Manner) -> str:
        """Send the guest while it runs."""
        _require_socket(uri)
        watch = LiveSending(self._machine, manner, MIB, self._disks)
        # Once `manner` has the guest paused, the rest may take so long as for one that was paused.
        seconds = manner.seconds + SEND_SECONDS
        try:
            self._machine.use_connections(manner.connections)
            self._machine.migrate(uri, seconds=seconds, live=watch)
            sent = self.progress()[0]
            watch.close(sent)
            self.note_sent(sent, watch.paused_at)
            return self._machine.digest()
        except GuestError as error:
            raise MigrationError(str(error)) from error

    def send_split(self, uri: str, manner: Manner) -> str | None:
        """Send the guest while it runs, until it is split."""
        _require_socket(uri)
        machine = self._machine
        self._end_relay()
        try:
            path, speed = machine.own_path("relay"), manner.postcopy_bandwidth * MIB
            relay = Relay(machine, path, uri.removeprefix(SCHEME), speed)
            self._relay = relay
        except OSError as error:
            raise MigrationError(f"cannot send a guest over a relay: {error}") from error
        try:
            watch = SplitSending(machine, manner, MIB, self._disks, relay)
            machine.use_connections(0, postcopy=True)
            machine.migrate(relay.uri, seconds=manner.seconds + SEND_SECONDS, live=watch)
            sent = self.progress()[0]
            watch.close(sent)
            self.note_sent(sent, watch.paused_at)
            return None if watch.split else machine.digest()
        except GuestError as error:
            raise MigrationError(str(error)) from error

    def _end_relay(self) -> None:
        if self._relay is not None:
            self._relay.close()
            self._relay = None

    def progress(self) -> tuple[int, int]:
        """Tell how many bytes of memory and disks were sent, and of how many."""
        sent, total = self._machine.transferred()
        copied, of_disks = self._disks.copies.progress
        return sent + copied, total + of_disks

    def resume(self) -> None:
        """Let the guest go on as before; one that ended meanwhile has ended."""
        try:
            # Where QEMU did not answer in time, the migration may be under way even now, and would
            # stop the guest again.
            self._machine.cancel_migration()
            self._end_relay()
            self._disks.abandon()
            if not self.paused:
                self._machine.resume()
        except GuestError:
            if self._machine.outcome() is None:
                raise
            self._host.settle_one(self._guest)

    def kill(self) -> None:
        """End the guest."""
        self._host.end(self._guest)
        self._end_relay()


class QemuIncoming(ArrivingWithDisks):
    """A guest that is expected: a QEMU that listens, in no list of guests.

    Attributes:
        uri: where it listens.
        machine: the QEMU, until it is an ordinary guest or given up.
    """

    def __init__(
        self,
        host: QemuHost,
        description: GuestDescription,
        machine: Machine,
        made: NewDisks,
        served: str,
    ) -> None:
        """Expect it, with the disks that were made for it and where they are served, if any."""
        super().__init__(len(description.disks), made, served)
        self.uri = machine.incoming_uri
        self.machine: Machine | None = machine
        self._screen = machine.screen_address()
        self._host = host
        self._description = description

    def wait(self, seconds: float) -> str:
        """Wait until QEMU has taken all of it."""
        self.await_start(seconds)
        machine = self._there()
        try:
            status = answers.status(machine.query_migrate())
            if status.startswith("postcopy"):
                # Its memory is not to be read: who does that waits for what may never come.
                raise GuestError("a part of it is on its source only")
            return machine.digest()
        except GuestError as error:
            raise self._did_not_come(error) from error

    def await_start(self, seconds: float) -> None:
        """Wait until QEMU has taken all that it needs to let the guest go on."""
        try:
            self._there().await_incoming(seconds=seconds)
        except GuestError as error:
            raise self._did_not_come(error) from error

    def _did_not_come(self, error: GuestError) -> MigrationError:
        return MigrationError(f"guest {self._description.name!r} did not come whole: {error}")

    def start(self) -> None:
        """Let the guest go on, in no list of guests."""
        self._there().resume()
        self.note_start()

    def await_whole(self, seconds: float, stop: Callable[[], bool]) -> None:
        """Wait until QEMU has all of its memory; listen once more when its connection broke."""
        machine, name = self._there(), self._description.name
        deadline, listens = time.monotonic() + seconds, 0.0
        while (status := self._how_far(machine)) != "completed":
            now = time.monotonic()
            if status in ("postcopy-paused", _SILENT) and now > listens:
                # Refused where nothing broke, and it is only slow.
                with contextlib.suppress(GuestError):
                    machine.execute("migrate-recover", uri=f"{self.uri}{AGAIN}")
                    listens = now + LISTEN_SECONDS
            if stop() or now > deadline:
                raise StillSplitError(
                    f"guest {name!r} runs, and a part of its memory is on its source only: {status}"
                )
            time.sleep(POLL_SECONDS)

    def _how_far(self, machine: Machine) -> str:
        """Ask QEMU how its migration stands; raise GuestLostError when it has ended."""
        status = _SILENT
        with contextlib.suppress(GuestError):
            status = answers.status(machine.query_migrate())
        if machine.outcome() is not None or status == "failed":
            raise GuestLostError(f"it has ended: {machine.complaints() or 'QEMU is gone'}")
        return status

    def run(self, paused: bool) -> None:
        """Make it an ordinary guest, running or paused."""
        machine = self._there()
        self._start(
            lambda: storage.stop_serving(machine),
            _nothing if paused else machine.resume,
            lambda: self._host.adopt(self._description, machine),
        )
        self.machine = None

    def tell(self, step: str) -> Said:
        """Say besides where the guest's screen is: in Prepare, and once more when it is here."""
        said = super().tell(step)
        if step in ("prepare", "finish"):
            said = {**said, SCREEN_KIND: "vnc", SCREEN: self._screen}
        return said

    def discard(self) -> None:
        """End its QEMU, even one that hangs: on return it runs nowhere."""
        if self.machine is not None:
            self.machine.kill()
            self.machine = None
        self._made.remove()

    def _there(self) -> Machine:
        if self.machine is None:
            raise MigrationError(f"guest {self._description.name!r} is not expected any more")
        return self.machine


def _nothing() -> None:
    """Leave the guest as it is."""


def _require_socket(uri: str) -> None:
    """Raise MigrationError unless it is a socket: QEMU would run what `exec:` says."""
    if not uri.startswith(f"{SCHEME}/"):
        raise MigrationError(f"{uri!r} is not the socket of a QEMU: expected unix:/PATH")
    if not Path(uri.removeprefix(SCHEME)).is_socket():
        raise MigrationError(f"no guest is expected at {uri!r}")
