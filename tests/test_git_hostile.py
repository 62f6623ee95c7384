"""Nothing that the configuration of a repository names is run, and no git looks or reaches out of the tree.

Each way is first shown to work: the plain git of the machine runs the program. Then every question that this project
asks of git is asked, and the commands that ask them are run, and the program must not have run.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from hvsupport.annotate import files, git
from hvsupport.annotate.cli import group
from hvsupport.annotate.errors import GitError, ReadError

CONFIG = '[interfaces.x]\nat = "base.py:Base"\ndrivers = ["driver.py"]\n'
SOURCE = "class Base:\n    def open(self):\n        raise NotImplementedError\n"
DRIVER = "from base import Base\nclass D(Base):  # 1.0\n\tdef open(self):  # 1.0\n\t\treturn 1\n"


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@example.org")
    (tmp_path / "gitconfig").write_text("[protocol]\n\tallow = always\n[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def plain(folder: Path, *arguments: str) -> None:
    """Git as anybody runs it, whether or not it succeeds."""
    command = ["git", "-c", "gc.auto=0", "-c", "maintenance.auto=0", *arguments]
    subprocess.run(command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)


def made(folder: Path) -> Path:
    """A repository with one commit, one tag, and a file that differs from the commit."""
    folder.mkdir(parents=True)
    plain(folder, "init", "-q")
    (folder / "hvsupport.toml").write_text(CONFIG)
    (folder / "base.py").write_text(SOURCE)
    (folder / "driver.py").write_text(DRIVER)
    plain(folder, "add", "-A")
    plain(folder, "commit", "-q", "-m", "First")
    plain(folder, "tag", "v1.0")
    with open(folder / "driver.py", "a") as stream:
        stream.write("\tx = 1\n")
    return folder


class Trap:
    """A program that leaves a mark when it is run."""

    def __init__(self, folder: Path) -> None:
        self.mark, self.program = folder / "mark", folder / "trap"
        self.program.write_text(f"#!/bin/sh\n: >{self.mark}\nexit 1\n")
        self.program.chmod(0o755)

    def sprung(self) -> bool:
        """Whether it ran since the last time."""
        there = self.mark.exists()
        self.mark.unlink(missing_ok=True)
        return there


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def ask_everything(root: Path) -> None:
    """Every question of ``annotate/git.py``, whether or not it has an answer."""
    questions: list[Callable[[], object]] = [
        lambda: git.toplevel(root),
        lambda: git.tags(root),
        lambda: git.nearest_tags(root, ["v1.0"]),
        lambda: git.resolve_rev(root, "HEAD"),
        lambda: dict(git.read_tree(root, "HEAD")),
        lambda: git.files(root),
        lambda: git.attributes(root, ["driver.py"], ["text", "filter", "diff"]),
    ]
    for question in questions:
        with contextlib.suppress(GitError):
            question()


def commands(root: Path) -> None:
    """The commands that run git."""
    for line in ("tabs --submodules --diff HEAD", "check --no-cache --diff HEAD"):
        arguments = line.split()
        done = CliRunner().invoke(group, [*arguments, "--root", str(root)])
        assert "internal error" not in done.output


def fsmonitor(root: Path, trap: Trap) -> None:
    plain(root, "config", "core.fsmonitor", str(trap.program))
    plain(root, "status")


def fsmonitor_through_an_include(root: Path, trap: Trap) -> None:
    (root / "more").write_text(f"[core]\n\tfsmonitor = {trap.program}\n")
    plain(root, "config", "include.path", "../more")
    plain(root, "status")


def fsmonitor_of_one_worktree(root: Path, trap: Trap) -> None:
    plain(root, "config", "core.repositoryFormatVersion", "1")
    plain(root, "config", "extensions.worktreeConfig", "true")
    (root / ".git" / "config.worktree").write_text(f"[core]\n\tfsmonitor = {trap.program}\n")
    plain(root, "status")


def fsmonitor_of_a_nested_repository(root: Path, trap: Trap) -> None:
    fsmonitor(made(root / "nested"), trap)


def fsmonitor_of_a_submodule(root: Path, trap: Trap) -> None:
    made(root / "nested")
    plain(root, "add", "nested")
    plain(root, "commit", "-q", "-m", "Submodule")
    fsmonitor(root / "nested", trap)


def hooks(root: Path, trap: Trap) -> None:
    for name in ("post-index-change", "post-checkout", "reference-transaction", "pre-auto-gc"):
        (root / ".git" / "hooks").mkdir(exist_ok=True)
        (root / ".git" / "hooks" / name).symlink_to(trap.program)
    plain(root, "checkout", "-q", "-b", "other")


def hooks_in_the_tree(root: Path, trap: Trap) -> None:
    (root / "hooks").mkdir()
    (root / "hooks" / "post-checkout").symlink_to(trap.program)
    plain(root, "config", "core.hooksPath", "hooks")
    plain(root, "checkout", "-q", "-b", "other")


def filters(root: Path, trap: Trap) -> None:
    (root / ".gitattributes").write_text("* filter=f diff=d\n")
    for key in ("filter.f.clean", "filter.f.smudge", "filter.f.process", "diff.d.textconv", "diff.external"):
        plain(root, "config", key, str(trap.program))
    os.utime(root / "base.py", (1, 1))
    plain(root, "diff")


def textconv(root: Path, trap: Trap) -> None:
    (root / ".gitattributes").write_text("* diff=d\n")
    plain(root, "config", "diff.d.textconv", str(trap.program))
    plain(root, "diff")


def external_diff(root: Path, trap: Trap) -> None:
    plain(root, "config", "diff.external", str(trap.program))
    plain(root, "diff")


def external_diff_of_the_environment(root: Path, trap: Trap) -> None:
    os.environ["GIT_EXTERNAL_DIFF"] = str(trap.program)
    plain(root, "diff")


WAYS = (
    *(fsmonitor, fsmonitor_through_an_include, fsmonitor_of_one_worktree, fsmonitor_of_a_nested_repository),
    *(fsmonitor_of_a_submodule, hooks, hooks_in_the_tree, filters, textconv, external_diff),
    external_diff_of_the_environment,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_program_that_the_repository_names_is_not_run(
    way: Callable[[Path, Trap], None], tmp_path: Path, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "")
    monkeypatch.delenv("GIT_EXTERNAL_DIFF")
    root = made(tmp_path / "tree")
    way(root, trap)
    assert trap.sprung(), "plain git runs it, so the way is one"
    for folder in (root, root / "nested"):
        if folder.exists():
            ask_everything(folder)
    assert not trap.sprung()
    commands(root)
    assert not trap.sprung()


# -- partial clones: a blob that is missing would be fetched

FETCHES = {
    "core.sshCommand": (("remote.origin.url", "ssh://host.invalid/x"), ("core.sshCommand", "TRAP")),
    "an ext:: address": (("remote.origin.url", "ext::TRAP %S x"), ("protocol.ext.allow", "always")),
    "an upload-pack of the tree": (("remote.origin.uploadpack", "TRAP"),),
    "core.gitProxy": (("remote.origin.url", "git://host.invalid/x"), ("core.gitProxy", "TRAP")),
    "another name for an address": (
        ("url.ext::TRAP .insteadOf", "file://"),
        ("protocol.ext.allow", "always"),
    ),
}


def partial(tmp_path: Path) -> Path:
    """A clone without blobs, of a repository beside it, with the files of the working tree."""
    source, clone = made(tmp_path / "source"), tmp_path / "clone"
    plain(source, "config", "uploadpack.allowFilter", "true")
    plain(source, "config", "uploadpack.allowAnySHA1InWant", "true")
    plain(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{source}", str(clone))
    for name in ("hvsupport.toml", "base.py", "driver.py"):
        (clone / name).write_bytes((source / name).read_bytes())
    return clone


@pytest.mark.parametrize("settings", FETCHES.values(), ids=FETCHES)
def test_a_missing_blob_is_not_fetched(settings: tuple[tuple[str, str], ...], tmp_path: Path, trap: Trap) -> None:
    clone = partial(tmp_path)
    for key, value in settings:
        plain(clone, "config", key.replace("TRAP", str(trap.program)), value.replace("TRAP", str(trap.program)))
    plain(clone, "cat-file", "-p", "HEAD:driver.py")
    assert trap.sprung(), "plain git fetches it, so the way is one"
    ask_everything(clone)
    commands(clone)
    assert not trap.sprung()


@pytest.mark.parametrize("name", ["GIT_SSH_COMMAND", "GIT_SSH", "GIT_PROXY_COMMAND"])
def test_a_program_of_the_environment_is_not_run(
    name: str, tmp_path: Path, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = partial(tmp_path)
    scheme = "git" if name == "GIT_PROXY_COMMAND" else "ssh"
    plain(clone, "config", "remote.origin.url", f"{scheme}://host.invalid/x")
    monkeypatch.setenv(name, str(trap.program))
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "ssh:git:ext")
    plain(clone, "cat-file", "-p", "HEAD:driver.py")
    assert trap.sprung()
    ask_everything(clone)
    commands(clone)
    assert not trap.sprung()


def test_what_is_missing_is_an_error_with_its_path(tmp_path: Path) -> None:
    clone = partial(tmp_path)
    with pytest.raises(GitError, match=r"driver\.py: git could not read its contents"):
        git.read_tree(clone, "HEAD")["driver.py"]
    assert "driver.py" in git.read_tree(clone, "HEAD"), "and nothing was fetched by asking"


# -- paths


def test_the_working_tree_is_where_the_repository_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``core.worktree`` would send ``tabs --fix`` to another folder."""
    root, other = made(tmp_path / "tree"), tmp_path / "other"
    other.mkdir()
    (other / "secret.py").write_text("if x:\n\ty = 1\n")
    plain(root, "config", "core.worktree", str(other))
    assert git.toplevel(root) == root.resolve()
    assert git.files(root) == ["base.py", "driver.py", "hvsupport.toml"]
    (root / "hvsupport.toml").unlink()
    monkeypatch.chdir(root)
    CliRunner().invoke(group, ["tabs", "--fix"])
    assert (other / "secret.py").read_text() == "if x:\n\ty = 1\n"
    assert "\t" not in (root / "driver.py").read_text()


