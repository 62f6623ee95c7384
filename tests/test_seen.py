"""Files that nobody touched are not read again; every other one is, whatever its times say."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

from hvsupport.annotate import files, run
from hvsupport.annotate.cache import seen, store
from hvsupport.annotate.catalogue import Catalogue, Edit
from hvsupport.annotate.errors import WriteError
from hvsupport.annotate.facts import FileFacts
from hvsupport.annotate.rewrite import disk

DRIVER = "from .base import Driver\nclass D(Driver):\n    def open(self): return 1  # 1.0\n"
OTHER = DRIVER.replace("1.0", "1.1")
FILES = {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/d.py": DRIVER}
MINUTE = 60 * 1_000_000_000


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of which a run a minute later would say that nobody is just writing it."""
    monkeypatch.delenv(store.VARIABLE, raising=False)
    monkeypatch.setattr(seen, "now", lambda: time.time_ns() + MINUTE)
    return t.on_disk(tmp_path / "root", FILES)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of all files that are opened."""
    paths: list[str] = []
    read = files.Folder.read

    def counted(self: files.Folder, path: str) -> bytes:
        paths.append(path)
        return read(self, path)

    monkeypatch.setattr(files.Folder, "read", counted)
    return paths


def since(found: Catalogue) -> str:
    """The release that the driver's only entry names."""
    return next(str(cell.spans[0].since) for _, entry, cell in found.interfaces[0].walk() if entry.name == "open")


def again(root: Path, reads: list[str]) -> Catalogue:
    """Run once more, and forget what was read before."""
    reads.clear()
    return run.catalogue(t.config(root=root))


def test_an_untouched_tree_is_not_opened(root: Path, reads: list[str]) -> None:
    first = run.catalogue(t.config(root=root))
    assert sorted(reads) == sorted(FILES)
    assert again(root, reads) == first
    assert again(root, reads).contents == first.contents
    assert reads == []


def test_letters_beyond_ascii(root: Path, reads: list[str]) -> None:
    (root / "lib/d.py").write_text(DRIVER.replace("1.0", "1.0; größer \u2028"), encoding="utf-8")
    first = run.catalogue(t.config(root=root))
    assert again(root, reads) == first
    assert reads == []


def test_facts_that_are_no_text_are_not_kept(tmp_path: Path) -> None:
    state = seen.Status(1, 1, 1, 1)
    kept = seen.Seen(tmp_path, t.OPTIONS, ("root",))
    kept.put("m.py", state, 1, FileFacts("m.py", stars=("\ud800",)))
    kept.put("\udcff.py", state, 2, FileFacts("\udcff.py"))
    kept.put("n.py", state, 3, FileFacts("n.py", stars=("größer",)))
    kept.save()
    later = seen.Seen(tmp_path, t.OPTIONS, ("root",))
    assert (later.get("m.py", state), later.get("\udcff.py", state)) == (None, None)
    assert later.get("n.py", state) == (FileFacts("n.py", stars=("größer",)), 3)


def test_a_file_as_young_as_the_run_is_read_again(
    root: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "now", time.time_ns)
    run.catalogue(t.config(root=root))
    again(root, reads)
    assert sorted(reads) == sorted(FILES)


