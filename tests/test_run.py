"""Files to results: the cache, processes, and writing that is whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

from hvsupport.annotate import atomic, files, loader, run
from hvsupport.annotate.cache import store
from hvsupport.annotate.catalogue import Edit
from hvsupport.annotate.errors import ReadError, WriteError
from hvsupport.annotate.readers import python
from hvsupport.annotate.rewrite import disk

FILES = {
    "lib/__init__.py": "",
    "lib/base.py": t.BASE,
    "lib/d.py": "from .base import Driver\nclass D(Driver):\n    def open(self): return 1  # 1.0\n",
    "lib/e.py": "from .base import Driver\nclass E(Driver):\n    def close(self): return 1  # next\n",
    "lib/broken.py": "class X(:\n",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(store.VARIABLE, raising=False)
    return t.on_disk(tmp_path / "root", FILES)


class Reads:
    """Counts what the reader is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        read = python.read

        def counted(path: str, data: bytes, options: Any) -> Any:
            self.paths.append(path)
            return read(path, data, options)

        monkeypatch.setattr(python, "read", counted)


# -- reading


def test_a_folder_and_a_snapshot_of_it_are_the_same(root: Path) -> None:
    config = t.config(root=root)
    assert run.catalogue(config, cache=False) == run.catalogue(config, source=t.encoded(FILES), cache=False)


def test_an_unchanged_tree_is_not_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = t.config(root=root)
    first = run.catalogue(config)
    reads = Reads(monkeypatch)
    assert run.catalogue(config) == first
    assert reads.paths == []
    (root / "lib/d.py").write_text(FILES["lib/d.py"].replace("1.0", "1.1"))
    second = run.catalogue(config)
    assert reads.paths == ["lib/d.py"]
    assert (t.spans(t.cell(first, "D", "open")), t.spans(t.cell(second, "D", "open"))) == ("1.0", "1.1")


def test_a_file_that_moved_keeps_its_facts_and_has_its_new_place(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = t.config(root=root)
    run.catalogue(config)
    (root / "lib/d.py").rename(root / "lib/moved.py")
    reads = Reads(monkeypatch)
    place = t.cell(run.catalogue(config), "lib.moved:D", "open").place
    assert place is not None and place.path == "lib/moved.py"
    assert reads.paths == []


def test_the_same_content_twice_is_two_files(root: Path) -> None:
    (root / "lib/f.py").write_text(FILES["lib/d.py"])
    assert t.ids(run.catalogue(t.config(root=root))) == ["lib.d:D", "lib.e:E", "lib.f:D"]


def cache(root: Path) -> Path:
    """The cache folder of a root."""
    found = store.cache_folder(root)
    assert found is not None
    return found


def test_without_a_cache_nothing_is_written(root: Path) -> None:
    run.catalogue(t.config(root=root), cache=False)
    run.catalogue(t.config(root=root), source=t.encoded(FILES), cache=False)
    assert not cache(root).exists()


def test_the_cache_lies_where_the_environment_says(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "shared" / "cache"))
    run.catalogue(t.config(root=root))
    assert not (tmp_path / "user").exists()
    assert list((tmp_path / "shared" / "cache").rglob("*.json"))


def test_the_default_cache_is_the_users_and_of_one_root(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, home = sorted(root.rglob("*")), tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "user"))
    run.catalogue(t.config(root=root))
    assert sorted(root.rglob("*")) == before
    assert list((home / "user" / "hvsupport").iterdir()) == [cache(root)]
    assert cache(root) != cache(home / "other")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(home))
    assert cache(root).parent == home / ".cache" / "hvsupport"
    monkeypatch.setenv("HOME", "nowhere")
    assert store.cache_folder(root) is None


