"""Migration of real processes: signals, sockets, memory, and peers that speak garbage."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hypervisor
from conformance.by_hand import GUEST, ByHand, Pair, state_of
from conformance.guests import started
from example_helpers import await_ticks, eventually, pid, ticks
from hypervisor import Connection, Domain, MigrationError
from hypervisor.drivers.process import os_state, program
from hypervisor.drivers.process.migration import ProcessIncoming
from hypervisor.drivers.process.os_state import OsState
from hypervisor.migration import host as hosts


@pytest.fixture
def by_hand(pair: Pair) -> ByHand:
    """Give the steps of version 3 with a process that has ticked."""
    await_ticks(started(pair[0]), 2)
    return ByHand(pair)


@pytest.fixture
def pair(process: Connection) -> Iterator[Pair]:
    """Give two hosts."""
    other = hypervisor.connect_open("process:///")
    yield process, other
    hypervisor.connect_close(other)


def incoming(connection: Connection) -> ProcessIncoming:
    """Give the process that waits on a host."""
    (job,) = hosts.of(connection).open_jobs()
    assert isinstance(job.incoming, ProcessIncoming)
    return job.incoming


def test_the_guest_goes_on_at_the_very_tick_at_which_it_left(by_hand: ByHand) -> None:
    by_hand.until("finish")
    source, destination = by_hand.pair
    left = ticks(Domain(source, GUEST))
    assert left > 2
    waiting = incoming(destination).pid
    eventually(lambda: os_state.read(waiting) is OsState.STOPPED, "the guest that came is stopped")
    by_hand.finish()
    moved = Domain(destination, GUEST)
    assert pid(moved) == waiting
    await_ticks(moved, left)
    assert ticks(Domain(source, GUEST)) == left


def test_confirm_ends_the_process_of_the_source(by_hand: ByHand) -> None:
    source = pid(Domain(by_hand.pair[0], GUEST))
    by_hand.until("confirm")
    assert os_state.read(source) is OsState.STOPPED
    by_hand.confirm()
    assert os_state.read(source) is OsState.GONE


def test_what_was_given_up_leaves_neither_process_nor_socket(by_hand: ByHand) -> None:
    by_hand.until("finish")
    waiting = incoming(by_hand.pair[1])
    folder = Path(by_hand.uri.removeprefix("unix:")).parent
    assert folder.is_dir()
    by_hand.finish(cancelled=True)
    assert os_state.read(waiting.pid) is OsState.GONE
    assert not folder.exists()
    by_hand.confirm(cancelled=True)
    left = ticks(Domain(by_hand.pair[0], GUEST))
    await_ticks(Domain(by_hand.pair[0], GUEST), left)


FRAME = program.pack_frame(program.pack_memory(7), False)
SENT = {
    "garbage": b"GET / HTTP/1.1\r\n\r\n",
    "nothing": b"",
    "too little": FRAME[:-1],
    "too much": FRAME + b"x",
    "damaged": FRAME[:-2] + b"\x00\x00",
    "a later version": FRAME[:9] + b"\x09" + FRAME[10:],
    "2 GB announced": FRAME[:11] + b"\x80\x00\x00\x00" + FRAME[15:],
}


@pytest.mark.parametrize("what", SENT)
def test_a_destination_takes_nothing_but_a_whole_guest(by_hand: ByHand, what: str) -> None:
    by_hand.until("perform")
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(by_hand.uri.removeprefix("unix:"))
        stranger.sendall(SENT[what])
        stranger.shutdown(socket.SHUT_WR)
        stranger.settimeout(20)
        assert stranger.recv(500) != program.TAKEN
    with pytest.raises(MigrationError):
        by_hand.perform()
    by_hand.finish(cancelled=True)
    by_hand.confirm(cancelled=True)
    assert (state_of(by_hand.pair[0]), state_of(by_hand.pair[1])) == ("running", None)


def answer_with(reply: bytes) -> Callable[[socket.socket], None]:
    """Give a destination that answers something, whatever comes."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(reply)

    return serve


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"", id="it hangs up"),
        pytest.param(b"taken", id="a word that is not whole"),
        pytest.param(b"x" * 100_000, id="more than an answer can be"),
    ],
)
def test_a_source_takes_nothing_but_the_word(by_hand: ByHand, tmp_path: Path, reply: bytes) -> None:
    by_hand.until("perform")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen(1)
        thread = threading.Thread(target=answer_with(reply), args=(listener,), daemon=True)
        thread.start()
        by_hand.uri = f"unix:{tmp_path / 's'}"
        with pytest.raises(MigrationError, match=r"did not take|cannot send"):
            by_hand.perform()
    by_hand.finish(cancelled=True)
    by_hand.confirm(cancelled=True)
    assert state_of(by_hand.pair[0]) == "running"


def test_a_killed_process_of_the_destination_gives_the_guest_back(by_hand: ByHand) -> None:

    by_hand.until("finish")
    os.kill(incoming(by_hand.pair[1]).pid, signal.SIGKILL)
    assert by_hand.finish()[0] is None
    by_hand.confirm(cancelled=True)
    assert (state_of(by_hand.pair[0]), state_of(by_hand.pair[1])) == ("running", None)


def test_a_process_of_the_source_that_is_killed_before_it_is_sent(by_hand: ByHand) -> None:

    by_hand.until("perform")
    os.kill(pid(Domain(by_hand.pair[0], GUEST)), signal.SIGKILL)
    with pytest.raises(hypervisor.HypervisorError):
        by_hand.perform()
    assert by_hand.finish(cancelled=True)[0] is None
    assert state_of(by_hand.pair[1]) is None


def test_closing_ends_all_guests_though_one_that_is_expected_resists(
    by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand.until("perform")
    destination = by_hand.pair[1]
    other = pid(started(destination, name="other"))
    discard = ProcessIncoming.discard

    def resist(incoming: ProcessIncoming) -> None:
        discard(incoming)
        raise hypervisor.GuestTimeoutError("it still lives")

    monkeypatch.setattr(ProcessIncoming, "discard", resist)
    with pytest.raises(hypervisor.GuestTimeoutError, match="still lives"):
        hypervisor.connect_close(destination)
    assert os_state.read(other) is OsState.GONE
