"""The page of a family of protocols: what it says of steps, drivers and releases, and how the rest leads to it."""

from __future__ import annotations

import re
from pathlib import Path

import gen_builder as b
import pytest

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.protocols.negotiate import negotiate
from hvsupport.gen import names, site
from hvsupport.gen.pages import documents as pages
from hvsupport.gen.pages import frame
from hvsupport.gen.pages.driver import driver_page
from hvsupport.gen.pages.matrix import matrix_page
from hvsupport.gen.pages.pairs import TIERS, PairTable
from hvsupport.gen.pages.protocol import ProtocolPage, protocol_page
from hvsupport.gen.pages.steps import steps
from hvsupport.gen.pages.support import SupportCell


def whole(catalogue: Catalogue, findings=()) -> frame.Site:
    addresses = names.names(catalogue)
    by_cell: dict[tuple[str | None, str | None], tuple[Finding, ...]] = {}
    for one in findings:
        by_cell[one.driver, one.entry] = (*by_cell.get((one.driver, one.entry), ()), one)
    return frame.Site(catalogue, addresses, tuple(findings), by_cell, steps=steps(catalogue, addresses))


def page(catalogue: Catalogue | None = None, at: int = 0, findings=()) -> ProtocolPage:
    made = whole(catalogue or b.moving(), findings)
    return protocol_page(made, made.catalogue.protocols[at], made.names.families[at])


def support(found: ProtocolPage) -> dict[tuple[str, str], SupportCell]:
    columns = [link.text for link in found.support.columns]
    pairs = ((row, zip(columns, row.cells, strict=True)) for row in found.support.rows)
    return {(row.name.text, column): cell for row, cells in pairs for column, cell in cells}


def pairs(found: ProtocolPage) -> dict[str, PairTable]:
    return {table.heading: table for table in found.pairs}


def shown(table: PairTable) -> list[str]:
    """The table as lines of text."""
    head = " | ".join(f"{each.text} {each.tail}" for each in table.columns)
    rows = [
        " | ".join([f"{row.head.text} {row.head.tail}", *(" ".join(filter(None, [c.text, c.tail])) for c in row.cells)])
        for row in table.rows
    ]
    return [head, *rows]


# -- what must not change


def test_without_protocols_there_is_no_page_and_nothing_leads_to_one() -> None:
    files = site.build(b.every_kind()).files
    assert not [path for path in files if path.startswith("protocol")]
    assert b"Protocols" not in files["index.html"]
    assert "⇄" not in files["hvsupport.html"].decode()


def test_the_page_never_says_more_than_that_the_tables_allow() -> None:
    text = site.build(b.moving()).files["protocol-move.html"].decode()
    assert "The best protocol that the tables allow" in text
    assert not re.search(r"\bworks\b|\bguarantee|\bcan migrate\b", re.sub(r"<[^>]+>", "", text))


# -- the drivers

#: driver, protocol -> class, text, small print, what it lacks.
SUPPORT = {
    ("old", "Move v1"): ("supported", "0.3.2", [], []),
    ("old", "Move v2"): ("unsupported", "–", [], []),
    ("both", "Move v2"): ("supported", "1.0.0", ["tunnelled 1.2.0"], []),
    ("part", "Move v1"): ("unsupported", "–", [], []),
    ("part", "Move v2"): ("incomplete", "incomplete", [], ["Confirm"]),
    ("coming", "Move v2"): ("next", "next", [], []),
    ("gone", "Move v1"): ("removed", "removed 1.0.0", [], []),
    ("noted", "Move v1"): ("supported", "~ 1.1.0", [], []),
    ("hazy", "Move v1"): ("conditional", "? 0.9.2", [], []),
}


@pytest.mark.parametrize(("driver", "protocol"), SUPPORT)
def test_what_a_driver_makes_of_a_protocol(driver: str, protocol: str) -> None:
    cell = support(page())[driver, protocol]
    said = ([each.text for each in cell.variants], [link.text for link in cell.missing])
    assert (cell.css, cell.text, *said) == SUPPORT[driver, protocol]


def test_a_release_leads_to_the_step_that_came_last() -> None:
    cell = support(page())["both", "Move v2"]
    assert (cell.href, cell.title) == (
        "hvsupport.html#finish2.both",
        "supported since 1.0.0: Finish is the latest of its steps",
    )
    assert support(page())["old", "Move v2"].href is None


