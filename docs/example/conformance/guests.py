"""Guests in a wanted state, for the tests of the kit and for a driver's own."""

from __future__ import annotations

import hypervisor
from hypervisor import Connection, Domain


def define(connection: Connection, name: str = "web") -> Domain:
    """Define a guest that differs from the defaults in every value."""
    text = (
        f"<guest><name>{name}</name><title>The {name} guest</title>"
        "<memory>2048</memory><vcpus>2</vcpus></guest>"
    )
    return hypervisor.domain_define(connection, text)


def started(connection: Connection, state: str = "running", name: str = "web") -> Domain:
    """Define a guest and bring it into a state."""
    domain = define(connection, name)
    if state != "shutoff":
        hypervisor.domain_create(domain)
    if state == "paused":
        hypervisor.domain_suspend(domain)
    assert state_of(domain) == state
    return domain


def state_of(domain: Domain) -> str:
    """Tell a guest's state as a word."""
    return hypervisor.domain_get_info(domain).state.value
