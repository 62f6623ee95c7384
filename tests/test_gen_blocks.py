"""Blocks in pages: what they show, where their links lead, and what is said of words that mean nothing."""

from __future__ import annotations

import re
from pathlib import Path

import gen_builder as b
import pytest

from hvsupport.annotate.model import Place
from hvsupport.annotate.protocol import Family, Protocol, Step
from hvsupport.annotate.protocols.support import of_driver
from hvsupport.annotate.readers import inventory
from hvsupport.gen import embed, names, site
from hvsupport.gen.pages import documents as pages
from hvsupport.gen.pages import markup
from hvsupport.gen.pages.request import KINDS, Problems, parse
from hvsupport.gen.render import Renderer, asset

PLACE = Place("docs/a.md", 3)


def tree():
    """One interface with two drivers, two headings and a protocol."""
    entries = [
        b.entry("begin", group="Moves", since="1.0.0"),
        b.entry("finish", group="Moves", since="1.0.0"),
        b.entry("save", group="Files", since="0.9.0"),
        b.entry("load", group="Files", since="0.9.0"),
    ]
    drivers = [b.driver("lib/a.py:A", "alpha"), b.driver("lib/b.py:B", "beta")]
    cells = {
        ("lib/a.py:A", "begin"): b.cell("1.0.0"),
        ("lib/a.py:A", "finish"): b.cell("1.2.0; partial: slowly"),
        ("lib/a.py:A", "save"): b.cell("0.9.0 - 1.2.0", "removed"),
        ("lib/b.py:B", "save"): b.cell("1.2.0"),
    }
    interface = b.interface(cells, drivers, entries, groups=("Moves", "Files"))
    steps = (Step("Begin", "source", ("begin",), "Begins."), Step("Finish", "destination", ("finish",), "Ends."))
    move = Protocol("move-v1", "v1", "Move v1", "move", interface.key, 1, steps)
    family = Family("move", "Move", protocols=(move,), interface=interface.key)
    supports = {
        (driver.id, key): support
        for driver in drivers
        for key, support in of_driver((move,), {entry.name: interface.cell(driver, entry) for entry in entries}).items()
    }
    return b.catalogue(interface)._replace(protocols=(family._replace(supports=supports),))


def made(text: str, here: str = "guide/page.html", base: str = ""):
    """The block of such a fence, its HTML, and what is wrong with it."""
    info, _, lines = text.partition("\n")
    problems, catalogue = Problems(), tree()
    context = site.context(catalogue, names.names(catalogue).below(base))
    asked = parse(info, lines.split("\n"), PLACE, problems)
    found = None if asked is None else embed.embed(context, asked, here, 1, problems, Renderer())
    return found, [(one.place.line, one.message, one.found, one.expected, one.tip) for one in problems.findings]


def html(text: str, **more: str) -> str:
    found, problems = made(text, **more)
    assert found is not None, problems
    return found[1]


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("matrix", ["alpha", "beta"], ["begin", "finish", "save", "load"]),
        ("matrix compute", ["alpha", "beta"], ["begin", "finish", "save", "load"]),
        ("matrix\ninterface: Compute drivers", ["alpha", "beta"], ["begin", "finish", "save", "load"]),
        ("matrix\ndrivers: beta, alpha", ["beta", "alpha"], ["begin", "finish", "save", "load"]),
        ("matrix\ndrivers: lib/a.py:A\nentries: f*, load", ["alpha"], ["finish", "load"]),
        ("matrix\n\n  groups: Files\nentries: save, begin", ["alpha", "beta"], ["save"]),
        ("matrix\nas-of: 1.0.0", ["alpha"], ["begin", "save"]),
    ],
)
def test_a_matrix_has_the_rows_and_columns_that_were_asked_for(text: str, columns: list[str], rows: list[str]) -> None:
    found, problems = made(text)
    assert found is not None, problems
    page = found[0].matrix
    if "as-of" in text:  # what came later is not shown, and a driver without a release counts from its first entry
        assert [row.name.text for group in page.groups for row in group.rows if row.cells[0].text != "–"] == rows
        return
    assert [column.name.text for column in page.columns] == columns
    assert [row.name.text for group in page.groups for row in group.rows] == rows