def test_a_missing_step_leads_to_its_cell_and_to_the_finding() -> None:
    lacks = b.finding("HV020", "lib.driver:part", "confirm2")
    of_another = lacks._replace(protocol="other-v2")
    findings = [b.finding("HV004"), of_another, lacks._replace(protocol="move-v2")]
    cell = support(page(findings=findings))["part", "Move v2"]
    assert (cell.lacks, [link.href for link in cell.missing]) == ("lacks", ["hvsupport.html#confirm2.part"])
    assert cell.flag is not None and cell.flag.href == "findings.html#finding:3"
    assert support(page())["part", "Move v2"].flag is None


def test_another_finding_about_the_cell_is_no_flag() -> None:
    cell = support(page(findings=[b.finding("HV001", "lib.driver:part", "confirm2")]))["part", "Move v2"]
    assert cell.flag is None


def test_drivers_that_have_nothing_to_do_with_it_are_only_named() -> None:
    found = page().support
    assert "none" not in {row.name.text for row in found.rows}
    assert (found.others_lead, [link.text for link in found.others]) == (
        "1 driver supports none of them:",
        ["none"],
    )


def test_no_driver_at_all() -> None:
    one = b.moving()
    made = b.interface({}, [b.driver("m:A", "a")], one.interfaces[0].entries)
    found = page(one._replace(interfaces=(made,), protocols=(b.family(made, b.protocol("v1", 1, *b.V1)),)))
    assert found.support.empty == "No driver supports any of these protocols."
    assert (found.pairs, found.legend) == ((), ())
    assert found.pairs_empty == "The tables allow none of these protocols between any two releases."


# -- release against release

TABLES = {
    "old": ["0.3.2 and later", "0.3.2 and later | v1"],
    "both": [
        "0.3.2 before 1.0.0 | 1.0.0 before 1.2.0 | 1.2.0 and later",
        "0.3.2 before 1.0.0 | v1 | v1 | v1",
        "1.0.0 and later | v1 | v2 | v2 tunnelled",
    ],
    "coming": ["next ", "next  | v2"],
    "gone": ["0.3.2 before 1.0.0 | 1.0.0 and later", "0.3.2 before 1.0.0 | v1 | –", "1.0.0 and later | – | –"],
    "noted": ["1.1.0 and later", "1.1.0 and later | v1*"],
    "hazy": ["0.9.2 and later", "0.9.2 and later | ? perhaps v1"],
    "old to both": [
        "0.3.2 and later",
        "0.3.2 and later | v1",
    ],
    "both to old": ["0.3.2 and later", "0.3.2 and later | v1"],
}


@pytest.mark.parametrize("pair", TABLES)
def test_release_against_release(pair: str) -> None:
    assert shown(pairs(page())[pair]) == TABLES[pair]


def test_only_drivers_that_are_declared_compatible_are_paired() -> None:
    assert set(pairs(page())) == set(TABLES)


def test_every_cell_says_what_is_negotiated() -> None:
    found, family = page(), b.moving().protocols[0]
    drivers = {one.title: one for one in b.moving().interfaces[0].drivers}
    cells = 0
    for heading, table in pairs(found).items():
        source, _, destination = heading.partition(" to ")
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                sides = (
                    (drivers[source], b.release(row.head.text)),
                    (drivers[destination or source], b.release(column.text)),
                )
                best = negotiate(family, *sides).best
                assert cell.text.rstrip("*") == (best.protocol.version if best else "?" if cell.tail else "–")
                cells += 1
    assert cells > 12


def test_why_not_a_better_one() -> None:
    table = pairs(page())["both"]
    cell = table.rows[0].cells[0]
    assert cell.title == (
        "not v2: the source lacks Begin (was added in 0.9.0); the source lacks Confirm (was added in 1.0.0);"
        " the destination lacks Prepare (was added in 0.9.0); the destination lacks Finish (was added in 1.0.0)"
    )
    assert cell.said == cell.title
    assert [reason.cells for reason in table.reasons] == ["0.3.2 to 0.3.2", "0.3.2 to 1.0.0, 1.2.0", "1.0.0 to 0.3.2"]
    assert table.rows[1].cells[2].title is None, "the best there is needs no excuse"


def test_notes_of_what_is_allowed_are_told() -> None:
    assert pairs(page())["noted"].reasons[0].lines[-1] == "Prepare: partial: no live guests"


def test_the_list_below_a_table_is_called_by_what_it_holds() -> None:
    found = pairs(page())
    assert [found[name].reasons_heading for name in ("both", "noted")] == [
        "Why no better protocol",
        "Why no better protocol, and notes",
    ]
    one = b.moving()
    (family,) = one.protocols
    alone = b.family(one.interfaces[0], family.protocols[0])
    noted = pairs(page(one._replace(protocols=(alone,))))["noted"]
    assert noted.reasons_heading == "Notes", "there is no better one"
    assert [reason.lines for reason in noted.reasons] == [("Prepare: partial: no live guests",)]


