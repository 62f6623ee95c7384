"""``hvsupport show``, ``hvsupport badge`` and the functions behind them: answers, exit statuses, unknown names."""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import gen_builder as b
import pytest
from click.testing import CliRunner, Result
from test_docs import fences

from hvsupport.annotate import cli
from hvsupport.annotate.errors import UsageError
from hvsupport.annotate.lookup import answers, verdict
from hvsupport.annotate.release import NEXT
from hvsupport.gen.badge import badge

CONFIG = """\
title = "Example"
release = "1.3.0"
releases = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]
accent = "#ffe000"

[interfaces.driver]
at = "api.py:Driver"
drivers = ["drivers/*.py"]
titles = { "drivers.memory:MemoryDriver" = "memory" }

[interfaces.driver.removed]
"drivers.tape:TapeDriver" = "1.0.0 - 1.2.0"

[interfaces.other]
at = "other.py:Other"
drivers = ["drivers/*.py"]
titles = { "drivers.memory:*" = "memory" }
"""
NAMES = ("start", "stop", "pause", "move", "copy_in", "copy_out")
API = "class Driver:\n" + "".join(f"    def {name}(self):\n        raise NotImplementedError\n\n" for name in NAMES)
OTHER = "class Other:\n    def start(self):\n        raise NotImplementedError\n"
MEMORY = """\
from api import Driver
from other import Other


class MemoryDriver(Driver):
    def start(self):  # 1.1.0
        return 1

    def stop(self):  # next
        return 1

    def pause(self):
        return 1

    def move(self):  # 1.0.0 - 1.2.0
        raise NotImplementedError

    def copy_out(self):  # 1.2.0; partial: only <b>files</b>
        return 1


class Rest(Other):
    def start(self):
        raise NotImplementedError
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "drivers").mkdir()
    files = {"hvsupport.toml": CONFIG, "api.py": API, "other.py": OTHER, "drivers/memory.py": MEMORY}
    for path, text in files.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def command(tree: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.group, [*arguments, "--root", str(tree), "--no-cache"])


@pytest.mark.parametrize(
    ("names", "release", "status", "said"),
    [
        ("stop memory", None, 0, "supported from the next release on"),
        ("memory stop", None, 0, "supported from the next release on"),
        ("stop memory", "1.3.0", 1, "unsupported"),
        ("stop memory", "next", 0, "supported from the next release on"),
        ("pause memory", None, 0, "implemented, release not annotated"),
        ("pause memory", "1.3.0", 3, "implemented, release not annotated"),
        ("move memory", None, 1, "removed in 1.2.0; was supported since 1.0.0"),
        ("move memory", "1.1.0", 0, "supported since 1.0.0"),
        ("move drivers.memory:MemoryDriver", "1.2.0", 1, "removed in 1.2.0; was supported since 1.0.0"),
    ],
)
def test_the_exit_status_is_the_answer(tree: Path, names: str, release: str | None, status: int, said: str) -> None:
    done = command(tree, "show", *names.split(), *(("--as-of", release) if release else ()))
    assert done.exit_code == status
    assert done.stdout.splitlines()[0].partition(": ")[2].startswith(said)


def test_a_public_call_is_supported_if_one_entry_that_serves_it_is() -> None:
    entries = [b.entry("copy_in", api="copy"), b.entry("copy_out", api="copy"), b.entry("move")]
    cells = {("m:A", "copy_out"): b.cell("1.2.0")}
    catalogue = b.catalogue(b.interface(cells, [b.driver("m:A", "memory")], entries))
    call = answers(catalogue, entry="copy", driver="memory")
    assert [(each.entry.name, each.supported) for each in call] == [("copy_in", False), ("copy_out", True)]
    assert verdict(call) is True
    assert verdict(answers(catalogue, entry="copy_in", driver="memory")) is False


def test_one_name_lists_who_or_what(tree: Path) -> None:
    who = command(tree, "show", "start")
    assert (who.exit_code, who.stdout.splitlines()) == (
        0,
        [
            "Driver: start",
            "  memory: supported since 1.1.0",
            "Other: start",
            "  memory: unsupported; stub: the override only raises",
        ],
    )
    what = command(tree, "show", "drivers.memory:MemoryDriver").stdout.splitlines()
    assert what[0] == "Driver: drivers.memory:MemoryDriver"
    assert [line.split(":")[0].strip() for line in what[1:]] == [
        "start",
        "stop",
        "pause",
        "move",
        "copy_in",
        "copy_out",
    ]


def test_json(tree: Path) -> None:
    data = json.loads(command(tree, "show", "move", "memory", "--as-of", "1.1.0", "--format", "json").stdout)
    assert data["as_of"] == "1.1.0"
    [answer] = data["answers"]
    assert (answer["supported"], answer["state"], answer["since"]) == (True, "supported", "1.0.0")
    assert answer["spans"] == [{"since": "1.0.0", "removed": None, "partial": False, "note": None}]
    assert (answer["interface"], answer["driver"]) == ("driver", "drivers.memory:MemoryDriver")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("strat", "no entry or driver 'strat'; did you mean 'start'?"),
        ("strat memory", "unknown entry 'strat'; did you mean 'start'?"),
        ("start memroy", "unknown driver 'memroy'; did you mean 'memory'?"),
        ("start memory", "several interfaces have both; choose one with --interface: driver, other"),
        ("stop memory --interface other", "unknown entry 'stop'"),
        ("stop Rest", "no interface has both"),
        ("start memory --interface drivr", "no interface 'drivr'; did you mean 'driver'?"),
        ("start drivers.tape:TapeDriver", "was removed in 1.2.0; what it supported is not known"),
        ("a b c", "3 names; give an entry, a driver, or an entry and a driver"),
        ("stop memory --as-of 1.0.5", "release 1.0.5 is not known"),
    ],
)
def test_an_unknown_name_ends_the_run(tree: Path, arguments: str, said: str) -> None:
    if arguments == "stop Rest":
        arguments = "stop drivers.memory:Rest"
    done = command(tree, "show", *arguments.split())
    assert done.exit_code == 2 and said in done.stderr


def test_two_drivers_of_one_title_are_named_by_id() -> None:
    made = b.interface({}, [b.driver("m:A", "same"), b.driver("m:B", "same")], [b.entry("go")])
    with pytest.raises(UsageError, match="2 drivers are called 'same'; name one by its id: m:A, m:B"):
        answers(b.catalogue(made), driver="same")


def test_what_cannot_be_known_is_neither_yes_nor_no() -> None:
    catalogue = b.every_kind()
    said = {each.cell.state: each.supported for each in answers(catalogue, driver="full")}
    assert said["conditional"] is None and said["unreadable"] is None
    assert said["supported"] is said["next"] is said["unannotated"] is True
    assert said["unsupported"] is said["removed"] is False
    unknown = [each for each in answers(catalogue, driver="full") if each.supported is None]
    assert verdict(unknown) is None
    assert verdict([*unknown, *answers(catalogue, entry="plain", driver="full")]) is True
    assert verdict(answers(catalogue, entry="plain", driver="empty")) is False
    assert {
        each.supported for each in answers(catalogue, driver="full", release=NEXT) if each.cell.state == "unannotated"
    } == {None}


def test_what_could_not_be_read_is_told_beside_the_answer(tree: Path) -> None:
    (tree / "drivers" / "broken.py").write_text("class Broken(Driver:\n")
    done = command(tree, "show", "stop", "memory")
    assert done.exit_code == 0 and "1 problem that may affect this answer" in done.stderr
    assert command(tree, "show", "stop", "memory", "--quiet").stderr == ""


def test_names_cannot_forge_lines(tree: Path) -> None:
    (tree / "hvsupport.toml").write_text(CONFIG.replace('Driver" = "memory"', 'Driver" = "me\\nmory\\u202e"'))
    lines = command(tree, "show", "stop").stdout.splitlines()
    assert lines == ["Driver: stop", "  me\\nmory\\u202e: supported from the next release on"]


def test_a_badge_counts_what_is_supported(tree: Path) -> None:
    done = command(tree, "badge", "memory", "--interface", "driver")
    drawn = ElementTree.fromstring(done.stdout)
    assert done.exit_code == 0 and drawn.attrib["aria-label"] == "memory supports 4 of 6 entry points"
    assert [one.text for one in drawn.findall(".//{*}text")] == ["memory", "4 of 6"]
    assert 'fill="#ffe000"' in done.stdout and 'fill="#14171b"' in done.stdout, "dark text on a light accent"
    older = command(tree, "badge", "memory", "--as-of", "1.1.0", "--output", str(tree / "b.svg"))
    assert older.exit_code == 0 and "memory supports 2 of 7 entry points in 1.1.0" in (tree / "b.svg").read_text()
    assert command(tree, "badge", "memory", "--output", str(tree / "api.py")).exit_code == 2


@pytest.mark.parametrize(
    "label", ["", "<script>alert('1')</script>", 'a"b&c', "\N{RIGHT-TO-LEFT OVERRIDE}x\x00", "x" * 500]
)
def test_a_badge_holds_any_text(label: str) -> None:
    drawn = ElementTree.fromstring(badge(label, "1 of 2", f"{label} supports 1 of 2"))
    assert len(drawn.findall(".//{*}text")[0].text or "") <= 40
    assert float(drawn.attrib["width"]) < 700


def test_the_python_of_the_docs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parent.parent / "docs" / "scripts.md").read_text(encoding="utf-8")
    for fence in fences(page):
        if fence.path:
            (tmp_path / fence.path).write_text(fence.body)
    monkeypatch.chdir(tmp_path)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        runpy.run_path("ask.py")
    assert said.getvalue() == "supported since 1.2.0: True\nFalse\n"


def test_a_shell_completes_commands_and_options() -> None:
    def completed(words: str, at: int) -> str:
        asked = {"_HVSUPPORT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
        program = "import sys; sys.argv = ['hvsupport']; from hvsupport.annotate.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, **asked}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert completed("hvsupport sh", 1) == "plain,show\n"
    assert "plain,--as-of\n" in completed("hvsupport show --a", 2)
