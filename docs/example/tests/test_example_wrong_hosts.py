"""What would let a guest run twice: answers that were forgotten, and hosts that are others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hypervisor
from conformance.by_hand import GUEST
from conformance.guests import started
from hypervisor import Domain, Outcome, UnresolvedError, WrongHostError
from hypervisor.migration import host as migration_host
from hypervisor.migration import recovery
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.host import of as hosts_of
from hypervisor.migration.peer import LocalPeer
from remote_hosts import served
from wires import Hosts, Wire, reborn, states, stopped_after, wires


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hosts remember few settled migrations, so that few round trips are many."""
    monkeypatch.setattr(migration_host, "REMEMBERED", 10)


def travel(hosts: Hosts, times: int) -> None:
    """Let another guest go there and back, so that both hosts have more to remember."""
    domain = started(hosts[0], name="traveller")
    for _ in range(times):
        domain = hypervisor.domain_migrate(domain, hosts[1])
        domain = hypervisor.domain_migrate(domain, hosts[0])


@pytest.mark.parametrize("step", ["finish3", "confirm3"])
def test_what_somebody_may_still_act_on_is_kept_however_much_comes_after(
    hosts: Hosts, step: str
) -> None:
    source, destination = wires(hosts)
    at = destination if step == "finish3" else source
    journal = stopped_after(at, step, source, destination)
    travel(hosts, 50)
    assert recovery.recover(journal, source, destination).outcome is Outcome.MOVED
    assert states(hosts) == ("shutoff", "running")


def test_what_is_settled_is_forgotten(hosts: Hosts) -> None:
    travel(hosts, 50)
    for connection in hosts:
        assert len(hosts_of(connection)._jobs) <= 2 * migration_host.REMEMBERED


def test_a_third_host_does_not_answer_for_the_destination(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = stopped_after(destination, "finish3", source, destination)
    third = Wire(hypervisor.connect_open("memory:///c"))
    with pytest.raises(WrongHostError, match="only a fence can say") as caught:
        recovery.recover(journal, source, third)
    assert caught.value.journal is journal
    assert states(hosts) == ("paused", "running")
    assert recovery.recover(journal, source, destination).outcome is Outcome.MOVED
    assert states(hosts) == ("shutoff", "running")


def test_a_third_host_does_not_answer_for_the_source(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = stopped_after(source, "perform3", source, destination)
    with pytest.raises(WrongHostError, match="the source is not"):
        recovery.recover(journal, Wire(hypervisor.connect_open("memory:///c")), destination)
    assert recovery.recover(journal, source, destination).outcome is Outcome.STAYED
    assert states(hosts) == ("running", None)


def test_a_fence_may_speak_for_a_host_in_whose_place_another_answers(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = stopped_after(destination, "finish3", source, destination)
    gone = destination.identity()
    hypervisor.connect_close(hosts[1])
    third = hypervisor.connect_open("memory:///c")
    result = recovery.recover(journal, source, Wire(third), lambda identity: identity == gone)
    assert result.outcome is Outcome.STAYED
    assert states((hosts[0], third)) == ("running", None)


def test_source_and_destination_cannot_be_swapped(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = stopped_after(destination, "finish3", source, destination)
    for fence in (recovery.no_fence, lambda identity: True):
        with pytest.raises(WrongHostError, match="swapped"):
            recovery.recover(journal, destination, source, fence)
    assert states(hosts) == ("paused", "running")
    assert recovery.recover(journal, source, destination).outcome is Outcome.MOVED


class Elsewhere(Wire):
    """An address that leads to another host from one step on."""

    def __init__(self, hosts: Hosts, step: str, third: hypervisor.Connection) -> None:
        super().__init__(hosts[1])
        self._step = step
        self._third = third

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step, there or elsewhere."""
        if slot.endswith(self._step):
            super().call(slot, *args)  # it arrives; the answer comes from elsewhere
            self.connection = self._third
        return super().call(slot, *args)


def test_another_host_cannot_say_what_became_of_the_guest(hosts: Hosts) -> None:
    third = hypervisor.connect_open("memory:///c")
    destination = Elsewhere(hosts, "finish3", third)
    migration = Migration(Wire(hosts[0]), destination, GUEST)
    with pytest.raises(UnresolvedError):
        migration.run()
    assert states(hosts) == ("paused", "running")
    result = recovery.recover(migration.journal, LocalPeer(hosts[0]), LocalPeer(hosts[1]))
    assert result.outcome is Outcome.MOVED
    assert states(hosts) == ("shutoff", "running")


def test_a_proof_of_another_host_is_refused_by_the_source(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    stopped_after(destination, "finish3", source, destination)
    (job,) = hosts_of(hosts[0]).open_jobs()
    third = hypervisor.connect_open("memory:///c")
    args = (job.token, GUEST, b"", None, "", 0, True)
    _, proof = LocalPeer(third).call("domain_migrate_finish3", *args)
    with pytest.raises(hypervisor.CookieError, match="was sent to host"):
        source.call("domain_migrate_confirm3", job.token, GUEST, proof, 0, True)
    assert states(hosts) == ("paused", "running")


def test_a_later_life_of_a_host_is_the_same_host_restarted(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    journal = stopped_after(destination, "finish3", source, destination)
    hypervisor.connect_close(hosts[1])
    assert recovery.recover(journal, source, reborn(hosts[1])).outcome is Outcome.STAYED


def test_an_earlier_life_of_a_host_is_refused(hosts: Hosts) -> None:
    identity = hosts_of(hosts[1]).identity
    hosts_of(hosts[1]).identity = identity._replace(life=7)
    source, destination = wires(hosts)
    journal = stopped_after(destination, "finish3", source, destination)
    hosts_of(hosts[1]).identity = identity._replace(life=6)
    with pytest.raises(WrongHostError):
        recovery.recover(journal, source, destination)
    assert states(hosts) == ("paused", "running")


def test_a_host_with_state_keeps_its_name_and_counts_its_lives(tmp_path: Path) -> None:
    lives = []
    for _ in range(3):
        with served("memory:///", tmp_path) as host:
            lives.append(hosts_of(host.connection).identity)
    assert [one.life for one in lives] == [1, 2, 3]
    assert len({one.name for one in lives}) == 1


def test_an_identity_that_is_damaged_is_not_replaced_in_silence(tmp_path: Path) -> None:
    with served("memory:///", tmp_path):
        pass
    (path,) = tmp_path.rglob("identity")
    path.write_bytes(path.read_bytes().replace(b"life", b"lief"))
    with pytest.raises(hypervisor.JournalError, match="identity"), served("memory:///", tmp_path):
        pass
    path.unlink()
    with served("memory:///", tmp_path) as host:
        assert hosts_of(host.connection).identity.life == 1


def test_a_guest_goes_home_after_many_others(hosts: Hosts) -> None:
    domain = hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    travel(hosts, 30)
    hypervisor.domain_migrate(domain, hosts[0])
    assert states(hosts) == ("running", "shutoff")
