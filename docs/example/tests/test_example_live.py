"""Guests that run while they are sent: rounds, the switch-over, and what may happen in between."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import hypervisor
import live_downtime
from conformance.by_hand import GUEST, ByHand, state_of
from conformance.guests import started
from example_helpers import await_ticks, eventually, ticks
from hypervisor import Connection, Domain, Event, MigrationError, OptionError, Options
from hypervisor.drivers import rounds
from hypervisor.drivers.memory.driver import MEMORY_DRIVER
from hypervisor.drivers.process import program
from hypervisor.drivers.rounds import Cells, Rounds
from hypervisor.migration import host as hosts_of
from hypervisor.migration import parameters
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.live import Manner, Round
from hypervisor.migration.parameters import Parameters
from hypervisor.migration.peer import LocalPeer
from hypervisor.values import MigrateFlag
from remote_hosts import served
from wires import Hosts, states

LIVE = Options(live=True)

# -- the rounds themselves, over any memory

CELL = 64


class Sending:
    """A memory of some cells, of which some change in each round, and the other side's copy."""

    def __init__(self, changing: list[int], **limits: Any) -> None:
        self.memory = bytearray(random.Random(1).randbytes(100 * CELL + 7))
        self.changing = changing
        self.there = bytearray()
        self.counts: list[int] = []
        self.told: list[Round] = []
        self.paused = False
        self.cancelled = False
        given: dict[str, Any] = {
            "bandwidth": 0,
            "downtime": 300,
            "iterations": 0,
            "connections": 0,
            "seconds": 60.0,
            "action": "abort",
            **limits,
        }
        self.manner = Manner(
            **given,
            cancelled=lambda: self.cancelled,
            begins=lambda what, number: None,
            ends=lambda what, found: self.told.append(found),
        )
        self.sent = Rounds(self.manner, self.read, self.write, self.pause, CELL)

    def read(self) -> bytes:
        return bytes(self.memory)

    def write(self, cells: Cells, last: bool) -> None:
        assert last is self.paused
        rounds.put(self.there, cells)
        self.counts.append(len(cells))
        for cell in range(self.changing.pop(0) if self.changing else 0):
            self.memory[cell * CELL] ^= 1

    def pause(self) -> None:
        self.paused = True
        self.changing = []


def test_each_round_sends_what_changed_since_the_one_before() -> None:
    sending = Sending([50, 20, 5, 0], downtime=0)
    found = sending.sent.send()
    assert sending.counts == [101, 50, 20, 5, 0]
    assert found.memory == bytes(sending.there) == bytes(sending.memory)
    assert found.count == 176 * CELL - 57  # the last cell is shorter
    assert [one.remaining for one in sending.told] == [50 * CELL, 20 * CELL, 5 * CELL, 0, 0]


def test_it_is_paused_when_the_rest_fits_the_downtime() -> None:
    sending = Sending([50, 20, 20], downtime=2_000_000)
    assert sending.sent.send().memory == bytes(sending.memory)
    assert sending.counts == [101, 50]


def test_what_never_converges_is_paused_after_so_many_rounds() -> None:
    sending = Sending([80] * 1000, downtime=0, iterations=3)
    assert sending.sent.send().memory == bytes(sending.memory)
    assert sending.counts == [101, 80, 80, 80]


def test_what_never_converges_is_given_up_in_time_and_it_is_said_why() -> None:
    sending = Sending([80] * 10**6, downtime=0, seconds=0.05)
    with pytest.raises(MigrationError, match=r"within 0\.05 s: after \d+ rounds 5120 bytes"):
        sending.sent.send()
    assert not sending.paused


def test_or_paused_then() -> None:
    sending = Sending([80] * 10**6, downtime=0, seconds=0.05, action="suspend")
    assert sending.sent.send().memory == bytes(sending.memory)
    assert sending.counts[-1] == 80


