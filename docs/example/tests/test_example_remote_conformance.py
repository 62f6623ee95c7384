"""The kit on hosts that are reached over a socket: they must do what local ones do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

import hypervisor
from conformance.lifecycle import *  # noqa: F403
from conformance.migration import *  # noqa: F403
from conformance.proofs import *  # noqa: F403
from conformance.remains import *  # noqa: F403
from hypervisor import Connection
from remote_hosts import served

pytestmark = pytest.mark.driver("memory", remote=True)


@pytest.fixture
def pair() -> Iterator[tuple[Connection, Connection]]:
    """Give connections to two hosts."""
    with served("memory:///") as source, served("memory:///") as destination:
        yield hypervisor.connect_open(source.uri), hypervisor.connect_open(destination.uri)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """Give a connection to a host."""
    with contextlib.ExitStack() as stack:
        yield hypervisor.connect_open(stack.enter_context(served("memory:///")).uri)
