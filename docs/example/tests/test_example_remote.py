"""Hosts in other processes: messages, calls, migration between them, restarts."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hypervisor
from conformance.guests import started
from example_helpers import await_ticks, eventually, pid, state_of
from hypervisor import Domain, FileJournal, Options, errors
from hypervisor.description import GuestDescription
from hypervisor.drivers.process import os_state
from hypervisor.drivers.process.os_state import OsState
from hypervisor.errors import HypervisorError, MigrationError, PeerLostError
from hypervisor.migration import host as hosts
from hypervisor.remote import codec, former, peers, schema
from hypervisor.remote.client import RemotePeer, Timeouts
from hypervisor.remote.codec import Reply, Request
from hypervisor.values import Token
from remote_hosts import Served, served

EXAMPLE = Path(__file__).resolve().parents[1]
GUEST = "web"

# -- what goes over the wire

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner),
    max_leaves=8,
)
RECORDS = st.builds(Token, st.text(), st.integers()) | st.builds(
    GuestDescription, st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.integers(1, 9)
)


@given(st.text(), st.text(), st.tuples(PLAIN, RECORDS))
def test_a_request_comes_out_as_it_went_in(name: str, call: str, arguments: Any) -> None:
    request = Request(name, call, arguments)
    assert codec.read_request(codec.write_request(request)) == request


@given(st.text(), PLAIN | RECORDS)
def test_a_reply_comes_out_as_it_went_in(name: str, value: Any) -> None:
    reply = Reply(name, value)
    assert codec.read_reply(codec.write_reply(reply)) == reply


@given(st.binary() | st.text().map(str.encode))
def test_garbage_is_a_value_error_and_nothing_else(body: bytes) -> None:
    for read in (codec.read_request, codec.read_reply):
        with pytest.raises(ValueError):
            read(body)


ODD = {
    "two keys": '{"bytes": "", "tuple": []}',
    "no key": "{}",
    "a class that is not in the table": '{"Path": {"x": 1}}',
    "a record without its fields": '{"Token": {}}',
    "a field too many": '{"Token": {"migration": "m", "epoch": 1, "more": 1}}',
    "a field of another type": '{"Token": {"migration": "m", "epoch": true}}',
    "bytes that are none": '{"bytes": "%%%"}',
    "a state that is none": '{"DomainState": "gone"}',
    "a state that is a list": '{"DomainState": ["running"]}',
    "no number": "NaN",
    "deep": "[" * 9000 + "]" * 9000,
    "one list too deep": "[" * 34 + "]" * 34,
    "more values than there may be": "[" + "0," * 30000 + "0]",
}


@pytest.mark.parametrize("what", ODD)
def test_a_value_that_makes_no_sense_is_refused(what: str) -> None:
    body = f'{{"id": "i", "value": {ODD[what]}}}'.encode()
    with pytest.raises(ValueError):
        codec.read_reply(body)


def test_a_guest_that_cannot_be_is_its_own_error() -> None:
    sizes = '"memory_kib": 1, "vcpus": 1, "disks": {"tuple": []}'
    plain = f'{{"GuestDescription": {{"name": "", {sizes}, "title": "", "uuid": ""}}}}'
    with pytest.raises(errors.DescriptionError):
        codec.read_request(f'{{"id": "", "call": "", "arguments": [{plain}]}}'.encode())


def every_error() -> list[HypervisorError]:
    """Give one of each of the library's errors."""
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    return [
        kind("what") if kind is not errors.UnsupportedError else kind("memory", "call", "why")
        for kind in kinds
        if issubclass(kind, HypervisorError)
    ]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: type(error).__name__)
def test_every_error_comes_back_as_itself_but_that_of_silence(error: HypervisorError) -> None:
    reply = codec.read_reply(codec.write_reply(Reply("i", error=error)))
    if isinstance(error, PeerLostError):
        # A host that says that it does not answer does answer.
        assert type(reply.error) is MigrationError
    else:
        assert type(reply.error) is type(error)
        assert str(reply.error) == str(error)


def test_the_interface_is_the_schema() -> None:
    found = schema.signatures()
    assert found["domain_list"].answer == list[str]
    arguments = found["domain_migrate_finish3"].arguments
    good = (Token("m"), "web", b"", None, "unix:x", 0, False)
    assert all(map(schema.fits, good, arguments))
    bad = (("m", 1), b"web", "", 0, None, False, 0)
    assert not any(map(schema.fits, bad, arguments))


# -- calls


