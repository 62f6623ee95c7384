"""Git: repositories of every shape are read, from hooks too, and what goes wrong is said in git's words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hvsupport.annotate import git
from hvsupport.annotate.errors import GitError

IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on who runs it, nor on a hook it is run from."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)


def run(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def commit(folder: Path, message: str = "Change") -> None:
    run(folder, "add", "-A")
    run(folder, "commit", "--allow-empty", "-q", "-m", message)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits with a tag each; a file that changed, one in a folder, and one only in the second."""
    root = tmp_path / "repository"
    (root / "lib").mkdir(parents=True)
    run(root, "init", "-q")
    (root / "lib" / "driver.py").write_bytes(b"one\r\n")
    (root / "setup.py").write_bytes(b"")
    commit(root)
    run(root, "tag", "v1.0.0")
    (root / "lib" / "driver.py").write_bytes(b"two\n")
    (root / "lib" / "new.py").write_bytes(b"\xff\x00\n")
    commit(root)
    run(root, "tag", "-a", "v1.1.0", "-m", "Release")
    return root


def test_top_is_found_from_below(repository: Path) -> None:
    assert git.toplevel(repository / "lib") == repository.resolve()


def test_no_repository_is_an_error_in_the_words_of_git(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        git.toplevel(tmp_path)


def test_no_git_is_an_error(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not installed"):
        git.toplevel(repository)


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitError, match=r"folder .* does not exist"):
        git.toplevel(tmp_path / "gone")


# -- tags


def test_tags_need_no_process(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git.tags(repository) == ("v1.0.0", "v1.1.0")


def test_packed_tags_are_found_and_their_peeled_lines_are_not(repository: Path) -> None:
    run(repository, "tag", "series/2.0")
    run(repository, "pack-refs", "--all")
    run(repository, "tag", "series/2.1")
    assert git.tags(repository) == ("series/2.0", "series/2.1", "v1.0.0", "v1.1.0")


def test_tag_both_packed_and_loose_counts_once(repository: Path) -> None:
    run(repository, "pack-refs", "--all")
    run(repository, "tag", "-f", "v1.0.0")
    assert git.tags(repository) == ("v1.0.0", "v1.1.0")


def test_no_repository_has_no_tags(tmp_path: Path) -> None:
    assert git.tags(tmp_path) == ()


def test_tracked_subfolder_has_the_tags_of_its_repository(repository: Path) -> None:
    assert git.tags(repository / "lib") == ("v1.0.0", "v1.1.0")


def test_tree_unpacked_in_somebody_elses_repository_has_no_tags(repository: Path) -> None:
    foreign = repository / "cache" / "library-2.0"
    foreign.mkdir(parents=True)
    (foreign / "driver.py").write_text("")
    assert git.tags(foreign) == ()


def test_worktree_has_the_tags_of_its_repository(repository: Path, tmp_path: Path) -> None:
    run(repository, "worktree", "add", "-q", str(tmp_path / "other"), "v1.0.0")
    assert git.tags(tmp_path / "other") == ("v1.0.0", "v1.1.0")


def test_submodule_has_its_own_tags(repository: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    run(outer, "init", "-q")
    run(outer, "submodule", "--quiet", "add", str(repository), "inner")
    commit(outer)
    run(outer, "tag", "v9.0.0")
    assert git.tags(outer / "inner") == ("v1.0.0", "v1.1.0")
    assert git.tags(outer) == ("v9.0.0",)


@pytest.mark.parametrize(
    "content",
    ["", "no such line\n", "gitdir: /nowhere\n"],
    ids=["empty .git file", ".git file of another kind", ".git file that leads nowhere"],
)
def test_broken_repository_is_an_error_not_a_tree_without_tags(tmp_path: Path, content: str) -> None:
    (tmp_path / ".git").write_text(content)
    with pytest.raises(GitError, match="git"):
        git.tags(tmp_path)


# -- the nearest release


def test_nearest_tag_is_the_last_one_that_counts(repository: Path) -> None:
    run(repository, "tag", "nightly")
    commit(repository)
    assert git.nearest_tags(repository, ["v1.0.0", "v1.1.0"]) == ("v1.1.0",)
    assert git.nearest_tags(repository, ["v1.0.0"]) == ("v1.0.0",)


def test_all_tags_on_the_nearest_commit_are_given(repository: Path) -> None:
    run(repository, "tag", "v1.1.0rc1")
    assert git.nearest_tags(repository, ["v1.0.0", "v1.1.0", "v1.1.0rc1"]) == ("v1.1.0", "v1.1.0rc1")


def test_tag_on_another_branch_is_not_reached(repository: Path) -> None:
    run(repository, "checkout", "-q", "v1.0.0")
    assert git.nearest_tags(repository, ["v1.0.0", "v1.1.0"]) == ("v1.0.0",)


def test_no_tag_to_be_reached_is_an_error(repository: Path) -> None:
    with pytest.raises(GitError, match="describe"):
        git.nearest_tags(repository, ["v3.0.0"])


# -- the files of a revision


def test_files_are_as_they_were(repository: Path) -> None:
    with git.read_tree(repository, "v1.0.0") as tree:
        assert dict(tree) == {"lib/driver.py": b"one\r\n", "setup.py": b""}
    with git.read_tree(repository, "HEAD") as tree:
        assert tree["lib/new.py"] == b"\xff\x00\n"
        assert "lib/gone.py" not in tree
        with pytest.raises(KeyError):
            tree["lib/gone.py"]


def test_paths_are_relative_to_the_folder_asked_about(repository: Path) -> None:
    with git.read_tree(repository / "lib", "HEAD~1") as tree:
        assert dict(tree) == {"driver.py": b"one\r\n"}


def test_folder_that_was_not_there_yet_is_empty(repository: Path) -> None:
    (repository / "later").mkdir()
    with git.read_tree(repository / "later", "HEAD") as tree:
        assert dict(tree) == {}


def test_a_closed_tree_can_still_be_read(repository: Path) -> None:
    tree = git.read_tree(repository, "HEAD")
    assert tree["setup.py"] == b""
    tree.close()
    assert tree["lib/driver.py"] == b"two\n"


def test_links_and_submodules_are_no_files(repository: Path, tmp_path: Path) -> None:
    (repository / "link.py").symlink_to("setup.py")
    shutil.copytree(repository, tmp_path / "inner")
    run(repository, "submodule", "--quiet", "add", str(tmp_path / "inner"), "inner")
    commit(repository)
    assert set(git.read_tree(repository, "HEAD")) == {".gitmodules", "lib/driver.py", "lib/new.py", "setup.py"}


@pytest.mark.parametrize(
    "name",
    ["ä b.py", "a\tb.py", "a\nb.py", '"q".py', "<b>.py", "-f.py", "a:b.py"],
    ids=["not ASCII: git would quote it", "tab", "newline", "quotes", "HTML", "dash", "colon"],
)
def test_any_file_name_is_read(repository: Path, name: str) -> None:
    (repository / name).write_bytes(b"here")
    commit(repository)
    assert git.read_tree(repository, "HEAD")[name] == b"here"


def test_name_that_is_not_utf_8_is_read(repository: Path) -> None:
    name = os.fsdecode(b"\xff.py")
    (repository / name).write_bytes(b"here")
    commit(repository)
    assert git.read_tree(repository, "HEAD")[name] == b"here"


def test_large_file_is_read_whole(repository: Path) -> None:
    data = os.urandom(3_000_000)
    (repository / "large").write_bytes(data)
    commit(repository)
    assert git.read_tree(repository, "HEAD")["large"] == data


def test_settings_do_not_change_what_is_read(repository: Path) -> None:
    for name, value in {
        "core.quotePath": "true",
        "color.ui": "always",
        "column.ui": "always",
        "core.pager": "false",
        "diff.external": "false",
        "core.autocrlf": "true",
        "tag.sort": "-refname",
    }.items():
        run(repository, "config", name, value)
    assert git.read_tree(repository, "v1.0.0")["lib/driver.py"] == b"one\r\n"
    assert git.nearest_tags(repository, git.tags(repository)) == ("v1.1.0",)


@pytest.mark.parametrize(
    "rev",
    ["", "-h", "--all", "v9", "HEAD..HEAD", "HEAD:setup.py", "a\0b", "0" * 40, "$(id)", "main other"],
    ids=["empty", "option", "long option", "unknown", "range", "file", "null", "no such id", "shell", "two"],
)
def test_what_is_no_revision_is_refused(repository: Path, rev: str) -> None:
    with pytest.raises(GitError, match="revision"):
        git.read_tree(repository, rev)


def test_a_revision_that_is_not_there_is_said_in_plain_words(repository: Path) -> None:
    with pytest.raises(GitError, match=r"^unknown revision 'v9'$"):
        git.read_tree(repository, "v9")


def _do_as_told(shallow: Path, rev: str) -> None:
    try:
        git.read_tree(shallow, rev)
    except GitError as error:
        commands = re.findall(r"'git ([^']*)'", str(error))
        run(shallow, *commands[-1 if rev == "side" else 0].split())


@pytest.mark.parametrize(
    "rev", ["HEAD~1", "HEAD^", "v1.0.0", "main~1", "origin/side", "side", "{commit}", "origin/side~1", "v1.0.0~0"]
)
def test_in_a_shallow_clone_the_message_says_how_to_fetch_a_revision(
    repository: Path, tmp_path: Path, rev: str
) -> None:
    """What it says is done, as often as it is said."""
    run(repository, "branch", "-M", "main")
    run(repository, "checkout", "-q", "-b", "side", "v1.0.0")
    commit(repository)
    commit(repository)
    run(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    rev = rev.format(commit=git.resolve_rev(repository, "side~1"))
    run(repository, "checkout", "-q", "main")
    commit(repository)
    run(tmp_path, "clone", "-q", "--depth=1", "--no-tags", f"file://{repository}", "shallow")
    shallow = tmp_path / "shallow"
    assert git.is_shallow(shallow)
    for _ in range(2):
        _do_as_told(shallow, rev)
    assert "setup.py" in git.read_tree(shallow, rev)


def test_a_whole_clone_is_not_told_to_fetch(repository: Path) -> None:
    assert not git.is_shallow(repository)
    with pytest.raises(GitError, match=r"^unknown revision 'HEAD~9'$"):
        git.read_tree(repository, "HEAD~9")


def test_object_that_is_missing_is_an_error_with_the_path(repository: Path) -> None:
    tree = git.read_tree(repository, "HEAD")
    shutil.rmtree(repository / ".git" / "objects")
    (repository / ".git" / "objects").mkdir()
    with pytest.raises(GitError, match=r"setup\.py"):
        tree["setup.py"]


def test_inside_a_hook_the_tree_asked_about_is_read(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Git sets these for its hooks; they name the repository of the hook, relative to its folder.
    other = tmp_path / "other"
    other.mkdir()
    run(other, "init", "-q")
    commit(other)
    run(other, "tag", "v7.0.0")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_PREFIX", "lib/")
    assert git.toplevel(repository) == repository.resolve()
    assert git.nearest_tags(repository, git.tags(repository)) == ("v1.1.0",)
    assert git.read_tree(repository, "v1.0.0")["lib/driver.py"] == b"one\r\n"


def test_a_folder_knows_its_path_in_the_repository(tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "a" / "b").mkdir(parents=True)
    assert git.folder_in_repository(tmp_path / "repo" / "a" / "b") == "a/b/"
    assert git.folder_in_repository(tmp_path / "repo") == ""
    assert git.folder_in_repository(tmp_path) == ""
