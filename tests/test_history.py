"""History: which releases had an entry, from made-up repositories with tags; verify and backfill from end to end."""

from __future__ import annotations

import ast
import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate import cli, resolve
from hvsupport.annotate.cache.store import VARIABLE
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.cli import filled
from hvsupport.annotate.commits import Ancestry, Contents, tagged
from hvsupport.annotate.config.load import load
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.grammar import render
from hvsupport.annotate.history import tags
from hvsupport.annotate.history.read import Reader
from hvsupport.annotate.history.spans import on_one_line, spans
from hvsupport.annotate.history.store import Kept, Store
from hvsupport.annotate.release import scheme

X = scheme("x.y.z")
CONFIG = """\
title = "Example"

[interfaces.driver]
at = "api.py:Driver"
drivers = ["drivers/*.py"]
"""
API = """\
class Driver:
    def start(self, guest):
        raise NotImplementedError

    def stop(self, guest):
        raise NotImplementedError
"""
START = """\
from api import Driver


class MemoryDriver(Driver):
    def start(self, guest):
        guest.running = True
"""
STOP = """\

    def stop(self, guest):
        guest.running = False
"""
GONE = """\

    def stop(self, guest):  # <= 1.0.0 - 1.1.0
        raise NotImplementedError
"""
MEMORY = "drivers/memory.py"


