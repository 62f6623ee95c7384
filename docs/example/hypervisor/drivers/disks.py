"""Copying a guest's disks to new ones of its destination: what all drivers that do it have alike.

A driver brings `Files`, which are the disks of its host, and `Copies`, which carry what is in them.
What is here decides when: the destination makes new disks and lets the source write to them; the
source copies while the guest runs or is paused; at the switch-over the copies end whole, before the
last of the guest's memory goes. Before the guest runs there, nobody else can write to its disks.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Protocol

from ..description import Disk
from ..errors import GuestError, MigrationError
from ..migration.backend import Place
from ..migration.leftovers import Leftovers, NewDisk
from ..migration.live import Manner, Round
from .backend import Arriving, Said

MIB = 1024 * 1024
#: In the cookie of Begin, for each disk by its number: which file it is, and its bytes; in that of
#: Prepare: where disks are expected; in that of Perform: how many were copied whole.
DISK_FILE, DISK_BYTES = "disk.file-{}/1", "disk.bytes-{}/1"
DISKS = "nbd.address/1"
COPIED = "disks.copied/1"


class Files(Protocol):
    """The disks of one host."""

    def identity(self, disk: Disk) -> str:
        """Tell which file a disk is, whatever it is called; "" where there is none."""
        ...

    def make(self, disk: Disk, size: int, new: NewDisk) -> None:
        """Make an empty disk, marked as `new` says; raise MigrationError when there is a file."""
        ...

    def remove(self, new: NewDisk) -> None:
        """Remove a disk with its mark, unless another is in its place; raise OSError."""
        ...

    def unmark(self, new: NewDisk) -> None:
        """Take a disk's mark away, and leave the disk; raise OSError."""
        ...


class Copies(Protocol):
    """The copies of a guest's disks on their way; all but `begin` do nothing when none was begun.

    Attributes:
        progress: how many bytes of them were sent, and of how many.
    """

    progress: tuple[int, int]

    def begin(self, address: str, speed: int) -> None:
        """Begin to copy to `address`, at `speed` bytes a second; 0: no limit."""
        ...

    def limit(self, speed: int) -> None:
        """Change how fast they are copied."""
        ...

    def await_ready(self, check: Callable[[], None]) -> None:
        """Wait until all is there but for what the guest is writing; what `check` raises ends it.

        Raises MigrationError when a copy fails, or does not get on.
        """
        ...

    def finish(self) -> None:
        """Let all of them end whole, while the guest stands still; raise MigrationError."""
        ...

    def abandon(self) -> None:
        """End them as they are: on return, nothing is written any more."""
        ...


class NewDisks:
    """Disks that were made for a guest that is expected, until it has them or is given up."""

    def __init__(self, files: Files, leftovers: Leftovers, guest: str) -> None:
        """Begin without any."""
        self._files = files
        self._leftovers = leftovers
        self._guest = guest
        self._made: list[NewDisk] = []

    def make(self, disk: Disk, size: int) -> None:
        """Make an empty disk of `size` bytes; raise MigrationError when that cannot be.

        A file that is there already is another's, and never overwritten.
        """
        new = NewDisk(self._guest, disk.path, uuid.uuid4().hex)
        self._leftovers.make(new)
        self._made.append(new)
        self._files.make(disk, size, new)

    def start(self) -> None:
        """Note that the guest is about to run: from now on they may be all that there is of it."""
        for new in self._made:
            self._leftovers.start(new)

    def keep(self) -> None:
        """Let the guest have them, for it runs; the record stays until its migration is settled."""
        made, self._made = self._made, []
        for new in made:
            with suppress(OSError):  # a mark on a disk that is in use does no harm
                self._files.unmark(new)

    def remove(self) -> None:
        """Remove them, for the guest is given up."""
        made, self._made = self._made, []
        for new in made:
            with suppress(OSError):  # what cannot be removed is left to the host's next life
                self._files.remove(new)
                self._leftovers.over(new)