@pytest.mark.parametrize("how", ["below the root", "by a link"])
def test_a_tree_cannot_bring_a_cache(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Facts in a cache are believed, so a forged one could hide every finding."""
    home = root / ".cache" if how == "below the root" else tmp_path / "home"
    if how == "by a link":
        (root / ".cache").mkdir()
        home.symlink_to(root / ".cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    assert store.cache_folder(root) is None
    run.catalogue(t.config(root=root))
    assert not (root / ".cache" / "hvsupport").exists()


def test_a_cache_of_an_earlier_version_in_the_tree_is_neither_read_nor_written(root: Path, tmp_path: Path) -> None:
    """It was ``.hvsupport-cache``; as a link it led what was written out of the root."""
    (tmp_path / "outside").mkdir()
    (root / ".hvsupport-cache").symlink_to(tmp_path / "outside")
    run.catalogue(t.config(root=root))
    assert not list((tmp_path / "outside").iterdir())


def test_a_cache_that_cannot_be_made_changes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = run.catalogue(t.config(root=root), cache=False)
    monkeypatch.setenv(store.VARIABLE, str(root / "lib/d.py/cache"))
    assert run.catalogue(t.config(root=root)) == wanted


def test_a_damaged_cache_changes_nothing(root: Path) -> None:
    wanted = run.catalogue(t.config(root=root))
    for path in cache(root).rglob("*.json"):
        path.write_bytes(path.read_bytes()[:-7])
    assert run.catalogue(t.config(root=root)) == wanted


def test_several_processes_give_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = run.catalogue(t.config(root=root), cache=False, jobs=1)
    monkeypatch.setattr(loader, "_WORTH_A_PROCESS", 1)
    assert run.catalogue(t.config(root=root), cache=False, jobs=3) == wanted


def test_another_executor_gives_the_same(root: Path) -> None:
    used: list[ThreadPoolExecutor] = []

    def make() -> ThreadPoolExecutor:
        used.append(ThreadPoolExecutor(2))
        return used[-1]

    wanted = run.catalogue(t.config(root=root), cache=False, jobs=1)
    assert run.catalogue(t.config(root=root), cache=False, executor=make) == wanted
    assert used


def test_an_executor_that_cannot_be_reached_is_told(root: Path) -> None:
    def make() -> ThreadPoolExecutor:
        raise ConnectionRefusedError("no scheduler")

    with pytest.raises(ConnectionRefusedError):
        run.catalogue(t.config(root=root), cache=False, executor=make)


def _die(work: Any) -> str:
    os._exit(1)


def test_what_a_lost_process_leaves_is_read_here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = run.catalogue(t.config(root=root), cache=False, jobs=1)
    monkeypatch.setattr(loader, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(loader, "_read_as_json", _die)
    assert run.catalogue(t.config(root=root), cache=False, jobs=2) == wanted


def test_each_file_is_told_once_as_it_is_read(root: Path) -> None:
    seen: list[str] = []
    run.catalogue(t.config(root=root), on_file=seen.append)
    assert sorted(seen) == sorted(FILES)
    again: list[str] = []
    run.catalogue(t.config(root=root), on_file=again.append)
    assert sorted(again) == sorted(FILES)


def test_excluded_files_are_not_read_and_not_imported_from(root: Path) -> None:
    found = run.catalogue(t.config(root=root, exclude=("broken.py", "e.py")))
    assert (t.ids(found), t.problems(found), found.paths) == (
        ["lib.d:D"],
        [],
        ("lib/__init__.py", "lib/base.py", "lib/d.py"),
    )


def test_read_bytes(root: Path) -> None:
    config = t.config(root=root)
    assert files.read(config.root, "lib/broken.py") == b"class X(:\n"
    with pytest.raises(ReadError, match=r"lib/gone\.py: No such file"):
        files.read(config.root, "lib/gone.py")
    with pytest.raises(ReadError, match="outside the root"):
        files.read(config.root, "../secret")


# -- editing


def edit(path: str, old: bytes, new: bytes) -> Edit:
    return Edit(path, FILES[path].encode().index(old), old, new)


def test_edits_change_the_files_they_name(root: Path) -> None:
    edits = [edit("lib/d.py", b"1.0", b"2.0"), edit("lib/e.py", b"next", b"3.0")]
    assert disk.write(root, edits) == ["lib/d.py", "lib/e.py"]
    assert b"# 2.0" in (root / "lib/d.py").read_bytes() and b"# 3.0" in (root / "lib/e.py").read_bytes()


def test_edits_that_change_nothing_write_nothing(root: Path) -> None:
    before = (root / "lib/d.py").stat()
    assert disk.write(root, [edit("lib/d.py", b"1.0", b"1.0")]) == []
    assert (root / "lib/d.py").stat().st_mtime_ns == before.st_mtime_ns
    assert (root / "lib/d.py").stat().st_ino == before.st_ino


def test_nothing_is_written_where_one_file_is_not_as_it_was(root: Path) -> None:
    (root / "lib/e.py").write_text("# another file now\n" * 9)
    with pytest.raises(WriteError, match=r"lib/e\.py: changed since it was read"):
        disk.write(root, [edit("lib/d.py", b"1.0", b"2.0"), edit("lib/e.py", b"next", b"3.0")])
    assert (root / "lib/d.py").read_text() == FILES["lib/d.py"]


def fail_at(number: int, code: int) -> Callable[..., None]:
    """Stands for a call of the system that fails the n-th time."""
    calls = [0]

    def call(*_: Any, **__: Any) -> None:
        calls[0] += 1
        if calls[0] == number:
            raise OSError(code, os.strerror(code))

    return call


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", ["fsync", "chmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=["full", "broken", "read-only"])
def test_nothing_is_written_where_the_disk_fails(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int, code: int
) -> None:
    monkeypatch.setattr(os, name, fail_at(number, code))
    with pytest.raises(WriteError, match=r"lib/[de]\.py: cannot be written: " + os.strerror(code)):
        disk.write(root, [edit("lib/d.py", b"1.0", b"2.0"), edit("lib/e.py", b"next", b"3.0")])
    assert {path: (root / path).read_text() for path in FILES} == {p: t.dedented(text) for p, text in FILES.items()}
    assert sorted(p.name for p in (root / "lib").iterdir()) == sorted(path.removeprefix("lib/") for path in FILES)


def test_a_failed_replace_leaves_no_temporary_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", fail_at(1, errno.EACCES))
    with pytest.raises(WriteError, match="Permission denied"):
        disk.write(root, [edit("lib/d.py", b"1.0", b"2.0"), edit("lib/e.py", b"next", b"3.0")])
    assert sorted(p.name for p in (root / "lib").iterdir()) == sorted(path.removeprefix("lib/") for path in FILES)


def test_an_interrupt_leaves_no_temporary_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic.write(root / "lib/new.py", b"x")
    assert not [p.name for p in (root / "lib").iterdir() if p.name not in {path.removeprefix("lib/") for path in FILES}]


def test_a_folder_that_is_read_only(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root nothing is read-only, so the call that would fail does."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(WriteError, match=r"out\.json: cannot be written: Permission denied"):
        atomic.write(root / "out.json", b"x")


# -- writing one file


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        assert atomic.write(tmp_path / "x", b"x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_the_mode_and_a_link_are_kept(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o754)
    (tmp_path / "link").symlink_to("real")
    assert atomic.write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "real").read_bytes(), stat.S_IMODE((tmp_path / "real").stat().st_mode)) == (b"new", 0o754)


def test_the_owner_is_kept_where_that_is_allowed(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give a file away")
    (tmp_path / "x").write_bytes(b"old")
    os.chown(tmp_path / "x", 12345, 12346)
    atomic.write(tmp_path / "x", b"new")
    assert ((tmp_path / "x").stat().st_uid, (tmp_path / "x").stat().st_gid) == (12345, 12346)


def test_the_same_bytes_are_not_written(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"same")
    before = (tmp_path / "x").stat().st_ino
    assert not atomic.write(tmp_path / "x", b"same")
    assert (tmp_path / "x").stat().st_ino == before


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    """A run as root with ``--output /dev/null`` must leave the device what it is."""
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        device.write_bytes(b"")
    except OSError:
        pytest.skip("no device of its own can be made here, and the real one is not risked")
    assert atomic.write(device, b"x")
    assert stat.S_ISCHR(device.stat().st_mode)
    assert list(tmp_path.iterdir()) == [device]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    atomic.write(tmp_path / "pipe", b"through")
    reader.join(10)
    assert got == [b"through"]


@pytest.mark.parametrize("path", ["folder", "gone/x", "file/x"])
def test_places_that_cannot_be_written_to(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError, match=f"{path}: cannot be written"):
        atomic.write(tmp_path / path, b"x")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_name_as_long_as_a_name_may_be(tmp_path: Path) -> None:
    assert atomic.write(tmp_path / ("x" * 255), b"x")


def test_edits_are_refused_when_the_file_has_changed_since_it_was_read(tmp_path: Path) -> None:
    """An insertion names no bytes that must be there: two runs at once must not write into each other's work."""
    path = tmp_path / "a.py"
    path.write_bytes(b"def f(self):\n    pass\n")
    read = {"a.py": files.checksum(path.read_bytes())}
    edit = Edit("a.py", 12, b"", b"  # 1.0.0")
    assert disk.write(tmp_path, [edit], read) == ["a.py"]
    with pytest.raises(WriteError, match="changed since it was read"):
        disk.write(tmp_path, [edit], read)
    assert path.read_bytes() == b"def f(self):  # 1.0.0\n    pass\n"
