"""The command line: exit statuses, where output goes, and that no error shows a traceback or leaves half a file."""

from __future__ import annotations

import ast
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate import cli
from hvsupport.annotate.cli import COMMANDS, group, manual, reference
from hvsupport.annotate.cli.options import Options
from hvsupport.annotate.cli.reporting import style
from hvsupport.annotate.config.value import Config
from hvsupport.annotate.rules import CODES
from hvsupport.annotate.rules.base import EXAMPLE_API, EXAMPLE_CONFIG

DRIVER = """\
from api import Driver


class MemoryDriver(Driver):
    def start(self, guest):  # 1.0.0
        guest.running = True

    def stop(self, guest):
        guest.running = False
"""
FIXED = DRIVER.replace("stop(self, guest):", "stop(self, guest):  # 1.2.0")
STUB = DRIVER.replace("guest.running = False", "raise NotImplementedError")
ONE_LINE = """\
from api import Driver
from work import begin, end


class MemoryDriver(Driver):
    start = begin; stop = end
"""
MISSING = "drivers/memory.py:8:5: HV001 'stop' of drivers.memory:MemoryDriver has no release"

Hv = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with one missing annotation."""
    for path, text in {"hvsupport.toml": EXAMPLE_CONFIG, "api.py": EXAMPLE_API, "drivers/memory.py": DRIVER}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def driver(root: Path) -> Path:
    return root / "drivers" / "memory.py"


@pytest.fixture
def hv(root: Path, monkeypatch: pytest.MonkeyPatch) -> Hv:
    """Run the command line in the tree, in this process."""
    monkeypatch.chdir(root)

    def run(*args: str) -> Result:
        return CliRunner().invoke(cli.group, args, prog_name="hvsupport")

    return run


# what must not happen


def test_version_loads_nothing_that_takes_time() -> None:
    code = (
        "import sys\nfrom hvsupport.annotate import cli\n"
        "try:\n    cli.group.main(['--version'])\nexcept SystemExit: pass\n"
        "heavy = {'libcst', 'jinja2', 'markdown', 'rich', 'packaging', 'pathspec', 'tomli', 'difflib', 'json'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, heavy = done.stdout.splitlines()
    assert version.startswith("hvsupport ")
    assert heavy == "[]"


@pytest.mark.parametrize("command", [["--version"], ["check"], ["check", "--no-cache"], ["docs", "--out", "site"]])
def test_no_grammar_is_loaded_where_all_is_python(root: Path, command: list[str]) -> None:
    """The grammars are installed with everything else, and are loaded when a file of their language is met."""
    code = (
        "import sys\nfrom hvsupport.annotate import cli\n"
        f"try:\n    cli.group.main({command})\nexcept SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('tree_sitter')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["--nonsense"], id="an unknown option"),
        pytest.param(["chekc"], id="an unknown command"),
        pytest.param(["check", "--format", "yaml"], id="an unknown format"),
        pytest.param(["check", "no-such-file.py"], id="a path that does not exist"),
        pytest.param(["check", ".."], id="a path outside the root"),
        pytest.param(["check", "--select", "HV099"], id="an unknown rule"),
        pytest.param(["check", "--baseline", "none.json"], id="a baseline that does not exist"),
        pytest.param(["check", "--baseline", "api.py"], id="a baseline that is none"),
        pytest.param(["check", "--write-baseline", "b.json", "api.py"], id="a baseline of a part"),
        pytest.param(["check", "--release", "1.x"], id="a gate that is no release"),
        pytest.param(["check", "--release", "next"], id="a gate for next"),
        pytest.param(["check", "--diff", "HEAD"], id="no repository to compare with"),
        pytest.param(["check", "--config", "api.py"], id="a config that is no TOML"),
        pytest.param(["check", "--preset", "nonsense"], id="an unknown preset"),
        pytest.param(["check", "--output", "no-such-folder/out.txt"], id="a folder that does not exist"),
        pytest.param(["check", "--jobs", "0"], id="no process at all"),
        pytest.param(["check", "--executor", "no.such:thing"], id="an executor that does not exist"),
        pytest.param(["check", "--executor", "os:sep"], id="an executor that is not a function"),
        pytest.param(["explain", "HV099"], id="an essay of no rule"),
        pytest.param(["annotate", "--since", "soon"], id="a release that is none"),
        pytest.param(["annotate", "--since", "9.9"], id="a release newer than the current one"),
        pytest.param(["stamp", "next"], id="next is no release to stamp"),
        pytest.param(["stamp", "1.4.0"], id="a release that is not newer"),
    ],
)
def test_what_cannot_run_says_so_and_changes_nothing(hv: Hv, root: Path, args: list[str]) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*.*") if path.is_file()}
    result = hv(*args)
    assert result.exit_code == 2, result.output
    assert result.stderr.strip()
    assert result.stdout == ""
    assert "Traceback" not in result.output
    assert "internal error" not in result.output
    after = {path: path.read_bytes() for path in before}
    assert after == before


@pytest.mark.parametrize("traceback", [False, True])
def test_an_internal_error_says_whose_fault_it_is(hv: Hv, monkeypatch: pytest.MonkeyPatch, traceback: bool) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("hvsupport.annotate.run.catalogue", broken)
    monkeypatch.setenv(cli.TRACEBACK, "1" if traceback else "")
    result = hv("check")
    assert result.exit_code == 2
    assert result.stderr.startswith("hvsupport: internal error: ZeroDivisionError: two lines\n")
    assert ("Traceback" in result.stderr) is traceback
    assert traceback or f"{cli.TRACEBACK}=1" in result.stderr


def test_an_interrupt_is_no_internal_error(hv: Hv, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hvsupport.annotate.run.catalogue", interrupted)
    result = hv("check")
    assert result.exit_code == cli.INTERRUPTED
    assert result.stderr.strip() == "hvsupport: interrupted"


def test_nobody_reads_the_output(root: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "hvsupport.annotate", "check"]
    done = subprocess.run(command, cwd=root, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (2, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_the_disk_is_full(root: Path) -> None:
    command = [sys.executable, "-m", "hvsupport.annotate", "check"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=root, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.startswith(b"hvsupport: cannot write to standard output")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [["--help"], ["--version"], ["check", "--help"]], ids=" ".join)
def test_help_that_nobody_can_read_is_no_mistake_of_the_program(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hvsupport.annotate", *command], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 2
    assert done.stderr == b"hvsupport: cannot write to standard output: No space left on device\n"


def test_the_list_of_commands_says_what_each_does_on_one_line(hv: Hv) -> None:
    lines = hv("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == list(cli.COMMANDS)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize(
    ("variables", "colour"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
    ids=["a terminal", "empty counts as unset", "nobody wants any", "a terminal without colours"],
)
def test_colours_where_they_are_wanted(
    variables: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert style(Options(), Config(Path("/nowhere"))).colour is colour


# check


def test_findings_are_printed_and_the_status_is_1(hv: Hv) -> None:
    result = hv("check")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == MISSING
    assert result.stdout.splitlines()[-1] == "Found 1 error: HV001 1 (1 can be fixed by a command)."
    assert result.stderr == ""


def test_a_clean_tree(hv: Hv, driver: Path) -> None:
    driver.write_text(FIXED)
    result = hv("check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "No findings.\n", "")


@pytest.mark.parametrize("name", ["text", "concise"])
def test_quiet_prints_the_total_only(hv: Hv, driver: Path, name: str) -> None:
    result = hv("check", "--quiet", "--format", name)
    assert (result.exit_code, result.stdout) == (1, "Found 1 error: HV001 1 (1 can be fixed by a command).\n")
    driver.write_text(FIXED)
    assert hv("check", "--quiet", "--format", name).output == "No findings.\n"


def test_quiet_keeps_every_finding_for_programs(hv: Hv) -> None:
    assert json.loads(hv("check", "--quiet", "--format", "json").stdout)["summary"]["total"] == 1


def test_concise_is_one_line_a_finding(hv: Hv) -> None:
    lines = hv("check", "--format", "concise").stdout.splitlines()
    assert lines == [MISSING, "Found 1 error: HV001 1 (1 can be fixed by a command)."]


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["--select", "HV001"], 1),
        (["--select", "HV002,HV003"], 0),
        (["--select", "HV0", "--ignore", "HV001"], 0),
        (["drivers"], 1),
        (["drivers/memory.py", "api.py"], 1),
        (["api.py"], 0),
        (["."], 1),
    ],
)
def test_what_is_reported_can_be_limited(hv: Hv, args: list[str], status: int) -> None:
    assert hv("check", *args).exit_code == status


def test_a_path_in_which_nothing_was_read_is_told(hv: Hv, root: Path) -> None:
    (root / "README").write_text("")
    result = hv("check", "README")
    assert (result.exit_code, result.stdout) == (0, "No findings.\n")
    assert "no file that was read is below the given paths" in result.stderr
    assert hv("check", "README", "api.py").stderr == ""


def test_paths_are_those_of_the_working_directory(hv: Hv, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hv("check")
    monkeypatch.chdir(root / "drivers")
    result = CliRunner().invoke(cli.group, ["check", "memory.py"])
    assert result.exit_code == 1
    assert result.stdout.startswith("drivers/memory.py:8:5:")


@pytest.mark.parametrize("name", ["json", "sarif", "github"])
def test_formats(hv: Hv, name: str) -> None:
    result = hv("check", "--format", name)
    assert result.exit_code == 1
    assert "HV001" in result.stdout
    if name != "github":
        json.loads(result.stdout)


def test_output_goes_to_a_file(hv: Hv, root: Path) -> None:
    result = hv("check", "--format", "json", "--output", "out.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads((root / "out.json").read_text())["summary"]["total"] == 1


def test_an_output_that_cannot_be_written_stays_as_it_was(hv: Hv, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "out.txt").write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = hv("check", "--output", "out.txt")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert (root / "out.txt").read_text() == "before"
    assert {path.name for path in root.iterdir() if path.name.startswith(".out")} == set()


def test_names_that_the_terminal_cannot_show_are_escaped(root: Path, driver: Path) -> None:
    driver.write_text(DRIVER.replace("MemoryDriver", "Geda\u0308chtnis"), encoding="utf-8")
    command = [sys.executable, "-m", "hvsupport.annotate", "check"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True)
    assert done.returncode == 1
    assert b"HV001" in done.stdout


# baseline, diff, gate


def test_a_baseline_keeps_known_findings_quiet_until_they_are_fixed(hv: Hv, driver: Path) -> None:
    assert hv("check", "--write-baseline", "known.json").exit_code == 0
    assert hv("check", "--baseline", "known.json").exit_code == 0
    driver.write_text("\n\n" + DRIVER)
    assert hv("check", "--baseline", "known.json").exit_code == 0, "moved code is no news"
    driver.write_text(FIXED)
    result = hv("check", "--baseline", "known.json")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == (
        "known.json:4:1: HV040 the baseline lists HV001 for 'stop' of drivers.memory:MemoryDriver in drivers/memory.py "
        "once, but it is no longer found"
    )


def test_a_baseline_does_not_hide_what_is_new(hv: Hv, driver: Path) -> None:
    hv("check", "--write-baseline", "known.json")
    driver.write_text(DRIVER + "\n    def snapshot(self, guest):\n        return guest.copy()\n")
    result = hv("check", "--baseline", "known.json")
    assert result.exit_code == 1
    assert "'snapshot'" in result.stdout
    assert "'stop'" not in result.stdout


def test_the_baseline_of_the_config_always_applies(hv: Hv, root: Path) -> None:
    hv("check", "--write-baseline", "known.json")
    (root / "hvsupport.toml").write_text(
        EXAMPLE_CONFIG.replace("[interfaces", 'baseline = "known.json"\n\n[interfaces', 1)
    )
    assert hv("check").exit_code == 0


def _lines(path: Path, start: str) -> list[str]:
    return [line.strip().rstrip(",") for line in path.read_text().splitlines() if f'"code": "{start}' in line]


def test_one_baseline_serves_check_and_tabs(hv: Hv, root: Path, driver: Path) -> None:
    """Whoever writes it anew keeps what the other listed, and neither calls the other's lines out of date."""
    (root / "table.txt").write_text("a\tb\n")
    shared = root / "known.json"
    hv("check", "--write-baseline", "known.json")
    annotations = _lines(shared, "HV")
    done = hv("tabs", "--write-baseline", "known.json")
    assert "lists 1 finding, and keeps 1 for rules of another command" in done.stderr
    assert _lines(shared, "HV") == annotations
    tabs = _lines(shared, "TAB")
    assert (len(annotations), len(tabs)) == (1, 1)
    both = shared.read_bytes()
    hv("check", "--write-baseline", "known.json")
    assert shared.read_bytes() == both, "the same tree, the same bytes"
    assert hv("check", "--baseline", "known.json").exit_code == 0
    assert hv("tabs", "--baseline", "known.json").exit_code == 0
    driver.write_text(FIXED)
    assert hv("tabs", "--baseline", "known.json").exit_code == 0, "what check mends is no news to tabs"
    hv("check", "--write-baseline", "known.json")
    assert (_lines(shared, "HV"), _lines(shared, "TAB")) == ([], tabs)
    (root / "table.txt").write_text("a b\n")
    assert hv("check", "--baseline", "known.json").exit_code == 0, "and the other way round"
    stale = hv("tabs", "--baseline", "known.json")
    assert "tip: update it with 'hvsupport tabs --write-baseline FILE'" in stale.stdout
    hv("tabs", "--write-baseline", "known.json")
    assert json.loads(shared.read_text())["findings"] == []


