"""A guest that is split by post-copy: what is asked for it, who may end it, and what is refused."""

from __future__ import annotations

import random
from typing import Any

import pytest

import hypervisor
from conformance.by_hand import GUEST, ByHand, state_of
from hypervisor import (
    Domain,
    GuestLostError,
    InvalidStateError,
    LateStepError,
    MemoryJournal,
    MigrationError,
    OptionError,
    Options,
    StillSplitError,
    UnresolvedError,
)
from hypervisor.drivers.memory.migration import MemoryIncoming
from hypervisor.migration import conduct, recovery
from hypervisor.migration import cookie as cookies
from hypervisor.migration import host as hosts_of
from hypervisor.migration.cookie import Cookie
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.peer import LocalPeer
from hypervisor.values import MigrateFlag
from wires import Hosts, states, wires

SPLIT = Options(live=True, postcopy=True, downtime=0, iterations=1)


def changing(hosts: Hosts) -> None:
    """Let the guest change in each round, so that it never fits."""

    def hook(event: hypervisor.Event) -> None:
        guests = hosts[0].private_data.guests
        if event.kind == "migration-round":
            guests[GUEST].memory = random.randbytes(8)

    # After each round: what was sent is old by then.
    hypervisor.connect_add_migration_listener(hosts[0], hook)


class Split(ByHand):
    """The steps of a guest that is split."""

    def begin(self) -> Any:
        """Run Begin."""
        self.flags = int(MigrateFlag.LIVE | MigrateFlag.POSTCOPY)
        return super().begin()

    def ran(self, ran: bool) -> None:
        """Let the proof say that it was given up, and whether it ever ran."""
        fields = {"runs": False, "why": "x", "host": str(hosts_of.of(self.pair[1]).identity)}
        cookie = Cookie("memory", "finish", self.token.migration, {**fields, "ran": ran})
        self.cookies["finish"] = cookies.bake(cookie)


@pytest.fixture
def split(hosts: Hosts) -> Split:
    """Give a guest that Perform has split."""
    changing(hosts)

    def hook(event: hypervisor.Event) -> None:
        if event.kind == "migration-round":
            domain = Domain(hosts[0], GUEST)
            hypervisor.domain_migrate_set_max_downtime(domain, 0)
            hypervisor.domain_migrate_start_post_copy(domain)

    hypervisor.connect_add_migration_hook(hosts[0], hook)
    by_hand = Split(hosts)
    by_hand.until("finish")
    assert hosts_of.of(hosts[0]).open_jobs()[0].split
    return by_hand


def part_of(hosts: Hosts) -> MemoryIncoming:
    """Give the guest that is expected."""
    (job,) = hosts_of.of(hosts[1]).open_jobs()
    assert isinstance(job.incoming, MemoryIncoming)
    return job.incoming


@pytest.fixture
def gone_on(split: Split, monkeypatch: pytest.MonkeyPatch) -> Split:
    """Give a guest that has gone on at the destination, and none of its memory comes."""

    def never(self: MemoryIncoming, start: int) -> None:
        raise StillSplitError("no page came in time")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryIncoming, "fetch", never)
        with pytest.raises(StillSplitError):
            split.finish()
    assert part_of(split.pair).runs
    return split


def test_it_arrives_whole(hosts: Hosts) -> None:
    changing(hosts)
    told: list[str] = []
    hypervisor.connect_add_migration_listener(hosts[0], lambda event: told.append(event.kind))
    moved = hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1], SPLIT)
    assert (states(hosts), moved.name) == (("shutoff", "running"), GUEST)
    assert "migration-post-copy" in told and "migration-switch-over" not in told


WRONG = [
    ({"postcopy": True}, "postcopy"),
    ({"postcopy": True, "live": True, "parallel": 2}, "postcopy"),
    ({"postcopy": True, "live": True, "copy_storage": True}, "postcopy"),
    ({"postcopy": True, "live": True, "tunnelled": True}, "live"),
    ({"postcopy": 1, "live": True}, "postcopy"),
    ({"live": True, "postcopy_bandwidth": 1}, "postcopy_bandwidth"),
    ({"live": True, "postcopy": True, "postcopy_bandwidth": -1}, "postcopy_bandwidth"),
    ({"live": True, "timeout": 1, "timeout_action": "postcopy"}, "timeout_action"),
]


@pytest.mark.parametrize(("wrong", "named"), WRONG, ids=str)
def test_options_that_make_no_sense_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(OptionError, match=f"option {named}: "):
        Options(**wrong)


