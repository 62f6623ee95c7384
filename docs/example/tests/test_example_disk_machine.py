"""Sequences of migrations whose guest has a disk that is copied, as Hypothesis finds them.

What must hold besides what holds without a disk: who runs finds on its disk what it wrote, nobody
else writes to it, no disk on which a guest ran is changed or removed by anybody, and no other stays
but for a guest that is still expected, or is named.
"""

from __future__ import annotations

import os
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

import hypervisor
from conformance.by_hand import GUEST
from example_helpers import LENGTH
from faults.disks import CELL, File, Shelf, install
from faults.model import STORAGE_STEPS, Moment
from hypervisor import Options
from hypervisor.values import DomainState
from test_example_migration_machine import AMID, FAULT, HOSTS, Machine, Peer

Key = tuple[int, str]
MOMENTS = tuple(
    f"{when} {step}"
    for step in STORAGE_STEPS
    for when in ("before", "after")
    if step != "told whole"
)
KINDS = tuple(kind for kind in AMID if kind != "limits")


class DiskMachine(Machine):
    """The same with a disk.

    Attributes:
        shelves: the disks of each host, through all its lives.
        written: what the guest that ran from a disk left there.
        origin: of which disk a new one is the copy.
        named: disks of which a host said that they are left.
    """

    def __init__(self) -> None:
        self.shelves = {number: Shelf() for number in HOSTS}
        self.written: dict[Key, bytes] = {}
        self.origin: dict[Key, Key] = {}
        self.named: set[Key] = set()
        self.wrong: list[str] = []
        self.paths = 0
        super().__init__()

    @rule(
        step=st.integers(1, 2),
        fault=FAULT,
        on_source=st.booleans(),
        amid=st.tuples(st.sampled_from(MOMENTS), st.sampled_from(KINDS)),
    )
    def migrate_amid_copying(
        self, step: int, fault: tuple[int, str] | None, on_source: bool, amid: tuple[str, str]
    ) -> None:
        """Let something happen while the disk is copied."""
        self._migrate(step, fault, on_source, amid)

    @rule()
    def write(self) -> None:
        """Let the guest write."""
        self.look()

    @invariant()
    def disks_are_whole(self) -> None:
        """Each is as its guest left it."""
        self.look()
        assert self.wrong == []

    @invariant()
    def nothing_is_left(self) -> None:
        """No file stays but for a guest that ran from it, is expected, or is named."""
        for number, shelf in self.shelves.items():
            peer = self.peers[number]
            expected = any(job.incoming for job in self._host(peer).migrations.open_jobs())
            for path in shelf.files:
                known = (number, path) in self.written or (number, path) in self.named
                assert known or expected, f"{path} is left on {number}"

    def look(self) -> None:
        """See what the guest has and who writes, and let it write more."""
        for (number, path), data in self.written.items():
            file = self.shelves[number].files.get(path)
            if file is None or bytes(file.data) != data:
                self.wrong.append(f"{path} on {number} is not as its guest left it")
        for number, peer in enumerate(self.peers):
            if self._state(peer) is not DomainState.RUNNING:
                continue
            (disk,) = self._host(peer).guests[GUEST].description.disks
            key, file = (number, disk.path), self.shelves[number].files.get(disk.path)
            if file is None or file.served:
                self.wrong.append(f"{disk.path} on {number} is gone, or two write to it")
                continue
            if key not in self.written and bytes(file.data) != self.written[self.origin[key]]:
                self.wrong.append(f"{disk.path} on {number} is running, and not what was sent")
            file.data[:CELL] = os.urandom(CELL)
            self.written[key] = bytes(file.data)

    def _start(self, peer: Peer) -> None:
        self.shelves[0].files["/web-0"] = File(bytearray(4 * CELL))
        self.written[0, "/web-0"] = bytes(4 * CELL)
        domain = hypervisor.domain_define(peer.connection, _described("/web-0"))
        hypervisor.domain_create(domain)

    def _options(self, live: bool, source: Peer, destination: Peer) -> Options:
        here, there = self.peers.index(source), self.peers.index(destination)
        guest = self._host(source).guests.get(GUEST)
        old = guest.description.disks[0].path if guest is not None else "/web-0"
        self.paths += 1
        # Now and then at one that may be there already, and then must not be touched.
        path = f"/web-{self.paths}" if self.paths % 3 else old
        if path not in self.shelves[there].files:
            self.origin[there, path] = (here, old)
        return Options(live=live, copy_storage=True, description=_described(path))

    def _new(self, number: int) -> Peer:
        peer = super()._new(number)
        shelf = self.shelves[number]
        self.named |= {(number, path) for path in install(self._host(peer), shelf)}
        shelf.see = partial(self._see, peer)
        return peer

    def die(self, number: int) -> None:
        """End a host: its disks stay."""
        self.look()
        self.shelves[number].die()
        super().die(number)

    def _see(self, peer: Peer, step: str, moment: Moment) -> None:
        self.look()
        if self.amid is not None:
            self.amid.see(f"{moment.value.split()[0]} {step}", peer)


def _described(path: str) -> str:
    return f"<guest><name>{GUEST}</name><disk>{path}</disk></guest>"


TestDisks = DiskMachine.TestCase
TestDisks.settings = settings(max_examples=25 * LENGTH, stateful_step_count=30, deadline=None)