def test_a_file_that_is_no_baseline_is_not_written_over(hv: Hv, root: Path) -> None:
    (root / "mine.json").write_text('{"mine": 1}\n')
    for command in ("check", "tabs"):
        done = hv(command, "--write-baseline", "mine.json")
        assert (done.exit_code, "remove it to write a new one" in done.stderr) == (2, True)
    assert (root / "mine.json").read_text() == '{"mine": 1}\n'


def _git(root: Path, *args: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *args], cwd=root, check=True, capture_output=True)


def test_diff_reports_what_is_new_since_a_revision(hv: Hv, root: Path, driver: Path) -> None:
    _git(root, "init")
    _git(root, "add", ".")
    _git(root, "commit", "-m", "first")
    assert hv("check", "--diff", "HEAD").exit_code == 0, "what was there already is not reported"
    driver.write_text("\n" + DRIVER + "\n    def snapshot(self, guest):\n        return guest.copy()\n")
    result = hv("check", "--diff", "HEAD")
    assert result.exit_code == 1
    assert "'snapshot'" in result.stdout
    assert "'stop'" not in result.stdout
    driver.write_text(DRIVER.partition("    def start")[0] + "    pass\n")
    result = hv("check", "--diff", "HEAD")
    assert "HV006 'start' of drivers.memory:MemoryDriver was supported since 1.0.0 and is gone" in result.stdout
    assert hv("check", "--diff", "no-such-revision").exit_code == 2


