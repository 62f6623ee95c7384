"""What every driver whose guests migrate must do alike, for each protocol that its table lists.

The steps are called by hand, as the coordinator would, so that each can be looked at: what it
answers, what it leaves, what it refuses.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import hypervisor
from hypervisor import Domain, Options
from hypervisor.migration import protocols
from hypervisor.values import MigrateFlag, Token

from . import needs
from .by_hand import GUEST, ByHand, Pair, expect_states, state_of
from .by_hand import fixture as fixture
from .guests import define, started

#: How long an event of another process may take until it is here.
TOLD_SECONDS = 20.0

# -- from one host to the other


@pytest.mark.parametrize("protocol", needs.protocols("v1", "v2", "v3", "v3-tunnelled"))
@pytest.mark.parametrize("state", ["running", pytest.param("paused", marks=needs.pauses)])
def test_a_guest_moves_and_is_what_it_was(pair: Pair, protocol: str, state: str) -> None:
    source, destination = pair
    domain = started(source, state)
    before = hypervisor.domain_dump_description(domain)
    options = Options(protocol=protocol, tunnelled=protocols.BY_NAME[protocol].tunnelled)
    moved = hypervisor.domain_migrate(domain, destination, options)
    assert (moved.connection, moved.name) == (destination, GUEST), "where the guest is by now"
    expect_states(pair, ("shutoff", state), f"a guest that was {state} arrives so, and leaves")
    after = hypervisor.domain_dump_description(moved)
    assert after == before, f"{protocol} must keep what the guest is"


def test_a_guest_that_is_sent_live_runs_until_the_switch_over(by_hand: ByHand) -> None:
    source = by_hand.pair[0]
    needs.feature(source, "live")
    events: list[hypervisor.Event] = []
    hypervisor.connect_add_migration_listener(source, events.append)
    by_hand.flags = int(MigrateFlag.LIVE)
    for step in protocols.V3.steps:
        getattr(by_hand, step)()
        by_hand.expect(step, "of a guest that is sent live")
    told = [event.kind.removeprefix("migration-") for event in awaited(events, "confirm")]
    rounds = told[1:-3]
    assert told[:1] + told[-3:] == ["begin", "switch-over", "perform", "confirm"], told
    assert rounds and set(rounds) == {"round"}, "each round is told, and then the switch-over"


@needs.own_process
@pytest.mark.parametrize("what", ["round", "switch-over"])
def test_a_guest_that_is_sent_live_goes_on_whatever_fails(by_hand: ByHand, what: str) -> None:
    source = by_hand.pair[0]
    needs.feature(source, "live")

    def fail(event: hypervisor.Event) -> None:
        if event.kind == f"migration-{what}":
            raise OSError("it failed")

    hypervisor.connect_add_migration_hook(source, fail)
    by_hand.flags = int(MigrateFlag.LIVE)
    by_hand.until("perform")
    with pytest.raises((hypervisor.MigrationError, OSError), match="it failed"):
        by_hand.perform()
    by_hand.expect("prepare", f"and a {what} that failed, before which nothing is paused")
    by_hand.undo()
    by_hand.expect("undo", f"since a {what} failed")


def test_a_guest_that_may_be_split_arrives_whole(pair: Pair) -> None:
    source, destination = pair
    domain = started(source)
    needs.feature(source, "postcopy")
    assert source.driver.domain_migrate_start_post_copy is not None, "it can be told when, by hand"
    before = hypervisor.domain_dump_description(domain)
    options = Options(live=True, postcopy=True, downtime=0, iterations=1)
    moved = hypervisor.domain_migrate(domain, destination, options)
    expect_states(pair, ("shutoff", "running"), "Finish answers when all of its memory is there")
    assert hypervisor.domain_dump_description(moved) == before, "post-copy keeps what the guest is"


@needs.own_process
def test_a_guest_that_may_be_split_is_taken_back_until_it_goes_on(by_hand: ByHand) -> None:
    source = by_hand.pair[0]
    needs.feature(source, "postcopy")

    def split(event: hypervisor.Event) -> None:
        if event.kind == "migration-round":
            hypervisor.domain_migrate_start_post_copy(Domain(source, GUEST))

    hypervisor.connect_add_migration_hook(source, split)
    by_hand.flags = int(MigrateFlag.LIVE | MigrateFlag.POSTCOPY)
    by_hand.until("finish")
    by_hand.expect("perform", "of a guest that is split, or was sent whole")
    by_hand.undo()
    by_hand.expect("undo", "since it never went on at the destination")


@needs.v3
def test_a_driver_that_cannot_split_a_guest_refuses_that_by_name(pair: Pair) -> None:
    domain = started(pair[0])
    slot = pair[0].driver.connect_get_capabilities
    if slot is not None and "postcopy" in hypervisor.connect_get_capabilities(pair[0]).migration:
        pytest.skip("it can")
    with pytest.raises(hypervisor.MigrationError, match=r"option (postcopy|live): "):
        hypervisor.domain_migrate(domain, pair[1], Options(live=True, postcopy=True))
    expect_states(pair, ("running", None), "what cannot be had is refused, and changes nothing")


def awaited(events: list[hypervisor.Event], last: str) -> list[hypervisor.Event]:
    """Wait for the event of a step, which another process tells a moment later."""
    deadline = time.monotonic() + TOLD_SECONDS
    while not events or events[-1].kind != f"migration-{last}":
        assert time.monotonic() < deadline, f"no event of {last} within {TOLD_SECONDS:g} s"
        time.sleep(0.005)
    return events


@pytest.mark.parametrize("protocol", needs.protocols("v1", "v2", "v3"))
def test_a_guest_that_moved_can_be_used_and_moved_back(pair: Pair, protocol: str) -> None:
    source, destination = pair
    options = Options(protocol=protocol)
    moved = hypervisor.domain_migrate(started(source), destination, options)
    if moved.driver.domain_resume is not None:
        hypervisor.domain_suspend(moved)
        hypervisor.domain_resume(moved)
    back = hypervisor.domain_migrate(moved, source, options)
    expect_states(pair, ("running", "shutoff"), "a guest that moved can move back")
    hypervisor.domain_destroy(back)


@needs.v3
def test_a_guest_may_have_another_name_there(pair: Pair) -> None:
    source, destination = pair
    moved = hypervisor.domain_migrate(started(source), destination, Options(dname="other"))
    assert moved.name == "other"
    assert state_of(destination, "other") == "running", "Finish starts it under its name there"
    assert state_of(destination) is None, "its name on the source means nothing there"


@needs.v3
def test_the_best_protocol_is_chosen(pair: Pair) -> None:
    domain = started(pair[0])
    assert hypervisor.domain_migration(domain, pair[1]).protocol == "v3"


@needs.v3
def test_hosts_tell_of_every_step(pair: Pair) -> None:
    told: tuple[list[str], list[str]] = [], []
    arrived = threading.Semaphore(0)

    def listener(side: int) -> Callable[[hypervisor.Event], None]:
        def listen(event: hypervisor.Event) -> None:
            told[side].append(event.kind)
            arrived.release()

        return listen

    for side, connection in enumerate(pair):
        hypervisor.connect_add_migration_listener(connection, listener(side))
    hypervisor.domain_migrate(started(pair[0]), pair[1])
    for _ in protocols.V3.steps:  # a host in another process tells a moment later
        assert arrived.acquire(timeout=TOLD_SECONDS)
    assert told == (
        ["migration-begin", "migration-perform", "migration-confirm"],
        ["migration-prepare", "migration-finish"],
    )


# -- step by step


def test_the_guest_is_where_each_step_leaves_it(by_hand: ByHand) -> None:
    by_hand.expect("nothing")
    for step in protocols.V3.steps:
        getattr(by_hand, step)()
        by_hand.expect(step)


@needs.pauses
def test_a_paused_guest_is_where_each_step_leaves_it(by_hand: ByHand) -> None:
    hypervisor.domain_suspend(Domain(by_hand.pair[0], GUEST))
    for step in protocols.V3.steps:
        getattr(by_hand, step)()
        by_hand.expect(step, paused=True)


def test_a_repeated_step_gives_the_same_answer(by_hand: ByHand) -> None:
    for step in protocols.V3.steps:
        first = getattr(by_hand, step)()
        between = by_hand.states()
        again = getattr(by_hand, step)()
        assert again == first, f"{step} is idempotent: repeated, it gives the same answer"
        expect_states(by_hand.pair, between, f"{step} is idempotent: it has no second effect")


def test_a_step_of_an_older_epoch_is_refused(by_hand: ByHand) -> None:
    for step in protocols.V3.steps:
        old = by_hand.token
        by_hand.token = old.next()
        getattr(by_hand, step)()
        between = by_hand.states()
        late = replace(by_hand, token=old)
        with pytest.raises(hypervisor.LateStepError, match=f"epoch {old.epoch}"):
            getattr(late, step)()
        expect_states(by_hand.pair, between, f"a {step} that is refused has no effect")


@pytest.mark.parametrize("step", protocols.V3.steps[1:])
def test_a_migration_can_be_undone_before_it_is_finished(by_hand: ByHand, step: str) -> None:
    by_hand.until(step)
    name, _ = by_hand.finish(cancelled=True)
    if step == "confirm":
        assert name == GUEST, "a Finish that started the guest is final, even if cancelled later"
        by_hand.confirm()
        by_hand.expect("confirm", "since Finish was final")
    else:
        assert name is None, "a Finish that is cancelled gives the guest up"
        by_hand.confirm(cancelled=True)
        by_hand.expect("undo", f"before {step}")


@needs.pauses
@pytest.mark.parametrize("step", ["prepare", "perform", "finish"])
def test_a_paused_guest_is_still_paused_when_its_migration_is_undone(
    by_hand: ByHand, step: str
) -> None:
    hypervisor.domain_suspend(Domain(by_hand.pair[0], GUEST))
    by_hand.until(step).undo()
    by_hand.expect("undo", f"before {step}", paused=True)


@pytest.mark.parametrize("step", protocols.V3.steps[1:])
def test_steps_after_the_end_are_late(by_hand: ByHand, step: str) -> None:
    by_hand.until("perform")
    by_hand.finish(cancelled=True)
    by_hand.confirm(cancelled=True)
    if step == "prepare":
        by_hand.token = Token(by_hand.token.migration)
        assert by_hand.prepare() is not None  # the answer of then, and nothing else happens
    elif step == "perform":
        with pytest.raises(hypervisor.LateStepError):
            by_hand.perform()
    elif step == "finish":
        by_hand.cookies["perform"] = b"whatever"
        assert by_hand.finish()[0] is None
    else:
        with pytest.raises(hypervisor.LateStepError):
            by_hand.confirm(cancelled=False)
    by_hand.expect("undo", f"and a late {step}")


# -- nothing else may touch the guest meanwhile

CALLS: dict[str, Callable[[Domain], object]] = {
    "domain_suspend": hypervisor.domain_suspend,
    "domain_resume": hypervisor.domain_resume,
    "domain_shutdown": hypervisor.domain_shutdown,
    "domain_reset": hypervisor.domain_reset,
    "domain_destroy": hypervisor.domain_destroy,
    "domain_create": hypervisor.domain_create,
    "domain_undefine": hypervisor.domain_undefine,
}


@pytest.mark.parametrize("step", ["prepare", "perform", "finish", "confirm"])
def test_no_other_call_touches_a_guest_on_its_way(by_hand: ByHand, step: str) -> None:
    source = by_hand.until(step).pair[0]
    before = state_of(source)
    for name, call in CALLS.items():
        if getattr(source.driver, name) is not None:
            with pytest.raises(hypervisor.InvalidStateError, match="migrated"):
                call(Domain(source, GUEST))
            assert state_of(source) == before, f"{name} was refused and changes nothing"


def test_a_guest_on_its_way_cannot_leave_twice(by_hand: ByHand) -> None:
    by_hand.begin()
    second = ByHand(by_hand.pair)
    with pytest.raises(hypervisor.InvalidStateError, match="already"):
        second.begin()


def test_a_name_that_is_expected_is_taken(by_hand: ByHand) -> None:
    by_hand.until("perform")
    with pytest.raises(hypervisor.InvalidStateError, match="migrated"):
        define(by_hand.pair[1])


@needs.state_files
def test_a_name_that_is_expected_is_not_restored_over(by_hand: ByHand, tmp_path: Path) -> None:
    destination = by_hand.pair[1]
    saved = started(destination)
    hypervisor.domain_save(saved, tmp_path / "saved")
    hypervisor.domain_undefine(saved)
    by_hand.until("perform")
    with pytest.raises(hypervisor.InvalidStateError, match="migrated"):
        hypervisor.domain_restore(destination, tmp_path / "saved")
    assert state_of(destination) is None, "what was refused has not come back"


def test_an_active_guest_is_not_replaced(by_hand: ByHand) -> None:
    other = define(by_hand.pair[1])
    hypervisor.domain_create(other)
    by_hand.begin()
    with pytest.raises(hypervisor.InvalidStateError):
        by_hand.prepare()
    assert state_of(by_hand.pair[1]) == "running", "Prepare must not end a guest that is active"


@needs.own_process
@needs.v3
@pytest.mark.parametrize("step", protocols.V3.steps)
def test_a_hook_may_refuse_any_step(pair: Pair, step: str) -> None:

    def refuse(event: hypervisor.Event) -> None:
        if event.kind == f"migration-{step}" and not refused:
            refused.append(event.kind)
            raise hypervisor.MigrationError(f"{step} is not welcome")

    refused: list[str] = []
    for connection in pair:
        hypervisor.connect_add_migration_hook(connection, refuse)
    domain = started(pair[0])
    if step in ("begin", "prepare", "perform"):
        with pytest.raises(hypervisor.MigrationError, match="not welcome"):
            hypervisor.domain_migrate(domain, pair[1])
        expect_states(
            pair, ("running", None), f"{step} was refused before Finish, so all is undone"
        )
    else:
        # By then the guest was sent, and recovery goes on with it.
        hypervisor.domain_migrate(domain, pair[1])
        expect_states(pair, ("shutoff", "running"), f"{step} was refused once, and asked for again")
    assert refused, f"hooks are asked before {step}"


@needs.own_process
@needs.v3
@pytest.mark.parametrize("step", protocols.V3.steps)
def test_cancelling_works_at_any_step(pair: Pair, step: str) -> None:
    domain = started(pair[0])
    migration = hypervisor.domain_migration(domain, pair[1])
    answers: list[bool] = []

    def cancel(event: hypervisor.Event) -> None:
        if event.kind == f"migration-{step}" and not answers:
            answers.append(migration.cancel())

    for connection in pair:
        hypervisor.connect_add_migration_hook(connection, cancel)
    if step in ("finish", "confirm"):
        migration.run()
        assert answers == [False], f"{step} comes when it is too late to cancel"
        expect_states(pair, ("shutoff", "running"), f"it was too late to cancel at {step}")
    else:
        with pytest.raises(hypervisor.MigrationCancelledError):
            migration.run()
        assert answers == [True], f"{step} comes before Finish, so it can be undone"
        expect_states(pair, ("running", None), f"it was cancelled at {step}, before Finish")


@needs.own_process
def test_a_host_that_closes_leaves_nothing_of_what_it_expected(by_hand: ByHand) -> None:
    by_hand.until("finish")
    hypervisor.connect_close(by_hand.pair[1])
    with pytest.raises(hypervisor.ConnectionClosedError):
        by_hand.finish()
    assert state_of(by_hand.pair[0]) == "paused", "what was sent waits for a proof, whoever closes"
