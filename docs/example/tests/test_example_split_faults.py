"""Every fault while a guest is split by post-copy: what may be lost then, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from faults import memory, model, split
from faults.model import Case, Fault, Moment, Outcome
from faults.split import SplitRun, SplitWorld
from hypervisor import DomainState, GuestLostError, MigrationError
from hypervisor.drivers.memory.migration import MemoryIncoming, MemoryOutgoing
from hypervisor.migration import effects, postcopy, proofs, recovery
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.host import Host
from hypervisor.migration.job import Job
from hypervisor.migration.journal import MemoryJournal

Runs = Mapping[Case, SplitRun]
Patch = pytest.MonkeyPatch
BEFORE, AFTER = Moment.BEFORE, Moment.AFTER
#: When it is lost, with recovery: the destination may have been told to let it go on, and died; or
#: the source died when it had, and not all of its pages had come.
LOST = {
    ("perform", Fault.DESTINATION_DIES, AFTER),
    ("split", Fault.DESTINATION_DIES, AFTER),
    ("finish", Fault.DESTINATION_DIES, BEFORE),
    ("goes on", Fault.DESTINATION_DIES, BEFORE),
    ("goes on", Fault.SOURCE_DIES, AFTER),
    ("first page", Fault.SOURCE_DIES, BEFORE),
    ("first page", Fault.SOURCE_DIES, AFTER),
    ("last page", Fault.SOURCE_DIES, BEFORE),
}


@pytest.fixture(scope="module")
def runs() -> Runs:
    """Run them all, once."""
    return split.run_all()


def test_every_step_meets_every_fault_and_each_strikes(runs: Runs) -> None:
    met = {(case.step, case.fault) for case in runs}
    elsewhere = {Fault.LATE, Fault.COOKIE_DAMAGED, Fault.COOKIE_MISSING}
    for step in model.SPLIT_STEPS:
        assert {fault for where, fault in met if where == step} == set(Fault) - elsewhere
    assert [case for case, run in runs.items() if not run.struck] == []


def test_nothing_runs_twice_and_nothing_old_goes_on(runs: Runs) -> None:
    for case, run in runs.items():
        assert run.broken == (), case
        assert run.outcome is not Outcome.TWICE, case


def test_with_recovery_it_is_lost_only_when_a_host_died_that_held_a_part_of_it(runs: Runs) -> None:
    for case, run in runs.items():
        if case.recovery:
            assert run.outcome in model.KEPT or run.outcome is Outcome.LOST, case
            assert run.lease == run.running, case
            assert run.outcome is not Outcome.LOST or run.may_be_lost, case


def test_these_are_all_faults_that_lose_it(runs: Runs) -> None:
    lost = {case for case, run in runs.items() if case.recovery and run.outcome is Outcome.LOST}
    direct = {(case.step, case.fault, case.moment) for case in lost if not case.peer_to_peer}
    assert direct == LOST
    # From peer to peer the coordinator dies with the source.
    as_source = {
        (case.step, Fault.SOURCE_DIES, case.moment)
        for case in lost
        if case.peer_to_peer and case.fault is Fault.COORDINATOR_DIES
    }
    assert as_source == {each for each in LOST if each[1] is Fault.SOURCE_DIES}


def test_what_did_not_go_on_yet_is_taken_back(runs: Runs) -> None:
    for fault in (Fault.FAILS_BEFORE, Fault.FAILS_AFTER, Fault.REPLY_LOST, Fault.HANGS):
        run = runs[Case(model.LIVE_PROTOCOL, "split", fault, BEFORE, True, postcopy=True)]
        assert run.outcome is Outcome.STAYED, fault


# -- its part on one side ends, and both hosts live


class Ends(SplitWorld):
    """The guest ends by itself, or its QEMU does, on one side when it has gone on."""

    ends: str | None = None

    def _see(self, side: Any, step: str, moment: Moment) -> None:
        super()._see(side, step, moment)
        if (step, moment) != ("first page", AFTER) or self.ends is None:
            return
        side, self.ends = self.ends, None
        if side == "source":
            self.host("source").guests[model.GUEST].state = DomainState.CRASHED
            return
        arriving = self.arriving()
        assert arriving is not None
        arriving.runs = False
        raise GuestLostError("it has ended")


def ended(side: str) -> tuple[SplitWorld, str]:
    """Migrate a guest that ends on one side while it is split; give what is said of it."""
    world = Ends(Case(model.LIVE_PROTOCOL, "none", Fault.HANGS, BEFORE, True, postcopy=True))
    world.ends = side
    source, destination = (memory.FaultyPeer(world, each) for each in model.SIDES)
    options = model.options(world.case)
    migration = Migration(source, destination, model.GUEST, options, MemoryJournal())
    with pytest.raises(MigrationError) as caught:
        migration.run(world.is_dead)
    world.check()
    return world, str(caught.value)


@pytest.mark.parametrize("side", model.SIDES)
def test_a_guest_that_ended_on_either_side_is_lost_and_it_is_said_why(side: str) -> None:
    world, told = ended(side)
    assert (world.running(), world.broken) == ([], [])
    assert "is lost: post-copy had begun" in told
    assert [world.is_open(each) for each in model.SIDES] == [False, False]
    assert [sides for sides in world.holders.values() if sides] == []


# -- faults that are put into the library on purpose


def the_source_goes_on_with_what_is_old(patch: Patch) -> None:
    """As a source does that resumes whatever the destination gave up."""
    patch.setattr(postcopy, "is_old", lambda job, ran: False)


def a_fence_gives_the_lease_back(patch: Patch) -> None:
    """As a verdict does that may say of any dead host that it was never asked."""
    patch.setattr(proofs, "DESTINATION_FENCED", proofs.NEVER_ASKED)


def finish_answers_before_all_is_there(patch: Patch) -> None:
    """As a destination does for which a guest that runs has come."""

    def wrong(self: MemoryIncoming, seconds: float, stop: object) -> None:
        self.missing.clear()

    patch.setattr(MemoryIncoming, "await_whole", wrong)


def a_split_guest_is_started_when_its_source_is_dead(patch: Patch) -> None:
    """As recovery does that takes the cookie of Perform for all of the guest."""
    patch.setattr(recovery._Undoable, "_go_on_split", lambda self, cookie: cookie)


def what_ran_is_given_up_like_what_did_not(patch: Patch) -> None:
    """As a destination does that forgets that it let the guest go on."""
    give_up = effects.give_up

    def wrong(host: Host, job: Job, *outcome: Any) -> None:
        job.ran = False
        give_up(host, job)

    patch.setattr(effects, "give_up", wrong)


def a_split_guest_is_given_up_when_a_page_fails(patch: Patch) -> None:
    """As a destination does for which every failure is final."""
    complete = postcopy.complete

    def wrong(*args: Any) -> None:
        try:
            complete(*args)
        except MigrationError as error:
            raise postcopy.lost("web", "") from error

    patch.setattr(postcopy, "complete", wrong)


def the_source_does_not_stop_its_guest(patch: Patch) -> None:
    """As a source does that lets it run on while its pages go over."""
    hand_over = MemoryOutgoing.hand_over

    def wrong(self: MemoryOutgoing, uri: str) -> None:
        hand_over(self, uri)
        self.resume()

    patch.setattr(MemoryOutgoing, "hand_over", wrong)


SEEDED = (
    the_source_goes_on_with_what_is_old,
    a_fence_gives_the_lease_back,
    finish_answers_before_all_is_there,
    a_split_guest_is_started_when_its_source_is_dead,
    a_split_guest_is_given_up_when_a_page_fails,
    the_source_does_not_stop_its_guest,
)


def is_wrong(case: Case) -> bool:
    """Tell whether a run breaks the promise."""
    run = split.run(case)
    may = (*model.KEPT, Outcome.LOST) if run.may_be_lost else tuple(model.KEPT)
    expected = (case.step, case.fault, case.moment) in LOST
    return bool(run.broken) or run.outcome not in may or (run.outcome is Outcome.LOST) > expected


@pytest.mark.parametrize("fault", SEEDED)
def test_a_fault_in_the_library_is_found(
    fault: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    fault(monkeypatch)
    cases = (case for case in split.cases() if case.recovery and not case.peer_to_peer)
    assert any(is_wrong(case) for case in cases)


def test_a_destination_that_forgets_that_a_guest_ran_is_found(monkeypatch: Patch) -> None:
    what_ran_is_given_up_like_what_did_not(monkeypatch)
    assert "the source goes on with what is old" in ended("destination")[0].broken
