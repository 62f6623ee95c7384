"""Guests of the `qemu` driver on their way: what is killed, stopped, damaged or cancelled there."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hypervisor
from conformance.by_hand import ByHand
from example_helpers import await_ticks, eventually, started, state_of, ticks
from hypervisor import Connection, Domain, FileJournal, MemoryJournal, Options, Outcome
from hypervisor.drivers.process import os_state
from hypervisor.drivers.process.os_state import OsState
from hypervisor.migration import host as hosts
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.lease import Lease, LeaseJournal
from hypervisor.migration.peer import PREFIX, LocalPeer

EXAMPLE = Path(__file__).resolve().parent.parent
GUEST = "web"
STEPS = ("begin", "prepare", "perform", "finish", "confirm")
# A whole guest is some 180 KB on its way: at this rate it takes seconds.
SLOW = 8 * 1024

Pair = tuple[Connection, Connection]


def host(connection: Connection) -> Any:
    """Give what the driver keeps for a connection."""
    return connection.private_data


def machine(connection: Connection) -> Any:
    """Give the QEMU of the guest on a host."""
    return host(connection).guests[GUEST].process


def expected(connection: Connection) -> Any:
    """Give the QEMU of the guest that is expected on a host."""
    (job,) = host(connection).migrations.open_jobs()
    return job.incoming.machine


def at(connection: Connection, step: str, act: Callable[[], object]) -> None:
    """Do something just before a step takes effect on a host, once."""
    left = [act]

    def hook(event: hypervisor.Event) -> None:
        if event.kind == f"migration-{step}" and left:
            left.pop()()

    hypervisor.connect_add_migration_hook(connection, hook)


def amid_finish(connection: Connection, act: Callable[[], object]) -> None:
    """Do something on the destination when all has come and the guest is about to be started."""

    def observe(what: str, lease: Lease) -> None:
        if what == "held":
            act()

    host(connection).migrations.locks = LeaseJournal(observer=observe)


def there(connection: Connection) -> str | None:
    """Tell the state of the guest on a host; None where it is not known."""
    try:
        return state_of(hypervisor.domain_lookup(connection, GUEST))
    except hypervisor.NoDomainError:
        return None


def counting(connection: Connection) -> Domain:
    """Start a guest and let it count a little."""
    domain = started(connection)
    await_ticks(domain, 5)
    return domain


@contextlib.contextmanager
def in_background(work: Callable[[], object]) -> Iterator[list[BaseException]]:
    """Do something in a thread, and wait for its end; gives the errors it ended with."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except hypervisor.HypervisorError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield errors
    finally:
        thread.join(60)
        assert not thread.is_alive()


def await_sending(connection: Connection) -> None:
    """Wait until a QEMU has begun to send its guest."""
    sender = machine(connection)
    eventually(lambda: sender._query_migrate() == "active", "it is being sent")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Options:
    """Give the options of a migration that is still at work when a test looks at it."""
    monkeypatch.setattr("hypervisor.drivers.qemu.migration.MIB", SLOW)
    return Options(bandwidth=1)


def assert_goes_on_at_source(pair: Pair, life: str, least: int) -> None:
    """Check that it is the same guest that goes on, that it holds its lease, and is alone."""
    source, destination = pair
    assert (there(source), there(destination)) == ("running", None)
    assert machine(source).life() == life
    await_ticks(hypervisor.domain_lookup(source, GUEST), least)
    assert host(source).migrations.locks.held(GUEST) is not None
    assert host(destination).migrations.locks.held(GUEST) is None
    assert [h.migrations.open_jobs() for h in map(host, pair)] == [[], []]


# -- the guest is the same on the other side


def test_the_counter_goes_on_from_where_it_was(qemu_pair: Pair) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life = machine(source).life()
    switch: list[object] = []

    def compare() -> None:
        here = machine(source), expected(destination)
        switch.extend((one.ticks(), one.life()) for one in (*here, *here))

    amid_finish(destination, compare)
    moved = hypervisor.domain_migrate(domain, destination)
    # Four readings, two of each side, one value: both stood still and hold the same.
    assert len(switch) == 4 and set(switch) == {(switch[0][0], life)}  # type: ignore[index]
    at_switch = switch[0][0]  # type: ignore[index]
    assert at_switch > 5
    await_ticks(moved, at_switch)
    assert machine(destination).life() == life
    assert state_of(domain) == "shutoff"


