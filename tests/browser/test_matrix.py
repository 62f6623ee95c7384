"""The matrix in Chromium: search, filters, links, keyboard, and what stands still while it scrolls."""

from __future__ import annotations

import re
from typing import Any

import gen_builder as b
import pytest
from browser_kit import NARROW, WIDE, at, eventually, settled

#: Too narrow for the columns of "large", which scroll then.
MEDIUM = (800, 900)
SHOWN = "[...document.querySelectorAll('tbody tr[id]')].filter((row) => !row.hidden && !row.parentElement.hidden)"
COLUMNS = (
    "[...document.querySelectorAll('thead th[data-key]')].filter((one) => !one.hidden).map((one) => one.dataset.key)"
)


def shown(page: Any) -> int:
    """Rows on the page, once the frames after a key press have brought them all back."""
    settled(page)
    return page.evaluate(f"{SHOWN}.length")


def count(page: Any) -> str:
    return page.locator("#ui\\:count").inner_text()


def test_search(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    assert (shown(page), count(page)) == (260, "260 of 260 entry points")
    page.keyboard.press("/")
    page.keyboard.type("DOMAIN create")
    assert shown(page) == 3
    assert count(page) == "3 of 260 entry points"
    names = page.evaluate(f"{SHOWN}.map((row) => row.querySelector('a').textContent)")
    assert names == ["virDomainCreate", "virDomainCreate1", "virDomainCreate2"]
    assert page.evaluate("[...document.querySelectorAll('tbody')].filter((one) => !one.hidden).length") == 3
    page.keyboard.press("Escape")
    assert shown(page) == 260
    page.keyboard.type("no such thing")
    assert shown(page) == 0
    assert count(page).startswith("No entry point matches")


def test_count_is_announced(open_page) -> None:
    output = open_page("large", "hvsupport.html").locator("#ui\\:count")
    assert (output.get_attribute("aria-live"), output.get_attribute("role")) == ("polite", "status")


def test_search_finds_the_entrys_own_name(open_page) -> None:
    page = open_page("large", "hvsupport.html?q=domainCreate1")
    assert shown(page) == 1


def marked(page: Any) -> list[str]:
    """The texts that are marked as found."""
    settled(page)
    return page.evaluate("[...(CSS.highlights.get('hit') ?? [])].map((range) => range.toString())")


def rows(page: Any) -> list[str]:
    return page.evaluate(f"{SHOWN}.map((row) => row.querySelector('th a').textContent)")


def test_a_driver_is_found_where_no_entry_has_its_name(open_page) -> None:
    page = open_page("large", "hvsupport.html?q=hyperv")
    assert page.evaluate(COLUMNS) == ["hyperv"]
    assert (shown(page), marked(page)) == (260, ["hyperv"])
    search = page.locator("#ui\\:search")
    search.fill("hyperv qemu create")
    assert set(page.evaluate(COLUMNS)) == {"hyperv", "qemu"}, "several are shown side by side"
    assert set(marked(page)) >= {"hyperv", "qemu", "Create"}
    assert all("Create" in name for name in rows(page))
    search.fill("driver:hyperv")
    assert page.evaluate(COLUMNS) == ["hyperv"]
    search.fill("driver:nobody")
    assert (shown(page), count(page)[:22]) == (0, "No entry point matches")
    search.fill("driver: hyperv note:")
    assert page.evaluate(COLUMNS) == ["hyperv"], "as it is typed"
    search.fill("")
    assert len(page.evaluate(COLUMNS)) == 19


@pytest.mark.parametrize("word", ["1.4.0", "release:1.4.0"])
def test_a_release_is_found_in_cells(open_page, word: str) -> None:
    page = open_page("large", "hvsupport.html")
    cells = "[...document.querySelectorAll('tbody td[id]:not(.unsupported)')]"
    holds = "/(^|[^.\\d])1\\.4\\.0($|[^.\\d])/.test(one.firstElementChild.textContent + ' ' + one.dataset.spans)"
    ids = page.evaluate(f"{cells}.filter((one) => {holds}).map((one) => one.id)")
    page.locator("#ui\\:search").fill(word)
    assert 0 < shown(page) < 260
    found = page.evaluate(f"{SHOWN}.map((row) => row.id)")
    assert set(found) == {one.rpartition(".")[0] for one in ids}
    assert len(marked(page)) == len(ids)
    assert set(page.evaluate(COLUMNS)) == {one.rpartition(".")[2] for one in ids}


def test_a_release_is_no_part_of_another(open_page) -> None:
    page = open_page("large", "hvsupport.html?q=release:4.0")
    assert shown(page) == 0
    page.locator("#ui\\:search").fill("release:1.4")
    found = {text for text in marked(page) if "1.4" in text}
    assert found
    assert all(re.search(r"(^|[^.\d])1\.4", text) for text in marked(page) if text in found)
    page.locator("#ui\\:search").fill("release:1.1")
    assert marked(page)
    assert not any(re.search(r"1\.1\d", text) for text in marked(page)), "1.1 is no part of 1.10 either"


def test_words_of_notes_are_found_and_marked(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?q=reboot")
    assert rows(page) == ["noted"]
    assert page.evaluate(COLUMNS) == ["full"]
    assert "reboot" in marked(page)
    notes = "[...document.querySelectorAll('.notes li')].filter((one) => !one.hidden)"
    assert page.evaluate(f"{notes}.map((one) => one.querySelector('span').textContent)") == ["needs a reboot"]
    page.locator("#ui\\:search").fill("note:in note:part")
    assert rows(page) == ["partial"]
    page.locator("#ui\\:search").fill("note:part note:reboot")
    assert (rows(page), count(page)[:22]) == ([], "No entry point matches")


def test_a_word_that_a_name_has_is_about_names(open_page) -> None:
    """Who looks for an entry point is not shown every entry of a driver that is called alike."""
    page = open_page("large", "hvsupport.html?q=domain")
    assert all("domain" in name.lower() for name in rows(page))
    assert len(page.evaluate(COLUMNS)) == 19


def test_a_list_is_searched_for_releases_and_notes_too(open_page) -> None:
    page = open_page("kinds", "drivers/full.html")
    every = shown(page)
    page.locator("#ui\\:search").fill("1.2.0")
    assert 0 < shown(page) < every
    texts = page.evaluate(f"{SHOWN}.map((row) => row.textContent)")
    assert all("1.2.0" in text for text in texts)


def test_driver_filter(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    page.locator("#ui\\:picker summary").click()
    page.get_by_role("button", name="None").click()
    assert page.evaluate(COLUMNS) == []
    page.get_by_label("lxc", exact=True).check()
    page.get_by_label("qemu", exact=True).check()
    assert page.evaluate(COLUMNS) == ["qemu", "lxc"]
    assert page.locator("#ui\\:picker summary").inner_text() == "Drivers: 2 of 19"
    assert page.locator("#domainCreate td:visible").count() == 3, "API since, and two drivers"
    widths = [page.locator(f"{one} >> nth=0").bounding_box()["width"] for one in ("table.matrix", "thead tr")]
    assert widths[0] == widths[1] < 500, "the table is as wide as its columns"
    spans = page.evaluate("[...document.querySelectorAll('th[scope=rowgroup]')].map((one) => one.colSpan)")
    assert set(spans) == {4}
    page.keyboard.press("Escape")
    assert not page.locator("#ui\\:picker").evaluate("(one) => one.open")
    page.get_by_role("button", name="Clear filters").click()
    assert len(page.evaluate(COLUMNS)) == 19


def test_picker_closes_on_a_click_elsewhere(open_page) -> None:
    page = open_page("wide", "hvsupport.html")
    page.locator("#ui\\:picker summary").click()
    page.locator("h1").click()
    assert not page.locator("#ui\\:picker").evaluate("(one) => one.open")


def test_state_filter_looks_at_the_chosen_drivers_only(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    page.locator("input[value=next]").check(force=True)
    assert shown(page) == 1
    page.locator("input[value=partial]").check(force=True)
    assert shown(page) == 4
    page.locator("#ui\\:picker summary").click()
    page.get_by_label("full", exact=True).uncheck()
    assert shown(page) == 0


def test_filters_are_in_the_address(open_page) -> None:
    page = open_page("large", "hvsupport.html#domainGet")
    page.fill("input[type=search]", "domain")
    page.locator("input[value=removed]").check(force=True)
    page.locator("#ui\\:picker summary").click()
    page.get_by_role("button", name="None").click()
    page.get_by_label("esx", exact=True).check()
    # A row that the filters hide: opened again, its fragment would undo them.
    at(page, "hvsupport.html?q=domain&driver=esx&state=removed")
    settled(page)
    before = page.evaluate(f"{SHOWN}.map((row) => row.id)")
    other = open_page("large", page.url.rpartition("/")[2].partition("#")[0])
    assert other.locator("input[type=search]").input_value() == "domain"
    assert other.evaluate(COLUMNS) == ["esx"]
    settled(other)
    assert other.evaluate(f"{SHOWN}.map((row) => row.id)") == before
    page.get_by_role("button", name="Clear filters").click()
    at(page, "hvsupport.html")


def test_a_cell_that_was_looked_at_undoes_no_filter(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    page.locator("[id='domainGet.qemu'] a").first.click()
    at(page, "#domainGet.qemu")
    page.keyboard.press("Escape")
    page.locator("#ui\\:search").fill("network")
    at(page, "hvsupport.html?q=network")
    before = rows(page)
    page.reload()
    settled(page)
    assert rows(page) == before
    assert all("network" in name.lower() for name in before)
    page.locator("#ui\\:search").fill("get")
    at(page, "hvsupport.html?q=get")
    page.locator("[id='domainGet.qemu'] a").first.click()
    at(page, "hvsupport.html?q=get#domainGet.qemu")


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("target", ["deviceMigrate2.interface-netcf", "volumeList1", "domainGet.qemu"])
def test_deep_links_show_their_target(open_page, size, scripts: bool, target: str) -> None:
    """In view, marked, and not below the cells that stand still."""
    page = open_page("large", f"hvsupport.html#{target}", size, scripts=scripts)
    cell, head, scroller = (page.locator(each) for each in (f"[id='{target}']", "thead .corner", ".scroller"))

    def in_sight() -> None:
        box, corner, frame = (each.bounding_box() for each in (cell, head, scroller))
        assert box["y"] >= corner["y"] + corner["height"] - 1
        assert box["y"] + box["height"] <= min(size[1], frame["y"] + frame["height"]) + 1
        if "." in target:
            assert box["x"] >= corner["x"] + corner["width"] - 1
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
        if scripts:
            assert corner["y"] >= -1, "the head of the table stays in sight"

    eventually(in_sight)
    if "." in target:
        assert cell.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"


def test_a_deep_link_to_a_hidden_cell_clears_the_filters(open_page) -> None:
    page = open_page("large", "hvsupport.html?q=volume&driver=qemu#domainGet.lxc")
    page.locator("[id='domainGet.lxc']").wait_for(state="visible")
    page = open_page("large", "hvsupport.html?q=volume")
    page.evaluate("location.hash = '#deviceMigrate2.esx'")
    page.locator("[id='deviceMigrate2.esx']").wait_for(state="visible")


def test_keyboard_moves_through_the_table(open_page) -> None:
    page = open_page("large", "hvsupport.html?driver=qemu&driver=lxc&driver=esx")
    focused = "document.activeElement.closest('[id]').id"
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "domainCreate"
    for key, expected in (
        ("ArrowRight", "domainCreate.qemu"),
        ("ArrowRight", "domainCreate.lxc"),
        ("ArrowDown", "volumeCreate.lxc"),
        ("End", "volumeCreate.esx"),
        ("ArrowRight", "volumeCreate.esx"),
        ("Home", "volumeCreate"),
        ("ArrowUp", "domainCreate"),
        ("ArrowUp", "group:Group-1-Domains"),
        ("ArrowUp", "group:Group-1-Domains"),
    ):
        page.keyboard.press(key)
        assert page.evaluate(focused) == expected, key


def test_moving_keeps_the_cell_in_sight(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    for _ in range(55):
        page.keyboard.press("ArrowUp")
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    box = page.evaluate(
        "(() => { const b = document.activeElement.closest('td').getBoundingClientRect(); return [b.x, b.y] })()"
    )
    corner = page.locator("thead .corner").bounding_box()
    assert box[0] >= corner["x"] + corner["width"] - 1
    assert box[1] >= corner["y"] + corner["height"] - 1


def test_slash_is_a_letter_inside_the_box(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    page.keyboard.press("/")
    page.keyboard.type("a/b")
    assert page.locator("input[type=search]").input_value() == "a/b"


@pytest.mark.parametrize(("name", "size"), [("large", MEDIUM), ("large", NARROW), ("wide", WIDE), ("wide", NARROW)])
def test_head_and_first_column_stand_still(open_page, name: str, size) -> None:
    page = open_page(name, "hvsupport.html", size)
    corner, driver = page.locator("thead .corner"), page.locator("thead th.driver").nth(9)
    row = page.locator("tbody tr[id] th").nth(12)
    before = [one.bounding_box() for one in (corner, driver, row)]
    page.locator(".scroller").evaluate("(one) => one.scrollTo(400, 200)")
    moved = page.locator(".scroller").evaluate("(one) => [one.scrollLeft, one.scrollTop]")
    assert moved == [400, 200]
    after = [one.bounding_box() for one in (corner, driver, row)]
    assert (after[0]["x"], after[0]["y"]) == (before[0]["x"], before[0]["y"])
    assert after[1]["y"] == before[1]["y"]
    assert after[1]["x"] == pytest.approx(before[1]["x"] - 400, abs=1)
    assert after[2]["x"] == before[2]["x"]
    assert after[2]["y"] == pytest.approx(before[2]["y"] - 200, abs=1)
    top = "([x, y]) => document.elementFromPoint(x, y).closest('th') !== null"
    assert page.evaluate(top, [after[0]["x"] + 5, after[0]["y"] + 10]), "nothing covers the corner"
    assert page.evaluate(top, [after[0]["x"] + 5, after[0]["y"] + after[0]["height"] + 60]), "nor the first column"


BROKEN = """
() => [...document.querySelectorAll("tbody th[scope=row] > a:first-child bdi")].flatMap((link) => {
  const lines = [];
  const range = document.createRange();
  for (const node of link.childNodes) {
    if (node.nodeType !== Node.TEXT_NODE) continue;
    range.selectNodeContents(node);
    if (new Set([...range.getClientRects()].map((one) => one.top)).size > 1) lines.push(node.textContent);
  }
  return lines;
})
"""


@pytest.mark.parametrize("path", ["hvsupport.html", "drivers/qemu.html"])
def test_a_narrow_column_breaks_names_between_their_words(open_page, path: str) -> None:
    page = open_page("large", path, NARROW)
    assert page.evaluate(BROKEN) == []
    tall = "[...document.querySelectorAll('tbody th[scope=row] > a')].some((one) => one.getClientRects().length > 1)"
    assert page.evaluate(tall), "some name takes two lines, or this says nothing"


def test_group_heading_stands_still_below_the_head(open_page) -> None:
    page = open_page("large", "hvsupport.html", MEDIUM)
    page.locator(".scroller").evaluate("(one) => one.scrollTo(500, 150)")
    assert page.locator(".scroller").evaluate("(one) => one.scrollLeft") == 500
    head = page.locator("thead .corner").bounding_box()
    group = page.locator(".group th").first.bounding_box()
    text = page.locator(".group span").first.bounding_box()
    assert group["y"] == pytest.approx(head["y"] + head["height"], abs=1)
    assert text["x"] == pytest.approx(head["x"] + 8, abs=2)


def test_without_scripts_everything_can_be_read(open_page) -> None:
    page = open_page("kinds", "hvsupport.html", scripts=False)
    assert page.locator(".tools").is_hidden()
    assert page.locator("tbody tr[id]:visible").count() == len(b.KINDS)
    assert page.locator("[id='note:1']").is_visible()
    page.locator("[id='noted.full'] sup a").click()
    at(page, "#note:3")
    assert page.locator("[id='note:3']").inner_text().replace("\n", " ").startswith("3 needs a reboot")
    assert page.locator("[id='removed.full'] a").get_attribute("title") == "removed in 1.0.0; was supported since 0.3.2"


def test_what_a_screen_reader_finds(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    assert page.get_by_role("grid", name=re.compile("which driver supports which entry point")).count() == 1
    assert page.get_by_role("rowheader", name="unreadable").count() == 1
    assert page.get_by_role("columnheader", name="full").count() == 1
    assert page.get_by_role("link", name="could not be read").count() == 1
    assert page.get_by_role("link", name="removed in 1.0.0; was supported since 0.3.2").count() == 1
    assert page.get_by_role("searchbox", name="Search entry points, drivers, releases and notes").count() == 1
    assert page.get_by_role("checkbox", name="next release").count() == 1


def test_print_shows_all_and_no_tools(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    page.emulate_media(media="print")
    assert page.locator(".tools").is_hidden()
    style = page.locator(".scroller").evaluate(
        "(one) => [getComputedStyle(one).overflow, getComputedStyle(one).maxHeight]"
    )
    assert style == ["visible", "none"]
    assert page.locator("thead .corner").evaluate("(one) => getComputedStyle(one).position") == "static"


def test_hostile_names_do_nothing(open_page) -> None:
    """The fixture fails on any dialog, error or request."""
    page = open_page("hostile", "hvsupport.html")
    page.locator("tbody td[id] > a").first.focus()
    page.fill("input[type=search]", "<script>")
    assert shown(page) == 1
    page.locator("#ui\\:picker summary").click()
    assert page.locator(".boxes").inner_text().count("<script>") == 1


#: Texts of cells without a space that stand in more than one line.
BROKEN = """
[...document.querySelectorAll(".matrix tbody td")].flatMap((cell) => {
  cell.parentElement.style.contentVisibility = "visible";
  const text = (cell.querySelector("a") ?? cell).firstChild;
  if (text?.nodeType !== Node.TEXT_NODE || /\\s/.test(text.data.trim())) return [];
  const range = document.createRange();
  range.selectNodeContents(text);
  return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1 ? [text.data] : [];
})
"""


@pytest.mark.parametrize("size", [(1280, 800), NARROW], ids=["desk", "phone"])
@pytest.mark.parametrize("scale", ["compact", "comfortable"])
def test_a_release_stands_in_one_line(open_page, size: tuple[int, int], scale: str) -> None:
    """``0.20.11`` is as long as releases in narrow columns get."""
    page = open_page("large", f"hvsupport.html?density={scale}", size)
    settled(page)
    assert page.get_by_text("0.20.11", exact=True).count() > 9
    assert page.evaluate(BROKEN) == []


def test_a_single_entry_point_is_said_so(open_page) -> None:
    page = open_page("single", "hvsupport.html")
    assert count(page) == "1 of 1 entry point"
