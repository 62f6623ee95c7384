"""Names and texts of a tree cannot drive a terminal, a build or the shell, and a result never replaces its input."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate.cli import group

ESCAPE = "\x1b]0;owned\x07"
NAME = f"a{ESCAPE}.py"
API = "class Driver:\n    def start(self):\n        raise NotImplementedError\n"
DRIVER = (
    f"from api import Driver\n\n\nclass A(Driver):  # 1.0.0; {ESCAPE}\n"
    f"    def start(self):\n        return '{ESCAPE}'\n"
)
CONFIG = 'title = "x\\u001b]"\n[interfaces.driver]\nat = "api.py:Driver"\ndrivers = ["drivers/*.py"]\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "tree"
    (root / "drivers").mkdir(parents=True)
    (root / "api.py").write_text(API)
    (root / "hvsupport.toml").write_text(CONFIG)
    (root / "drivers" / NAME).write_text(DRIVER)
    (root / f"t{ESCAPE}.pl").write_text(f"if ($x) {{\n\tf('{ESCAPE}');\n}}\n")
    monkeypatch.chdir(root)
    return root


def hv(*arguments: str) -> Result:
    return CliRunner().invoke(group, arguments, prog_name="hvsupport")


def on_terminal(*arguments: str) -> bytes:
    """What a command writes on a terminal."""
    here, there = pty.openpty()
    command = [sys.executable, "-m", "hvsupport.annotate", *arguments]
    environment = {**os.environ, "NO_COLOR": "1"}
    with subprocess.Popen(command, stdin=there, stdout=there, stderr=there, env=environment) as process:
        os.close(there)
        said = b""
        while True:
            try:
                piece = os.read(here, 65536)
            except OSError:
                break
            if not piece:
                break
            said += piece
        process.wait()
    os.close(here)
    return said


LINES = (
    *("check", "annotate --dry-run", "annotate", "stamp 1.0.1 --dry-run", "tabs", "tabs --fix --dry-run", "tabs --fix"),
    *("docs --out site --dry-run", "docs --out site", "docs --out site --check", "init --dry-run"),
    *(f"export --format {name}" for name in ("json", "csv", "csv-wide", "markdown", "bcd", "html-fragment")),
)


@pytest.mark.parametrize("line", LINES)
def test_a_terminal_is_not_driven(root: Path, line: str) -> None:
    said = on_terminal(*line.split())
    assert b"internal error" not in said
    # A slow run draws a progress bar with escape sequences of its own.
    assert not [sign for sign in (b"\x1b]", b"\x07") if sign in said]


def test_a_diff_for_a_program_keeps_every_byte(root: Path) -> None:
    diff = hv("annotate", "--dry-run").stdout_bytes
    assert f"return '{ESCAPE}'".encode() in diff
    subprocess.run(["git", "apply", "-"], input=diff, check=True)
    assert "def start(self):  # next" in (root / "drivers" / NAME).read_text()


@pytest.mark.parametrize("line", ["docs --out site", "export --format html-fragment --output site.html"])
def test_no_page_carries_a_control_character(root: Path, line: str) -> None:
    hv(*line.split())
    pages = list(root.rglob("*.html"))
    assert pages and not [path for path in pages if b"\x1b" in path.read_bytes()]


# -- dependency files


@pytest.mark.parametrize("name", ["a\n\ttouch owned\n.py", "a;touch owned;.py", "a!=touch owned;.py", "b\rc.py"])
def test_a_name_that_make_would_run_is_refused(root: Path, name: str) -> None:
    (root / "drivers" / name).write_text(DRIVER.replace(ESCAPE, ""))
    done = hv("export", "--output", "out.json", "--depfile", "out.d")
    assert done.exit_code == 2
    assert "make would misread the file name" in done.stderr
    assert not (root / "out.json").exists() and not (root / "out.d").exists()


def test_make_runs_nothing_of_a_dependency_file(root: Path) -> None:
    (root / "drivers" / NAME).unlink()
    (root / "drivers" / "a b$(shell touch owned)#c.py").write_text(DRIVER.replace(ESCAPE, ""))
    assert hv("export", "--output", "out.json", "--depfile", "out.d").exit_code == 1
    (root / "Makefile").write_text("all: out.json\n\n-include out.d\n")
    done = subprocess.run(["make"], capture_output=True, text=True)
    assert "Nothing to be done for 'all'" in done.stdout, done.stderr
    assert not list(root.rglob("owned"))


# -- results over inputs


@pytest.mark.parametrize("target", ["api.py", "hvsupport.toml", f"drivers/{NAME}"])
@pytest.mark.parametrize("line", ["check --output", "export --output", "export --output out.json --depfile"])
def test_an_input_is_not_replaced(root: Path, line: str, target: str) -> None:
    before = (root / target).read_bytes()
    (root / "link").symlink_to(target)
    for name in (target, "link"):
        done = hv(*line.split(), name)
        assert done.exit_code == 2
        assert "is an input of this command and was not overwritten" in done.stderr
    assert (root / target).read_bytes() == before
    assert not (root / "out.json").exists()


def test_the_tab_rule_does_not_replace_a_file_that_it_reports(root: Path) -> None:
    before = (root / f"t{ESCAPE}.pl").read_bytes()
    assert hv("tabs", "--output", f"t{ESCAPE}.pl").exit_code == 2
    assert (root / f"t{ESCAPE}.pl").read_bytes() == before


def test_an_earlier_result_is_replaced(root: Path) -> None:
    assert hv("export", "--output", "out.json").exit_code == 1
    assert hv("export", "--output", "out.json").exit_code == 1


# -- standard error


@pytest.mark.parametrize("line", ["check --config gone.toml", "check --nonsense", "stamp next", "nonsense"])
def test_a_standard_error_that_is_full_changes_no_exit_status(root: Path, line: str) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "hvsupport.annotate", *line.split()]
        assert subprocess.run(command, stderr=full, stdout=subprocess.DEVNULL).returncode == 2
