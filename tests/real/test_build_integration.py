"""The lines of docs/build-integration.md, as they stand there, run by meson and by make on libvirt's own files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import debian
import pytest

PAGE = Path(__file__).parent.parent.parent / "docs" / "build-integration.md"
TABLE, NO_TABLE, HEADER = "src/bhyve/bhyve_driver.c", "src/bhyve/bhyve_process.c", "src/driver-hypervisor.h"
DELETED = "src/secret/secret_driver.c"
BASELINE, SYMBOLS = "docs/hvsupport-baseline.json", "src/libvirt_public.syms"
MESON = """\
project('libvirt', version: '9.0.0')
subdir('docs')
"""
#: What stands around the lines in libvirt: the documentation's XML is made before, and another target wraps the page.
AROUND = """\
docs_api_generated = custom_target('api', output: 'api.xml', command: ['touch', '@OUTPUT@'])
{lines}
custom_target(
  'hvsupport.html',
  input: hvsupport_html_in,
  output: 'hvsupport.html',
  command: ['cp', '@INPUT@', '@OUTPUT@'],
  build_by_default: true,
)
"""


def lines(language: str) -> str:
    """The block of the page in that language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def needed(*programs: str) -> None:
    missing = [each for each in programs if shutil.which(each) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed (Debian: apt-get install meson ninja-build make)")


@pytest.fixture
def environment() -> dict[str, str]:
    """With the command of this package first on the path."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def tree(tmp_path: Path, environment: dict[str, str]) -> Path:
    """The files of libvirt that the preset reads, in a project of their own, with a baseline of their 36 findings."""
    source, root = debian.libvirt(), tmp_path / "libvirt"
    for path in (*source.glob("src/**/*.[ch]"), *source.glob("src/*.syms"), *source.glob("tests/*.c")):
        target = root / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    (root / "docs").mkdir()
    (root / "meson.build").write_text(MESON)
    command = ["hvsupport", "check", "--preset", "libvirt", "--root", str(root), "--no-cache", "--quiet"]
    subprocess.run([*command, "--write-baseline", str(root / BASELINE)], env=environment, check=True)
    assert (root / BASELINE).read_text().count('"HV004"') > 0
    return root


def check_rebuilds(root: Path, page: Path, build: Callable[[], None]) -> None:
    """Build, and build again after each change: the page is made exactly when something that it shows changed."""

    def is_made() -> bool:
        before = page.stat().st_mtime_ns
        build()
        return page.stat().st_mtime_ns != before

    def later(path: str) -> None:
        moment = max(page.stat().st_mtime_ns, (root / path).stat().st_mtime_ns) + 10_000_000
        os.utime(root / path, ns=(moment, moment))

    build()
    first = page.read_bytes()
    assert b"bhyve" in first
    assert not is_made()
    later(NO_TABLE)
    assert not is_made()
    for path in (TABLE, HEADER, SYMBOLS, BASELINE):
        later(path)
        assert is_made(), path
        assert page.read_bytes() == first
        assert not is_made(), path
    text = (root / TABLE).read_text("utf-8")
    assert "bhyveDomainShutdown, /* 1.3.3 */" in text
    (root / TABLE).write_text(text.replace("bhyveDomainShutdown, /* 1.3.3 */", "bhyveDomainShutdown, /* 1.3.5 */"))
    later(TABLE)
    assert is_made()
    assert page.read_bytes() != first
    (root / TABLE).write_text(text.replace("bhyveDomainShutdown, /* 1.3.3 */", "bhyveDomainShutdown, /* soon */"))
    later(TABLE)
    for _ in range(2):
        with pytest.raises(subprocess.CalledProcessError):
            build()
    (root / TABLE).write_text(text)
    later(TABLE)
    assert is_made()
    assert not is_made()
    (root / DELETED).unlink()
    assert is_made()
    assert not is_made()
    assert page.read_bytes() != first


def test_the_lines_for_meson(tree: Path, environment: dict[str, str]) -> None:
    needed("meson", "ninja")
    (tree / "docs" / "meson.build").write_text(AROUND.format(lines=lines("meson")))
    subprocess.run(["meson", "setup", "build"], cwd=tree, env=environment, check=True, capture_output=True)

    def build() -> None:
        subprocess.run(["ninja", "-C", "build"], cwd=tree, env=environment, check=True, capture_output=True)

    check_rebuilds(tree, tree / "build" / "docs" / "hvsupport.html.in", build)
    assert (tree / "build/docs/hvsupport.html").read_bytes() == (tree / "build/docs/hvsupport.html.in").read_bytes()


def test_the_lines_for_make(tree: Path, environment: dict[str, str]) -> None:
    needed("make")
    build_folder = tree / "out"
    build_folder.mkdir()
    (build_folder / "Makefile").write_text(f"srcdir = {tree}\n{lines('make')}")

    def build() -> None:
        command = ["make", "-s", "hvsupport.html.in"]
        subprocess.run(command, cwd=build_folder, env=environment, check=True, capture_output=True)

    check_rebuilds(tree, build_folder / "hvsupport.html.in", build)
