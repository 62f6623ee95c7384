"""Interrupted runs: what is left is whole, and the same command again ends right and leaves nothing behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import disk_faults as faults
import pytest

from hvsupport.annotate import atomic
from hvsupport.gen import output

#: A share of the points of ``tests/real/test_faults.py``: at which part of the calls, and what they meet.
SHARE = {"annotate": ((0.5, faults.KILL), (0.7, "EIO")), "tabs": ((0.9, faults.KILL),), "stamp": ((0.99, faults.KILL),)}


@pytest.mark.parametrize("name", SHARE)
def test_faults(tmp_path: Path, name: str) -> None:
    faults.warm()
    case = faults.CASES[name]
    known = faults.learn(tmp_path, case)
    for part, fault in SHARE[name]:
        faults.inject(tmp_path, case, known, max(1, int(known.calls * part)), fault)


def stray(folder: Path) -> Path:
    path = folder / f"{atomic.PREFIX}0123456789abcdef"
    path.write_bytes(b"half")
    return path


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    left, others = stray(tmp_path), [tmp_path / f"{atomic.PREFIX}site.json", tmp_path / f"{atomic.PREFIX}0123"]
    for other in others:
        other.write_bytes(b"not ours")
    atomic.write(tmp_path / "x", b"x")
    assert not left.exists()
    assert all(other.exists() for other in others)


def test_what_a_running_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    with atomic.Writer() as running:
        running.stage(tmp_path / "x", b"x")
        atomic.write(tmp_path / "y", b"y")
        running.commit()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y"]
    left = stray(tmp_path)
    atomic.write(tmp_path / "z", b"z")
    assert not left.exists(), "and the lock has ended"


def test_the_last_of_two_stages_counts(tmp_path: Path) -> None:
    """Also where the file holds that already, as after another run that was faster."""
    target = tmp_path / "list"
    target.write_bytes(b"final")
    with atomic.Writer() as writer:
        assert writer.stage(target, b"between") and writer.stage(target, b"final")
        writer.commit()
    assert target.read_bytes() == b"final"


@pytest.mark.parametrize(("age", "stays"), [(0, True), (2 * 24 * 3600, False)])
def test_without_locks_only_old_files_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int, stays: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(9, os.strerror(9))

    monkeypatch.setattr("fcntl.flock", refuse)
    left = stray(tmp_path)
    os.utime(left, (time.time() - age,) * 2)
    assert atomic.write(tmp_path / "x", b"x")
    assert left.exists() == stays


def test_strays_of_a_cache_are_removed(tmp_path: Path) -> None:
    left = stray(tmp_path)
    atomic.replace(tmp_path / "x", b"x", clear=False)
    assert left.exists()
    atomic.replace(tmp_path / "x", b"x")
    assert not left.exists()


def test_a_site_whose_removal_was_interrupted_lists_its_old_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    output.write(out, {"index.html": b"one", "old/a.html": b"old", "old/b.html": b"old"})

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os, "unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        output.write(out, {"index.html": b"two"})
    monkeypatch.undo()
    assert [(one.path, one.kind) for one in output.check(out, {"index.html": b"two"})] == [
        ("old/a.html", "stale"),
        ("old/b.html", "stale"),
    ]
    output.write(out, {"index.html": b"two"})
    assert sorted(path.name for path in out.rglob("*")) == [output.MANIFEST, "index.html"]