@pytest.fixture
def pair() -> Iterator[tuple[Served, Served]]:
    """Give two hosts of the `memory` driver, and a guest on the first."""
    with served("memory:///") as source, served("memory:///") as destination:
        started(source.connection)
        yield source, destination


def opened(host: Served) -> hypervisor.Connection:
    """Connect to a host as another process would."""
    return hypervisor.connect_open(host.uri)


def states(pair: tuple[Served, Served]) -> list[str | None]:
    """Tell where the guest is."""
    return [
        state_of(Domain(host.connection, GUEST)) if GUEST in names(host) else None for host in pair
    ]


def names(host: Served) -> list[str]:
    """Give the guests of a host."""
    return [domain.name for domain in hypervisor.domain_list(host.connection)]


def test_the_table_has_what_the_hosts_own_table_has(pair: tuple[Served, Served]) -> None:
    there, here = pair[0].connection.driver, opened(pair[0]).driver
    wanted = {name for name, slot in vars(there).items() if slot is not None}
    assert {name for name, slot in vars(here).items() if slot is not None} == (
        wanted - {"connect_open"}
    )


def test_a_call_that_no_host_has_is_refused(pair: tuple[Served, Served]) -> None:
    peer = pair[0].peer
    for call in ("connect_close", "connect_open", "__class__", "private_data", "shutdown"):
        with pytest.raises(errors.RemoteError, match="has no call"):
            peer._ask(call)


def test_arguments_of_other_types_are_refused_and_do_nothing(pair: tuple[Served, Served]) -> None:
    peer = pair[0].peer
    with pytest.raises(errors.RemoteError, match="takes 1 arguments, not 0"):
        peer.call("domain_destroy")
    with pytest.raises(errors.RemoteError, match="of domain_destroy must be of type str"):
        peer.call("domain_destroy", b"web")
    with pytest.raises(errors.RemoteError, match="of domain_migrate_begin3 must be of type Token"):
        peer.call("domain_migrate_begin3", "t", "web", None, 0, None, 0)
    assert states(pair) == ["running", None]


def test_a_request_that_is_too_large_is_not_sent(pair: tuple[Served, Served]) -> None:
    with pytest.raises(errors.RemoteError, match="at most"):
        pair[0].peer.call("domain_destroy", "x" * 2**20)


