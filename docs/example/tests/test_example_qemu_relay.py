"""The way between two QEMUs, with others in their place: what is passed on, held back, mended."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from example_helpers import eventually
from hypervisor import GuestError, GuestTimeoutError
from hypervisor.drivers.qemu.machine import QemuGuest
from hypervisor.drivers.qemu.relay import AGAIN, Relay


class Machine:
    """A QEMU that sees at once that its connection broke, and connects when it is told to."""

    def __init__(self, path: str) -> None:
        """Live; its relay listens at a path."""
        self.path = path
        self.ended = False
        self.resumed: list[socket.socket] = []
        self.fails: list[Exception] = []

    def outcome(self) -> int | None:
        """Tell whether it has ended."""
        return 1 if self.ended else None

    def kill(self) -> None:
        """End it."""
        self.ended = True

    def query_migrate(self) -> dict[str, Any]:
        """Say that the connection broke."""
        return {"status": "postcopy-paused"}

    def execute(self, command: str, **arguments: Any) -> None:
        """Connect when it is told to send what is missing; it may fail or be too slow first."""
        if command == "migrate":
            if self.fails:
                raise self.fails.pop()
            self.resumed.append(connected(self.path))


def connected(path: str) -> socket.socket:
    """Connect."""
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(10)
    end.connect(path)
    return end


class Way:
    """A relay between two ends."""

    def __init__(self, folder: Path) -> None:
        """Connect both."""
        self.at = str(folder / "incoming")
        self.listener = self.listening(self.at)
        self.machine = Machine(str(folder / "relay"))
        machine = cast("QemuGuest", self.machine)
        self.relay = Relay(machine, self.machine.path, self.at, 0)
        self.near = connected(self.machine.path)
        self.far, _ = self.listener.accept()
        self.far.settimeout(10)

    @staticmethod
    def listening(path: str) -> socket.socket:
        """Listen as a destination does."""
        listener = socket.socket(socket.AF_UNIX)
        listener.settimeout(10)
        listener.bind(path)
        listener.listen(1)
        return listener


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    """Give a relay between two ends."""
    found = Way(tmp_path)
    yield found
    found.relay.close()
    for end in (found.near, found.far, found.listener, *found.machine.resumed):
        end.close()
    assert not Path(found.machine.path).exists()


def test_it_passes_on_both_ways(way: Way) -> None:
    way.near.sendall(b"a")
    way.far.sendall(b"b")
    assert (way.far.recv(9), way.near.recv(9)) == (b"a", b"b")


def test_it_keeps_nothing_of_what_is_not_taken(way: Way) -> None:
    """Whoever sends is made to wait: a destination that hangs costs no memory."""
    way.near.settimeout(0.5)
    sent = 0
    with pytest.raises(TimeoutError):
        while sent < 64 << 20:
            sent += way.near.send(bytes(1 << 16))
    assert sent < 8 << 20


def test_a_break_is_passed_on_unless_it_is_held_back(way: Way) -> None:
    way.far.close()
    assert way.near.recv(9) == b""
    with pytest.raises(GuestError, match="broke"):
        way.relay.hold()


def test_one_that_is_held_back_is_passed_on_later(way: Way) -> None:
    way.relay.hold()
    way.far.close()
    way.near.settimeout(0.2)
    with pytest.raises(TimeoutError):
        way.near.recv(9)
    way.relay.release()
    assert way.near.recv(9) == b""


SLOW = [GuestTimeoutError("no answer")]


@pytest.mark.parametrize(("fails", "lives"), [([], True), (SLOW, True), ([GuestError("x")], False)])
def test_a_break_is_mended(way: Way, fails: list[Exception], lives: bool) -> None:
    """Also by a QEMU that was too slow once; one that refuses is ended, for its guest is lost."""
    way.relay.hold()
    way.machine.fails = list(fails)
    with way.listening(way.at + AGAIN) as again:
        way.far.close()
        if not lives:
            eventually(lambda: way.machine.ended, "it is ended")
            return
        for _ in range(1 + len(fails)):
            way.far, _address = again.accept()
        eventually(lambda: bool(way.machine.resumed), "it goes on")
        way.machine.resumed[-1].sendall(b"the rest")
        way.far.settimeout(10)
        assert way.far.recv(99) == b"the rest"
    assert not way.machine.ended


def test_it_ends_whatever_it_waits_for(tmp_path: Path) -> None:
    listener = Way.listening(str(tmp_path / "incoming"))
    machine = Machine(str(tmp_path / "relay"))
    relay = Relay(cast("QemuGuest", machine), machine.path, str(tmp_path / "incoming"), 0)
    closing = threading.Thread(target=relay.close)
    closing.start()
    closing.join(5)
    assert not closing.is_alive()
    assert not Path(machine.path).exists()
    listener.close()
