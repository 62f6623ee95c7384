"""Faults that are put into the library on purpose: the machine of migrations must find each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from example_helpers import LENGTH
from faults.disks import Shelf
from hypervisor.drivers import rounds
from hypervisor.drivers.disks import ArrivingWithDisks, LeavingDisks, NewDisks
from hypervisor.drivers.memory.migration import MemoryIncoming, MemoryOutgoing
from hypervisor.drivers.rounds import Cells
from hypervisor.errors import PeerLostError, UnresolvedError
from hypervisor.migration import effects, proofs, recovery
from hypervisor.migration.host import Host
from hypervisor.migration.job import Job
from hypervisor.migration.lease import Lease, LeaseJournal
from hypervisor.migration.leftovers import Leftovers
from hypervisor.migration.live import Manner
from test_example_disk_machine import DiskMachine
from test_example_migration_machine import Machine

Patch = pytest.MonkeyPatch


def answers_are_forgotten_by_count(patch: Patch) -> None:
    """As a host did that kept the last answers, and no more."""

    def forget(self: Host) -> None:
        for key in [key for key, job in self._jobs.items() if job.outcome][:-2]:
            del self._jobs[key]

    patch.setattr(Host, "_forget", forget)


def whoever_answers_counts_as_restarted(patch: Patch) -> None:
    """As recovery did that asked no fence."""
    look = recovery._look

    def wrong(*args: Any) -> recovery._Host:
        try:
            return look(*args)
        except recovery.WrongHostError:
            return recovery._Host.FENCED

    patch.setattr(recovery, "_look", wrong)


def a_silent_host_counts_as_dead(patch: Patch) -> None:
    """As a coordinator does that takes a timeout for a death."""
    look = recovery._look

    def wrong(*args: Any) -> recovery._Host:
        found = look(*args)
        return recovery._Host.FENCED if found is recovery._Host.SILENT else found

    patch.setattr(recovery, "_look", wrong)


def the_source_goes_on_without_proof(patch: Patch) -> None:
    """As a source does that trusts whoever says that the migration was cancelled."""

    def wrong(host: Host, token: object, job: Job, cookie: bytes) -> None:
        if job.performed and job.lease is not None:
            effects.take_back(host, job.lease)

    patch.setattr(proofs, "take_back", wrong)
    patch.setattr(recovery._Undoable, "_ask_destination", lambda self: (False, b"", False))


def a_lease_that_was_dropped_stays(patch: Patch) -> None:
    """As a lock manager does that forgets to drop."""
    patch.setattr(LeaseJournal, "drop", lambda self, lease: None)


def an_undone_lease_has_its_old_generation(patch: Patch) -> None:
    """As a source does that takes back the very lease it dropped, and so never gets it."""

    def wrong(host: Host, lease: Lease) -> None:
        host.locks.take(lease)

    patch.setattr(effects, "take_back", wrong)


def what_is_unresolved_is_given_up(patch: Patch) -> None:
    """As a coordinator does that says "it stayed" when it does not know."""
    settle = recovery.settle

    def wrong(conduct: Any, fence: Any) -> recovery.Result:
        try:
            return settle(conduct, fence)
        except UnresolvedError:
            return recovery.Result(recovery.Outcome.STAYED, conduct.plan.guest, "it must have")

    patch.setattr(recovery, "settle", wrong)


def a_restarted_host_counts_as_the_same(patch: Patch) -> None:
    """As recovery does that looks at a host's name and not at its life."""
    look = recovery._look

    def wrong(peer: Any, side: str, plan: Any, fence: Any) -> recovery._Host:
        found = look(peer, side, plan, fence)
        try:
            peer.identity()
        except PeerLostError:
            return found
        return recovery._Host.ALIVE

    patch.setattr(recovery, "_look", wrong)


def an_undone_guest_stays_paused(patch: Patch) -> None:
    """As a driver does that forgets to let a guest go on."""
    patch.setattr(MemoryOutgoing, "resume", lambda self: None)


