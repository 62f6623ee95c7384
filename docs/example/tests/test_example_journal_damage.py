"""Journals that are damaged, cut short, or cannot be written: told, and nothing else is lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_helpers import LENGTH
from hypervisor import FileJournal, JournalError
from hypervisor.migration import conduct, records
from hypervisor.migration.conduct import Plan

RECORDS = st.lists(
    st.dictionaries(st.text(max_size=4), st.one_of(st.text(max_size=8), st.integers()), max_size=3),
    min_size=1,
    max_size=5,
)


def written(path: Path, *found: dict[str, Any]) -> bytes:
    """Write a journal as its owner would, but without waiting for the disk."""
    path.write_bytes(b"".join(map(records.line, found)))
    return path.read_bytes()


def held_by(path: Path) -> list[records.Record]:
    journal = FileJournal(path)
    journal.close()
    return journal.records()


@settings(deadline=None, max_examples=50 * LENGTH)  # each record waits for the disk
@given(found=RECORDS, data=st.data())
def test_a_changed_byte_is_told_with_its_line_and_left(
    tmp_path_factory: pytest.TempPathFactory, found: list[dict[str, Any]], data: st.DataObject
) -> None:
    """The last record too: somebody acted on it, and a step that was asked for is not forgotten."""
    path = tmp_path_factory.getbasetemp() / "changed"
    whole = written(path, *found)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    damaged = whole[:at] + bytes([other]) + whole[at + 1 :]
    path.write_bytes(damaged)
    line = whole[:at].count(b"\n") + 1
    for _ in range(2):  # the first attempt neither mends it nor keeps it locked
        with pytest.raises(JournalError, match=rf"changed' is damaged in line {line}$"):
            FileJournal(path)
    assert path.read_bytes() == damaged


@settings(deadline=None, max_examples=50 * LENGTH)  # each record waits for the disk
@given(found=RECORDS, data=st.data())
def test_what_was_being_written_when_its_writer_was_stopped_is_no_damage(
    tmp_path_factory: pytest.TempPathFactory, found: list[dict[str, Any]], data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "torn"
    whole = written(path, *found)
    length = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:length])
    kept = found[: whole[:length].count(b"\n")]
    assert records.read(path) == kept
    assert path.stat().st_size == length, "who only looks changes nothing"
    journal = FileJournal(path)
    assert journal.records() == kept
    journal.append({"step": "next"})
    journal.close()
    assert held_by(path) == [*kept, {"step": "next"}]


def test_a_record_that_was_never_written_by_this_program_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(records.line({}) + b"264afb20 nonsense\n")
    with pytest.raises(JournalError, match="line 2"):
        FileJournal(path)


PWRITE = os.pwrite


def half(handle: int, data: bytes, at: int) -> int:
    return PWRITE(handle, data[: len(data) // 2], at)


def full(handle: int, data: bytes, at: int) -> int:
    PWRITE(handle, data[: len(data) // 2], at)
    raise OSError(errno.ENOSPC, "No space left on device")


def broken(handle: int) -> None:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize(
    ("call", "fails", "why"),
    [
        pytest.param("pwrite", half, "bytes were written", id="a part is taken"),
        pytest.param("pwrite", full, "No space left", id="the disk is full in the middle"),
        pytest.param("fsync", broken, "Input/output", id="all is written, and not on disk"),
    ],
)
def test_a_record_that_could_not_be_written_leaves_nothing_behind(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    fails: Callable[..., Any],
    why: str,
) -> None:
    """What a shorter one that is written over it leaves of it would look like damage."""
    path = tmp_path / "j"
    journal = FileJournal(path)
    journal.append({"step": "begin"})
    with monkeypatch.context() as patched, pytest.raises(JournalError, match=why):
        patched.setattr(os, call, fails)
        journal.append({"step": "a record that is a good deal longer than the others"})
    journal.append({"step": "x"})
    assert journal.records() == [{"step": "begin"}, {"step": "x"}]
    journal.close()
    assert held_by(path) == [{"step": "begin"}, {"step": "x"}]


def test_a_journal_that_cannot_be_mended_takes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is behind the last record is not known, so nothing is put there."""
    journal = FileJournal(tmp_path / "j")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        for _ in range(2):
            with pytest.raises(JournalError, match="Input/output"):
                journal.append({"step": "begin"})
    journal.append({"step": "begin"})
    assert journal.records() == [{"step": "begin"}]
    journal.close()


PLAN = asdict(Plan("v3", "web", "web", "source", "destination", "memory"))


def test_a_journal_of_a_migration_gives_its_plan() -> None:
    start = {"record": "start", "migration": "m", "epoch": 1, "plan": PLAN}
    history = conduct.read([start])
    assert history is not None and asdict(history.plan) == PLAN


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([{"what": "held"}], id="of leases"),
        pytest.param([{"record": "start", "migration": "m", "epoch": 1}], id="without a plan"),
        pytest.param(
            [{"record": "start", "migration": "m", "epoch": 1, "plan": {"cargo": "sheep"}}],
            id="with a plan of another kind",
        ),
        pytest.param(
            [{"record": "start", "migration": "m", "epoch": 1, "plan": {**PLAN, "protocol": "v9"}}],
            id="by a protocol of another release",
        ),
    ],
)
def test_a_journal_of_something_else_tells_of_no_migration(found: list[records.Record]) -> None:
    with pytest.raises(JournalError, match="not the journal of a migration"):
        conduct.read(found)
