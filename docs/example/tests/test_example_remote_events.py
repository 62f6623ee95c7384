"""Events of hosts in other processes: told whole and in order, and no host waits for a listener."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import hypervisor
from conformance.guests import started
from example_helpers import eventually
from hypervisor import Connection, Event, HypervisorError, errors
from hypervisor.remote import codec, events, frames
from hypervisor.remote.client import RemotePeer, Timeouts
from hypervisor.remote.codec import Reply, Request
from hypervisor.remote.events import Backlog
from hypervisor.remote.frames import Deadline, Frame, Kind
from hypervisor.remote.server import Limits
from hypervisor.values import Token
from remote_hosts import Served, served

EXAMPLE = Path(__file__).resolve().parent.parent
MANY = 5000


@contextlib.contextmanager
def opened(host: Served) -> Iterator[Connection]:
    connection = hypervisor.connect_open(host.uri)
    try:
        yield connection
    finally:
        hypervisor.connect_close(connection)


def event(number: int) -> Event:
    return Event("migration-begin", "web", Token("m", 1), number, 0)


def listeners(host: Served) -> int:
    return len(host.service.audience.listeners)


@pytest.mark.parametrize("way", ["direct", "peer to peer"])
def test_another_process_is_told_what_the_host_itself_tells(way: str) -> None:
    with (
        served("memory:///") as source,
        served("memory:///") as destination,
        opened(source) as first,
        opened(destination) as second,
    ):
        here: tuple[list[Event], list[Event]] = [], []
        there: tuple[list[Event], list[Event]] = [], []
        for side, (host, connection) in enumerate(((source, first), (destination, second))):
            hypervisor.connect_add_migration_listener(host.connection, here[side].append)
            hypervisor.connect_add_migration_listener(connection, there[side].append)
        domain = started(first)
        if way == "direct":
            hypervisor.domain_migrate(domain, second)
        else:
            hypervisor.domain_migrate_to_uri(domain, destination.uri)
        eventually(lambda: list(map(len, there)) == [3, 2], "all is told")
        assert there == here
        assert [one.cookie_out > 0 for one in there[0]] == [True, True, False]
        assert there[1][0].cookie_in == there[0][0].cookie_out


def test_nobody_is_told_what_came_before_or_after(caplog: pytest.LogCaptureFixture) -> None:
    with served("memory:///") as host:
        told: list[Event] = []
        ended: list[HypervisorError] = []
        host.service.audience.tell(event(1))
        with opened(host) as connection:
            hypervisor.connect_add_migration_listener(connection, told.append, ended.append)
            host.service.audience.tell(event(2))
            eventually(lambda: told == [event(2)], "it is told what comes")
        eventually(lambda: listeners(host) == 0, "the host knows that nobody listens")
        host.service.audience.tell(event(3))
    assert told == [event(2)]
    assert ended == [], "who closes the connection knows that it is over"


def test_who_leaves_keeps_no_other_listener_from_being_told() -> None:
    with served("memory:///") as host:
        audience = host.service.audience
        told: list[str] = []

        def leave(event: Event) -> None:
            audience.listeners.remove(leave)

        audience.listeners[:] = [leave, lambda event: told.append(event.kind)]
        audience.tell(event(1))
    assert told == ["migration-begin"]


def test_a_hook_is_asked_only_in_the_process_of_its_host() -> None:
    refused = pytest.raises(errors.UnsupportedError, match="only there it can be asked")
    with served("memory:///") as host, opened(host) as connection, refused:
        hypervisor.connect_add_migration_hook(connection, lambda event: None)


# -- who is slow, or too many


def told_quickly(host: Served) -> None:
    """Let a host tell a lot; it must take no longer than it takes without the listener."""
    began = time.monotonic()
    for number in range(MANY):
        host.service.audience.tell(event(number))
    assert time.monotonic() - began < events.SECONDS / 2, "it waited"


def test_a_listener_that_is_too_slow_is_told_so_behind_what_was_kept() -> None:
    with served("memory:///") as host:
        may_go_on = threading.Event()
        told: list[int] = []
        ended: list[HypervisorError] = []

        def slow(event: Event) -> None:
            may_go_on.wait(20)
            told.append(event.cookie_in)

        listening = host.peer.listen(slow, ended.append)
        told_quickly(host)
        may_go_on.set()
        eventually(lambda: ended != [], "it is told that it was too slow")
        listening.close()
        assert f"more than {events.MOST_EVENTS} events behind" in str(ended[0])
        assert events.MOST_EVENTS <= len(told) < MANY
        assert told == list(range(len(told))), "what was told is whole and in order"
        eventually(lambda: listeners(host) == 0, "it is told no more")


def test_one_that_never_reads_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SECONDS", 0.5)
    with served("memory:///") as host, contextlib.closing(host.peer._connected()) as wire:
        host.peer._asked(wire, "events")
        for number in range(MANY):
            host.service.audience.tell(event(number))
        eventually(lambda: listeners(host) == 0, "the host gives it up")
        assert host.peer.driver == "memory"


def test_a_slow_listener_holds_no_migration_up() -> None:
    with served("memory:///") as source, served("memory:///") as destination:
        may_go_on = threading.Event()
        for host in (source, destination):
            host.peer.listen(lambda event: may_go_on.wait(20) and None)
        try:
            started(source.connection)
            began = time.monotonic()
            assert source.peer.migrate("web", destination.uri) == "web"
            assert time.monotonic() - began < 10
        finally:
            may_go_on.set()


def test_what_is_kept_is_bounded_in_size_too() -> None:
    backlog = Backlog()
    long = Event("migration-finish", "w" * (events.MOST_CHARACTERS // 2), Token("m", 1))
    backlog.put(long)
    backlog.put(long)
    assert backlog.get(0) == long
    with pytest.raises(errors.RemoteError, match="behind"):
        backlog.get(0)


def test_what_was_taken_makes_room() -> None:
    backlog = Backlog()
    for number in range(3 * events.MOST_EVENTS):
        long = replace(event(number), guest="w" * (events.MOST_CHARACTERS // 2))
        backlog.put(long)
        assert backlog.get(0) == long
    assert backlog.get(0) is None


def test_who_listens_leaves_room_for_calls() -> None:
    with served("memory:///", limits=Limits(connections=4)) as host:
        listening = host.peer.listen(lambda event: None)
        for _ in range(2):
            with pytest.raises(
                errors.RemoteError, match="1 listeners already: no more are allowed"
            ):
                host.peer.listen(lambda event: None)
        assert host.peer.jobs() == []
        listening.close()
        eventually(lambda: listeners(host) == 0, "it is gone")
        eventually(lambda: may_listen(host), "another one may")


def may_listen(host: Served) -> bool:
    try:
        host.peer.listen(lambda event: None).close()
    except errors.RemoteError:
        return False
    return True


# -- hosts that end, or are none


def test_that_a_host_was_killed_is_told_once() -> None:
    with tempfile.TemporaryDirectory(prefix="hv-") as folder:
        command = [sys.executable, "-m", "hypervisor.hostd", "memory:///", "--listen"]
        with subprocess.Popen(
            [*command, f"{folder}/a"], cwd=EXAMPLE, stderr=subprocess.PIPE, text=True
        ) as host:
            assert host.stderr is not None
            host.stderr.readline()
            ended: list[HypervisorError] = []
            connection = hypervisor.connect_open(f"remote://{folder}/a")
            hypervisor.connect_add_migration_listener(connection, pytest.fail, ended.append)
            host.send_signal(signal.SIGKILL)
            eventually(lambda: ended != [], "it is told")
            assert isinstance(ended[0], errors.PeerLostError)
            hypervisor.connect_close(connection)
            assert len(ended) == 1


def test_that_a_host_ended_is_logged_when_nobody_asked_to_be_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with served("memory:///") as host:
        host.peer.listen(lambda event: None)
    eventually(lambda: "sends no more events" in caplog.text, "it is logged")


ODD: dict[str, Callable[[], bytes]] = {
    "garbage": lambda: b"<event/>",
    "no event": lambda: codec.write_reply(Reply("1", Token("m", 1))),
    "nothing": lambda: codec.write_reply(Reply("1", None)),
    "an event with a text for a number": lambda: codec.write_reply(Reply("1", event(7))).replace(
        b":7,", b':"7",'
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_event_is_the_end(odd: str) -> None:
    with tempfile.TemporaryDirectory(prefix="hv-") as folder, contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(f"{folder}/odd")
        listener.listen(1)

        def answer() -> None:
            wire, _ = listener.accept()
            with wire:
                body = frames.receive(wire, Deadline(5), Kind.REQUEST).body
                request: Request = codec.read_request(body)
                for said in (codec.write_reply(Reply(request.id)), ODD[odd]()):
                    frames.send(wire, Frame(Kind.REPLY, said), Deadline(5))
                gone.wait(20)

        gone = threading.Event()
        thread = threading.Thread(target=answer)
        thread.start()
        told: list[Event] = []
        ended: list[HypervisorError] = []
        RemotePeer(f"{folder}/odd", Timeouts(connect=5)).listen(told.append, ended.append)
        try:
            eventually(lambda: ended != [], "it is told")
        finally:
            gone.set()
            thread.join()
        assert told == []
        assert isinstance(ended[0], errors.PeerLostError)