def test_a_host_checks_the_flags_itself(hosts: Hosts) -> None:
    by_hand = ByHand(hosts, flags=int(MigrateFlag.POSTCOPY))
    with pytest.raises(OptionError, match="option postcopy: only for a guest that is sent live"):
        by_hand.begin()


def test_it_is_split_when_the_time_is_over(hosts: Hosts) -> None:
    changing(hosts)
    options = Options(live=True, postcopy=True, downtime=0, timeout=0.05, timeout_action="postcopy")
    hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1], options)
    assert states(hosts) == ("shutoff", "running")


def test_only_one_that_may_be_split_is(hosts: Hosts) -> None:
    domain = Domain(hosts[0], GUEST)
    with pytest.raises(InvalidStateError, match="is not being migrated"):
        hypervisor.domain_migrate_start_post_copy(domain)
    refused: list[str] = []

    def hook(event: hypervisor.Event) -> None:
        if event.kind == "migration-round":
            with pytest.raises(InvalidStateError) as caught:
                hypervisor.domain_migrate_start_post_copy(domain)
            refused.append(str(caught.value))

    hypervisor.connect_add_migration_hook(hosts[0], hook)
    hypervisor.domain_migrate(domain, hosts[1], Options(live=True))
    assert refused == ["guest 'web' was not sent with the option postcopy"]


# -- once it is split


def test_nothing_ends_it_but_the_steps(split: Split) -> None:
    domain = Domain(split.pair[0], GUEST)
    with pytest.raises(InvalidStateError, match="was sent"):
        hypervisor.domain_abort_job(domain)
    with pytest.raises(InvalidStateError, match="was sent"):
        hypervisor.domain_migrate_start_post_copy(domain)
    split.undo()
    assert states(split.pair) == ("running", None)


def test_the_source_goes_on_only_when_it_is_shown_that_it_never_ran(split: Split) -> None:
    split.ran(True)
    with pytest.raises(GuestLostError, match="it ran on the destination: x"):
        split.confirm(cancelled=True)
    with pytest.raises(GuestLostError):  # nor later, whatever it is shown
        split.ran(False)
        split.confirm(cancelled=True)
    assert states(split.pair) == ("shutoff", None)
    assert hosts_of.of(split.pair[0]).locks.held(GUEST) is None


@pytest.mark.parametrize(
    ("why", "state"),
    [("destination fenced", "shutoff"), ("destination never asked to finish", "running")],
)
def test_a_fence_says_nothing_of_where_it_ran(split: Split, why: str, state: str) -> None:
    fields = {"why": why}
    verdict = Cookie("memory", "verdict", split.token.migration, fields)
    split.cookies["finish"] = cookies.bake(verdict)
    if state == "shutoff":
        with pytest.raises(GuestLostError, match="may have run, is dead"):
            split.confirm(cancelled=True)
    else:
        split.confirm(cancelled=True)
    assert state_of(split.pair[0]) == state


def test_what_is_split_is_not_begun_with_when_its_source_is_dead(split: Split) -> None:
    verdict = Cookie("memory", "verdict", split.token.migration, {"why": "source fenced"})
    split.cookies["perform"] = cookies.bake(verdict)
    name, proof = split.finish()
    found = cookies.read(proof, "memory", split.token.migration, ("finish",))
    assert (name, found.fields["ran"]) == (None, False)


def test_a_finish_that_nobody_asked_for_is_refused(hosts: Hosts) -> None:
    by_hand = ByHand(hosts).until("finish")
    told = cookies.read(by_hand.cookies["perform"], "memory", by_hand.token.migration, ("perform",))
    fields = {**told.fields, "postcopy": True}
    forged = Cookie("memory", "perform", by_hand.token.migration, fields)
    by_hand.cookies["perform"] = cookies.bake(forged)
    assert by_hand.finish()[0] is None
    by_hand.confirm(cancelled=True)
    assert states(hosts) == ("running", None)


def test_a_second_perform_is_refused(split: Split) -> None:
    """Also when the first one failed, so that it has no answer to give again."""
    (job,) = hosts_of.of(split.pair[0]).open_jobs()
    del job.replies["perform"]
    with pytest.raises(MigrationError, match="has begun: it is not sent again"):
        split.perform()


# -- once it has gone on


@pytest.mark.parametrize("cancelled", [False, True])
def test_finish_goes_on_waiting_whatever_it_is_told(gone_on: Split, cancelled: bool) -> None:
    assert gone_on.finish(cancelled=cancelled)[0] == GUEST
    gone_on.confirm()
    assert states(gone_on.pair) == ("shutoff", "running")


