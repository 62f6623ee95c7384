"""Peers that speak garbage, announce too much, never end or never begin: bounded, clear, undone."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hypervisor
from conformance.by_hand import GUEST, ByHand
from conformance.guests import started
from example_helpers import eventually, state_of
from hypervisor import Domain, MemoryJournal, MigrationError, PeerLostError
from hypervisor.drivers.process import program
from hypervisor.migration import tunnel
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.peer import PREFIX
from hypervisor.migration.recovery import Outcome, recover
from hypervisor.remote import codec, frames
from hypervisor.remote.client import RemotePeer, Timeouts
from hypervisor.remote.codec import Request
from hypervisor.remote.frames import Deadline, Frame, Kind
from hypervisor.remote.server import Limits
from hypervisor.values import Token
from remote_hosts import Served, served

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is measured in /proc"
)

#: How long the good side waits for what never comes; for all else, as long as a slow machine may
#: take.
SECONDS = 0.2
ROOM_SECONDS = 20.0
ROOM_BYTES = 8 * 1024 * 1024

HEADER = struct.Struct(">4sHHI")
MAX = frames.MAX_BYTES
#: Small, so that what it takes is not mistaken for what the other side takes.
PIECE = b"[" * 4096


@contextlib.contextmanager
def bounded(calls: int = 1) -> Iterator[None]:
    """Hold what is done to memory, and to the time that so many calls may take."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, began = memory("VmRSS"), time.monotonic()
    yield
    assert memory("VmHWM") - before < ROOM_BYTES
    assert time.monotonic() - began < calls * SECONDS + ROOM_SECONDS


