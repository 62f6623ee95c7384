"""What a host that was killed left of a disk it was to receive: its next life removes it.

Never anything else: not a file that was put in its place, nor one that a program uses, nor the disk
of a guest that had been started.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hypervisor
from hypervisor import MigrationError, Options
from hypervisor.description import Disk
from hypervisor.drivers.disks import NewDisks
from hypervisor.drivers.qemu.images import Images
from hypervisor.migration.journal import FileJournal, MemoryJournal
from hypervisor.migration.leftovers import SMALL, Leftovers, NewDisk
from remote_hosts import served

SIZE = 64 * 1024


class Left:
    """A disk that was made for a guest whose host is dead."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "web.raw"
        self.record = MemoryJournal()
        self.made = NewDisks(Images(), Leftovers(self.record), "web")
        self.made.make(Disk(str(self.path)), SIZE)

    def found(self) -> list[str]:
        """Begin the next life."""
        leftovers = Leftovers(self.record.taken_over())
        told = []
        for disk, starting in leftovers.all():
            told.append(Images().remove_left(disk, starting))
            leftovers.over(disk)
        assert leftovers.all() == []
        return told


@pytest.fixture
def left(tmp_path: Path) -> Left:
    return Left(tmp_path)


def test_a_disk_of_a_guest_that_never_came_is_removed(left: Left, tmp_path: Path) -> None:
    (told,) = left.found()
    assert told == f"disk '{left.path}' of guest 'web' was removed"
    assert list(tmp_path.iterdir()) == []


def test_one_whose_guest_was_about_to_run_stays_and_is_named(left: Left, tmp_path: Path) -> None:
    left.made.start()
    (told,) = left.found()
    assert str(left.path) in told and "was kept" in told
    assert list(tmp_path.iterdir()) == [left.path]


def test_one_whose_migration_was_settled_is_the_guests_and_not_named(left: Left) -> None:
    left.made.start()
    left.made.keep()
    leftovers = Leftovers(left.record.taken_over())
    leftovers.settle("another")
    assert len(leftovers.all()) == 1
    leftovers.settle("web")
    assert left.found() == [] and left.path.exists()


def replaced(left: Left) -> None:
    left.path.unlink()
    left.path.write_bytes(b"another's")


def moved_over(left: Left) -> None:
    other = left.path.with_name("other")
    other.write_bytes(b"another's")
    other.replace(left.path)


def linked(left: Left) -> None:
    other = left.path.with_name("other")
    other.write_bytes(b"another's")
    left.path.unlink()
    left.path.symlink_to(other)


def without_mark(left: Left) -> None:
    for beside in left.path.parent.glob(".web.raw.*"):
        beside.unlink()
    left.path.write_bytes(b"another's")


@pytest.mark.parametrize("act", [replaced, moved_over, linked, without_mark])
def test_a_file_in_its_place_stays(left: Left, act: Callable[[Left], None]) -> None:
    act(left)
    left.found()
    assert left.path.read_bytes() == b"another's"
    assert list(left.path.parent.glob(".web*")) == []


def test_one_that_was_given_another_name_stays_under_that(left: Left) -> None:
    other = left.path.rename(left.path.with_name("other"))
    assert left.found() and other.exists()


LOCKING = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_SH, 1, 100)
print(flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file counts as in use")
def test_one_that_a_program_uses_stays_until_it_does_not(left: Left) -> None:
    command = [sys.executable, "-c", LOCKING, str(left.path)]
    ends = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **ends) as user:  # type: ignore[call-overload]
        user.stdout.readline()
        with pytest.raises(MigrationError, match="was not removed: it is in use"):
            left.found()
        user.stdin.close()
    assert left.path.exists()
    left.found()
    assert not left.path.exists()


def test_a_host_that_died_before_it_made_the_file_removes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "web.raw"
    new = NewDisk("web", str(path), "0" * 32)
    assert Images().remove_left(new, False).endswith("is gone")
    path.write_bytes(b"another's")
    assert "not known to be the one" in Images().remove_left(new, False)
    assert path.read_bytes() == b"another's"


def test_a_record_that_is_full_of_what_is_over_is_emptied(tmp_path: Path) -> None:
    with FileJournal(tmp_path / "arrivals") as journal:
        leftovers = Leftovers(journal)
        for number in range(SMALL):
            disk = NewDisk("web", "/web", str(number))
            leftovers.make(disk)
            leftovers.over(disk)
        assert len(journal.records()) < SMALL


def test_a_damaged_record_is_set_aside_and_removes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "arrivals").write_bytes(b"00000000 {}\n")
    with caplog.at_level(logging.WARNING), served("memory:///", tmp_path):
        assert "disks of guests that never came may be left" in caplog.text
    assert len(list(tmp_path.glob("arrivals.damaged-*"))) == 1
    with served("memory:///", tmp_path):
        pass


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short name, for sockets."""
    with tempfile.TemporaryDirectory(prefix="hv-") as found:
        yield Path(found)


def hostd(folder: Path) -> tuple[subprocess.Popen[str], str]:
    socket = folder / "socket"
    command = [sys.executable, "-m", "hypervisor.hostd", "qemu:///", "--listen", str(socket)]
    command += ["--state", str(folder / "state")]
    host = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert host.stderr is not None
    told = ""
    while "serving" not in told:
        line = host.stderr.readline()
        assert line, told
        told += line
    return host, told


@pytest.mark.parametrize("moment", ["storage", "finish"])
def test_a_host_that_was_killed_removes_it_when_it_starts_again(
    qemu: hypervisor.Connection, folder: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    here, new = folder / "here", folder / "new"
    here.write_bytes(bytes(1024 * 1024))
    text = "<guest><name>web</name><disk>{}</disk></guest>"
    domain = hypervisor.domain_define(qemu, text.format(here))
    hypervisor.domain_create(domain)
    host, _ = hostd(folder)
    there = hypervisor.connect_open(f"remote://{folder}/socket")
    done = f"migration-{moment}" if moment == "storage" else "migration-perform"

    def kill(event: hypervisor.Event) -> None:
        if event.kind == done:
            os.kill(host.pid, signal.SIGKILL)
            host.wait()

    try:
        hypervisor.connect_add_migration_listener(qemu, kill)
        options = Options(copy_storage=True, live=True, description=text.format(new))
        with pytest.raises(MigrationError):
            hypervisor.domain_migrate(domain, there, options)
        assert new.exists()
        host, told = hostd(folder)
        assert f"disk '{new}' of guest 'web' was removed" in told
        assert sorted(path.name for path in folder.iterdir()) == ["here", "socket", "state"]
    finally:
        host.kill()
        host.communicate()
        hypervisor.connect_close(there)
    assert here.exists()
