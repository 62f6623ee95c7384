"""Driving migrations on `memory`: negotiation, names, peers, journals, and silent hosts."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hypervisor
from conformance.by_hand import GUEST, state_of
from conformance.guests import started
from hypervisor import (
    Connection,
    FileJournal,
    HypervisorDriver,
    MemoryJournal,
    MigrationError,
    Options,
    Outcome,
    PeerLostError,
    UnresolvedError,
)
from hypervisor.drivers.memory.driver import MEMORY_DRIVER
from hypervisor.drivers.memory.host import MemoryHost
from hypervisor.drivers.memory.migration import MemoryIncoming
from hypervisor.migration import conduct, protocols, recovery
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.host import of as hosts_of
from hypervisor.migration.peer import LocalPeer
from hypervisor.values import Token

Hosts = tuple[Connection, Connection]


@pytest.fixture
def hosts() -> Hosts:
    """Give two hosts, a guest runs on the first."""
    pair = hypervisor.connect_open("memory:///a"), hypervisor.connect_open("memory:///b")
    started(pair[0])
    return pair


class Stop(BaseException):
    """The coordinator dies."""


class Wire(LocalPeer):
    """A host behind a wire that can be cut."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.cut = False
        self.before: Callable[[str], None] = lambda slot: None
        self.after: Callable[[str], None] = lambda slot: None

    def identity(self) -> str:
        """Name the host, when the wire is whole."""
        self._whole()
        return super().identity()

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step, when the wire is whole before and after."""
        self.before(slot)
        self._whole()
        reply = super().call(slot, *args)
        self.after(slot)
        self._whole()
        return reply

    def _whole(self) -> None:
        if self.cut:
            raise PeerLostError("the wire is cut")


def stop_at(step: str) -> Callable[[str], None]:
    """Let the coordinator die at a step."""

    def stop(slot: str) -> None:
        if slot.endswith(step):
            raise Stop

    return stop


def wires(hosts: Hosts) -> tuple[Wire, Wire]:
    """See two hosts through wires."""
    return Wire(hosts[0]), Wire(hosts[1])


def states(hosts: Hosts) -> tuple[str | None, str | None]:
    """Tell where the guest is."""
    return state_of(hosts[0]), state_of(hosts[1])


# -- choosing a protocol


def without(*steps: str) -> HypervisorDriver:
    """Give the driver with some slots left empty."""
    return dataclasses.replace(MEMORY_DRIVER, **{f"domain_migrate_{step}": None for step in steps})


@pytest.mark.parametrize(
    ("source", "destination", "chosen"),
    [
        pytest.param((), (), "v3", id="both have everything"),
        pytest.param(("confirm3",), (), "v2", id="no Confirm, no version 3"),
        pytest.param((), ("confirm3",), "v3", id="Confirm is the source's"),
        pytest.param((), ("finish3",), "v2", id="an older destination"),
        pytest.param(("finish3",), (), "v3", id="Finish is the destination's"),
        pytest.param((), ("prepare3", "prepare2"), "v1", id="a much older destination"),
        pytest.param((), ("finish3", "finish2"), "v1", id="Prepare alone is not enough"),
    ],
)
def test_the_best_protocol_that_both_have_is_chosen(
    source: tuple[str, ...], destination: tuple[str, ...], chosen: str
) -> None:
    sides = [LocalPeer(Connection(without(*steps), None)) for steps in (source, destination)]
    assert protocols.negotiate(sides[0], sides[1]).name == chosen


def test_it_is_said_what_is_missing_where() -> None:
    source = LocalPeer(Connection(without("perform", "perform3"), None))
    destination = LocalPeer(Connection(without("finish"), None))
    with pytest.raises(MigrationError) as caught:
        protocols.negotiate(source, destination)
    assert str(caught.value) == (
        "no protocol that both sides support:"
        " v3: the source lacks domain_migrate_perform3;"
        " v2: the source lacks domain_migrate_perform;"
        " v1: the source lacks domain_migrate_perform,"
        " the destination lacks domain_migrate_finish"
    )


def test_other_drivers_guests_are_not_taken(hosts: Hosts) -> None:
    other = Connection(dataclasses.replace(MEMORY_DRIVER, name="other"), None)
    with pytest.raises(MigrationError, match="cannot run on driver 'other'"):
        protocols.negotiate(LocalPeer(hosts[0]), LocalPeer(other))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        pytest.param(Options(protocol="v4"), "no protocol 'v4': known are v3", id="unknown"),
        pytest.param(
            Options(protocol="v2", description="<guest><name>web</name></guest>"),
            "v2 cannot change the description",
            id="only version 3 takes a description",
        ),
    ],
)
def test_options_that_cannot_be_are_refused(hosts: Hosts, options: Options, why: str) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    with pytest.raises(MigrationError, match=why):
        hypervisor.domain_migrate(domain, hosts[1], options)
    assert states(hosts) == ("running", None)


def test_a_host_is_not_its_own_destination(hosts: Hosts) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    with pytest.raises(MigrationError, match="the same host"):
        hypervisor.domain_migrate(domain, hosts[0])


# -- what goes along


def test_the_description_may_change_but_not_the_size(hosts: Hosts) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    text = hypervisor.domain_dump_description(domain)
    bigger = text.replace("2048", "4096")
    with pytest.raises(MigrationError, match="size"):
        hypervisor.domain_migrate(domain, hosts[1], Options(description=bigger))
    titled = text.replace("The web guest", "Moved")
    moved = hypervisor.domain_migrate(domain, hosts[1], Options(description=titled))
    assert hypervisor.domain_dump_description(moved) == titled


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3"])
def test_the_life_of_the_guest_goes_on(hosts: Hosts, protocol: str) -> None:
    source, destination = (host.private_data for host in hosts)
    assert isinstance(source, MemoryHost) and isinstance(destination, MemoryHost)
    life = source.guests[GUEST].memory
    domain = hypervisor.Domain(hosts[0], GUEST)
    hypervisor.domain_migrate(domain, hosts[1], Options(protocol=protocol))
    assert destination.guests[GUEST].memory == life
    assert source.guests[GUEST].memory == b""


def test_a_guest_with_snapshots_stays(hosts: Hosts) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    hypervisor.domain_snapshot_create(domain, "first")
    with pytest.raises(hypervisor.MigrationError, match="snapshots"):
        hypervisor.domain_migrate(domain, hosts[1])
    assert states(hosts) == ("running", None)
    hypervisor.domain_snapshot_delete(domain, "first")
    hypervisor.domain_migrate(domain, hosts[1])


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3"])
def test_a_guest_that_is_off_does_not_migrate(hosts: Hosts, protocol: str) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    hypervisor.domain_destroy(domain)
    with pytest.raises(MigrationError, match="shutoff"):
        hypervisor.domain_migrate(domain, hosts[1], Options(protocol=protocol))
    assert states(hosts) == ("shutoff", None)


def test_events_tell_the_sizes_of_cookies(hosts: Hosts) -> None:
    events: list[hypervisor.Event] = []
    for host in hosts:
        hypervisor.connect_add_migration_listener(host, events.append)
    hypervisor.domain_migrate(hypervisor.Domain(hosts[0], GUEST), hosts[1])
    sizes = [(event.cookie_in, event.cookie_out) for event in events]
    assert [taken for taken, _ in sizes[1:]] == [given for _, given in sizes[:-1]]
    assert sizes[0][0] == sizes[-1][1] == 0
    assert all(given for _, given in sizes[:-1])


def test_a_listener_that_fails_changes_nothing(
    hosts: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: hypervisor.Event) -> None:
        raise ZeroDivisionError(event.kind)

    hypervisor.connect_add_migration_listener(hosts[0], fail)
    hypervisor.domain_migrate(hypervisor.Domain(hosts[0], GUEST), hosts[1])
    assert states(hosts) == ("shutoff", "running")
    assert "migration-begin" in caplog.text


# -- from peer to peer


def test_from_peer_to_peer_the_source_finds_the_destination_by_uri(hosts: Hosts) -> None:
    hypervisor.connect_publish(hosts[1], "memory://b/")
    domain = hypervisor.Domain(hosts[0], GUEST)
    assert hypervisor.domain_migrate_to_uri(domain, "memory://b/") == GUEST
    assert states(hosts) == ("shutoff", "running")
    with pytest.raises(hypervisor.InvalidUriError, match="no host is published"):
        hypervisor.domain_migrate_to_uri(domain, "memory://c/")


# -- silent hosts


def test_until_the_destination_answers_or_is_fenced_the_source_stays_paused(hosts: Hosts) -> None:
    source, destination = wires(hosts)

    def cut(slot: str) -> None:
        if slot.endswith("finish3"):
            destination.cut = True

    destination.after = cut
    journal = MemoryJournal()
    migration = Migration(source, destination, GUEST, journal=journal)
    with pytest.raises(UnresolvedError, match=r"must answer or be fenced.*stays paused"):
        migration.run()
    assert states(hosts) == ("paused", "running")
    with pytest.raises(UnresolvedError):
        recovery.recover(journal, source, destination)
    assert states(hosts) == ("paused", "running")
    destination.cut = False
    destination.after = lambda slot: None
    result = recovery.recover(journal, source, destination)
    assert (result.outcome, result.pending) == (Outcome.MOVED, False)
    assert states(hosts) == ("shutoff", "running")


def test_a_fenced_destination_gives_the_guest_back(hosts: Hosts) -> None:
    source, destination = wires(hosts)

    def cut(slot: str) -> None:
        if slot.endswith("finish3"):
            destination.cut = True

    destination.before = cut
    journal = MemoryJournal()
    with pytest.raises(UnresolvedError):
        Migration(source, destination, GUEST, journal=journal).run()
    hypervisor.connect_close(hosts[1])
    result = recovery.recover(journal, source, destination, lambda identity: True)
    assert result.outcome is Outcome.STAYED
    assert state_of(hosts[0]) == "running"


def test_a_destination_that_was_never_asked_to_finish_need_not_answer(hosts: Hosts) -> None:
    source, destination = wires(hosts)

    source.after = stop_at("perform3")
    journal = MemoryJournal()
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, journal=journal).run()
    source.after = lambda slot: None
    destination.cut = True
    result = recovery.recover(journal.taken_over(), source, destination)
    assert (result.outcome, result.pending) == (Outcome.STAYED, True)
    assert state_of(hosts[0]) == "running"


def test_what_is_left_on_a_silent_destination_is_discarded_when_it_answers(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = MemoryJournal()

    source.after = stop_at("perform3")
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, journal=journal).run()
    source.after = lambda slot: None
    destination.cut = True
    journal = journal.taken_over()
    assert recovery.recover(journal, source, destination).pending
    destination.cut = False
    result = recovery.recover(journal, source, destination)
    assert (result.outcome, result.pending) == (Outcome.STAYED, False)
    again = Migration(source, destination, GUEST)
    assert again.run() == GUEST


def test_a_silent_source_is_waited_for(hosts: Hosts) -> None:
    source, destination = wires(hosts)

    def cut(slot: str) -> None:
        if slot.endswith("perform3"):
            source.cut = True

    source.after = cut
    journal = MemoryJournal()
    with pytest.raises(UnresolvedError, match="source was asked to send"):
        Migration(source, destination, GUEST, journal=journal).run()
    assert states(hosts) == ("paused", None)
    source.cut, source.after = False, lambda slot: None
    result = recovery.recover(journal, source, destination)
    assert result.outcome is Outcome.STAYED
    assert states(hosts) == ("running", None)


def test_a_restarted_host_counts_as_fenced(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = MemoryJournal()

    destination.after = stop_at("finish3")
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, journal=journal).run()
    reborn = Wire(hypervisor.connect_open("memory:///b"))
    result = recovery.recover(journal.taken_over(), source, reborn)
    assert result.outcome is Outcome.STAYED
    assert state_of(hosts[0]) == "running"


def test_a_restarted_source_has_no_guest_to_go_on_with(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = MemoryJournal()

    source.after = stop_at("perform3")
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, journal=journal).run()
    hypervisor.connect_close(hosts[0])
    reborn = Wire(hypervisor.connect_open("memory:///a"))
    result = recovery.recover(journal.taken_over(), reborn, destination)
    assert result.outcome is Outcome.MOVED
    assert state_of(hosts[1]) == "running"


def test_a_guest_that_had_moved_is_not_resumed_when_its_new_host_dies(hosts: Hosts) -> None:
    # It may have moved on before: only the answer of Finish is final.
    source, destination = wires(hosts)
    journal = MemoryJournal()

    source.before = stop_at("confirm3")
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, journal=journal).run()
    source.before = lambda slot: None
    third = hypervisor.connect_open("memory:///c")
    hypervisor.domain_migrate(hypervisor.Domain(hosts[1], GUEST), third)
    hypervisor.connect_close(hosts[1])
    destination.cut = True
    result = recovery.recover(journal.taken_over(), source, destination, lambda identity: True)
    assert result.outcome is Outcome.DIED
    assert (state_of(hosts[0]), state_of(third)) == ("shutoff", "running")


@pytest.mark.parametrize("way", ["the destination is silent", "the destination refuses"])
def test_all_of_a_guest_whose_source_died_is_not_given_up(hosts: Hosts, way: str) -> None:
    source, destination = wires(hosts)
    identity = source.identity()
    journal = MemoryJournal()

    source.after = stop_at("perform3")
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, journal=journal).run()
    hypervisor.connect_close(hosts[0])
    source.cut = True
    journal = journal.taken_over()

    def refuse(slot: str) -> None:
        raise MigrationError("not now")

    if way.endswith("silent"):
        destination.cut = True
    else:
        destination.before = refuse
    with pytest.raises(UnresolvedError, match="destination"):
        recovery.recover(journal, source, destination, lambda one: one == identity)
    destination.cut, destination.before = False, lambda slot: None
    result = recovery.recover(journal, source, destination, lambda one: one == identity)
    assert result.outcome is Outcome.MOVED
    assert state_of(hosts[1]) == "running"


@pytest.mark.parametrize("protocol", ["v2", "v3"])
def test_what_a_silent_destination_expects_is_left_for_when_it_answers(
    hosts: Hosts, protocol: str
) -> None:
    source, destination = wires(hosts)
    journal = MemoryJournal()

    destination.after = stop_at("prepare2" if protocol == "v2" else "prepare3")
    options = Options(protocol=protocol)
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, options, journal).run()
    destination.after, destination.cut = lambda slot: None, True
    journal = journal.taken_over()
    result = recovery.recover(journal, source, destination)
    assert (result.outcome, result.pending) == (Outcome.STAYED, True)
    destination.cut = False
    result = recovery.recover(journal, source, destination)
    assert (result.outcome, result.pending) == (Outcome.STAYED, False)
    assert Migration(source, destination, GUEST).run() == GUEST


def test_a_source_that_died_leaves_what_the_silent_destination_expects(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    identity = source.identity()
    journal = MemoryJournal()

    destination.after = stop_at("prepare3")
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, journal=journal).run()
    destination.after = lambda slot: None
    hypervisor.connect_close(hosts[0])
    source.cut = destination.cut = True
    journal = journal.taken_over()
    result = recovery.recover(journal, source, destination, lambda one: one == identity)
    assert (result.outcome, result.pending) == (Outcome.DIED, True)
    destination.cut = False
    result = recovery.recover(journal, source, destination, lambda one: one == identity)
    assert (result.outcome, result.pending) == (Outcome.DIED, False)
    assert hosts_of(hosts[1]).open_jobs() == []


# -- steps that fail


def test_a_perform_that_failed_does_not_send_the_guest_when_it_is_repeated(hosts: Hosts) -> None:
    source, destination = (LocalPeer(host) for host in hosts)
    token = Token.new()
    description = source.describe(GUEST)
    prepare = (token, None, 0, None, 0, description)
    cookie, uri = destination.call("domain_migrate_prepare2", *prepare)
    with pytest.raises(MigrationError, match="no guest is expected"):
        source.call("domain_migrate_perform", token, GUEST, cookie, f"{uri}x", 0, None, 0)
    with pytest.raises(hypervisor.LateStepError, match="failed"):
        source.call("domain_migrate_perform", token, GUEST, cookie, uri, 0, None, 0)
    with pytest.raises(hypervisor.LateStepError, match="failed"):
        source.call("domain_migrate_perform", token, GUEST, cookie, uri, 0, None, 0)
    assert states(hosts) == ("running", None)


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3"])
@pytest.mark.parametrize("how", ["cancel", "abort"])
def test_who_stops_a_migration_is_told_that_it_was_cancelled(
    hosts: Hosts, protocol: str, how: str
) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    migration = hypervisor.domain_migration(domain, hosts[1], Options(protocol=protocol))

    def stop(event: hypervisor.Event) -> None:
        if event.kind == "migration-perform":
            migration.cancel() if how == "cancel" else hypervisor.domain_abort_job(domain)

    hypervisor.connect_add_migration_hook(hosts[0], stop)
    with pytest.raises(hypervisor.MigrationCancelledError):
        migration.run()
    assert states(hosts) == ("running", None)


@pytest.mark.parametrize("protocol", ["v2", "v3"])
def test_a_guest_that_could_not_be_started_leaves_no_lease(
    hosts: Hosts, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(incoming: MemoryIncoming, paused: bool) -> None:
        raise MigrationError("no room")

    monkeypatch.setattr(MemoryIncoming, "run", fail)
    domain = hypervisor.Domain(hosts[0], GUEST)
    with pytest.raises(MigrationError):
        hypervisor.domain_migrate(domain, hosts[1], Options(protocol=protocol))
    assert hosts_of(hosts[1]).locks.held(GUEST) is None


def test_a_last_step_that_is_refused_before_any_other_leaves_nothing(hosts: Hosts) -> None:
    def refuse(event: hypervisor.Event) -> None:
        raise MigrationError("not welcome")

    hypervisor.connect_add_migration_hook(hosts[1], refuse)
    with pytest.raises(MigrationError, match="not welcome"):
        LocalPeer(hosts[1]).call(
            "domain_migrate_finish3", Token.new(), GUEST, b"", None, "", 0, True
        )
    started(hosts[1])


# -- journals


@pytest.mark.parametrize("step", protocols.V3.steps)
def test_a_dead_coordinator_is_replaced(hosts: Hosts, tmp_path: Path, step: str) -> None:
    source, destination = wires(hosts)

    source.after = destination.after = stop_at(f"{step}3")
    journal = FileJournal(tmp_path / "migration")
    with pytest.raises(Stop):
        Migration(source, destination, GUEST, journal=journal).run()
    journal.close()
    source.after = destination.after = lambda slot: None
    found = FileJournal(tmp_path / "migration")
    result = recovery.recover(found, source, destination)
    moved = step in ("finish", "confirm")
    assert result.outcome is (Outcome.MOVED if moved else Outcome.STAYED)
    assert states(hosts) == (("shutoff", "running") if moved else ("running", None))
    before = len(found.records())
    assert recovery.recover(found, source, destination) == result
    assert len(found.records()) == before


def test_a_coordinator_that_was_only_slow_can_do_no_harm(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = MemoryJournal()
    results: list[recovery.Result] = []

    def take_over(slot: str) -> None:
        if slot.endswith("perform3"):
            source.after = lambda slot: None
            results.append(recovery.recover(journal.taken_over(), source, destination))

    source.after = take_over
    with pytest.raises(hypervisor.JournalError, match="taken over"):
        Migration(source, destination, GUEST, journal=journal).run()
    assert results[0].outcome is Outcome.STAYED
    assert states(hosts) == ("running", None)


def test_each_migration_needs_a_journal_of_its_own(hosts: Hosts) -> None:
    journal = MemoryJournal()
    domain = hypervisor.Domain(hosts[0], GUEST)
    moved = hypervisor.domain_migrate(domain, hosts[1], journal=journal)
    with pytest.raises(MigrationError, match="its own"):
        hypervisor.domain_migrate(moved, hosts[0], journal=journal)


def test_an_empty_journal_tells_of_nothing(hosts: Hosts) -> None:
    with pytest.raises(hypervisor.JournalError, match="no migration"):
        hypervisor.migration_recover(MemoryJournal(), *hosts)


def test_a_journal_names_every_step_before_it_is_asked_for(hosts: Hosts) -> None:
    journal = MemoryJournal()
    source, destination = wires(hosts)
    asked: list[str] = []

    def note(slot: str) -> None:
        last = journal.records()[-1]
        assert last["record"] == "ask"
        asked.append(str(last["step"]))

    source.before = destination.before = note
    Migration(source, destination, GUEST, journal=journal).run()
    assert asked == list(protocols.V3.steps)
    history = conduct.read(journal.records())
    assert history is not None and history.over is not None
    assert history.over["outcome"] == "moved"


# -- both ways at once


def test_hosts_exchange_guests_at_the_same_time() -> None:
    one, other = hypervisor.connect_open("memory:///a"), hypervisor.connect_open("memory:///b")
    names = [f"guest{number}" for number in range(8)]
    for number, name in enumerate(names):
        started((one, other)[number % 2], name=name)
    barrier = threading.Barrier(len(names))
    surprises: list[BaseException] = []

    def move(number: int) -> None:
        try:
            source, destination = ((one, other), (other, one))[number % 2]
            barrier.wait(20)
            domain = hypervisor.Domain(source, names[number])
            for _ in range(20):
                domain = hypervisor.domain_migrate(
                    domain, destination if domain.connection is source else source
                )
        except BaseException as error:
            surprises.append(error)

    threads = [threading.Thread(target=move, args=(number,)) for number in range(len(names))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert surprises == []
    for number, name in enumerate(names):
        here, there = ((one, other), (other, one))[number % 2]
        assert (state_of(here, name), state_of(there, name)) == ("running", "shutoff")
