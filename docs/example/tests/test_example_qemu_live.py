"""QEMU guests that run while they are sent: what is killed, stopped or too slow there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

import hypervisor
from example_helpers import await_ticks, state_of, ticks
from hypervisor import Event, MigrationError, Options
from hypervisor.drivers.process import os_state
from hypervisor.drivers.process.os_state import OsState
from test_example_qemu_migration import (
    GUEST,
    Pair,
    amid_finish,
    assert_goes_on_at_source,
    await_sending,
    counting,
    expected,
    in_background,
    machine,
    there,
)

LIVE = Options(live=True)
#: A whole guest is some 80 KB on its way: at this rate it takes a second.
RATE = 64 * 1024
SLOWLY = Options(live=True, bandwidth=1)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a limit of bandwidth be RATE."""
    monkeypatch.setattr("hypervisor.drivers.qemu.migration.MIB", RATE)


def amid(pair: Pair, what: str, act: Callable[[], object]) -> None:
    """Do something just before a round or the switch-over, once."""
    left = [act]

    def hook(event: Event) -> None:
        if event.kind == f"migration-{what}" and left:
            left.pop()()

    hypervisor.connect_add_migration_hook(pair[0], hook)


def test_the_counter_goes_on_from_where_it_was_and_counts_until_then(
    qemu_pair: Pair, slow: None
) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life, before = machine(source).life(), ticks(domain)
    at_switch: list[int] = []
    amid_finish(destination, lambda: at_switch.append(machine(source).ticks()))
    with in_background(lambda: hypervisor.domain_migrate(domain, destination, SLOWLY)) as errors:
        await_sending(source)
        await_ticks(domain, before + 20)
        assert machine(source).query_status() == "running"
    assert errors == []
    moved = hypervisor.domain_lookup(destination, GUEST)
    await_ticks(moved, at_switch[0])
    assert (at_switch[0] > before + 20, machine(destination).life()) == (True, life)
    job = hypervisor.domain_get_job(domain)
    # Paused for a small part of the time that it took; see docs/migration.md for figures.
    assert job.downtime < 300 < job.milliseconds


def test_it_tells_how_far_it_is(qemu_pair: Pair, slow: None) -> None:
    domain = counting(qemu_pair[0])
    with in_background(lambda: hypervisor.domain_migrate(domain, qemu_pair[1], SLOWLY)):
        await_sending(qemu_pair[0])
        job = hypervisor.domain_get_job(domain)
        hypervisor.domain_abort_job(domain)
    assert (job.state, job.step) == ("open", "perform") and 0 < job.sent < job.total


@pytest.mark.parametrize("what", ["round", "switch-over"])
def test_the_source_goes_on_when_the_destination_is_killed(qemu_pair: Pair, what: str) -> None:
    domain = counting(qemu_pair[0])
    life, seen = machine(qemu_pair[0]).life(), ticks(domain)
    amid(qemu_pair, what, lambda: os.kill(expected(qemu_pair[1]).pid, signal.SIGKILL))
    with pytest.raises(MigrationError, match="the source has the guest"):
        hypervisor.domain_migrate(domain, qemu_pair[1], LIVE)
    assert_goes_on_at_source(qemu_pair, life, seen)


@pytest.mark.parametrize("what", ["round", "switch-over"])
def test_a_destination_that_hangs_is_given_up_in_the_time_that_is_given(
    qemu_pair: Pair, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypervisor.drivers.qemu.machine.ANSWER_SECONDS", 1.0)
    domain = counting(qemu_pair[0])
    life, seen = machine(qemu_pair[0]).life(), ticks(domain)
    hung: list[int] = []

    def stop() -> None:
        hung.append(expected(qemu_pair[1]).pid)
        os.kill(hung[0], signal.SIGSTOP)

    amid(qemu_pair, what, stop)
    begun = time.monotonic()
    # A guest of this size fits into a socket, so it is sent as far as its source can tell.
    with pytest.raises(MigrationError, match="the source has the guest"):
        hypervisor.domain_migrate(
            domain, qemu_pair[1], Options(live=True, timeout=1, timeout_action="abort")
        )
    assert time.monotonic() - begun < 15
    assert_goes_on_at_source(qemu_pair, life, seen)
    assert os_state.read(hung[0]) is OsState.GONE


@pytest.mark.parametrize("what", ["round", "switch-over"])
def test_a_guest_that_is_killed_while_it_is_sent_has_crashed(qemu_pair: Pair, what: str) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    waiting: list[int] = []

    def kill() -> None:
        waiting.append(expected(destination).pid)
        os.kill(machine(source).pid, signal.SIGKILL)

    amid(qemu_pair, what, kill)
    with pytest.raises(MigrationError):
        hypervisor.domain_migrate(domain, destination, LIVE)
    assert (there(source), there(destination)) == ("crashed", None)
    assert os_state.read(waiting[0]) is OsState.GONE


def test_what_takes_too_long_is_given_up(qemu_pair: Pair, slow: None) -> None:
    domain = counting(qemu_pair[0])
    life, seen = machine(qemu_pair[0]).life(), ticks(domain)
    options = Options(live=True, bandwidth=1, timeout=0.3)
    with pytest.raises(MigrationError, match=r"not sent within 0\.3 s"):
        hypervisor.domain_migrate(domain, qemu_pair[1], options)
    assert_goes_on_at_source(qemu_pair, life, seen)


def test_or_paused_then_and_sent(qemu_pair: Pair, slow: None) -> None:
    domain = counting(qemu_pair[0])
    options = Options(live=True, bandwidth=1, timeout=0.3, timeout_action="suspend")
    moved = hypervisor.domain_migrate(domain, qemu_pair[1], options)
    assert state_of(moved) == "running"
    assert hypervisor.domain_get_job(domain).downtime > 300


def test_it_can_go_over_several_connections(qemu_pair: Pair) -> None:
    source, destination = qemu_pair
    domain = counting(source)
    life, before = machine(source).life(), ticks(domain)
    hypervisor.domain_migrate(domain, destination, Options(live=True, parallel=4))
    assert machine(destination).life() == life
    back = hypervisor.domain_lookup(destination, GUEST)
    await_ticks(back, before)
    hypervisor.domain_migrate(back, source)  # and back over one
    assert machine(source).life() == life