def test_a_limit_of_bandwidth_is_kept_and_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_MIB", 100 * CELL)
    sending = Sending([0], bandwidth=10)
    begun = time.monotonic()
    sending.sent.send()
    assert time.monotonic() - begun >= 0.1
    slow = Sending([0], bandwidth=1)
    slow.write, write = (lambda cells, last: (write(cells, last), stop())), slow.write  # type: ignore

    def stop() -> None:
        slow.cancelled = True

    begun = time.monotonic()
    with pytest.raises(hypervisor.MigrationCancelledError):
        Rounds(slow.manner, slow.read, slow.write, slow.pause, CELL).send()
    assert time.monotonic() - begun < 0.9


# -- the guest


def seen(connection: Connection) -> list[Event]:
    """Note what a host tells."""
    events: list[Event] = []
    hypervisor.connect_add_migration_listener(connection, events.append)
    return events


def test_a_guest_moves_live(pair: Hosts) -> None:
    domain = started(pair[0])
    if pair[0].driver is not MEMORY_DRIVER:
        await_ticks(domain, 5)
    left = ticks(domain)
    told = seen(pair[0])
    moved = hypervisor.domain_migrate(domain, pair[1], LIVE)
    kinds = [event.kind.removeprefix("migration-") for event in told]
    assert kinds[:2] == ["begin", "round"] and kinds[-3:] == ["switch-over", "perform", "confirm"]
    assert (state_of(pair[0]), state_of(pair[1])) == ("shutoff", "running")
    assert ticks(moved) >= left
    job = hypervisor.domain_get_job(domain)
    assert job.state == "moved" and job.iteration >= 1 and job.sent > 0


def test_it_runs_until_the_switch_over(pair: Hosts) -> None:
    domain = started(pair[0])
    found: dict[str, str | None] = {}
    for hook in (hypervisor.connect_add_migration_hook, hypervisor.connect_add_migration_listener):
        moment = hook.__name__.rpartition("_")[2]
        hook(
            pair[0],
            lambda event, m=moment: found.update({f"{m} {event.kind}": state_of(pair[0])}),  # type: ignore
        )
    hypervisor.domain_migrate(domain, pair[1], LIVE)
    # QEMU stops it itself, and then waits.
    own = {"paused"} if pair[0].driver.name == "qemu" else {"running"}
    assert found["hook migration-round"] == "running"
    assert found["hook migration-switch-over"] in own
    assert found["listener migration-switch-over"] == "paused"


def test_a_paused_guest_is_sent_as_ever(pair: Hosts) -> None:
    domain = started(pair[0])
    hypervisor.domain_suspend(domain)
    told = seen(pair[0])
    hypervisor.domain_migrate(domain, pair[1], LIVE)
    assert state_of(pair[1]) == "paused"
    assert "migration-round" not in {event.kind for event in told}


ERRORS: list[type[BaseException]] = [
    *(MigrationError, hypervisor.PeerLostError, hypervisor.UnresolvedError, OptionError),
    *(hypervisor.LateStepError, hypervisor.GuestError, hypervisor.InvalidStateError),
    *(OSError, ValueError, RuntimeError, MemoryError, AssertionError, TypeError),
    *(KeyboardInterrupt,),
]


def at(connection: Connection, moment: str, act: Callable[[], object]) -> None:
    """Do something just before a round or the switch-over; there are two rounds."""

    def hook(event: Event) -> None:
        what = event.kind.removeprefix("migration-")
        if what == "round":
            what = f"round {dict(event.said)['round']}"
            guest = connection.private_data.guests[GUEST]
            if connection.driver is MEMORY_DRIVER:
                guest.memory = random.randbytes(8)
        if what == moment:
            act()

    hypervisor.connect_add_migration_hook(connection, hook)


