"""Every fault while a guest's disk is copied: the promise is kept for the disk too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from faults import memory, model, storage
from faults.model import Case, Fault, Moment, Outcome, Run
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.journal import MemoryJournal
from hypervisor.migration.recovery import recover
from test_example_seeded_faults import (
    SEEDED_DISKS,
    Patch,
    a_disk_is_forgotten_before_its_migration_is_settled,
)

Runs = Mapping[Case, Run]
LIVE, PAUSED = model.STORAGE_PROTOCOLS


@pytest.fixture(scope="module")
def runs() -> Runs:
    """Run them all, once."""
    return storage.run_all()


def test_every_call_of_copying_meets_every_fault_of_its_own(runs: Runs) -> None:
    met = {(case.step, case.fault) for case in runs}
    damage = {Fault.COOKIE_DAMAGED, Fault.COOKIE_MISSING}
    for step in model.STORAGE_STEPS:
        wanted = damage if step == "told whole" else set(Fault) - damage - {Fault.LATE}
        assert {fault for where, fault in met if where == step} == wanted
    assert [case for case, run in runs.items() if not run.struck] == []


def test_no_disk_is_harmed_written_twice_or_left(runs: Runs) -> None:
    for case, run in runs.items():
        assert run.broken == (), case


def test_the_promise_of_version_3_with_recovery(runs: Runs) -> None:
    for case, run in runs.items():
        if case.recovery:
            assert run.outcome in model.KEPT, case
            assert run.lease == run.running, case


def test_a_disk_changes_no_outcome_of_any_other_step(runs: Runs) -> None:
    for case, run in runs.items():
        if case.step not in model.STORAGE_STEPS:
            assert run.outcome is memory.run(replace(case, disks=False)).outcome, case


def test_sent_paused_it_ends_as_sent_live_but_alone_when_the_destination_dies_early(
    runs: Runs,
) -> None:
    early = {"perform", "mirror start", "mirror ready"}
    for case, run in runs.items():
        if case.protocol == PAUSED:
            live = runs[replace(case, protocol=LIVE)]
            if run.outcome is not live.outcome:
                assert run.outcome is Outcome.PAUSED and live.outcome is Outcome.STAYED_REST
                assert case.step in early and case.fault is Fault.DESTINATION_DIES
                assert not case.recovery


def test_a_guest_that_is_not_said_to_have_all_of_its_disk_goes_on_at_its_source(
    runs: Runs,
) -> None:
    found = [run for case, run in runs.items() if case.step == "told whole"]
    assert found and {run.outcome for run in found} == {Outcome.STAYED}


@pytest.mark.parametrize(
    ("protocol", "peer_to_peer"), [(LIVE, False), (LIVE, True), (PAUSED, False)]
)
def test_a_verdict_that_the_source_is_dead_takes_a_guest_only_with_its_disk(
    runs: Runs, protocol: str, peer_to_peer: bool
) -> None:
    """The verdict cannot say that it was copied: the order in which all is sent must."""

    def ends(step: str, moment: Moment) -> Outcome:
        way = (True, peer_to_peer, True)
        return runs[Case(protocol, step, Fault.SOURCE_DIES, moment, *way)].outcome

    for moment in (Moment.BEFORE, Moment.AFTER):
        for step in ("mirror start", "mirror ready", "mirror end"):
            assert ends(step, moment) is Outcome.DIED, "not all of its memory came"
    assert ends("perform", Moment.AFTER) is Outcome.MOVED


@pytest.mark.parametrize(
    "fault", [*SEEDED_DISKS, a_disk_is_forgotten_before_its_migration_is_settled]
)
def test_a_fault_in_the_library_is_found(
    fault: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    fault(monkeypatch)
    cases = (case for case in storage.cases() if case.protocol == LIVE and not case.peer_to_peer)
    assert any(storage.run(case).broken for case in cases if case.recovery)


@pytest.mark.parametrize("where", ["serving ends", "disk kept"])
@pytest.mark.parametrize("when", list(Moment)[:2])
def test_a_finish_that_was_interrupted_is_repeated(where: str, when: Moment) -> None:
    """By Ctrl-C, for instance: it had the lease, and the source has died since."""
    world = storage.DiskWorld(Case(LIVE, "none", Fault.HANGS, when, recovery=True, disks=True))
    source, destination = (memory.FaultyPeer(world, side) for side in model.SIDES)
    left = [where]

    def interrupt(step: str, moment: Moment) -> None:
        if (step, moment) == (where, when) and left:
            left.clear()
            raise memory.CoordinatorDied

    world.shelves["destination"].see = interrupt
    journal = MemoryJournal()
    with pytest.raises(memory.CoordinatorDied):
        Migration(source, destination, model.GUEST, model.options(world.case), journal).run()
    world.kill("source")
    result = recover(journal.taken_over(), source, destination, world.is_dead)
    world.check()
    assert (result.outcome.value, world.broken) == ("moved", [])
    assert world.running() == ["destination"]
