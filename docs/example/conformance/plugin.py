"""Fixtures for the kit when it is run by itself, on the driver that the command line names."""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("conformance.by_hand", "conformance.guests")

import hypervisor  # noqa: E402
from hypervisor import Connection, HypervisorDriver, HypervisorError, UnsupportedError  # noqa: E402
from hypervisor.drivers import registry  # noqa: E402

from . import claims, needs  # noqa: E402
from .needs import Target  # noqa: E402

TARGET = pytest.StashKey[Target]()
SKIPPED = pytest.StashKey["Counter[str]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that name the driver and what it must have."""
    parser.addoption(
        "--driver-uri",
        metavar="URI",
        help="the driver to test, as connect_open takes it: process:///",
    )
    parser.addoption(
        "--driver",
        metavar="MODULE:TABLE",
        help="a driver of your own, which need not be in the registry: its URI is its name and :///",
    )
    parser.addoption(
        "--require",
        metavar="NAME",
        action="append",
        default=[],
        help="fail when the driver lacks this protocol (v3) or this call (domain_save); may be"
        " given more than once",
    )
    parser.addoption(
        "--hostd",
        action="store_true",
        help="serve the driver with hostd, in a process of its own for each connection of a test;"
        " not for memory, whose guests are sent within a process",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers of the kit, and find the driver."""
    for line in needs.MARKERS:
        config.addinivalue_line("markers", line)
    for name in config.getoption("--require"):
        if name not in claims.known():
            raise pytest.UsageError(f"--require {name}: neither a protocol nor a call of the table")
    remote = bool(config.getoption("--hostd"))
    own = config.getoption("--driver")
    if own is not None:
        if remote:
            raise pytest.UsageError("--hostd cannot be combined with --driver: hostd has no such")
        table = _own_table(own)
        registry.DRIVERS[table.name] = table
        if config.getoption("--driver-uri") is None:
            config.option.driver_uri = f"{table.name}:///"
    uri = config.getoption("--driver-uri")
    if isinstance(uri, str):
        try:
            config.stash[TARGET] = Target(registry.find(uri)[0], remote)
        except HypervisorError as error:
            raise pytest.UsageError(f"--driver-uri: {error}") from error
    config.stash[SKIPPED] = Counter()


def _own_table(named: str) -> HypervisorDriver:
    module, _, attribute = named.partition(":")
    with contextlib.suppress(ValueError):
        sys.path.remove(str(Path.cwd()))
    sys.path.insert(0, str(Path.cwd()))
    try:
        table = getattr(importlib.import_module(module), attribute)
    except (ImportError, ValueError, AttributeError) as error:
        raise pytest.UsageError(f"--driver {named}: {error}") from error
    if not isinstance(table, HypervisorDriver):
        raise pytest.UsageError(f"--driver {named}: not a HypervisorDriver")
    return table


class Claim(pytest.Item):
    """A claim that the table does not keep: it fails, whatever tests were asked for."""

    def __init__(self, why: str, **kwargs: Any) -> None:
        """Fail with a reason."""
        super().__init__(**kwargs)
        self._why = why

    def runtest(self) -> None:
        """Fail."""
        pytest.fail(self._why, pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say what failed."""
        return self.path, None, self.name


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Skip what the driver's table rules out, by name; fail for what it claims and lacks."""
    target = config.stash.get(TARGET, None)
    if target is None:
        return
    for item in items:
        if missing := list(needs.lacks(item, target)):
            _skip(config, target, item, missing)
    found = claims.lacking(target.table, config.getoption("--require"))
    items[:0] = [
        Claim.from_parent(
            session, name=f"claim[{name}]", why=f"driver {target.table.name!r}: {why}"
        )
        for name, why in found.items()
    ]


def _skip(config: pytest.Config, target: Target, item: pytest.Item, missing: list[str]) -> None:
    config.stash[SKIPPED].update(missing[:1])
    why = f"driver {target.table.name!r} has no {', '.join(missing)}"
    item.add_marker(pytest.mark.skip(reason=why))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Skip a test that came to an optional call which the table leaves empty."""
    target = item.config.stash.get(TARGET, None)
    try:
        return (yield)
    except UnsupportedError as error:
        call = error.call
        slots = HypervisorDriver.__dataclass_fields__
        if target is None or call not in slots or getattr(target.table, call) is not None:
            raise
        item.config.stash[SKIPPED][call] += 1
        pytest.skip(f"driver {target.table.name!r} has no {call}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Do the same where a fixture came to it."""
    return (yield from pytest_runtest_call(item))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say which calls were not tested, since the driver does not have them."""
    if skipped := config.stash.get(SKIPPED, Counter()):
        terminalreporter.section("not tested: the driver does not have")
        for name, count in sorted(skipped.items()):
            terminalreporter.write_line(f"{name} ({count} test{'s' * (count != 1)})")


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
