"""Which files a tree has: globs, links, loops, what lies outside, what cannot be looked into."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import os
import sys
from pathlib import Path

import pathspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from hvsupport.annotate import files
from hvsupport.annotate.errors import ReadError

PATHS = [
    ".hidden/x.py",
    "a.py",
    "docs/a.py",
    "lib/.git/x.py",
    "lib/a.py",
    "lib/b.pyi",
    "lib/deep/er/c.py",
    "lib/deep/d.py",
    "lib/no.txt",
    "lib/sp ace.py",
    "lib/we[i]rd.py",
]


def folder(root: Path) -> files.Folder:
    for path in PATHS:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return files.Folder(root)


@pytest.fixture(params=["folder", "snapshot"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> files.Files:
    found = folder(tmp_path)
    return found if request.param == "folder" else files.Snapshot({path: path.encode() for path in PATHS})


GLOBS = {
    "one folder": (["lib/*.py"], ["lib/a.py", "lib/sp ace.py", "lib/we[i]rd.py"]),
    "all folders": (["lib/**/*.py"], ["lib/a.py", "lib/deep/d.py", "lib/deep/er/c.py", "lib/sp ace.py", "lib/we[i]rd.py"]),
    "everything": (["**/*.py"], ["a.py", "docs/a.py", "lib/a.py", "lib/deep/d.py", "lib/deep/er/c.py", "lib/sp ace.py", "lib/we[i]rd.py"]),
    "the root": (["*.py"], ["a.py"]),
    "a folder between": (["lib/*/*.py"], ["lib/deep/d.py"]),
    "a question mark": (["lib/?.py"], ["lib/a.py"]),
    "a set": (["lib/[ab].py*"], ["lib/a.py", "lib/b.pyi"]),
    "a path": (["lib/a.py"], ["lib/a.py"]),
    "a path from here": (["./lib/a.py", "./lib/deep/*.py"], ["lib/a.py", "lib/deep/d.py"]),
    "a space": (["lib/sp ace.py"], ["lib/sp ace.py"]),
    "twice": (["lib/a.py", "lib/a*.py"], ["lib/a.py"]),
    "nothing": (["lib/x*.py", "gone/*.py", "lib/x.py"], []),
    "a folder": (["lib", "lib/deep"], []),
    "outside": (["../*.py", "/etc/*", "/etc/passwd", "lib/../*.py", "../a.py"], []),
    "negated": (["!lib/*.py"], []),
    "no pattern": (["", " ", "\\", "lib/["], []),
}  # fmt: skip


@pytest.mark.parametrize(("patterns", "wanted"), GLOBS.values(), ids=GLOBS.keys())
def test_matching(tree: files.Files, patterns: list[str], wanted: list[str]) -> None:
    assert files.matching(tree, patterns) == wanted


@pytest.mark.parametrize(
    ("exclude", "wanted"),
    [
        (["deep/"], ["lib/a.py", "lib/sp ace.py", "lib/we[i]rd.py"]),
        (["lib/deep/**"], ["lib/a.py", "lib/sp ace.py", "lib/we[i]rd.py"]),
        (["*.py", "!a.py"], ["lib/a.py"]),
        (["a.py", "sp*", "we*"], ["lib/deep/d.py", "lib/deep/er/c.py"]),
        (["lib/[", "a.py"], ["lib/deep/d.py", "lib/deep/er/c.py", "lib/sp ace.py", "lib/we[i]rd.py"]),
    ],
    ids=["a folder", "a glob", "taken back", "names", "one that is no pattern"],
)
def test_exclude(tree: files.Files, exclude: list[str], wanted: list[str]) -> None:
    assert files.matching(tree, ["lib/**/*.py"], exclude) == wanted


def test_exists_and_has_folder(tree: files.Files) -> None:
    assert tree.exists("lib/a.py") and not tree.exists("lib") and not tree.exists("lib/x.py")
    assert tree.has_folder("lib/deep") and not tree.has_folder("lib/a.py") and not tree.has_folder("gone")
    for path in ("../a.py", "/etc/passwd", "lib/../a.py", "..", ""):
        assert not tree.exists(path) and not tree.has_folder(path)


def test_read(tree: files.Files) -> None:
    assert tree.read("lib/a.py") == b"lib/a.py"
    with pytest.raises(ReadError):
        tree.read("lib/x.py")


# -- what only a disk has


def test_a_loop_of_folders_ends(tmp_path: Path) -> None:
    found = folder(tmp_path)
    (tmp_path / "lib/again").symlink_to(tmp_path / "lib")
    (tmp_path / "lib/up").symlink_to("..")
    assert files.matching(found, ["lib/**/a.py"]) == ["lib/a.py"]


def test_a_loop_of_links_cannot_be_read(tmp_path: Path) -> None:
    found = folder(tmp_path)
    (tmp_path / "lib/loop.py").symlink_to("loop.py")
    assert files.matching(found, ["lib/loop*.py"]) == ["lib/loop.py"]
    with pytest.raises(ReadError):
        found.read("lib/loop.py")


def test_a_link_to_nothing_cannot_be_read(tmp_path: Path) -> None:
    found = folder(tmp_path)
    (tmp_path / "lib/gone.py").symlink_to("nowhere.py")
    with pytest.raises(ReadError, match="No such file"):
        found.read("lib/gone.py")


@pytest.mark.parametrize("inside", [True, False])
def test_links_are_followed_inside_the_root_only(tmp_path: Path, inside: bool) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secret.py").write_bytes(b"secret")
    found = folder(tmp_path / "root")
    target = tmp_path / ("root/lib" if inside else "out")
    (tmp_path / "root/linked").symlink_to(target)
    (tmp_path / "root/file.py").symlink_to(target / ("a.py" if inside else "secret.py"))
    for path in ("file.py", "linked/a.py" if inside else "linked/secret.py"):
        assert found.exists(path)
        if inside:
            assert found.read(path) == b"lib/a.py"
        else:
            with pytest.raises(ReadError, match="outside the root"):
                found.read(path)
    with pytest.raises(ReadError):
        found.read("../out/secret.py")


def test_a_root_that_is_a_link_is_a_root(tmp_path: Path) -> None:
    folder(tmp_path / "real")
    (tmp_path / "root").symlink_to("real")
    assert files.Folder(tmp_path / "root").read("lib/a.py") == b"lib/a.py"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    found = folder(tmp_path)
    os.mkfifo(tmp_path / "lib/pipe.py")
    assert "lib/pipe.py" in files.matching(found, ["lib/*.py"])
    with pytest.raises(ReadError, match="not a regular file"):
        found.read("lib/pipe.py")


def test_a_folder_with_the_name_of_a_file_is_no_file(tmp_path: Path) -> None:
    found = folder(tmp_path)
    (tmp_path / "lib/pkg.py").mkdir()
    assert not found.exists("lib/pkg.py")
    assert files.matching(found, ["lib/pkg*.py"]) == []


@pytest.mark.parametrize("name", ["<b>x&.py", "new\nline.py", "tab\t.py", "caf\u00e9.py", "a b.py", "-x.py"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    found = folder(tmp_path)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / name).write_bytes(b"x")
    assert files.matching(found, ["odd/*"]) == [f"odd/{name}"]
    assert found.read(f"odd/{name}") == b"x"


def test_names_that_are_no_text(tmp_path: Path) -> None:
    found = folder(tmp_path)
    (tmp_path / "odd").mkdir()
    try:
        (tmp_path / os.fsdecode(b"odd/x\xff.py")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system has only names that are text")
    (path,) = files.matching(found, ["odd/*.py"])
    assert found.read(path) == b"x"
    with pytest.raises(ReadError):
        found.read("lib/nul\0.py")


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = folder(tmp_path)
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert "lib/a.py" in files.matching(found, ["lib/**/*.py"])
    assert found.unlisted == {"lib/deep": "Permission denied"}
    assert not found.exists("gone/x.py") and not found.exists("lib/a.py/x") and len(found.unlisted) == 1


_PART = st.text("ab.", min_size=1, max_size=3).filter(lambda part: part.strip("."))
_ABOVE = st.lists(st.one_of(_PART, st.just("**"), st.just("*")), max_size=2)
_LAST = st.tuples(st.text("ab.", max_size=2), st.sampled_from(["*", ""]), st.text("ab.", max_size=2)).map("".join)


@given(_ABOVE, _LAST.filter(bool), st.lists(_PART, min_size=1, max_size=4))
@example(["a"], "*.b", ["a", "x.b", "c"])
@example(["a", "**"], "*.b", ["a", "x.b", "c"])
@example(["a", "**"], "b*.b", ["a", "b.b"])
@example(["a"], "*.b", ["a", "c", "x.b"])
def test_a_glob_matches_what_gitignore_matches(above: list[str], last: str, parts: list[str]) -> None:
    """Most globs are matched without pathspec, which knows what git says."""
    glob, path = "/" + "/".join([*above, last]), "/".join(parts)
    assert files.matcher([glob])(path) == pathspec.GitIgnoreSpec.from_lines([glob]).match_file(path)
