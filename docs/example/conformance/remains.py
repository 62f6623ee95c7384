"""What must be kept, and what must be gone: memory, leases, and all of what was given up."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

import pytest

import hypervisor
from hypervisor import Connection, Domain, Options
from hypervisor.drivers import state_file
from hypervisor.migration import host as hosts
from hypervisor.migration.lease import Lease
from hypervisor.remote.connection import RemoteHost

from . import needs
from .by_hand import GUEST, ByHand, Pair, state_of
from .by_hand import fixture as fixture
from .guests import define, started

#: How long a guest may take until its clock ticks, if it has one.
TICK_SECONDS = 5.0

# -- memory


@pytest.mark.parametrize("protocol", needs.protocols("v1", "v2", "v3"))
@needs.pauses
def test_a_guest_keeps_its_memory(pair: Pair, protocol: str, tmp_path: Path) -> None:
    domain = started(pair[0])
    suspend_with_memory(domain)
    before = memory_of(domain, tmp_path / "before")
    moved = hypervisor.domain_migrate(domain, pair[1], Options(protocol=protocol))
    after = memory_of(moved, tmp_path / "after")
    assert after == before, (
        "Perform sends the guest's memory, and Finish starts it with that and no other"
    )


@needs.pauses
@pytest.mark.parametrize("step", ["prepare", "perform", "finish"])
def test_a_guest_keeps_its_memory_when_its_migration_is_undone(
    by_hand: ByHand, step: str, tmp_path: Path
) -> None:
    domain = Domain(by_hand.pair[0], GUEST)
    suspend_with_memory(domain)
    before = memory_of(domain, tmp_path / "before")
    by_hand.until(step).undo()
    after = memory_of(domain, tmp_path / "after")
    assert after == before, f"undone before {step}: the source goes on with the memory it had"


def suspend_with_memory(domain: Domain) -> None:
    """Pause a guest, when its clock has ticked if it has one and nothing else shows its memory."""
    deadline = time.monotonic() + TICK_SECONDS
    while domain.driver.domain_save is None and hypervisor.domain_get_info(domain).ticks == 0:
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    hypervisor.domain_suspend(domain)


def memory_of(domain: Domain, path: Path) -> object:
    """Give what can be seen of a paused guest's memory; it stays as it is.

    A driver that tells ticks shows them; one that saves guests shows what it writes. Skips the test
    when neither shows anything.
    """
    table = domain.driver
    seen: list[object] = [hypervisor.domain_get_info(domain).ticks]
    if table.domain_save is not None and table.domain_restore is not None:
        hypervisor.domain_save(domain, path)
        saved = state_file.read(str(path), table.name)
        seen.append(hashlib.sha256(saved.memory).hexdigest())
        hypervisor.domain_restore(domain.connection, path)
    if seen == [0]:
        pytest.skip(f"memory: driver {table.name!r} shows neither ticks nor saved guests")
    return seen


# -- what was given up


@pytest.mark.parametrize("step", ["perform", "finish"])
def test_what_was_expected_is_gone_when_it_is_given_up(by_hand: ByHand, step: str) -> None:
    by_hand.until(step).undo()
    given_up = by_hand.uri
    if by_hand.pair[1].driver.domain_undefine is not None:
        hypervisor.domain_undefine(define(by_hand.pair[1]))  # the name is free again
    again = ByHand(by_hand.pair).until("perform")
    again.uri, own = given_up, again.uri
    assert own != given_up, "Prepare gives each guest an address of its own"
    with pytest.raises(hypervisor.MigrationError):
        again.perform()
        pytest.fail("Perform reached a guest that Finish gave up: its address must be free")
    again.uri = own
    again.perform()
    again.finish()
    again.confirm()
    again.expect("confirm", "for the second migration, after the first was undone")


@needs.own_process
@pytest.mark.parametrize("step", ["perform", "finish"])
def test_nothing_runs_of_what_was_given_up(by_hand: ByHand, step: str) -> None:
    before = children()
    by_hand.until(step).undo()
    assert children() <= before, "discard leaves no process of a guest that Finish gave up"


@needs.own_process
def test_nobody_is_at_the_address_of_a_host_that_was_closed(by_hand: ByHand) -> None:
    by_hand.until("perform")
    hypervisor.connect_close(by_hand.pair[1])
    with pytest.raises(hypervisor.MigrationError):
        by_hand.perform()
        pytest.fail("Perform reached a host that was closed: closing gives up what is expected")
    by_hand.confirm(cancelled=True)
    assert state_of(by_hand.pair[0]) == "running", "a guest that was not sent goes on"


@needs.own_process
@needs.v3
def test_nothing_runs_of_a_host_that_was_closed(pair: Pair) -> None:
    before = children()
    domain = started(pair[0])
    migrating = ByHand(pair).until("finish")
    hypervisor.connect_close(pair[1])
    hypervisor.connect_close(pair[0])
    assert children() <= before, "closing ends the guests of a host, here and expected"
    with pytest.raises(hypervisor.ConnectionClosedError):
        migrating.confirm(cancelled=True)
    with pytest.raises(hypervisor.ConnectionClosedError):
        hypervisor.domain_get_info(domain)


def children() -> set[int]:
    """Give the processes that this one has started; none where that cannot be seen."""
    if not sys.platform.startswith("linux"):
        return set()
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


# -- leases

# after this step, whether the source and the destination hold the lease, why
HELD = [
    ("begin", (True, False), "Begin offers the lease, and keeps it"),
    ("prepare", (True, False), "Prepare expects the lease, and takes nothing"),
    ("perform", (False, False), "Perform drops the lease, so that the source cannot go on"),
    ("finish", (False, True), "Finish takes the lease before it starts the guest"),
    ("confirm", (False, True), "Confirm changes nothing about the lease of a guest that moved"),
]


def test_the_lease_is_where_each_step_leaves_it(by_hand: ByHand) -> None:
    for step, wanted, why in HELD:
        getattr(by_hand, step)()
        assert holders(by_hand.pair) == wanted, f"after {step}: {why}"


@pytest.mark.parametrize("step", ["prepare", "perform", "finish"])
def test_the_source_has_its_lease_again_when_all_is_undone(by_hand: ByHand, step: str) -> None:
    by_hand.until(step).undo()
    assert holders(by_hand.pair) == (True, False), "who runs the guest holds its lease"


@needs.v3
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(call, marks=pytest.mark.needs_slots(call))
        for call in ("domain_destroy", "domain_shutdown")
    ],
)
def test_a_guest_that_ended_holds_no_lease(pair: Pair, call: str) -> None:
    domain = started(pair[0])
    assert holders(pair) == (True, False), "a guest that is active holds its lease"
    getattr(hypervisor, call)(domain)
    assert holders(pair) == (False, False), f"{call} ends the guest, so its lease is free"
    hypervisor.domain_create(domain)
    assert holders(pair) == (True, False), "a guest that is started again holds it again"


def holders(pair: tuple[Connection, ...]) -> tuple[bool, ...]:
    """Tell which hosts hold the guest's lease."""
    return tuple(_held(one) is not None for one in pair)


def _held(connection: Connection) -> Lease | None:
    """Give the lease that a host holds of the guest, wherever the host is."""
    if isinstance(connection.private_data, RemoteHost):
        return connection.private_data.peer.lease(GUEST)
    return hosts.of(connection).locks.held(GUEST)
