"""The panel of a cell: what it tells, where it stands, and how the keyboard gets there and back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browser_kit import NARROW, WIDE, at, eventually, settled

FOCUSED = "document.activeElement.closest('[id]')?.id"


def test_the_strip_of_a_column_ends_with_the_table(open_page) -> None:
    """It is laid when rows out of sight have estimated heights, which are higher than most."""
    page = open_page("large", "hvsupport.html?q=create&density=compact")
    link = page.locator("tbody tr:visible td.supported a:visible").first
    cell = link.evaluate("(one) => one.parentElement.id")
    page = open_page("large", f"hvsupport.html?q=create&density=compact#{cell}")
    page.locator(".lit").wait_for(state="attached")
    eventually(lambda: _ends_with_the_table(page))


def _ends_with_the_table(page: Any) -> None:
    heights = "[...document.querySelectorAll('table.matrix, .lit')].map((one) => one.offsetHeight)"
    table, strip = page.evaluate(heights)
    assert strip == table > 0


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", page.locator(".panel").inner_text())


def opened(page: Any, cell: str) -> None:
    page.locator(f"[id='{cell}'] > a").first.click()
    page.locator(".panel").wait_for()


def test_it_tells_state_way_note_history_and_place(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    opened(page, "back.full")
    assert text(page).startswith("× full · back")
    assert page.locator(".panel .timeline li").all_inner_texts() == ["0.7.0 to 1.0.0", "1.3.0 to now"]
    opened(page, "partial.full")
    assert "in part: no live resize" in page.locator(".panel .why li").all_inner_texts()
    opened(page, "inherited.full")
    assert "inherited from lib.base:Base" in page.locator(".panel .why li").all_inner_texts()
    assert page.locator(".panel dd").all_inner_texts() == ["lib/driver.py:7", "inherited", "full"]
    opened(page, "plain.empty")
    assert page.locator(".panel .why li").all_inner_texts() == ["unsupported"]
    assert page.locator(".panel .timeline").count() == 0


def test_the_bars_of_the_history_stand_one_after_the_other(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    opened(page, "back.full")
    first, second = (one.bounding_box() for one in page.locator(".panel .timeline span").all())
    whole = page.locator(".panel .timeline").bounding_box()
    assert whole["x"] < first["x"] < first["x"] + first["width"] < second["x"]
    assert second["x"] + second["width"] == pytest.approx(whole["x"] + whole["width"], abs=1)


def test_it_links_documentation_source_and_driver(open_page) -> None:
    page = open_page("linked", "hvsupport.html")
    opened(page, "volumeCreate.qemu")
    hrefs = [one.get_attribute("href") for one in page.locator(".panel a").all()]
    assert hrefs[0].startswith("https://example.invalid/api#")
    assert re.fullmatch(r"https://example\.invalid/src/lib/driver\.py#\d+", hrefs[1])
    assert hrefs[2:] == ["entries/volumeCreate.html", "drivers/qemu.html#volumeCreate"]


@pytest.mark.parametrize("size", [WIDE, NARROW, (1000, 700)])
@pytest.mark.parametrize("cell", ["domainCreate.qemu", "volumeCreate.interface-netcf"])
def test_it_moves_nothing_covers_not_its_cell_and_stays_in_the_window(open_page, size, cell: str) -> None:
    page = open_page("large", "hvsupport.html", size)
    place = page.locator(f"[id='{cell}']")
    place.scroll_into_view_if_needed()
    before = place.bounding_box()
    place.click(position={"x": 5, "y": 5})
    box = page.locator(".panel").bounding_box()
    after = place.bounding_box()
    assert after == before
    assert box["x"] >= 0 and box["x"] + box["width"] <= size[0]
    assert box["y"] >= 0 and box["y"] + box["height"] <= size[1]
    apart = (
        box["x"] >= after["x"] + after["width"]
        or box["x"] + box["width"] <= after["x"]
        or box["y"] >= after["y"] + after["height"]
        or box["y"] + box["height"] <= after["y"]
    )
    assert apart


def test_it_stands_beside_a_table_that_leaves_room(open_page) -> None:
    page = open_page("large", "hvsupport.html?driver=qemu&driver=lxc")
    opened(page, "domainCreate.lxc")
    table, box = page.locator(".scroller").bounding_box(), page.locator(".panel").bounding_box()
    assert box["x"] >= table["x"] + table["width"]
    assert box["y"] == pytest.approx(table["y"], abs=1)


def test_it_follows_the_arrows_and_goes_on_escape(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    page.locator("[id='domainCreate.qemu'] > a").focus()
    assert page.locator(".panel").is_hidden(), "the focus alone opens nothing"
    page.keyboard.press("Enter")
    assert "qemu · virDomainCreate" in text(page)
    page.keyboard.press("ArrowDown")
    assert "qemu · virVolumeCreate" in text(page)
    page.keyboard.press("Escape")
    assert page.locator(".panel").is_hidden()
    assert page.evaluate(FOCUSED) == "volumeCreate.qemu"


def test_the_keyboard_reaches_its_links_and_comes_back(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    page.locator("[id='plain.full'] > a").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Close"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "entries/plain.html"
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == "plain.full"


def test_it_closes_by_its_button_a_press_elsewhere_and_a_filter(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    panel = page.locator(".panel")
    opened(page, "plain.full")
    page.get_by_role("button", name="Close").click()
    assert panel.is_hidden()
    opened(page, "plain.full")
    page.locator("h1").click()
    assert panel.is_hidden()
    opened(page, "plain.full")
    page.keyboard.press("/")
    page.keyboard.type("removed")
    settled(page)
    assert panel.is_hidden()


def test_a_link_to_its_cell_is_copied(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, "partial.full")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith("hvsupport.html#partial.full")
    at(page, "#partial.full")


def test_a_long_note_scrolls_inside_it(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    page.locator("[id='partial.full'] > a").evaluate("(one) => one.setAttribute('aria-label', 'x '.repeat(5000))")
    opened(page, "partial.full")
    box = page.locator(".panel").bounding_box()
    assert box["y"] + box["height"] <= WIDE[1]
    assert page.locator(".panel").evaluate("(one) => one.scrollHeight > one.clientHeight")


def test_the_column_of_the_focus_is_marked(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    page.locator("[id='domainCreate.lxc'] > a").focus()
    assert page.evaluate("[...document.querySelectorAll('th.over')].map((one) => one.dataset.key)") == ["lxc"]


def test_the_column_of_a_cell_is_marked_under_the_pointer_and_the_focus(open_page) -> None:
    page = open_page("large", "hvsupport.html", size=(800, 700))
    strip, head = page.locator(".lit"), "thead th.driver >> nth={}"
    assert not strip.is_visible()
    for column in (2, 9):
        page.locator("tbody tr[id] >> nth=1").locator(f"td[id] >> nth={column}").hover()
        cell, over = (one.bounding_box() for one in (page.locator(head.format(column)), strip))
        assert (over["x"], over["width"]) == (cell["x"], cell["width"])
        assert over["height"] > 700
    page.mouse.move(2, 2)
    assert not strip.is_visible()
    page.locator("tbody tr[id] >> nth=1").locator("td[id] a >> nth=3").focus()
    assert strip.bounding_box()["x"] == page.locator(head.format(3)).bounding_box()["x"]
    page.locator("#ui\\:search").fill("create")
    assert not strip.is_visible()
