"""Journals of migrations, and coordinators that die, are slow, or come too late."""

from __future__ import annotations

from pathlib import Path

import pytest

import hypervisor
from conformance.by_hand import GUEST
from hypervisor import (
    FileJournal,
    MemoryJournal,
    MigrationError,
    Outcome,
)
from hypervisor.migration import conduct, protocols, recovery
from hypervisor.migration.coordinator import Migration
from wires import Hosts, Stop, states, stop_at, wires


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
