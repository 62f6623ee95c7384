"""QEMU guests that are split by post-copy: what goes on, what is taken back, and what is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

import hypervisor
from example_helpers import await_ticks, eventually, state_of, ticks
from hypervisor import MigrationError, Options
from hypervisor.drivers.process import os_state
from hypervisor.drivers.process.os_state import OsState
from hypervisor.drivers.qemu.migration import QemuIncoming
from hypervisor.migration import host as hosts
from test_example_qemu_live import RATE, amid
from test_example_qemu_migration import (
    GUEST,
    Pair,
    assert_goes_on_at_source,
    at,
    await_sending,
    counting,
    expected,
    host,
    in_background,
    machine,
    there,
)

#: Split as soon as possible, and its memory comes at RATE.
SPLIT = Options(live=True, postcopy=True, bandwidth=1, iterations=1, postcopy_bandwidth=1)


@pytest.fixture
def split_pair(qemu_pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Give two hosts whose QEMU can do it, and let a limit of bandwidth be RATE."""
    machine = host(qemu_pair[1]).launcher.start_paused(incoming=True)
    try:
        machine.use_connections(0, postcopy=True)
    except hypervisor.GuestError as error:
        pytest.skip(f"no post-copy here: {error}")
    finally:
        machine.kill()
    monkeypatch.setattr("hypervisor.drivers.qemu.migration.MIB", RATE)
    # The first round is not waited for: it would fit.
    monkeypatch.setattr("hypervisor.migration.live.Manner.must_split", lambda self, number: True)
    return qemu_pair


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a QEMU that does not answer no longer than a second."""
    monkeypatch.setattr("hypervisor.drivers.qemu.machine.ANSWER_SECONDS", 1.0)


def when_it_has_gone_on(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something on the destination when the guest runs there, and a part of it is elsewhere."""
    start = QemuIncoming.start

    def wrapped(self: QemuIncoming) -> None:
        start(self)
        act()

    monkeypatch.setattr(QemuIncoming, "start", wrapped)


def status(machine: object) -> str:
    """Ask a QEMU how its migration stands; "" when its guest, which waits, keeps it from that."""
    with contextlib.suppress(hypervisor.GuestTimeoutError):
        return str(machine._query_migrate())  # type: ignore[attr-defined]
    return ""