def test_each_start_is_a_life_of_its_own(qemu_pair: Pair) -> None:
    domain = started(qemu_pair[0])
    first = machine(qemu_pair[0]).life()
    assert int(first, 16) != 0
    hypervisor.domain_reset(domain)
    assert machine(qemu_pair[0]).life() != first


def test_a_paused_guest_stays_paused_and_counts_no_tick_on_its_way(qemu_pair: Pair) -> None:
    domain = counting(qemu_pair[0])
    hypervisor.domain_suspend(domain)
    before = ticks(domain)
    moved = hypervisor.domain_migrate(domain, qemu_pair[1])
    assert (state_of(moved), ticks(moved)) == ("paused", before)
    hypervisor.domain_resume(moved)
    await_ticks(moved, before)


def test_a_paused_guest_that_stayed_after_it_was_sent_can_be_sent_again(qemu_pair: Pair) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    hypervisor.domain_suspend(domain)
    before = ticks(domain)
    at(destination, "finish", lambda: expected(destination).kill())
    with pytest.raises(hypervisor.MigrationError, match="the source has the guest"):
        hypervisor.domain_migrate(domain, destination)
    assert (state_of(domain), ticks(domain)) == ("paused", before)
    moved = hypervisor.domain_migrate(domain, destination)
    assert state_of(moved) == "paused"
    assert ticks(moved) >= before


def test_from_peer_to_peer(qemu_pair: Pair) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    hypervisor.connect_publish(destination, "qemu://there/")
    assert hypervisor.domain_migrate_to_uri(domain, "qemu://there/") == GUEST
    await_ticks(hypervisor.domain_lookup(destination, GUEST), 5)
    assert state_of(domain) == "shutoff"


def test_the_demo_shows_both(qemu_pair: Pair) -> None:
    run = [sys.executable, "qemu_demo.py"]
    shown = subprocess.run(run, cwd=EXAMPLE, capture_output=True, text=True, timeout=60, check=True)
    assert shown.stderr == ""
    for part, side in zip(shown.stdout.split("\n\n"), ["destination", "source"], strict=True):
        assert tuple(re.findall(r"ms  (\w+) +cookie \d+ B in", part)) == STEPS
        paused = int(re.findall(r"perform .* postmigrate (\d+)", part)[0])
        last = part.strip().splitlines()[-1]
        found = re.search(rf"later: running at the {side} .*running (\d+)", last)
        assert found is not None, last
        assert int(found[1]) > paused > 0
    assert "kill -9" in part and "(the source has the guest;" in part


# -- kill -9, SIGSTOP, damage


@pytest.mark.parametrize("moment", ["during perform", "before finish", "during finish"])
def test_the_source_goes_on_when_the_destination_is_killed(
    qemu_pair: Pair, slow: Options, moment: str
) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life, seen = machine(source).life(), []

    def strike() -> None:
        seen.append(machine(source).ticks())
        os.kill(expected(destination).pid, signal.SIGKILL)

    if moment == "during perform":
        migrating = in_background(lambda: hypervisor.domain_migrate(domain, destination, slow))
        with migrating as errors:
            await_sending(source)
            strike()
    else:
        if moment == "before finish":
            at(destination, "finish", strike)
        else:
            amid_finish(destination, strike)
        with in_background(lambda: hypervisor.domain_migrate(domain, destination)) as errors:
            pass
    assert [type(error) for error in errors] == [hypervisor.MigrationError]
    assert "the source has the guest" in str(errors[0])
    assert_goes_on_at_source(qemu_pair, life, seen[0])
    # What was killed is not in the way of another try.
    host(destination).migrations.locks = LeaseJournal()
    assert state_of(hypervisor.domain_migrate(domain, destination)) == "running"


def test_a_guest_that_is_killed_while_it_is_sent_has_crashed(
    qemu_pair: Pair, slow: Options
) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    with in_background(lambda: hypervisor.domain_migrate(domain, destination, slow)) as errors:
        await_sending(source)
        waiting = expected(destination).pid
        os.kill(machine(source).pid, signal.SIGKILL)
    assert len(errors) == 1 and isinstance(errors[0], hypervisor.MigrationError)
    assert (there(source), there(destination)) == ("crashed", None)
    assert os_state.read(waiting) is OsState.GONE
    assert [h.migrations.locks.held(GUEST) for h in map(host, qemu_pair)] == [None, None]
    hypervisor.domain_create(domain)
    assert state_of(hypervisor.domain_migrate(domain, destination)) == "running"


