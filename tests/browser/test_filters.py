"""What filters leave: rows and columns with a hit, counts, notes; marks; steps back; the tab of the next interface."""

from __future__ import annotations

from typing import Any

from browser_kit import at, eventually, settled, work

ROWS = "[...document.querySelectorAll('tbody tr[id]')].filter((one) => one.checkVisibility()).map((one) => one.id)"
COLUMNS = (
    "[...document.querySelectorAll('thead th[data-key]')].filter((one) => !one.hidden).map((one) => one.dataset.key)"
)


def rows(page: Any) -> list[str]:
    settled(page)
    return page.evaluate(ROWS)


def chip(page: Any, state: str) -> str:
    return page.locator(f".chip.{state}").inner_text().split()[-1]


def test_a_state_leaves_the_rows_and_columns_that_have_it(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?state=removed")
    kept = rows(page)
    assert page.evaluate(COLUMNS) == ["full"]
    assert page.locator("#ui\\:picker summary").inner_text() == "Drivers: 1 of 2"
    assert 0 < len(kept) < 10
    cells = page.locator("tbody td[id]:visible")
    assert cells.count() == len(kept) == int(chip(page, "removed"))
    assert page.evaluate(
        "[...document.querySelectorAll('.group small')].reduce((sum, one) => sum + +one.textContent, 0)"
    )
    page.locator("input[value=removed]").uncheck(force=True)
    assert page.evaluate(COLUMNS) == ["full", "empty"]
    assert len(rows(page)) == int(page.locator("#ui\\:count").inner_text().split()[0])


def test_a_hit_is_marked_and_other_cells_lose_their_ground(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?state=next&state=supported")
    settled(page)
    style = (
        "(id) => { const s = getComputedStyle(document.getElementById(id)); return [s.boxShadow, s.backgroundColor] }"
    )
    hit, other = page.evaluate(style, "next.full"), page.evaluate(style, "next.empty")
    assert hit[0] != "none" and other == ["none", "rgba(0, 0, 0, 0)"]
    assert hit[1] != other[1]


def test_found_words_are_marked_across_the_words_of_a_name(open_page) -> None:
    page = open_page("large", "hvsupport.html?q=maincre")
    settled(page)
    assert page.evaluate("[...CSS.highlights.get('hit')].map(String)") == ["mainCre"] * 3
    page.fill("input[type=search]", "")
    assert page.evaluate("CSS.highlights.has('hit')") is False


def test_counts_follow_the_search_and_the_drivers(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    before = int(chip(page, "unsupported"))
    page.fill("input[type=search]", "partial")
    found = page.evaluate(f"{ROWS}.length")
    assert chip(page, "unsupported") == str(found), "the driver without support"
    page.fill("input[type=search]", "")
    assert chip(page, "unsupported") == str(before)


def test_notes_of_hidden_cells_are_hidden(open_page) -> None:
    page = open_page("kinds", "hvsupport.html?q=noted")
    settled(page)
    left = page.locator(".notes li:visible")
    assert left.count() == 1 and "needs a reboot" in left.inner_text()
    page.fill("input[type=search]", "plain")
    assert page.locator(".notes").is_hidden()
    page.fill("input[type=search]", "")
    assert page.locator(".notes li:visible").count() == page.locator(".notes li").count() > 1


def test_back_undoes_one_step(open_page) -> None:
    page = open_page("large", "hvsupport.html")
    page.keyboard.press("/")
    page.keyboard.type("domain")
    page.locator("input[value=removed]").check(force=True)
    at(page, "?q=domain&state=removed")
    page.locator("#ui\\:picker summary").click()
    page.get_by_label("lxc", exact=True).uncheck()
    page.go_back()
    at(page, "?q=domain&state=removed")
    eventually(lambda: _holds(page.get_by_label("lxc", exact=True).is_checked()))
    page.go_back()
    at(page, "?q=domain")
    eventually(lambda: _holds(not page.locator("input[value=removed]").is_checked()))
    page.go_back()
    at(page, "hvsupport.html")
    eventually(lambda: _holds(page.locator("input[type=search]").input_value() == ""))
    page.go_forward()
    at(page, "?q=domain")


def _holds(condition: bool) -> None:
    assert condition


def test_the_filter_goes_along_to_the_next_interface(open_page) -> None:
    page = open_page("several", "hvsupport-compute.html?driver=elsewhere")
    assert page.evaluate(COLUMNS) == ["full", "empty"], "a driver of another interface hides none of this one"
    page.fill("input[type=search]", "remov")
    page.locator("input[value=removed]").check(force=True)
    page.get_by_role("link", name="DNS drivers", exact=True).click()
    at(page, "hvsupport-dns.html?q=remov&driver=elsewhere&state=removed")
    assert page.locator("input[value=removed]").is_checked()
    assert len(rows(page)) == 1


def test_the_place_stays_when_a_column_goes(open_page) -> None:
    """Rows above that are laid out only then may be higher than was estimated: what is in sight stays where it is."""
    page = open_page("large", "hvsupport.html")
    page.locator(".scroller").evaluate("(one) => one.scrollTo(0, 3000)")
    settled(page)
    seen = "(() => { const { x, y } = document.querySelector('.scroller').getBoundingClientRect();"
    seen += " return document.elementFromPoint(x + 20, y + 200).closest('tr').id; })()"
    row = page.evaluate(seen)
    top = "(id) => document.getElementById(id).getBoundingClientRect().top"
    before = page.evaluate(top, row)
    page.locator("#ui\\:picker summary").click()
    page.get_by_label("lxc", exact=True).uncheck()
    page.keyboard.press("Escape")
    settled(page)
    # A row above may be lower without a cell of two lines; a whole row is higher than this.
    assert abs(page.evaluate(top, row) - before) < 15


def test_a_chip_and_a_letter_touch_the_rows_in_sight_only(open_page) -> None:
    """So the time to paint does not grow with the number of rows; whole, the page has 12,000 elements."""
    page = open_page("large", "hvsupport.html")
    settled(page)
    every = page.evaluate("document.querySelectorAll('*').length")
    assert every > 10_000
    for action in ("input[value=supported]", "input[value=supported]", "input[value=removed]", "input[value=removed]"):
        styled, laid = work(page, lambda one=action: page.locator(one).click(force=True))
        assert 0 < styled < every / 2 and laid < every / 4
    for text in ("d", ""):
        styled, laid = work(page, lambda one=text: page.fill("input[type=search]", one))
        assert 0 < styled < every / 4 and laid < every / 4
