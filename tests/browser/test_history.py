"""The matrix as of a release, what changed between two, what differs between drivers, and taking it along."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import gen_builder as b
import pytest
from browser_kit import at, settled

from hvsupport.annotate import differences
from hvsupport.gen.celltext import qualities
from hvsupport.gen.names import names as names_of

SHOWN = (
    "[...document.querySelectorAll('tbody tr[id]')].filter((one) => one.checkVisibility())"
    ".map((one) => [one.id, ...[...one.querySelectorAll('td[id]')].filter((cell) => cell.checkVisibility())"
    ".map((cell) => cell.innerText.trim())])"
)


def rows(page: Any) -> dict[str, list[str]]:
    settled(page)
    return {name: cells for name, *cells in page.evaluate(SHOWN)}


#: Cells of drivers that have an entry.
THERE = "td:is(.supported, .next, .conditional, .unannotated)"


def as_of(page: Any, release: str) -> None:
    """Move the slider to a release, as a key press or a drag does."""
    page.evaluate(
        """(release) => {
          const slider = document.getElementById("ui:release");
          slider.value = document.querySelector("table.matrix").dataset.releases.split(" ").indexOf(release);
          for (const kind of ["input", "change"]) slider.dispatchEvent(new Event(kind, { bubbles: true }));
        }""",
        release,
    )


def differing(page: Any, catalogue: Any, release: str) -> list[tuple[str, ...]]:
    """The cells that the page shows otherwise than the catalogue has them as of a release."""
    then = differences.as_of(catalogue, next(one for one in named(catalogue) if str(one) == release))
    interface, addresses = then.interfaces[0], names_of(catalogue).interfaces[0]
    shown = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('tbody td[id]')].map((one) =>"
        " [one.id, [one.className, one.firstElementChild.textContent]]))"
    )
    found = []
    for driver in catalogue.interfaces[0].drivers:
        for entry in catalogue.interfaces[0].entries:
            id_ = addresses.cell(driver.id, entry.name)
            cell = interface.cells.get((driver.id, entry.name), differences.ABSENT)
            is_unsure = cell.state == "unannotated" and " past" in shown[id_][0]
            state = "unknown" if is_unsure else cell.state
            wanted = {state, *qualities(cell)}
            words = set(shown[id_][0].split()) - {"past", "flagged", "stub", "here"}
            texts = [str(cell.spans[-1].since)] if cell.spans and state in ("supported", "next", "conditional") else []
            if words != wanted or not all(text in shown[id_][1] for text in texts):
                found.append((release, id_, *shown[id_], cell.state))
    return found


def named(catalogue: Any) -> list[Any]:
    spans = [span for interface in catalogue.interfaces for cell in interface.cells.values() for span in cell.spans]
    return sorted({release for span in spans for release in span.releases})


@pytest.mark.parametrize("name", ["kinds", "large"])
def test_the_page_and_the_catalogue_agree_on_every_release(open_page, name: str) -> None:
    catalogue = {"kinds": b.every_kind, "large": lambda: b.large(260, 19)}[name]()
    page = open_page(name, "hvsupport.html")
    releases = page.evaluate("document.querySelector('table.matrix').dataset.releases").split()
    assert releases == [str(one) for one in named(catalogue)]
    for release in releases[:: 1 if name == "kinds" else 3]:
        as_of(page, release)
        settled(page)
        assert differing(page, catalogue, release) == []


def test_a_release_that_no_cell_names_is_the_one_before(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?release=1.3.7")
    assert page.locator("label.slide output").text_content() == "1.3.0"
    other = open_page("kinds", "hvsupport.html?release=x")
    assert other.locator("label.slide output").text_content() == "now"


def test_an_older_matrix_says_so_on_paper(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?release=1.3.0")
    page.emulate_media(media="print")
    said = "getComputedStyle(document.querySelector('.scroller'), '::before').content"
    assert page.evaluate(said) == '"As of: 1.3.0"'
    page = open_page("kinds", "hvsupport.html")
    page.emulate_media(media="print")
    assert page.evaluate(said) == "none"


def test_the_panel_keeps_history_and_sources_as_of_a_release(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?release=0.7.0")
    page.locator("[id='plain.full'] a").first.click()
    assert page.locator(".panel .timeline li").count() == 1
    page = open_page("kinds", "hvsupport.html")
    page.locator("[id='absent.full'] a").first.click()
    source = "[...document.querySelectorAll('.panel dt')].map((one) => one.nextSibling.textContent)"
    page.keyboard.press("ArrowUp")
    moved = page.evaluate(source)
    page.reload()
    page.locator(f"[id='{page.url.partition('#')[2]}'] a").first.click()
    page.keyboard.press("ArrowUp")
    assert page.evaluate(source) == moved


def test_the_slider_shows_the_matrix_as_of_a_release(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    now = rows(page)
    as_of(page, "0.9.2")
    then = rows(page)
    assert then["plain"][0] == "0.9.2" and then["partial"][0] == "–" and then["next"][0] == "–"
    assert then["removed"][0] == "0.3.2", "removed in 1.0.0"
    assert then["back"][0] == "0.7.0", "removed in 1.0.0, back in 1.3.0"
    assert then["at_most"][0] == "≤ 0.3.0"
    at(page, "?release=0.9.2")
    as_of(page, "1.2.0")
    then = rows(page)
    assert then["removed"][0] == then["back"][0].replace("\n", " ") == "removed 1.0.0"
    assert page.locator(".chip.next b").inner_text() == "0", "counts follow"
    page.get_by_role("button", name="Clear filters").click()
    assert rows(page) == now
    assert page.locator("[id='partial.full'] sup").is_visible()


def test_calls_that_are_newer_than_the_release_are_left_out(open_page) -> None:
    """One that was there without a driver stays as an empty row, and so does one that nobody knows the release of."""
    page = open_page("young", "hvsupport.html")
    everything = set(rows(page))
    assert everything == {"old", "young", "dated", "waiting", "planned", "nobody", "unsure"}
    count = page.locator("#ui\\:count")
    as_of(page, "1.0.0")
    assert set(rows(page)) == {"old", "waiting", "nobody", "unsure"}
    assert rows(page)["nobody"] == ["?", "–"], "without a release nobody knows whether it stood"
    assert count.inner_text() == "4 of 7 entry points; newer than 1.0.0: 3"
    as_of(page, "2.0.0")
    assert set(rows(page)) == everything - {"planned"}
    assert count.inner_text() == "6 of 7 entry points; newer than 2.0.0: 1"
    page.get_by_role("button", name="Clear filters").click()
    assert set(rows(page)) == everything and count.inner_text() == "7 of 7 entry points"


def test_drivers_that_are_newer_than_the_release_are_left_out(open_page) -> None:
    """As ``hvsupport export --as-of`` does; one that nobody knows the release of stays."""
    page = open_page("young", "hvsupport.html?release=1.0.0")
    heads = page.locator("thead th[data-key]:visible")
    assert heads.all_inner_texts() == ["A", "none"]
    assert page.locator("#ui\\:picker summary").inner_text() == "Drivers: 2 of 3"
    as_of(page, "2.0.0")
    assert heads.all_inner_texts() == ["A", "B", "none"]


def test_an_older_release_than_is_known_says_so(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?release=0.3.0")
    assert rows(page)["at_most"][0] == "≤ 0.3.0"
    page = open_page("older", "hvsupport.html?release=0.1.0")
    assert rows(page)["a"][0] == "?"
    assert page.locator("[id='a.a'] a").first.get_attribute("aria-label") == "? not known as of 0.1.0"


def test_what_changed_between_two_releases(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?since=0.9.2&release=1.2.0")
    found = rows(page)
    marks = page.evaluate("[...document.querySelectorAll('td.gained, td.lost')].map((one) => [one.id, one.className])")
    lost = {key.partition(".")[0] for key, css in marks if "lost" in css}
    gained = {key.partition(".")[0] for key, css in marks if "gained" in css}
    assert lost == {"removed", "back", "leaving"} - {"leaving"}
    assert {"partial", "noted", "deprecated"} <= gained and "plain" not in gained
    assert set(found) == lost | gained
    assert page.locator("thead th[data-key]:visible").count() == 1, "the other driver has no change"
    assert page.locator(".picker summary").nth(1).inner_text() == "0.9.2 to 1.2.0"
    assert page.locator("[id='removed.full'] a").get_attribute("aria-label").endswith("; lost")
    page.locator("input[value=removed]").check(force=True)
    assert set(rows(page)) == lost
    page.go_back()
    assert set(rows(page)) == lost | gained


def test_only_rows_in_which_the_chosen_drivers_differ(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    page.locator(".picker summary").first.click()
    page.locator("#ui\\:differ").select_option("differ")
    at(page, "?rows=differ")
    found = rows(page)
    assert "stub" not in found and "absent" not in found
    assert len(found) == 19
    page.get_by_label("empty", exact=True).uncheck()
    assert rows(page) == {}, "one driver does not differ from itself"


def test_drivers_that_differ_in_releases_only_differ(open_page) -> None:
    """Who compares two drivers wants to see both: what one lacks, and what one had first."""
    page = open_page("compared", "hvsupport.html")
    page.locator(".picker summary").first.click()
    choice = page.locator("#ui\\:differ")
    choice.select_option("differ")
    at(page, "?rows=differ")
    assert set(rows(page)) == {"later", "only_a", "in_part", "left", "back"}
    as_of(page, "1.3.0")
    assert set(rows(page)) == {"later", "only_a", "in_part"}, "what differs since is alike then"
    page.go_back()
    choice.select_option("support")
    at(page, "?rows=support")
    assert set(rows(page)) == {"only_a", "in_part", "left"}
    page.get_by_role("button", name="Clear filters").click()
    assert len(rows(page)) == 7
    assert set(rows(open_page("compared", "hvsupport.html?rows=differ&driver=a"))) == set()


def test_drivers_without_support_are_hidden_on_request(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?empty=hide")
    assert page.evaluate("[...document.querySelectorAll('thead th[data-key]:not([hidden])')].length") == 1
    page = open_page("large", "hvsupport.html")
    page.locator(".picker summary").first.click()
    page.locator("[id='ui:empty']").check()
    at(page, "?empty=hide")


def test_the_smaller_scale_is_a_choice(open_page) -> None:
    page = open_page("large", "hvsupport.html", (1600, 900))
    width = "document.querySelector('table.matrix').getBoundingClientRect().width"
    before, button = page.evaluate(width), page.get_by_role("button", name="Compact")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert page.evaluate(width) < 0.85 * before
    at(page, "?density=compact")
    button.click()
    assert page.evaluate(width) == before


def names(page: Any) -> list[str]:
    shown = "[...document.querySelectorAll('table.matrix tbody tr[id]')].filter((row) => !row.hidden)"
    return page.evaluate(f"{shown}.map((row) => row.querySelector('th a').textContent)")


def test_rows_are_ordered_within_their_groups(open_page) -> None:
    page = open_page("large", "hvsupport.html?q=1")
    declared = names(page)
    counts = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('table.matrix tbody tr[id]')].map((row) =>"
        " [row.querySelector('th a').textContent, row.querySelectorAll('" + THERE + "').length]))"
    )
    groups = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('table.matrix tbody tr[id]')].map((row) =>"
        " [row.querySelector('th a').textContent, [...row.closest('table').tBodies].indexOf(row.parentElement)]))"
    )
    select = page.get_by_label("Order of rows")
    select.select_option("most")
    at(page, "?q=1&order=most")
    assert names(page) == sorted(declared, key=lambda name: (groups[name], -counts[name])) != declared
    select.select_option("least")
    assert names(page) == sorted(declared, key=lambda name: (groups[name], counts[name]))
    page.locator("[id='ui:search']").press("Enter")
    assert page.evaluate("document.activeElement.textContent") == names(page)[0]
    page.go_back()
    assert names(page) == sorted(declared, key=lambda name: (groups[name], -counts[name]))
    select.select_option("")
    at(page, "?q=1")
    assert names(page) == declared


def test_an_order_by_name_counts_numbers(open_page) -> None:
    page = open_page("large", "hvsupport.html?order=name")
    shown = names(page)
    groups = page.evaluate(
        "[...document.querySelectorAll('table.matrix tbody')].map((body) => body.querySelectorAll('tr[id]').length)"
    )
    plain = [(re.sub(r"\d+", "", name), int(re.sub(r"\D", "", name) or 0)) for name in shown]
    for end, length in zip(itertools.accumulate(groups), groups, strict=True):
        assert plain[end - length : end] == sorted(plain[end - length : end])


def test_an_unknown_order_is_the_declared_one(open_page) -> None:
    assert names(open_page("kinds", "hvsupport.html?order=x")) == names(open_page("kinds", "hvsupport.html"))


HEADS = (
    "[...document.querySelectorAll('table.matrix > thead th[data-key]')].filter((one) => !one.hidden)"
    ".map((one) => one.dataset.key)"
)
#: Rows that are shown: the drivers of their cells in the order in which they stand, by the ids of the cells.
STANDING = (
    "[...document.querySelectorAll('table.matrix tbody tr[id]')].filter((row) => !row.hidden).map((row) =>"
    " [...row.querySelectorAll('td[id]')].filter((one) => !one.hidden).map((one) => one.id.split('.').at(-1)))"
)
WORKING = (
    "Object.fromEntries([...document.querySelectorAll('thead th[data-key]')].map((head) => [head.dataset.key,"
    " [...document.querySelectorAll('" + THERE + "')].filter((one) => one.cellIndex === head.cellIndex).length]))"
)


def standing(page: Any) -> list[str]:
    """The order of the columns, which is that of every row that is shown."""
    keys = page.evaluate(HEADS)
    rows = page.evaluate(STANDING)
    assert rows
    assert all(row == rows[0] for row in rows)
    assert [key.replace(".", "-") for key in keys] == [each.replace(".", "-") for each in rows[0]]
    return keys


def test_columns_are_ordered(open_page) -> None:
    page = open_page("large", "hvsupport.html?q=1")
    declared, counts = standing(page), page.evaluate(WORKING)
    page.locator("#ui\\:picker > summary").click()
    select = page.get_by_label("Order of drivers")
    select.select_option("name")
    at(page, "?q=1&columns=name")
    assert standing(page) == sorted(declared) != declared
    select.select_option("most")
    most = sorted(declared, key=lambda key: -counts[key])
    assert standing(page) == most != declared
    page.locator("[id='ui:search']").fill("")
    assert standing(page) == most, "rows that were hidden follow when they are shown"
    page.get_by_label(most[0], exact=True).uncheck()
    assert standing(page) == most[1:]
    page.go_back()
    select.select_option("least")
    assert standing(page) == sorted(declared, key=lambda key: counts[key])
    select.select_option("")
    assert standing(page) == declared


def test_an_order_of_columns_comes_by_the_address(open_page) -> None:
    page = open_page("large", "hvsupport.html?columns=name&order=name&driver=qemu&driver=lxc&driver=xen")
    assert standing(page) == ["lxc", "qemu", "xen"]
    assert standing(open_page("large", "hvsupport.html?columns=x")) == standing(open_page("large", "hvsupport.html"))


def test_ordered_columns_keep_their_cells(open_page) -> None:
    """The panel, the notes, the keyboard and what is copied are about the driver that stands above the cell."""
    said = (
        "(id) => { const link = document.getElementById(id).querySelector('a'); link.click();"
        " return document.getElementById('ui:panel').textContent; }"
    )
    plain, ordered = open_page("kinds", "hvsupport.html"), open_page("kinds", "hvsupport.html?columns=least")
    assert standing(ordered) != standing(plain)
    ids = plain.evaluate("[...document.querySelectorAll('tbody td[id]')].map((one) => one.id)")
    for one in ids:
        assert ordered.evaluate(said, one) == plain.evaluate(said, one)
    rows = {}
    for page in (plain, ordered):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator("[id='ui:share'] > summary").click()
        page.get_by_role("button", name="Copy as Markdown").click()
        page.get_by_role("status").get_by_text("Copied.").wait_for()
        text = page.evaluate("navigator.clipboard.readText()")
        lines = [line.split(" | ") for line in text.splitlines() if line.startswith("|")]
        columns = sorted(zip(*lines, strict=True))
        rows[page] = [tuple(cell.strip("| ") for cell in column) for column in columns]
    assert sorted(rows[plain]) == sorted(rows[ordered])


def test_the_keyboard_follows_ordered_columns(open_page) -> None:
    page = open_page("large", "hvsupport.html?columns=name")
    page.locator("[id='ui:search']").press("Enter")
    seen = []
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        seen.append(page.evaluate("document.activeElement.closest('td').id.split('.').at(-1)"))
    assert seen == [key for key in standing(page) if key in seen][:3] == standing(page)[:3]


def test_the_focus_stays_in_a_cell_that_moves(open_page) -> None:
    page = open_page("large", "hvsupport.html?columns=name")
    page.locator("[id='ui:search']").fill("domain")
    cell = page.locator("tbody tr:visible td.supported a:visible").first
    cell.focus()
    one = page.evaluate("document.activeElement.closest('td').id")
    page.evaluate("history.pushState(null, '', '?columns=most'); dispatchEvent(new PopStateEvent('popstate'))")
    assert standing(page) != sorted(standing(page))
    assert page.evaluate("document.activeElement.closest('td').id") == one


def test_what_is_shown_is_copied_as_markdown(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?q=re&state=removed&state=next")
    assert copied(page).splitlines() == [
        "**Compute drivers as of 1.4.0**",
        "",
        "| Entry point | API since | full |",
        "| --- | --- | --- |",
        "| removed | 0.1.0 | 0.3.2 removed 1.0.0 |",
    ]


def copied(page: Any) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[id='ui:share'] > summary").click()
    page.get_by_role("button", name="Copy as Markdown").click()
    page.get_by_text("Copied.").wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def test_a_copy_says_its_release_and_has_the_notes(open_page) -> None:
    """Without them a table that left its page is wrong: its reader takes it for whole, and for that of today."""
    page = open_page("kinds", "hvsupport.html?q=partial&driver=full")
    assert copied(page).splitlines() == [
        "**Compute drivers as of 1.4.0**",
        "",
        "| Entry point | API since | full |",
        "| --- | --- | --- |",
        "| partial | 0.1.0 | ~ 1.2.0[^1] |",
        "| partial\\_bare | 0.1.0 | ~ 1.2.0 |",
        "",
        "[^1]: in part: no live resize",
    ]
    page = open_page("kinds", "hvsupport.html?since=0.9.2&release=1.2.0&q=noted&driver=full")
    text = copied(page)
    assert text.startswith("**Compute drivers: what changed from 0.9.2 to 1.2.0**\n")
    assert "[^" not in text, "a note is about now"


def test_a_table_for_a_spreadsheet_has_notes_and_release(open_page) -> None:
    _, data = saved(open_page("kinds", "hvsupport.html?q=noted"), "Download CSV")
    assert data.decode().splitlines() == [
        '"Entry point","API since","full","empty","Notes","As of"',
        '"noted","0.1.0","1.0.0","","full: needs a reboot","1.4.0"',
    ]
    _, data = saved(open_page("kinds", "hvsupport.html?q=noted&since=0.9.2"), "Download CSV")
    assert data.decode().splitlines()[0].endswith('"Notes","As of","Changed since"')
    assert data.decode().splitlines()[1].endswith('"1.4.0","0.9.2"')
    _, data = saved(open_page("kinds", "hvsupport.html?q=noted"), "Download JSON")
    assert json.loads(data)["entries"][0]["notes"] == {"full": ["needs a reboot"]}


def saved(page: Any, name: str) -> tuple[str, bytes]:
    page.locator("[id='ui:share'] > summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    page.keyboard.press("Escape")
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_what_is_shown_is_downloaded(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?q=plain&release=0.9.2")
    name, data = saved(page, "Download CSV")
    assert name == "hvsupport-selection.csv"
    assert (
        data.decode()
        == '"Entry point","API since","full","empty","Notes","As of"\r\n"plain","0.1.0","0.9.2","","","0.9.2"\r\n'
    )
    name, data = saved(page, "Download JSON")
    assert json.loads(data)["release"] == "0.9.2"
    assert json.loads(data)["entries"] == [{"name": "plain", "cells": ["0.1.0", "0.9.2", ""]}]
    name, data = saved(open_page("kinds", "hvsupport.html"), "Download JSON")
    assert (name, len(json.loads(data)["entries"])) == ("hvsupport.json", 21)


def test_a_name_that_a_spreadsheet_would_run_is_text(open_page) -> None:
    _, data = saved(open_page("older", "hvsupport.html"), "Download CSV")
    assert '"\'=1+1 ""x"""' in data.decode()


def test_a_run_of_keys_on_the_slider_is_one_step(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    page.locator(".picker summary").nth(1).click()
    slider = page.locator("#ui\\:release")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowLeft")
    release = page.locator("label.slide output").inner_text()
    at(page, f"?release={release}")
    page.locator("#ui\\:since").select_option("0.7.0")
    slider.press("ArrowLeft")
    page.go_back()
    at(page, f"?release={release}&since=0.7.0")
    page.go_back()
    at(page, f"?release={release}")
    page.go_back()
    at(page, "hvsupport.html")
