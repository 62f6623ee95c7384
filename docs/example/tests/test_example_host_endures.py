"""What a host must outlast: full queues, no threads, many handles, odd answers, a successor."""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hypervisor
from conformance.guests import started
from example_helpers import eventually
from hypervisor import Domain, errors, hostd
from hypervisor.migration import host as hosts
from hypervisor.migration import tunnel
from hypervisor.remote import former, frames, peers
from hypervisor.remote import server as servers
from hypervisor.remote.client import RemotePeer, Timeouts
from hypervisor.remote.server import Limits, Server
from hypervisor.remote.values import HostInfo
from remote_hosts import served

GUEST = "web"
#: More than `select` can count.
MANY_HANDLES = 1100


@pytest.fixture
def many_handles() -> Iterator[None]:
    """Hold so many handles open that every further one has a high number."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[1] != resource.RLIM_INFINITY and limits[1] < 2 * MANY_HANDLES:
        pytest.skip("this system does not give a process so many handles")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * MANY_HANDLES, limits[1]))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY_HANDLES)]
    try:
        yield
    finally:
        for handle in held:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_that_the_other_side_hung_up_is_seen_with_many_handles(many_handles: None) -> None:
    here, there = socket.socketpair()
    with here, there:
        assert not frames.hung_up(here)
        there.close()
        assert frames.hung_up(here)


def test_what_is_left_is_ended_by_a_program_with_many_handles(many_handles: None) -> None:
    environment = {**os.environ, former.MARK: "/run/hv/many"}
    with subprocess.Popen(["sleep", "60"], env=environment) as left:
        try:
            assert former.end("/run/hv/many") == [left.pid]
        finally:
            left.kill()


def test_what_is_just_being_started_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that changes its program shows an empty environment for a moment."""
    read = Path.read_bytes
    early: list[Path] = []

    def too_early(path: Path) -> bytes:
        if path == environ and len(early) < 2:
            early.append(path)
            return b""
        return read(path)

    environment = {**os.environ, former.MARK: "/run/hv/starting"}
    with subprocess.Popen(["sleep", "60"], env=environment) as left:
        environ = Path(f"/proc/{left.pid}/environ")
        monkeypatch.setattr(Path, "read_bytes", too_early)
        try:
            assert former.end("/run/hv/starting") == [left.pid]
            assert len(early) == 2
        finally:
            left.kill()


def test_what_never_has_an_environment_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(former, "SECONDS", 0.0)
    echo = subprocess.Popen(["cat"], env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with echo as bare, subprocess.Popen(["true"]) as ended:
        assert bare.stdin is not None and bare.stdout is not None
        bare.stdin.write(b"answers, so it has started\n")
        bare.stdin.flush()
        assert bare.stdout.readline() != b""
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        looked_at = [bare.pid, ended.pid]
        monkeypatch.setattr(former, "_processes", lambda: looked_at)
        assert former.end("/run/hv/none") == []


def test_a_host_that_cannot_start_a_thread_lives_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with served("memory:///") as host:
        started(host.connection)
        start = threading.Thread.start
        failed = threading.Event()

        def fail(thread: threading.Thread) -> None:
            if thread.name.startswith("serving") and not failed.is_set():
                failed.set()
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", fail)
        with pytest.raises(errors.PeerLostError):
            host.peer.identity()
        assert failed.is_set()
        assert host.peer.identity() == str(hosts.of(host.connection).identity)


def test_an_answer_that_no_message_can_hold_is_an_error_of_the_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with served("memory:///") as host:
        peer = RemotePeer(host.peer.path)
        started(host.connection)
        info = hypervisor.domain_get_info(Domain(host.connection, GUEST))
        endless = hypervisor.DomainInfo(info.state, info.id, 1, 1, 0, float("inf"))
        table = host.connection.driver
        monkeypatch.setitem(vars(table), "domain_get_info", lambda connection, name: endless)
        with pytest.raises(errors.RemoteError, match="the answer cannot be sent"):
            peer.call("domain_get_info", GUEST)


def test_a_tunnel_that_breaks_is_no_failure_of_the_host(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tunnel, "SECONDS", 0.2)
    caplog.set_level(logging.INFO)
    with served("memory:///") as host, contextlib.closing(host.peer._connected()) as wire:
        host.peer._asked(wire, "tunnel-out")
        eventually(lambda: not tunnel._OPEN, "nothing comes, and the tunnel is closed")
        eventually(lambda: "nothing came through" in caplog.text, "and that is told")
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_idle_connections_give_way_to_a_call() -> None:
    """Each was waited for by a thread for five seconds: 129 of them delayed a call by 20."""
    limits = Limits(connections=4, request=30.0)
    with served("memory:///", limits=limits) as host, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(17)]
        for wire in idle:
            wire.connect(host.peer.path)
        idle[0].sendall(b"a part of a request")
        before = time.monotonic()
        assert host.peer.identity() == str(hosts.of(host.connection).identity)
        assert time.monotonic() - before < limits.request
        assert host.peer.identity() == str(hosts.of(host.connection).identity)


# -- the place where it listens


