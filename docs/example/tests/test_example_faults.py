"""Every fault in every step: the promise of version 3 is kept, and the page says what happens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from faults import as_libvirt, deviations, memory, model, split, storage, tables
from faults.model import Case, Fault, Moment, Outcome, Run
from hypervisor.migration.protocols import BY_NAME, Version

PAGE = Path(__file__).resolve().parents[2] / "migration-outcomes.md"

Runs = Mapping[Case, Run]


@pytest.fixture(scope="module")
def runs() -> Runs:
    """Run them all, once."""
    return tables.run_all()


def recovered(runs: Runs, version: Version) -> Runs:
    """Give the cases of a version with recovery, whatever way the guest takes."""
    return {
        case: run
        for case, run in runs.items()
        if BY_NAME[case.protocol].version is version and case.recovery
    }


def test_every_step_meets_every_fault(runs: Runs) -> None:
    met = {(case.protocol, case.step, case.fault) for case in runs if case.protocol == "v3"}
    for step in ("begin", "prepare", "perform", "finish", "confirm"):
        for fault in set(Fault) - {Fault.CANCELLED}:
            takes_none = step == "begin" and "cookie" in fault.value
            assert (("v3", step, fault) in met) is not takes_none


def test_every_round_and_the_switch_over_meet_every_fault_of_theirs(runs: Runs) -> None:
    met = {(case.step, case.fault) for case in runs}
    elsewhere = {Fault.LATE, Fault.COOKIE_DAMAGED, Fault.COOKIE_MISSING}  # those are of messages
    for step in ("round 1", "round 2", "switch-over"):
        assert {fault for where, fault in met if where == step} == set(Fault) - elsewhere


def test_every_fault_struck(runs: Runs) -> None:
    assert [case for case, run in runs.items() if not run.struck] == []


def test_the_promise_of_version_3_with_recovery(runs: Runs) -> None:
    for case, run in recovered(runs, Version.V3).items():
        assert run.outcome in model.KEPT, case
        assert run.broken == (), case
        assert run.lease == run.running, case


def test_nothing_ever_runs_twice_and_no_lease_is_held_twice(runs: Runs) -> None:
    for case, run in runs.items():
        assert run.broken == (), case
        assert run.outcome is not Outcome.TWICE, case


def test_who_runs_the_guest_holds_its_lease(runs: Runs) -> None:
    for case, run in runs.items():
        if run.running:
            assert run.lease == run.running, case


@pytest.mark.parametrize("version", [Version.V1, Version.V2])
def test_recovery_cannot_save_every_guest_of_older_versions(runs: Runs, version: Version) -> None:
    # Their flaw is the point of version 3; a table without it would be a lie.
    lost = [case for case, run in recovered(runs, version).items() if run.outcome is Outcome.LOST]
    assert {(case.step, case.fault) for case in lost} == {
        ("perform", Fault.DESTINATION_DIES),
        ("finish", Fault.DESTINATION_DIES),
    }


def test_version_3_resumes_the_source_where_version_2_loses_the_guest(runs: Runs) -> None:
    fate = ("finish", Fault.DESTINATION_DIES, Moment.BEFORE, True)
    assert runs[Case("v2", *fate)].outcome is Outcome.LOST
    assert runs[Case("v3", *fate)].outcome is Outcome.STAYED


def test_recovery_makes_no_case_worse(runs: Runs) -> None:
    order = list(Outcome)
    for case, run in runs.items():
        if case.recovery:
            alone = runs[Case(**{**vars(case), "recovery": False})]
            kept = {Outcome.MOVED, Outcome.STAYED}
            better = run.outcome in kept or order.index(run.outcome) <= order.index(alone.outcome)
            assert better, (case, alone.outcome, run.outcome)


def test_the_page_says_what_the_runs_say(runs: Runs) -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert tables.page(runs, deviations.run_all(), storage.run_all(), split.run_all()) == written, (
        "run: cd docs/example && python -m faults ../migration-outcomes.md"
    )


def test_a_page_that_would_hide_a_difference_is_not_written(runs: Runs) -> None:
    odd = Case("v3-tunnelled", "confirm", Fault.HANGS, Moment.BEFORE, False)
    changed = {**runs, odd: Run(Outcome.LOST, True, (), (), ())}
    with pytest.raises(AssertionError, match="the page would not say so"):
        tables.page(changed, deviations.run_all(), {}, {})


def test_every_deviation_from_libvirt_is_told_with_what_it_changes(runs: Runs) -> None:
    libvirt = deviations.run_all()
    assert [case for case, run in libvirt.items() if not run.struck] == []
    told = dict(deviations.explained(libvirt, runs))
    assert list(told) == list(deviations.DEVIATIONS)
    assert sum(map(len, told.values())) == len(deviations.differing(libvirt, runs))


def test_as_libvirt_does_it_a_guest_runs_twice_when_the_answer_to_finish_is_lost() -> None:
    """As the comment of virDomainMigrateVersion3Full says of a failure of RPC."""
    lost = Case("v3", "finish", Fault.REPLY_LOST, Moment.BEFORE, recovery=False)
    assert as_libvirt.run(lost).outcome is Outcome.TWICE


@pytest.mark.parametrize(
    ("step", "fault", "outcome"),
    [
        ("begin", Fault.FAILS_BEFORE, Outcome.STAYED),
        ("prepare", Fault.FAILS_AFTER, Outcome.STAYED),  # Confirm, cancelled
        ("perform", Fault.COOKIE_DAMAGED, Outcome.STAYED),  # the source undoes it itself
        ("perform", Fault.REPLY_LOST, Outcome.PAUSED),  # and no Confirm tells it to
        ("finish", Fault.FAILS_BEFORE, Outcome.STAYED),  # Confirm, cancelled
        ("confirm", Fault.FAILS_BEFORE, Outcome.MOVED_REST),
    ],
)
def test_as_libvirt_does_it(step: str, fault: Fault, outcome: Outcome) -> None:
    case = Case("v3", step, fault, Moment.BEFORE, recovery=False)
    assert as_libvirt.run(case).outcome is outcome


def test_as_libvirt_does_it_a_migration_without_a_fault_succeeds() -> None:
    world = as_libvirt.LibvirtWorld(Case("v3", "none", Fault.HANGS, Moment.BEFORE, recovery=False))
    source, destination = (memory.FaultyPeer(world, side) for side in model.SIDES)
    as_libvirt.migrate(source, destination)
    assert (world.outcome(), world.broken, world.struck) == (Outcome.MOVED, [], False)


@pytest.mark.parametrize(("option", "status"), [("--help", 0), ("--nonsense", 2)])
def test_an_option_is_not_taken_for_a_page(option: str, status: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "faults", option]
    folder = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == status
    assert list(tmp_path.iterdir()) == []