def test_links_of_a_block_lead_to_the_page_that_has_all_of_it() -> None:
    text = html("matrix\nentries: finish")
    assert 'href="../hvsupport.html#finish.alpha"' in text
    assert 'href="../drivers/alpha.html"' in text
    assert 'href="../protocol-move.html#protocol:v1"' in text
    assert "1.2.0</a><sup>1</sup>" in text, "the note is below, so its number is no link"
    assert 'id="support-1-note:1"' in text
    assert 'href="../support/drivers/beta.html"' in html("matrix", base="support/")
    assert 'href="https://e.org/s/drivers/beta.html"' in html("matrix", base="https://e.org/s/")


def test_all_ids_of_a_block_are_its_own() -> None:
    for kind in ("matrix", "driver alpha", "protocol move", "changes"):
        found = markup.ids(html(kind))
        assert found and all(one.startswith("support-1-") for one in found)
        assert len(set(found)) == len(found)


def test_a_block_repeats_no_finding_and_carries_nothing_for_the_script() -> None:
    text = html("matrix") + html("driver alpha")
    assert "data-items" not in text
    assert "data-at" not in text
    assert "flag" not in text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("driver alpha", ["begin", "finish", "save"]),
        ("driver lib/a.py:A\nstates: supported", ["begin", "finish"]),
        ("driver alpha\nstates: *", ["begin", "finish", "save", "load"]),
        ("driver alpha\ngroups: Moves\nas-of: 1.0.0", ["begin"]),
    ],
)
def test_the_list_of_a_driver(text: str, rows: list[str]) -> None:
    found, problems = made(text)
    assert found is not None, problems
    assert [row.name.text for group in found[0].driver.groups for row in group.rows] == rows


@pytest.mark.parametrize("subject", ["move", "Move", "move-v1", "MOVE V1"])
def test_a_protocol_has_its_diagram_and_its_steps(subject: str) -> None:
    text = html(f"protocol {subject}")
    assert "<svg" in text and "Begins." in text and "Ends." in text
    assert 'href="../hvsupport.html#begin"' in text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("changes", ["1.2.0 alpha gained finish", "1.2.0 alpha lost save", "1.2.0 beta gained save"]),
        ("changes 1.0.0", ["1.0.0 alpha gained begin"]),
        (
            "changes 1.2.0\nsince: 0.9.0\nentries: begin, finish",
            ["1.2.0 alpha gained finish", "1.0.0 alpha gained begin"],
        ),
        ("changes 1.2.0\ndrivers: beta", ["1.2.0 beta gained save"]),
        ("changes 1.0.0\ndrivers: beta", []),
    ],
)
def test_the_changes_of_a_release(text: str, lines: list[str]) -> None:
    found, problems = made(text)
    assert found is not None, problems
    said = [
        f"{release} {line.driver.text} {line.words} {', '.join(link.text for link in line.entries)}"
        for release, news in found[0].news
        for line in news
    ]
    assert sorted(said) == sorted(lines)
    assert (found[0].empty is None) == bool(lines)


NAMED = "alpha, beta"
WRONG = [
    ("", 3, "the kind of the block is missing", None, ", ".join(KINDS), None),
    ("matrx", 3, "'matrx' is not a kind of block", "matrx", ", ".join(KINDS), "did you mean 'matrix'?"),
    (
        "matrix\ndriver: alpha",
        4,
        "a block 'matrix' has no option 'driver'",
        "driver",
        ", ".join(KINDS["matrix"].options),
        "did you mean 'drivers'?",
    ),
    ("matrix\n\ndrivers: alpa", 5, "no driver is called 'alpa'", "alpa", NAMED, "did you mean 'alpha'?"),
    ("matrix other", 3, "no interface is called 'other'", "other", "compute", None),
    ("matrix\nentries: save, g*", 4, "no entry point is called 'g*'", "g*", "begin, finish, save, load", None),
    ("matrix\ngroups: Filse", 4, "no group is called 'Filse'", "Filse", "Moves, Files", "did you mean 'Files'?"),
    ("matrix\nas-of: 7.0", 4, "this release is not known", "7.0", "1.2.0, 1.0.0, 0.9.0", None),
    ("matrix\nnonsense", 4, "a line of a block must be an option and its value", "nonsense", "OPTION: VALUE", None),
    ("matrix\ndrivers:", 4, "a line of a block must be an option and its value", "drivers:", "OPTION: VALUE", None),
    ("matrix\ncaption: x\ncaption: y", 5, "the option 'caption' is given twice", "caption: y", None, None),
    (
        "driver",
        3,
        "a block 'driver' needs a subject",
        None,
        "hvsupport driver NAME",
        "name the title or id of a driver",
    ),
    ("driver gamma", 3, "no driver is called 'gamma'", "gamma", NAMED, None),
    (
        "driver *",
        3,
        "a block must name one driver",
        "*",
        "lib/a.py:A in compute, lib/b.py:B in compute",
        "give the id of the driver, or the option 'interface'",
    ),
    (
        "driver alpha\nstates: suported",
        4,
        "no state is called 'suported'",
        "suported",
        None,
        "did you mean 'supported'?",
    ),
    ("protocol v9", 3, "no protocol is called so", "v9", "move, move-v1", None),
    ("changes 1.0.0\nsince: 1.2.0", 4, "1.2.0 is not older than 1.0.0", "1.2.0", None, None),
]


