"""What the tests of the example share: guests in a wanted state, and waiting with a deadline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import hypervisor
from conformance.guests import define, started, state_of
from hypervisor import Domain

__all__ = ["LENGTH", "await_ticks", "define", "eventually", "pid", "started", "state_of", "ticks"]

SECONDS = 20.0
#: How many times as many examples Hypothesis is to try as it does by default.
LENGTH = int(os.environ.get("HVSUPPORT_TEST_LENGTH", "1"))


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
