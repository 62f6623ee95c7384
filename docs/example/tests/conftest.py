"""Fixtures for the example library, which is imported from its folder and not installed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
for _folder in (_HERE, _HERE.parent):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

pytest.register_assert_rewrite("conformance")

import hypervisor  # noqa: E402
from conformance import needs  # noqa: E402
from conformance.guests import started  # noqa: E402
from example_helpers import LENGTH  # noqa: E402
from hypervisor.drivers import registry  # noqa: E402
from hypervisor.drivers.process import os_state  # noqa: E402

_NEEDS_SIGNALS = pytest.mark.skipif(
    not hasattr(signal, "SIGSTOP"), reason="no signal pauses a process here"
)

_MIGRATION = "test_a_guest_moves_and_is_what_it_was"


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep journals that no test keeps itself out of the user's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


def _opened(uri: str) -> Iterator[hypervisor.Connection]:
    connection = hypervisor.connect_open(uri)
    try:
        yield connection
        infos = [hypervisor.domain_get_info(d) for d in hypervisor.domain_list(connection)]
    except hypervisor.ConnectionClosedError:
        infos = []  # the test was about closing
    finally:
        hypervisor.connect_close(connection)
    if connection.driver.name != "memory":
        left = [i.id for i in infos if i.id and os_state.read(i.id) is not os_state.OsState.GONE]
        assert left == [], "processes outlived their connection"


def _missing_for_qemu() -> str:
    """Say what the driver `qemu` lacks here, and how to get it; empty when it has everything."""
    library = importlib.util.find_spec("qemu") and importlib.util.find_spec("qemu.qmp")
    missing = [] if library else ["the library qemu.qmp (pip install qemu.qmp)"]
    if not shutil.which("qemu-system-x86_64"):
        missing.append("qemu-system-x86_64 (Debian: apt-get install qemu-system-x86)")
    return " and ".join(missing)


def _require_qemu() -> None:
    if missing := _missing_for_qemu():
        pytest.fail(f"needs {missing}")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers of these tests and of the kit."""
    ours = "driver(scheme, remote): the driver that all tests of a module run on"
    for line in (*needs.MARKERS, ours):
        config.addinivalue_line("markers", line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Drop what cannot apply; where QEMU is missing, leave one test that says so."""
    ours = [item for item in items if item.path.is_relative_to(_HERE)]
    kept = needs.applicable(ours, _target)
    if LENGTH == 1:
        kept = _few_for_qemu(kept)
    if not os.environ.get("HVSUPPORT_REQUIRE_QEMU") and (missing := _missing_for_qemu()):
        with_qemu = [item for item in kept if _needs_qemu(item)]
        for item in with_qemu[:1]:
            count = len(with_qemu)
            why = f"{count} tests of the driver qemu were left out: they need {missing}"
            item.add_marker(pytest.mark.skip(reason=why))
        kept = [item for item in kept if item not in with_qemu[1:]]
    left = set(ours) - set(kept)
    items[:] = [item for item in items if item not in left]


def _few_for_qemu(items: list[pytest.Item]) -> list[pytest.Item]:
    """Leave the last case of each test of all drivers, and of those of the kit's migrations one.

    `make test-real` runs all cases.
    """
    last = {
        (item.path.name, getattr(item, "originalname", "")): item
        for item in items
        if _scheme(item) == "qemu"
    }
    few = [
        item
        for (file, name), item in last.items()
        if file != "test_example_migration_conformance.py" or name == _MIGRATION
    ]
    return [item for item in items if _scheme(item) != "qemu" or item in few]


def _target(item: pytest.Item) -> needs.Target | None:
    for mark in item.iter_markers("driver"):
        return needs.Target(registry.DRIVERS[mark.args[0]], **mark.kwargs)
    scheme = _scheme(item)
    return None if scheme is None else needs.Target(registry.DRIVERS[scheme])


def _scheme(item: pytest.Item) -> str | None:
    params = item.callspec.params if hasattr(item, "callspec") else {}
    found = params.get("connection", params.get("pair"))
    return found if isinstance(found, str) else None


def _needs_qemu(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return _scheme(item) == "qemu" or not fixtures.isdisjoint({"qemu", "qemu_pair"})


@pytest.fixture(params=["memory", pytest.param("process", marks=_NEEDS_SIGNALS), "qemu"])
def connection(request: pytest.FixtureRequest) -> Iterator[hypervisor.Connection]:
    """Give a connection to each driver in turn: what holds for one must hold for all."""
    if request.param == "qemu":
        _require_qemu()
    yield from _opened(f"{request.param}:///")


@pytest.fixture
def memory() -> Iterator[hypervisor.Connection]:
    """Give a connection to the `memory` driver."""
    yield from _opened("memory:///default")


@pytest.fixture
def hosts() -> tuple[hypervisor.Connection, hypervisor.Connection]:
    """Give two hosts of the `memory` driver; a guest runs on the first."""
    pair = hypervisor.connect_open("memory:///a"), hypervisor.connect_open("memory:///b")
    started(pair[0])
    return pair


@pytest.fixture
def process() -> Iterator[hypervisor.Connection]:
    """Give a connection to the `process` driver."""
    if not hasattr(signal, "SIGSTOP"):
        pytest.skip("no signal pauses a process here")
    yield from _opened("process:///")


@pytest.fixture
def qemu() -> Iterator[hypervisor.Connection]:
    """Give a connection to the `qemu` driver."""
    _require_qemu()
    yield from _opened("qemu:///")


@pytest.fixture(params=["memory", pytest.param("process", marks=_NEEDS_SIGNALS), "qemu"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[hypervisor.Connection, ...]]:
    """Give two hosts of each driver in turn."""
    if request.param == "qemu":
        _require_qemu()
    with contextlib.ExitStack() as stack:
        opened = contextlib.contextmanager(_opened)
        yield tuple(stack.enter_context(opened(f"{request.param}:///")) for _ in range(2))


@pytest.fixture
def qemu_pair() -> Iterator[tuple[hypervisor.Connection, ...]]:
    """Give two hosts of the `qemu` driver."""
    _require_qemu()
    with contextlib.ExitStack() as stack:
        opened = contextlib.contextmanager(_opened)
        yield tuple(stack.enter_context(opened("qemu:///")) for _ in range(2))