def test_the_gate_refuses_what_is_left(hv: Hv, driver: Path) -> None:
    driver.write_text(FIXED.replace("1.2.0", "next"))
    assert hv("check").exit_code == 0
    result = hv("check", "--release", "1.5.0")
    assert result.exit_code == 1
    assert "HV031" in result.stdout
    assert hv("stamp", "1.5.0").exit_code == 1
    assert hv("check", "--release", "1.5.0").exit_code == 0


# annotate and stamp


def test_annotate_writes_what_check_misses_and_no_other_byte(hv: Hv, driver: Path) -> None:
    before = DRIVER.replace("\n", "\r\n").encode()
    driver.write_bytes(before)
    driver.chmod(0o755)
    result = hv("annotate", "--since", "1.2.0")
    assert result.exit_code == 1
    assert driver.read_bytes() == FIXED.replace("\n", "\r\n").encode()
    assert driver.stat().st_mode & 0o777 == 0o755
    assert ast.dump(ast.parse(driver.read_bytes())) == ast.dump(ast.parse(before))
    assert hv("check").exit_code == 0
    again = hv("annotate", "--since", "1.2.0")
    assert (again.exit_code, again.stderr) == (0, "Nothing to change.\n")


def test_annotate_writes_next_unless_told_otherwise(hv: Hv, driver: Path) -> None:
    hv("annotate")
    assert "def stop(self, guest):  # next\n" in driver.read_text()


