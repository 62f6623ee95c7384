"""The `process` driver against the real operating system."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import hypervisor
from example_helpers import await_ticks, eventually, pid, started, state_of, ticks
from hypervisor import Connection, Domain
from hypervisor.description import GuestDescription
from hypervisor.drivers import state_file
from hypervisor.drivers.process import guest as guest_module
from hypervisor.drivers.process import os_state, program
from hypervisor.drivers.process.guest import GuestProcess
from hypervisor.drivers.process.os_state import OsState

Call = Callable[[Domain], None]

EXAMPLE = Path(__file__).resolve().parent.parent

linux_only = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")


def letter(process_id: int) -> str:
    """Read the state letter of a process, by other means than the library's."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("State:"):
            return line.split()[1]
    raise AssertionError("no State line")


def exists(process_id: int) -> bool:
    """Tell whether a process id is taken; a zombie takes its id too."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


@linux_only
def test_the_system_says_T_while_paused_and_something_else_before_and_after(
    process: Connection,
) -> None:
    domain = started(process)
    assert letter(pid(domain)) in "RS"
    hypervisor.domain_suspend(domain)
    assert letter(pid(domain)) == "T"
    hypervisor.domain_resume(domain)
    assert letter(pid(domain)) in "RS"


def test_ticks_stand_still_while_paused_and_go_on_after(process: Connection) -> None:
    domain = started(process)
    await_ticks(domain, 3)
    hypervisor.domain_suspend(domain)
    seen = ticks(domain)
    # The other guest proves that time passed in which this one could have ticked.
    await_ticks(started(process, name="other"), 10)
    assert ticks(domain) == seen > 3
    hypervisor.domain_resume(domain)
    await_ticks(domain, seen)


def test_ticks_go_on_from_the_saved_ones_in_a_new_process(
    process: Connection, tmp_path: Path
) -> None:
    domain = started(process)
    await_ticks(domain, 5)
    hypervisor.domain_suspend(domain)
    old_pid, saved = pid(domain), ticks(domain)
    hypervisor.domain_save(domain, tmp_path / "saved")
    assert not exists(old_pid)
    hypervisor.domain_restore(process, tmp_path / "saved")
    assert pid(domain) != old_pid
    assert ticks(domain) == saved
    hypervisor.domain_resume(domain)
    await_ticks(domain, saved)


def test_a_guest_saved_while_running_loses_no_tick_it_has_shown(
    process: Connection, tmp_path: Path
) -> None:
    domain = started(process)
    await_ticks(domain, 5)
    shown = ticks(domain)
    hypervisor.domain_save(domain, tmp_path / "saved")
    hypervisor.domain_restore(process, tmp_path / "saved")
    assert ticks(domain) >= shown


def test_a_state_can_be_restored_twice_on_two_hosts(process: Connection, tmp_path: Path) -> None:
    domain = started(process)
    await_ticks(domain, 5)
    hypervisor.domain_suspend(domain)
    saved = ticks(domain)
    hypervisor.domain_save(domain, tmp_path / "saved")
    other = hypervisor.connect_open(f"process://{tmp_path}")
    try:
        for connection in (process, other):
            assert ticks(hypervisor.domain_restore(connection, tmp_path / "saved")) == saved
    finally:
        hypervisor.connect_close(other)


def test_reset_starts_over_with_blank_memory(process: Connection) -> None:
    domain = started(process)
    await_ticks(domain, 5)
    hypervisor.domain_suspend(domain)
    hypervisor.domain_reset(domain)
    assert (state_of(domain), ticks(domain)) == ("paused", 0)


@pytest.mark.parametrize(
    ("call", "before"),
    [
        pytest.param(hypervisor.domain_destroy, "running", id="destroy kills"),
        pytest.param(hypervisor.domain_destroy, "paused", id="destroy kills a stopped one too"),
        pytest.param(hypervisor.domain_shutdown, "running", id="shutdown ends it in good order"),
    ],
)
def test_no_process_and_no_zombie_is_left(process: Connection, call: Call, before: str) -> None:
    domain = started(process, before)
    process_id = pid(domain)
    call(domain)
    assert not exists(process_id)


def test_closing_ends_running_and_paused_guests(tmp_path: Path) -> None:
    connection = hypervisor.connect_open("process:///")
    pids = [pid(started(connection, state, name=state)) for state in ("running", "paused")]
    hypervisor.connect_close(connection)
    assert [exists(process_id) for process_id in pids] == [False, False]


def test_an_undefined_guest_left_no_file_in_the_directory_of_memories(tmp_path: Path) -> None:
    connection = hypervisor.connect_open(f"process://{tmp_path}")
    started(connection, "paused")
    assert list(tmp_path.iterdir()) == []  # the memory has no name while the guest lives either
    hypervisor.connect_close(connection)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(signal.SIGTERM, "shutoff", id="SIGTERM: it ends by itself in good order"),
        pytest.param(signal.SIGKILL, "crashed", id="SIGKILL: not sent by the driver"),
        pytest.param(signal.SIGSEGV, "crashed", id="SIGSEGV: as a bug would do"),
    ],
)
def test_a_guest_that_dies_alone_is_noticed_and_reaped(
    process: Connection, number: signal.Signals, expected: str
) -> None:
    domain = started(process)
    process_id = pid(domain)
    os.kill(process_id, number)
    eventually(lambda: state_of(domain) == expected, expected)
    assert not exists(process_id)
    assert hypervisor.domain_get_info(domain).id is None


def test_any_call_on_the_connection_reaps_a_dead_guest(process: Connection) -> None:
    process_id = pid(started(process))
    os.kill(process_id, signal.SIGKILL)

    def reaped() -> bool:
        hypervisor.domain_list(process)
        return not exists(process_id)

    eventually(reaped, "the dead guest is reaped")


@pytest.mark.parametrize(
    ("call", "legal"),
    [
        pytest.param(hypervisor.domain_create, True, id="create: a crashed guest is off"),
        pytest.param(hypervisor.domain_undefine, True, id="undefine: it is off"),
        pytest.param(hypervisor.domain_destroy, False, id="destroy: nothing is left to end"),
        pytest.param(hypervisor.domain_resume, False, id="resume: nothing is left to go on"),
    ],
)
def test_calls_on_a_crashed_guest(process: Connection, call: Call, legal: bool) -> None:
    domain = started(process)
    os.kill(pid(domain), signal.SIGKILL)
    eventually(lambda: state_of(domain) == "crashed", "crashed")
    if legal:
        call(domain)
    else:
        with pytest.raises(hypervisor.InvalidStateError, match="it is crashed"):
            call(domain)


def test_a_pause_from_outside_is_seen_because_the_system_is_asked(process: Connection) -> None:
    domain = started(process)
    os.kill(pid(domain), signal.SIGSTOP)
    eventually(lambda: state_of(domain) == "paused", "paused")
    hypervisor.domain_resume(domain)
    assert state_of(domain) == "running"


def test_a_guest_hears_a_signal_that_its_starter_had_blocked(process: Connection) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        domain = started(process)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    hypervisor.domain_shutdown(domain)
    assert state_of(domain) == "shutoff"


def test_a_guest_that_will_not_end_is_reported_in_time(
    process: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = started(process)
    monkeypatch.setattr(guest_module, "SHUTDOWN_SECONDS", 0.05)
    # Stopped behind the driver's back at the last moment, so that SIGTERM is not heard.
    real = GuestProcess.shutdown

    def stopped_first(guest: GuestProcess) -> None:
        guest.pause()
        real(guest)

    monkeypatch.setattr(GuestProcess, "shutdown", stopped_first)
    with pytest.raises(hypervisor.GuestTimeoutError, match="after SIGTERM"):
        hypervisor.domain_shutdown(domain)
    assert state_of(domain) == "paused"


def test_a_guest_refuses_a_memory_it_does_not_know(process: Connection, tmp_path: Path) -> None:
    damaged = bytearray(program.pack_memory(7))
    damaged[-1] ^= 1
    described = GuestDescription(name="web")
    saved = state_file.SavedGuest("process", described, bytes(damaged), paused=False)
    state_file.write(str(tmp_path / "saved"), saved)
    with pytest.raises(hypervisor.GuestError, match="guest memory is damaged"):
        hypervisor.domain_restore(process, tmp_path / "saved")
    assert hypervisor.domain_list(process) == []


@pytest.mark.parametrize(
    ("memory", "why"),
    [
        pytest.param(b"", "0 bytes", id="empty"),
        pytest.param(program.pack_memory(1) + b"x", "23 bytes", id="too long"),
        pytest.param(b"\0" * program.MEMORY_SIZE, "damaged", id="zeros pass no checksum"),
    ],
)
def test_damaged_memory_is_refused_with_the_reason(memory: bytes, why: str) -> None:
    with pytest.raises(hypervisor.GuestError, match=why):
        GuestProcess.start_paused(memory, None)


def test_a_directory_that_is_none_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(hypervisor.InvalidUriError, match="not a directory"):
        hypervisor.connect_open(f"process://{tmp_path}/missing")


def test_a_platform_without_the_signals_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGSTOP")
    with pytest.raises(hypervisor.UnsupportedError, match="no signal that pauses"):
        hypervisor.connect_open("process:///")


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(os_state.read_proc, marks=linux_only, id="proc: Linux"),
        pytest.param(os_state.read_ps, id="ps: everywhere else"),
    ],
)
def test_both_sources_agree_on_the_states_of_a_process(
    read: Callable[[int], OsState], process: Connection
) -> None:
    if read is os_state.read_ps and shutil.which("ps") is None:
        pytest.skip("no ps here")
    domain = started(process)
    process_id = pid(domain)
    assert read(process_id) is OsState.RUNNING
    hypervisor.domain_suspend(domain)
    assert read(process_id) is OsState.STOPPED
    os.kill(process_id, signal.SIGKILL)
    eventually(lambda: read(process_id) is OsState.GONE, "a zombie counts as gone")
    hypervisor.domain_list(process)
    assert read(process_id) is OsState.GONE


def test_without_proc_and_ps_the_state_is_an_error_and_no_guess(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(hypervisor.GuestError, match="cannot tell the state"):
        os_state.read_ps(os.getpid())


def gone(process_id: int) -> bool:
    """Tell whether a process runs no more; a zombie of some other parent's counts as gone."""
    return os_state.read(process_id) is OsState.GONE


MANAGER = """
import os, signal, sys, time
if sys.argv[2:] == ["nohup"]:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
sys.path.insert(0, sys.argv[1])
import hypervisor
connection = hypervisor.connect_open("process:///")
for name in ("running", "paused"):
    domain = hypervisor.domain_define(connection, f"<guest><name>{name}</name></guest>")
    hypervisor.domain_create(domain)
    print(hypervisor.domain_get_info(domain).id)
hypervisor.domain_suspend(domain)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(
    "how",
    [
        pytest.param([], id="plain"),
        pytest.param(["nohup"], id="nohup: an ignored SIGHUP is inherited"),
    ],
)
def test_guests_do_not_outlive_a_manager_that_is_killed(how: list[str]) -> None:
    # A session of its own: else a reaper in ours would keep the guests' groups from being orphaned.
    manager = subprocess.Popen(
        [sys.executable, "-c", MANAGER, str(EXAMPLE), *how],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with manager:
        assert manager.stdout is not None
        pids = [int(manager.stdout.readline()) for _ in range(2)]
        assert manager.stdout.readline() == "ready\n"
        manager.kill()
    for process_id in pids:
        eventually(partial(gone, process_id), "the guest is gone")