def memory(what: str) -> int:
    """Give a size of this process in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(what)


# -- what a bad one does with a connection

Behaviour = Callable[[socket.socket, Request], None]


def says(body: bytes) -> Behaviour:
    """Answer with something."""
    return lambda wire, request: wire.sendall(body)


def replies(text: str) -> Behaviour:
    """Answer with a whole message of this text, in which ID stands for the right one."""

    def reply(wire: socket.socket, request: Request) -> None:
        body = text.replace("ID", request.id).encode()
        frames.send(wire, Frame(Kind.REPLY, body), Deadline(ROOM_SECONDS))

    return reply


def never_ends(first: bytes) -> Behaviour:
    """Send for ever, until nobody takes it any more."""

    def stream(wire: socket.socket, request: Request) -> None:
        wire.settimeout(ROOM_SECONDS)
        wire.sendall(first)
        while True:
            wire.sendall(PIECE)

    return stream


def stalls(first: bytes) -> Behaviour:
    """Send something, and nothing more until the other side hangs up."""

    def stall(wire: socket.socket, request: Request) -> None:
        wire.sendall(first)
        wire.settimeout(ROOM_SECONDS)
        wire.recv(1)

    return stall


def drips(wire: socket.socket, request: Request) -> None:
    """Send a byte now and then, so that there is always something to read."""
    wire.sendall(HEADER.pack(b"HVRP", 1, 2, 1000))
    while True:
        wire.sendall(b" ")
        time.sleep(SECONDS / 10)


ANSWERS: dict[str, tuple[Behaviour, str]] = {
    "garbage": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "its first bytes are wrong"),
    "another version": (says(HEADER.pack(b"HVRP", 9, 2, 0)), "speaks version 9"),
    "a message of another kind": (says(HEADER.pack(b"HVRP", 1, 3, 0)), "expected reply"),
    "2 GB announced": (says(HEADER.pack(b"HVRP", 1, 2, 2**31)), "2147483648 bytes were announced"),
    "2 GB sent": (never_ends(HEADER.pack(b"HVRP", 1, 2, 2**31)), "were announced"),
    "a stream without end": (never_ends(HEADER.pack(b"HVRP", 1, 2, MAX)), "more than 20000 values"),
    "garbage without end": (never_ends(b""), "its first bytes are wrong"),
    "nothing, for ever": (stalls(b""), f"nothing more came within {SECONDS:g} s"),
    "half a header, for ever": (stalls(b"HVRP\x00"), f"nothing more came within {SECONDS:g} s"),
    "half a message, for ever": (
        stalls(HEADER.pack(b"HVRP", 1, 2, 9) + b"{"),
        f"nothing more came within {SECONDS:g} s",
    ),
    "a byte now and then": (drips, f"nothing more came within {SECONDS:g} s"),
    "nothing": (says(b""), "closed the connection"),
    "half a message": (says(HEADER.pack(b"HVRP", 1, 2, 9) + b"{"), "closed the connection"),
    "no JSON": (replies("<reply/>"), "makes no sense"),
    "deep JSON": (replies("[" * 15_000 + "]" * 15_000), "nested too deeply"),
    "many values": (replies("[" + "[]," * 100_000 + "[]]"), "more than 20000 values"),
    "another call's answer": (replies('{"id": "other", "value": null}'), "answered another call"),
    "an answer of another type": (replies('{"id": "ID", "value": 7}'), "a value of another type"),
    "a class that it may not name": (
        replies('{"id": "ID", "value": {"Popen": {"args": "ls"}}}'),
        "unknown kind of value 'Popen'",
    ),
}


NEVER_COME = [
    behaviour for behaviour, why in ANSWERS.values() if why.endswith(f"within {SECONDS:g} s")
]


class BadHost:
    """A host that is a good one up to a step, and then does something else, whatever is asked."""

    def __init__(self, good: Served, path: str, behaviour: Behaviour, step: str | None) -> None:
        self.good = good
        self.step = step
        self.behaviour = behaviour
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        self._listener.settimeout(0.02)
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        """Wait until all that it does has come to an end."""
        self._closed.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(TimeoutError):
                wire, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._one, args=(wire,)))
                self._threads[-1].start()

    def _one(self, wire: socket.socket) -> None:
        with wire, contextlib.suppress(OSError, PeerLostError):
            message = frames.receive(wire, Deadline(ROOM_SECONDS), Kind.REQUEST)
            request = codec.read_request(message.body)
            if self.step is not None and self.step in request.call:
                self.step = None
            if self.step is None:
                self.behaviour(wire, request)
                return
            with frames.connect(self.good.peer.path, Deadline(ROOM_SECONDS)) as onward:
                frames.send(onward, message, Deadline(ROOM_SECONDS))
                reply = frames.receive(onward, Deadline(ROOM_SECONDS), Kind.REPLY)
                frames.send(wire, reply, Deadline(ROOM_SECONDS))


def patience(host: BadHost) -> Timeouts:
    """Wait for a host as long as it takes, but not for what never comes."""
    if host.behaviour not in NEVER_COME:
        return Timeouts(ROOM_SECONDS, ROOM_SECONDS, {})
    if host.step is None:
        return Timeouts(ROOM_SECONDS, SECONDS, {})
    turning = dict.fromkeys((host.step, f"{PREFIX}{host.step}"), SECONDS)
    return Timeouts(ROOM_SECONDS, ROOM_SECONDS, turning)


@contextlib.contextmanager
def bad_host(good: Served, behaviour: Behaviour, step: str | None) -> Iterator[RemotePeer]:
    """Give a host that turns bad when a step is asked for; None: it always was."""
    with tempfile.TemporaryDirectory(prefix="hv-") as folder:
        path = f"{folder}/bad"
        with contextlib.closing(BadHost(good, path, behaviour, step)) as host:
            yield RemotePeer(path, lambda: patience(host))


@pytest.fixture
def good() -> Iterator[Served]:
    """Give a good host."""
    with served("memory:///") as host:
        yield host


@pytest.fixture
def source() -> Iterator[Served]:
    """Give a good host on which a guest runs."""
    with served("memory:///") as host:
        started(host.connection)
        yield host


def runs(host: Served) -> bool:
    """Whether the guest runs on a host, and can do what it wants."""
    domain = Domain(host.connection, GUEST)
    if state_of(domain) != "running":
        return False
    hypervisor.domain_suspend(domain)
    hypervisor.domain_resume(domain)
    return True


# -- a bad destination


@pytest.mark.parametrize("what", ANSWERS)
def test_a_bad_answer_is_no_answer_and_says_why(good: Served, what: str) -> None:
    behaviour, why = ANSWERS[what]
    with bad_host(good, behaviour, None) as peer, bounded(), pytest.raises(PeerLostError) as told:
        peer.identity()
    assert why in str(told.value)


@pytest.mark.parametrize("what", ANSWERS)
def test_a_destination_that_turns_bad_in_prepare_changes_nothing(
    good: Served, source: Served, what: str
) -> None:
    behaviour, why = ANSWERS[what]
    with bad_host(good, behaviour, "prepare3") as destination:
        migration = Migration(source.peer, destination, GUEST)
        with bounded(3), pytest.raises(MigrationError) as told:
            migration.run()
    assert why in str(told.value)
    assert runs(source)
    assert source.peer.jobs() == []


@pytest.mark.parametrize(
    "what", ["2 GB sent", "half a message, for ever", "an answer of another type"]
)
def test_a_destination_that_turns_bad_in_finish_is_waited_for_until_it_is_fenced(
    good: Served, source: Served, what: str
) -> None:
    behaviour, _ = ANSWERS[what]
    journal = MemoryJournal()
    with bad_host(good, behaviour, "finish3") as destination:
        with bounded(3), pytest.raises(hypervisor.UnresolvedError):
            Migration(source.peer, destination, GUEST, journal=journal).run()
        assert state_of(Domain(source.connection, GUEST)) == "paused"
        result = recover(journal, source.peer, destination, lambda identity: True)
    assert result.outcome is Outcome.STAYED
    assert runs(source)


def test_an_error_of_an_unknown_class_is_the_hosts_own(good: Served, source: Served) -> None:
    body = {"id": "ID", "error": {"kind": "OutOfCheeseError", "text": "no more cheese"}}
    with bad_host(good, replies(json.dumps(body)), "prepare3") as destination:
        with pytest.raises(MigrationError, match="OutOfCheeseError: no more cheese") as told:
            destination.call("domain_migrate_prepare3", Token.new(), b"", None, 0, None, 0, "")
        assert type(told.value) is MigrationError


def test_a_host_that_answers_that_it_is_lost_has_answered(good: Served) -> None:
    body = {"id": "ID", "error": {"kind": "PeerLostError", "text": "believe me"}}
    with bad_host(good, replies(json.dumps(body)), None) as peer:
        with pytest.raises(MigrationError, match="believe me") as told:
            peer.identity()
        assert not isinstance(told.value, PeerLostError)


@pytest.mark.parametrize(
    "what", ["2 GB sent", "garbage without end", "a byte now and then", "half a message"]
)
def test_a_tunnel_to_a_bad_destination(good: Served, source: Served, what: str) -> None:
    behaviour, why = ANSWERS[what]
    options = hypervisor.Options(tunnelled=True)
    with (
        bad_host(good, behaviour, "tunnel-in") as destination,
        bounded(3),
        pytest.raises(MigrationError) as told,
    ):
        Migration(source.peer, destination, GUEST, options).run()
    assert why in str(told.value)
    assert runs(source)
    eventually(lambda: not tunnel._OPEN, "all tunnels are closed")


# -- a bad client

REQUEST = codec.write_request(Request("i", "host", ()))
#: How long a host waits for its clients, good ones on a slow machine among them.
LIMIT_SECONDS = 0.5
LIMITS = Limits(connections=4, request=LIMIT_SECONDS, reply=LIMIT_SECONDS)
NOBODY = Request("", "", ())


def framed(body: bytes) -> bytes:
    """Give a request with a header."""
    return HEADER.pack(b"HVRP", 1, 1, len(body)) + body


CLIENTS: dict[str, tuple[Behaviour, str]] = {
    "garbage": (says(b"GET / HTTP/1.1\r\n\r\n"), "its first bytes are wrong"),
    "another version": (says(HEADER.pack(b"HVRP", 2, 1, 0)), "speaks version 2"),
    "an answer": (says(HEADER.pack(b"HVRP", 1, 2, 0)), "expected request"),
    "2 GB announced": (says(HEADER.pack(b"HVRP", 1, 1, 2**31)), "2147483648 bytes"),
    "2 GB sent": (never_ends(HEADER.pack(b"HVRP", 1, 1, 2**31)), ""),
    "a stream without end": (never_ends(HEADER.pack(b"HVRP", 1, 1, MAX)), ""),
    "nothing, for ever": (says(b""), f"within {LIMIT_SECONDS:g} s"),
    "half a header, for ever": (says(b"HVRP"), f"within {LIMIT_SECONDS:g} s"),
    "half a message, for ever": (says(framed(REQUEST)[:-1]), f"within {LIMIT_SECONDS:g} s"),
    "no JSON": (says(framed(b"<request/>")), "makes no sense"),
    "no request": (says(framed(b'{"id": "i"}')), "lacks id, call or arguments"),
    "deep JSON": (says(framed(b"[" * 15_000 + b"]" * 15_000)), "nested too deeply"),
    "many values": (says(framed(b"[" + b"[]," * 100_000 + b"[]]")), "more than 20000 values"),
    "a call that is none": (
        says(framed(codec.write_request(Request("i", "__init__", ())))),
        "no call '__init__'",
    ),
}


@pytest.mark.parametrize("what", CLIENTS)
def test_a_bad_client_is_told_and_dropped_and_others_are_served(what: str) -> None:
    behaviour, why = CLIENTS[what]
    with served("memory:///", limits=LIMITS) as host, bounded(2):
        started(host.connection)
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(host.peer.path)
            with contextlib.suppress(OSError):
                behaviour(stranger, NOBODY)
            host.peer.identity()
            stranger.settimeout(ROOM_SECONDS)
            if why:
                reply = frames.receive(stranger, Deadline(ROOM_SECONDS), Kind.REPLY)
                assert why in str(codec.read_reply(reply.body).error)
                assert hung_up(stranger)
        assert runs(host)


def hung_up(stranger: socket.socket) -> bool:
    """Whether the other side closed the connection: by a reset when it left something unread."""
    try:
        return stranger.recv(1) == b""
    except ConnectionResetError:
        return True


def serving(host: Served) -> int:
    """Count the threads that serve a host's clients."""
    name = f"serving {host.peer.path}"
    return sum(thread.name == name for thread in threading.enumerate())