def test_a_pipe_that_git_waits_for_ends_in_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = made(tmp_path / "tree")
    os.mkfifo(root / ".gitignore")
    monkeypatch.setattr(git, "_PATIENCE", 0.2)
    with pytest.raises(GitError, match=r"git ls-files: no answer after 0\.2 seconds"):
        git.files(root)


def test_a_tree_that_has_each_folder_many_times_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few objects stand for 10 ** 9 files here, whose list would fill the memory."""
    root = made(tmp_path / "tree")
    lines = f"100644 blob {_git(root, 'rev-parse', 'HEAD:driver.py')}\tx.py\n"
    for _ in range(9):
        made_tree = _git(root, "mktree", given=lines)
        lines = "".join(f"040000 tree {made_tree}\t{index}\n" for index in range(10))
    commit = _git(root, "commit-tree", _git(root, "mktree", given=lines), "-m", "x")
    monkeypatch.setattr(git, "_LONGEST", 3_000_000)
    with pytest.raises(GitError, match=f"git ls-tree: {commit} lists more than 3 MB of files"):
        git.read_tree(root, commit)


def test_a_pipe_in_the_place_of_a_tree_ends_in_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = made(tmp_path / "tree")
    tree = _git(root, "rev-parse", "HEAD^{tree}")
    stored = root / ".git" / "objects" / tree[:2] / tree[2:]
    stored.unlink()
    os.mkfifo(stored)
    monkeypatch.setattr(git, "_PATIENCE", 0.3)
    with pytest.raises(GitError, match=r"git ls-tree: no answer after 0\.3 seconds"):
        git.tree(root, "HEAD")


def test_a_commit_that_cannot_be_listed_says_why(tmp_path: Path) -> None:
    root = made(tmp_path / "tree")
    tree = _git(root, "rev-parse", "HEAD^{tree}")
    (root / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError, match=r"git ls-tree: .*tree"):
        git.read_tree(root, "HEAD")


def _git(root: Path, *arguments: str, given: str = "") -> str:
    made = subprocess.run(["git", *arguments], cwd=root, input=given, capture_output=True, text=True, check=True)
    return made.stdout.strip()


def test_a_pipe_in_the_place_of_packed_tags(tmp_path: Path) -> None:
    root = made(tmp_path / "tree")
    os.mkfifo(root / ".git" / "packed-refs")
    assert git.tags(root) == ("v1.0",)


def test_a_file_that_is_too_large_at_a_revision_is_not_read(tmp_path: Path) -> None:
    """Git is ended before it sends the file; the other files of the revision are read all the same."""
    root = made(tmp_path / "tree")
    (root / "driver.py").write_bytes(b"\t#" + b" " * (files.LARGEST + 1))
    plain(root, "commit", "-q", "-a", "-m", "Large")
    plain(root, "tag", "v2.0")
    (root / "driver.py").write_text(DRIVER)
    with git.read_tree(root, "HEAD") as revision:
        for _ in range(2):
            with pytest.raises(ReadError, match="larger than 32 MB"):
                revision["driver.py"]
            assert revision["base.py"] == SOURCE.encode()
    (root / "driver.py").write_text(DRIVER.replace("  # 1.0\n\t\t", "\n\t\t"))
    for line, expected in (
        ("check --no-cache --diff HEAD", "HV001 'open' of driver:D has no release"),
        ("tabs --diff HEAD", "driver.py:3:1: TAB001"),
        ("verify --no-cache", "1 unknown"),
    ):
        done = CliRunner().invoke(group, [*line.split(), "--root", str(root)])
        assert "internal error" not in done.output and expected in done.output, (line, done.output)
