"""The catalogue as of any release, what differs between two, and the commands that tell it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import gen_builder as b
import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate import cli, commits, run
from hvsupport.annotate.config.load import load
from hvsupport.annotate.differences import as_of, differences
from hvsupport.annotate.release import NEXT, scheme

X = scheme("x.y.z")
CONFIG = """\
title = "Example"
release = "1.3.0"
releases = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]

[interfaces.driver]
at = "api.py:Driver"
drivers = ["drivers/*.py"]
title = "Drivers"

[interfaces.driver.removed]
"drivers.tape:TapeDriver" = "1.0.0 - 1.2.0"
"""
API = "class Driver:\n" + "".join(
    f"    def {name}(self):\n        raise NotImplementedError\n\n"
    for name in ("start", "stop", "pause", "move", "copy")
).replace("stop(self):", "stop(self):  # 1.1.0")
MEMORY = """\
from api import Driver


class MemoryDriver(Driver):
    def start(self):  # 1.0.0
        return 1

    def stop(self):  # 1.1.0; deprecated 1.3.0: use pause
        return 1

    def pause(self):  # <= 1.2.0
        return 1

    def move(self):  # 1.0.0 - 1.2.0
        raise NotImplementedError

    def copy(self):  # 1.1.0 - 1.2.0, 1.3.0; partial: no <b>links</b>
        return 1
"""
NEW = """\
from api import Driver


class NewDriver(Driver):
    def start(self):  # 1.2.0
        return 1

    def stop(self):  # next
        return 1
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {"hvsupport.toml": CONFIG, "api.py": API, "drivers/memory.py": MEMORY, "drivers/new.py": NEW}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def command(tree: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.group, [*arguments, "--root", str(tree), "--no-cache"])


@pytest.mark.parametrize(
    ("release", "drivers", "cells"),
    [
        pytest.param("0.9.0", ["MemoryDriver"], "pause:unannotated", id="perhaps"),
        pytest.param("1.0.0", ["MemoryDriver"], "start:supported pause:unannotated move:supported", id="first"),
        pytest.param(
            "1.1.0",
            ["MemoryDriver"],
            "start:supported stop:supported pause:unannotated move:supported copy:supported",
            id="what came later is not there",
        ),
        pytest.param(
            "1.2.0",
            ["MemoryDriver", "NewDriver"],
            "start:supported stop:supported pause:supported move:removed copy:removed",
            id="gone, and not yet back",
        ),
    ],
)
def test_as_of(tree: Path, release: str, drivers: list[str], cells: str) -> None:
    catalogue = run.catalogue(load(root=tree), cache=False)
    [found] = as_of(catalogue, X.parse(release)).interfaces
    assert [each.title for each in found.drivers] == drivers
    memory = [(entry.name, cell) for driver, entry, cell in found.walk() if driver.title == "MemoryDriver"]
    assert " ".join(f"{name}:{cell.state}" for name, cell in memory if not cell.is_plainly_absent) == cells
    assert not any(span.deprecated for _, cell in memory for span in cell.spans)


def test_as_of_next_is_today(tree: Path) -> None:
    catalogue = run.catalogue(load(root=tree), cache=False)
    assert as_of(catalogue, NEXT).interfaces == catalogue.interfaces


def test_differences_of_the_same_release_are_none(tree: Path) -> None:
    catalogue = run.catalogue(load(root=tree), cache=False)
    for text in ("1.0.0", "1.1.0", "1.2.0", "1.3.0", "next"):
        then = as_of(catalogue, X.parse(text))
        assert differences(then, then) == []


def test_changes_as_text(tree: Path) -> None:
    found = command(tree, "changes", "1.1.0", "1.2.0")
    assert (found.exit_code, found.stdout) == (
        0,
        "Drivers\n  MemoryDriver: lost move, copy\n  NewDriver: new driver; gained start\n  TapeDriver: removed\n",
    )


def test_changes_as_markdown_show_texts_as_they_are(tree: Path) -> None:
    found = command(tree, "changes", "1.2.0", "1.3.0", "--format", "markdown")
    assert found.stdout == (
        "# Changes from 1.2.0 to 1.3.0\n\n## Drivers\n\n"
        "- **MemoryDriver**: gained copy (no \\<b\\>links\\</b\\>); deprecated stop (use pause)\n"
    )


def test_changes_as_json(tree: Path) -> None:
    found = json.loads(command(tree, "changes", "1.0.0", "1.1.0", "--format", "json").stdout)
    assert (found["from"], found["to"]) == ("1.0.0", "1.1.0")
    api = [each["entry"] for each in found["changes"] if each["kind"] == "api"]
    gained = [each["entry"] for each in found["changes"] if each["kind"] == "gained"]
    assert (api, gained) == (["stop"], ["stop", "copy"])


