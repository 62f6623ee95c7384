"""The page without a frame, and the file that tells make and ninja what it depends on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import gen_builder as b
import pytest
from click.testing import CliRunner

from hvsupport.annotate.cli import group
from hvsupport.gen.exports.fragment import to_fragment

XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.mark.parametrize("make", [b.every_kind, b.hostile], ids=["every kind", "hostile names"])
def test_the_page_is_xml_with_ids_that_stand_once(make) -> None:  # type: ignore[no-untyped-def]
    page = to_fragment(make())
    root = ElementTree.fromstring(page)
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert root.find(f"{XHTML}body").get("id") == "hvsupport"  # type: ignore[union-attr]
    assert len(ids) == len(set(ids))
    assert page == to_fragment(make())


def test_every_cell_says_something_but_for_absent_ones() -> None:
    catalogue = b.every_kind()
    root = ElementTree.fromstring(to_fragment(catalogue))
    cells = list(root.iter(f"{XHTML}td"))
    entries = sum(len(each.entries) for each in catalogue.interfaces)
    pairs = sum(len(each.entries) * len(each.drivers) for each in catalogue.interfaces)
    assert len(cells) == 2 * entries + pairs
    filled = sum("".join(each.itertext()).strip() != "" for each in cells)
    spoken = sum(
        not (cell.state == "unsupported" and not cell.spans)
        for each in catalogue.interfaces
        for _, _, cell in each.walk()
    )
    assert filled >= entries + spoken


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "ops.h").write_text("typedef struct { int (*open)(void); } ops;\n")
    (tmp_path / "drivers" / "mem.c").write_text("ops mem = {\n    .open = memOpen, /* 1.0.0 */\n};\n")
    (tmp_path / "drivers" / "util.c").write_text("int util;\n")
    (tmp_path / "hvsupport.toml").write_text(
        'title = "Ex"\nreleases = ["1.0.0"]\n'
        '[interfaces.ops]\nat = "ops.h:ops"\nkind = "table"\ndrivers = ["drivers/*"]\n'
    )
    return tmp_path


def test_the_depfile_names_what_the_page_is_made_of(tree: Path) -> None:
    page, depfile = tree / "page.html", tree / "page.d"
    arguments = ["export", "--root", str(tree), "--format", "html-fragment", "--output", str(page)]
    result = CliRunner().invoke(group, [*arguments, "--depfile", str(depfile)], prog_name="hvsupport")
    assert result.exit_code == 0, result.output
    rule, *empty = depfile.read_text().split("\n\n")
    target, _, rest = rule.partition(":")
    named = {Path(each).relative_to(tree).as_posix() for each in rest.replace("\\\n", " ").split()}
    assert (target, named) == (str(page), {"ops.h", "drivers/mem.c", "hvsupport.toml"})
    assert {Path(each.strip().removesuffix(":")).relative_to(tree).as_posix() for each in empty} == named


COMMAND = "hvsupport export --root . --quiet --format html-fragment"
BUILDS = {
    "make": ("Makefile", f"page.html: ; {COMMAND} --output $@ --depfile $@.d\n-include page.html.d\n"),
    "ninja": (
        "build.ninja",
        f"rule page\n  command = {COMMAND} --output $out --depfile $out.d\n  depfile = $out.d\n  deps = gcc\n"
        "build page.html: page\n",
    ),
}


@pytest.mark.parametrize("program", BUILDS)
def test_the_page_is_built_again_exactly_when_it_has_to_be(tree: Path, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    path, text = BUILDS[program]
    (tree / path).write_text(text)
    (tree / "drivers" / "two.c").write_text((tree / "drivers" / "mem.c").read_text().replace("mem", "two"))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def change(name: str, text: str) -> None:
        """Write a file a little after the page."""
        (tree / name).write_text(text)
        moment = (tree / "page.html").stat().st_mtime_ns + 10_000_000
        os.utime(tree / name, ns=(moment, moment))

    def build() -> str:
        """What the build did."""
        before = (tree / "page.html").stat().st_mtime_ns if (tree / "page.html").exists() else None
        done = subprocess.run([program, "page.html"], cwd=tree, env=environment, capture_output=True, text=True)
        if done.returncode:
            return "failed" if "HV003" in done.stdout + done.stderr else done.stdout + done.stderr
        return "nothing" if (tree / "page.html").stat().st_mtime_ns == before else "built"

    assert (build(), build()) == ("built", "nothing")
    change("drivers/util.c", "int other;\n")
    assert build() == "nothing", "it holds no table"
    table = "drivers/two.c"
    good = (tree / table).read_text()
    change(table, good.replace("1.0.0", "1.9"))
    assert (build(), build()) == ("failed", "failed"), "a failure is not forgotten"
    change(table, good)
    assert (build(), build()) == ("built", "nothing")
    (tree / table).unlink()
    assert (build(), build()) == ("built", "nothing"), "a deleted driver leaves the page"
    assert "two" not in (tree / "page.html").read_text()


def test_a_page_that_fails_from_the_start_fails_again(tree: Path) -> None:
    (tree / "drivers" / "mem.c").write_text("ops mem = {\n    .open = memOpen, /* 1.9 */\n};\n")
    page = tree / "page.html"
    result = CliRunner().invoke(group, ["export", "--root", str(tree), "--output", str(page)], prog_name="hvsupport")
    assert result.exit_code == 1
    inputs = [tree / "ops.h", tree / "hvsupport.toml", tree / "drivers" / "mem.c"]
    assert page.stat().st_mtime_ns < min(path.stat().st_mtime_ns for path in inputs)


def test_a_depfile_needs_an_output(tree: Path) -> None:
    result = CliRunner().invoke(group, ["export", "--root", str(tree), "--depfile", str(tree / "x.d")])
    assert result.exit_code == 2