class Repository:
    """A repository that is written release by release."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.write({"hvsupport.toml": CONFIG, "api.py": API})

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout

    def write(self, files: Mapping[str, str | None]) -> None:
        for path, text in files.items():
            target = self.root / path
            if text is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")

    def release(self, tag: str, files: Mapping[str, str | None] | None = None) -> None:
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", tag)
        self.git("tag", tag)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli.group, [*arguments, "--root", str(self.root)])

    def text(self, path: str = MEMORY) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def backfilled(self, path: str = MEMORY) -> list[str]:
        """The annotations that backfill writes into a file, in order; verify agrees, and a second run is quiet."""
        found = self.run("backfill")
        assert found.exit_code == 1, found.output
        text = self.text(path)
        again = self.run("backfill")
        assert (again.exit_code, self.text(path)) == (0, text), again.output
        assert self.run("verify").exit_code == 0
        return [line.partition("  # ")[2] for line in text.splitlines() if "  # " in line]


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test depends on who runs it, and none leaves a cache."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def two(repository: Repository) -> Repository:
    """``start`` since the first tag, ``stop`` since the second."""
    repository.release("v1.0.0", {MEMORY: START})
    repository.release("v1.1.0", {MEMORY: START + STOP})
    return repository


def test_backfill_writes_the_first_release_of_each_entry(two: Repository) -> None:
    two.write({MEMORY: START + STOP})
    assert two.backfilled() == ["<= 1.0.0", "1.1.0"]


def test_what_is_in_no_release_gets_next(two: Repository) -> None:
    two.write({"drivers/new.py": START.replace("Memory", "New")})
    assert two.backfilled("drivers/new.py") == ["next"]


def test_what_went_and_came_back_has_two_spans(repository: Repository) -> None:
    repository.release("1.0.0", {MEMORY: START + STOP})
    repository.release("1.1.0", {MEMORY: START})
    repository.release("1.2.0", {MEMORY: START + STOP})
    assert repository.backfilled() == ["<= 1.0.0", "<= 1.0.0 - 1.1.0, 1.2.0"]


def test_dry_run_is_a_patch_that_git_applies(two: Repository, tmp_path: Path) -> None:
    before = two.text()
    patch = two.run("backfill", "--dry-run", "--quiet")
    assert (patch.exit_code, two.text()) == (1, before)
    (tmp_path / "patch").write_text(patch.stdout, encoding="utf-8")
    two.git("apply", str(tmp_path / "patch"))
    assert two.run("backfill").exit_code == 0
    assert two.run("verify").exit_code == 0


def test_candidates_and_other_tags_are_no_releases(repository: Repository) -> None:
    repository.write({"hvsupport.toml": 'scheme = "pep440"\n' + CONFIG})
    repository.release("v1.0.0", {MEMORY: START})
    repository.release("v1.1.0rc1", {MEMORY: START + STOP})
    repository.release("not-a-release")
    repository.release("v1.1.0")
    assert repository.backfilled() == ["<= 1.0.0", "1.1.0"]


def test_annotated_tags_and_tags_of_other_objects(repository: Repository) -> None:
    repository.release("first", {MEMORY: START})
    repository.git("tag", "-a", "v1.0.0", "-m", "Release")
    repository.release("v1.1.0", {MEMORY: START + STOP})
    repository.git("tag", "v1.0.5", repository.git("rev-parse", "HEAD:api.py").strip())
    assert repository.backfilled() == ["<= 1.0.0", "1.1.0"]


@pytest.mark.parametrize(
    ("stop", "kind", "first"),
    [
        pytest.param("1.0.0", "too early", "1.0.0 did not have it", id="too early"),
        pytest.param("1.2.0", "too late", "1.1.0 had it", id="too late"),
        pytest.param("next", "too late", "1.1.0 had it", id="not yet released"),
        pytest.param("1.1.0 - 1.2.0", "too late", "1.2.0 had it", id="still there"),
    ],
)
def test_verify_names_the_release_that_contradicts(repository: Repository, stop: str, kind: str, first: str) -> None:
    wrong = START.replace("guest):", "guest):  # <= 1.0.0") + STOP.replace("guest):", f"guest):  # {stop}; partial")
    repository.release("v1.0.0", {MEMORY: START})
    repository.release("v1.1.0", {MEMORY: START + STOP})
    repository.release("v1.2.0", {MEMORY: wrong})
    found = repository.run("verify", "--format", "concise")
    assert found.exit_code == 1
    assert f"{MEMORY}:8:" in found.output and f"{first} ({kind})" in found.output
    assert "2 annotations compared with 3 releases: 1 agree" in found.output

    assert repository.run("verify", "--write").exit_code == 1
    assert "# 1.1.0; partial" in repository.text()
    assert repository.run("verify", "--write").exit_code == 0
    assert "2 agree, 0 too early, 0 too late, 0 unknown" in repository.run("verify").output


def test_the_commands_of_a_finding_show_it(two: Repository) -> None:
    two.write({MEMORY: START + STOP.replace("guest):", "guest):  # 1.0.0")})
    found = two.run("verify")
    commands = re.findall(r"with(?:out)? it: (git show [^;\n]+)", found.output)
    assert commands == [f"git show v1.0.0:{MEMORY}", f"git show v1.1.0:{MEMORY}"]
    texts = [two.git(*command.split(" ")[1:]) for command in commands]
    assert ["def stop" in text for text in texts] == [False, True]


def test_an_older_release_than_the_first_tag_is_unknown(two: Repository) -> None:
    two.write({MEMORY: START.replace("guest):", "guest):  # 0.9.0") + STOP.replace("guest):", "guest):  # 1.1.0")})
    found = two.run("verify")
    assert found.exit_code == 0
    assert "1 agree, 0 too early, 0 too late, 1 unknown" in found.output


def test_diff_verifies_only_what_a_patch_changed(two: Repository) -> None:
    two.release("later", {MEMORY: START.replace("guest):", "guest):  # 1.1.0") + STOP})
    assert two.run("verify").exit_code == 1
    assert two.run("verify", "--diff", "HEAD").exit_code == 0
    two.write({MEMORY: two.text().replace("def stop(self, guest):", "def stop(self, guest):  # 1.0.0")})
    found = two.run("verify", "--diff", "HEAD", "--format", "concise")
    assert found.exit_code == 1
    assert "'stop'" in found.output and "'start'" not in found.output


def test_a_finding_can_be_excused(two: Repository) -> None:
    excused = "guest):  # 1.0.0  # hvsupport: ignore[HV030] shipped as a patch"
    two.write({MEMORY: START.replace("guest):", "guest):  # <= 1.0.0") + STOP.replace("guest):", excused)})
    assert two.run("verify").exit_code == 0
    assert two.run("check").exit_code == 0
    two.write({MEMORY: two.text().replace("# 1.0.0  # hv", "# 1.1.0  # hv")})
    stale = two.run("verify")
    assert stale.exit_code == 1 and "HV040" in stale.output


def test_a_backport_does_not_make_an_entry_older(repository: Repository) -> None:
    repository.release("1.2.0", {MEMORY: START})
    repository.git("branch", "maintenance")
    repository.release("1.3.0")
    repository.release("1.4.0", {MEMORY: START + STOP})
    repository.git("checkout", "-q", "maintenance")
    repository.release("1.2.1", {MEMORY: START + STOP})
    repository.release("1.2.2")
    repository.git("checkout", "-q", "main")
    assert repository.backfilled() == ["<= 1.2.0", "1.4.0"]
    said = repository.run("verify")
    assert said.exit_code == 0
    assert said.output.splitlines()[-1] == "Backported to 1.2.1, 1.2.2: 'stop' of drivers.memory:MemoryDriver."
    assert "Backported" not in repository.run("verify", "--quiet").output
    shown = repository.run("show", "stop", "MemoryDriver", "--history")
    assert "supported since 1.4.0; backported to 1.2.1, 1.2.2\n" in shown.output
    assert "backported" not in repository.run("show", "stop", "MemoryDriver").output
    told = repository.run("show", "MemoryDriver", "--history", "--format", "json", "--quiet")
    assert [each["backports"] for each in json.loads(told.stdout)["answers"]] == [[], ["1.2.1", "1.2.2"]]
    repository.write({"hvsupport.toml": 'release = { from = "git" }\n' + CONFIG})
    for older, newer, expected in (
        ("1.2.0", "1.2.1", True),
        ("1.2.1", "1.2.2", False),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "1.4.0", False),
    ):
        changes = repository.run("changes", older, newer, "--history").output
        assert ("MemoryDriver: gained by backport stop" in changes) is expected, changes
    assert "backport" not in repository.run("changes", "1.2.0", "1.2.1").output


def test_a_release_branch_that_is_not_merged_counts(repository: Repository) -> None:
    """The next release is made from the main branch, so it does not descend from this one."""
    repository.release("start", {MEMORY: START})
    for tag, text in (("1.0.0", START), ("1.1.0", START + STOP), ("1.2.0", START)):
        repository.write({MEMORY: text})
        repository.git("add", "-A")
        repository.git("commit", "-q", "--allow-empty", "-m", "work")
        repository.git("checkout", "-q", "--detach")
        repository.release(tag, {"VERSION": tag})
        repository.git("checkout", "-q", "main")
    repository.write({MEMORY: START + GONE})
    assert repository.run("verify").exit_code == 1
    assert repository.run("verify", "--write").exit_code == 1
    assert "# 1.1.0 - 1.2.0" in repository.text()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("drivers/ram.py", "MemoryDriver", id="moved"),
        pytest.param(MEMORY, "RamDriver", id="renamed"),
    ],
)
def test_a_driver_is_followed(repository: Repository, path: str, name: str) -> None:
    repository.release("1.0.0", {MEMORY: START})
    repository.release("1.1.0", {MEMORY: START + STOP})
    text = (START + STOP).replace("MemoryDriver", name)
    repository.release("1.2.0", {MEMORY: None, path: text} if path != MEMORY else {MEMORY: text})
    assert repository.backfilled(path) == ["<= 1.0.0", "1.1.0"]


def test_an_entry_that_the_interface_renamed_is_followed(repository: Repository) -> None:
    repository.release("1.0.0", {MEMORY: START})
    repository.release("1.1.0", {MEMORY: START + STOP})
    renamed = {"api.py": API.replace("stop", "halt"), MEMORY: (START + STOP).replace("stop", "halt")}
    repository.release("1.2.0", renamed)
    assert repository.backfilled() == ["<= 1.0.0", "1.1.0"]


def test_an_entry_that_the_configuration_says_was_renamed(repository: Repository) -> None:
    """``stop`` was ``kill`` and stood elsewhere; without the declaration it would be new."""
    older = "class Driver:" + API.partition("class Driver:")[2].replace("stop", "kill")
    start, kill = older.split("\n\n")
    swapped = f"class Driver:\n{kill.rstrip()}\n\n" + start.partition("\n")[2] + "\n"
    repository.release("1.0.0", {"api.py": swapped, MEMORY: START})
    repository.release("1.1.0", {MEMORY: START + STOP.replace("stop", "kill")})
    repository.release("1.2.0", {"api.py": API, MEMORY: START + STOP})
    repository.write({"hvsupport.toml": CONFIG + 'renamed = { stop = ["halt", "kill"] }\n'})
    assert repository.backfilled() == ["<= 1.0.0", "1.1.0"]


def test_an_entry_in_the_place_of_another_one_is_unknown_before(repository: Repository) -> None:
    """No driver had the one and has the other, so nothing says that it was renamed, and nothing that it was not."""
    repository.release("1.0.0", {MEMORY: START, "drivers/other.py": (START + STOP).replace("Memory", "Other")})
    other = START.replace("Memory", "Other")
    files = {"api.py": API.replace("stop", "halt"), MEMORY: START + STOP.replace("stop", "halt")}
    repository.release("1.1.0", {**files, "drivers/other.py": other})
    assert repository.backfilled() == ["<= 1.0.0", "<= 1.1.0"]


def test_an_interface_that_stood_elsewhere(repository: Repository) -> None:
    repository.write({"hvsupport.toml": CONFIG.replace("drivers =", 'formerly = ["base.py:Driver"]\ndrivers =')})
    old = START.replace("from api", "from base")
    repository.release("1.0.0", {"api.py": None, "base.py": API, MEMORY: old})
    repository.release("1.1.0", {MEMORY: old + STOP})
    repository.release("1.2.0", {"base.py": None, "api.py": API, MEMORY: START + STOP})
    assert repository.backfilled() == ["<= 1.0.0", "1.1.0"]


def test_what_today_cannot_parse_is_unknown(repository: Repository) -> None:
    """1.0.0 had one and 1.1.0 both, and neither is readable; nothing says that ``stop`` came in 1.2.0."""
    python2 = "\n\ndef log(text):\n    return [\n"
    repository.release("1.0.0", {MEMORY: START + python2})
    repository.release("1.1.0", {MEMORY: START + STOP + python2})
    repository.release("1.2.0", {MEMORY: START + STOP})
    assert repository.backfilled() == ["<= 1.2.0", "<= 1.2.0"]
    repository.write({MEMORY: repository.text().replace("<= 1.2.0", "1.0.0")})
    assert repository.run("verify").exit_code == 0


def test_several_classes_that_come_together_are_not_one_that_went(repository: Repository) -> None:
    """Regions of one cloud: each class is like the next, so none of them is the one that went; nor are later ones."""
    region = "\n\nclass {}(MemoryDriver):\n    name = '{}'\n"

    def drivers(*names: str) -> str:
        return START + "".join(region.format(name, name) for name in names)

    repository.release("1.0.0", {MEMORY: drivers("North")})
    repository.release("1.1.0", {MEMORY: drivers("North1", "North2")})
    repository.release("1.2.0", {MEMORY: drivers("North1", "North2", "South")})
    assert repository.backfilled() == ["<= 1.0.0", "<= 1.1.0", "<= 1.1.0", "1.2.0"]


LONG = "".join(f"\n    def _help_{number}(self):\n        return {number}\n" for number in range(20))


def test_a_driver_of_another_name_in_another_file_is_followed_by_its_lines(repository: Repository) -> None:
    repository.release("1.0.0", {MEMORY: START + LONG})
    repository.release("1.1.0", {MEMORY: START + STOP + LONG})
    text = (START + STOP + LONG).replace("MemoryDriver", "RamDriver")
    repository.release("1.2.0", {MEMORY: None, "drivers/ram.py": text})
    assert repository.backfilled("drivers/ram.py") == ["<= 1.0.0", "1.1.0"]


def test_a_new_driver_is_not_an_old_one_that_does_the_same(repository: Repository) -> None:
    """Both implement both entries, and share no line but the header: one went when the other came."""
    repository.release("1.0.0", {MEMORY: START + STOP + LONG})
    other = (START + STOP).replace("MemoryDriver", "OtherDriver").replace("guest.running =", "self.state =")
    repository.release(
        "1.1.0", {MEMORY: None, "drivers/other.py": other + LONG.replace("_help", "_aid").replace("return", "yield")}
    )
    assert repository.backfilled("drivers/other.py") == ["1.1.0", "1.1.0"]


@pytest.mark.parametrize(
    "old",
    [
        pytest.param('    print "guest", text', id="print"),
        pytest.param("    try:\n        pass\n    except (OSError, ValueError), error:\n        pass", id="except"),
        pytest.param('    raise ValueError, "text"', id="raise"),
        pytest.param("    raise ValueError, \\\n        'text'", id="raise on two lines"),
        pytest.param("    exec text in {}", id="exec"),
        pytest.param("    return 0777, 10L, ur'text', `text`, text <> 1", id="literals"),
        pytest.param("    return map(lambda (a, b): a, text)", id="a tuple as a parameter"),
        pytest.param("    return start(async=True)", id="a name that is a keyword today"),
        pytest.param("    if text:\n\treturn 1", id="tabs"),
    ],
)
def test_python_2_is_read(repository: Repository, old: str) -> None:
    """1.0.0 has ``start`` and 1.1.0 ``stop`` too, in source that today's Python does not parse."""
    python2 = f"\n\ndef log(text):\n{old}\n"
    with pytest.raises(SyntaxError):
        ast.parse(START + python2)
    repository.release("1.0.0", {MEMORY: START + python2})
    repository.release("1.1.0", {MEMORY: START + STOP + python2})
    repository.release("1.2.0", {MEMORY: START + STOP})
    assert repository.backfilled() == ["<= 1.0.0", "1.1.0"]