def what_was_given_up_runs(patch: Patch) -> None:
    """As a destination does that starts what has come when it is told to give it up."""

    def wrong(self: MemoryIncoming) -> None:
        if self.arrived is not None:
            self.run(False)

    patch.setattr(MemoryIncoming, "discard", wrong)


def the_guest_is_ended_without_proof(patch: Patch) -> None:
    """As a source does that ends a guest as soon as it was sent."""
    send = MemoryOutgoing.send

    def wrong(self: MemoryOutgoing, *args: Any) -> str:
        digest = send(self, *args)
        self.kill()
        return digest

    patch.setattr(MemoryOutgoing, "send", wrong)


def the_guest_is_started_before_finish(patch: Patch) -> None:
    """As a destination does that starts whatever has come."""
    receive = MemoryIncoming.receive

    def wrong(self: MemoryIncoming, data: bytes) -> None:
        receive(self, data)
        self.run(False)

    patch.setattr(MemoryIncoming, "receive", wrong)


def what_still_runs_counts_as_arrived(patch: Patch) -> None:
    """As a destination does that takes a round for the whole: it is older than what ran."""

    def wrong(self: MemoryIncoming, cells: Cells, last: bool) -> None:
        rounds.put(self._rounds, cells)
        if last or not self._data:
            self.receive(bytes(self._rounds))

    patch.setattr(MemoryIncoming, "receive_round", wrong)


def a_guest_runs_on_after_the_switch_over(patch: Patch) -> None:
    """As a source does that forgets to pause what it sends live."""
    send = MemoryOutgoing.send_live

    def wrong(self: MemoryOutgoing, uri: str, manner: Manner) -> str:
        digest = send(self, uri, manner)
        self.resume()
        return digest

    patch.setattr(MemoryOutgoing, "send_live", wrong)


def what_changes_in_a_round_is_not_sent_again(patch: Patch) -> None:
    """As a source does that loses sight of what its guest writes meanwhile."""

    def stale(self: MemoryOutgoing) -> bytes:
        if self._encoded_last is None:
            encoded(self)
        assert self._encoded_last is not None
        return self._encoded_last[1]

    encoded = MemoryOutgoing._encoded
    patch.setattr(MemoryOutgoing, "_encoded", stale)


def copies_are_cut_off_at_the_switch_over(patch: Patch) -> None:
    """As a source does that takes a mirror which is ready for one that is whole."""

    def wrong(self: LeavingDisks) -> None:
        if self._begun:
            self._copied = len(self._disks)

    patch.setattr(LeavingDisks, "finish", wrong)


def memory_goes_before_the_disks(patch: Patch) -> None:
    """As a source does that waits for its mirrors only when all memory is there.

    Whoever asks it whether all was copied is told the truth; a verdict that it is dead asks nobody.
    """
    patch.setattr(LeavingDisks, "finish", lambda self: None)


def new_disks_stay_when_a_guest_is_given_up(patch: Patch) -> None:
    """As a destination does that removes what it knows and forgets the files."""
    patch.setattr(NewDisks, "remove", lambda self: None)


def disks_are_served_while_the_guest_runs(patch: Patch) -> None:
    """As a destination does that never ends its server."""
    start = ArrivingWithDisks._start

    def wrong(self: ArrivingWithDisks, stop: object, *rest: Any) -> None:
        start(self, lambda: None, *rest)

    patch.setattr(ArrivingWithDisks, "_start", wrong)


def a_new_disk_is_not_noted(patch: Patch) -> None:
    """As a host does that knows in its next life nothing of what it was about to receive."""
    patch.setattr(Leftovers, "make", lambda self, disk: None)


def what_was_started_counts_as_left(patch: Patch) -> None:
    """As a host does that removes whatever it has a record of."""
    patch.setattr(Leftovers, "start", lambda self, disk: None)
    patch.setattr(Shelf, "_unmark", lambda self, disk: None)


