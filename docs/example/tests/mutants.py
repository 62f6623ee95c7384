"""Drivers with one fault each: `memory`, but for what the fault's sentence says. The kit finds all.

Each stands in FOUND with the test of the kit that must fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance import migration, remains
from hypervisor import DomainState, HypervisorDriver
from hypervisor.description import GuestDescription
from hypervisor.driver import Connection
from hypervisor.drivers.memory import driver as memory
from hypervisor.drivers.memory.host import MemoryHost
from hypervisor.drivers.memory.migration import MemoryBackend, MemoryIncoming, MemoryOutgoing
from hypervisor.migration.host import Host


def mutant(
    outgoing: type[MemoryOutgoing] = MemoryOutgoing,
    incoming: type[MemoryIncoming] = MemoryIncoming,
    host: type[MemoryHost] = MemoryHost,
    **slots: Any,
) -> HypervisorDriver:
    """Give the table of the memory driver with some of its parts exchanged."""

    class Backend(MemoryBackend):
        def outgoing(self, name: str) -> MemoryOutgoing:
            found = super().outgoing(name)
            found.__class__ = outgoing
            return found

        def incoming(self, name: str, *args: Any) -> MemoryIncoming:
            found = super().incoming(name, *args)
            found.__class__ = incoming
            return found

    def connect_open(path: str) -> MemoryHost:
        opened = host()
        opened.migrations = Host(Backend(opened))
        return opened

    return replace(memory.MEMORY_DRIVER, **{"connect_open": connect_open, **slots})


class _Forgetful(MemoryIncoming):
    def run(self, paused: bool) -> None:
        super().run(paused)
        self._host.guests[self._name].memory = b"a new life"


class _Eager(MemoryOutgoing):
    def resume(self) -> None:
        self._guest.state = DomainState.RUNNING


class _GoesOn(MemoryOutgoing):
    def send_split(self, *args: Any) -> str | None:
        digest = super().send_split(*args)
        self.resume()
        return digest


class _Running(MemoryIncoming):
    def run(self, paused: bool) -> None:
        super().run(paused)
        self._host.guests[self._name].state = DomainState.RUNNING


class _Early(MemoryIncoming):
    def receive(self, data: bytes) -> None:
        super().receive(data)
        self.run(False)


class _Renamed(MemoryIncoming):
    def run(self, paused: bool) -> None:
        super().run(paused)
        self._host.guests[self._name].description = GuestDescription(self._name)


class _Untidy(MemoryIncoming):
    def discard(self) -> None:
        pass


class _Restless(MemoryOutgoing):
    def pause(self) -> None:
        pass


class _Immortal(MemoryOutgoing):
    def kill(self) -> None:
        pass


class _Clinging(MemoryHost):
    def end(self, guest: Any) -> None:
        held = self.migrations.locks.held(guest.description.name)
        super().end(guest)
        if held is not None:
            self.migrations.locks.hold(guest.description.name)


class _Heedless(MemoryHost):
    def free(self, name: str, call: str) -> Any:
        return self.find(name)


def _left_open(connection: Connection) -> None:
    host = connection.private_data
    assert isinstance(host, MemoryHost)
    host.guests.clear()


MEMORY_IS_LOST = mutant(incoming=_Forgetful)
UNDO_RESUMES = mutant(outgoing=_Eager)
DISCARD_DOES_NOTHING = mutant(incoming=_Untidy)
CLOSING_LEAVES_WHAT_IS_EXPECTED = mutant(connect_close=_left_open)
PAUSED_GUESTS_ARRIVE_RUNNING = mutant(incoming=_Running)
GUESTS_RUN_BEFORE_FINISH = mutant(incoming=_Early)
DESCRIPTION_IS_LOST = mutant(incoming=_Renamed)
SOURCE_RUNS_ON = mutant(outgoing=_Restless)
SOURCE_KEEPS_ITS_COPY = mutant(outgoing=_Immortal)
LEASE_IS_KEPT = mutant(host=_Clinging)
CALLS_TOUCH_WHAT_MIGRATES = mutant(host=_Heedless)

SPLIT_GOES_ON = mutant(outgoing=_GoesOn)

#: Mutant, the test that finds it, with which parameters, and what it says.
FOUND: list[tuple[HypervisorDriver, Callable[..., None], dict[str, str], str]] = [
    (
        MEMORY_IS_LOST,
        *(remains.test_a_guest_keeps_its_memory, {"protocol": "v3"}),
        "Finish starts it with that and no other",
    ),
    (
        SPLIT_GOES_ON,
        *(migration.test_a_guest_that_may_be_split_is_taken_back_until_it_goes_on, {}),
        "source: expected a guest that is paused, found a guest that is running",
    ),
    (
        UNDO_RESUMES,
        *(migration.test_a_paused_guest_is_still_paused_when_its_migration_is_undone,),
        *({"step": "finish"}, "source: expected a guest that is paused, found a guest that is run"),
    ),
    (
        DISCARD_DOES_NOTHING,
        *(remains.test_what_was_expected_is_gone_when_it_is_given_up, {"step": "finish"}),
        "its address must be free",
    ),
    (
        CLOSING_LEAVES_WHAT_IS_EXPECTED,
        *(remains.test_nobody_is_at_the_address_of_a_host_that_was_closed, {}),
        "Perform reached a host that was closed",
    ),
    (
        PAUSED_GUESTS_ARRIVE_RUNNING,
        *(migration.test_a_paused_guest_is_where_each_step_leaves_it, {}),
        "destination: expected a guest that is paused, found a guest that is running",
    ),
    (
        GUESTS_RUN_BEFORE_FINISH,
        *(migration.test_the_guest_is_where_each_step_leaves_it, {}),
        "only Finish starts the guest there",
    ),
    (
        DESCRIPTION_IS_LOST,
        *(migration.test_a_guest_moves_and_is_what_it_was, {"protocol": "v3", "state": "running"}),
        "v3 must keep what the guest is",
    ),
    (
        SOURCE_RUNS_ON,
        *(migration.test_the_guest_is_where_each_step_leaves_it, {}),
        "after perform: the source must not go on with what it sent",
    ),
    (
        SOURCE_KEEPS_ITS_COPY,
        *(migration.test_the_guest_is_where_each_step_leaves_it, {}),
        "after confirm: Confirm ends the copy on the source",
    ),
    (
        LEASE_IS_KEPT,
        *(remains.test_a_guest_that_ended_holds_no_lease, {"call": "domain_destroy"}),
        "domain_destroy ends the guest, so its lease is free",
    ),
    (
        CALLS_TOUCH_WHAT_MIGRATES,
        *(migration.test_no_other_call_touches_a_guest_on_its_way, {"step": "prepare"}),
        "DID NOT RAISE",
    ),
]
#: Is red as a whole: whatever test is asked for, the claim fails.
CONFIRM_IS_MISSING = mutant(domain_migrate_confirm3=None)
