"""The `qemu` driver against real QEMU processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import hypervisor
from example_helpers import await_ticks, eventually, pid, started, state_of, ticks
from hypervisor import Connection, os_state
from hypervisor.os_state import OsState

EXAMPLE = Path(__file__).resolve().parent.parent


@pytest.fixture
def launcher(qemu: Connection) -> Iterator[object]:
    """Give the launcher of guests, and kill what a test started with it."""
    launcher = qemu.private_data.launcher  # type: ignore[attr-defined]
    guests = []
    start = launcher.start_paused

    def remembered(**options: bool) -> object:
        guests.append(start(**options))
        return guests[-1]

    launcher.start_paused = remembered
    yield launcher
    for guest in guests:
        guest.kill()


def test_the_counter_counts_only_while_the_guest_runs(qemu: Connection) -> None:
    domain = started(qemu)
    await_ticks(domain, 3)
    hypervisor.domain_suspend(domain)
    seen = ticks(domain)
    await_ticks(started(qemu, name="other"), 10)
    assert ticks(domain) == seen > 3
    hypervisor.domain_resume(domain)
    await_ticks(domain, seen)


def test_nothing_outlives_the_connection(tmp_path: Path, qemu: Connection) -> None:
    connection = hypervisor.connect_open(f"qemu://{tmp_path}")
    process_id = pid(started(connection))
    assert [folder.stat().st_mode & 0o777 for folder in tmp_path.iterdir()] == [0o700]
    hypervisor.connect_close(connection)
    assert os_state.read(process_id) is OsState.GONE
    assert list(tmp_path.iterdir()) == []


def test_a_killed_qemu_is_a_crashed_guest(qemu: Connection) -> None:
    domain = started(qemu)
    os.kill(pid(domain), signal.SIGKILL)
    eventually(lambda: state_of(domain) == "crashed", "crashed")
    hypervisor.domain_create(domain)
    assert state_of(domain) == "running"


def test_a_qemu_that_hangs_is_an_error_in_time_and_can_be_destroyed(
    qemu: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = started(qemu)
    monkeypatch.setattr("hypervisor.qemu_guest.ANSWER_SECONDS", 0.2)
    os.kill(pid(domain), signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(hypervisor.GuestTimeoutError, match="did not answer query-status"):
        hypervisor.domain_get_info(domain)
    assert time.monotonic() - begun < 5
    hypervisor.domain_destroy(domain)
    assert state_of(domain) == "shutoff"


def test_a_migrated_guest_goes_on_where_it_was(launcher) -> None:  # type: ignore[no-untyped-def]
    source, target = launcher.start_paused(), launcher.start_paused(incoming=True)
    source.cont()
    eventually(lambda: source.counter() > 5, "ticks")
    target.migrate_incoming(target.incoming_uri)
    source.migrate(target.incoming_uri)
    target.await_incoming()
    assert (source.query_status(), target.query_status()) == ("postmigrate", "paused")
    sent = source.counter()
    assert target.counter() == sent > 5
    source.kill()
    target.cont()
    eventually(lambda: target.counter() > sent, "it goes on")


def test_a_cancelled_migration_leaves_the_guest_running(launcher) -> None:  # type: ignore[no-untyped-def]
    source, target = launcher.start_paused(), launcher.start_paused(incoming=True)
    source.cont()
    target.migrate_incoming(target.incoming_uri)
    with pytest.raises(hypervisor.MigrationCancelledError, match="was cancelled"):
        source.migrate(target.incoming_uri, bandwidth=4096, cancelled=lambda: True)
    assert source.query_status() == "running"


def test_without_the_library_everything_but_opening_works() -> None:
    code = (
        "import sys; sys.modules['qemu.qmp'] = None; import hypervisor\n"
        "try: hypervisor.connect_open('qemu:///')\n"
        "except hypervisor.UnsupportedError as error: print(error)"
    )
    run = [sys.executable, "-c", code]
    told = subprocess.run(run, cwd=EXAMPLE, capture_output=True, text=True, check=True).stdout
    assert "pip install qemu.qmp" in told