def test_a_host_whose_queue_is_full_is_still_a_host() -> None:
    with tempfile.TemporaryDirectory(prefix="hv-") as folder, contextlib.ExitStack() as stack:
        path = f"{folder}/socket"
        busy = stack.enter_context(socket.socket(socket.AF_UNIX))
        busy.bind(path)
        busy.listen(0)
        for _ in range(2):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(path)
        refused: list[BaseException] = []

        def listen() -> None:
            try:
                servers._listen(path)
            except errors.InvalidUriError as error:
                refused.append(error)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        thread.join(5)
        assert not thread.is_alive(), "it waits for a place in the queue"
        assert "another host does" in str(refused[0])
        assert Path(path).is_socket()


def test_a_host_that_ends_leaves_its_successor_the_socket() -> None:
    """The next one may listen as soon as nobody does any more."""
    with served("memory:///") as host, tempfile.TemporaryDirectory(prefix="hv-") as folder:
        path = f"{folder}/socket"
        first: Any = Server(host.service, path)
        listener, successors = first._listener, []

        class Listener:
            def close(self) -> None:
                listener.close()
                successors.append(Server(host.service, path))

        first._listener = Listener()
        first._closed.set()
        first.serve()
        (successor,) = successors
        try:
            assert Path(path).is_socket()
        finally:
            successor._listener.close()


@pytest.mark.parametrize("name", ["a b", "100%41", "a#b", "a?b", "a;b"])
def test_what_a_host_says_of_its_address_leads_there(name: str) -> None:
    assert peers.socket_path(peers.uri_of(f"/run/hv/{name}")) == f"/run/hv/{name}"


# -- the program


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--connections", "0"),
        ("--connections", "-1"),
        ("--timeout", "0"),
        ("--timeout", "nan"),
        ("--timeout", "inf"),
        ("--finish-timeout", "-1"),
    ],
)
def test_a_limit_that_is_none_is_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        hostd._parser().parse_args(["memory:///", "--listen", "never", option, value])
    assert refused.value.code == 2
    assert f"argument {option}" in capsys.readouterr().err


def test_what_a_fence_starts_is_no_guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fence may start the dead host anew: it must not be taken for what this one left behind."""
    monkeypatch.setenv(former.MARK, "/run/hv/a.state")
    program = tmp_path / "fence"
    program.write_text(f'#!/bin/sh\ntest -z "${former.MARK}" && test -n "$PATH"\n')
    program.chmod(0o755)
    assert hostd._fence(str(program))("dead")


# -- who asks it


def test_what_is_known_of_a_host_outlasts_its_silence() -> None:
    with served("memory:///") as host:
        peer = RemotePeer(host.peer.path, Timeouts(connect=1))
        slots = peer.slots
    with pytest.raises(errors.PeerLostError):
        peer.identity()
    assert peer.slots == slots and peer.driver == "memory"


def test_two_threads_may_ask_who_a_host_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(call: str, *args: Any) -> HostInfo:
        return HostInfo("me", "memory", [])

    class Racing(RemotePeer):
        """One in which the other thread comes in as soon as the answer is noted."""

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, None if name == "_known" else value)

    racing = Racing("/run/hv/a")
    monkeypatch.setattr(racing, "_ask", ask)
    assert racing.identity() == "me"
    assert racing.driver == "memory"


def test_recovery_of_one_guest_does_not_keep_others_from_theirs(tmp_path: Path) -> None:
    """It may take as long as a fence does."""
    began, asked, may_go_on = threading.Event(), threading.Event(), threading.Event()

    def fence(identity: str) -> bool:
        if began.is_set():
            asked.set()
            may_go_on.wait(20)
        return False

    with tempfile.TemporaryDirectory(prefix="hv-") as folder, served("memory:///") as destination:
        gate = Path(folder, "gate")
        gate.symlink_to(destination.peer.path)

        def fall_silent(event: hypervisor.Event) -> None:
            if event.kind == "migration-finish":
                gate.unlink(missing_ok=True)
                raise errors.MigrationError("the answer is lost with the host")

        hosts.of(destination.connection).audience.hooks.append(fall_silent)
        with served("memory:///", tmp_path, fence=fence) as source:
            started(source.connection)
            with pytest.raises(errors.UnresolvedError):
                source.peer.migrate(GUEST, f"remote://{gate}")
            began.set()

            def recover() -> None:
                with pytest.raises(errors.UnresolvedError):
                    source.peer.recover(GUEST)

            thread = threading.Thread(target=recover)
            thread.start()
            journals = list(tmp_path.glob("*.migration"))
            try:
                assert asked.wait(20), "it is not at work"
                assert source.peer.recover("other") == []
                with pytest.raises(errors.MigrationError, match="'web' is at work"):
                    source.peer.recover(GUEST)
            finally:
                may_go_on.set()
                thread.join()
            assert list(tmp_path.glob("*.migration")) == journals
            with pytest.raises(errors.UnresolvedError):
                source.peer.recover(GUEST)


def test_recovery_may_take_as_long_as_what_it_finishes() -> None:
    assert Timeouts().of("recover") == Timeouts().of("migrate")