def test_a_folder_that_may_not_be_entered_is_no_place_to_listen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbidden(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_socket", forbidden)
    with pytest.raises(hypervisor.InvalidUriError, match="Permission denied"), served("memory:///"):
        pass


def test_nobody_listens(tmp_path: Path) -> None:
    peer = RemotePeer(str(tmp_path / "none"))
    for ask in (peer.identity, lambda: peer.driver, lambda: peer.describe(GUEST)):
        with pytest.raises(PeerLostError, match="cannot connect"):
            ask()


@pytest.mark.parametrize(
    "uri", ["remote://host/path", "remote:///path?query", "remote:path", "remote:", "remote://[/"]
)
def test_a_uri_that_names_no_socket_is_refused(uri: str) -> None:
    with pytest.raises(hypervisor.InvalidUriError):
        hypervisor.connect_open(uri)


# -- migration


@pytest.mark.parametrize("remote", [(True, True), (True, False), (False, True)], ids=str)
@pytest.mark.parametrize("protocol", ["v1", "v2", "v3", "v3-tunnelled"])
def test_a_guest_moves_whichever_host_is_elsewhere(
    pair: tuple[Served, Served], protocol: str, remote: tuple[bool, bool]
) -> None:
    source, destination = (
        opened(host) if there else host.connection for host, there in zip(pair, remote, strict=True)
    )
    options = Options(protocol=protocol, tunnelled=protocol == "v3-tunnelled")
    moved = hypervisor.domain_migrate(Domain(source, GUEST), destination, options)
    assert moved == Domain(destination, GUEST)
    assert states(pair) == ["shutoff", "running"]
    assert pair[0].peer.jobs() == pair[1].peer.jobs() == []


@pytest.mark.parametrize("tunnelled", [False, True], ids=["direct", "tunnelled"])
@pytest.mark.parametrize("remote", [False, True], ids=["a host of this process", "another host"])
def test_from_peer_to_peer(pair: tuple[Served, Served], tunnelled: bool, remote: bool) -> None:
    source = opened(pair[0]) if remote else pair[0].connection
    options = Options(tunnelled=tunnelled)
    domain = Domain(source, GUEST)
    assert hypervisor.domain_migrate_to_uri(domain, pair[1].uri, options) == GUEST
    assert states(pair) == ["shutoff", "running"]


def test_a_tunnel_carries_a_guest_that_is_larger_than_all_queues(
    pair: tuple[Served, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What `memory` guests hold is small; blocks of a few bytes make a guest many blocks.
    monkeypatch.setattr("hypervisor.migration.tunnel.BLOCK_BYTES", 2)
    options = Options(tunnelled=True)
    hypervisor.domain_migrate(Domain(opened(pair[0]), GUEST), opened(pair[1]), options)
    assert states(pair) == ["shutoff", "running"]


def test_a_remote_host_has_journal_and_fence_of_its_own(pair: tuple[Served, Served]) -> None:
    domain = Domain(opened(pair[0]), GUEST)
    with pytest.raises(MigrationError, match="of its own"):
        hypervisor.domain_migrate_to_uri(domain, pair[1].uri, journal=hypervisor.MemoryJournal())


def test_open_migrations_can_be_seen(pair: tuple[Served, Served]) -> None:
    token = Token.new()
    pair[0].peer.call("domain_migrate_begin3", token, GUEST, None, 0, None, 0)
    (job,) = pair[0].peer.jobs()
    assert (job.migration, job.epoch, job.guest, job.answered) == (
        token.migration,
        1,
        GUEST,
        ["begin"],
    )
    pair[0].peer.abort(GUEST)
    pair[0].peer.call("domain_migrate_confirm3", token, GUEST, b"", 0, True)
    assert pair[0].peer.jobs() == []


# -- restarts


def test_a_new_life_has_another_name_and_the_leases_of_guests_that_live(tmp_path: Path) -> None:
    with served("memory:///", tmp_path) as host:
        started(host.connection)
        lease = hosts.of(host.connection).locks.held(GUEST)
        identity = host.peer.identity()
        assert lease is not None
    with served("memory:///", tmp_path) as host:
        assert host.peer.identity() != identity
        # The guest ended with its host; a new one of that name gets a new lease.
        assert hosts.of(host.connection).locks.held(GUEST) is None
        started(host.connection)
        again = hosts.of(host.connection).locks.held(GUEST)
        assert again is not None and again.id != lease.id


def test_two_hosts_cannot_have_one_state(tmp_path: Path) -> None:
    other = served("memory:///", tmp_path)
    with served("memory:///", tmp_path), pytest.raises(errors.JournalError, match="in use"), other:
        pass


@pytest.mark.parametrize("restarted", [False, True], ids=["the same life", "a new life"])
def test_a_host_takes_over_its_own_migrations(tmp_path: Path, restarted: bool) -> None:
    """The destination falls silent in Finish; later it answers, and the host ends the migration."""
    with tempfile.TemporaryDirectory(prefix="hv-") as folder:
        gate, uri = Path(folder, "gate"), f"remote://{folder}/gate"
        with served("memory:///") as destination:
            gate.symlink_to(destination.peer.path)

            def fall_silent(event: hypervisor.Event) -> None:
                if event.kind == "migration-finish":
                    gate.unlink()
                    raise MigrationError("the answer is lost with the host")

            audience = hosts.of(destination.connection).audience
            audience.hooks.append(fall_silent)
            with served("memory:///", tmp_path) as source:
                started(source.connection)
                with pytest.raises(errors.UnresolvedError):
                    source.peer.migrate(GUEST, uri)
                assert state_of(Domain(source.connection, GUEST)) == "paused"
                assert len(list(tmp_path.glob("*.migration"))) == 1
                audience.hooks.clear()
                gate.symlink_to(destination.peer.path)
                if not restarted:
                    assert source.peer.recover("other") == []
                    (result,) = source.peer.recover(GUEST)
                    assert result.outcome is hypervisor.Outcome.MOVED
            if restarted:
                with served("memory:///", tmp_path) as source:
                    (result,) = source.peer.recover(GUEST)
                    # It had been sent: the destination goes on with it though its source is gone.
                    assert result.outcome is hypervisor.Outcome.MOVED
                    assert source.peer.recover(GUEST) == []
                    assert list(tmp_path.glob("*.migration")) == []
            assert state_of(Domain(destination.connection, GUEST)) == "running"
            assert destination.peer.jobs() == []


# -- the program


@contextlib.contextmanager
def start(folder: str, name: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Start a host, and wait until it listens; kill it in the end, if it still lives."""
    command = [sys.executable, "-m", "hypervisor.hostd", "process:///", "--listen"]
    with subprocess.Popen(
        [*command, f"{folder}/{name}", *more], cwd=EXAMPLE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            while line.startswith("WARNING: ended process"):
                line = process.stderr.readline()
            assert line == f"serving process:/// at remote://{folder}/{name}\n"
            yield process
        finally:
            process.kill()


def test_two_programs_and_a_guest_that_moves_between_them() -> None:
    with tempfile.TemporaryDirectory(prefix="hv-") as folder:
        with (
            start(folder, "a", "--state", f"{folder}/a.state") as first,
            start(folder, "b", "--state", f"{folder}/b.state") as second,
        ):
            source, destination = (
                hypervisor.connect_open(f"remote://{folder}/{name}") for name in "ab"
            )
            domain = started(source)
            await_ticks(domain, 2)
            moved = hypervisor.domain_migrate(domain, destination)
            await_ticks(moved, 3)
            guest = pid(moved)
            # Killed, a host leaves its socket; the next one takes its place, and is another host.
            identity = peers.of(destination).identity()
            second.kill()
            second.wait()
            eventually(lambda: os_state.read(guest) is OsState.GONE, "the guest ends with its host")
            assert Path(folder, "b").is_socket()
            with start(folder, "b", "--state", f"{folder}/b.state") as third:
                assert peers.of(destination).identity() != identity
                again = hypervisor.domain_define(source, "<guest><name>web</name></guest>")
                hypervisor.domain_create(again)
                left = pid(hypervisor.domain_migrate(again, destination))
                third.send_signal(signal.SIGTERM)
                assert third.wait() == 0
            first.send_signal(signal.SIGINT)
            assert first.wait() == 0
        assert os_state.read(left) is OsState.GONE
        assert sorted(os.listdir(folder)) == ["a.state", "b.state"]
        assert FileJournal(f"{folder}/a.state/leases/{GUEST}.lease").records() != []


def test_what_is_left_of_a_former_life_is_ended_and_nothing_else() -> None:
    def start(host: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["sleep", "60"], env={**os.environ, former.MARK: host})

    with start("/run/hv/a") as left, start("/run/hv/ab") as other:
        assert former.end("/run/hv/a") == [left.pid]
        assert left.wait() == -signal.SIGKILL
        assert other.poll() is None
        assert former.end("/run/hv/a") == []
        other.kill()


def test_what_outlived_its_host_is_ended_before_the_next_life_answers() -> None:
    with tempfile.TemporaryDirectory(prefix="hv-") as folder:
        env = {**os.environ, former.MARK: f"{folder}/a.state"}
        with subprocess.Popen(["sleep", "60"], env=env) as left:
            try:
                with start(folder, "a", "--state", f"{folder}/a.state"):
                    assert os_state.read(left.pid) is OsState.GONE
            finally:
                left.kill()


def test_a_socket_in_use_is_not_taken() -> None:
    with tempfile.TemporaryDirectory(prefix="hv-") as folder, start(folder, "a"):
        command = [sys.executable, "-m", "hypervisor.hostd", "memory:///", "--listen"]
        other = subprocess.run(
            [*command, f"{folder}/a"], cwd=EXAMPLE, capture_output=True, text=True, check=False
        )
        assert other.returncode == 1
        assert "another host does" in other.stderr


def test_a_host_is_not_served_twice_over() -> None:
    from hypervisor import hostd

    assert hostd.main(["remote:///nowhere", "--listen", "never"]) == 1


def test_from_peer_to_peer_to_a_host_that_is_not_there(pair: tuple[Served, Served]) -> None:
    with pytest.raises(MigrationError, match="another host was lost"):
        pair[0].peer.migrate(GUEST, "remote:///nowhere")
    assert states(pair) == ["running", None]


def test_a_fence_is_a_program(tmp_path: Path) -> None:
    from hypervisor import hostd

    program = tmp_path / "fence"
    program.write_text('#!/bin/sh\ntest "$1" = dead\n')
    program.chmod(0o755)
    fence = hostd._fence(str(program))
    assert (fence("dead"), fence("alive")) == (True, False)
    assert hostd._fence(str(tmp_path / "none"))("dead") is False
    assert hostd._fence(None)("dead") is False


def test_times_are_by_call() -> None:
    timeouts = Timeouts(call=7, calls={"migrate": 9})
    assert (timeouts.of("migrate"), timeouts.of("domain_list")) == (9, 7)
