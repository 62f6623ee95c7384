"""The user's own Markdown pages: their order, links, images, and what is said of broken ones."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import gen_builder as b

from hvsupport.gen import site
from hvsupport.gen.pages import documents as pages
from hvsupport.gen.pages import markup

PIXEL = b"\x89PNG\r\n\x1a\n"


def lay(root: Path, **files: str | bytes) -> Path:
    """Write files below docs; ``__`` in a name is a folder, the last ``_`` a dot."""
    for name, content in files.items():
        path = root / "docs" / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def build(root: Path, repository: str | None = None) -> site.Site:
    return site.build(b.every_kind(), (), site.Settings(repository, pages.load(root, "docs", repository)))


def problems(root: Path, repository: str | None = None) -> list[str]:
    return [f"{one.place.short}: {one.message}" for one in build(root, repository).findings]


def test_pages_stand_in_the_frame_with_navigation(tmp_path: Path) -> None:
    made = build(
        lay(tmp_path, index_md="# Home\n\n[second](two.md)", one_md="# First\n\n## Part\n", two_md="# Second\n")
    )
    assert not made.findings
    text = made.files["one.html"].decode()
    assert "<title>First · Example</title>" in text
    assert text.index("Second</a>") < text.index("First</a>"), "the order is that of the links in index.md"
    assert '<a href="one.html" aria-current="page">First</a>' in text
    assert '<a href="#part">Part</a>' in text
    index = made.files["index.html"].decode()
    assert "Home" in index
    assert '<a href="two.html">second</a>' in index
    assert index.count("<h1") == 1


def test_without_an_index_pages_follow_by_path(tmp_path: Path) -> None:
    docs = pages.load(lay(tmp_path, b_md="# B", a__index_md="# AI", a__x_md="# AX", c_md="C"), "docs")
    assert docs.intro is None
    assert [(one.path, one.title) for one in docs.pages] == [
        ("b.html", "B"),
        ("c.html", "C"),
        ("a/index.html", "AI"),
        ("a/x.html", "AX"),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# One\n# Two", "One"),
        ("## Sub\n\n# Main", "Main"),
        ("no heading", "Getting started"),
        ("# `code` & <b>more</b>", "code & more"),
        ("Title\n=====\n", "Title"),
        ("\ufeff# With a mark", "With a mark"),
        ("# A\r\n\r\ntext\r\n", "A"),
        ("", "Getting started"),
    ],
)
def test_title(tmp_path: Path, text: str, title: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "getting-started.md").write_bytes(text.encode())
    assert pages.load(tmp_path, "docs").pages[0].title == title


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("other.md", "../other.html"),
        ("../other.md", "../other.html"),
        ("../other.md#part", "../other.html#part"),
        ("same.md", "same.html"),
        ("./same.md", "same.html"),
        ("../sub/same.md#x", "same.html#x"),
        ("#here", "#here"),
        ("../img/a%20b.png", "../img/a%20b.png"),
        ("../hvsupport.html#plain.full", "../hvsupport.html#plain.full"),
        ("../deep", "../deep/index.html"),
        ("../deep/", "../deep/index.html"),
        ("https://example.invalid/x.md", "https://example.invalid/x.md"),
        ("mailto:a@example.invalid", "mailto:a@example.invalid"),
        ("page.html?x=1&amp;y=2", "page.html"),
    ],
)
def test_links_are_rewritten(tmp_path: Path, written: str, expected: str) -> None:
    lay(tmp_path, other_md="# O", sub__same_md="# S", deep__index_md="# D")
    (tmp_path / "docs" / "img").mkdir()
    (tmp_path / "docs" / "img" / "a b.png").write_bytes(PIXEL)
    (tmp_path / "docs" / "sub" / "page.md").write_text(f"# P\n\n[text]({written})\n")
    page = next(one for one in pages.load(tmp_path, "docs").pages if one.path == "sub/page.html")
    if written == "other.md":
        expected = "other.md"
    assert f'<a href="{expected}">text</a>' in page.body


def test_html_in_markdown_is_rewritten_too_and_nothing_else_changes(tmp_path: Path) -> None:
    text = '# P\n\n<p class=x lang=en>a &amp; b &copy; <a href="o.md" title="&quot;t&quot;">o</a><br/><!-- c --></p>\n'
    lay(tmp_path, p_md=text, o_md="# O")
    body = pages.load(tmp_path, "docs").pages[1].body
    assert '<p class="x" lang="en">a &amp; b &copy; <a href="o.html" title="&quot;t&quot;">o</a><br></p>' in body
    body = pages.load(tmp_path, "docs", any_html=True).pages[1].body
    assert '<p class=x lang=en>a &amp; b &copy; <a href="o.html" title="&quot;t&quot;">o</a><br/><!-- c --></p>' in body


def test_rewriter_copies() -> None:
    html = (
        '<!doctype html><p class="a">x &lt; &#38; &nbsp;<img src="a.png" alt=\'\'><br><svg/></p><!-- <a href="x"> -->'
    )
    assert markup.Rewriter(lambda tag, name, value: value).run(html) == html


def test_broken_links_are_reported_with_their_line(tmp_path: Path) -> None:
    lay(
        tmp_path,
        a_md="# A\n\n[gone](gone.md)\n[anchor](b.md#nope) [own](#nope)\n[img](x.png)\n\n![p](y.png)\n"
        "[cell](hvsupport.html#no.cell)",
        b_md="# B\n\n## There\n\n[fine](a.md#a) [fine](#there)",
        index_md="# I\n\n[out](../../etc/passwd) [root](/b.html)",
    )
    assert problems(tmp_path) == [
        "docs/a.md:3: the link 'gone.md' has no target",
        "docs/a.md:4: the link 'b.md#nope': the page has no heading or anchor 'nope'",
        "docs/a.md:4: the link '#nope': the page has no heading or anchor 'nope'",
        "docs/a.md:5: the link 'x.png' has no target",
        "docs/a.md:7: the link 'y.png' has no target",
        "docs/a.md:8: the link 'hvsupport.html#no.cell': the page has no heading or anchor 'no.cell'",
        "docs/index.md:3: the link '../../etc/passwd' has no target",
        "docs/index.md:3: the link '/b.html' is absolute; make it relative to this page",
    ]


def test_links_in_code_are_text(tmp_path: Path) -> None:
    assert problems(lay(tmp_path, a_md="# A\n\n`[x](gone.md)`\n\n```\n[x](gone.md) <a href='gone.md'>\n```\n")) == []


def test_links_out_of_the_folder_lead_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("x")
    lay(tmp_path, a_md="# A\n\n[changes](../CHANGELOG.md)")
    assert problems(tmp_path) == ["docs/a.md:3: the link '../CHANGELOG.md' points outside the folder of pages"]
    made = build(tmp_path, "https://h/{path}#L{line}")
    assert not made.findings
    assert '<a href="https://h/CHANGELOG.md#L1">changes</a>' in made.files["a.html"].decode()


def test_images_come_along_and_others_stay(tmp_path: Path) -> None:
    lay(
        tmp_path,
        a_md="# A\n\n![shot](img/shot.png)\n\n[data](data.bin)",
        img__shot_png=PIXEL,
        data_bin=b"1",
        secret_txt="no",
    )
    made = build(tmp_path)
    assert not made.findings
    assert made.files["img/shot.png"] == PIXEL
    assert made.files["data.bin"] == b"1"
    assert "secret.txt" not in made.files


def test_images_from_other_hosts_are_a_warning(tmp_path: Path) -> None:
    found = pages.load(lay(tmp_path, a_md="# A\n\n![badge](https://example.invalid/b.svg)"), "docs").findings
    assert [(one.severity, one.place.short, one.tip) for one in found] == [
        ("warning", "docs/a.md:3", "put a copy beside the page")
    ]


def test_what_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    lay(tmp_path, latin_md="# Größe".encode("latin-1"), fine_md="# Fine")
    (tmp_path / "docs" / "loop.md").symlink_to("loop.md")
    outside = tmp_path.parent / f"{tmp_path.name}-outside.md"
    outside.write_text("# Outside")
    (tmp_path / "docs" / "outside.md").symlink_to(outside)
    docs = pages.load(tmp_path, "docs")
    assert [one.title for one in docs.pages] == ["Fine"]
    assert [one.place.path for one in docs.findings] == ["docs/latin.md", "docs/loop.md", "docs/outside.md"]


def test_missing_folder_is_a_finding(tmp_path: Path) -> None:
    assert [one.message for one in pages.load(tmp_path, "docs").findings] == ["folder of pages 'docs' not found"]


def test_a_link_inside_the_root_is_a_page(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# Changes")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "changelog.md").symlink_to("../CHANGELOG.md")
    assert [one.title for one in pages.load(tmp_path, "docs").pages] == ["Changes"]


def test_an_index_in_every_folder_is_a_page_of_its_own(tmp_path: Path) -> None:
    made = build(lay(tmp_path, index_md="# Home\n[g](guide/index.md)", guide__index_md="# Guide\n[home](../index.md)"))
    assert not made.findings
    assert '<a href="../index.html">home</a>' in made.files["guide/index.html"].decode()


def test_tables_code_notes_and_attributes(tmp_path: Path) -> None:
    text = "# T {#top}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nx < 1\n```\n\n"
    text += "!!! note\n    mind\n\nterm\n:   meaning\n\n[TOC]\n\n## Part {.wide}\n\nA note[^1].\n\n[^1]: Below.\n"
    body = pages.load(lay(tmp_path, a_md=text), "docs").pages[0].body
    for piece in (
        '<table tabindex="0">',
        '<div class="highlight"><pre tabindex="0"><span></span><code><span class="n">x</span> ',
        'class="admonition note"',
        "<dd>meaning",
        '<div class="toc">',
        '<h2 class="wide" id="part">',
        '<a class="footnote-ref" href="#fn:1">1</a>',
        '<li id="fn:1">',
        'id="top"',
    ):
        assert piece in body


def test_same_bytes(tmp_path: Path) -> None:
    lay(tmp_path, index_md="# I\n[a](a.md)", a_md="# A\n[i](index.md)", b_md="# B[^1]\n\n[^1]: note")
    assert build(tmp_path).files == build(tmp_path).files


def test_pages_and_files_whose_names_differ_only_in_case_are_all_there(tmp_path: Path) -> None:
    """On a file system that ignores case one would replace the other; ``a.md`` and ``a.MD`` did so everywhere."""
    pages_of = dict.fromkeys(["other_md", "Other_md", "OTHER_md", "a_md", "a_MD", "aux_md", "Con__x_md"], "# page {}\n")
    laid = {name: text.format(name) for name, text in pages_of.items()}
    laid["index_md"] = "".join(f"[{name}]({name.replace('__', '/').replace('_', '.')})\n" for name in pages_of)
    laid["index_md"] += "![one](logo.png) ![two](Logo.png) [file](a.html)\n"
    made = build(lay(tmp_path, logo_png=PIXEL, Logo_png=PIXEL + b"2", a_html="# file", **laid))
    assert not made.findings
    paths = [path for path in made.files if not path.startswith(("drivers", "entries"))]
    assert len(paths) == len({path.lower() for path in paths})
    assert {"other.html", "a.html", "logo.png", "aux-.html", "Con-/x.html"} <= set(paths)
    links = dict(re.findall(r'<a href="([^"]+)">(\w+)</a>', made.files["index.html"].decode()))
    for path, name in links.items():
        if name in pages_of:
            assert f"page {name}" in made.files[path].decode()
        elif name == "file":
            assert made.files[path] == b"# file"
    pictures = re.findall(r'<img alt="\w+" src="([^"]+)">', made.files["index.html"].decode())
    assert [made.files[path] for path in pictures] == [PIXEL, PIXEL + b"2"]
