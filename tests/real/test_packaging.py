"""What is shipped: wheel and sdist are complete, and an installed wheel works on its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# One process runs these, so that wheel and sdist are built once.
pytestmark = pytest.mark.xdist_group("packaging")
#: A tree whose driver is written in C, with a script in Perl.
IN_C = {
    "hvsupport.toml": """\
title = "C"
release = "1.0.0"
releases = ["1.0.0"]

[interfaces.ops]
at = "ops.h:ops"
kind = "table"
drivers = ["*.c"]
""",
    "ops.h": "struct ops {\n    int (*open)(void);\n};\n",
    "mem.c": "struct ops mem = {\n    .open = f,\n};\n",
    "tool.pl": "if (1) {\n\tf();\n}\n",
}
MISSING_IN_C = "mem.c:2:5: HV001 'open' of mem.c:mem has no release"
PACKAGES = {"annotate": "hvsupport/annotate", "gen": "hvsupport/gen", "templates": "hvsupport/templates"}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(each) for each in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600
    )


def built(folder: Path) -> Path:
    """Sdist and wheel of this checkout, as a release has them."""
    done = run(sys.executable, ROOT / "tools" / "dist.py", folder, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("dist"))


def test_the_same_tree_gives_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    again = built(tmp_path)
    names = sorted(path.name for path in dist.iterdir())
    assert len(names) == 2
    assert [name for name in names if (again / name).read_bytes() != (dist / name).read_bytes()] == []


def members(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def tracked(folder: str) -> set[str]:
    """The files of a package as git knows them; without git, as they lie there."""
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
    return {path for path in found if "__pycache__" not in path}


def test_wheel_holds_every_file_of_the_packages(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = members(wheel)
    for folder, package in PACKAGES.items():
        missing = {path for path in tracked(folder) if package + path[len(folder) :] not in names}
        assert not missing, f"add them to [tool.setuptools] in pyproject.toml: {sorted(missing)}"


def test_wheel_holds_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    beside = [name for name in members(wheel) if not name.startswith("hvsupport/")]
    manual = [name for name in beside if not name.split("/")[0].endswith(".dist-info")]
    assert [name.partition(".data/")[2] for name in manual] == ["data/share/man/man1/hvsupport.1"]


def test_wheel_is_no_package_of_its_own(dist: Path) -> None:
    """``hvsupport`` is a namespace, so that no ``__init__.py`` of it can clash."""
    (wheel,) = dist.glob("*.whl")
    assert "hvsupport/__init__.py" not in members(wheel)


def test_extras_of_earlier_releases_can_still_be_named(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = message_from_bytes(archive.read(name))
    assert {"c", "tabs"} <= set(metadata.get_all("Provides-Extra", []))
    asked = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {re.match(r"[\w-]+", line)[0] for line in asked} >= {"tree-sitter", "tree-sitter-c", "tree-sitter-perl"}


def test_sdist_can_be_built_from(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"pyproject.toml", "README.md", "LICENSE", "annotate/__init__.py", "gen/__init__.py"}
    assert wanted | tracked("templates") <= names


def test_wheel_works_in_an_empty_environment(dist: Path, tmp_path: Path) -> None:
    """Nothing but the wheel and what it asks for: the command, the module, and a site with its templates."""
    (wheel,) = dist.glob("*.whl")
    home = tmp_path / "venv"
    venv.create(home)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "-q"]
    installed = run(*pip, "install", "--no-compile", wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    version = run(home / "bin" / "hvsupport", "--version", cwd=tmp_path)
    assert version.stdout.startswith("hvsupport "), version.stderr
    # Reading C and fixing tabs need no extra.
    (tmp_path / "c").mkdir()
    for name, text in IN_C.items():
        (tmp_path / "c" / name).write_text(text, encoding="utf-8")
    out = tmp_path / "site"
    made = run(python, "-m", "hvsupport.annotate", "docs", "--root", "c", "--no-cache", "--out", out, cwd=tmp_path)
    assert made.returncode == 1 and MISSING_IN_C in made.stderr.splitlines(), made.stdout + made.stderr
    assert "mem.c" in (out / "hvsupport.html").read_text("utf-8")
    assert (out / "hvsupport.css").stat().st_size > 1000
    found = run(python, "-m", "hvsupport.annotate", "check", "--root", "c", "--no-cache", cwd=tmp_path)
    assert (found.returncode, found.stdout.splitlines()[0]) == (1, MISSING_IN_C), found.stderr
    fixed = run(python, "-m", "hvsupport.annotate", "tabs", "--fix", "--root", "c", cwd=tmp_path)
    assert fixed.returncode == 1 and "1 run of tabs fixed in 1 file" in fixed.stderr, fixed.stdout + fixed.stderr
    assert (tmp_path / "c" / "tool.pl").read_text("utf-8") == "if (1) {\n        f();\n}\n"