def test_clients_that_stall_take_no_more_threads_than_there_are() -> None:
    with served("memory:///", limits=LIMITS) as host, contextlib.ExitStack() as stack, bounded(6):
        for _ in range(3 * LIMITS.connections):
            stranger = stack.enter_context(socket.socket(socket.AF_UNIX))
            stranger.connect(host.peer.path)
        eventually(lambda: serving(host) == LIMITS.connections, "all are taken")
        # Behind them in the queue, and served when they were dropped.
        assert RemotePeer(host.peer.path).identity() == host.peer.identity()
        assert serving(host) <= LIMITS.connections
        eventually(lambda: serving(host) == 0, "all threads are free")


@pytest.mark.parametrize("call", ["tunnel-in", "tunnel-out"])
@pytest.mark.parametrize(
    "what", ["hangs up", "2 GB announced", "garbage", "a block that is too large"]
)
def test_a_client_that_spoils_its_tunnel_leaves_nothing(call: str, what: str) -> None:
    sent = {
        "hangs up": b"",
        "2 GB announced": HEADER.pack(b"HVRP", 1, 3, 2**31),
        "garbage": b"garbage without a header",
        "a block that is too large": HEADER.pack(b"HVRP", 1, 3, MAX + 1),
    }
    with served("memory:///", limits=LIMITS) as host, bounded(2):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(host.peer.path)
            stranger.sendall(framed(codec.write_request(Request("i", call, ()))))
            frames.receive(stranger, Deadline(ROOM_SECONDS), Kind.REPLY)
            stranger.sendall(sent[what])
        eventually(lambda: not tunnel._OPEN, "its tunnel is closed")
        eventually(lambda: serving(host) == 0, "its thread is free")