def test_a_change_within_one_tick_of_the_clock_is_seen(
    root: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The racy case: what the system says of the file is the same before and after."""
    frozen = os.stat(root / "lib/d.py")
    status = files.Folder.status
    monkeypatch.setattr(files.Folder, "status", lambda self, path: frozen if path == "lib/d.py" else status(self, path))
    monkeypatch.setattr(seen, "now", lambda: frozen.st_mtime_ns + 1_000_000)
    assert since(run.catalogue(t.config(root=root))) == "1.0"
    (root / "lib/d.py").write_text(OTHER)
    assert since(again(root, reads)) == "1.1"


def write(path: Path) -> None:
    path.write_text(OTHER)


def put_another_in_its_place(path: Path) -> None:
    beside = path.with_suffix(".new")
    beside.write_text(OTHER)
    os.utime(beside, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    beside.replace(path)


def set_the_time_back(path: Path) -> None:
    before = path.stat()
    path.write_text(OTHER)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def lead_a_link_elsewhere(path: Path) -> None:
    (path.parent / "other").write_text(OTHER)
    path.unlink()
    path.symlink_to("other")


CHANGES: dict[str, Callable[[Path], None]] = {
    "written in place, the same size": write,
    "another file of the same size and time in its place": put_another_in_its_place,
    "written, and the time of the change set back": set_the_time_back,
    "a link to another file in its place": lead_a_link_elsewhere,
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_changed_file_is_read_again(root: Path, reads: list[str], change: str) -> None:
    assert len(OTHER) == len(DRIVER)
    run.catalogue(t.config(root=root))
    CHANGES[change](root / "lib/d.py")
    found = again(root, reads)
    assert reads == ["lib/d.py"]
    assert since(found) == "1.1"
    assert found == run.catalogue(t.config(root=root), cache=False)


def test_a_touched_file_is_read_and_gives_the_same(root: Path, reads: list[str]) -> None:
    first = run.catalogue(t.config(root=root))
    os.utime(root / "lib/d.py")
    assert again(root, reads) == first
    assert reads == ["lib/d.py"]
    assert again(root, reads) == first
    assert reads == []


def test_files_that_come_and_go(root: Path, reads: list[str]) -> None:
    first = run.catalogue(t.config(root=root))
    (root / "lib/e.py").write_text(DRIVER.replace("class D", "class E"))
    assert len(again(root, reads).interfaces[0].drivers) == 2
    assert reads == ["lib/e.py"]
    (root / "lib/e.py").unlink()
    assert again(root, reads) == first
    assert reads == []


def test_a_link_that_now_leads_out_of_the_root_is_not_followed(root: Path, tmp_path: Path, reads: list[str]) -> None:
    (tmp_path / "outside.py").write_text(DRIVER)
    (root / "lib/d.py").unlink()
    (root / "lib/inside.txt").write_text(DRIVER)
    (root / "lib/d.py").symlink_to("inside.txt")
    assert since(run.catalogue(t.config(root=root))) == "1.0"
    (root / "lib/d.py").unlink()
    (root / "lib/d.py").symlink_to(tmp_path / "outside.py")
    found = again(root, reads)
    assert found.interfaces[0].drivers == ()
    assert any("leads out of it" in problem.message for problem in found.problems)


def test_other_options_or_another_version_are_read_anew(
    root: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.catalogue(t.config(root=root))
    reads.clear()
    run.catalogue(t.config(t.interface(decorators=("added",)), root=root))
    assert sorted(reads) == sorted(FILES)
    monkeypatch.setattr(seen, "__version__", "0.0.0")
    again(root, reads)
    assert sorted(reads) == sorted(FILES)


def test_two_roots_share_a_cache_and_no_states(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "cache"))
    other = t.on_disk(tmp_path / "other", {**FILES, "lib/d.py": OTHER})
    assert since(run.catalogue(t.config(root=root))) == "1.0"
    assert since(run.catalogue(t.config(root=other))) == "1.1"
    assert since(run.catalogue(t.config(root=root))) == "1.0"
    assert len(list((tmp_path / "cache" / seen.FOLDER).iterdir())) == 2


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut off": lambda data: data[: len(data) // 2],
    "a release changed": lambda data: data.replace(b"# 1.0", b"# 1.5"),
    "no states": lambda data: data.partition(b"\n")[0],
    "another seal": lambda data: data.replace(data.split(b"\n")[1], b"7"),
    "no number for a seal": lambda data: data.replace(data.split(b"\n")[1], b"x"),
    "binary": lambda data: bytes(range(256)),
}


def cache(root: Path) -> Path:
    """The cache folder of a root."""
    found = store.cache_folder(root)
    assert found is not None
    return found


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_damaged_states_count_as_none(root: Path, reads: list[str], damage: str) -> None:
    first = run.catalogue(t.config(root=root))
    kept = list((cache(root) / seen.FOLDER).iterdir())
    assert len(kept) == 1
    changed = DAMAGES[damage](kept[0].read_bytes())
    assert changed != kept[0].read_bytes()
    kept[0].write_bytes(changed)
    assert again(root, reads) == first
    assert sorted(reads) == sorted(FILES)
    assert again(root, reads) == first
    assert reads == []


def test_a_cache_that_refuses_changes_nothing(root: Path, reads: list[str]) -> None:
    first = run.catalogue(t.config(root=root), cache=False)
    cache(root).mkdir(parents=True)
    (cache(root) / seen.FOLDER).write_text("a file stands in the place of the folder")
    assert run.catalogue(t.config(root=root)) == first
    assert again(root, reads) == first
    assert sorted(reads) == sorted(FILES)


def test_an_edit_is_still_refused_where_the_file_holds_something_else(root: Path, reads: list[str]) -> None:
    run.catalogue(t.config(root=root))
    found = again(root, reads)
    assert reads == []
    edit = Edit("lib/d.py", DRIVER.index("1.0"), b"1.0", b"1.2")
    assert disk.write(root, [edit], found.contents) == ["lib/d.py"]
    with pytest.raises(WriteError, match="changed since it was read"):
        disk.write(root, [edit], found.contents)


C_FILES = {
    "api.h": "struct ops {\n    int (*open)(void);\n    int (*close)(void);\n};\n",
    "one.c": "static struct ops one = {\n    .open = one_open, /* 1.0 */\n};\n",
    "none.c": "int none(void);\n",
}


def test_c_files_that_hold_nothing_are_not_opened_either(
    tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(store.VARIABLE, raising=False)
    monkeypatch.setattr(seen, "now", lambda: time.time_ns() + MINUTE)
    root = t.on_disk(tmp_path / "c", C_FILES)
    config = t.config(t.interface(at="api.h:ops", kind="table", drivers=("*.c",)), root=root)
    first = run.catalogue(config)
    assert sorted(reads) == sorted(C_FILES)
    reads.clear()
    assert run.catalogue(config) == first
    assert reads == []
    (root / "none.c").write_text("static struct ops none = {};\n")
    assert len(run.catalogue(config).interfaces[0].drivers) == 2
    assert reads == ["none.c"]
