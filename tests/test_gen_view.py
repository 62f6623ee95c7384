"""View objects: what every kind of cell says, addresses, totals, and that hostile names stay apart."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import gen_builder as b

from hvsupport.annotate.model import STATES, Place
from hvsupport.gen import celltext, names
from hvsupport.gen.exports.tables import to_markdown
from hvsupport.gen.names import told_apart
from hvsupport.gen.pages import frame, totals
from hvsupport.gen.pages.driver import driver_page
from hvsupport.gen.pages.entry import entry_page
from hvsupport.gen.pages.filters import releases_of
from hvsupport.gen.pages.matrix import CellView, matrix_page
from hvsupport.gen.pages.news import by_entry
from hvsupport.gen.pages.overview import hub_page, index_page
from hvsupport.gen.site import build

#: kind of cell -> text, struck texts, tail, mark, and the sentence behind it.
TEXTS = {
    "plain": ("0.9.2", (), None, "", "supported since 0.9.2"),
    "partial": ("~ 1.2.0", (), None, "", "supported in part since 1.2.0"),
    "partial_bare": ("~ 1.2.0", (), None, "", "supported in part since 1.2.0"),
    "deprecated": ("† 1.0.0", (), None, "", "supported since 1.0.0; deprecated since 1.3.0"),
    "deprecated_bare": ("~ † 1.0.0", (), None, "", "supported in part since 1.0.0; deprecated"),
    "noted": ("1.0.0", (), None, "", "supported since 1.0.0"),
    "at_most": ("≤ 0.3.0", (), None, "", "supported since 0.3.0 or earlier"),
    "next": ("next", (), None, "", "supported from the next release on"),
    "removed": ("removed 1.0.0", ("0.3.2",), None, "", "removed in 1.0.0; was supported since 0.3.2"),
    "back": ("1.3.0", ("0.7.0–1.0.0",), None, "", "supported since 1.3.0; earlier 0.7.0–1.0.0"),
    "leaving": ("0.7.0", (), "until next", "", "supported since 0.7.0, until next"),
    "inherited": ("0.9.2", (), None, "↑", "supported since 0.9.2; inherited from lib.base:Base"),
    "default": ("0.9.2", (), None, "∘", "supported since 0.9.2; default implementation in lib.base:Interface"),
    "derived": ("0.9.2", (), None, "⇠", "supported since 0.9.2; derived from plain"),
    "conditional": ("? 0.9.2", (), None, "", "conditional since 0.9.2"),
    "conditional_bare": ("?", (), None, "", "conditional"),
    "variants": ("0.9.2", (), None, "", "supported since 0.9.2"),
    "stub": ("–", (), None, "", "unsupported; stub: the override only raises"),
    "absent": ("–", (), None, "", "unsupported"),
    "unannotated": ("✓ ?", (), None, "", "implemented, release not annotated"),
    "unreadable": ("!", (), None, "", "could not be read"),
}


def whole(catalogue, findings=(), **more) -> frame.Site:
    by_cell = {(one.driver, one.entry): (one,) for one in findings}
    releases = releases_of(catalogue)
    return frame.Site(catalogue, names.names(catalogue), tuple(findings), by_cell, releases=releases, **more)


def matrix(catalogue, findings=(), at=0, **more):
    site = whole(catalogue, findings, **more)
    return matrix_page(site, catalogue.interfaces[at], site.names.interfaces[at])


def cells(page) -> dict[str, CellView]:
    return {one.id: one for group in page.groups for row in group.rows for one in row.cells}


@pytest.mark.parametrize("kind", b.KINDS)
def test_every_kind_of_cell_in_words(kind: str) -> None:
    found = celltext.cell_text(b.KINDS[kind])
    assert (found.text, found.past, found.tail, found.mark, found.sentence) == TEXTS[kind]


def test_every_kind_is_tested() -> None:
    assert TEXTS.keys() == b.KINDS.keys()
    assert {cell.state for cell in b.KINDS.values()} == set(STATES)


def test_states_differ_by_text_alone() -> None:
    """Without colour a reader still tells every state from every other."""
    samples = {state: celltext._BLANK[state] for state in STATES}
    assert len(set(samples.values())) == len(STATES)


def test_notes() -> None:
    said = {kind: celltext.cell_notes(cell) for kind, cell in b.KINDS.items() if celltext.cell_notes(cell)}
    assert said == {
        "partial": ("in part: no live resize",),
        "deprecated": ("use plain",),
        "noted": ("needs a reboot",),
        "conditional": ("depends on CONF.live and <b>x</b>",),
        "conditional_bare": ("depends on has_it()",),
        "variants": ("when sys.platform == 'win32': 1.1.0",),
    }


def test_note_of_an_older_span_names_its_span() -> None:
    old, new = b.spans("0.7.0 - 1.0.0; flaky")[0], b.spans("1.3.0; partial: slow")[0]
    cell = b.cell("0.7.0")._replace(spans=(old, new))
    assert celltext.cell_notes(cell) == ("0.7.0–1.0.0: flaky", "1.3.0: in part: slow")


def test_only_a_plain_cell_needs_no_words() -> None:
    plain = {one.id: one.label is None for one in cells(matrix(b.every_kind())).values()}
    assert [name for name, bare in plain.items() if bare] == ["plain.full"]


def test_labels_say_all() -> None:
    page = cells(matrix(b.every_kind(), [b.finding("HV001", "lib.driver:Full", "noted")]))
    assert page["noted.full"].label == "supported since 1.0.0; needs a reboot; finding HV001"
    assert page["noted.full"].css == "supported flagged"
    assert page["partial.full"].css == "supported partial"
    assert page["plain.empty"].label == "unsupported"
    assert page["plain.empty"].title is None


def test_footnotes_are_numbered_in_reading_order_and_shared() -> None:
    catalogue = b.catalogue(
        b.interface(
            {("m:A", "one"): b.KINDS["noted"], ("m:B", "one"): b.KINDS["partial"], ("m:A", "two"): b.KINDS["partial"]},
            [b.driver("m:A"), b.driver("m:B")],
            [b.entry("one"), b.entry("two")],
        )
    )
    page = matrix(catalogue)
    assert [(note.number, note.text) for note in page.notes] == [
        ("1", "needs a reboot"),
        ("2", "in part: no live resize"),
    ]
    assert [link.href for link in page.notes[1].cells] == ["#one.b", "#two.a"]
    assert [link.text for link in cells(page)["two.a"].notes] == ["2"]


def test_many_cells_of_a_footnote_are_counted() -> None:
    entries = [b.entry(f"e{at}") for at in range(15)]
    page = matrix(
        b.catalogue(b.interface({("m:A", e.name): b.KINDS["noted"] for e in entries}, [b.driver("m:A")], entries))
    )
    assert (len(page.notes[0].cells), page.notes[0].more) == (12, "and 3 cells more")


def test_groups_keep_the_declared_order_and_lose_nobody() -> None:
    entries = [
        b.entry("a", "Late"),
        b.entry("b"),
        b.entry("c", "Early"),
        b.entry("d", "Unlisted"),
        b.entry("e", "Late"),
    ]
    page = matrix(b.catalogue(b.interface({}, [b.driver("m:A")], entries, groups=("Early", "Late", "Unused"))))
    shown = [(group.heading.text if group.heading else None, [row.id for row in group.rows]) for group in page.groups]
    assert shown == [("Early", ["c"]), ("Late", ["a", "e"]), ("Unlisted", ["d"]), ("Other entry points", ["b"])]


def test_without_groups_there_is_no_heading() -> None:
    page = matrix(b.catalogue(b.interface({}, [b.driver("m:A")], [b.entry("a")])))
    assert [(group.id, group.heading) for group in page.groups] == [(None, None)]


def test_row_shows_the_public_call_and_the_entry_where_it_is_another() -> None:
    entries = [
        b.entry("domainCreate", api="virDomainCreate", url="https://example.invalid/#a"),
        b.entry("open", api="virConnect", url="javascript:alert(1)"),
        b.entry("plain"),
    ]
    rows = matrix(b.catalogue(b.interface({}, [b.driver("m:A")], entries))).groups[0].rows
    assert [(row.name.text, row.sub, row.words) for row in rows] == [
        ("virDomainCreate", None, "domainCreate"),
        ("virConnect", "open", "open"),
        ("plain", None, ""),
    ]
    assert [row.docs.href if row.docs else None for row in rows] == ["https://example.invalid/#a", None, None]


def test_source_links_only_for_the_web() -> None:
    place = Place("lib/a b#c.py", 3)
    assert frame.source_link("https://h/{path}#L{line}", place) == "https://h/lib/a%20b%23c.py#L3"
    assert frame.source_link("javascript:{path}", place) is None
    assert frame.source_link(None, place) is None


def test_a_source_link_of_a_release_needs_one() -> None:
    assert frame.of_release("https://h/v{release}/{path}", "9.0.0") == "https://h/v9.0.0/{path}"
    assert frame.of_release("https://h/v{release}/{path}", "1 0/..") == "https://h/v1%200%2F../{path}"
    assert frame.of_release("https://h/v{release}/{path}", None) is None
    assert frame.of_release("https://h/{path}", None) == "https://h/{path}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("domainMigrateBegin3", "domainMigrateBegin3"),
        ("Amazon EC2 (us-east)", "Amazon-EC2-us-east"),
        ("../../etc", "etc"),
        ("Größe", "Groe"),
        ("数据", "x-5440f742"),
        ("", "x"),
        ("--", "x"),
    ],
)
def test_slug(text: str, expected: str) -> None:
    assert names.slug(text) == expected


def test_slug_of_a_very_long_name_is_short_and_its_own() -> None:
    one, two = names.slug("a" * 300), names.slug("a" * 299 + "b")
    assert len(one) < 100
    assert one != two


def test_shared_titles_are_told_apart_by_the_id_not_by_position() -> None:
    drivers = [b.driver("m.azure:AzureNode", "Azure"), b.driver("m.arm:AzureArm", "Azure"), b.driver("m:Other")]
    forward = names.names(b.catalogue(b.interface({}, drivers, []))).interfaces[0].drivers
    backward = names.names(b.catalogue(b.interface({}, drivers[::-1], []))).interfaces[0].drivers
    assert dict(forward) == dict(backward)
    assert forward["m.azure:AzureNode"] == "azure-azurenode"


def test_one_interface_or_several() -> None:
    one = b.interface({}, [b.driver("m:A")], [b.entry("a")])
    assert names.names(b.catalogue(one)).interfaces[0].matrix == "hvsupport.html"
    two = names.names(b.catalogue(one, one._replace(key="dns")))
    assert [n.matrix for n in two.interfaces] == ["hvsupport-compute.html", "hvsupport-dns.html"]
    assert two.interfaces[1].pages["m:A"] == "drivers/dns/a.html"


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ("index.html", "hvsupport.html", "hvsupport.html"),
        ("drivers/a.html", "hvsupport.html#x", "../hvsupport.html#x"),
        ("drivers/x/a.html", "drivers/y/b.html", "../y/b.html"),
        ("index.html", "index.html", "index.html"),
        ("a/b.html", "a/b.html#x", "#x"),
    ],
)
def test_relative(here: str, there: str, expected: str) -> None:
    assert names.relative(here, there) == expected


def test_totals_add_up_and_the_bar_agrees() -> None:
    interface = b.every_kind().interfaces[0]
    numbers = totals.driver_totals(interface, interface.drivers[0])
    assert sum(numbers[state] for state in STATES) == len(interface.entries)
    assert (numbers["supported"], numbers["unsupported"]) == (13, 2)
    assert (numbers["partial"], numbers["deprecated"]) == (3, 2)
    bar = totals.bar(numbers)
    assert bar.total == 21
    assert sum(piece.length for piece in bar.pieces) == 19
    assert [piece.start for piece in bar.pieces] == [0, 13, 14, 15, 17, 18]


def test_a_tree_without_releases_has_no_column_that_says_that_nothing_is_supported() -> None:
    bare = {("m:A", "a"): b.KINDS["unannotated"]}
    index = index_page(whole(b.catalogue(b.interface(bare, [b.driver("m:A")], [b.entry("a")]))), None)
    assert index.interfaces[0].headings == ("Driver", "Entry points", "unsupported", "unannotated")


def test_a_driver_on_the_first_page_breaks_between_its_words() -> None:
    one = b.interface({}, [b.driver("m:A", "LinodeNodeDriverV4")], [b.entry("a")])
    assert b"Linode<wbr>Node<wbr>Driver" in build(b.catalogue(one)).files["index.html"]


def test_index_lists_states_that_occur() -> None:
    catalogue = b.catalogue(b.interface({("m:A", "a"): b.KINDS["next"]}, [b.driver("m:A")], [b.entry("a")]))
    totals_of = index_page(whole(catalogue), None).interfaces[0]
    assert totals_of.headings == ("Driver", "Entry points", "supported", "next release", "unsupported")
    assert [count.count for count in totals_of.rows[0].counts] == ["0", "1", "0"]


def test_a_strip_has_the_cells_in_the_order_of_the_rows() -> None:
    row = index_page(whole(b.every_kind()), None).interfaces[0].rows[0]
    assert row.strip.total == len(b.KINDS)
    paths = dict(row.strip.pieces)
    assert paths["supported"].startswith("M0 0h7v1h-7z"), "seven, then the next release"
    assert paths["next"] == "M7 0h1v1h-1z"
    assert "unsupported" not in paths
    assert row.cells.href == "hvsupport.html?driver=full"


def test_the_index_tells_what_is_new_in_the_release() -> None:
    cells = {
        ("m:A", "new"): b.cell("1.4.0"),
        ("m:A", "gone"): b.cell("1.0.0 - 1.4.0", "removed"),
        ("m:A", "older"): b.cell("1.3.0"),
        ("m:A", "perhaps"): b.cell("<= 1.4.0"),
        ("m:A", "coming"): b.cell("next", "next"),
        ("m:A", "raises"): b.cell("1.4.0", "unsupported", "stub"),
    }
    made = b.interface(cells, [b.driver("m:A", "a")], [b.entry(name) for _, name in cells])
    found = index_page(whole(b.catalogue(made)), None).news
    assert found is not None and found.heading == "New in 1.4.0"
    assert [(line.driver.text, line.words, [each.text for each in line.entries]) for line in found.lines] == [
        ("a", "gained", ["new"]),
        ("a", "lost", ["gone"]),
    ]
    before = index_page(whole(b.catalogue(made, current="1.3.9")), None).news
    assert before is not None and before.heading == "New in 1.3.0"
    assert index_page(whole(b.catalogue(made, current="0.1")), None).news is None


def test_only_the_first_paragraph_of_the_introduction_comes_before_the_matrix() -> None:
    page = index_page(whole(b.every_kind()), "<h1>A</h1>\n<p>One.</p>\n<p>Two.</p>\n<h2>B</h2>")
    assert (page.intro, page.rest) == ("<h1>A</h1>\n<p>One.</p>", "<p>Two.</p>\n<h2>B</h2>")
    page = index_page(whole(b.every_kind()), "<ul>\n<li><p>One.</p></li>\n</ul>")
    assert (page.intro, page.rest) == (None, "<ul>\n<li><p>One.</p></li>\n</ul>")


def test_index_leaves_the_heading_to_the_users_own() -> None:
    site = whole(b.every_kind())
    assert index_page(site, None).heading == "Example"
    assert index_page(site, "<h1>Mine</h1>").heading is None
    assert index_page(site, "<p>text</p>").heading == "Example"


def test_release_and_alarm_are_in_the_frame() -> None:
    finding = b.finding("HV001", "lib.driver:Full", "plain")
    page = matrix(b.every_kind(), [finding]).frame
    assert (page.release, page.release_title) == ("1.4.0", "The page describes release 1.4.0")
    assert page.alarm is not None
    assert (page.alarm.text, page.alarm.href) == ("1 finding", "findings.html")
    calm = matrix(b.catalogue(b.interface({}, [], []), current=None)).frame
    assert (calm.release, calm.alarm) == (None, None)


def test_empty_interfaces_say_so() -> None:
    assert matrix(b.catalogue(b.interface({}, [], []))).empty == "This interface has no entry points."
    assert matrix(b.catalogue(b.interface({}, [], [b.entry("a")]))).empty == "No driver of this interface was found."
    assert index_page(whole(b.catalogue()), None).empty is not None


def test_driver_page_tells_everything() -> None:
    catalogue = b.every_kind()
    site = whole(catalogue, [b.finding("HV001", "lib.driver:Full", "noted")], repository="https://h/{path}#L{line}")
    page = driver_page(site, catalogue.interfaces[0], site.names.interfaces[0], catalogue.interfaces[0].drivers[0])
    names_of = {row.id: row.name for group in page.groups for row in group.rows}
    rows = {row.id: row.cell for group in page.groups for row in group.rows}
    assert len(rows) == len(b.KINDS)
    assert rows["noted"].notes == ("needs a reboot",)
    assert rows["noted"].findings == ("HV001",)
    assert rows["inherited"].how == "inherited from lib.base:Base"
    assert rows["absent"].place is None
    assert rows["plain"].place is not None
    assert rows["plain"].place.href == "https://h/lib/driver.py#L7"
    assert names_of["plain"].href == "../hvsupport.html#plain.full"
    assert [fact.name for fact in page.facts][:3] == ["Interface", "Driver since", "Defined as"]
    assert len(page.findings) == 1


def test_driver_without_a_release_says_so() -> None:
    catalogue = b.every_kind()
    site = whole(catalogue)
    page = driver_page(site, catalogue.interfaces[0], site.names.interfaces[0], catalogue.interfaces[0].drivers[1])
    assert page.facts[1].values[0].text == "not annotated"


def entry_page_of(catalogue, name: str, findings=()):
    site = whole(catalogue, findings, repository="https://h/{path}#L{line}")
    interface = catalogue.interfaces[0]
    entry = next(one for one in interface.entries if one.name == name)
    found = by_entry(catalogue).get((interface.key, name), {})
    return entry_page(site, interface, site.names.interfaces[0], entry, found.items())


def test_entry_page_tells_everything() -> None:
    page = entry_page_of(b.every_kind(), "noted", [b.finding("HV001", "lib.driver:Full", "noted")])
    assert page.frame.title == "noted · Example"
    assert page.back.href == "../hvsupport.html#noted"
    full, empty = page.rows
    assert (full.id, full.name.href, full.name.title) == ("full", "../hvsupport.html#noted.full", "lib.driver:Full")
    assert full.cell.notes == ("needs a reboot",) and full.cell.findings == ("HV001",)
    assert full.cell.place is not None and full.cell.place.href == "https://h/lib/driver.py#L7"
    assert (empty.cell.state, empty.cell.place) == ("unsupported", None)
    facts = {fact.name: fact.values[0] for fact in page.facts}
    assert facts["Group"].text == "First" and facts["Group"].href == "../hvsupport.html#group:First"
    assert facts["API since"].text == "0.1.0" and "Entry point" not in facts
    assert len(page.findings) == 1


def test_entry_page_tells_its_history() -> None:
    history = entry_page_of(b.every_kind(), "back").history
    told = [(line.release, [(words, [each.href for each in who]) for words, who in line.changes]) for line in history]
    assert told == [
        ("1.3.0", [("gained", ["../drivers/full.html"])]),
        ("1.0.0", [("lost", ["../drivers/full.html"])]),
        ("0.7.0", [("gained", ["../drivers/full.html"])]),
    ]
    assert entry_page_of(b.every_kind(), "absent").history == ()
    assert b'href="../protocol-move.html#' in build(b.moving()).files["entries/confirm2.html"]


def test_entries_whose_names_differ_only_in_case_have_files_of_their_own() -> None:
    made = b.catalogue(b.interface({}, [b.driver("m:A")], [b.entry("open"), b.entry("Open"), b.entry("../open")]))
    files = build(made).files
    assert {path for path in files if path.startswith("entries/")} == {
        "entries/open.html",
        "entries/Open-ed077f.html",
        "entries/open-fe3b5a.html",
    }
    rows = matrix(made).groups[0].rows
    assert [(row.id, row.page) for row in rows] == [("open", None), ("Open", "Open-ed077f"), ("open-fe3b5a", None)]


def test_addresses_do_not_depend_on_the_order_of_declaration() -> None:
    """Names that differ only in case, or in what an address cannot hold; twice the same address was one file lost."""
    names_of = ["get", "Get", "GET", "a.b", "a-b", "a b", "Größe", "Groe"]
    drivers = [b.driver("m:A", "Qemu"), b.driver("n:A", "qemu"), b.driver("o:A", "QEMU")]
    keys = [("DNS", "v 1"), ("dns", "v.1"), ("Dns", "v-1")]

    def addresses(step: int) -> dict[str, object]:
        interfaces = [
            b.interface(
                {},
                drivers[::step],
                [b.entry(name, group=name) for name in names_of[::step]],
                key=key,
                groups=names_of[::step],
            )
            for key, _ in keys[::step]
        ]
        found = names.names(b.catalogue(*interfaces))
        return {
            interface.key: tuple(
                dict(getattr(one, part)) for part in ("entries", "drivers", "pages", "groups", "entry_pages")
            )
            for interface, one in zip(interfaces, found.interfaces, strict=True)
        }

    assert addresses(1) == addresses(-1)
    for found in addresses(1).values():
        assert [len({path.lower() for path in each.values()}) for each in found] == [6, 3, 3, 6, 8]


@pytest.mark.parametrize("name", ["con", "AUX", "nul", "prn", "com1", "LPT9"])
def test_no_file_or_folder_has_the_name_of_a_device_of_windows(name: str) -> None:
    one = b.interface({}, [b.driver("m:A", name)], [b.entry(name)], key=name)
    for made in (b.catalogue(one), b.catalogue(one, one._replace(key="dns"))):
        parts = [part for path in build(made).files for part in path.lower().split("/")]
        assert not [part for part in parts if part.partition(".")[0] == name.lower()]
    assert names.names(b.catalogue(one)).interfaces[0].cell("m:A", name) == f"{name}.{name.lower()}"


def test_hub_links_every_entry() -> None:
    one = b.every_kind().interfaces[0]
    hub = hub_page(whole(b.catalogue(one, one._replace(key="dns", title="DNS"))))
    assert [interface.heading.href for interface in hub.interfaces] == ["hvsupport-compute.html", "hvsupport-dns.html"]
    assert hub.interfaces[1].entries[0].href == "hvsupport-dns.html#plain"


def test_hostile_names_have_ids_of_their_own() -> None:
    page = matrix(b.hostile())
    every = [row.id for group in page.groups for row in group.rows] + list(cells(page))
    assert len(set(every)) == len(every) == len(b.HOSTILE) * (len(b.HOSTILE) + 1)
    assert all(set(one) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") for one in every)


def _titles(*ids: str, title: str = "Azure") -> list[str]:
    drivers = [*(b.driver(key, title) for key in ids), b.driver("m.other:Other", "Other")]
    cells = {(one.id, "a"): b.KINDS["plain"] for one in drivers}
    return [one.title for one in told_apart(b.interface(cells, drivers, [b.entry("a")])).drivers]


@pytest.mark.parametrize(
    ("ids", "labels"),
    [
        (("lib.drivers.azure:NodeDriver", "lib.drivers.azure_arm:NodeDriver"), ("azure", "azure_arm")),
        (("src/a.c:table", "src/b.c:table"), ("a", "b")),
        (("src/a.c:one", "src/a.c:two"), ("one", "two")),
        (("lib.azure.old:One", "lib.azure.new:Two"), ("old:One", "new:Two")),
        (("lib.azure:Node", "lib:Node"), ("lib.azure", "lib")),
        (("m.a:N", "m.b:N", "m.c:N"), ("a", "b", "c")),
    ],
)
def test_drivers_of_one_title_are_told_apart_by_what_differs_in_their_ids(ids, labels) -> None:
    assert _titles(*ids) == [*(f"Azure ({label})" for label in labels), "Other"]


def test_a_title_of_its_own_stays() -> None:
    assert _titles("m.a:N", title="One") == ["One", "Other"]


def test_every_page_and_the_markdown_tell_drivers_apart_and_the_data_keep_their_titles() -> None:
    drivers = [b.driver("m.a:N", "Azure"), b.driver("m.b:N", "Azure")]
    catalogue = b.catalogue(b.interface({("m.a:N", "a"): b.KINDS["plain"]}, drivers, [b.entry("a")]))
    files = build(catalogue).files
    for path in ("index.html", "hvsupport.html"):
        assert b"Azure (a)" in files[path] and b"Azure (b)" in files[path], path
    assert b"Azure (a)" not in files["hvsupport.json"]
    assert b"| Azure (a) | Azure (b) |" in to_markdown(catalogue)


def test_a_tree_without_annotations_says_what_to_do_next() -> None:
    def page(**kinds: str):
        cells = {("m:A", name): b.KINDS[kind] for name, kind in kinds.items()}
        return matrix(b.catalogue(b.interface(cells, [b.driver("m:A")], [b.entry(name) for name in kinds])))

    bare = page(a="unannotated", c="unannotated", d="plain", e="absent")
    assert bare.advice is not None and bare.advice.startswith("2 of 3 cells have no release yet. To add them, run ")
    assert page(a="unannotated", c="plain", d="plain").advice is None
    assert page(a="absent").advice is None


def test_an_unannotated_cell_is_a_plain_tick_that_repeats_no_finding() -> None:
    catalogue = b.catalogue(b.interface({("m:A", "a"): b.KINDS["unannotated"]}, [b.driver("m:A")], [b.entry("a")]))
    cell = matrix(catalogue, [b.finding("HV001", "m:A", "a")]).groups[0].rows[0].cells[0]
    assert (cell.text, cell.flag, cell.css) == ("✓", None, "unannotated")
    other = matrix(catalogue, [b.finding("HV004", "m:A", "a")]).groups[0].rows[0].cells[0]
    assert other.flag is not None and other.flag.title == "finding HV004"


def test_the_name_of_a_cell_holds_its_printed_text() -> None:
    for row in (row for group in matrix(b.every_kind()).groups for row in group.rows):
        for cell in row.cells:
            words = re.sub(r"[^\w\s]", "", " ".join(filter(None, (*cell.past, cell.text, cell.tail)))).lower().split()
            assert cell.label is None or " ".join(words) in re.sub(r"[^\w\s]", "", cell.label).lower()


def test_a_cell_carries_the_history_that_its_text_does_not_give() -> None:
    page = {cell.id: cell for group in matrix(b.every_kind()).groups for row in group.rows for cell in row.cells}
    given = {name: page[f"{name}.full"].spans for name in b.KINDS}
    assert given["plain"] is None and given["inherited"] is None and given["absent"] is None
    assert given["partial"] == "1.2.0 ~"
    assert given["deprecated"] == "1.0.0 †1.3.0"
    assert given["back"] == "0.7.0 1.0.0;1.3.0"
    assert given["at_most"] == "<=0.3.0"
    assert given["leaving"] == "0.7.0 next"
    assert matrix(b.every_kind()).filters.history.releases == (
        *("0.3.0", "0.3.2", "0.7.0", "0.9.2", "1.0.0", "1.2.0", "1.3.0", "next"),
    )
    assert matrix(b.catalogue(b.interface({}, [], []))).filters.history.releases == ()


def test_a_cell_names_its_line_and_another_file_if_it_is_not_the_drivers() -> None:
    other = b.cell("1.0.0")._replace(place=Place("lib/a base.py", 3, 1))
    made = b.interface(
        {("m:A", "a"): b.cell("1.0.0"), ("m:A", "b"): other}, [b.driver("m:A")], list(map(b.entry, "abc"))
    )
    page = matrix(b.catalogue(made))
    assert [row.at for row in page.groups[0].rows] == ["7", "lib/a%20base.py:3", ""]
    assert page.columns[0].path == "lib/driver.py"