def test_a_tunnel_that_nobody_reads_holds_no_more_than_its_queue(
    good: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnel, "SECONDS", 2 * SECONDS)
    with socket.socket(socket.AF_UNIX) as stranger, bounded(2):
        stranger.connect(good.peer.path)
        stranger.sendall(framed(codec.write_request(Request("i", "tunnel-in", ()))))
        frames.receive(stranger, Deadline(ROOM_SECONDS), Kind.REPLY)
        stranger.settimeout(SECONDS)
        block = HEADER.pack(b"HVRP", 1, 3, MAX) + b"x" * MAX
        with pytest.raises(TimeoutError):  # it is not taken any more
            for _ in range(1000):
                stranger.sendall(block)
    eventually(lambda: not tunnel._OPEN, "its tunnel is closed")


# -- the socket of a guest's data


@pytest.fixture
def by_hand(process: hypervisor.Connection) -> Iterator[ByHand]:
    """Give the steps of version 3 with real processes."""
    started(process)
    with contextlib.closing(_Closing(hypervisor.connect_open("process:///"))) as other:
        yield ByHand((process, other.connection))


class _Closing:
    def __init__(self, connection: hypervisor.Connection) -> None:
        self.connection = connection

    def close(self) -> None:
        """Close the connection."""
        hypervisor.connect_close(self.connection)


