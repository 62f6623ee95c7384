"""A journal that is written anew: stopped at any call of the system, it loses nothing."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hypervisor import FileJournal, JournalError, LeaseError, MemoryJournal
from hypervisor.migration import journal as journals
from hypervisor.migration import lease as leases
from hypervisor.migration import records
from hypervisor.migration.lease import Lease, LeaseJournal

OLD: list[records.Record] = [{"number": number} for number in range(9)]
NEW: list[records.Record] = [{"number": 8}]
#: What a journal asks of the system.
CALLS = ("open", "pwrite", "fsync", "replace", "ftruncate", "close")


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it but what lets the rest go."""


class System:
    """The calls of the system, the last of which the process does not outlive."""

    def __init__(self, patched: pytest.MonkeyPatch, last: int, effect: bool) -> None:
        """Kill at the call of that number, before or after its effect."""
        self.made: list[str] = []
        self.dead = False
        self._last, self._effect = last, effect
        self._handles: set[int] = set()
        self._close = os.close
        for name in CALLS:
            patched.setattr(os, name, self._wrapped(name, getattr(os, name)))
        patched.setattr(fcntl, "flock", self._wrapped("flock", fcntl.flock))

    def end(self) -> None:
        """Let go of what a dead process had open."""
        for handle in self._handles:
            self._close(handle)

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any) -> Any:
            if self.dead:
                raise Killed
            self.made.append(name)
            self.dead = len(self.made) == self._last
            if self.dead and not self._effect:
                raise Killed
            found = call(*args)
            if name == "open":
                self._handles.add(found)
            elif name == "close":
                self._handles.discard(args[0])
            if self.dead:
                raise Killed
            return found

        return wrapped


@contextlib.contextmanager
def killed(last: int, effect: bool) -> Iterator[System]:
    """Let what is done here be killed at a call of the system."""
    with pytest.MonkeyPatch.context() as patched:
        system = System(patched, last, effect)
        with contextlib.suppress(Killed):
            yield system
    system.end()


def held_by(path: Path) -> list[records.Record]:
    journal = FileJournal(path)
    journal.close()
    return journal.records()


def begun(path: Path) -> None:
    journal = FileJournal(path)
    for record in OLD:
        journal.append(record)
    journal.close()


@pytest.mark.parametrize("effect", [False, True], ids=["before it", "after it"])
def test_killed_at_any_call_all_is_there(tmp_path: Path, effect: bool) -> None:
    """After a power cut, too: what was not waited for may then not have happened."""
    path, before = tmp_path / "j", tmp_path / "before"
    for last in range(1, 100):
        path.unlink(missing_ok=True)
        begun(path)
        before.unlink(missing_ok=True)
        os.link(path, before)
        finished = False
        with killed(last, effect) as system:
            journal = FileJournal(path)
            journal.replace(NEW)
            journal.append({"number": 9})
            finished = True
        everything = [[*NEW, {"number": 9}]]
        done = system.made[: last if effect else last - 1]
        renamed = "replace" in done
        # First the file is waited for, then its name.
        synced = renamed and done[done.index("replace") :].count("fsync") >= 2
        if not finished:
            everything = [OLD] if not renamed else [NEW, *everything]
        if renamed and not synced:
            assert not finished
            # The name may not have been on disk yet.
            after = path.read_bytes()
            os.replace(before, path)
            assert held_by(path) == OLD
            path.write_bytes(after)
        assert held_by(path) in everything, (last, system.made)
        again = FileJournal(path)
        again.append({"number": 10})
        again.close()
        assert not Path(f"{path}{journals.BESIDE}").exists()
        if finished:
            assert last > len(system.made)
            return
    pytest.fail("it never comes to an end")


def test_a_replaced_journal_has_its_name_before_the_next_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could bring the former file back, without that record."""
    journal = FileJournal(tmp_path / "j")
    synced: list[int] = []
    fsync = os.fsync

    def sync(handle: int) -> None:
        found = os.fstat(handle).st_ino
        if found == tmp_path.stat().st_ino and failing:
            raise OSError(5, "Input/output error")
        synced.append(found)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    failing = True
    with pytest.raises(JournalError, match="Input/output"):
        journal.replace(NEW)
    with pytest.raises(JournalError, match="Input/output"):
        journal.append({"number": 9})
    failing = False
    journal.append({"number": 9})
    assert synced[-2:] == [tmp_path.stat().st_ino, (tmp_path / "j").stat().st_ino]
    journal.close()
    assert held_by(tmp_path / "j") == [*NEW, {"number": 9}]


def test_a_replaced_journal_still_has_one_owner(tmp_path: Path) -> None:
    begun(tmp_path / "j")
    journal = FileJournal(tmp_path / "j")
    journal.replace(NEW)
    with pytest.raises(JournalError, match="its owner lives"):
        FileJournal(tmp_path / "j")
    journal.close()
    assert held_by(tmp_path / "j") == NEW


def test_who_opened_the_former_file_does_not_own_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening and locking, the owner may replace the file, write on, and go."""
    begun(tmp_path / "j")
    first = FileJournal(tmp_path / "j")
    own = journals.own

    def slowly(handle: int) -> bool:
        monkeypatch.setattr(journals, "own", own)
        first.replace(NEW)
        first.append({"number": 9})
        first.close()
        return own(handle)

    monkeypatch.setattr(journals, "own", slowly)
    second = FileJournal(tmp_path / "j")
    assert second.records() == [*NEW, {"number": 9}]
    second.append({"number": 10})
    second.close()
    assert held_by(tmp_path / "j") == [*NEW, {"number": 9}, {"number": 10}]


