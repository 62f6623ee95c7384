"""Driving migrations on `memory`: what goes along, who is told, and steps that fail."""

from __future__ import annotations

import threading

import pytest

import hypervisor
from conformance.by_hand import GUEST, state_of
from conformance.guests import started
from hypervisor import (
    MigrationError,
    Options,
)
from hypervisor.drivers.memory.host import MemoryHost
from hypervisor.drivers.memory.migration import MemoryIncoming
from hypervisor.migration.host import of as hosts_of
from hypervisor.migration.peer import LocalPeer
from hypervisor.values import Token
from wires import Hosts, states

# -- what goes along


def test_the_description_may_change_but_not_the_size(hosts: Hosts) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    text = hypervisor.domain_dump_description(domain)
    bigger = text.replace("2048", "4096")
    with pytest.raises(MigrationError, match="size"):
        hypervisor.domain_migrate(domain, hosts[1], Options(description=bigger))
    titled = text.replace("The web guest", "Moved")
    moved = hypervisor.domain_migrate(domain, hosts[1], Options(description=titled))
    assert hypervisor.domain_dump_description(moved) == titled


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3"])
def test_the_life_of_the_guest_goes_on(hosts: Hosts, protocol: str) -> None:
    source, destination = (host.private_data for host in hosts)
    assert isinstance(source, MemoryHost) and isinstance(destination, MemoryHost)
    life = source.guests[GUEST].memory
    domain = hypervisor.Domain(hosts[0], GUEST)
    hypervisor.domain_migrate(domain, hosts[1], Options(protocol=protocol))
    assert destination.guests[GUEST].memory == life
    assert source.guests[GUEST].memory == b""


def test_a_guest_with_snapshots_stays(hosts: Hosts) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    hypervisor.domain_snapshot_create(domain, "first")
    with pytest.raises(hypervisor.MigrationError, match="snapshots"):
        hypervisor.domain_migrate(domain, hosts[1])
    assert states(hosts) == ("running", None)
    hypervisor.domain_snapshot_delete(domain, "first")
    hypervisor.domain_migrate(domain, hosts[1])


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3"])
def test_a_guest_that_is_off_does_not_migrate(hosts: Hosts, protocol: str) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    hypervisor.domain_destroy(domain)
    with pytest.raises(MigrationError, match="shutoff"):
        hypervisor.domain_migrate(domain, hosts[1], Options(protocol=protocol))
    assert states(hosts) == ("shutoff", None)


def test_events_tell_the_sizes_of_cookies(hosts: Hosts) -> None:
    events: list[hypervisor.Event] = []
    for host in hosts:
        hypervisor.connect_add_migration_listener(host, events.append)
    hypervisor.domain_migrate(hypervisor.Domain(hosts[0], GUEST), hosts[1])
    sizes = [(event.cookie_in, event.cookie_out) for event in events]
    assert [taken for taken, _ in sizes[1:]] == [given for _, given in sizes[:-1]]
    assert sizes[0][0] == sizes[-1][1] == 0
    assert all(given for _, given in sizes[:-1])


def test_a_listener_that_fails_changes_nothing(
    hosts: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: hypervisor.Event) -> None:
        raise ZeroDivisionError(event.kind)

    hypervisor.connect_add_migration_listener(hosts[0], fail)
    hypervisor.domain_migrate(hypervisor.Domain(hosts[0], GUEST), hosts[1])
    assert states(hosts) == ("shutoff", "running")
    assert "migration-begin" in caplog.text


# -- from peer to peer


def test_from_peer_to_peer_the_source_finds_the_destination_by_uri(hosts: Hosts) -> None:
    hypervisor.connect_publish(hosts[1], "memory://b/")
    domain = hypervisor.Domain(hosts[0], GUEST)
    assert hypervisor.domain_migrate_to_uri(domain, "memory://b/") == GUEST
    assert states(hosts) == ("shutoff", "running")
    with pytest.raises(hypervisor.InvalidUriError, match="no host is published"):
        hypervisor.domain_migrate_to_uri(domain, "memory://c/")