@pytest.mark.parametrize(
    ("args", "source"), [(("annotate",), DRIVER), (("stamp", "1.5.0"), FIXED.replace("1.2.0", "next"))]
)
def test_a_dry_run_prints_a_diff_and_changes_nothing(
    hv: Hv, root: Path, driver: Path, args: tuple[str, ...], source: str
) -> None:
    driver.write_text(source)
    result = hv(*args, "--dry-run")
    assert result.exit_code == 1
    assert result.stdout.startswith("--- a/drivers/memory.py\n+++ b/drivers/memory.py\n@@ ")
    assert driver.read_text() == source
    (root / "change.diff").write_text(result.stdout)
    hv(*args)
    changed = driver.read_text()
    driver.write_text(source)
    subprocess.run(["git", "apply", "change.diff"], cwd=root, check=True)
    assert driver.read_text() == changed


def test_annotate_says_what_it_could_not_write(hv: Hv, driver: Path) -> None:
    driver.write_text(ONE_LINE)
    result = hv("annotate")
    assert result.exit_code == 1
    assert result.stderr.count("was not changed") == 2
    assert driver.read_text() == ONE_LINE


def test_stamp_touches_only_the_word(hv: Hv, driver: Path) -> None:
    driver.write_text(FIXED.replace("1.2.0", "1.0.0 - 1.1.0, next; see the next one  # noqa: next"))
    assert hv("stamp", "1.5.0").exit_code == 1
    assert "# 1.0.0 - 1.1.0, 1.5.0; see the next one  # noqa: next\n" in driver.read_text()


