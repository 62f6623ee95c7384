"""Journals and leases: nothing written is lost, no two owners, no lease taken twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_helpers import LENGTH
from hypervisor import FileJournal, JournalError, LeaseError, MemoryJournal
from hypervisor.migration.lease import Lease, LeaseJournal

RECORDS = st.lists(
    st.dictionaries(
        st.text(max_size=8), st.one_of(st.text(max_size=20), st.integers(), st.none()), max_size=4
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=50 * LENGTH)  # each record waits for the disk
@given(records=RECORDS)
def test_what_was_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    memory, file = MemoryJournal(), FileJournal(path)
    for record in records:
        memory.append(record)
        file.append(record)
    assert file.records() == memory.records() == records
    file.close()
    again = FileJournal(path)
    assert again.records() == records
    again.close()


def test_the_name_of_a_new_journal_is_on_disk_before_its_first_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all of it may be gone after a power cut, though each record was waited for."""
    synced: list[int] = []
    fsync = os.fsync

    def sync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    path = tmp_path / "j"
    journal = FileJournal(path)
    assert synced == [tmp_path.stat().st_ino]
    journal.append({"step": "begin"})
    assert synced[1:] == [path.stat().st_ino]
    journal.close()
    FileJournal(path).close()
    assert synced[2:] == synced[:1], "its author may have been stopped before he waited for it"


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_line_that_was_being_written_is_forgotten(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "j"
    journal = FileJournal(path)
    journal.append({"step": "begin"})
    whole = path.read_bytes()
    journal.append({"step": "prepare"})
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])
    again = FileJournal(path)
    assert again.records() == [{"step": "begin"}]
    again.append({"step": "other"})
    again.close()
    assert path.read_bytes().startswith(whole)
    last = FileJournal(path)
    assert last.records() == [{"step": "begin"}, {"step": "other"}]
    last.close()


def test_damage_in_the_middle_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = FileJournal(path)
    for number in range(3):
        journal.append({"number": number})
    journal.close()
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"1", b"7")
    path.write_bytes(b"".join(lines))
    with pytest.raises(JournalError, match="line 2"):
        FileJournal(path)
    path.write_bytes(path.read_bytes())
    with pytest.raises(JournalError, match="line 2"):
        FileJournal(path)  # the first attempt did not keep it locked


def test_a_journal_has_one_owner(tmp_path: Path) -> None:
    first = FileJournal(tmp_path / "j")
    with pytest.raises(JournalError, match="in use"):
        FileJournal(tmp_path / "j")
    first.append({"still": "mine"})
    first.close()
    with pytest.raises(JournalError, match="closed"):
        first.append({"no": "more"})
    second = FileJournal(tmp_path / "j")
    assert second.records() == [{"still": "mine"}]
    second.close()


def test_who_takes_over_shuts_the_former_owner_out() -> None:
    first = MemoryJournal()
    first.append({"by": "first"})
    second = first.taken_over()
    with pytest.raises(JournalError, match="taken over"):
        first.append({"by": "first"})
    second.append({"by": "second"})
    assert second.records() == [{"by": "first"}, {"by": "second"}]


def test_a_journal_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="No such file"):
        FileJournal(tmp_path / "nowhere" / "j")


def test_the_journal_of_a_killed_process_is_whole_and_free(tmp_path: Path) -> None:
    path = tmp_path / "j"
    program = (
        "import sys, time\n"
        "from hypervisor import FileJournal\n"
        f"journal = FileJournal({str(path)!r})\n"
        "journal.append({'step': 'perform'})\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    folder = Path(__file__).resolve().parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        with pytest.raises(JournalError, match="its owner lives"):
            FileJournal(path)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait(20)
    journal = FileJournal(path)
    assert journal.records() == [{"step": "perform"}]
    journal.close()


# -- leases


def test_a_lease_goes_from_host_to_host() -> None:
    source, destination = LeaseJournal(), LeaseJournal()
    lease = source.hold("web")
    source.drop(lease)
    handed = Lease("web", lease.id, lease.generation + 1)
    destination.take(handed)
    assert (source.held("web"), destination.held("web")) == (None, handed)


@pytest.mark.parametrize("generation", [1, 2])
def test_a_lease_of_an_older_hand_over_is_not_taken(generation: int) -> None:
    host = LeaseJournal()
    host.take(Lease("web", "l1", 2))
    host.drop(Lease("web", "l1", 2))
    with pytest.raises(LeaseError, match="generation 2 was here before"):
        host.take(Lease("web", "l1", generation))


def test_a_lease_that_is_held_is_not_taken_again() -> None:
    host = LeaseJournal()
    held = host.hold("web")
    with pytest.raises(LeaseError, match="is held here"):
        host.take(Lease("web", held.id, 9))


def test_only_what_is_held_is_dropped() -> None:
    host = LeaseJournal()
    with pytest.raises(LeaseError, match="not held"):
        host.drop(Lease("web", "l1", 1))


def test_two_guests_of_one_name_have_two_leases() -> None:
    host = LeaseJournal()
    first = host.hold("web")
    host.drop(first)
    assert host.hold("web").id != first.id


def test_leases_are_known_after_a_restart(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "leases")
    host = LeaseJournal(journal)
    held = host.hold("web")
    host.take(Lease("db", "l9", 4))
    host.drop(Lease("db", "l9", 4))
    journal.close()
    again = LeaseJournal(FileJournal(tmp_path / "leases"))
    assert again.held("web") == held
    with pytest.raises(LeaseError):
        again.take(Lease("db", "l9", 4))