# -- steps that fail


def test_a_perform_that_failed_does_not_send_the_guest_when_it_is_repeated(hosts: Hosts) -> None:
    source, destination = (LocalPeer(host) for host in hosts)
    token = Token.new()
    description = source.describe(GUEST)
    prepare = (token, None, 0, None, 0, description)
    cookie, uri = destination.call("domain_migrate_prepare2", *prepare)
    with pytest.raises(MigrationError, match="no guest is expected"):
        source.call("domain_migrate_perform", token, GUEST, cookie, f"{uri}x", 0, None, 0)
    with pytest.raises(hypervisor.LateStepError, match="failed"):
        source.call("domain_migrate_perform", token, GUEST, cookie, uri, 0, None, 0)
    with pytest.raises(hypervisor.LateStepError, match="failed"):
        source.call("domain_migrate_perform", token, GUEST, cookie, uri, 0, None, 0)
    assert states(hosts) == ("running", None)


@pytest.mark.parametrize("protocol", ["v1", "v2", "v3"])
@pytest.mark.parametrize("how", ["cancel", "abort"])
def test_who_stops_a_migration_is_told_that_it_was_cancelled(
    hosts: Hosts, protocol: str, how: str
) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    migration = hypervisor.domain_migration(domain, hosts[1], Options(protocol=protocol))

    def stop(event: hypervisor.Event) -> None:
        if event.kind == "migration-perform":
            migration.cancel() if how == "cancel" else hypervisor.domain_abort_job(domain)

    hypervisor.connect_add_migration_hook(hosts[0], stop)
    with pytest.raises(hypervisor.MigrationCancelledError):
        migration.run()
    assert states(hosts) == ("running", None)


@pytest.mark.parametrize("protocol", ["v2", "v3"])
def test_a_guest_that_could_not_be_started_leaves_no_lease(
    hosts: Hosts, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(incoming: MemoryIncoming, paused: bool) -> None:
        raise MigrationError("no room")

    monkeypatch.setattr(MemoryIncoming, "run", fail)
    domain = hypervisor.Domain(hosts[0], GUEST)
    with pytest.raises(MigrationError):
        hypervisor.domain_migrate(domain, hosts[1], Options(protocol=protocol))
    assert hosts_of(hosts[1]).locks.held(GUEST) is None


def test_a_last_step_that_is_refused_before_any_other_leaves_nothing(hosts: Hosts) -> None:
    def refuse(event: hypervisor.Event) -> None:
        raise MigrationError("not welcome")

    hypervisor.connect_add_migration_hook(hosts[1], refuse)
    with pytest.raises(MigrationError, match="not welcome"):
        LocalPeer(hosts[1]).call(
            "domain_migrate_finish3", Token.new(), GUEST, b"", None, "", 0, True
        )
    started(hosts[1])


# -- both ways at once


def test_hosts_exchange_guests_at_the_same_time() -> None:
    one, other = hypervisor.connect_open("memory:///a"), hypervisor.connect_open("memory:///b")
    names = [f"guest{number}" for number in range(8)]
    for number, name in enumerate(names):
        started((one, other)[number % 2], name=name)
    barrier = threading.Barrier(len(names))
    surprises: list[BaseException] = []

    def move(number: int) -> None:
        try:
            source, destination = ((one, other), (other, one))[number % 2]
            barrier.wait(20)
            domain = hypervisor.Domain(source, names[number])
            for _ in range(20):
                domain = hypervisor.domain_migrate(
                    domain, destination if domain.connection is source else source
                )
        except BaseException as error:
            surprises.append(error)

    threads = [threading.Thread(target=move, args=(number,)) for number in range(len(names))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert surprises == []
    for number, name in enumerate(names):
        here, there = ((one, other), (other, one))[number % 2]
        assert (state_of(here, name), state_of(there, name)) == ("running", "shutoff")