def test_every_carrier_is_stamped(hv: Hv, driver: Path) -> None:
    source = '''\
from api import Driver, since


class MemoryDriver(Driver):
    @since("next")
    def start(self, guest):
        """Run the guest, next to others."""
        guest.running = True

    def stop(self, guest):
        """Stop the guest.

        .. versionadded:: 1.0.0
        .. versionremoved:: next
        """
        raise NotImplementedError

    def snapshot(self, guest):  # \u00e4 # next; \u00e4 next
        return guest.copy()
'''
    driver.write_text(source, encoding="utf-8")
    assert hv("check").exit_code == 0
    assert hv("stamp", "1.5.0").exit_code == 1
    stamped = source.replace('"next"', '"1.5.0"').replace(":: next", ":: 1.5.0").replace("# next;", "# 1.5.0;")
    assert driver.read_text(encoding="utf-8") == stamped


def test_stamp_refuses_a_release_that_an_annotation_has_already(hv: Hv, root: Path, driver: Path) -> None:
    (root / "hvsupport.toml").write_text(
        EXAMPLE_CONFIG.replace('releases = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]\n', "")
    )
    driver.write_text(FIXED.replace("1.2.0", "next"))
    result = hv("stamp", "1.0.0")
    assert result.exit_code == 2
    assert "1.0.0 is not newer than 1.0.0" in result.stderr
    assert hv("stamp", "1.0.1").exit_code == 1


@pytest.mark.parametrize("releases", ["", 'releases = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]\n'])
def test_stamp_finishes_what_an_interrupted_stamp_began(hv: Hv, root: Path, driver: Path, releases: str) -> None:
    listed = 'releases = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]\n'
    (root / "hvsupport.toml").write_text(EXAMPLE_CONFIG.replace(listed, releases))
    driver.write_text(FIXED.replace("1.2.0", "1.5.0").replace("1.0.0", "next"))
    assert "1.5.0" in driver.read_text() and "next" in driver.read_text()
    assert hv("stamp", "1.5.0").exit_code == 1
    assert "next" not in driver.read_text()
    assert hv("stamp", "1.5.0").exit_code == 0, "and a third time there is nothing left to do"