# -- leases


def test_the_journal_of_leases_stays_as_small_as_what_counts(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "j")
    host = LeaseJournal(journal)
    other = host.hold("db")
    lease = host.hold("web")
    most = 0
    for _ in range(100):
        host.drop(lease)
        lease = Lease("web", lease.id, lease.generation + 2)
        host.take(lease)
        most = max(most, len((tmp_path / "j").read_bytes().splitlines()))
    assert most <= leases.SMALL + 1
    host.close()
    again = LeaseJournal(FileJournal(tmp_path / "j"))
    assert (again.held("db"), again.held("web")) == (other, lease)
    again.drop(lease)
    with pytest.raises(LeaseError, match=f"generation {lease.generation} was here before"):
        again.take(lease)
    again.close()


def test_guests_of_one_name_do_not_add_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "REMEMBERED", 10)
    monkeypatch.setattr(leases, "SMALL", 8)
    journal = MemoryJournal()
    host = LeaseJournal(journal)
    kept = host.hold("db")
    dropped = []
    for _ in range(200):
        dropped.append(host.hold("web"))
        host.drop(dropped[-1])
    assert len(journal.records()) < 30
    again = LeaseJournal(MemoryJournal.of(journal.records()))
    assert again.held("db") == kept, "one that is held is never forgotten, however old"
    for lease in dropped[-10:]:
        with pytest.raises(LeaseError, match="was here before"):
            again.take(lease)


def test_a_journal_that_cannot_be_replaced_grows_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(leases, "SMALL", 16)
    host = LeaseJournal(FileJournal(tmp_path / "j"))
    lease = host.hold("web")
    monkeypatch.setattr(os, "replace", full)
    for _ in range(2 * leases.SMALL):
        host.drop(lease)
        lease = Lease("web", lease.id, lease.generation + 1)
        host.take(lease)
    assert 1 <= caplog.text.count("No space left") <= 3, "told, and not tried at each record"
    host.close()
    again = LeaseJournal(FileJournal(tmp_path / "j"))
    assert again.held("web") == lease
    again.close()


@pytest.mark.parametrize("effect", [False, True], ids=["before it", "after it"])
def test_a_lease_that_was_dropped_stays_so_when_killed_at_any_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, effect: bool
) -> None:
    monkeypatch.setattr(leases, "SMALL", 4)
    path = tmp_path / "j"
    for last in range(1, 100):
        path.unlink(missing_ok=True)
        begin = LeaseJournal(FileJournal(path))
        lease = begin.hold("web")
        begin.close()
        said = 0
        with killed(last, effect) as system:
            host = LeaseJournal(FileJournal(path))
            for generation in range(1, 6):
                host.drop(Lease("web", lease.id, generation))
                said = generation
                host.take(Lease("web", lease.id, generation + 1))
            host.close()
        again = LeaseJournal(FileJournal(path))
        for old in range(1, said + 1):
            with pytest.raises(LeaseError):
                again.take(Lease("web", lease.id, old))
        held = again.held("web")
        assert held is None or held.generation > said
        again.close()
        if not system.dead:
            assert system.made.count("replace") == 2
            return
    pytest.fail("it never comes to an end")


PROGRAM = """
import os, signal, sys
from pathlib import Path
from hypervisor.migration import lease as leases
from hypervisor.migration.lease import Lease
from hypervisor.migration.lease_folder import LeaseFolder

def host(folder, told):
    leases.SMALL = 2
    locks = LeaseFolder(folder)
    lease = locks.hold("web")
    while True:
        locks.drop(lease)
        os.write(told, f"{lease.id} {lease.generation}\\n".encode())
        lease = Lease("web", lease.id, lease.generation + 1)
        locks.take(lease)

def killed(folder, count):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        host(folder, writer)
    os.close(writer)
    with open(reader) as said:
        for _ in range(count):
            last = said.readline()
        os.kill(pid, signal.SIGKILL)
        last = (last + said.read()).splitlines()[-1]
    os.waitpid(pid, 0)
    return last

for count in map(int, sys.argv[2:]):
    print(killed(Path(sys.argv[1], str(count)), count))
"""
COUNTS = ["1", "2", "3", "5", "8", "13", "21", "34"]


def test_what_a_killed_host_said_is_on_disk(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), *COUNTS]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    for count, said in zip(COUNTS, done.stdout.splitlines(), strict=True):
        name, generation = said.split()
        again = LeaseJournal(FileJournal(tmp_path / count / "web.lease"))
        held = again.held("web")
        assert held is None or held.generation > int(generation), count
        with pytest.raises(LeaseError):
            again.take(Lease("web", name, int(generation)))
        again.close()