def goes_on(hosts: Hosts) -> None:
    """Check that the guest is where it was, alone, with its lease, and may go now."""
    assert states(hosts) == ("running", None)
    for connection, holds in zip(hosts, (True, False), strict=True):
        host = hosts_of.of(connection)
        assert host.open_jobs() == []
        assert (host.locks.held(GUEST) is not None) is holds
    hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("moment", ["round 1", "switch-over"])
def test_whatever_is_raised_in_between_undoes_it(
    hosts: Hosts, moment: str, kind: type[BaseException]
) -> None:
    left = [kind("it failed")]

    def fail() -> None:
        if left:
            raise left.pop()

    at(hosts[0], moment, fail)
    with pytest.raises((MigrationError, KeyboardInterrupt), match="it failed"):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1], LIVE)
    goes_on(hosts)


@pytest.mark.parametrize("moment", ["round 1", "switch-over"])
def test_it_can_be_cancelled_at_any_time(pair: Hosts, moment: str) -> None:
    domain = started(pair[0])
    left = [True]
    at(pair[0], moment, lambda: left and left.pop() and hypervisor.domain_abort_job(domain))
    with pytest.raises(hypervisor.MigrationCancelledError):
        hypervisor.domain_migrate(domain, pair[1], LIVE)
    goes_on(pair)


def test_an_abort_that_is_accepted_counts(hosts: Hosts) -> None:
    """Also when all was sent just then; and one that comes too late is refused."""
    domain = Domain(hosts[0], GUEST)
    refused: list[hypervisor.HypervisorError] = []

    def listener(event: Event) -> None:
        if event.kind == "migration-switch-over":
            hypervisor.domain_abort_job(domain)

    hypervisor.connect_add_migration_listener(hosts[0], listener)
    with pytest.raises(hypervisor.MigrationCancelledError):
        hypervisor.domain_migrate(domain, hosts[1], LIVE)
    assert states(hosts) == ("running", None)

    def too_late(event: Event) -> None:
        if event.kind == "migration-confirm":
            with pytest.raises(hypervisor.InvalidStateError, match="it is too late") as caught:
                hypervisor.domain_abort_job(domain)
            refused.append(caught.value)

    hypervisor.connect_add_migration_hook(hosts[0], too_late)
    hypervisor.domain_migrate(domain, hosts[1])
    assert len(refused) == 1


# -- limits that change meanwhile


def limits(domain: Domain) -> tuple[int, int]:
    """Give the limits of a migration that is at work."""
    downtime = hypervisor.domain_migrate_get_max_downtime(domain)
    return downtime, hypervisor.domain_migrate_get_max_speed(domain)