@pytest.mark.parametrize(("text", "line", "message", "found", "expected", "tip"), WRONG, ids=[one[0] for one in WRONG])
def test_words_that_mean_nothing_are_findings(text, line, message, found, expected, tip) -> None:
    block, problems = made(text)
    assert [one[:3] for one in problems] == [(line, message, found)]
    assert expected is None or problems[0][3] == expected
    assert problems[0][4] == tip
    assert block is None or "given twice" in message or "no option" in message or "must be an option" in message


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(made("matrix\ndrivers: x, y\nentries: z\nnope: 1")[1]) == 4


def build(root: Path, **texts: str) -> site.Site:
    for name, text in texts.items():
        path = root / "docs" / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return site.build(tree(), settings=site.Settings(documents=pages.load(root, "docs")))


def test_blocks_on_the_projects_own_pages(tmp_path: Path) -> None:
    text = "# A\n\n```hvsupport matrix\nentries: save\n```\n\n- x\n\n~~~ hvsupport driver beta\n~~~\n\n"
    text += "[row](#support-1-save)\n"
    result = build(tmp_path, index=text, deep__page=text)
    assert result.findings == ()
    for path, base in (("index.html", ""), ("deep/page.html", "../")):
        page = result.files[path].decode()
        assert f'href="{base}hvsupport.html#save.alpha"' in page
        assert "support-2-save" in page
        assert "\x02" not in page
        found = markup.ids(page)
        assert len(set(found)) == len(found)
    assert b"hvsupport-matrix" not in result.files["hvsupport-index.js"]
    assert b"supported since this release" in result.files["hvsupport-index.js"]  # the search knows the text of blocks


def test_findings_about_blocks_have_their_lines(tmp_path: Path) -> None:
    text = "---\ntitle: T\n---\n# A\n\n```hvsupport matrix\n\nentries: sve\n```\n\n```hvsupport nope\n```\n"
    result = build(tmp_path, a=text)
    assert [one.place.short for one in result.findings] == ["docs/a.md:8", "docs/a.md:11"]
    assert [one.code for one in result.findings] == ["PAGE002"] * 2
    assert result.files["a.html"].count(b"This block could not be made") == 2


def test_a_block_that_is_not_closed_is_a_finding(tmp_path: Path) -> None:
    result = build(tmp_path, a="# A\n\n```hvsupport matrix\n\ntext\n")
    assert [(one.place.short, one.message) for one in result.findings] == [("docs/a.md:3", "this block is not closed")]


def test_a_block_inside_another_fence_or_indented_is_an_example(tmp_path: Path) -> None:
    text = "# A\n\n````\n```hvsupport nope\n```\n````\n\n    ```hvsupport nope\n    ```\n\n"
    text += "```text\n~~~hvsupport nope\n~~~\n```\n"
    result = build(tmp_path, a=text)
    assert result.findings == ()
    assert result.files["a.html"].count(b"hvsupport nope") == 3


def test_the_place_of_a_block_cannot_be_forged(tmp_path: Path) -> None:
    result = build(tmp_path, a="# A\n\n<div>\x020\x03</div>\n\n```hvsupport changes 1.0.0\n```\n")
    assert result.files["a.html"].count(b"hvsupport-changes") == 1


