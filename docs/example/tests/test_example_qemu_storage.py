"""Disks of QEMU guests: shared or copied, and what may happen to them on the way.

The firmware writes its ticks to the first sector as it goes, so a copy is of a disk that changes.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hypervisor
from conformance.by_hand import ByHand
from conformance.proofs import says
from example_helpers import eventually
from hypervisor import Domain, Event, MemoryJournal, MigrationError, Options, Outcome
from hypervisor.description import Disk, GuestDescription
from hypervisor.drivers.disks import NewDisks
from hypervisor.drivers.qemu.images import Images
from hypervisor.migration import ways
from hypervisor.migration.backend import Place
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.leftovers import Leftovers
from hypervisor.migration.peer import LocalPeer
from hypervisor.values import MigrateFlag
from remote_hosts import served
from test_example_qemu_live import amid
from test_example_qemu_migration import (
    Coordinator,
    Faulty,
    Pair,
    amid_finish,
    assert_goes_on_at_source,
    at,
    expected,
    machine,
    there,
)
from test_example_shell import hv, said

SIZE = 4 * 1024 * 1024
LIVE, PAUSED = Options(live=True, copy_storage=True), Options(copy_storage=True)
NAME = "web"


class Disks:
    """A guest with a disk in a folder, and where the disk is to be on the other host."""

    def __init__(self, pair: Pair, folder: Path, format: str = "raw") -> None:
        self.pair, self.format = pair, format
        self.here, self.new = folder / f"here.{format}", folder / f"new.{format}"
        made = NewDisks(Images(), Leftovers(), NAME)
        made.make(Disk(str(self.here), format), SIZE)
        made.keep()
        if format == "raw":
            with self.here.open("r+b") as stream:
                stream.seek(4096)
                stream.write(os.urandom(SIZE // 4))
        self.domain = hypervisor.domain_define(pair[0], self.described(self.here))
        hypervisor.domain_create(self.domain)
        self.grows(pair[0])
        self.life = machine(pair[0]).life()
        self.seen = machine(pair[0]).ticks()

    def described(self, path: Path) -> str:
        return f'<guest><name>web</name><disk format="{self.format}">{path}</disk></guest>'

    def move(self, options: Options, path: Path | None = None, **more: Any) -> Domain:
        """Migrate; the disk is to be at `path`."""
        told = self.described(path or self.new)
        given = {**vars(options), "description": told}
        return hypervisor.domain_migrate(self.domain, self.pair[1], Options(**given), **more)

    def grows(self, connection: hypervisor.Connection) -> None:
        """Wait until the guest on a host has written to its disk, after now."""
        guest = machine(connection)
        before = guest.execute("query-blockstats")[0]["stats"]["wr_operations"]
        stats = "query-blockstats"
        eventually(
            lambda: guest.execute(stats)[0]["stats"]["wr_operations"] > before, "it writes its disk"
        )

    def stays(self) -> None:
        """Check that the guest is where it was with its disk, and nothing is left elsewhere."""
        assert_goes_on_at_source(self.pair, self.life, self.seen)
        self.grows(self.pair[0])
        assert machine(self.pair[0]).execute("query-jobs") == []
        nodes = machine(self.pair[0]).execute("query-named-block-nodes", flat=True)
        assert [node["node-name"] for node in nodes if node["node-name"].startswith("copy")] == []
        assert not self.new.exists()
        for host in self.pair:
            assert list(host.private_data.launcher.folder.glob("nbd-*")) == []  # type: ignore


@pytest.fixture
def disks(qemu_pair: Pair, tmp_path: Path) -> Disks:
    """Give a guest that writes to its disk, which is raw."""
    return Disks(qemu_pair, tmp_path)


@pytest.mark.parametrize(("how", "format"), [(LIVE, "raw"), (PAUSED, "raw"), (LIVE, "qcow2")])
def test_a_guest_moves_with_a_copy_of_its_disk(
    qemu_pair: Pair, tmp_path: Path, how: Options, format: str
) -> None:
    disks = Disks(qemu_pair, tmp_path, format)
    at_switch: list[object] = []

    def compare() -> None:
        # They ended before the last of the memory went, and not by chance soon after.
        assert machine(qemu_pair[0]).execute("query-jobs") == []
        at_switch.append((disks.here.read_bytes(), disks.new.read_bytes()))

    amid_finish(qemu_pair[1], compare)
    told: list[Event] = []
    hypervisor.connect_add_migration_listener(qemu_pair[0], told.append)
    moved = disks.move(how)
    assert there(qemu_pair[0]) == "shutoff"
    (before, after) = at_switch[0]  # type: ignore[misc]
    if format == "raw":
        assert before == after
    disks.grows(qemu_pair[1])
    assert machine(qemu_pair[1]).life() == disks.life
    assert f">{disks.new}</disk>" in hypervisor.domain_dump_description(moved)
    hypervisor.domain_destroy(moved)
    if format == "raw":
        new, ticks = disks.new.read_bytes(), int.from_bytes(before[:8], "little")
        assert (new[8:16].hex(), new[4096:]) == (disks.life, before[4096:])
        assert int.from_bytes(new[:8], "little") > ticks > 0
        assert disks.here.read_bytes() == before, "its source wrote no more"
    storage = [event for event in told if event.kind == "migration-storage"]
    assert len(storage) == 1 and dict(storage[0].said)["sent"] >= SIZE
    job = hypervisor.domain_get_job(disks.domain)
    assert job.state == "moved" and (format == "qcow2" or job.sent > SIZE)


def test_a_disk_that_both_hosts_have_is_not_copied(disks: Disks) -> None:
    moved = disks.move(Options(live=True), disks.here)
    disks.grows(disks.pair[1])
    assert machine(disks.pair[1]).life() == disks.life
    back = Options(live=True)
    hypervisor.domain_migrate(moved, disks.pair[0], back)
    disks.grows(disks.pair[0])


def test_one_that_they_do_not_both_have_is_refused(disks: Disks) -> None:
    for path in (disks.new, disks.here.with_name("other")):
        if path != disks.new:
            path.write_bytes(bytes(SIZE))
        with pytest.raises(MigrationError, match="is not the same file on both hosts: share it"):
            disks.move(Options(live=True), path)
    disks.stays()


def test_no_file_is_overwritten(disks: Disks) -> None:
    other = disks.here.with_name("other")
    other.write_bytes(b"another guest's")
    for path in (other, disks.here):
        with pytest.raises(
            MigrationError, match=r"copy_storage: .* already exists on the destination"
        ):
            disks.move(LIVE, path)
    assert other.read_bytes() == b"another guest's"
    disks.stays()


def kill_destination(disks: Disks) -> None:
    """Kill the QEMU that expects the guest."""
    os.kill(expected(disks.pair[1]).pid, signal.SIGKILL)


def abort(disks: Disks) -> None:
    """Cancel."""
    hypervisor.domain_abort_job(disks.domain)


def fail(disks: Disks) -> None:
    """Raise what no step expects."""
    raise ValueError("it failed")


def cut(disks: Disks) -> None:
    """Let the copy fail while the destination lives."""
    expected(disks.pair[1]).execute("nbd-server-stop")


def at_finish(disks: Disks) -> None:
    """Kill the QEMU that has all of the guest, just before it is to be started."""
    at(disks.pair[1], "finish", lambda: kill_destination(disks))


@pytest.mark.parametrize(
    ("moment", "act"),
    [
        *(("storage", act) for act in (kill_destination, abort)),
        *(("switch-over", act) for act in (kill_destination, abort, fail, cut, at_finish)),
    ],
)
def test_what_fails_leaves_the_source_its_disk(
    disks: Disks, moment: str, act: Callable[[Disks], None]
) -> None:
    amid(disks.pair, moment, lambda: act(disks))
    with pytest.raises(MigrationError):
        disks.move(LIVE)
    disks.stays()
    if act is cut:
        disks.move(LIVE)  # nothing of the first try is in the way
        assert machine(disks.pair[1]).life() == disks.life


@pytest.mark.parametrize("moment", ["storage", "switch-over"])
def test_a_destination_that_hangs_while_it_is_copied_is_given_up(
    disks: Disks, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypervisor.drivers.qemu.machine.ANSWER_SECONDS", 1.0)
    monkeypatch.setattr("hypervisor.drivers.qemu.storage.STUCK_SECONDS", 0.5)
    amid(disks.pair, moment, lambda: os.kill(expected(disks.pair[1]).pid, signal.SIGSTOP))
    begun = time.monotonic()
    with pytest.raises(MigrationError, match="the source has the guest"):
        disks.move(LIVE)
    assert time.monotonic() - begun < 15
    disks.stays()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_coordinator_that_died_in_perform_is_replaced(disks: Disks, before: bool) -> None:
    def die() -> None:
        raise Coordinator

    source, destination = (Faulty(host, "perform", before, die) for host in disks.pair)
    told = {**vars(LIVE), "description": disks.described(disks.new)}
    journal = MemoryJournal()
    with pytest.raises(Coordinator):
        Migration(source, destination, NAME, Options(**told), journal).run()
    result = hypervisor.migration_recover(journal.taken_over(), *disks.pair)
    assert result.outcome is Outcome.STAYED
    disks.stays()


@pytest.mark.parametrize("how", [LIVE, PAUSED])
def test_a_source_that_is_fenced_says_nothing_and_its_guest_comes_with_its_disk(
    disks: Disks, how: Options
) -> None:
    def die() -> None:
        raise Coordinator

    source, destination = (Faulty(host, "perform", False, die) for host in disks.pair)
    told = {**vars(how), "description": disks.described(disks.new)}
    journal = MemoryJournal()
    with pytest.raises(Coordinator):
        Migration(source, destination, NAME, Options(**told), journal).run()
    hypervisor.connect_close(disks.pair[0])
    result = hypervisor.migration_recover(journal.taken_over(), *disks.pair)
    assert result.outcome is Outcome.MOVED
    disks.grows(disks.pair[1])
    assert machine(disks.pair[1]).life() == disks.life
    assert disks.new.read_bytes()[4096:] == disks.here.read_bytes()[4096:]


def test_one_that_dies_before_its_disk_is_whole_leaves_nothing_there(disks: Disks) -> None:
    def die() -> None:
        os.kill(machine(disks.pair[0]).pid, signal.SIGKILL)
        raise Coordinator

    amid(disks.pair, "switch-over", die)
    told = {**vars(LIVE), "description": disks.described(disks.new)}
    journal = MemoryJournal()
    source, destination = (LocalPeer(host) for host in disks.pair)
    with pytest.raises(Coordinator):
        Migration(source, destination, NAME, Options(**told), journal).run()
    hypervisor.connect_close(disks.pair[0])
    result = hypervisor.migration_recover(journal.taken_over(), *disks.pair)
    assert result.outcome is Outcome.DIED
    assert not disks.new.exists() and disks.here.exists()


def test_a_destination_wants_to_hear_that_all_disks_were_copied(disks: Disks) -> None:
    by_hand = ByHand(disks.pair)
    flags = int(MigrateFlag.NON_SHARED_DISK)
    told = disks.described(disks.new)
    described, offer = by_hand.call(0, "begin3", NAME, told, flags, None, 0)
    ready, uri = by_hand.call(1, "prepare3", offer, None, flags, None, 0, described)
    by_hand.call(0, "perform3", NAME, None, ready, None, uri, flags, None, 0)
    found = hypervisor.migration.host.of(disks.pair[0]).open_jobs()[0]
    assert found.lease is not None and found.outgoing is not None
    sent = says(
        by_hand,
        "perform",
        digest=machine(disks.pair[0]).digest(),
        lease=found.lease.id,
        generation=found.lease.generation,
    )
    name, proof = by_hand.call(1, "finish3", NAME, sent, None, uri, flags, False)
    assert name is None
    by_hand.call(0, "confirm3", NAME, proof, flags, True)
    disks.stays()


def test_a_copy_is_asked_for_in_the_shell_over_remote_connections(
    qemu_pair: Pair, tmp_path: Path
) -> None:
    here, new, xml = tmp_path / "here", tmp_path / "new", tmp_path / "xml"
    text = "<guest><name>web</name><disk>{}</disk></guest>"
    here.write_bytes(bytes(SIZE))
    xml.write_text(text.format(new))
    with served("qemu:///") as source, served("qemu:///") as destination:
        said(source, "define", "-", given=text.format(here))
        said(source, "start", "web")
        way = ("migrate", "web", destination.uri, "--live", "--xml", str(xml))
        assert "is not the same file on both hosts" in hv(source, *way).stderr
        assert f"migrated to {destination.uri}" in said(source, *way, "--p2p", "--copy-storage-all")
        assert f">{new}</disk>" in said(destination, "dumpxml", "web")
        eventually(lambda: any(new.read_bytes()[:8]), "the guest writes to its new disk")


@pytest.mark.parametrize("uri", ["memory:///", "process:///"])
def test_other_drivers_refuse_disks_by_name(uri: str) -> None:
    pair = hypervisor.connect_open(uri), hypervisor.connect_open(uri)
    try:
        with pytest.raises(hypervisor.DescriptionError, match="this driver has no disks"):
            hypervisor.domain_define(pair[0], "<guest><name>web</name><disk>/a</disk></guest>")
        domain = hypervisor.domain_define(pair[0], "<guest><name>web</name></guest>")
        hypervisor.domain_create(domain)
        with pytest.raises(hypervisor.OptionError, match="option copy_storage: driver"):
            hypervisor.domain_migrate(domain, pair[1], PAUSED)
        with pytest.raises(hypervisor.OptionError, match="cannot be combined with tunnelled"):
            Options(copy_storage=True, tunnelled=True)
        wanted = GuestDescription(NAME, disks=(Disk("/a"),))
        with pytest.raises(MigrationError, match="cannot take guest 'web' with its disks"):
            ways.arriving(pair[1].private_data.migrations, wanted, Place(None, None, 0, False, {}))
    finally:
        for connection in pair:
            hypervisor.connect_close(connection)