def test_the_counter_goes_on_there_while_its_memory_still_comes(
    split_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination = split_pair
    domain = counting(source)
    life = machine(source).life()
    found: list[object] = []

    def look() -> None:
        sender, arriving = machine(source), expected(destination)
        found.extend([sender.query_status(), status(sender), status(arriving)])
        found.extend([there(source), there(destination), sender.ticks()])
        eventually(lambda: arriving.query_status() == "running", "it runs")
        with pytest.raises(hypervisor.InvalidStateError, match="it is too late"):
            hypervisor.domain_abort_job(domain)

    when_it_has_gone_on(monkeypatch, look)
    moved = hypervisor.domain_migrate(domain, destination, SPLIT)
    at_switch = found.pop()
    assert found == [
        *("finish-migrate", "postcopy-active", "postcopy-active"),
        *("paused", None),
    ]
    assert isinstance(at_switch, int)
    assert (state_of(domain), state_of(moved)) == ("shutoff", "running")
    await_ticks(moved, at_switch)
    assert machine(destination).life() == life
    job = hypervisor.domain_get_job(domain)
    assert 0 < job.downtime < 1000


def test_it_can_go_on_to_other_hosts_and_back(split_pair: Pair) -> None:
    source, destination = split_pair
    domain = counting(source)
    life, before = machine(source).life(), ticks(domain)
    moved = hypervisor.domain_migrate(domain, destination, SPLIT)
    back = hypervisor.domain_migrate(moved, source, SPLIT)
    again = hypervisor.domain_migrate(back, destination, Options(live=True, parallel=2))
    await_ticks(again, before)
    assert machine(destination).life() == life


def test_what_fits_is_not_split(split_pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    source, destination = split_pair
    domain = counting(source)
    digests: list[str] = []
    wait = QemuIncoming.wait

    def wrapped(self: QemuIncoming, seconds: float) -> str:
        digests.append(wait(self, seconds))
        return digests[-1]

    monkeypatch.setattr(QemuIncoming, "wait", wrapped)
    moved = hypervisor.domain_migrate(domain, destination, Options(live=True, postcopy=True))
    assert (len(digests), state_of(moved)) == (1, "running")


def test_a_paused_guest_is_sent_as_ever(split_pair: Pair) -> None:
    domain = counting(split_pair[0])
    hypervisor.domain_suspend(domain)
    before = ticks(domain)
    moved = hypervisor.domain_migrate(domain, split_pair[1], SPLIT)
    assert (state_of(moved), ticks(moved)) == ("paused", before)


def test_it_is_split_by_hand(split_pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("hypervisor.drivers.qemu.migration.MIB", RATE // 4)
    domain = counting(split_pair[0])
    ran: list[bool] = []
    when_it_has_gone_on(monkeypatch, lambda: ran.append(True))
    options = Options(live=True, postcopy=True, bandwidth=1)
    with in_background(lambda: hypervisor.domain_migrate(domain, split_pair[1], options)) as errors:
        await_sending(split_pair[0])
        hypervisor.domain_migrate_start_post_copy(domain)
    assert (errors, ran, there(split_pair[1])) == ([], [True], "running")


# -- before it is split, it is as without


@pytest.mark.parametrize("what", ["round", "post-copy", "switch-over"])
def test_the_source_goes_on_when_the_destination_is_killed(split_pair: Pair, what: str) -> None:
    domain = counting(split_pair[0])
    life, seen = machine(split_pair[0]).life(), ticks(domain)
    amid(split_pair, what, lambda: os.kill(expected(split_pair[1]).pid, signal.SIGKILL))
    with pytest.raises(MigrationError, match="the source has the guest"):
        hypervisor.domain_migrate(domain, split_pair[1], SPLIT)
    assert_goes_on_at_source(split_pair, life, seen)


@pytest.mark.parametrize("what", ["round", "post-copy"])
def test_it_can_be_aborted(split_pair: Pair, what: str) -> None:
    domain = counting(split_pair[0])
    life, seen = machine(split_pair[0]).life(), ticks(domain)
    amid(split_pair, what, lambda: hypervisor.domain_abort_job(domain))
    with pytest.raises(hypervisor.MigrationCancelledError):
        hypervisor.domain_migrate(domain, split_pair[1], SPLIT)
    assert_goes_on_at_source(split_pair, life, seen)


# -- when it is split, and has not gone on yet


def test_the_source_takes_it_back_when_the_destination_is_killed(split_pair: Pair) -> None:
    """Its QEMU must not have seen that: it would keep the guest for ever."""
    domain = counting(split_pair[0])
    life, seen = machine(split_pair[0]).life(), ticks(domain)
    at(split_pair[1], "finish", lambda: os.kill(expected(split_pair[1]).pid, signal.SIGKILL))
    with pytest.raises(MigrationError, match="the source has the guest"):
        hypervisor.domain_migrate(domain, split_pair[1], SPLIT)
    assert_goes_on_at_source(split_pair, life, seen)
    hypervisor.domain_migrate(domain, split_pair[1], SPLIT)


def test_and_when_it_is_given_up(split_pair: Pair) -> None:
    domain = counting(split_pair[0])
    life, seen = machine(split_pair[0]).life(), ticks(domain)
    migration = hypervisor.domain_migration(domain, split_pair[1], SPLIT)

    def listener(event: hypervisor.Event) -> None:
        if event.kind == "migration-perform":
            assert migration.cancel()

    hypervisor.connect_add_migration_listener(split_pair[0], listener)
    with pytest.raises(hypervisor.MigrationCancelledError):
        migration.run()
    assert_goes_on_at_source(split_pair, life, seen)


def test_a_guest_whose_source_is_killed_then_is_gone_on_both_sides(
    split_pair: Pair, impatient: None
) -> None:
    source, destination = split_pair
    domain = counting(source)
    waiting: list[int] = []
    hosts.of(destination).whole_seconds = 0.5

    def kill() -> None:
        waiting.append(expected(destination).pid)
        os.kill(machine(source).pid, signal.SIGKILL)

    at(destination, "finish", kill)
    with pytest.raises(MigrationError):
        hypervisor.domain_migrate(domain, destination, SPLIT)
    assert (there(source), there(destination)) == ("crashed", None)
    assert os_state.read(waiting[0]) is OsState.GONE
    assert [one.migrations.open_jobs() for one in map(host, split_pair)] == [[], []]


# -- when it has gone on


def lost(pair: Pair, domain: hypervisor.Domain) -> None:
    """Check that it is lost, which is said, and that nothing of it is left."""
    with pytest.raises(MigrationError, match="is lost: post-copy had begun"):
        hypervisor.domain_migrate(domain, pair[1], SPLIT)
    assert "running" not in (there(pair[0]), there(pair[1]))
    assert [one.migrations.open_jobs() for one in map(host, pair)] == [[], []]
    assert [one.migrations.locks.held(GUEST) for one in map(host, pair)] == [None, None]
    hypervisor.domain_create(domain)  # nothing is in the way of a new one


def test_it_is_lost_when_its_destination_is_killed(
    split_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = counting(split_pair[0])
    when_it_has_gone_on(monkeypatch, lambda: os.kill(expected(split_pair[1]).pid, signal.SIGKILL))
    lost(split_pair, domain)


def test_it_is_lost_when_its_source_is_killed(
    split_pair: Pair, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = counting(split_pair[0])
    hosts.of(split_pair[1]).whole_seconds = 0.5
    when_it_has_gone_on(monkeypatch, lambda: os.kill(machine(split_pair[0]).pid, signal.SIGKILL))
    lost(split_pair, domain)


def cut(pair: Pair) -> None:
    """Break the connection on its way."""
    (job,) = host(pair[0]).migrations.open_jobs()
    job.outgoing._relay._far.shutdown(socket.SHUT_RDWR)


def await_split(connection: hypervisor.Connection) -> None:
    """Wait until the destination has what it takes to go on: before that, it ends."""
    arriving = expected(connection)
    eventually(lambda: arriving.query_status() == "paused", "it could go on")


@pytest.mark.parametrize("when", ["before it goes on", "then"])
def test_a_connection_that_breaks_is_mended(
    split_pair: Pair, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    source, destination = split_pair
    domain = counting(source)
    life, before = machine(source).life(), ticks(domain)
    seen: list[str] = []

    def break_it() -> None:
        cut(split_pair)
        arriving = expected(destination)
        eventually(lambda: status(arriving) in ("postcopy-paused", ""), "its connection is broken")
        seen.append(status(machine(source)))

    if when == "then":
        when_it_has_gone_on(monkeypatch, break_it)
    else:
        at(destination, "finish", lambda: (await_split(destination), break_it()))
    moved = hypervisor.domain_migrate(domain, destination, SPLIT)
    assert seen == ["postcopy-active"]  # it does not know, and so could be taken back
    await_ticks(moved, before)
    assert (machine(destination).life(), state_of(domain)) == (life, "shutoff")


def test_a_connection_that_breaks_before_it_is_taken_back(split_pair: Pair) -> None:
    domain = counting(split_pair[0])
    life, seen = machine(split_pair[0]).life(), ticks(domain)
    migration = hypervisor.domain_migration(domain, split_pair[1], SPLIT)

    def listener(event: hypervisor.Event) -> None:
        if event.kind == "migration-perform":
            cut(split_pair)
            migration.cancel()

    hypervisor.connect_add_migration_listener(split_pair[0], listener)
    with pytest.raises(hypervisor.MigrationCancelledError):
        migration.run()
    assert_goes_on_at_source(split_pair, life, seen)


@pytest.mark.parametrize("what", ["goes on", "taken back"])
def test_its_disk_goes_along(split_pair: Pair, tmp_path: Path, what: str) -> None:
    """Each QEMU holds the disk that both have only while its guest may run."""
    source, destination = split_pair
    disk = tmp_path / "web.img"
    disk.write_bytes(bytes(2**20))
    described = f"<guest><name>{GUEST}</name><disk>{disk}</disk></guest>"
    domain = hypervisor.domain_define(source, described)
    hypervisor.domain_create(domain)
    await_ticks(domain, 5)
    if what == "taken back":
        at(destination, "finish", lambda: os.kill(expected(destination).pid, signal.SIGKILL))
        with pytest.raises(MigrationError, match="the source has the guest"):
            hypervisor.domain_migrate(domain, destination, SPLIT)
        await_ticks(domain, ticks(domain))
    before = disk.read_bytes()
    moved = hypervisor.domain_migrate(domain, destination, SPLIT)
    await_ticks(moved, ticks(moved) + 20)
    eventually(lambda: disk.read_bytes() != before, "it writes to its disk")
