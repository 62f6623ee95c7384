"""Trees that strangers send, and that ``docs/security.md`` names for each of its lines a test that exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate.cli import group

HERE = Path(__file__).parent
API = "class Driver:\n    def start(self):\n        raise NotImplementedError\n"
DRIVER = "from api import Driver\n\n\nclass A(Driver):  # 1.0.0\n    def start(self):\n        return 1\n"
CONFIG = 'pages = "docs"\n[interfaces.driver]\nat = "api.py:Driver"\ndrivers = ["drivers/*.py"]\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "tree"
    for path, text in {
        "api.py": API,
        "hvsupport.toml": CONFIG,
        "drivers/a.py": DRIVER,
        "docs/index.md": "# A\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    monkeypatch.chdir(root)
    return root


def hv(*arguments: str) -> Result:
    done = CliRunner().invoke(group, arguments, prog_name="hvsupport")
    assert "internal error" not in done.output
    return done


def test_every_line_of_the_threat_model_has_its_test() -> None:
    text = (HERE.parent / "docs" / "security.md").read_text()
    rows = [row for row in text.split("\n") if row.startswith("| ") and "|---" not in row]
    named = [re.search(r"`(test_\w+\.py)::(test_\w+)` \|$", row) for row in rows]
    tables = text.count("\n|---")
    assert len([one for one in named if one is None]) == tables + 4, "only heads, and the table of who is trusted"
    for one in filter(None, named):
        (path,) = (path for path in (HERE / one[1], HERE / "heavy" / one[1]) if path.exists())
        assert f"\ndef {one[2]}(" in path.read_text(), one[0]


def test_nothing_of_the_tree_is_run(root: Path) -> None:
    trap = f"open({str(root / 'owned')!r}, 'w')\n"
    for path in ("api.py", "drivers/a.py"):
        (root / path).write_text(trap + (root / path).read_text())
    (root / "conftest.py").write_text(trap)
    (root / "docs" / "index.md").write_text(f"# A\n\n```python\n{trap}```\n\n{{{{ 1/0 }}}}{{% include 'x' %}}\n")
    for line in ("check", "docs --out site", "export", "annotate", "tabs", "init --dry-run"):
        hv(*line.split())
    assert not (root / "owned").exists()
    assert "{{ 1/0 }}" in (root / "site" / "index.html").read_text()


def test_templates_of_the_tree_are_not_used(root: Path) -> None:
    hv("docs", "--out", "site")
    before = (root / "site" / "index.html").read_bytes()
    for folder in ("templates", "hvsupport/templates"):
        (root / folder).mkdir(parents=True)
        for name in ("index.html.j2", "base.html.j2", "style.css"):
            (root / folder / name).write_text("{{ ''.__class__.__mro__ }}")
    hv("docs", "--out", "again")
    assert (root / "again" / "index.html").read_bytes() == before


@pytest.mark.parametrize("path", ["drivers/b.py", "drivers/b.md", "api.py"])
def test_what_is_no_regular_file_is_not_waited_for(root: Path, path: str) -> None:
    (root / path).unlink(missing_ok=True)
    os.mkfifo(root / path)
    done = hv("check", "--no-cache")
    assert done.exit_code == 1
    assert path.endswith(".md") or f"{path}:1:1: HV0" in done.stdout
    assert hv("tabs").exit_code in (0, 1)


def test_a_link_out_of_the_root_is_neither_read_nor_written(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(DRIVER)
    (root / "drivers" / "b.py").symlink_to(outside)
    (root / "drivers" / "c").symlink_to(tmp_path)
    assert "drivers/b.py:1:1: HV010 the file cannot be read: outside the root" in hv("check").stdout
    hv("annotate")
    (root / "tabbed.py").symlink_to(tmp_path / "tabbed.py")
    (tmp_path / "tabbed.py").write_text("if x:\n\ty = 1\n")
    hv("tabs", "--fix")
    assert outside.read_text() == DRIVER
    assert (tmp_path / "tabbed.py").read_text() == "if x:\n\ty = 1\n"


ODD = [
    b"a\nb.py",
    b"\x1b[2J.py",
    b"-rf.py",
    b"--output=x.py",
    "\u202eyp.exe.py".encode(),
    b"\xff\xfe.py",
    b"a'b\"c`d$(e).py",
]


@pytest.mark.parametrize("name", ODD, ids=repr)
def test_odd_names_are_only_names(root: Path, name: bytes) -> None:
    with open(os.fsencode(root / "drivers") + b"/" + name, "w") as stream:
        stream.write(DRIVER)
    before = set(os.listdir(root))
    done = hv("check")
    assert done.exit_code == 1 and "Found 2 errors: HV001 2 (" in done.stdout
    assert hv("annotate").exit_code == 1
    assert hv("check").stdout == "No findings.\n"
    assert hv("tabs").exit_code == 0
    assert set(os.listdir(root)) == before


#: What is read besides sources -> the command that reads it.
ROLES = {
    "drivers/b.py": "check --no-cache",
    "hvsupport.toml": "check --no-cache",
    "pyproject.toml": "init --dry-run",
    "setup.cfg": "init --dry-run",
    "version": "check --no-cache",
    "hvsupport-baseline.json": "check --no-cache",
    "docs/index.md": "docs --out site",
    "docs/picture.png": "docs --out site",
    ".editorconfig": "tabs",
    "cache/CACHEDIR.TAG": "tabs",
    ".git": "check --no-cache",
    ".git/packed-refs": "check --no-cache",
    ".git/commondir": "check --no-cache",
}
KINDS = {
    "a gigabyte of nothing": "with open(path, 'wb') as file: file.truncate(1 << 30)",
    "a pipe": "os.mkfifo(path)",
    "a device": "os.symlink('/dev/zero', path)",
    "a link to a device through another": "os.symlink('/dev/zero', path + '~'); os.symlink(path + '~', path)",
}
ROLES_SCRIPT = """
import os, resource, shutil
from click.testing import CliRunner
from hvsupport.annotate.cli import group
resource.setrlimit(resource.RLIMIT_AS, (900 << 20,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for path, line in ROLES.items():
    if path.startswith(".git/"):
        os.makedirs(".git", exist_ok=True)
        open(".git/HEAD", "w").close()
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    kept = open(path, "rb").read() if os.path.isfile(path) else None
    if kept is not None:
        os.unlink(path)
    MAKE
    done = CliRunner().invoke(group, line.split(), prog_name="hvsupport")
    print(path, done.exit_code, "internal error" in done.output, done.exception)
    for each in (path, path + "~"):
        if os.path.lexists(each):
            os.unlink(each)
    shutil.rmtree(".git", ignore_errors=True)
    if kept is not None:
        open(path, "wb").write(kept)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_too_large_or_no_regular_file_is_refused_in_every_role(root: Path, kind: str) -> None:
    """In one process with less memory than the file has; a read that waits ends it too."""
    (root / "hvsupport.toml").write_text(
        f"release = {{ from = ['version'], pattern = '(.+)' }}\nbaseline = 'hvsupport-baseline.json'\n{CONFIG}"
    )
    (root / "version").write_text("1.0.0\n")
    (root / "hvsupport-baseline.json").write_text('{"version": 1, "findings": []}')
    (root / "docs" / "index.md").write_text("# A\n\n![A](picture.png)\n")
    (root / "t.py").write_text("if x:\n\ty = 1\n")
    script = ROLES_SCRIPT.replace("ROLES", repr(ROLES)).replace("MAKE", KINDS[kind].replace("; ", "\n    "))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-800:]
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert said.keys() == ROLES.keys()
    for path, rest in said.items():
        code, internal, error = rest.split(" ", 2)
        assert code in "012" and internal == "False" and (error == "None" or code == error.strip()), (path, rest)


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x" + ".a" * 5000 + " = 1", "[" + "a." * 5000 + "a]"], ids=len)
def test_a_deep_configuration_is_an_error(root: Path, text: str) -> None:
    (root / "hvsupport.toml").write_text(f"{text}\n")
    assert hv("check").exit_code in (1, 2)