def a_disk_is_forgotten_before_its_migration_is_settled(patch: Patch) -> None:
    """As a host does to which nobody ever says that the guest went on elsewhere."""
    keep = NewDisks.keep

    def wrong(self: NewDisks) -> None:
        keep(self)
        self._leftovers.settle(self._guest)

    patch.setattr(NewDisks, "keep", wrong)


#: Fault -> the seed of a search that comes to it at once.
SEEDED = {
    answers_are_forgotten_by_count: 22,
    whoever_answers_counts_as_restarted: 13,
    a_silent_host_counts_as_dead: 1,
    the_source_goes_on_without_proof: 3,
    a_lease_that_was_dropped_stays: 0,
    an_undone_lease_has_its_old_generation: 0,
    what_is_unresolved_is_given_up: 4,
    a_restarted_host_counts_as_the_same: 26,
    an_undone_guest_stays_paused: 0,
    what_was_given_up_runs: 2,
    the_guest_is_ended_without_proof: 0,
    the_guest_is_started_before_finish: 0,
    what_still_runs_counts_as_arrived: 13,
    a_guest_runs_on_after_the_switch_over: 10,
    what_changes_in_a_round_is_not_sent_again: 12,
}
#: The same for faults in copying disks.
SEEDED_DISKS = {
    copies_are_cut_off_at_the_switch_over: 1,
    memory_goes_before_the_disks: 8,
    new_disks_stay_when_a_guest_is_given_up: 0,
    disks_are_served_while_the_guest_runs: 0,
    a_new_disk_is_not_noted: 0,
    what_was_started_counts_as_left: 0,
}
_SEARCH = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    report_multiple_bugs=False,
)
#: The searches of `make test-real`: the fixed one, and one that knows nothing of the fault.
SEARCHES = ["fixed"] if LENGTH < 10 else ["fixed", "any"]
#: Many short searches come to more than a long one, which goes on with what it has begun.
MANY = range(120)


def search(number: int, kind: type[Machine] = Machine, **more: Any) -> None:
    """Run a machine, from a seed."""
    machine = hypothesis.seed(number)(type("Seeded", (kind,), {}))
    run_state_machine_as_test(machine, settings=settings(_SEARCH, **more))


@pytest.mark.parametrize("how", SEARCHES)
@pytest.mark.parametrize("fault", SEEDED)
def test_the_machine_finds_it(fault: Callable[[Patch], None], how: str, monkeypatch: Patch) -> None:
    fault(monkeypatch)
    # Also when another version of Hypothesis goes other ways from a seed.
    numbers = [SEEDED[fault], *MANY] if how == "fixed" else MANY
    # What must never be, or, in the end, a recovery that never comes to one.
    with pytest.raises((AssertionError, UnresolvedError)) as caught:
        for number in numbers:
            search(number)
    told = str(caught.value)
    signs = ("is held by", "running", ".gone", "neither finish")
    assert any(sign in told for sign in signs), told


@pytest.mark.parametrize("number", sorted(set(SEEDED.values())))
def test_it_finds_nothing_without_the_fault(number: int) -> None:
    search(number, max_examples=8)


@pytest.mark.parametrize("how", SEARCHES)
@pytest.mark.parametrize("fault", SEEDED_DISKS)
def test_the_machine_with_disks_finds_it(
    fault: Callable[[Patch], None], how: str, monkeypatch: Patch
) -> None:
    fault(monkeypatch)
    numbers = [SEEDED_DISKS[fault], *MANY] if how == "fixed" else MANY
    with pytest.raises(AssertionError) as caught:
        for number in numbers:
            search(number, DiskMachine)
    told = str(caught.value)
    assert any(sign in told for sign in ("/web-", "two write to it")), told


@pytest.mark.parametrize("number", sorted(set(SEEDED_DISKS.values())))
def test_the_machine_with_disks_finds_nothing_without_the_fault(number: int) -> None:
    search(number, DiskMachine, max_examples=8)