def test_next_lists_what_waits(tree: Path) -> None:
    assert command(tree, "next").stdout == "Drivers\n  NewDriver: gained stop\n"
    (tree / "drivers/new.py").write_text(NEW.replace("next", "1.3.0"), encoding="utf-8")
    assert command(tree, "next").stdout == "Nothing changed from 1.3.0 to next.\n"


@pytest.mark.parametrize(
    ("older", "newer", "message"),
    [
        ("1.2.0", "1.1.0", "1.2.0 is not older than 1.1.0"),
        ("1.2.0", "1.2.0", "1.2.0 is not older than 1.2.0"),
        ("1.1.1", "1.2.0", "release 1.1.1 is not known"),
        ("one", "1.2.0", "'one' is not a release"),
    ],
)
def test_releases_that_cannot_be_compared(tree: Path, older: str, newer: str, message: str) -> None:
    found = command(tree, "changes", older, newer)
    assert found.exit_code == 2 and message in found.output


def test_export_as_of_a_release(tree: Path) -> None:
    found = command(tree, "export", "--format", "markdown", "--as-of", "1.0.0", "--quiet")
    assert "| start |  | 1.0.0 |" in found.stdout and "NewDriver" not in found.stdout
    assert command(tree, "export", "--as-of", "7.0.0").exit_code == 2


@pytest.fixture
def repository(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "All")
    return tree


def git(root: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments], cwd=root, check=True, timeout=60
    )


def test_stamp_refuses_a_dirty_tree(repository: Path) -> None:
    (repository / "README").write_text("untracked", encoding="utf-8")
    (repository / "api.py").write_text(API + "\n", encoding="utf-8")
    found = command(repository, "stamp", "1.4.0")
    assert found.exit_code == 2
    assert "api.py differs from the checked-out commit; commit it first, or use --allow-dirty" in found.output
    assert command(repository, "stamp", "1.4.0", "--dry-run").exit_code == 1
    assert "# next" in (repository / "drivers/new.py").read_text(encoding="utf-8")
    assert command(repository, "stamp", "1.4.0", "--allow-dirty").exit_code == 1
    assert "# 1.4.0" in (repository / "drivers/new.py").read_text(encoding="utf-8")


def test_stamp_of_a_clean_tree(repository: Path) -> None:
    assert command(repository, "stamp", "1.4.0").exit_code == 1


@pytest.mark.parametrize("change", ["staged", "deleted", "new", "pipe", "large"])
def test_what_is_not_committed_is_dirty(repository: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if change == "large":
        monkeypatch.setattr(commits, "LARGEST", len(API) // 2)
    assert commits.changed(repository) == []
    if change in ("deleted", "pipe"):
        (repository / "api.py").unlink()
        if change == "pipe":
            os.mkfifo(repository / "api.py")
    elif change == "large":
        (repository / "api.py").write_text(API + "\n", encoding="utf-8")
    elif change == "staged":
        (repository / "api.py").write_text("", encoding="utf-8")
        git(repository, "add", "api.py")
        (repository / "api.py").write_text(API, encoding="utf-8")
    else:
        (repository / "an other.py").write_text("", encoding="utf-8")
        git(repository, "add", "an other.py")
    assert commits.changed(repository) == ["an other.py" if change == "new" else "api.py"]


def test_line_ends_and_filters_are_not_changes_and_run_nothing(repository: Path) -> None:
    (repository / "api.py").write_bytes(API.replace("\n", "\r\n").encode())
    git(repository, "config", "core.autocrlf", "true")
    (repository / ".gitattributes").write_text("*.bin filter=evil\n", encoding="utf-8")
    (repository / "data.bin").write_text("a", encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "More")
    git(repository, "config", "filter.evil.clean", "touch EXECUTED; cat")
    (repository / "data.bin").write_text("b", encoding="utf-8")
    assert commits.changed(repository) == []
    assert not (repository / "EXECUTED").exists()


@pytest.mark.parametrize(
    ("release", "state"),
    [
        pytest.param("1.0.0", "unannotated", id="nobody knows whether it stood then"),
        pytest.param("1.4.0", "supported", id="the release of the tree that was read"),
        pytest.param("next", "supported", id="the coming one"),
    ],
)
def test_support_without_a_release_is_not_plain_support_as_of_an_old_one(release: str, state: str) -> None:
    catalogue = b.catalogue(b.interface({("m:A", "probe"): b.cell()}, [b.driver("m:A")], [b.entry("probe")]))
    [found] = as_of(catalogue, NEXT if release == "next" else b.release(release)).interfaces
    assert [cell.state for _, _, cell in found.walk()] == [state]