@pytest.mark.parametrize("header", ["", "# -*- coding: utf-8 -*-\n"])
def test_an_entry_called_as_a_keyword_of_today_keeps_its_name(repository: Repository, header: str) -> None:
    """The interface renamed it when Python took the name."""
    old = "\n    def async(self, guest):\n        raise NotImplementedError\n"
    driver = START + "\n    def async(self, guest):\n        return guest.send(await=True)\n"
    repository.release("1.0.0", {"api.py": header + API + old, MEMORY: header + driver})
    state = (Reader(load(root=repository.root), cache=False).states(repository.git("rev-parse", "HEAD").strip()) or {})[
        "driver"
    ]
    assert state.entries == ("start", "stop", "async")
    assert state.owners["drivers.memory:MemoryDriver"].stands == {"start", "async"}
    new = [text.replace("async", "submit").replace("await", "wait") for text in (API + old, driver)]
    repository.write({"hvsupport.toml": CONFIG + 'renamed = { submit = ["async"] }\n'})
    repository.release("1.1.0", {"api.py": new[0], MEMORY: new[1]})
    assert repository.backfilled() == ["<= 1.0.0", "<= 1.0.0"]


def test_a_driver_outside_the_globs_is_unknown_there(repository: Repository) -> None:
    repository.release("1.0.0", {"old/memory.py": START + STOP})
    repository.release("1.1.0", {"old/memory.py": None, MEMORY: START + STOP})
    assert repository.backfilled() == ["<= 1.1.0", "<= 1.1.0"]


def test_a_driver_that_moved_into_the_globs_since_the_last_release(repository: Repository) -> None:
    repository.release("1.0.0", {"old/memory.py": START})
    repository.write({"old/memory.py": None, MEMORY: START})
    found = repository.run("backfill")
    assert found.exit_code == 1 and "no release can be read that tells since when" in found.output
    assert repository.text() == START


def test_a_class_that_inherits_has_a_release_of_its_own(repository: Repository) -> None:
    child = "from drivers.memory import MemoryDriver\n\n\nclass Child(MemoryDriver):\n    pass\n"
    repository.release("1.0.0", {MEMORY: START})
    repository.release("1.1.0", {"drivers/child.py": child})
    repository.run("backfill")
    assert "class Child(MemoryDriver):  # 1.1.0" in repository.text("drivers/child.py")


def test_removed_and_inherited_releases_are_verified(repository: Repository) -> None:
    """The configuration says since when a driver was gone, and the page since when one inherits."""
    tape = START.replace("Memory", "Tape")
    disk = START.replace("MemoryDriver", "DiskDriver").replace("start", "stop")
    child = "from {0} import {1}\n\n\nclass Child({1}):\n    pass\n"
    first = {MEMORY: START, "drivers/disk.py": disk, "drivers/tape.py": tape}
    repository.release("1.0.0", {**first, "drivers/child.py": child.format("drivers.disk", "DiskDriver")})
    repository.release(
        "1.1.0", {"drivers/tape.py": None, "drivers/child.py": child.format("drivers.memory", "MemoryDriver")}
    )
    before = repository.text("hvsupport.toml")
    planned = repository.run("backfill", "--dry-run")
    assert planned.exit_code == 1 and repository.text("hvsupport.toml") == before
    patch = '+\n+[interfaces.driver.inherits]\n+"drivers.child:Child" = { "start" = "1.1.0" }\n'
    assert patch in planned.output and '[interfaces.driver.removed]\n"drivers.tape:TapeDriver"' in planned.output
    told = repository.run("backfill").output
    assert '[interfaces.driver.removed]\n"drivers.tape:TapeDriver" = "<= 1.0.0 - 1.1.0"' in told
    assert "changed hvsupport.toml: since when drivers inherit entries" in told
    after = before + '\n[interfaces.driver.inherits]\n"drivers.child:Child" = { "start" = "1.1.0" }\n'
    assert repository.text("hvsupport.toml") == after
    assert repository.run("verify").exit_code == repository.run("backfill").exit_code == 0
    assert repository.text("hvsupport.toml") == after

    repository.write({"hvsupport.toml": before})
    wrong = repository.run("verify", "--format", "concise").output
    assert "drivers/child.py:4:1: HV030 'start' of drivers.child:Child is inherited since '<= 1.0.0'" in wrong
    given = CONFIG + 'columns = "all"\n'
    lists = '[interfaces.driver.removed]\n"drivers.tape:TapeDriver" = "{}"\n'
    lists += '[interfaces.driver.inherits]\n"drivers.child:Child" = {{ start = "{}" }}\n'
    repository.write({"hvsupport.toml": given + lists.format("1.0.0 - next", "1.0.0")})
    wrong = repository.run("verify", "--format", "concise").output
    assert "driver drivers.tape:TapeDriver is annotated '1.0.0 - next', but 1.1.0 did not have it (too early)" in wrong
    assert "hvsupport.toml:" in wrong and "is inherited since '1.0.0', but 1.0.0 did not have it" in wrong
    repository.write({"hvsupport.toml": given + lists.format("<= 1.0.0 - 1.1.0", "1.1.0")})
    assert repository.run("verify").exit_code == 0


