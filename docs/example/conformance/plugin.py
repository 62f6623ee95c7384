"""Fixtures for the kit when it is run by itself, on the driver that the command line names."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

import hypervisor
from hypervisor import Connection
from hypervisor.drivers import registry

from . import needs
from .needs import Target


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the driver."""
    parser.addoption(
        "--driver-uri",
        metavar="URI",
        help="the driver to test, as connect_open takes it: process:///",
    )
    parser.addoption(
        "--hostd",
        action="store_true",
        help="serve the driver with hostd, in a process of its own for each connection of a test;"
        " not for memory, whose guests are sent within a process",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers of the kit."""
    for line in needs.MARKERS:
        config.addinivalue_line("markers", line)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop what the driver's table rules out."""
    uri = config.getoption("--driver-uri")
    if isinstance(uri, str):
        target = Target(registry.find(uri)[0], remote=bool(config.getoption("--hostd")))
        items[:] = needs.applicable(items, lambda item: target)


@contextlib.contextmanager
def opened(uri: str, in_hostd: bool = False) -> Iterator[Connection]:
    """Open a connection for a test, and close it whatever the test did with it."""
    with hostd(uri) if in_hostd else contextlib.nullcontext(uri) as there:
        connection = hypervisor.connect_open(there)
        try:
            yield connection
        finally:
            hypervisor.connect_close(connection)


@contextlib.contextmanager
def hostd(uri: str) -> Iterator[str]:
    """Serve a driver in a process of its own; give the URI of that host."""
    with tempfile.TemporaryDirectory(prefix="hv-") as folder:
        path = f"{folder}/socket"
        command = [sys.executable, "-m", "hypervisor.hostd", uri, "--listen", path]
        # It says where it listens, once it does.
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as host:
            assert host.stderr is not None
            told = host.stderr.readline()
            assert told.startswith("serving"), told
            try:
                yield f"remote://{path}"
            finally:
                host.terminate()


@pytest.fixture
def driver_uri(request: pytest.FixtureRequest) -> str:
    """Give the URI of the driver."""
    uri = request.config.getoption("--driver-uri")
    if not isinstance(uri, str):
        pytest.fail("name the driver to test: --driver-uri process:///")
    return uri


@pytest.fixture
def in_hostd(request: pytest.FixtureRequest) -> bool:
    """Tell whether hosts are to be processes of their own."""
    return bool(request.config.getoption("--hostd"))


@pytest.fixture
def connection(driver_uri: str, in_hostd: bool) -> Iterator[Connection]:
    """Give a connection."""
    with opened(driver_uri, in_hostd) as one:
        yield one


@pytest.fixture
def pair(driver_uri: str, in_hostd: bool) -> Iterator[tuple[Connection, Connection]]:
    """Give two hosts."""
    with opened(driver_uri, in_hostd) as source, opened(driver_uri, in_hostd) as destination:
        yield source, destination
