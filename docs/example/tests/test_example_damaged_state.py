"""A host whose files are damaged: only the guest that a file is about has to wait for somebody."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import hypervisor
from conformance import guests
from conformance.guests import define, started
from hypervisor import Connection, Domain, FileJournal, Outcome, errors
from hypervisor.drivers.process import os_state
from hypervisor.drivers.process.os_state import OsState
from hypervisor.migration import host as hosts
from hypervisor.migration import records
from hypervisor.migration.lease_folder import LeaseFolder, read_held
from remote_hosts import Served, served

GUESTS = ("db", "web")


@contextlib.contextmanager
def unsettled(state: Path) -> Iterator[Served]:
    """Give a host whose guests are stuck in Finish: the destination fell silent, and is back."""
    with tempfile.TemporaryDirectory(prefix="hv-") as folder, served("memory:///") as destination:
        gate = Path(folder, "gate")

        def fall_silent(event: hypervisor.Event) -> None:
            if event.kind == "migration-finish":
                gate.unlink()
                raise errors.MigrationError("the answer is lost with the host")

        hooks = hosts.of(destination.connection).audience.hooks
        hooks.append(fall_silent)
        with served("memory:///", state) as source:
            for guest in GUESTS:
                gate.symlink_to(destination.peer.path)
                started(source.connection, name=guest)
                with pytest.raises(errors.UnresolvedError):
                    source.peer.migrate(guest, f"remote://{gate}")
            hooks.clear()
            gate.symlink_to(destination.peer.path)
            yield source


def state_of(connection: Connection, guest: str) -> str:
    return guests.state_of(Domain(connection, guest))


def journal_of(state: Path, guest: str) -> Path:
    (found,) = state.glob(f"{guest}.*.migration")
    return found


def damage(path: Path, line: int) -> bytes:
    """Change a byte of a line, counted from 1 or from the end; give what is there then."""
    lines = path.read_bytes().splitlines(keepends=True)
    at = line - 1 if line > 0 else line
    lines[at] = lines[at].replace(b'"', b"'", 1)
    path.write_bytes(b"".join(lines))
    return path.read_bytes()


def outcomes(host: Served, guest: str) -> list[Outcome]:
    return [result.outcome for result in host.peer.recover(guest)]


@pytest.mark.parametrize("line", [1, 3, -1], ids=["first", "in the middle", "last"])
def test_a_damaged_journal_keeps_only_its_own_guest_waiting(tmp_path: Path, line: int) -> None:
    with unsettled(tmp_path) as source:
        path = journal_of(tmp_path, "db")
        damaged = damage(path, line)
        assert outcomes(source, "web") == [Outcome.MOVED]
        assert outcomes(source, "web") == []
        number = damaged.count(b"\n") if line < 0 else line
        where = rf"{path.name}' is damaged in line {number}; nothing is done for guest 'db'"
        for _ in range(2):
            with pytest.raises(errors.JournalError, match=where):
                source.peer.recover("db")
        assert state_of(source.connection, "db") == "paused", "neither finished nor undone"
        assert list(tmp_path.glob("*.migration")) == [path]
        assert path.read_bytes() == damaged


def test_a_torn_last_record_keeps_nobody_waiting(tmp_path: Path) -> None:
    with unsettled(tmp_path) as source:
        path = journal_of(tmp_path, "db")
        path.write_bytes(path.read_bytes() + records.line({"record": "over"})[:-4])
        assert outcomes(source, "db") == [Outcome.MOVED]
        assert not path.exists()


def test_who_is_at_work_with_a_journal_keeps_no_other_guest_waiting(tmp_path: Path) -> None:
    with unsettled(tmp_path) as source:
        other = FileJournal(journal_of(tmp_path, "db"))
        assert outcomes(source, "web") == [Outcome.MOVED]
        with pytest.raises(errors.JournalError, match="its owner lives"):
            source.peer.recover("db")
        other.close()
        assert outcomes(source, "db") == [Outcome.MOVED]


def test_a_damaged_journal_that_says_nothing_of_its_guest_is_not_passed_over(
    tmp_path: Path,
) -> None:
    with unsettled(tmp_path) as source:
        path = journal_of(tmp_path, "db").rename(tmp_path / "nameless.migration")
        assert outcomes(source, "db") == [Outcome.MOVED], "as long as it can be read, it says it"
        path.write_bytes(b"what was that\n")
        assert outcomes(source, "web") == [Outcome.MOVED]
        with pytest.raises(errors.JournalError, match="line 1; it may be about guest 'web'"):
            source.peer.recover("web")


def test_a_host_tells_of_damage_when_it_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with unsettled(tmp_path):
        path = journal_of(tmp_path, "db")
    damage(path, 2)
    with served("memory:///", tmp_path):
        assert f"journal {str(path)!r} is damaged in line 2" in caplog.text
        assert "web" not in caplog.text


# -- leases


def begun(state: Path) -> Path:
    """Leave the state of a host on which all guests ran; give the journal of one guest's leases."""
    with served("memory:///", state) as host:
        for guest in GUESTS:
            started(host.connection, name=guest)
    return state / "leases" / "db.lease"