def _inheriting(repository: Repository) -> None:
    """A driver that takes ``start`` from another one since 1.1.0, and that exists since 1.0.0."""
    child = "from {0} import {1}\n\n\nclass Child({1}):\n    pass\n"
    disk = START.replace("MemoryDriver", "DiskDriver").replace("start", "stop")
    first = {MEMORY: START, "drivers/disk.py": disk}
    repository.release("1.0.0", {**first, "drivers/child.py": child.format("drivers.disk", "DiskDriver")})
    repository.release("1.1.0", {"drivers/child.py": child.format("drivers.memory", "MemoryDriver")})


def _returning(repository: Repository) -> None:
    repository.release("1.0.0", {MEMORY: START + STOP})
    repository.release("1.1.0", {MEMORY: START})
    repository.release("1.2.0", {MEMORY: START + STOP, "drivers/new.py": START.replace("Memory", "New")})
    repository.write({"drivers/newest.py": START.replace("Memory", "Newest")})


def _annotated(repository: Repository) -> None:
    """One annotation is there, and it counts although it is wrong."""
    text = START.replace("guest):", "guest):  # 1.0.0") + STOP.replace("guest):", 'guest):\n        """Stop it."""')
    repository.release("1.0.0", {MEMORY: "from api import Driver\n\n\nclass MemoryDriver(Driver):\n    pass\n"})
    repository.release("1.1.0", {MEMORY: text})


_SHOWN = ("state", "how", "via", "spans", "variants", "place")


def _shown(repository: Repository, *arguments: str) -> tuple[object, ...]:
    """What the export says of drivers, entries and cells, and the codes of the findings."""
    data = json.loads(repository.run("export", "--quiet", *arguments).stdout)
    (interface,) = data["interfaces"]
    cells = {
        (entry["name"], driver): {name: cell[name] for name in _SHOWN}
        for entry in interface["entries"]
        for driver, cell in entry["cells"].items()
    }
    since = [(one["id"], one["since"]) for one in (*interface["drivers"],)]
    return cells, since, [(one["name"], one["since"]) for one in interface["entries"]]


@pytest.mark.parametrize("make", [_inheriting, _returning, _annotated], ids=lambda make: make.__name__.strip("_"))
def test_the_page_with_history_is_that_after_backfill(
    repository: Repository, make: Callable[[Repository], None]
) -> None:
    make(repository)
    files = {path: path.read_bytes() for path in repository.root.rglob("*.*") if ".git" not in path.parts}
    before, shown = _shown(repository), _shown(repository, "--history")
    missing = repository.run("check", "--format", "concise").stdout
    with_history = repository.run("export", "--history", "--format", "csv").output
    assert "HV001" in missing and missing.count("HV001") == with_history.count(" HV001 ")
    assert {path: path.read_bytes() for path in files} == files
    assert shown != before
    places = [{key: cell.pop("place") for key, cell in found[0].items()} for found in (before, shown)]
    assert places[0] == places[1]
    assert repository.run("backfill").exit_code == 1
    after = _shown(repository)
    for cell in after[0].values():
        del cell["place"]
    assert shown == after


def test_the_site_with_history_says_where_releases_are_from(two: Repository, tmp_path: Path) -> None:
    pages = {}
    for arguments in ((), ("--history",)):
        out = tmp_path / "-".join(("site", *arguments))
        assert two.run("docs", "--out", str(out), *arguments).exit_code == 1, "HV001 stays an error"
        pages[arguments] = (out / "hvsupport.html").read_text(encoding="utf-8")
        assert two.run("docs", "--out", str(out), "--check", "--quiet", *arguments).stdout == ""
    said = "2 of 2 cells have their release from the tags of git."
    assert said in pages[("--history",)] and said not in pages[()]
    assert ">1.1.0<" in pages[("--history",)] and ">1.1.0<" not in pages[()]


def test_changes_and_show_know_the_history_of_what_has_no_annotation(two: Repository) -> None:
    assert "stop" not in two.run("changes", "1.0.0", "1.1.0").stdout
    assert "MemoryDriver: gained stop" in two.run("changes", "1.0.0", "1.1.0", "--history").stdout
    asked = ("show", "stop", "drivers.memory:MemoryDriver", "--as-of")
    assert two.run(*asked, "1.0.0").exit_code == 3
    assert [two.run(*asked, release, "--history").exit_code for release in ("1.0.0", "1.1.0")] == [1, 0]


