"""The matrix as a grid: a click or a tap opens a cell and moves nothing, and the keyboard reaches everything."""

from __future__ import annotations

from typing import Any

import pytest
from browser_kit import NARROW, WIDE, at, settled

FOCUSED = "document.activeElement.closest('[id]')?.id"
SCROLLED = (
    "(() => { const box = document.querySelector('.scroller'); return [box.scrollLeft, box.scrollTop, scrollY] })()"
)


def visible_cell(page: Any) -> str:
    """The id of the cell in the middle of the table's window."""
    return page.evaluate(
        """() => {
          const { left, right, top, bottom } = document.querySelector('.scroller').getBoundingClientRect();
          const x = (left + right) / 2 + 60, y = Math.min(top + 260, (top + Math.min(bottom, innerHeight)) / 2 + 40);
          return document.elementFromPoint(x, y).closest('td[id]').id;
        }"""
    )


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_click_opens_the_cell_and_scrolls_nothing(open_page, size) -> None:
    page = open_page("large", "hvsupport.html", size)
    page.locator(".scroller").evaluate("(one) => one.scrollTo(300, 700)")
    settled(page)
    before, key = page.evaluate(SCROLLED), visible_cell(page)
    page.locator(f"[id='{key}']").click(position={"x": 5, "y": 5})
    assert page.evaluate(SCROLLED) == before
    assert page.evaluate(FOCUSED) == key
    row, _, driver = key.partition(".")
    assert page.locator(".panel a").last.get_attribute("href") == f"drivers/{driver}.html#{row}"
    assert page.locator(".panel").is_visible()
    at(page, f"#{key}")
    assert page.locator(".here").get_attribute("id") == key
    assert page.evaluate("history.length") == 2, "back leaves the page, and does not visit every cell"


def test_enter_keeps_the_focus(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    for key in ("domainCreate.qemu", "domainCreate", "group:Group-1-Domains"):
        link = page.locator(f"[id='{key}'] a").first
        link.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.getAttribute('href')") == f"#{key}"
        assert page.locator(".here").get_attribute("id") == key


def test_a_tap_opens_the_panel(browser, sites) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{sites['kinds'].as_uri()}/hvsupport.html")
    page.locator("[id='partial.full']").tap()
    assert page.locator(".panel").is_visible()
    assert "no live resize" in page.locator(".panel").inner_text()
    page.locator("h1").tap()
    assert page.locator(".panel").is_hidden()
    context.close()


def test_a_link_to_a_cell_opens_it(open_page) -> None:
    page = open_page("large", "hvsupport.html#volumeList1.esx")
    assert page.evaluate(FOCUSED) == "volumeList1.esx"
    assert page.locator(".panel").is_visible()


def test_the_table_is_one_stop_and_the_skip_link_leads_into_it(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    stops = "[...document.querySelectorAll('.scroller, .scroller [href]')].filter((one) => one.tabIndex >= 0).length"
    assert page.evaluate(stops) <= 2, "a name, and the link to its documentation"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == "domainCreate"


def test_arrows_reach_the_head_and_keys_the_corners(open_page) -> None:
    page = open_page("large", "hvsupport.html?driver=qemu&driver=lxc&driver=esx")
    settled(page)
    page.locator("#domainCreate th a").first.focus()
    last = page.evaluate("[...document.querySelectorAll('tbody tr[id]')].at(-1).id")
    head = "document.activeElement.closest('th[data-key]')?.dataset.key"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(head) == "qemu"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(head) == "lxc"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == "domainCreate.lxc"
    page.keyboard.press("Control+End")
    assert page.evaluate(FOCUSED) == f"{last}.esx"
    page.keyboard.press("PageUp")
    higher = page.evaluate(FOCUSED)
    assert higher.endswith(".esx") and higher != f"{last}.esx"
    page.keyboard.press("PageDown")
    assert page.evaluate(FOCUSED) == f"{last}.esx"
    page.keyboard.press("Control+Home")
    assert page.evaluate(head) == "qemu"