@pytest.mark.parametrize("step", ["perform", "finish"])
def test_a_destination_that_hangs_is_given_up_in_time(
    qemu_pair: Pair, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life, seen = machine(source).life(), ticks(domain)
    stopped: list[int] = []

    def stop() -> None:
        monkeypatch.setattr("hypervisor.drivers.qemu.machine.ANSWER_SECONDS", 2.0)
        stopped.append(expected(destination).pid)
        os.kill(stopped[0], signal.SIGSTOP)

    at(source if step == "perform" else destination, step, stop)
    begun = time.monotonic()
    with pytest.raises(hypervisor.MigrationError, match="the source has the guest"):
        hypervisor.domain_migrate(domain, destination)
    assert time.monotonic() - begun < 10
    assert_goes_on_at_source(qemu_pair, life, seen)
    assert os_state.read(stopped[0]) is OsState.GONE


class Coordinator(BaseException):
    """The coordinator dies in the middle of what it does."""


class Faulty(LocalPeer):
    """A host as the coordinator sees it; at one step something happens to it."""

    silent = False

    def __init__(self, connection: Connection, step: str, before: bool, act: Callable[[], object]):
        super().__init__(connection)
        self._step, self._before, self._act = step, before, act

    def identity(self) -> str:
        """Name the host, if it answers."""
        if self.silent:
            raise hypervisor.PeerLostError("it does not answer")
        return super().identity()

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step, and what happens before or after it."""
        chosen = slot == f"{PREFIX}{self._step}3"
        if chosen and self._before:
            self._act()
        if self.silent:
            raise hypervisor.PeerLostError("it does not answer")
        reply = super().call(slot, *args)
        if chosen and not self._before:
            self._act()
        return reply


def test_a_silent_destination_keeps_the_source_paused_until_it_is_fenced(qemu_pair: Pair) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life, stopped = machine(source).life(), []

    def hang() -> None:
        stopped.append(expected(destination).pid)
        os.kill(stopped[0], signal.SIGSTOP)
        peer.silent = True

    peer = Faulty(destination, "finish", True, hang)
    journal = MemoryJournal()
    with pytest.raises(hypervisor.UnresolvedError, match="must answer or be fenced"):
        Migration(LocalPeer(source), peer, GUEST, journal=journal).run()
    paused = ticks(domain)
    assert state_of(domain) == "paused"
    hypervisor.connect_close(destination)  # the fence: nothing of the host lives on
    assert os_state.read(stopped[0]) is OsState.GONE
    result = hypervisor.migration.recovery.recover(
        journal, LocalPeer(source), peer, lambda identity: True
    )
    assert result.outcome is Outcome.STAYED
    assert machine(source).life() == life
    await_ticks(domain, paused)


def test_a_source_that_hangs_at_the_end_goes_on_when_it_answers_again(
    qemu_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life, seen = machine(source).life(), ticks(domain)
    at(destination, "finish", lambda: os.kill(expected(destination).pid, signal.SIGKILL))

    def hang() -> None:
        monkeypatch.setattr("hypervisor.drivers.qemu.machine.ANSWER_SECONDS", 0.5)
        os.kill(machine(source).pid, signal.SIGSTOP)

    at(source, "confirm", hang)
    journal = MemoryJournal()
    with pytest.raises(hypervisor.UnresolvedError, match="did not answer"):
        hypervisor.domain_migrate(domain, destination, journal=journal)
    monkeypatch.undo()
    os.kill(machine(source).pid, signal.SIGCONT)
    result = hypervisor.migration_recover(journal, source, destination)
    assert result.outcome is Outcome.STAYED
    assert_goes_on_at_source(qemu_pair, life, seen)


def relayed(address: Path, onward: str, harm: Callable[[bytes], bytes]) -> threading.Thread:
    """Listen where a source may send; hand on, once, what harm makes of all it sent."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen(1)
    listener.settimeout(20)

    def run() -> None:
        with listener, listener.accept()[0] as come, socket.socket(socket.AF_UNIX) as go:
            data = b"".join(iter(lambda: come.recv(65536), b""))
            go.connect(onward)
            with contextlib.suppress(OSError):  # the destination need not hear it to its end
                go.sendall(harm(data))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def through_relay(by_hand: ByHand, folder: Path, harm: Callable[[bytes], bytes]) -> None:
    """Run Perform by way of a relay."""
    onward = by_hand.uri.removeprefix("unix:")
    relay = relayed(folder / "relay", onward, harm)
    by_hand.uri = f"unix:{folder / 'relay'}"
    by_hand.perform()
    relay.join(20)


HARM: dict[str, Callable[[bytes, bytes], bytes]] = {
    "a bit of memory changed, of which QEMU says nothing": lambda data, life: data.replace(
        life, bytes([life[0] ^ 1]) + life[1:]
    ),
    # The second half of the stream is a description of the first, for tools; nobody needs it.
    "cut short": lambda data, life: data[: len(data) // 3],
    "without its first byte": lambda data, life: data[1:],
    "garbage": lambda data, life: b"\xff" * len(data),
    "nothing": lambda data, life: b"",
}


@pytest.mark.parametrize("harm", HARM)
def test_a_guest_that_came_damaged_is_not_started(
    qemu_pair: Pair, tmp_path: Path, harm: str
) -> None:
    source, destination = qemu_pair
    hosts.of(destination).finish_seconds = 2.0
    counting(source)
    life, seen = machine(source).life(), ticks(hypervisor.domain_lookup(source, GUEST))
    by_hand = ByHand(qemu_pair).until("perform")
    waiting = expected(destination).pid
    through_relay(by_hand, tmp_path, lambda data: HARM[harm](data, bytes.fromhex(life)))
    assert by_hand.finish()[0] is None
    assert os_state.read(waiting) is OsState.GONE
    by_hand.confirm(cancelled=True)
    assert_goes_on_at_source(qemu_pair, life, seen)


def test_a_guest_that_came_another_way_undamaged_is_started(
    qemu_pair: Pair, tmp_path: Path
) -> None:
    # The relay of the test above is not what keeps the guest from being started.
    counting(qemu_pair[0])
    life = bytes.fromhex(machine(qemu_pair[0]).life())
    by_hand = ByHand(qemu_pair).until("perform")
    sent: list[bytes] = []
    through_relay(by_hand, tmp_path, lambda data: (sent.append(data), data)[1])
    assert sent[0].count(life) == 1
    assert by_hand.finish()[0] == GUEST
    by_hand.confirm()
    assert [there(connection) for connection in qemu_pair] == ["shutoff", "running"]


@pytest.mark.parametrize("uri", ["unix:{}/nobody", "unix:{}", "tcp:127.0.0.1:1", "exec:cat", ""])
def test_a_guest_is_sent_to_nothing_but_a_socket(qemu_pair: Pair, tmp_path: Path, uri: str) -> None:
    counting(qemu_pair[0])
    life, seen = machine(qemu_pair[0]).life(), machine(qemu_pair[0]).ticks()
    by_hand = ByHand(qemu_pair).until("perform")
    by_hand.uri = uri.format(tmp_path)
    with pytest.raises(hypervisor.MigrationError, match=r"no guest is expected|not the socket"):
        by_hand.perform()
    assert list(tmp_path.iterdir()) == []
    by_hand.finish(cancelled=True)
    by_hand.confirm(cancelled=True)
    assert_goes_on_at_source(qemu_pair, life, seen)


# -- cancelled, and taken over


def test_cancelled_while_it_is_sent(qemu_pair: Pair, slow: Options) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life, seen = machine(source).life(), ticks(domain)
    migration = hypervisor.domain_migration(domain, destination, slow)
    with in_background(migration.run) as errors:
        await_sending(source)
        begun = time.monotonic()
        assert migration.cancel()
    assert time.monotonic() - begun < 3
    assert [type(error) for error in errors] == [hypervisor.MigrationCancelledError]
    assert_goes_on_at_source(qemu_pair, life, seen)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_migration_is_taken_over_when_its_coordinator_died(
    qemu_pair: Pair, tmp_path: Path, step: str, before: bool
) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life, seen = machine(source).life(), ticks(domain)

    def die() -> None:
        raise Coordinator

    peers = (Faulty(source, step, before, die), Faulty(destination, step, before, die))
    journal = FileJournal(tmp_path / "journal")
    with pytest.raises(Coordinator):
        Migration(*peers, GUEST, journal=journal).run()
    journal.close()
    again = FileJournal(tmp_path / "journal")
    result = hypervisor.migration_recover(again, source, destination)
    again.close()
    if step in ("finish", "confirm"):
        assert result.outcome is Outcome.MOVED
        assert (there(source), there(destination)) == ("shutoff", "running")
        assert machine(destination).life() == life
        await_ticks(hypervisor.domain_lookup(destination, GUEST), seen)
        assert host(source).migrations.locks.held(GUEST) is None
        assert host(destination).migrations.locks.held(GUEST) is not None
    else:
        assert result.outcome is Outcome.STAYED
        assert_goes_on_at_source(qemu_pair, life, seen)