@pytest.mark.parametrize("command", [("changes", "1.0.0", "1.1.0"), ("show", "stop")], ids=lambda each: each[0])
def test_history_is_read_once_for_all_that_a_command_asks(
    two: Repository, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    read: list[object] = []
    original = tags.read

    def note(config: Config) -> tags.Tags:
        read.append(config)
        return original(config)

    monkeypatch.setattr(tags, "read", note)
    two.release("v1.2.0")
    two.git("tag", "1.2.0", "v1.1.0")
    told = two.run(*command, "--history").output
    assert len(read) == 1 and told.count("are both release 1.2.0") == 1, told


def test_a_tree_whose_annotations_are_all_there_is_not_read_again(
    two: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.run("backfill")
    plain = two.run("export").stdout
    monkeypatch.setattr(filled, "read_catalogue", lambda *_: pytest.fail("it is read again"))
    assert two.run("export", "--history").stdout == plain


def test_history_is_asked_anew_when_a_tag_comes(two: Repository) -> None:
    """An answer of the tree alone is kept; this one depends on the tags too."""
    first = two.run("export", "--history").stdout
    two.git("tag", "v0.9.0", "v1.0.0")
    assert two.run("export", "--history").stdout != first


@pytest.mark.parametrize(
    "ending", ["\n", "", "\r\n", "\n\n# the end  "], ids=["as usual", "no line end", "as on Windows", "a comment"]
)
def test_the_table_goes_behind_all_that_stands_in_the_configuration(repository: Repository, ending: str) -> None:
    """Every byte stays, and a key with a dot is one key."""
    child = "from {0} import {1}\n\n\nclass Child({1}):\n    pass\n"
    disk = START.replace("MemoryDriver", "DiskDriver").replace("start", "stop")
    files = {MEMORY: START, "drivers/disk.py": disk, "drivers/child.py": child.format("drivers.disk", "DiskDriver")}
    config = CONFIG.replace("[interfaces.driver]", '[interfaces."a.b"]').rstrip("\n") + ending
    repository.release("1.0.0", files)
    repository.release("1.1.0", {"drivers/child.py": child.format("drivers.memory", "MemoryDriver")})
    path = repository.root / "hvsupport.toml"
    path.write_bytes((config.replace("\n", "\r\n") if ending == "\r\n" else config).replace("\r\r", "\r").encode())
    before = path.read_bytes()
    repository.run("backfill")
    after = path.read_bytes()
    assert after.startswith(before) and b'[interfaces."a.b".inherits]' in after[len(before) :]
    assert after.count(b"\r\n") == (after.count(b"\n") if ending == "\r\n" else 0)
    assert repository.run("verify").exit_code == 0
    path.write_bytes(before)
    assert 'give it under [interfaces."a.b".inherits] in the config' in repository.run("verify").output


@pytest.mark.parametrize(
    ("driver", "tip"),
    [
        ("x = 1\n", """'exclude' under [interfaces."a.b"] in the config"""),
        (START.replace("(Driver):", "(Driver):  # 1.0.0 - 1.1.0"), '[interfaces."a.b".removed] in the config'),
    ],
    ids=["HV012", "HV006"],
)
def test_a_tip_quotes_a_key_with_a_dot(repository: Repository, driver: str, tip: str) -> None:
    config = 'release = "1.1.0"\n' + CONFIG.replace("[interfaces.driver]", '[interfaces."a.b"]')
    repository.write({"hvsupport.toml": config, MEMORY: driver})
    assert tip in repository.run("check").output


def test_a_table_that_cannot_be_added_at_the_end_is_printed(repository: Repository) -> None:
    child = "from {0} import {1}\n\n\nclass Child({1}):\n    pass\n"
    disk = START.replace("MemoryDriver", "DiskDriver").replace("start", "stop")
    files = {MEMORY: START, "drivers/disk.py": disk, "drivers/child.py": child.format("drivers.disk", "DiskDriver")}
    repository.release("1.0.0", files)
    repository.release("1.1.0", {"drivers/child.py": child.format("drivers.memory", "MemoryDriver")})
    inline = '[interfaces]\ndriver = { at = "api.py:Driver", drivers = ["drivers/*.py"] }\n'
    table = CONFIG + '[interfaces.driver.inherits]\n"drivers.memory:MemoryDriver" = { start = "1.0.0" }\n'
    for config in (inline, table):
        repository.write({"hvsupport.toml": config})
        told = repository.run("backfill").output
        assert '[interfaces.driver.inherits]\n"drivers.child:Child" = { "start" = "1.1.0" }' in told
        assert repository.text("hvsupport.toml") == config


def test_a_driver_that_is_no_column_is_not_gone(repository: Repository) -> None:
    """A base class is read in releases, but only what nothing derives from is a column."""
    child = "from drivers.memory import MemoryDriver\n\n\nclass Child(MemoryDriver):\n    pass\n"
    repository.release("1.0.0", {MEMORY: START, "drivers/child.py": child})
    assert "removed" not in repository.run("backfill").output


def test_a_class_that_hands_out_others_was_a_driver_before(repository: Repository) -> None:
    """``dispatch`` of today names a class that 1.0.0 lacks, where the class itself was the driver."""
    dispatch = '[interfaces.driver.dispatch]\n"drivers.memory:MemoryDriver" = ["drivers.memory:NewDriver"]\n'
    repository.write({"hvsupport.toml": CONFIG + dispatch})
    new = "\n    def __new__(cls):\n        return object.__new__(NewDriver)\n"
    child = "\n\nclass NewDriver(MemoryDriver):" + STOP.lstrip("\n").join(("\n", ""))
    repository.release("1.0.0", {MEMORY: START})
    repository.release("1.1.0", {MEMORY: START + new + child})
    assert repository.backfilled() == ["<= 1.0.0", "1.1.0", "1.1.0"]


def test_two_tags_of_one_release(repository: Repository) -> None:
    repository.release("1.0.0", {MEMORY: START})
    repository.release("v1.1.0")
    repository.release("1.1.0", {MEMORY: START + STOP})
    found = repository.run("backfill")
    assert "tags 1.1.0 and v1.1.0 are both release 1.1.0; 1.1.0 is used" in found.output
    assert "# 1.1.0" in repository.text()


def test_a_project_that_changed_its_numbering(repository: Repository) -> None:
    """2015.1 is older than 12.0.0, and no scheme but a list tells so."""
    head = 'release = "12.0.0"\nscheme = "pep440"\n'
    repository.write({"hvsupport.toml": head + CONFIG})
    repository.release("2014.2", {MEMORY: START})
    repository.release("2015.1", {MEMORY: START + STOP})
    repository.release("12.0.0", {MEMORY: START + STOP})
    found = repository.run("backfill", "--dry-run").output
    assert found.count("# <= 12.0.0") == 2
    assert "2 releases are left out: 12.0.0 contains 2015.1, which has a higher number" in found
    listed = 'release = "12.0.0"\nscheme = "listed"\nreleases = ["2014.2", "2015.1", "12.0.0"]\n'
    repository.write({"hvsupport.toml": listed + CONFIG})
    assert repository.backfilled() == ["<= 2014.2", "2015.1"]


def test_a_release_without_a_tag_may_be_given_as_a_commit(two: Repository) -> None:
    commit = two.git("rev-parse", "v1.1.0").strip()
    two.git("tag", "-d", "v1.1.0")
    two.release("v1.2.0")
    assert two.run("backfill", "--dry-run").output.count("# 1.2.0\n") == 1, "1.1.0 has no tag: it is in no answer"
    head = f'commits = {{ "1.1.0" = "{commit}" }}\n'
    two.write({"hvsupport.toml": head + CONFIG})
    assert "1.1.0 has a commit in the configuration, and is not under 'releases'" in two.run("verify").output
    both = f'commits = {{ "1.1.0" = "{commit}", "1.1.1" = "{commit}" }}\n'
    two.write({"hvsupport.toml": both + CONFIG})
    assert "1.1.0, 1.1.1 have commits in the configuration, and are not under 'releases'" in two.run("verify").output
    two.write({"hvsupport.toml": 'releases = ["1.0.0", "1.1.0", "1.2.0"]\n' + head + CONFIG})
    assert two.backfilled() == ["<= 1.0.0", "1.1.0"]
    two.write({MEMORY: two.text().replace("# 1.1.0", "# 1.0.0")})
    assert f"git show {commit}:{MEMORY}" in two.run("verify").output
    for wrong, why in (("f" * 40, "unknown revision"), ("main", "the whole id of a commit")):
        two.write({"hvsupport.toml": f'commits = {{ "1.1.0" = "{wrong}" }}\n' + CONFIG})
        assert why in two.run("verify" if len(wrong) == 40 else "check").output


def test_newer_releases_than_the_current_one_do_not_count(repository: Repository) -> None:
    repository.write({"hvsupport.toml": 'release = "1.1.0"\n' + CONFIG})
    repository.release("1.0.0", {MEMORY: START})
    repository.git("checkout", "-q", "--detach")
    repository.release("1.2.0", {MEMORY: START + STOP})
    repository.git("checkout", "-q", "main")
    repository.write({MEMORY: START + STOP})
    assert repository.backfilled() == ["<= 1.0.0", "next"]


def test_a_root_below_the_top_of_the_repository(tmp_path: Path) -> None:
    top = Repository(tmp_path / "top")
    below = "lib of mine"
    files = {f"{below}/hvsupport.toml": CONFIG, f"{below}/api.py": API, f"{below}/{MEMORY}": START}
    top.release("1.0.0", files)
    top.release("1.1.0", {f"{below}/{MEMORY}": START + STOP.replace("guest):", "guest):  # 1.0.0")})
    found = CliRunner().invoke(cli.group, ["verify", "--root", str(top.root / below)])
    assert found.exit_code == 1
    assert f"git show '1.0.0:{below}/{MEMORY}'" in found.output.replace("\n", "")


def test_the_cache_changes_nothing_and_only_new_releases_are_read(
    two: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def states(reader: Reader, commit: str) -> object:
        asked.append(commit)
        return original(reader, commit)

    original = Reader.states
    monkeypatch.setattr(Reader, "states", states)
    first, again = two.run("backfill", "--dry-run"), two.run("backfill", "--dry-run")
    assert first.output == again.output and len(asked) == 2
    [kept] = (tmp_path / "cache" / "history").iterdir()
    kept.write_bytes(b"damaged\n{}")
    assert two.run("backfill", "--dry-run").output == first.output
    assert two.run("backfill", "--dry-run", "--no-cache").output == first.output
    two.release("v1.2.0")
    asked.clear()
    two.run("backfill", "--dry-run")
    assert asked == [two.git("rev-parse", "v1.2.0").strip()]


def test_a_second_run_reads_no_file_of_a_driver_that_moved(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.release("1.0.0", {MEMORY: START + LONG})
    repository.release("1.1.0", {MEMORY: None, "drivers/ram.py": (START + LONG).replace("MemoryDriver", "RamDriver")})
    repository.release("1.2.0", {"README": "x"})
    first = repository.run("backfill", "--dry-run")
    assert "# <= 1.0.0" in first.output
    monkeypatch.setattr(Contents, "read", lambda contents, name: pytest.fail(f"{name} is read again"))
    assert repository.run("backfill", "--dry-run").output == first.output


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_of_c_that_holds_nothing_is_not_read_again_for_the_next_release(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    """Until the names change that are looked for, or the file does."""
    table = "static exDriver {0}Driver = {{\n    .open = {0}Open,\n}};\n"
    nothing = {f"src/util{number}.c": f"int twice(int x) {{ return {number} * x; }}\n" for number in range(3)}
    first = {"hvsupport.toml": C_CONFIG, "driver.h": HEADER, "src/memory.c": table.format("memory"), **nothing}
    for number in range(9 * int(jobs)):
        repository.release(f"1.{number}.0", {**first, "README": str(number)})
    repository.run("verify", "--jobs", jobs)
    read: list[str] = []

    def note(contents: Contents, name: str) -> bytes:
        found = original(contents, name)
        read.extend(word for word in ("twice", "thrice", "memoryOpen") if word.encode() in found)
        return found

    original = Contents.read
    monkeypatch.setattr(Contents, "read", note)
    repository.release("2.0.0", {"README": "again"})
    repository.run("verify")
    assert "twice" not in read and "memoryOpen" in read
    repository.release("2.1.0", {"src/util1.c": "int thrice(int x) { return 3 * x; }\n"})
    repository.run("verify")
    assert "twice" not in read and "thrice" in read
    other = "typedef exDriver *handle;\n" + HEADER
    repository.release("2.2.0", {"driver.h": other, "src/util2.c": "handle twice(void) { return get(); }\n"})
    repository.run("verify")
    assert "twice" in read


@pytest.fixture
def long(repository: Repository) -> Repository:
    """Many releases: of each kind of change between two of them there is one."""
    stop = START + STOP
    later = stop.replace("running = True", "running = 1").replace("import Driver\n", "import Driver\n\n\n# moved")
    changes: list[dict[str, str | None]] = [
        {MEMORY: START, "README": "a"},
        {"README": "b"},
        {MEMORY: stop},
        {MEMORY: later},
        {"drivers/other.py": START.replace("Memory", "Other")},
        {"drivers/base.py": "class Base:\n    def stop(self, guest):\n        return 1\n"},
        {"drivers/other.py": "from drivers.base import Base\n" + START.replace("MemoryDriver(", "OtherDriver(Base, ")},
        {"drivers/base.py": "class Base:\n    def halt(self, guest):\n        return 1\n"},
        {"drivers/base.py": None},
        {"api.py": API + "\n    def pause(self, guest):\n        raise NotImplementedError\n"},
        {"drivers/other.py": None},
        {MEMORY: START},
        {MEMORY: START + GONE},
        {MEMORY: later},
        {"deep/in/a/folder": "x", "drivers/sub/more.py": START.replace("Memory", "More")},
        {"drivers/sub/more.py": None, "drivers/more.py": START.replace("Memory", "More")},
    ]
    for number, files in enumerate(changes):
        repository.release(f"v1.{number}.0", files)
    return repository


def test_reading_on_from_the_release_before_gives_the_same(long: Repository) -> None:
    """Whatever order commits are read in, with or without others before them, each is what it is by itself."""
    config = load(root=long.root)
    commits = long.git("rev-list", "--reverse", "HEAD").split()
    alone = [Reader(config, cache=False).states(commit) for commit in commits]
    for order in (commits, commits[::-1], [commits[0], *commits[::3], *commits]):
        reader = Reader(config, order, cache=False)
        together = {commit: reader.states(commit) for commit in order}
        assert [together[commit] for commit in commits] == alone
    assert len({str(each) for each in alone}) > 8


#: What a generated release may do to the tree.
EDITS: list[dict[str, str | None]] = [
    {path: text}
    for path, texts in {
        MEMORY: (START, START + STOP, START + GONE, "# gone\n", None),
        "drivers/other.py": (
            START.replace("Memory", "Other"),
            "from drivers.base import Base\n" + START.replace("MemoryDriver(", "OtherDriver(Base, "),
            "print 'Python 2'\n" + START.replace("Memory", "Other"),
            "class Broken(\n",
            None,
        ),
        "drivers/base.py": ("class Base:\n    def stop(self, guest):\n        return 1\n", "from api import *\n", None),
        "api.py": (API, API + "\n    def pause(self, guest):\n        raise NotImplementedError\n", "Driver = None\n"),
    }.items()
    for text in texts
]


@pytest.mark.parametrize("seed", range(3))
def test_generated_releases_are_read_on_as_each_by_itself(repository: Repository, seed: int) -> None:
    chosen = random.Random(seed)
    repository.release("v1.0.0", {MEMORY: START})
    commits = [repository.git("rev-parse", "HEAD").strip()]
    for number in range(12):
        for edit in chosen.sample(EDITS, chosen.randint(1, 2)):
            repository.write({path: text for path, text in edit.items() if text or (repository.root / path).exists()})
        repository.release(f"v1.1.{number}")
        commits.append(repository.git("rev-parse", "HEAD").strip())
    config = load(root=repository.root)
    reader = Reader(config, commits, cache=False)
    together = [reader.states(commit) for commit in commits]
    assert together == [Reader(config, cache=False).states(commit) for commit in commits]


@pytest.mark.parametrize("seed", range(3))
def test_branches_part_where_git_says(repository: Repository, seed: int) -> None:
    """In a generated graph, with merges criss-cross and several roots."""
    chosen = random.Random(seed)
    lines = []
    for number in range(1, 40):
        date = 1_000_000_000 + chosen.randint(0, 50)
        lines += [f"commit refs/heads/b{number}", f"mark :{number}", f"committer A <a@example.org> {date} +0000"]
        parents = chosen.sample(range(max(1, number - 6), number), min(number - 1, chosen.choice((1, 1, 2, 3))))
        parents = [] if number == 3 else parents
        lines += ["data 0", *(f"{'merge' if at else 'from'} :{parent}" for at, parent in enumerate(parents))]
        if number % 4 == 0 or number == 39:
            lines += [f"reset refs/tags/1.0.{number}", f"from :{number}"]
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=repository.root, input="\n".join([*lines, ""]), text=True, check=True
    )
    repository.git("checkout", "-q", "-f", "b39")
    names = sorted(tagged(repository.root).values())
    ancestry = Ancestry(repository.root, names)
    for one, other in combinations(names, 2):
        bases = subprocess.run(
            ["git", "merge-base", one, other], cwd=repository.root, capture_output=True, text=True
        ).stdout.split("\n")
        assert ancestry.fork(one, other) == (bases[0] or None)
        assert ancestry.is_ancestor(one, other) is (bases[0] == one)
        assert ancestry.is_ancestor(other, one) is (bases[0] == other)


def test_little_is_resolved_again(long: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = []

    def resolve_(config: Config, loader: resolve.Loader) -> Catalogue:
        resolved.append(loader)
        return original(config, loader)

    original = resolve.resolve
    monkeypatch.setattr(resolve, "resolve", resolve_)
    commits = long.git("rev-list", "--reverse", "HEAD").split()
    reader = Reader(load(root=long.root), commits, cache=False)
    states = [reader.states(commit) for commit in commits]
    assert states[0] == states[1] and states[2] == states[3]
    assert len(resolved) == 12, "not for a README, moved lines, other bodies, and what is again as it was"


def test_several_processes_find_the_same(long: Repository) -> None:
    one = long.run("backfill", "--dry-run", "--no-cache", "--jobs", "1")
    two = long.run("backfill", "--dry-run", "--no-cache", "--jobs", "2")
    assert one.exit_code == 1 and one.output == two.output


def test_what_is_kept_comes_back(long: Repository) -> None:
    config = load(root=long.root)
    found = {}
    for commit in long.git("rev-list", "HEAD").split():
        found[commit] = Reader(config, cache=False).states(commit) or {}
    first, second = list(found)[:2]
    alike = {(first, MEMORY, second, "drivers/ram.py"): (0.5, 1 / 3)}
    kept = Kept(found, frozenset({"memory.py"}), {first: frozenset({MEMORY})}, alike, frozenset({"0:1.c"}))
    Store(config).save(kept)
    assert Store(config).load() == kept


def test_missing_objects_are_unknown_and_said(two: Repository) -> None:
    blob = two.git("rev-parse", f"v1.0.0:{MEMORY}").strip()
    (two.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    two.write({MEMORY: START.replace("guest):", "guest):  # 1.1.0") + STOP.replace("guest):", "guest):  # 1.0.0")})
    found = two.run("verify")
    assert found.exit_code == 0
    assert "1 object is missing" in found.output


def test_a_shallow_clone_says_that_it_may_lack_releases(two: Repository, tmp_path: Path) -> None:
    two.git("clone", "-q", "--depth", "1", "--branch", "v1.1.0", two.root.as_uri(), str(tmp_path / "shallow"))
    found = CliRunner().invoke(cli.group, ["backfill", "--root", str(tmp_path / "shallow")])
    assert found.exit_code == 1
    assert "this clone is shallow and may lack releases" in found.output
    assert (tmp_path / "shallow" / MEMORY).read_text(encoding="utf-8").count("# <= 1.1.0") == 2


C_CONFIG = """\
title = "Example"

[interfaces.driver]
at = "driver.h:exDriver"
kind = "table"
drivers = ["src/*.c"]
"""
HEADER = """\
typedef struct _exDriver exDriver;
struct _exDriver {
    exDrvOpen open;
    exDrvStop stop;
};
"""


def test_a_table_of_c(repository: Repository) -> None:
    """In 1.0.0 it lists its functions by position; in 1.1.0 the file has another name."""
    plain = "static exDriver memoryDriver = {\n    memoryOpen,\n    NULL,\n};\n"
    named = "static exDriver memoryDriver = {{\n    .open = memoryOpen,{}\n{}}};\n"
    repository.release("1.0.0", {"hvsupport.toml": C_CONFIG, "driver.h": HEADER, "src/mem.c": plain})
    files = {"src/mem.c": None, "src/memory.c": named.format("", "    .stop = memoryStop,\n")}
    repository.release("1.1.0", files)
    wrong = named.format(" /* 1.1.0 */", "    .stop = memoryStop, /* 1.0.0 */\n")
    repository.write({"src/memory.c": wrong})
    found = repository.run("verify", "--format", "concise")
    assert "'open' of src/memory.c:memoryDriver is annotated '1.1.0', but 1.0.0 had it (too late)" in found.output
    assert "'stop' of src/memory.c:memoryDriver is annotated '1.0.0', but 1.0.0 did not have it" in found.output
    repository.run("verify", "--write")
    expected = wrong.replace("1.1.0", "X").replace("1.0.0", "1.1.0").replace("X", "<= 1.0.0")
    assert repository.text("src/memory.c") == expected


def test_two_structs_of_one_name(repository: Repository) -> None:
    """Each file has the one that it includes, also in a commit, where each interface is resolved alone."""
    config = 'title = "T"\n' + "".join(
        f'[interfaces.{name}]\nat = "{name}/ops.h:ops"\nkind = "table"\ndrivers = ["*/*.c"]\n' for name in "ab"
    )
    files = {"hvsupport.toml": config}
    for name in "ab":
        files[f"{name}/ops.h"] = f"struct ops {{ int (*{name}_open)(void); }};\n"
        files[f"{name}/d.c"] = f'#include "ops.h"\nint f(void);\nstruct ops {name}Ops = {{ .{name}_open = f }};\n'
    repository.release("1.0.0", files)
    states = Reader(load(root=repository.root), cache=False).states(repository.git("rev-parse", "HEAD").strip())
    assert states is not None
    drivers = {key: [name for name, owner in each.owners.items() if owner.is_driver] for key, each in states.items()}
    assert drivers == {"a": ["a/d.c:aOps"], "b": ["b/d.c:bOps"]}


def test_code_that_was_somewhere_else_before(repository: Repository) -> None:
    """Three of four annotations are older than the class: that is how moved code looks, not how mistakes do."""
    api = "class Driver:\n" + "".join(f"    def e{n}(self):\n        raise NotImplementedError\n" for n in range(4))
    head = "from api import Driver\n\n\nclass MemoryDriver(Driver):\n"
    releases = ("1.0.0", "1.0.0", "1.0.0", "1.1.0")
    body = "".join(f"    def e{n}(self):  # {text}\n        return {n}\n" for n, text in enumerate(releases))
    repository.release("1.0.0", {"api.py": api, "drivers/other.py": "from api import Driver\n"})
    repository.release("1.1.0", {MEMORY: head + body})
    assert "0 agree, 0 too early, 0 too late, 4 unknown" in repository.run("verify").output
    repository.write({MEMORY: repository.text().replace("# 1.0.0", "# 1.1.0", 2)})
    assert "3 agree, 1 too early" in repository.run("verify").output


def test_releases_of_drivers_and_of_the_interface_are_verified(repository: Repository) -> None:
    repository.release("1.0.0", {"api.py": API[: API.index("\n    def stop")], MEMORY: START})
    repository.release("1.1.0", {"api.py": API, "drivers/new.py": START.replace("Memory", "New")})
    repository.write(
        {
            "api.py": API.replace("def stop(self, guest):", "def stop(self, guest):  # 1.0.0"),
            "drivers/new.py": START.replace("MemoryDriver(Driver):", "NewDriver(Driver):  # 1.0.0"),
        }
    )
    found = repository.run("verify", "--format", "concise").output
    assert "api.py:5:" in found and "'stop' of api:Driver is annotated '1.0.0', but 1.0.0 did not have it" in found
    assert "drivers/new.py:4:" in found and "driver drivers.new:NewDriver is annotated '1.0.0'" in found


def test_what_cannot_be_edited_in_place_is_said(two: Repository) -> None:
    directive = 'guest):\n        """Stop it.\n\n        .. versionadded:: 1.1.0\n        """'
    two.write({MEMORY: START.replace("guest):", directive) + STOP.replace("guest):", "guest):  # 1.1.0")})
    before = two.text()
    found = two.run("verify", "--write")
    assert (found.exit_code, two.text()) == (1, before)
    assert "'start' of drivers.memory:MemoryDriver was not changed: a directive has one release" in found.output
    assert "it should say '<= 1.0.0'" in found.output


def test_dry_run_needs_write(two: Repository) -> None:
    found = two.run("verify", "--dry-run")
    assert found.exit_code == 2 and "--dry-run needs --write" in found.output


def test_an_entry_that_went_since_the_newest_release(two: Repository) -> None:
    """HV006 needs no second tree where there is history; an annotation of the removal, or an ignore, is enough."""
    begin = START.replace("guest):", "guest):  # <= 1.0.0")
    two.write({MEMORY: begin})
    found = two.run("verify")
    assert found.exit_code == 1
    assert "HV006 'stop' of drivers.memory:MemoryDriver is in 1.1.0 and is gone without a removal" in found.output
    assert "annotated '1.1.0 - next'" in found.output and f"git show v1.1.0:{MEMORY}" in found.output
    assert two.run("verify", "--diff", "HEAD").exit_code == 0
    two.write({MEMORY: begin + GONE.replace("<= 1.0.0 - 1.1.0", "1.1.0 - next")})
    assert two.run("verify").exit_code == 0
    two.write({MEMORY: begin.replace("(Driver):", "(Driver):  # hvsupport: ignore[HV006] it never worked")})
    assert two.run("verify").exit_code == 0


@pytest.mark.parametrize("command", ["verify", "backfill"])
def test_no_repository_no_tags_and_no_git_are_errors(
    repository: Repository, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write({MEMORY: START})
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "Start")
    found = repository.run(command)
    assert found.exit_code == 2 and "git has no tag of a release under scheme 'x.y.z'" in found.output
    repository.git("tag", "v1.0.0")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        found = repository.run(command)
    assert found.exit_code == 2 and "git is not installed" in found.output
    shutil.rmtree(repository.root / ".git")
    found = repository.run(command)
    assert found.exit_code == 2 and "is not in a git repository" in found.output


def test_a_tag_that_looks_like_an_option_is_not_one(two: Repository) -> None:
    head = two.git("rev-parse", "HEAD").strip()
    packed = two.root / ".git" / "packed-refs"
    packed.write_text(f"{head} refs/tags/--upload-pack=1.0.5\n", encoding="utf-8")
    two.write({"hvsupport.toml": 'tag-prefix = "--upload-pack="\n' + CONFIG})
    found = two.run("backfill")
    assert found.exit_code == 2 and "git has no tag that starts with '--upload-pack='" in found.output


@pytest.mark.parametrize(
    ("observed", "now", "expected"),
    [
        ("yyy", True, "<= 1.0.0"),
        ("nyy", True, "1.1.0"),
        ("nuy", True, "<= 1.2.0"),
        ("uuy", True, "<= 1.2.0"),
        ("nyn", False, "1.1.0 - 1.2.0"),
        ("nnn", True, "next"),
        ("nny", False, "1.2.0 - next"),
        ("ynn", True, "<= 1.0.0 - 1.1.0, next"),
        ("nnu", True, None),
        ("uuu", True, None),
        ("nnn", False, ""),
    ],
)
def test_spans(observed: str, now: bool, expected: str | None) -> None:
    releases = [X.parse(text) for text in ("1.0.0", "1.1.0", "1.2.0")]
    found = spans(releases, [{"y": True, "n": False, "u": None}[sign] for sign in observed], now)
    assert (None if found is None else render(found) if found else "") == expected


@pytest.mark.parametrize(
    ("observed", "forked", "expected"),
    [
        pytest.param("nyny", {(1, 2)}, "nuny", id="taken back into a branch"),
        pytest.param("nyyny", {(2, 3)}, "nyuny", id="only what is on the branch"),
        pytest.param("ynyy", {(1, 2)}, "yuyy", id="removed on a branch"),
        pytest.param("nyyy", {(0, 1)}, "nyyy", id="what came is not older than it was"),
        pytest.param("nyny", set(), "nyny", id="went and came back"),
    ],
)
def test_on_one_line(observed: str, forked: set[tuple[int, int]], expected: str) -> None:
    values = {"y": True, "n": False, "u": None}
    found = on_one_line([values[sign] for sign in observed], lambda one, other: (one, other) in forked)
    assert found == [values[sign] for sign in expected]


# -- bad input


def test_a_tag_on_a_tree_without_the_files(repository: Repository) -> None:
    repository.git("checkout", "-q", "--orphan", "pages")
    (repository.root / "only").write_text("text", encoding="utf-8")
    repository.git("add", "only")
    repository.git("commit", "-q", "-m", "Pages")
    repository.git("tag", "1.0.0")
    repository.git("checkout", "-q", "-b", "main")
    repository.release("1.1.0", {MEMORY: START})
    repository.release("1.2.0", {MEMORY: START + STOP})
    assert repository.backfilled() == ["<= 1.1.0", "1.2.0"]


@pytest.mark.parametrize("name", ["v1.0.0.x", "v", "nightly/1.0.0", "ünïcode", "x" * 200])
def test_tags_that_are_no_releases_do_not_count(two: Repository, name: str) -> None:
    head = two.git("rev-parse", "HEAD").strip()
    with (two.root / ".git" / "packed-refs").open("a", encoding="utf-8") as packed:
        packed.write(f"{head} refs/tags/{name}\n")
    assert two.run("backfill").exit_code == 1
    assert "# <= 1.0.0" in two.text() and "# 1.1.0" in two.text()


def test_a_tag_that_git_rejects_is_an_error(two: Repository) -> None:
    head = two.git("rev-parse", "HEAD").strip()
    with (two.root / ".git" / "packed-refs").open("a", encoding="utf-8") as packed:
        packed.write(f"{head} refs/tags/1.0.0 beta\n")
    found = two.run("backfill")
    assert (found.exit_code, "1.0.0 beta" in found.output) == (2, True)


def test_a_worktree_and_a_submodule(two: Repository, tmp_path: Path) -> None:
    two.git("worktree", "add", "-q", str(tmp_path / "tree"), "v1.1.0")
    outer = Repository(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(two.root), "inner")
    outer.git("commit", "-q", "-m", "Submodule")
    for root in (tmp_path / "tree", outer.root / "inner"):
        found = CliRunner().invoke(cli.group, ["backfill", "--root", str(root)])
        assert found.exit_code == 1, found.output
        assert "# 1.1.0" in (root / MEMORY).read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["drivers of mine", "dri\nvers", "-drivers", "--output=x", 'dri"vers', "dri'$(id)"])
def test_names_that_look_like_something_else(repository: Repository, folder: str) -> None:
    path = f"{folder}/memory.py"
    repository.write({"hvsupport.toml": CONFIG.replace("drivers/*.py", "*/*.py")})
    repository.release("1.0.0", {path: START})
    repository.release("1.1.0", {path: START + STOP.replace("guest):", "guest):  # 1.0.0")})
    found = repository.run("verify", "--format", "json")
    assert found.exit_code == 1
    [finding] = json.loads(found.stdout)["findings"]
    assert (finding["path"], finding["expected"]) == (path, "1.1.0")
    [shown] = re.findall(r"1\.1\.0 with it: (.*)", finding["tip"], re.DOTALL)
    done = subprocess.run(["bash", "-c", shown], cwd=repository.root, capture_output=True, text=True, timeout=60)
    assert "def stop" in done.stdout
    assert not (repository.root / "x").exists()


def test_replaced_and_grafted_history_is_read_as_git_shows_it(two: Repository) -> None:
    """The tree of 1.0.0 is replaced by one that has ``stop``: git shows that, and so do the commands of a finding."""
    old, new = (two.git("rev-parse", f"{tag}^{{tree}}").strip() for tag in ("v1.0.0", "v1.1.0"))
    two.git("replace", old, new)
    grafts = two.root / ".git" / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(two.git("rev-parse", "HEAD"), encoding="utf-8")
    assert two.backfilled() == ["<= 1.0.0", "<= 1.0.0"]


def test_a_commit_that_was_rewritten_away_is_still_its_tag(two: Repository) -> None:
    two.git("reset", "-q", "--hard", "v1.0.0")
    two.release("v1.2.0", {MEMORY: START + STOP, "README": "other history"})
    assert two.backfilled() == ["<= 1.0.0", "1.1.0"]
