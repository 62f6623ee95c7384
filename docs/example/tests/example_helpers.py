"""What the tests of the example share: guests in a wanted state, and waiting with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

import hypervisor
from hypervisor import Connection, Domain

SECONDS = 20.0


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


def ticks(domain: Domain) -> int:
    """Read a guest's clock."""
    return hypervisor.domain_get_info(domain).ticks


def pid(domain: Domain) -> int:
    """Give the process of an active guest of the `process` driver."""
    found = hypervisor.domain_get_info(domain).id
    assert found is not None
    return found


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds; fail after a long while, however slow the machine is."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {SECONDS:g} s in vain: {what}"
        time.sleep(0.005)


def await_ticks(domain: Domain, more_than: int) -> None:
    """Wait until a guest's clock has passed a value."""
    eventually(lambda: ticks(domain) > more_than, f"more than {more_than} ticks")


def require(connection: Connection, *slots: str) -> None:
    """Skip a test of calls that the driver's own table does not claim."""
    missing = [slot for slot in slots if getattr(connection.driver, slot) is None]
    if missing:
        pytest.skip(f"driver {connection.driver.name!r} does not support {', '.join(missing)}")
