"""What every driver whose guests migrate must do alike, for each protocol that its table lists.

The steps are called by hand, as the coordinator would, so that each can be looked at: what it
answers, what it leaves, what it refuses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import hypervisor
from hypervisor import Domain, Options
from hypervisor.migration import protocols
from hypervisor.values import Token

from .by_hand import GUEST, ByHand, Pair, state_of, supported
from .by_hand import fixture as fixture
from .guests import define, require, require_here, started

#: How long an event of another process may take until it is here.
TOLD_SECONDS = 20.0

# -- from one host to the other


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3", "v3-tunnelled"])
@pytest.mark.parametrize("state", ["running", "paused"])
def test_a_guest_moves_and_is_what_it_was(pair: Pair, protocol: str, state: str) -> None:
    chosen = supported(pair, protocol)
    source, destination = pair
    domain = started(source, state)
    before = hypervisor.domain_dump_description(domain)
    options = Options(protocol=protocol, tunnelled=chosen.tunnelled)
    moved = hypervisor.domain_migrate(domain, destination, options)
    assert (moved.connection, moved.name) == (destination, GUEST)
    assert state_of(destination) == state
    assert state_of(source) == "shutoff"
    assert hypervisor.domain_dump_description(moved) == before


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3"])
def test_a_guest_that_moved_can_be_used_and_moved_back(pair: Pair, protocol: str) -> None:
    supported(pair, protocol)
    source, destination = pair
    options = Options(protocol=protocol)
    moved = hypervisor.domain_migrate(started(source), destination, options)
    hypervisor.domain_suspend(moved)
    hypervisor.domain_resume(moved)
    back = hypervisor.domain_migrate(moved, source, options)
    assert (state_of(source), state_of(destination)) == ("running", "shutoff")
    hypervisor.domain_destroy(back)


def test_a_guest_may_have_another_name_there(pair: Pair) -> None:
    supported(pair, "v3")
    source, destination = pair
    moved = hypervisor.domain_migrate(started(source), destination, Options(dname="other"))
    assert moved.name == "other"
    assert state_of(destination, "other") == "running"
    assert state_of(destination) is None


def test_the_best_protocol_is_chosen(pair: Pair) -> None:
    supported(pair, "v3")
    domain = started(pair[0])
    assert hypervisor.domain_migration(domain, pair[1]).protocol == "v3"


def test_hosts_tell_of_every_step(pair: Pair) -> None:
    supported(pair, "v3")
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


# before this step, the guest on the source, the guest on the destination
BETWEEN = [
    ("begin", "running", None),
    ("prepare", "running", None),
    ("perform", "running", None),
    ("finish", "paused", None),
    ("confirm", "paused", "running"),
]


@pytest.mark.parametrize(
    ("step", "there", "here"),
    [pytest.param(*case, id=f"before {case[0]}") for case in BETWEEN],
)
def test_the_guest_is_where_each_step_leaves_it(
    by_hand: ByHand, step: str, there: str, here: str | None
) -> None:
    by_hand.until(step)
    assert state_of(by_hand.pair[0]) == there
    assert state_of(by_hand.pair[1]) == here


@pytest.mark.parametrize("step", protocols.V3.steps)
def test_a_repeated_step_gives_the_same_answer(by_hand: ByHand, step: str) -> None:
    by_hand.until(step)
    first = getattr(by_hand, step)()
    between = state_of(by_hand.pair[0]), state_of(by_hand.pair[1])
    assert getattr(by_hand, step)() == first
    assert (state_of(by_hand.pair[0]), state_of(by_hand.pair[1])) == between


@pytest.mark.parametrize("step", protocols.V3.steps)
def test_a_step_of_an_older_epoch_is_refused(by_hand: ByHand, step: str) -> None:
    old = by_hand.token
    by_hand.until(step)
    by_hand.token = old.next()
    getattr(by_hand, step)()
    by_hand.token = old
    with pytest.raises(hypervisor.LateStepError, match="epoch 1"):
        getattr(by_hand, step)()


@pytest.mark.parametrize("step", protocols.V3.steps[1:])
def test_a_migration_can_be_undone_before_it_is_finished(by_hand: ByHand, step: str) -> None:
    by_hand.until(step)
    name, _ = by_hand.finish(cancelled=True)
    if step == "confirm":
        assert name == GUEST  # it runs there by now, and that is final
        by_hand.confirm()
        assert (state_of(by_hand.pair[0]), state_of(by_hand.pair[1])) == ("shutoff", "running")
    else:
        assert name is None
        by_hand.confirm(cancelled=True)
        assert (state_of(by_hand.pair[0]), state_of(by_hand.pair[1])) == ("running", None)


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
    assert (state_of(by_hand.pair[0]), state_of(by_hand.pair[1])) == ("running", None)


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


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("step", ["prepare", "perform", "finish", "confirm"])
def test_no_other_call_touches_a_guest_on_its_way(by_hand: ByHand, step: str, call: str) -> None:
    if getattr(by_hand.pair[0].driver, call) is None:
        pytest.skip(f"the driver has no {call}")
    by_hand.until(step)
    before = state_of(by_hand.pair[0])
    with pytest.raises(hypervisor.InvalidStateError, match="migrated"):
        CALLS[call](Domain(by_hand.pair[0], GUEST))
    assert state_of(by_hand.pair[0]) == before


def test_a_guest_on_its_way_cannot_leave_twice(by_hand: ByHand) -> None:
    by_hand.begin()
    second = ByHand(by_hand.pair)
    with pytest.raises(hypervisor.InvalidStateError, match="already"):
        second.begin()


def test_a_name_that_is_expected_is_taken(by_hand: ByHand) -> None:
    by_hand.until("perform")
    with pytest.raises(hypervisor.InvalidStateError, match="migrated"):
        define(by_hand.pair[1])


def test_a_name_that_is_expected_is_not_restored_over(by_hand: ByHand, tmp_path: Path) -> None:
    destination = by_hand.pair[1]
    require(destination, "domain_save", "domain_restore")
    saved = started(destination)
    hypervisor.domain_save(saved, tmp_path / "saved")
    hypervisor.domain_undefine(saved)
    by_hand.until("perform")
    with pytest.raises(hypervisor.InvalidStateError, match="migrated"):
        hypervisor.domain_restore(destination, tmp_path / "saved")
    assert state_of(destination) is None


def test_an_active_guest_is_not_replaced(by_hand: ByHand) -> None:
    other = define(by_hand.pair[1])
    hypervisor.domain_create(other)
    by_hand.begin()
    with pytest.raises(hypervisor.InvalidStateError):
        by_hand.prepare()
    assert state_of(by_hand.pair[1]) == "running"


@pytest.mark.parametrize("step", protocols.V3.steps)
def test_a_hook_may_refuse_any_step(pair: Pair, step: str) -> None:
    require_here(*pair)
    supported(pair, "v3")

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
        assert (state_of(pair[0]), state_of(pair[1])) == ("running", None)
    else:
        # By then the guest was sent, and recovery goes on with it.
        hypervisor.domain_migrate(domain, pair[1])
        assert (state_of(pair[0]), state_of(pair[1])) == ("shutoff", "running")
    assert refused


@pytest.mark.parametrize("step", protocols.V3.steps)
def test_cancelling_works_at_any_step(pair: Pair, step: str) -> None:
    require_here(*pair)
    supported(pair, "v3")
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
        assert answers == [False]
        assert (state_of(pair[0]), state_of(pair[1])) == ("shutoff", "running")
    else:
        with pytest.raises(hypervisor.MigrationCancelledError):
            migration.run()
        assert answers == [True]
        assert (state_of(pair[0]), state_of(pair[1])) == ("running", None)


def test_a_host_that_closes_leaves_nothing_of_what_it_expected(by_hand: ByHand) -> None:
    require_here(by_hand.pair[1])
    by_hand.until("finish")
    hypervisor.connect_close(by_hand.pair[1])
    with pytest.raises(hypervisor.ConnectionClosedError):
        by_hand.finish()
    assert state_of(by_hand.pair[0]) == "paused"