def test_limits_change_while_it_is_sent(pair: Hosts) -> None:
    domain = started(pair[0])
    found: list[tuple[int, int]] = []

    def change() -> None:
        found.append(limits(domain))
        hypervisor.domain_migrate_set_max_downtime(domain, 1234)
        hypervisor.domain_migrate_set_max_speed(domain, 56)
        for wrong in (-1, 2_000_001):
            with pytest.raises(OptionError, match=f"option downtime: {wrong}"):
                hypervisor.domain_migrate_set_max_downtime(domain, wrong)
        with pytest.raises(OptionError, match="option bandwidth: -1"):
            hypervisor.domain_migrate_set_max_speed(domain, -1)
        found.append(limits(domain))
        if pair[0].driver.name == "qemu":
            asked = pair[0].private_data.guests[GUEST].process.execute("query-migrate-parameters")
            found.append((asked["downtime-limit"], asked["max-bandwidth"] // 1024**2))

    at(pair[0], "switch-over", change)
    hypervisor.domain_migrate(domain, pair[1], replace(LIVE, bandwidth=1000, downtime=2000))
    assert found[:2] == [(2000, 1000), (1234, 56)]
    assert found[2:] in ([], [(1234, 56)])


def test_a_guest_that_is_expected_has_its_limits_on_its_source(hosts: Hosts) -> None:
    ByHand(hosts).until("perform")
    with pytest.raises(hypervisor.InvalidStateError, match="ask for its limits on its source"):
        hypervisor.domain_migrate_get_max_speed(Domain(hosts[1], GUEST))


@pytest.mark.parametrize("call", ["set_max_downtime", "set_max_speed", "get_max_speed"])
def test_what_is_not_being_sent_live_has_no_limits(hosts: Hosts, call: str) -> None:
    domain = Domain(hosts[0], GUEST)
    why: list[str] = []

    def ask(event: Event | None = None) -> None:
        args = (5,) if call.startswith("set") else ()
        with pytest.raises(hypervisor.InvalidStateError) as caught:
            getattr(hypervisor, f"domain_migrate_{call}")(domain, *args)
        why.append(str(caught.value))

    ask()
    for kind in ("perform", "confirm"):
        at(hosts[0], kind, ask)
    hypervisor.domain_migrate(domain, hosts[1])
    assert [text.partition(": ")[0] for text in why] == [
        "guest 'web' is not being migrated",
        "guest 'web' is not being sent live",
        "guest 'web' was sent, and it is too late for that",
    ]


def test_limits_that_the_driver_cannot_apply_are_as_before() -> None:
    manner = Sending([]).manner

    def refuse() -> None:
        raise hypervisor.GuestError(f"QEMU refuses {manner.downtime}")

    manner.apply = refuse
    with pytest.raises(hypervisor.GuestError, match="refuses 7"):
        manner.limit(downtime=7)
    assert (manner.downtime, manner.bandwidth) == (300, 0)


def test_more_speed_ends_a_wait_and_more_downtime_the_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "_MIB", CELL)
    sending = Sending([80] * 10**6, bandwidth=1, downtime=0)  # 101 seconds for the first round
    timers = [
        threading.Timer(0.05, lambda: sending.manner.limit(bandwidth=10**6)),
        threading.Timer(0.1, lambda: sending.manner.limit(downtime=2_000_000)),
    ]
    for timer in timers:
        timer.start()
    begun = time.monotonic()
    assert sending.sent.send().memory == bytes(sending.memory)
    assert time.monotonic() - begun < 20


def test_what_has_come_of_a_guest_that_still_runs_is_never_started(pair: Hosts) -> None:
    """Its source dies after the first round: what is there is older than what ran."""
    domain = started(pair[0])
    by_hand = ByHand(pair)
    by_hand.until("perform")
    at(pair[0], "switch-over", lambda: 1 / 0)
    args = (GUEST, None, by_hand.cookies["prepare"], None, by_hand.uri)
    with pytest.raises(ZeroDivisionError):
        by_hand.call(0, "perform3", *args, int(MigrateFlag.LIVE), None, 0)
    hosts_of.of(pair[1]).finish_seconds = 0.5
    by_hand.cookies["perform"] = verdict(by_hand)
    assert by_hand.finish()[0] is None
    assert (state_of(pair[0]), state_of(pair[1])) == ("running", None)
    assert hypervisor.domain_get_info(domain).state.value == "running"


def verdict(by_hand: ByHand) -> bytes:
    """Say as a coordinator that the source is dead."""
    from conformance.proofs import says

    return says(by_hand, "verdict", why="source fenced")


# -- what came over the wire of a process


@pytest.fixture
def expecting(process: Connection) -> Any:
    """Give a process that waits for its memory: its address, by hand."""
    other = hypervisor.connect_open("process:///")
    by_hand = ByHand((process, other))
    started(process)
    yield by_hand.until("perform")
    hypervisor.connect_close(other)


WHOLE = rounds.changed(b"", program.pack_memory(7), program.CELL_SIZE)
FIRST = program.pack_round(WHOLE, False, False)
LAST = program.pack_round([], True, False)
SENT = {
    "nothing but rounds": FIRST,
    "a round and garbage": FIRST + b"x" * 40,
    "half a round": FIRST + LAST[:-2],
    "the end alone": LAST,
    "a part of the memory": program.pack_round(WHOLE[:2], True, False),
    "a cell beyond the end": program.pack_round([(24, b"x" * 8)], True, False),
    "a cell between two": program.pack_round([(4, b"x" * 8)], True, False),
    "damaged": FIRST[:-1] + bytes([FIRST[-1] ^ 1]) + LAST,
    "a later version": FIRST[:9] + b"\x09" + FIRST[10:],
    "65535 cells announced": FIRST[:12] + b"\xff\xff" + FIRST[14:],
    "neither last nor not": FIRST[:10] + b"\x07" + FIRST[11:],
}


@pytest.mark.parametrize("what", SENT)
def test_a_destination_takes_nothing_but_whole_rounds(expecting: ByHand, what: str) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(expecting.uri.removeprefix("unix:"))
        stranger.sendall(SENT[what])
        stranger.shutdown(socket.SHUT_WR)
        stranger.settimeout(20)
        # What says why may be lost when it hangs up before it has read all.
        with contextlib.suppress(ConnectionResetError):
            answers = b"".join(iter(lambda: stranger.recv(500), b""))
            assert answers.replace(program.TAKEN, b"") != b""
    with pytest.raises(MigrationError):
        expecting.perform()
    hosts_of.of(expecting.pair[1]).finish_seconds = 0.5
    expecting.cookies["perform"] = verdict(expecting)
    assert expecting.finish()[0] is None


def test_rounds_in_pieces_are_whole(expecting: ByHand) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(expecting.uri.removeprefix("unix:"))
        for byte in FIRST + LAST:
            stranger.send(bytes([byte]))
        stranger.settimeout(20)
        answers = b""
        while answers != 2 * program.TAKEN:
            answers += stranger.recv(500)


# -- parameters and flags


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([("nonsense", 1)], "parameter 'nonsense' is not known: known are bandwidth, "),
        ([("bandwidth", "1")], "parameter 'bandwidth': '1': expected a number"),
        ([("downtime", True)], "parameter 'downtime': True: expected a number"),
        ([("destination_name", 1)], "parameter 'destination_name': 1: expected a text"),
        ([("bandwidth", 1), ("bandwidth", 1)], "given twice"),
        ([("downtime", -1)], "option downtime: -1"),
        ([("timeout", 0)], "option timeout: 0"),
        ([("timeout.action", "wait")], "expected abort or suspend"),
        ([("parallel.connections", 256)], "option parallel: 256"),
    ],
    ids=str,
)
def test_parameters_are_typed_and_known(pairs: list[tuple[str, Any]], why: str) -> None:
    with pytest.raises(OptionError) as caught:
        parameters.read(pairs)
    assert why in str(caught.value)