def test_a_large_table_says_why_below_itself_only() -> None:
    entries = [b.entry(name) for name in ("go", "come")]
    text = ", ".join(f"{at}.0 - {at}.5" for at in range(1, 8))
    made = b.interface(
        {("m:A", name): b.cell(text, "removed") for name in ("go", "come")}, [b.driver("m:A", "a")], entries
    )
    steps_ = (b.Step("Go", "source", ("go",)), b.Step("Come", "destination", ("come",)))
    found = page(b.catalogue(made)._replace(protocols=(b.family(made, b.protocol("v1", 1, *steps_)),)))
    (table,) = found.pairs
    assert len(table.rows) * len(table.columns) > 64
    lacking = [cell for row in table.rows for cell in row.cells if cell.title]
    assert lacking and not [cell for cell in lacking if cell.said]
    assert table.reasons


def test_pairs_of_which_the_tables_say_the_same_share_one() -> None:
    one = b.moving()
    made = one.interfaces[0]
    drivers = [b.driver("m:A", "a"), b.driver("m:B", "b"), b.driver("m:C", "c")]
    cells = {(d.id, name): b.cell("1.0.0") for d in drivers for name in b.ONE.split()}
    made = b.interface(cells, drivers, made.entries)
    group = (("m:A", "m:B"),)
    found = page(
        one._replace(interfaces=(made,), protocols=(b.family(made, b.protocol("v1", 1, *b.V1), compatible=group),))
    )
    assert list(pairs(found)) == ["a, b, c", "a to b, b to a"]


def test_the_better_a_protocol_the_higher_its_tier() -> None:
    """Colour tells the order; the text tells the protocol, so that the last tier may be shared."""
    ranks = range(1, TIERS + 3)
    cells = {("m:A", f"go{rank}"): b.cell(f"{rank}.0") for rank in ranks}
    made = b.interface(cells, [b.driver("m:A", "a")], [b.entry(f"go{rank}") for rank in ranks])
    many = [b.protocol(f"v{rank}", rank, b.Step("Go", "source", (f"go{rank}",))) for rank in ranks]
    found = page(b.catalogue(made)._replace(protocols=(b.family(made, *many),)))
    tiers = [(row.cells[0].text, row.cells[0].css) for row in pairs(found)["a"].rows]
    worst = f"tier-{TIERS}"
    assert tiers == [("v1", worst), ("v2", worst), ("v3", worst), ("v4", "tier-3"), ("v5", "tier-2"), ("v6", "tier-1")]
    assert [(line.sample, line.css) for line in found.legend] == tiers[::-1]


def test_the_legend_has_what_occurs() -> None:
    assert [(line.sample, line.text) for line in page().legend] == [
        ("v2", "Move v2"),
        ("v1", "Move v1"),
        ("–", "no protocol is allowed"),
        ("?", "support is unknown"),
        ("*", "with a note, see below the table"),
    ]


# -- the steps


def facts(found: ProtocolPage, protocol: int, step: int) -> dict[str, list[str]]:
    return {fact.name: [value.text for value in fact.values] for fact in found.protocols[protocol].steps[step].facts}


def test_the_list_says_which_entries_no_user_can_call() -> None:
    made = b.moving()
    (interface,) = made.interfaces
    entries = tuple(each._replace(internal=each.name in ("begin", "tunnel2")) for each in interface.entries)
    found = page(made._replace(interfaces=(interface._replace(entries=entries),)))
    assert facts(found, 1, 0)["entry point"] == ["begin (internal)"]
    assert facts(found, 1, 1)["any one of"] == ["prepare2", "tunnel2 (tunnelled, internal)"]


def test_a_driver_with_a_variant_alone_says_so() -> None:
    made = b.moving()
    (family,) = made.protocols
    key = ("lib.driver:both", family.protocols[1].key)
    before = family.supports[key]
    only = before._replace(variants=tuple(each._replace(only=True) for each in before.variants))
    changed = family._replace(supports={**family.supports, key: only})
    found = support(page(made._replace(protocols=(changed,))))["both", "Move v2"]
    assert [each.text for each in found.variants] == ["tunnelled only 1.2.0"]


