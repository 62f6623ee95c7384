"""The index of the search: what is in it, and that each address exists."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gen_builder as b
import pytest

from hvsupport.gen import site
from hvsupport.gen.pages import documents as pages
from hvsupport.gen.pages.search import sections


def index(files: Any) -> list[list[Any]]:
    text = files["hvsupport-index.js"].decode("ascii")
    assert text.startswith("const hvsupportIndex = [") and text.endswith("];\n")
    found: list[list[Any]] = json.loads(text.removeprefix("const hvsupportIndex = ").removesuffix(";\n"))
    return found


CATALOGUES = {
    "kinds": b.every_kind(),
    "hostile": b.hostile(),
    "several": b.catalogue(*(b.every_kind().interfaces[0]._replace(key=key) for key in ("a", "b"))),
    "protocols": b.moving(),
}


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_address_exists(name: str) -> None:
    files = site.build(CATALOGUES[name]).files
    found = index(files)
    assert found
    for _, title, _, address, _ in found:
        path, _, fragment = address.partition("#")
        assert path in files, title
        assert not fragment or f'id="{fragment}"' in files[path].decode(), address


def test_everything_is_in_it() -> None:
    found = index(site.build(b.every_kind()).files)
    assert [item[1] for item in found if item[0] == 0] == list(b.KINDS)
    assert [item[1::3] for item in found if item[0] == 1] == [
        ["full", "lib.driver:Full"],
        ["empty", "lib.driver:Empty"],
    ]
    assert ["full, noted", "Compute drivers", "hvsupport.html#noted.full", "needs a reboot"] in [
        item[1:] for item in found
    ]
    steps = [item for item in index(site.build(b.moving()).files) if item[0] == 2]
    assert steps and all("Perform" in item[2] for item in steps)


def test_prose_is_in_it_by_part(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    text = (
        "# Guide\n\nBegin `here`.\n\n## One *part*\n\n- a\n- b\n\n### Deep\n\n| x | y |\n|---|---|\n| p & q | `<b>` |\n"
    )
    (tmp_path / "docs" / "guide.md").write_text(text)
    (tmp_path / "docs" / "index.md").write_text("# Welcome\n\nRead this.\n\n## More\n\nAnd that.\n")
    loaded = pages.load(tmp_path, "docs")
    prose = [
        item[1:]
        for item in index(site.build(b.every_kind(), (), site.Settings(documents=loaded)).files)
        if item[0] == 4
    ]
    assert [item[:3] for item in prose[:2]] == [
        ["Welcome", "", "index.html#welcome"],
        ["More", "Welcome", "index.html#more"],
    ]
    prose = prose[2:]
    assert [(title, where, re.sub(r".*#", "#", address)) for title, where, address, _ in prose] == [
        ("Guide", "", "#guide"),
        ("One part", "Guide", "#one-part"),
        ("Deep", "Guide", "#deep"),
    ]
    assert [item[3] for item in prose] == ["Begin here.", "a b", "x y p & q <b>"]


def test_text_before_the_first_heading_is_kept() -> None:
    assert list(sections("<p>a</p><p>b</p><h2 id='x'>C<a class='headerlink'>¶</a></h2><p>d</p>")) == [
        ("", "", "a b"),
        ("x", "C", "d"),
    ]
    assert list(sections("")) == []