def test_hostile_names_are_text_in_blocks(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script>\u202e'
    catalogue = tree()
    interface = catalogue.interfaces[0]
    driver = interface.drivers[0]._replace(title=evil)
    catalogue = catalogue._replace(
        interfaces=(interface._replace(drivers=(driver, *interface.drivers[1:]), title=evil),), protocols=()
    )
    context, problems = site.context(catalogue, names.names(catalogue)), Problems()
    for words in ("matrix", "driver lib/a.py:A", "changes"):
        asked = parse(words, [f"caption: {evil}"], PLACE, problems)
        found = embed.embed(context, asked, "a.html", 1, problems, Renderer())
        assert found is not None
        assert "<script" not in found[1]
        assert "&lt;script&gt;" in found[1]


@pytest.mark.parametrize(
    ("text", "title", "description"),
    [
        ("---\ntitle: Told\ndescription: 'What it is'\ntags:\n  - a\n- b\n# c\n\n---\n# H\n", "Told", "What it is"),
        ('---\ntitle: "T"\n...\n# H\n', "T", "T"),
        ("---\nauthor: x\n---\n# H\n", "H", "H"),
        ("---\n\nA line.\n\n---\n# H\n", "H", "H"),
        ("---\ntitle: T\n# H\n", "H", "H"),
        ("# H\n\n---\ntitle: T\n---\n", "H", "H"),
    ],
)
def test_front_matter(tmp_path: Path, text: str, title: str, description: str) -> None:
    page = build(tmp_path, a=text).files["a.html"].decode()
    assert f"<title>{title} · Example</title>" in page
    assert f'<meta name="description" content="{description}">' in page
    assert "author" not in page or text.startswith("---\n\n")


def test_code_is_coloured_by_classes_alone(tmp_path: Path) -> None:
    page = (
        build(tmp_path, a="# A\n\n```python\nx = None  # why\n```\n\n```nolanguage\nx\n```\n").files["a.html"].decode()
    )
    assert '<span class="c1"># why</span>' in page
    assert "style=" not in page
    used = set(re.findall(r'<span class="([a-z0-9]+)">', page)) - {"p", "n", "o", "unseen", "release"}
    rules = asset("hvsupport.css").decode()
    assert {one for one in used if f".{one}" not in rules} == set()


def test_the_stylesheet_of_blocks_stays_inside_them() -> None:
    """It goes into other people's pages: every rule is inside ``.hvsupport``, and every colour that is used is set."""
    text = embed.stylesheet().decode()
    depth, outside = 0, []
    for line in re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).split("\n"):
        if depth == 0 and line.strip() and ".hvsupport" not in line:
            outside.append(line)
        depth += line.count("{") - line.count("}")
        assert depth >= 0
    assert (depth, outside) == (0, [])
    by_script = {"--columns"}
    assert set(re.findall(r"var\((--[a-z0-9-]+)\)", text)) - set(re.findall(r"(--[a-z0-9-]+):", text)) <= by_script
    assert "light-dark(#e4f4e7, #14301e)" in text


def test_a_link_names_an_entry_or_a_driver(tmp_path: Path) -> None:
    text = "# A\n\n[a](hv:finish) [b](hv:beta) [c](hv:compute:save) [d](hv:lib/a.py:A)\n"
    result = build(tmp_path, deep__a=text, b="# B\n\n[x](hv:finsh)\n")
    page = result.files["deep/a.html"].decode()
    for name, address in (
        ("a", "entries/finish"),
        ("b", "drivers/beta"),
        ("c", "entries/save"),
        ("d", "drivers/alpha"),
    ):
        assert f'<a href="../{address}.html">{name}</a>' in page
    (finding,) = result.findings
    assert (finding.place.short, finding.message) == ("docs/b.md:3", "no entry point or driver is called 'finsh'")
    assert finding.tip == "did you mean 'finish'?"


def test_the_site_has_an_inventory(tmp_path: Path) -> None:
    catalogue = tree()
    two = catalogue._replace(
        interfaces=(*catalogue.interfaces, catalogue.interfaces[0]._replace(key="dns")), protocols=()
    )
    found = dict(inventory.names(site.build(two).files["objects.inv"]))
    assert found["save"] == "entries/compute/save.html"
    assert found["dns:save"] == "entries/dns/save.html"
    assert found["alpha"] == "drivers/compute/alpha.html"
    large = site.build(b.large(900, 3)).files["objects.inv"]
    assert len(dict(inventory.names(large))) > 900, "in several stored blocks"
