"""What drivers say in cookies: both sides hear it in order, and it never costs a guest its life."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import hypervisor
from conformance.by_hand import GUEST, ByHand, state_of
from conformance.guests import started
from hypervisor import CookieError, Domain, MigrationError
from hypervisor.drivers.memory.migration import MemoryIncoming, MemoryOutgoing
from hypervisor.migration import cookie as cookies
from hypervisor.migration import host as hosts_
from hypervisor.migration.cookie import MAX_SAID_BYTES, Cookie
from remote_hosts import served
from wires import Hosts, states

Fields = dict[str, Any]


class Talk:
    """What the parts of the memory driver say and hear, in the order in which they do."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.log: list[str] = []
        self.says: dict[str, Callable[[], Fields]] = {}
        self.hears: dict[str, Callable[[], None]] = {}
        for part in (MemoryOutgoing, MemoryIncoming):
            patch.setattr(part, "tell", lambda _, step: self.tell(step))
            patch.setattr(part, "told", lambda _, step, said: self.told(step, said))
        for part, name in [
            *((MemoryOutgoing, each) for each in ("send", "kill", "resume")),
            *((MemoryIncoming, each) for each in ("run", "discard")),
        ]:
            patch.setattr(part, name, self.noted(getattr(part, name), name))

    def noted(self, method: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            self.log.append(name)
            return method(*args)

        return call

    def tell(self, step: str) -> Fields:
        self.log.append(f"tell {step}")
        return self.says.get(step, lambda: {f"{step}.word/1": step})()

    def told(self, step: str, said: Fields) -> None:
        self.log.append(f"told {step} {said.get(f'{step}.word/1')}")
        self.hears.get(step, lambda: None)()


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    return Talk(monkeypatch)


def raises() -> Any:
    raise OSError("a driver's own trouble")


def test_each_side_hears_the_other_before_it_acts_and_speaks_behind(
    hosts: Hosts, talk: Talk
) -> None:
    hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert talk.log == [
        "tell begin",
        *("told begin begin", "tell prepare"),
        *("told prepare prepare", "send", "tell perform"),
        *("told perform perform", "run", "tell finish"),
        *("told finish finish", "kill"),
    ]


def test_a_repeated_step_is_not_told_again(hosts: Hosts, talk: Talk) -> None:
    by_hand = ByHand(hosts)
    for step in ("begin", "prepare", "perform", "finish", "confirm"):
        first = getattr(by_hand, step)()
        talk.log.clear()
        assert getattr(by_hand, step)() == first
        assert talk.log == [], step


@pytest.mark.parametrize("what", ["says", "hears"])
@pytest.mark.parametrize("step", ["begin", "prepare", "perform"])
def test_a_driver_that_cannot_speak_or_hear_before_finish_keeps_its_guest(
    hosts: Hosts, talk: Talk, what: str, step: str
) -> None:
    getattr(talk, what)[step] = raises
    with pytest.raises(MigrationError, match="own trouble"):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert states(hosts) == ("running", None)


@pytest.mark.parametrize("what", ["says", "hears"])
def test_after_finish_the_guest_has_moved_whatever_a_driver_says(
    hosts: Hosts, talk: Talk, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    getattr(talk, what)["finish"] = raises
    hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert states(hosts) == ("shutoff", "running")
    assert "own trouble" in caplog.text


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"size": 1}, "'size' is not a name with a version"),
        ({"Size/1": 1}, "not a name with a version"),
        ({"size/0": 1}, "not a name with a version"),
        ({"size/1": 1.5}, "size/1 is neither text nor number"),
        ({"size/1": "x" * MAX_SAID_BYTES}, f"at most {MAX_SAID_BYTES}"),
    ],
)
def test_what_no_cookie_may_say_is_refused_and_names_the_step(
    hosts: Hosts, talk: Talk, said: Fields, why: str
) -> None:
    talk.says["perform"] = lambda: said
    with pytest.raises(MigrationError, match=f"perform: .*{why}"):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert states(hosts) == ("running", None)