def test_an_older_coordinator_is_late(gone_on: Split) -> None:
    old, gone_on.token = gone_on.token, gone_on.token.next()
    gone_on.finish()
    gone_on.token = old
    with pytest.raises(LateStepError):
        gone_on.finish(cancelled=True)
    gone_on.token = old.next()
    gone_on.confirm()
    assert states(gone_on.pair) == ("shutoff", "running")


@pytest.mark.parametrize("error", [GuestLostError, MigrationError])
def test_what_runs_is_not_given_up_for_what_goes_wrong_then(
    split: Split, monkeypatch: pytest.MonkeyPatch, error: type[MigrationError]
) -> None:
    run = MemoryIncoming.run

    def wrong(self: MemoryIncoming, paused: bool) -> None:
        run(self, paused)
        raise error("x")

    monkeypatch.setattr(MemoryIncoming, "run", wrong)
    assert split.finish()[0] == GUEST
    split.confirm()
    assert states(split.pair) == ("shutoff", "running")
    assert hosts_of.of(split.pair[1]).locks.held(GUEST) is not None


@pytest.mark.parametrize("is_split", [False, True])
def test_a_finish_that_is_interrupted_when_the_guest_runs_is_asked_again(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, is_split: bool
) -> None:
    tell = MemoryIncoming.tell

    def interrupted(self: MemoryIncoming, step: str) -> Any:
        if step == "finish":
            monkeypatch.undo()
            raise KeyboardInterrupt
        return tell(self, step)

    monkeypatch.setattr(MemoryIncoming, "tell", interrupted)
    changing(hosts)
    with pytest.raises(KeyboardInterrupt):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1], SPLIT if is_split else None)
    assert states(hosts) == ("shutoff", "running")


# -- an administrator's last word


def resolve(by_hand: Split, side: int, keep: str, seen: bool = True) -> str:
    """Say on one side where the guest is to be kept."""
    other = by_hand.pair[1 - side] if seen else None
    return hypervisor.domain_resolve(Domain(by_hand.pair[side], GUEST), keep, "x", other)


@pytest.mark.parametrize("seen", [False, True])
def test_nobodys_word_lets_the_source_go_on(split: Split, seen: bool) -> None:
    with pytest.raises(InvalidStateError, match="its memory here would be old"):
        resolve(split, 0, "source", seen)
    assert states(split.pair) == ("paused", None)
    split.undo()
    assert states(split.pair) == ("running", None)


def test_but_the_destinations(split: Split) -> None:
    resolve(split, 1, "source")
    resolve(split, 0, "source")
    assert states(split.pair) == ("running", None)


def test_not_when_it_ran_there(gone_on: Split) -> None:
    with pytest.raises(InvalidStateError, match="its memory on the source is old"):
        resolve(gone_on, 1, "source")
    assert "it is lost" in resolve(gone_on, 1, "source", seen=False)
    with pytest.raises(InvalidStateError, match="its memory here would be old"):
        resolve(gone_on, 0, "source")
    told = resolve(gone_on, 0, "destination", seen=False)
    assert told.endswith("unless all of its memory is on the destination, it is lost")
    assert states(gone_on.pair) == ("shutoff", None)


@pytest.mark.parametrize("how", ["split", "gone_on"])
def test_the_destination_can_be_told_to_go_on(how: str, request: pytest.FixtureRequest) -> None:
    by_hand: Split = request.getfixturevalue(how)
    resolve(by_hand, 1, "destination")
    assert states(by_hand.pair) == ("paused", "running")
    resolve(by_hand, 0, "destination")
    assert states(by_hand.pair) == ("shutoff", "running")


def test_but_not_when_its_source_cannot_be_seen(split: Split) -> None:
    with pytest.raises(MigrationError, match="it is split"):
        resolve(split, 1, "destination", seen=False)
    split.undo()
    assert states(split.pair) == ("running", None)


def test_nor_when_its_source_has_taken_it_back(split: Split) -> None:
    """Also when it looks as if its other part waited there: a call has paused it since."""
    fields = {"why": "destination never asked to finish"}
    split.cookies["finish"] = cookies.bake(
        Cookie("memory", "verdict", split.token.migration, fields)
    )
    split.confirm(cancelled=True)
    hypervisor.domain_suspend(Domain(split.pair[0], GUEST))
    with pytest.raises(InvalidStateError, match="has taken it back, where it is paused"):
        resolve(split, 1, "destination")
    resolve(split, 1, "source")
    assert states(split.pair) == ("paused", None)


def test_the_word_counts_after_a_finish_that_was_stopped(gone_on: Split) -> None:
    (job,) = hosts_of.of(gone_on.pair[1]).open_jobs()
    job.cancelled.set()
    resolve(gone_on, 1, "destination")
    assert states(gone_on.pair) == ("paused", "running")


