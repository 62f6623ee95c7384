"""Fixtures for the kit when it is run by itself, on the driver that the command line names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

import hypervisor
from hypervisor import Connection


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the driver."""
    parser.addoption(
        "--driver-uri",
        metavar="URI",
        help="the driver to test, as connect_open takes it: process:///",
    )


@contextlib.contextmanager
def opened(uri: str) -> Iterator[Connection]:
    """Open a connection for a test, and close it whatever the test did with it."""
    connection = hypervisor.connect_open(uri)
    try:
        yield connection
    finally:
        hypervisor.connect_close(connection)


@pytest.fixture
def driver_uri(request: pytest.FixtureRequest) -> str:
    """Give the URI of the driver."""
    uri = request.config.getoption("--driver-uri")
    if not isinstance(uri, str):
        pytest.fail("name the driver to test: --driver-uri process:///")
    return uri


@pytest.fixture
def connection(driver_uri: str) -> Iterator[Connection]:
    """Give a connection."""
    with opened(driver_uri) as one:
        yield one


@pytest.fixture
def pair(driver_uri: str) -> Iterator[tuple[Connection, Connection]]:
    """Give two hosts."""
    with opened(driver_uri) as source, opened(driver_uri) as destination:
        yield source, destination