def test_stamp_under_listed_takes_the_last_of_the_list(hv: Hv, root: Path, driver: Path) -> None:
    config = EXAMPLE_CONFIG.replace("releases = ", 'scheme = "listed"\nreleases = ')
    (root / "hvsupport.toml").write_text(config)
    driver.write_text(FIXED.replace("1.2.0", "next"))
    assert "add it at the end first" in hv("stamp", "1.5.0").stderr
    assert "1.3.0 is not newer than 1.4.0" in hv("stamp", "1.3.0").stderr
    assert hv("stamp", "1.4.0").exit_code == 1
    assert "# 1.4.0\n" in driver.read_text()


# explain and the reference


def test_explain(hv: Hv) -> None:
    assert hv("explain", "hv004").stdout.startswith("# HV004 older-than-api\n")
    listed = hv("explain").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(CODES)
    assert "did you mean HV012" in hv("explain", "HV12").stderr


@pytest.mark.parametrize("name", ["cli.md", "rules.md"])
def test_the_reference_is_current(name: str) -> None:
    path = Path(__file__).parent.parent / "docs" / name
    assert path.read_text(encoding="utf-8") == reference.pages()[name], f"run: {reference.UPDATE}"


def test_every_command_and_option_is_explained() -> None:
    context = click.Context(cli.group)
    for name in cli.COMMANDS:
        command = cli.group.get_command(context, name)
        assert command is not None
        assert command.help
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"{name} {parameter.name}"


def test_help_lists_the_commands_in_order(hv: Hv) -> None:
    lines = hv("--help").stdout.partition("Commands:\n")[2].splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert names[: len(cli.COMMANDS)] == list(cli.COMMANDS)
    examples = hv("--help").stdout.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[1] for line in examples] == ["init", "check", "docs", "show"]


@pytest.mark.parametrize("command", [["check"], ["export", "--format", "csv"]], ids=" ".join)
def test_without_standard_output_what_would_be_lost_is_an_error(command: list[str], tmp_path: Path) -> None:
    """Unit files and cron start programs like that."""
    (tmp_path / "hvsupport.toml").write_text('title = "T"\n', encoding="utf-8")
    line = [sys.executable, "-m", "hvsupport.annotate", *command, "--root", str(tmp_path)]
    script = 'exec "$@" >&-'
    done = subprocess.run(["sh", "-c", script, "sh", *line], capture_output=True, text=True, check=False)
    assert done.stderr == "hvsupport: no standard output; use --output FILE\n"
    assert done.returncode == 2


@pytest.mark.parametrize(("full", "code"), [(False, 0), (True, 2)], ids=["written", "not written: no success"])
def test_what_cannot_be_written_at_the_end_is_no_success(
    monkeypatch: pytest.MonkeyPatch, full: bool, code: int
) -> None:
    class Stream:
        def flush(self) -> None:
            if full:
                raise OSError(28, "No space left on device")

    def leave(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(sys, "stdout", Stream())
    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(SystemExit) as left:
        cli._leave(0)
    assert left.value.code == code


# -- examples and the manual page

EXAMPLES = [
    line[2 : line.index("  ", 2)]
    for name in COMMANDS
    for line in (group.get_command(click.Context(group), name).epilog or "").split("\n")[2:]
]


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_of_the_help_is_a_valid_command_line(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each option exists, and each value is accepted; what the command then does has its own tests."""
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path)
    program, name, *words = shlex.split(line)
    command = group.get_command(click.Context(group), name)
    assert program == "hvsupport" and command is not None
    command.make_context(name, words)


def test_every_command_has_examples() -> None:
    assert {line.split()[1] for line in EXAMPLES} == set(COMMANDS)
    help = CliRunner().invoke(group, ["check", "--help"]).output
    assert "\n  Examples:\n    hvsupport check  " in help


def test_the_manual_page_is_roff_that_prints_all_of_its_text() -> None:
    lines = manual.page().splitlines()
    macros = {line.split()[0] for line in lines if line.startswith((".", "'"))}
    assert macros == {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".RI", ".nf", ".fi"}
    text = "\n".join(lines).replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\&", "").replace("\\ ", " ")
    assert "\\" not in text.replace(r"\e", "")
    assert all(f".SS hvsupport {name} " in text for name in COMMANDS)
    assert set(EXAMPLES) <= {line[2 : line.index("  ", 2)] for line in text.split("\n") if line.startswith("  hv")}
