"""One search over the whole site: entries, drivers, notes, protocols and prose, by keyboard, in the address."""

from __future__ import annotations

from typing import Any

import pytest
from browser_kit import NARROW, WIDE, at, settled


def titles(page: Any) -> list[str]:
    settled(page)
    return page.locator(".results a").all_inner_texts()


def test_it_finds_entries_drivers_notes_and_prose(open_page) -> None:
    page = open_page("kinds", "search.html")
    box = page.get_by_role("searchbox", name="Search the whole site")
    assert page.evaluate("document.activeElement.id") == "ui:search"
    assert titles(page) == []
    box.fill("inherited")
    assert titles(page)[0] == "inherited"
    at(page, "search.html?q=inherited")
    box.fill("needs reboot")
    assert titles(page) == ["full, noted"], "a note, by words of its text"
    assert page.locator(".results mark").all_inner_texts() == ["needs", "reboot"]
    assert page.locator(".results a").get_attribute("href") == "hvsupport.html#noted.full"
    box.fill("empty")
    assert page.locator(".results li").first.inner_text().startswith("empty Driver"), "a name comes before a text"
    assert page.locator("#ui\\:count").inner_text() == "1 result"
    box.fill("drivers")
    assert page.locator("#ui\\:count").inner_text().endswith(" results")
    box.fill("yyyy")
    assert page.locator(".results a").first.get_attribute("href") == "guide.html#part"
    assert len(page.locator(".results p").first.inner_text()) < 250, "an excerpt"
    box.fill("zzzzz")
    assert titles(page) == []
    assert page.get_by_text("Nothing matches").is_visible()


def test_a_name_comes_before_names_that_contain_it(open_page) -> None:
    page = open_page("large", "search.html?q=virdomainget")
    found = titles(page)
    assert found[0] == "virDomainGet" and set(found) > {"virDomainGet1"}
    page.get_by_role("searchbox").fill("vir")
    assert len(titles(page)) == 60
    assert page.get_by_text("The first 60 of ").is_visible()


def test_the_keyboard_goes_through_the_results_and_back(open_page) -> None:
    page = open_page("large", "search.html?q=domain")
    for key, expected in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        links = "[...document.querySelectorAll('.results a')].indexOf(document.activeElement)"
        assert page.evaluate(links) == expected
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "ui:search"
    page.keyboard.press("Enter")
    name = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/*.html")
    assert page.locator("h1").inner_text() == name
    page.get_by_role("link", name="Search", exact=True).click()
    at(page, "search.html")


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_hostile_names_are_text(open_page, size) -> None:
    """The fixture fails on any dialog, error or request."""
    page = open_page("hostile", "search.html?q=%3Cscript", size)
    assert any("<script>" in one for one in titles(page))
    assert page.locator(".results script, .results img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_it_leads_to_the_matrices(open_page) -> None:
    page = open_page("kinds", "search.html", scripts=False)
    assert page.get_by_role("searchbox").count() == 0
    page.get_by_role("link", name="All support matrices").click()
    at(page, "hvsupport.html")
