"""The `qemu` driver against real QEMU processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import hypervisor
from example_helpers import await_ticks, eventually, pid, started, state_of, ticks
from hypervisor import Connection
from hypervisor.drivers.process import os_state
from hypervisor.drivers.process.os_state import OsState

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
    monkeypatch.setattr("hypervisor.drivers.qemu.machine.ANSWER_SECONDS", 0.2)
    os.kill(pid(domain), signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(hypervisor.GuestTimeoutError, match="did not answer query-status"):
        hypervisor.domain_get_info(domain)
    assert time.monotonic() - begun < 5
    hypervisor.domain_destroy(domain)
    assert state_of(domain) == "shutoff"


def test_a_migrated_guest_goes_on_where_it_was(launcher) -> None:  # type: ignore[no-untyped-def]
    source, target = launcher.start_paused(), launcher.start_paused(incoming=True)
    source.resume()
    eventually(lambda: source.ticks() > 5, "ticks")
    target.migrate_incoming(target.incoming_uri)
    source.migrate(target.incoming_uri)
    target.await_incoming()
    assert (source.query_status(), target.query_status()) == ("postmigrate", "paused")
    sent = source.ticks()
    assert target.ticks() == sent > 5
    source.kill()
    target.resume()
    eventually(lambda: target.ticks() > sent, "it goes on")


def test_a_cancelled_migration_leaves_the_guest_running(launcher) -> None:  # type: ignore[no-untyped-def]
    source, target = launcher.start_paused(), launcher.start_paused(incoming=True)
    source.resume()
    target.migrate_incoming(target.incoming_uri)
    with pytest.raises(hypervisor.MigrationCancelledError, match="was cancelled"):
        source.migrate(target.incoming_uri, bandwidth=4096, cancelled=lambda: True)
    assert source.query_status() == "running"


def test_a_migration_to_nobody_fails_and_the_guest_goes_on(launcher) -> None:  # type: ignore[no-untyped-def]
    source = launcher.start_paused()
    source.resume()
    with pytest.raises(hypervisor.GuestError, match=r"was not sent: .*No such file"):
        source.migrate(f"unix:{launcher.folder}/nobody")
    assert source.query_status() == "running"


def test_a_migration_that_takes_too_long_is_given_up(launcher) -> None:  # type: ignore[no-untyped-def]
    source, target = launcher.start_paused(), launcher.start_paused(incoming=True)
    source.resume()
    target.migrate_incoming(target.incoming_uri)
    begun = time.monotonic()
    with pytest.raises(hypervisor.GuestTimeoutError, match=r"was not sent within 0.3 s"):
        source.migrate(target.incoming_uri, seconds=0.3, bandwidth=4096)
    assert time.monotonic() - begun < 5
    assert source.query_status() == "running"


@pytest.mark.parametrize("side", ["source", "target"])
def test_waiting_ends_when_either_side_is_killed(launcher, side: str) -> None:  # type: ignore[no-untyped-def]
    source, target = launcher.start_paused(), launcher.start_paused(incoming=True)
    target.migrate_incoming(target.incoming_uri)
    victim = source if side == "source" else target

    def kill_amid() -> bool:
        # Not sooner: a target to which nobody has connected yet goes on waiting for that.
        if source._query_migrate() == "active":
            os.kill(victim.pid, signal.SIGKILL)
        return False

    with pytest.raises(hypervisor.GuestError):
        source.migrate(target.incoming_uri, bandwidth=4096, cancelled=kill_amid)
    with pytest.raises(hypervisor.GuestError):
        target.await_incoming(seconds=10)
    # QEMU gives up by itself when its source breaks off.
    eventually(lambda: target.outcome() is hypervisor.DomainState.CRASHED, "the target ended")


def test_waiting_for_a_guest_that_never_comes_has_a_limit(launcher) -> None:  # type: ignore[no-untyped-def]
    target = launcher.start_paused(incoming=True)
    target.migrate_incoming(target.incoming_uri)
    with pytest.raises(hypervisor.GuestTimeoutError, match=r"did not come within 0.1 s"):
        target.await_incoming(seconds=0.1)
    with pytest.raises(hypervisor.MigrationCancelledError):
        target.await_incoming(cancelled=lambda: True)
    with pytest.raises(hypervisor.GuestError, match="still waits for its state"):
        target.resume()


def test_a_migration_is_cancelled_from_another_thread(launcher) -> None:  # type: ignore[no-untyped-def]
    source, target = launcher.start_paused(), launcher.start_paused(incoming=True)
    source.resume()
    target.migrate_incoming(target.incoming_uri)
    sending, answers = threading.Event(), []

    def cancel() -> None:
        sending.wait(10)
        answers.append(source.cancel_migration())

    def note() -> bool:
        sending.set()
        return False

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(hypervisor.MigrationCancelledError):
        source.migrate(target.incoming_uri, bandwidth=4096, cancelled=note)
    thread.join(20)
    assert answers == [True]
    assert source.query_status() == "running"


def test_a_guest_that_was_sent_goes_on_after_all(launcher) -> None:  # type: ignore[no-untyped-def]
    source, target = launcher.start_paused(), launcher.start_paused(incoming=True)
    source.resume()
    target.migrate_incoming(target.incoming_uri)
    source.migrate(target.incoming_uri)
    target.kill()
    assert source.query_status() == "postmigrate"
    assert not source.cancel_migration()
    sent = source.ticks()
    source.resume()
    eventually(lambda: source.ticks() > sent, "it goes on")


def test_without_qemu_the_message_names_it_and_its_package(
    qemu: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(hypervisor.UnsupportedError, match=r"no qemu-system-x86_64.*package qemu-"):
        hypervisor.connect_open("qemu:///")


def test_no_qemu_outlives_a_manager_that_is_killed(qemu: Connection, tmp_path: Path) -> None:
    if "--pdeathsig" not in qemu.private_data.launcher._command:  # type: ignore[attr-defined]
        pytest.skip("nothing here ends a process with its starter")
    code = (
        "import sys, time, hypervisor\n"
        "from hypervisor import description\n"
        "c = hypervisor.connect_open(sys.argv[1])\n"
        "d = hypervisor.domain_define(c, '<guest><name>web</name></guest>')\n"
        "hypervisor.domain_create(d)\n"
        "web = description.parse('<guest><name>other</name></guest>')\n"
        "there = c.private_data.migrations.backend.incoming('other', web, None, None)\n"
        "print(hypervisor.domain_get_info(d).id, there.machine.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    run = [sys.executable, "-c", code, f"qemu://{tmp_path}"]
    with subprocess.Popen(run, cwd=EXAMPLE, stdout=subprocess.PIPE, text=True) as manager:
        assert manager.stdout is not None
        pids = [int(word) for word in manager.stdout.readline().split()]
        assert len(pids) == 2
        manager.kill()
    for each in pids:
        eventually(lambda each=each: os_state.read(each) is OsState.GONE, f"{each} is gone")


def test_without_the_library_everything_but_opening_works() -> None:
    code = (
        "import sys; sys.modules['qemu.qmp'] = None; import hypervisor\n"
        "try: hypervisor.connect_open('qemu:///')\n"
        "except hypervisor.UnsupportedError as error: print(error)"
    )
    run = [sys.executable, "-c", code]
    told = subprocess.run(run, cwd=EXAMPLE, capture_output=True, text=True, check=True).stdout
    assert "pip install qemu.qmp" in told
