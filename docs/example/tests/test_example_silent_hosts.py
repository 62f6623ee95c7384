"""Hosts that are silent, restarted or fenced, and what recovery makes of the migration."""

from __future__ import annotations

import pytest

import hypervisor
from conformance.by_hand import GUEST, state_of
from hypervisor import (
    MemoryJournal,
    MigrationError,
    Options,
    Outcome,
    UnresolvedError,
)
from hypervisor.migration import recovery
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.host import of as hosts_of
from wires import Hosts, Stop, reborn, states, stop_at, stopped_after, wires


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
    journal = stopped_after(source, "perform3", source, destination)
    destination.cut = True
    result = recovery.recover(journal, source, destination)
    assert (result.outcome, result.pending) == (Outcome.STAYED, True)
    assert state_of(hosts[0]) == "running"


def test_what_is_left_on_a_silent_destination_is_discarded_when_it_answers(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = stopped_after(source, "perform3", source, destination)
    destination.cut = True
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
    journal = stopped_after(destination, "finish3", source, destination)
    result = recovery.recover(journal, source, reborn(hosts[1]))
    assert result.outcome is Outcome.STAYED
    assert state_of(hosts[0]) == "running"


def test_a_restarted_source_has_no_guest_to_go_on_with(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = stopped_after(source, "perform3", source, destination)
    hypervisor.connect_close(hosts[0])
    result = recovery.recover(journal, reborn(hosts[0]), destination)
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
    journal = stopped_after(source, "perform3", source, destination)
    hypervisor.connect_close(hosts[0])
    source.cut = True

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
    journal = stopped_after(
        destination,
        "prepare2" if protocol == "v2" else "prepare3",
        source,
        destination,
        Options(protocol=protocol),
    )
    destination.cut = True
    result = recovery.recover(journal, source, destination)
    assert (result.outcome, result.pending) == (Outcome.STAYED, True)
    destination.cut = False
    result = recovery.recover(journal, source, destination)
    assert (result.outcome, result.pending) == (Outcome.STAYED, False)
    assert Migration(source, destination, GUEST).run() == GUEST


def test_a_source_that_died_leaves_what_the_silent_destination_expects(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    identity = source.identity()
    journal = stopped_after(destination, "prepare3", source, destination)
    hypervisor.connect_close(hosts[0])
    source.cut = destination.cut = True
    result = recovery.recover(journal, source, destination, lambda one: one == identity)
    assert (result.outcome, result.pending) == (Outcome.DIED, True)
    destination.cut = False
    result = recovery.recover(journal, source, destination, lambda one: one == identity)
    assert (result.outcome, result.pending) == (Outcome.DIED, False)
    assert hosts_of(hosts[1]).open_jobs() == []
