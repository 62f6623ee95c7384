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
from hypervisor.drivers.process import os_state  # noqa: E402

_NEEDS_SIGNALS = pytest.mark.skipif(
    not hasattr(signal, "SIGSTOP"), reason="no signal pauses a process here"
)


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


def _require_qemu() -> None:
    library = importlib.util.find_spec("qemu") and importlib.util.find_spec("qemu.qmp")
    missing = [] if library else ["the library qemu.qmp"]
    missing += [] if shutil.which("qemu-system-x86_64") else ["qemu-system-x86_64"]
    if missing:
        why = f"needs {' and '.join(missing)}"
        if os.environ.get("HVSUPPORT_REQUIRE_QEMU"):
            pytest.fail(why)
        pytest.skip(why)


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