def test_parameters_survive_the_wire() -> None:
    given = Parameters("web", "<guest/>", "unix:/x", 7, 0, 2, 1500, "suspend", 4)
    assert parameters.read(given.pairs()) == given
    assert Parameters().pairs() == []


@pytest.mark.parametrize(
    ("slot", "args", "why"),
    [
        ("begin3_params", (GUEST, [("nonsense", 1)], 0), "is not known"),
        ("begin3_params", (GUEST, [], 4), "option flags: 0x4 is not known"),
        ("begin3_params", (GUEST, [("downtime", 1)], 0), "option downtime: only for a guest"),
        ("begin3_params", (GUEST, [("parallel.connections", 2)], 1), "its flag is missing"),
        ("begin3_params", (GUEST, [], int(MigrateFlag.PARALLEL)), "option parallel: driver 'memor"),
        ("begin3", (GUEST, None, 4, None, 0), "option flags: 0x4 is not known"),
    ],
    ids=str,
)
def test_a_step_refuses_what_it_does_not_know_and_has_no_effect(
    hosts: Hosts, slot: str, args: tuple[Any, ...], why: str
) -> None:
    with pytest.raises(OptionError, match=why):
        ByHand(hosts).call(0, slot, *args)
    assert hosts_of.of(hosts[0]).open_jobs() == []


