"""The page without a frame, and the file that tells make and ninja what it depends on."""

from __future__ import annotations

import subprocess
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
    target, _, rest = depfile.read_text().partition(":")
    named = {Path(each).relative_to(tree).as_posix() for each in rest.replace("\\\n", " ").split()}
    assert (target, named) == (str(page), {"ops.h", "drivers/mem.c", "hvsupport.toml"})


def test_make_rebuilds_the_page_exactly_when_a_table_changes(tree: Path) -> None:
    (tree / "Makefile").write_text(
        "page.html: ops.h\n\techo made >> log\n"
        "\tprintf 'page.html: ops.h drivers/mem.c\\n' > page.d\n\ttouch page.html\n"
        "-include page.d\n"
    )

    def made() -> int:
        subprocess.run(["make", "-s", "page.html"], cwd=tree, check=True)
        return (tree / "log").read_text().count("made")

    assert (made(), made()) == (1, 1)
    later = (tree / "page.html").stat().st_mtime + 10
    for path, count in (("drivers/util.c", 1), ("drivers/mem.c", 2)):
        import os

        os.utime(tree / path, (later, later))
        assert made() == count


def test_a_depfile_needs_an_output(tree: Path) -> None:
    result = CliRunner().invoke(group, ["export", "--root", str(tree), "--depfile", str(tree / "x.d")])
    assert result.exit_code == 2