def test_what_a_driver_says_stands_beside_the_fields_of_the_step() -> None:
    baked = cookies.bake(Cookie("memory", "begin", "m", {"lease": "l"}, {"size/1": 3}))
    read = cookies.read(baked, "memory", "m", ("begin",))
    assert (read.fields, read.said) == ({"lease": "l"}, {"size/1": 3})
    plain = cookies.bake(Cookie("memory", "begin", "m", {"lease": "l"}))
    assert b"said" not in plain
    with pytest.raises(CookieError, match="neither text nor number"):
        cookies.bake(Cookie("memory", "begin", "m", said={"size/1": [1]}))  # type: ignore[dict-item]


@pytest.mark.parametrize("remote", [False, True])
def test_statistics_come_home_with_finish(hosts: Hosts, remote: bool) -> None:
    if not remote:
        statistics(*hosts)
        return
    with served("memory:///") as source, served("memory:///") as destination:
        pair = hypervisor.connect_open(source.uri), hypervisor.connect_open(destination.uri)
        started(pair[0])
        statistics(*pair)


def statistics(source: hypervisor.Connection, destination: hypervisor.Connection) -> None:
    domain = Domain(source, GUEST)
    assert hypervisor.domain_get_job(domain).state == "none"
    moved = hypervisor.domain_migrate(domain, destination)
    found = hypervisor.domain_get_job(domain)
    assert (found.state, found.step) == ("moved", "confirm")
    assert found.sent == found.total > 8
    assert 0 <= found.downtime <= found.milliseconds + 1
    assert hypervisor.domain_get_job(moved).state == "none"


def test_a_job_that_is_open_tells_its_step(hosts: Hosts) -> None:
    by_hand = ByHand(hosts).until("perform")
    for host, step in zip(hosts, ("begin", "prepare"), strict=True):
        found = hypervisor.domain_get_job(Domain(host, GUEST))
        assert (found.state, found.step) == ("open", step)
    by_hand.undo()
    assert hypervisor.domain_get_job(Domain(hosts[0], GUEST)).state == "none"


def test_statistics_of_more_guests_than_are_remembered_are_forgotten(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts_, "REMEMBERED", 2)
    for name in ("a", "b", "c"):
        hypervisor.domain_migrate(started(hosts[0], name=name), hosts[1])
    told = [hypervisor.domain_get_job(Domain(hosts[0], name)).state for name in ("a", "b", "c")]
    assert told == ["none", "moved", "moved"]


@pytest.mark.parametrize("count", ["many", True])
def test_a_statistic_that_is_no_number_is_left_out(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, count: object
) -> None:
    said = {"transfer.bytes/1": count, "transfer.downtime-ms/1": 1}
    monkeypatch.setattr(MemoryIncoming, "tell", lambda self, step: said)
    hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert state_of(hosts[1]) == "running"
    assert hypervisor.domain_get_job(Domain(hosts[0], GUEST)).state == "none"


def test_a_client_of_the_screen_is_told_where_to_reconnect(qemu_pair: Hosts) -> None:
    source, destination = qemu_pair
    told: dict[str, dict[str, Any]] = {}
    hypervisor.connect_add_migration_listener(
        source, lambda event: told.update({event.kind: dict(event.said)})
    )
    moved = hypervisor.domain_migrate(started(source), destination)
    process = destination.private_data.guests[moved.name].process  # type: ignore[attr-defined]
    where = {"graphics.type/1": "vnc", "graphics.address/1": process.screen_address()}
    assert told["migration-perform"] == where
    assert told["migration-confirm"].items() >= where.items()
    assert told["migration-confirm"]["transfer.bytes/1"] > 0
    found = hypervisor.domain_get_job(Domain(source, GUEST))
    assert (found.state, found.sent > 0, found.downtime > 0) == ("moved", True, True)


def test_events_tell_another_process_what_was_said() -> None:
    with served("memory:///") as source, served("memory:///") as destination:
        pair = hypervisor.connect_open(source.uri), hypervisor.connect_open(destination.uri)
        told = []
        done = threading.Event()

        def listen(event: hypervisor.Event) -> None:
            told.append(event)
            if event.kind == "migration-confirm":
                done.set()

        hypervisor.connect_add_migration_listener(pair[0], listen)
        hypervisor.domain_migrate(started(pair[0]), pair[1])
        assert done.wait(20)
        assert dict(told[-1].said)["transfer.bytes/1"] > 8
