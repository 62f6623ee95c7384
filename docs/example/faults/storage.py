"""The faults made while the disk of a guest is copied, on two `memory` hosts with disks as values.

Looked at after every call, besides what `memory` looks at: who runs has its own disk, as it was
last written; nobody else writes to it; the source's is changed by its guest alone. In the end a new
disk is its guest's, or is gone once its host lives again, or is named.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import hypervisor
from hypervisor.drivers.disks import COPIED
from hypervisor.drivers.memory.host import MemoryHost

from . import memory, model
from .disks import CELL, DiskOutgoing, File, Shelf, install
from .inner import InnerWorld
from .model import GUEST, SIDES, Case, Fault, Moment, Outcome, Run, Side, moment_of

PATH = "/web.disk"
SIZE = 4 * CELL


class DiskWorld(InnerWorld):
    """Two hosts, and a guest with a disk that runs on the source and writes.

    Attributes:
        shelves: the disks of each machine.
        written: what the guest has on its disk on either side, once it has run there.
    """

    def __post_init__(self) -> None:
        """Start the guest."""
        self.shelves: dict[Side, Shelf] = {side: Shelf() for side in SIDES}
        first = os.urandom(SIZE)
        self.shelves["source"].files[PATH] = File(bytearray(first))
        self.written: dict[Side, bytes] = {"source": first}
        self._checking = threading.RLock()
        super().__post_init__()
        for side in SIDES:
            self.shelves[side].see = partial(self._see, side)

    @property
    def described(self) -> str:
        """What the guest is."""
        return f"<guest><name>{GUEST}</name><disk>{PATH}</disk></guest>"

    def opened(self, side: Side) -> hypervisor.Connection:
        """Open a host that has disks."""
        connection = super().opened(side)
        host = connection.private_data
        assert isinstance(host, MemoryHost)
        install(host, self.shelves[side])
        return connection

    def kill(self, side: Side) -> None:
        """Let a host die: its disks stay as they are."""
        self.shelves[side].die()
        super().kill(side)

    def check(self) -> None:
        """Look at the disks too, and let the guest write."""
        with self._checking:
            super().check()
            for side in SIDES:
                self._check_disk(side)

    def _check_disk(self, side: Side) -> None:
        file = self.shelves[side].files.get(PATH)
        runs = side in self.running()
        if file is None:
            if runs or side == "source":
                self.broken.append(f"the disk on the {side} is gone")
            return
        # What it wrote before it was sent is what it must find.
        wanted = self.written.get(side, self.written["source"])
        if (runs or side == "source") and bytes(file.data) != wanted:
            self.broken.append(f"the disk on the {side} is not as its guest left it")
        if not runs:
            return
        if file.served:
            self.broken.append(f"two write to the disk on the {side}")
        file.data[:CELL] = os.urandom(CELL)
        self.written[side] = bytes(file.data)

    def look_for_rest(self, outcome: Outcome) -> None:
        """Note a new disk that nobody has, and nobody names, in the end."""
        shelf, named = self.shelves["destination"], list[str]()
        if "destination" in self.dead:
            # What had moved before is the guest's own.
            named = [PATH] if outcome is Outcome.DIED else []
            named += install(_again(), shelf)
        elif "destination" in self.running() or self.is_open("destination"):
            named = [PATH]
        if "destination" in self.written and PATH not in shelf.files:
            self.broken.append("the disk of the guest is gone")
        if PATH in shelf.files and PATH not in named:
            self.broken.append("a new disk is left that nobody has")

    def _see(self, side: Side, step: str, moment: Moment) -> None:
        self.check()
        case = self.case
        if step != case.step or self.struck:
            return
        if step == "told whole":
            self.struck = True
            (job,) = self.host("source").migrations.open_jobs()
            assert isinstance(job.outgoing, DiskOutgoing)
            job.outgoing.forges = _without if case.fault is Fault.COOKIE_MISSING else _less
        elif moment is moment_of(case):
            self.struck = True
            self._strike(side)


def _again() -> MemoryHost:
    """Begin the next life of a host."""
    host = hypervisor.connect_open("memory:///again").private_data
    assert isinstance(host, MemoryHost)
    return host


def _without(said: dict[str, str | int | bool]) -> None:
    del said[COPIED]


def _less(said: dict[str, str | int | bool]) -> None:
    said[COPIED] = 0


def cases() -> Iterator[Case]:
    """Give every case of a guest whose disk is copied: sent live, and, directly only, paused."""
    yield from model.cases(model.STORAGE_PROTOCOLS, disks=True)
    yield from model.cases(model.STORAGE_PROTOCOLS[:1], peer_to_peer=True, disks=True)


def run(case: Case) -> Run:
    """Run one case."""
    world = DiskWorld(case)
    found = memory.run_in(world)
    world.look_for_rest(found.outcome)
    return replace(found, broken=tuple(world.broken))


def run_all() -> dict[Case, Run]:
    """Run every case."""
    return {case: run(case) for case in cases()}