@pytest.mark.parametrize("uri", ["memory:///", "process:///"])
def test_a_damaged_lease_keeps_only_its_own_guest_from_running(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, uri: str
) -> None:
    path = begun(tmp_path)
    damaged = damage(path, 1)
    where = r"db.lease' is damaged in line 1"
    with served(uri, tmp_path) as host:
        assert caplog.text.count(f"guest 'db' cannot run here: journal {str(path)!r}") == 1
        define(host.connection, "db")
        for _ in range(2):
            with pytest.raises(errors.JournalError, match=where):
                hypervisor.domain_create(Domain(host.connection, "db"))
        assert state_of(host.connection, "db") == "shutoff"
        started(host.connection)
        assert records.read(path.with_name("web.lease"))[-1]["what"] == "held"
        assert path.read_bytes() == damaged
        # Somebody has looked at it, and knows that the guest runs nowhere else.
        path.rename(tmp_path / "db.lease.damaged")
        hypervisor.domain_create(Domain(host.connection, "db"))
        assert state_of(host.connection, "db") == "running"


def test_a_guest_whose_lease_cannot_be_had_leaves_no_process(tmp_path: Path) -> None:
    damage(begun(tmp_path), 1)
    with served("process:///", tmp_path) as host:
        before = children()
        define(host.connection, "db")
        with pytest.raises(errors.JournalError):
            hypervisor.domain_create(Domain(host.connection, "db"))
        assert children() == before


def children() -> list[int]:
    found = Path("/proc/self/task").glob("*/children")
    pids = [int(pid) for path in found for pid in path.read_text().split()]
    return [pid for pid in pids if os_state.read(pid) is not OsState.GONE]


def test_a_guest_whose_lease_is_damaged_is_not_received(tmp_path: Path) -> None:
    path = begun(tmp_path)
    damaged = damage(path, 1)
    with served("memory:///", tmp_path) as destination, served("memory:///") as source:
        for guest in GUESTS:
            started(source.connection, name=guest)
        with pytest.raises(errors.MigrationError):
            source.peer.migrate("db", destination.uri)
        assert state_of(source.connection, "db") == "running"
        assert source.peer.migrate("web", destination.uri) == "web"
        assert state_of(destination.connection, "web") == "running"
        assert path.read_bytes() == damaged


def test_a_lease_that_stands_in_the_journal_of_another_guest_is_damage(tmp_path: Path) -> None:
    begun(tmp_path)
    folder = tmp_path / "leases"
    (folder / "web.lease").replace(folder / "db.lease")
    host = LeaseFolder(folder)
    with pytest.raises(errors.JournalError, match="record 1 is about another guest"):
        host.hold("db")
    assert host.hold("web").generation == 1
    host.close()


@pytest.mark.parametrize("guest", ["../up", "/run/x", "..", ".", "", "a/b", "%2e", "\0"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, guest: str) -> None:
    """Finish says a name that no description had to hold."""
    host = LeaseFolder(tmp_path / "leases")
    lease = host.hold(guest)
    host.close()
    assert [path.name for path in tmp_path.iterdir()] == ["leases"]
    assert read_held(tmp_path / "leases") == [lease]
    again = LeaseFolder(tmp_path / "leases")
    assert again.held(guest) == lease
    again.close()


def test_only_a_lease_that_is_held_keeps_its_journal_open(tmp_path: Path) -> None:
    """A host may have had more guests than a process may have files."""
    host = LeaseFolder(tmp_path / "leases")
    kept = host.hold("kept")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(50):
        host.drop(host.hold(f"g{number}"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert host.all_held() == [kept]
    host.drop(kept)
    with pytest.raises(errors.LeaseError, match="was here before"):
        host.take(kept)
    host.close()
    with pytest.raises(errors.JournalError, match="given up"):
        host.hold("web")


def test_a_host_that_had_many_guests_begins_as_soon_as_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for the disk once for each guest that ever was would take long."""
    host = LeaseFolder(tmp_path / "leases")
    for number in range(50):
        host.drop(host.hold(f"g{number}"))
    kept = host.hold("kept")
    host.close()
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    again = LeaseFolder(tmp_path / "leases")
    assert again.all_held() == [kept]
    assert len(synced) <= 2
    again.close()


def test_a_folder_that_is_a_file_says_why(tmp_path: Path) -> None:
    (tmp_path / "leases").write_text("")
    with pytest.raises(errors.JournalError, match=r"cannot keep leases .*: File exists"):
        LeaseFolder(tmp_path / "leases")