def test_a_stranger_who_stalls_on_the_socket_of_a_guest(
    by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypervisor.drivers.process.guest.RECEIVE_SECONDS", SECONDS)
    by_hand.until("perform")
    frame = program.pack_frame(program.pack_memory(1), False)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(by_hand.uri.removeprefix("unix:"))
        stranger.sendall(frame[:-1])
        stranger.settimeout(ROOM_SECONDS)
        assert f"did not come whole within {SECONDS:g} s".encode() in stranger.recv(500)
    with pytest.raises(MigrationError):
        by_hand.perform()
    undone(by_hand)


@pytest.mark.parametrize("what", ["nothing, for ever", "garbage", "garbage without end", "nothing"])
def test_a_source_whose_guest_is_taken_by_a_stranger(
    by_hand: ByHand, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr("hypervisor.drivers.process.migration.SEND_SECONDS", SECONDS)
    by_hand.until("perform")
    behaviour, _ = ANSWERS[what]

    def serve() -> None:
        wire, _ = listener.accept()
        with wire, contextlib.suppress(OSError):
            wire.recv(program.FRAME_SIZE)
            behaviour(wire, NOBODY)

    with (
        tempfile.TemporaryDirectory(prefix="hv-") as folder,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        listener.bind(f"{folder}/s")
        listener.listen(1)
        thread = threading.Thread(target=serve)
        thread.start()
        by_hand.uri = f"unix:{folder}/s"
        with bounded(), pytest.raises(MigrationError, match=r"did not take|cannot send"):
            by_hand.perform()
        thread.join()
    undone(by_hand)


def undone(by_hand: ByHand) -> None:
    """Undo the migration: the guest goes on at its source."""
    by_hand.finish(cancelled=True)
    by_hand.confirm(cancelled=True)
    assert state_of(Domain(by_hand.pair[0], GUEST)) == "running"