def test_the_list_says_what_the_diagram_shows() -> None:
    found = page()
    assert [step.name for step in found.protocols[1].steps] == ["Begin", "Prepare", "Perform", "Finish", "Confirm"]
    assert facts(found, 1, 0) == {
        "entry point": ["begin"],
        "gives": ["description, cookie for Prepare", "cookie for Confirm"],
    }
    assert facts(found, 1, 1) == {
        "any one of": ["prepare2", "tunnel2 (tunnelled)"],
        "takes": ["description, cookie of Begin"],
        "gives": ["cookie for Perform"],
    }
    assert facts(found, 0, 1)["sends"] == ["the guest, to the destination"]
    assert facts(found, 1, 4)["without it"] == ["it stays paused"]
    label = found.protocols[1].label
    assert label == "Diagram of Move v2; the list of steps has the same content"


def test_entries_lead_to_their_rows() -> None:
    entries = page().protocols[0].steps[0].facts[0]
    assert [value.href for value in entries.values] == ["hvsupport.html#prepare"]


# -- how one gets there


def test_a_row_of_the_matrix_leads_to_what_it_is_a_step_of() -> None:
    made = whole(b.moving())
    found = matrix_page(made, made.catalogue.interfaces[0], made.names.interfaces[0])
    links = {row.id: row.steps for group in found.groups for row in group.rows}
    (perform,) = links["perform"]
    assert (perform.href, perform.title) == ("protocol-move.html#protocol:v1", "Perform in Move v1, Move v2")
    assert links["other"] == ()
    assert [line.text for line in found.marks] == ["a step of a protocol"]


def test_an_entry_of_two_families_leads_to_both() -> None:
    made = whole(b.families())
    again = b.family(
        made.catalogue.interfaces[0], b.protocol("v1", 1, *b.V1, family="again"), key="again", title="Again"
    )
    made = whole(made.catalogue._replace(protocols=(*made.catalogue.protocols, again)))
    links = made.step_links("drivers/x.html", "compute", "prepare")
    assert [link.href for link in links] == [
        "../protocol-compute-move.html#protocol:v1",
        "../protocol-again.html#protocol:v1",
    ]


def test_the_page_of_a_driver_says_which_protocols_it_has() -> None:
    made = whole(b.moving())
    interface, addresses = made.catalogue.interfaces[0], made.names.interfaces[0]
    both, none = (next(one for one in interface.drivers if one.title == title) for title in ("both", "none"))
    found = driver_page(made, interface, addresses, both)
    assert [(value.text, value.href) for fact in found.facts if fact.name == "Protocols" for value in fact.values] == [
        ("Move v1: supported since 0.3.2", "../protocol-move.html#protocol:v1"),
        ("Move v2: supported since 1.0.0", "../protocol-move.html#protocol:v2"),
    ]
    assert not [fact for fact in driver_page(made, interface, addresses, none).facts if fact.name == "Protocols"]
    rows = {row.id: row.steps for group in found.groups for row in group.rows}
    assert [link.href for link in rows["begin"]] == ["../protocol-move.html#protocol:v2"]


def test_several_families_have_tabs() -> None:
    """A family that two interfaces take is two pages, told apart by the interface."""
    found = page(b.families(), 1)
    assert [(link.text, link.href, link.current) for link in found.tabs] == [
        ("Move: Compute drivers", "protocol-compute-move.html", False),
        ("Snapshot", "protocol-snapshot.html", True),
        ("Move: DNS drivers", "protocol-dns-move.html", False),
    ]
    assert page().tabs == ()


def test_two_families_of_one_title_are_told_apart() -> None:
    """By the interface where that differs, and else by the key that the configuration has."""
    one = b.families()
    first, second, third = one.protocols
    twin = second._replace(key="twin", title="Move")
    tabs = page(one._replace(protocols=(first, twin, third))).tabs
    assert [link.text for link in tabs] == [
        "Move: Compute drivers, move",
        "Move: Compute drivers, twin",
        "Move: DNS drivers",
    ]


def test_pages_of_families_do_not_collide() -> None:
    found = names.names(b.hostile_protocols())
    paths = [each.page.lower() for each in found.families]
    assert len(paths) == len(set(paths)) == 2
    assert all(re.fullmatch(r"[\w.-]+\.html", path) for path in paths)


def test_a_page_of_the_users_does_not_take_the_place_of_a_family(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "Protocol-Move.md").write_text("# Mine\n")
    made = site.build(b.moving(), (), site.Settings(documents=pages.load(tmp_path, "docs")))
    assert [one.message for one in made.findings] == [
        "file skipped: the site generates its own page at 'Protocol-Move.html'"
    ]
    assert b"The best protocol that the tables allow" in made.files["protocol-move.html"]
    assert "Protocol-Move.html" not in made.files
