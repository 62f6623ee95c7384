"""Nothing moves while a page loads, whatever its address asks for."""

from __future__ import annotations

from typing import Any

import pytest
from browser_kit import NARROW, settled

#: Keeps every shift of the layout that nobody caused by a key or a click.
_WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    const moved = sources.map((one) => [one.node?.id || one.node?.nodeName, one.previousRect, one.currentRect]);
    if (!hadRecentInput) window.shifts.push([value, JSON.stringify(moved)]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
DESK = (1280, 800)
ADDRESSES = [
    pytest.param("hvsupport.html", id="no filter: the tools keep their room"),
    pytest.param("hvsupport.html?q=volume", id="few rows"),
    pytest.param("hvsupport.html?state=removed", id="few cells"),
    pytest.param("hvsupport.html?driver=qemu&driver=lxc&density=compact", id="few columns"),
    pytest.param("hvsupport.html?release=0.9.2&rows=differ", id="an old release"),
    pytest.param("drivers/qemu.html?q=volume", id="the list of a driver"),
]


def shifts(page: Any, address: str) -> list[list[Any]]:
    """All shifts until the page is loaded and painted, and what moved."""
    page.add_init_script(_WATCH)
    page.goto(address)
    settled(page)
    return page.evaluate("new Promise((done) => setTimeout(() => done(window.shifts)))")


@pytest.mark.parametrize("size", [DESK, NARROW], ids=["desk", "phone"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_nothing_moves_while_a_page_loads(open_page, sites, path: str, size: tuple[int, int]) -> None:
    page = open_page("large", "search.html", size)
    found = shifts(page, f"{sites['large'].as_uri()}/{path}")
    assert sum(value for value, _ in found) < 0.01, found
    assert page.locator("tbody tr:visible").count() > 0


def test_a_table_is_shown_although_a_script_is_missing(browser, sites) -> None:
    page = browser.new_page()
    page.route("**/hvsupport.js", lambda route: route.abort())
    page.goto(f"{sites['large'].as_uri()}/hvsupport.html?q=volume")
    page.locator("tbody tr[id] a").first.wait_for()
    page.close()