@pytest.mark.parametrize("slot", ["prepare3_params", "finish3_params", "perform3_params"])
def test_a_step_names_the_parameter_that_it_lacks(hosts: Hosts, slot: str) -> None:
    args: dict[str, tuple[Any, ...]] = {
        "prepare3_params": ([], b"", 0),
        "perform3_params": (GUEST, None, [], b"", 0),
        "finish3_params": ([], b"", None, "", 0, False),
    }
    with pytest.raises(OptionError, match="is missing"):
        ByHand(hosts).call(1, slot, *args[slot])


def test_parameters_go_by_the_slots_that_take_them(hosts: Hosts) -> None:
    source, destination = map(LocalPeer, hosts)
    assert Migration(source, destination, GUEST, LIVE).protocol == "v3"
    wanted = replace(LIVE, downtime=10)
    assert Migration(source, destination, GUEST, wanted).protocol == "v3-params"
    with pytest.raises(MigrationError, match="no protocol with parameters that both sides support"):
        Migration(source, destination, GUEST, replace(wanted, protocol="v3"))


def test_a_driver_that_cannot_do_it_is_named_before_begin(hosts: Hosts) -> None:
    told = seen(hosts[0])
    destination = LocalPeer(hosts[1])
    destination.connection = Connection(
        replace(MEMORY_DRIVER, connect_get_capabilities=None), hosts[1].private_data
    )
    with pytest.raises(OptionError, match="option live: driver 'memory' of the destination cannot"):
        Migration(LocalPeer(hosts[0]), destination, GUEST, LIVE)
    with pytest.raises(OptionError, match="option parallel: driver 'memory' of the source cannot"):
        Migration(LocalPeer(hosts[0]), LocalPeer(hosts[1]), GUEST, replace(LIVE, parallel=2))
    assert told == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"live": 1},
        {"live": True, "tunnelled": True},
        {"downtime": 5},
        {"live": True, "downtime": "5"},
        {"live": True, "timeout": 0},
        {"live": True, "timeout": float("nan")},
        {"live": True, "timeout": True},
        {"live": True, "timeout_action": "wait"},
        {"parallel": 2},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"option ({'|'.join(wrong)}): "):
        Options(**wrong)


def test_a_host_in_another_process_sends_live_from_peer_to_peer() -> None:
    """All options go over the wire, also whole seconds."""
    with served("process:///") as source, served("process:///") as destination:
        domain = started(hypervisor.connect_open(source.uri))
        events: list[Event] = []
        connection = domain.connection
        hypervisor.connect_add_migration_listener(connection, events.append)
        options = Options(
            live=True, downtime=50, iterations=3, timeout=20, timeout_action="suspend", bandwidth=9
        )
        assert hypervisor.domain_migrate_to_uri(domain, destination.uri, options) == GUEST
        assert hypervisor.domain_get_job(domain).iteration >= 1
        with pytest.raises(hypervisor.InvalidStateError, match="'web' is not being migrated"):
            hypervisor.domain_migrate_set_max_downtime(domain, 5)
        eventually(lambda: any(e.kind == "migration-confirm" for e in events), "it is told")
        kinds = {event.kind for event in events}
        assert {"migration-round", "migration-switch-over"} <= kinds
        hypervisor.connect_close(connection)


@pytest.mark.parametrize(("late", "passed"), [(0, True), (1, True), (2, False)])
def test_the_bound_of_the_downtime_is_kept_in_19_of_20_runs(late: int, passed: bool) -> None:
    downtimes = [20] * (20 - late) + [301] * late
    runs = live_downtime.Runs("qemu", True, 300, [250.0] * 20, downtimes)
    assert runs.passed is passed
    assert live_downtime.row(runs).endswith(f" {20 - late} of 20 |")
    assert replace(runs, live=False).passed, "of those that are paused, nothing is asked"