def test_one_that_was_paused_is_not_let_go_on(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: MemoryIncoming) -> None:
        raise AssertionError("it was let go on")

    monkeypatch.setattr(MemoryIncoming, "start", never)
    hypervisor.domain_suspend(Domain(hosts[0], GUEST))
    by_hand = Split(hosts)
    by_hand.until("finish")
    resolve(by_hand, 1, "destination")
    assert states(hosts) == ("paused", "paused")


# -- what others say of it


def test_the_error_says_that_it_is_lost(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    changing(hosts)

    def ends(self: MemoryIncoming, start: int) -> None:
        raise GuestLostError("it has ended")

    monkeypatch.setattr(MemoryIncoming, "fetch", ends)
    with pytest.raises(GuestLostError, match="it ran on the destination: it has ended"):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1], SPLIT)
    assert states(hosts) == ("shutoff", None)


@pytest.mark.parametrize("error", [GuestLostError, StillSplitError])
@pytest.mark.parametrize("step", ["finish", "confirm"])
def test_a_hook_cannot_say_how_a_guest_stands(
    hosts: Hosts, step: str, error: type[MigrationError]
) -> None:
    """A hook refuses a step; the migration is not over for that, and no step is asked in a loop."""
    asked: list[str] = []
    side = 0 if step == "confirm" else 1

    def hook(event: hypervisor.Event) -> None:
        if event.kind == f"migration-{step}":
            asked.append(step)
            raise error("x")

    hypervisor.connect_add_migration_hook(hosts[side], hook)
    with pytest.raises(UnresolvedError, match=f"{step} failed: x") as caught:
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert len(asked) <= 3
    hosts_of.of(hosts[side]).audience.hooks.clear()
    assert caught.value.journal is not None
    result = hypervisor.migration_recover(caught.value.journal, *hosts)
    assert result.name == GUEST
    assert "running" in states(hosts)


def test_a_guest_that_a_fence_lied_of_is_not_waited_for(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source has ended it, and recovery died before its journal was closed."""
    changing(hosts)

    def never(self: MemoryIncoming, start: int) -> None:
        raise StillSplitError("no page came in time")

    monkeypatch.setattr(MemoryIncoming, "fetch", never)
    monkeypatch.setattr(conduct, "SPLIT_SECONDS", 0.0)
    source, destination = wires(hosts)
    with pytest.raises(UnresolvedError) as caught:
        Migration(source, destination, GUEST, SPLIT).run()
    journal, destination.cut = caught.value.journal, True
    assert journal is not None
    lied = recovery.recover(journal, source, destination, lambda identity: True)
    assert lied.outcome is recovery.Outcome.LOST
    destination.cut = False
    kept = [record for record in journal.records() if record["record"] != "over"]
    result = recovery.recover(MemoryJournal.of(kept), source, destination)
    assert result.outcome is recovery.Outcome.LOST
    assert not hosts_of.of(hosts[1]).open_jobs()


def test_a_guest_that_was_kept_and_then_ended_is_not_started_from_what_is_left(
    split: Split,
) -> None:
    """What its destination has of it is old, and a hook that refuses Finish changes nothing."""
    hosts = split.pair

    def refuses(event: hypervisor.Event) -> None:
        asked.append(event.kind)
        if asked.count("migration-finish") == 1:
            raise MigrationError("not now")

    asked: list[str] = []
    hypervisor.connect_add_migration_hook(hosts[1], refuses)
    undone = {"why": "destination never asked to finish"}
    split.cookies["finish"] = cookies.bake(
        Cookie("memory", "verdict", split.token.migration, undone)
    )
    split.confirm(cancelled=True)
    hypervisor.domain_destroy(Domain(hosts[0], GUEST))
    journal = MemoryJournal()
    plan = conduct.Plan(
        *("v3-params", GUEST, GUEST),
        *(str(hosts_of.of(host).identity) for host in hosts),
        "memory",
        flags=split.flags,
    )
    peers = LocalPeer(hosts[0]), LocalPeer(hosts[1])
    conductor = conduct.Conduct(plan, split.token, *peers, journal)
    conductor.start()
    for step in ("perform", "finish"):
        about = {"step": step, "cancelled": False, "epoch": 1}
        journal.append({"record": "ask", **about})
    cookie = split.cookies["perform"].hex()
    journal.append({"record": "answer", "step": "perform", "cookie": cookie})
    with pytest.raises(UnresolvedError, match="not now"):
        recovery.recover(journal, *peers)
    assert states(hosts) == ("shutoff", None)