class LeavingDisks:
    """The disks of a guest that is about to leave."""

    def __init__(self, disks: Sequence[Disk], copies: Copies) -> None:
        """Copy nothing yet."""
        self.copies = copies
        self._disks = disks
        self._expected_at = ""
        self._begun = False
        self._copied = 0

    def tell(self, step: str, facts: Callable[[], Iterable[tuple[str, int]]]) -> Said:
        """Say which files they are, by `facts`, and their bytes; and that they were copied."""
        said: dict[str, str | int | bool] = {}
        if step == "begin" and self._disks:
            for number, (file, size) in enumerate(facts()):
                said[DISK_FILE.format(number)] = file
                said[DISK_BYTES.format(number)] = size
        elif step == "perform" and self._copied:
            said[COPIED] = self._copied
        return said

    def told(self, step: str, said: Said) -> None:
        """Take note of where the destination expects them."""
        if step == "prepare":
            self._expected_at = str(said.get(DISKS, ""))

    def copy(self, manner: Manner, pause: Callable[[], None]) -> None:
        """Copy them, after `pause`: see `migration.live.CopiesStorage`."""
        self._copied = 0
        manner.begin("storage", 0)
        if not self._disks:
            return
        try:
            pause()
            manner.apply = lambda: self.copies.limit(manner.bandwidth * MIB)
            self.copies.begin(self._expected_at, manner.bandwidth * MIB)
            self._begun = True
            self.copies.await_ready(manner.check)
            sent, total = self.copies.progress
            manner.end("storage", Round(0, sent, total - sent, 0))
        except GuestError as error:
            raise MigrationError(str(error)) from error
        manner.restart()

    def finish(self) -> None:
        """End the copies whole: the guest stands still, and the last of its memory is to follow.

        Nothing of the guest is said to be copied before.
        """
        self.copies.finish()
        if self._begun:
            self._copied = len(self._disks)

    def abandon(self) -> None:
        """End the copies as they are, for the guest goes on with its own."""
        self._copied, self._begun = 0, False
        self.copies.abandon()


class ArrivingWithDisks(Arriving):
    """A guest that is expected, whose disks may be copied here."""

    def __init__(self, count: int, made: NewDisks, served: str) -> None:
        """Expect so many disks, with those that were made for it and where they are served."""
        self._count = count
        self._made = made
        self._served = served
        self._is_serving = bool(served)

    def tell(self, step: str) -> Said:
        """Say besides where the disks are expected."""
        said = super().tell(step)
        return {**said, DISKS: self._served} if step == "prepare" and self._served else said

    def told(self, step: str, said: Said) -> None:
        """Refuse a guest whose source does not say that it has copied all disks.

        The verdict that its source is dead cannot say so, and need not: no source sends the last of
        the memory, for which `wait` waits, before all copies have ended whole.
        """
        super().told(step, said)
        if step == "perform" and self._served and said.get(COPIED) != self._count:
            raise MigrationError(f"not all of the {self._count} disks were copied")

    def _start(
        self, stop_serving: Callable[[], None], run: Callable[[], None], adopt: Callable[[], None]
    ) -> None:
        """Let the guest run with its disks, to which nobody else can write any more.

        When that fails, `discard` still removes them; when it is interrupted, it can be repeated.
        """
        if self._is_serving:
            stop_serving()
            self._is_serving = False
        self._made.start()
        run()
        adopt()
        self._made.keep()


def arrange(
    disks: Sequence[Disk], place: Place, files: Files, made: NewDisks, undone: ExitStack
) -> None:
    """Make the disks that are to be copied; `undone` removes them again.

    Raises MigrationError also for a disk that is not to be copied, and is not the source's own.
    """
    undone.callback(made.remove)
    for number, disk in enumerate(disks):
        if place.copies:
            made.make(disk, _size(number, disk, place.said))
        elif files.identity(disk) != (place.said.get(DISK_FILE.format(number)) or None):
            raise MigrationError(
                f"disk {disk.path!r} is not the same file on both hosts: share it, or ask for"
                " copy_storage"
            )


def _size(number: int, disk: Disk, said: Any) -> int:
    size = said.get(DISK_BYTES.format(number))
    if type(size) is not int or size < 0:
        raise MigrationError(f"the source does not say how large the disk {disk.path!r} is")
    return size
