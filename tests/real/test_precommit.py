"""The hooks, run by pre-commit itself from a clone of this repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from identify import identify

ROOT = Path(__file__).resolve().parent.parent.parent
# One process runs these, so that pre-commit makes its environment once.
pytestmark = pytest.mark.xdist_group("pre-commit")

CONFIG = """\
title = "Example"
release = "1.1.0"
releases = ["1.0.0", "1.1.0"]

[interfaces.driver]
at = "api.py:Driver"
drivers = ["drivers/*.py"]
"""

API = """\
class Driver:
    def start(self, guest):  # 1.0.0
        raise NotImplementedError

    def stop(self, guest):  # 1.0.0
        raise NotImplementedError
"""

CLEAN = """\
from api import Driver


class Memory(Driver):
    def start(self, guest):  # 1.0.0
        guest.running = True

    def stop(self, guest):  # 1.1.0
        guest.running = False
"""


def git(*arguments: str, cwd: Path) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(["git", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone that holds this checkout as it lies here, uncommitted changes too, in a commit of its own."""
    if not (ROOT / ".git").exists():
        pytest.skip("pre-commit installs a hook from a git repository, and this is none")
    folder = tmp_path_factory.mktemp("clone") / "hvsupport"
    git("clone", "-q", "--no-hardlinks", str(ROOT), str(folder), cwd=ROOT)
    files = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, files):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    git("add", "-A", cwd=folder)
    git("commit", "-q", "--allow-empty", "-m", "as it lies here", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def project(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that uses the hook, clean."""
    folder = tmp_path_factory.mktemp("project")
    git("init", "-q", cwd=folder)
    revision = git("rev-parse", "HEAD", cwd=clone)
    hooks = f"repos:\n  - repo: {clone}\n    rev: {revision}\n    hooks:\n      - id: hvsupport-check\n"
    files = {".pre-commit-config.yaml": hooks, "hvsupport.toml": CONFIG, "api.py": API, "drivers/memory.py": CLEAN}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git("add", "-A", cwd=folder)
    return folder


def pre_commit(project: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    # The 0 turns --no-compile on: most of what is installed for the hook is never imported here.
    environment |= {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never", "PIP_NO_COMPILE": "0"}
    command = [sys.executable, "-m", "pre_commit", "run"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment it makes for the hook: made once, used by every test here."""
    return tmp_path_factory.mktemp("home")


def test_clean_tree_passes(project: Path, home: Path) -> None:
    done = pre_commit(project, home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_one_missing_annotation_fails(project: Path, home: Path) -> None:
    driver = project / "drivers" / "memory.py"
    driver.write_text(CLEAN.replace("  # 1.1.0", ""), encoding="utf-8")
    git("add", "-A", cwd=project)
    done = pre_commit(project, home)
    driver.write_text(CLEAN, encoding="utf-8")
    git("add", "-A", cwd=project)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "drivers/memory.py:8:5: HV001 'stop'" in done.stdout


def test_commit_of_other_files_does_not_run_it(project: Path, home: Path) -> None:
    git("commit", "-q", "--no-verify", "-m", "clean", cwd=project)
    (project / "notes.txt").write_text("nothing of Python\n", encoding="utf-8")
    git("add", "-A", cwd=project)
    done = pre_commit(project, home)
    assert done.returncode == 0
    assert "Skipped" in done.stdout, done.stdout


#: Files of Perl, the more the better: pre-commit hands them to several processes at once.
MANY = {f"t/many{number:02}.t": f"\tok({number});\n" for number in range(40)}
TABBED = {
    "a.pl": "if (1) {\n\tf('\\t');\n}\n",
    "b.t": "\tok(1);\n",
    "c.pod": "=pod\n\n\tverbatim\n\n=cut\n",
    "d.pl.in": "\tprint '@VERSION@';\n",
    "tool": "#!/usr/bin/perl\n\tf();\n",
    "e.c": "int f(void) {\n\treturn 0;\n}\n",
    **MANY,
}
#: What stays: tabs belong in the first, and no grammar tells what those of the other are.
STAYS = {"Makefile": "all:\n\ttrue\n", "page.html": "<p>\ta</p>\n"}


def tabs_project(clone: Path, folder: Path, hook: str) -> Path:
    git("init", "-q", cwd=folder)
    hooks = f"repos:\n  - repo: {clone}\n    rev: {git('rev-parse', 'HEAD', cwd=clone)}\n    hooks: [{{id: {hook}}}]\n"
    for name, text in {".pre-commit-config.yaml": hooks, **TABBED, **STAYS}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git("add", "-A", cwd=folder)
    return folder


def reported(output: str) -> set[str]:
    return set(re.findall(r"^(.+?):\d+:\d+: TAB", output, re.MULTILINE))


def test_tabs_are_found_where_pre_commit_sees_no_perl(clone: Path, home: Path, tmp_path: Path) -> None:
    project = tabs_project(clone, tmp_path, "hvsupport-tabs")
    missed = {name for name in TABBED if "perl" not in identify.tags_from_path(str(project / name))}
    assert missed >= {"d.pl.in", "tool"}, "else the hook could ask pre-commit for Perl"
    done = pre_commit(project, home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert reported(done.stdout) == {*TABBED, "page.html"}
    assert "page.html:1:4: TAB004" in done.stdout
    assert all((project / name).read_text("utf-8") == text for name, text in {**TABBED, **STAYS}.items())


def test_the_fixing_hook_fails_once_and_then_passes(clone: Path, home: Path, tmp_path: Path) -> None:
    """Pre-commit splits the files over processes that run at once; each is fixed, and only once."""
    project = tabs_project(clone, tmp_path, "hvsupport-tabs-fix")
    done = pre_commit(project, home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    if len(os.sched_getaffinity(0)) > 1:
        assert done.stdout.count(" tabs fixed in ") > 1, "it was not split"
    for name, text in TABBED.items():
        assert (project / name).read_text("utf-8") == text.replace("\t", " " * 8), name
    assert all((project / name).read_text("utf-8") == text for name, text in STAYS.items())
    assert reported(done.stdout) == {"page.html"}
    assert not list(project.rglob(".hvsupport-*")), "no half-written file is left"
    git("rm", "-qf", "page.html", cwd=project)
    git("add", "-A", cwd=project)
    again = pre_commit(project, home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert git("diff", "--name-only", cwd=project) == "", "a second run changes nothing"
