"""Choosing a protocol: the best that both sides support, and what is refused."""

from __future__ import annotations

import dataclasses

import pytest

import hypervisor
from conformance.by_hand import GUEST
from hypervisor import (
    Connection,
    HypervisorDriver,
    MigrationError,
    Options,
)
from hypervisor.drivers.memory.driver import MEMORY_DRIVER
from hypervisor.migration import protocols
from hypervisor.migration.peer import LocalPeer
from wires import Hosts, states


def without(*steps: str) -> HypervisorDriver:
    """Give the driver with some slots left empty, those with parameters too."""
    slots = [f"domain_migrate_{step}{more}" for step in steps for more in ("", "_params")]
    found = {slot: None for slot in slots if hasattr(MEMORY_DRIVER, slot)}
    return dataclasses.replace(MEMORY_DRIVER, **found)


@pytest.mark.parametrize(
    ("source", "destination", "chosen"),
    [
        pytest.param((), (), "v3", id="both have everything"),
        pytest.param(("confirm3",), (), "v2", id="no Confirm, no version 3"),
        pytest.param((), ("confirm3",), "v3", id="Confirm is the source's"),
        pytest.param((), ("finish3",), "v2", id="an older destination"),
        pytest.param(("finish3",), (), "v3", id="Finish is the destination's"),
        pytest.param((), ("prepare3", "prepare2"), "v1", id="a much older destination"),
        pytest.param((), ("finish3", "finish2"), "v1", id="Prepare alone is not enough"),
    ],
)
def test_the_best_protocol_that_both_have_is_chosen(
    source: tuple[str, ...], destination: tuple[str, ...], chosen: str
) -> None:
    sides = [LocalPeer(Connection(without(*steps), None)) for steps in (source, destination)]
    assert protocols.negotiate(sides[0], sides[1]).name == chosen


def test_it_is_said_what_is_missing_where() -> None:
    source = LocalPeer(Connection(without("perform", "perform3"), None))
    destination = LocalPeer(Connection(without("finish"), None))
    with pytest.raises(MigrationError) as caught:
        protocols.negotiate(source, destination)
    assert str(caught.value) == (
        "no protocol that both sides support:"
        " v3: the source lacks domain_migrate_perform3;"
        " v3-params: the source lacks domain_migrate_perform3_params;"
        " v2: the source lacks domain_migrate_perform;"
        " v1: the source lacks domain_migrate_perform,"
        " the destination lacks domain_migrate_finish"
    )


def test_other_drivers_guests_are_not_taken(hosts: Hosts) -> None:
    other = Connection(dataclasses.replace(MEMORY_DRIVER, name="other"), None)
    with pytest.raises(MigrationError, match="cannot run on driver 'other'"):
        protocols.negotiate(LocalPeer(hosts[0]), LocalPeer(other))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        pytest.param(Options(protocol="v4"), "unknown protocol 'v4': known are v3", id="unknown"),
        pytest.param(
            Options(protocol="v2", description="<guest><name>web</name></guest>"),
            "v2 cannot change the description",
            id="only version 3 takes a description",
        ),
    ],
)
def test_options_that_cannot_be_are_refused(hosts: Hosts, options: Options, why: str) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    with pytest.raises(MigrationError, match=why):
        hypervisor.domain_migrate(domain, hosts[1], options)
    assert states(hosts) == ("running", None)


def test_a_host_is_not_its_own_destination(hosts: Hosts) -> None:
    domain = hypervisor.Domain(hosts[0], GUEST)
    with pytest.raises(MigrationError, match="the same host"):
        hypervisor.domain_migrate(domain, hosts[0])
