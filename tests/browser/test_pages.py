"""Every page of every site in Chromium: quiet, no wider than its window, readable in both themes; and how fast."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from browser_kit import NARROW, WIDE, at, key_to_paint, settled

SITES = ("kinds", "hostile", "several", "large", "wide", "protocols", "families", "hostile protocols")
SMALL = ("kinds", "hostile", "several", "protocols", "hostile protocols")
#: Two of the many pages of drivers are enough for the large sites.
MANY = ("drivers/", "entries/")

#: Ratio of text to ground for every visible text, opacities and grounds of what is around it taken in.
CONTRAST = """
() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((one, at) => one * a + under[at] * (1 - a));
  const luminance = (colour) => {
    const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.map((one) => linear(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // The box in a drawing that a text stands in, which is no parent of it.
  const box = (text) => {
    const { x, y } = text.getBBox();
    return [...text.ownerSVGElement.querySelectorAll("rect")].find((one) => {
      const { x: left, y: top, width, height } = one.getBBox();
      return left <= x && x <= left + width && top <= y && y <= top + height;
    });
  };
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const under = element instanceof SVGTextElement && box(element);
    if (under) return over(parse(getComputedStyle(under).fill), ground(element.ownerSVGElement));
    return over(parse(getComputedStyle(element).backgroundColor), ground(element.parentElement));
  };
  const own = (element) => Number(getComputedStyle(element).opacity);
  const opacity = (element) => (element ? own(element) * opacity(element.parentElement) : 1);
  const poor = {};
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    const box = element.getBoundingClientRect();
    if (!text || box.width < 2 || box.height < 2 || element.closest("[hidden], .unseen, .skip")) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || opacity(element) === 0) continue;
    const under = ground(element);
    const [r, g, b, a] = parse(element instanceof SVGTextElement ? style.fill : style.color);
    const ink = over([r, g, b, a * opacity(element)], under);
    const [high, low] = [luminance(ink), luminance(under)].sort((x, y) => y - x);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) poor[`${element.tagName}.${element.className} ${text.slice(0, 20)}`] = ratio.toFixed(2);
  }
  return poor;
}
"""


def pages_of(folder: Path) -> list[str]:
    """All pages, but of those that are made once for each driver or entry the first and the longest."""
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    kept = [path for path in found if not path.startswith(MANY)]
    for kind in MANY:
        some = [path for path in found if path.startswith(kind)]
        kept += dict.fromkeys([*some[:1], *sorted(some, key=lambda path: -(folder / path).stat().st_size)[:1]])
    return kept


@pytest.mark.parametrize("name", SITES)
def test_no_page_complains_or_asks_another_host(open_page, sites, name: str) -> None:
    """The fixture holds it; here every page is opened once."""
    first, *others = pages_of(sites[name])
    page = open_page(name, first)
    assert page.title()
    for path in others:
        page.goto(f"{sites[name].as_uri()}/{path}")
        assert page.title(), path


@pytest.mark.parametrize(("name", "size"), [*product(SITES, [NARROW, WIDE]), *product(SMALL, [(320, 640), (360, 780)])])
def test_no_page_is_wider_than_its_window(open_page, sites, name: str, size) -> None:
    page = open_page(name, "index.html", size)
    for path in pages_of(sites[name]):
        page.goto(f"{sites[name].as_uri()}/{path}")
        wide = page.evaluate("[document.documentElement.scrollWidth, document.body.scrollWidth]")
        assert max(wide) <= size[0], path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(open_page, sites, theme: str) -> None:
    """WCAG AA: at least 4.5 for every text on every page, in every state."""
    page = open_page("kinds", "index.html", theme=theme)
    for name in ("kinds", "protocols"):
        for path in pages_of(sites[name]):
            page.goto(f"{sites[name].as_uri()}/{path}")
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            settled(page)
            assert page.evaluate(CONTRAST) == {}, path
    page.goto(f"{sites['kinds'].as_uri()}/hvsupport.html#noted.full")
    page.locator("[id='partial.full'] > a").focus()
    page.locator("#ui\\:picker summary").click()
    assert page.evaluate(CONTRAST) == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_states_have_grounds_of_their_own(open_page, theme: str) -> None:
    """But deprecated ones, which are supported and have a mark."""
    page = open_page("kinds", "hvsupport.html", theme=theme)
    grounds = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.legend .sample:not(.mark):not(.deprecated)')]"
        ".map((one) => [one.className, getComputedStyle(one).backgroundColor]))"
    )
    assert len(grounds) == 8
    assert len(set(grounds.values())) == 8


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_follows_the_system(open_page, theme: str) -> None:
    ground = open_page("kinds", "index.html", theme=theme).evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")


def test_filters_on_the_page_of_a_driver_and_on_the_hub(open_page) -> None:
    page = open_page("kinds", "drivers/full.html")
    page.fill("input[type=search]", "back")
    assert page.locator("tbody tr[id]:visible").count() == 1
    page.fill("input[type=search]", "")
    page.locator("input[value=removed]").check(force=True)
    assert page.locator("tbody tr[id]:visible").count() == 1
    page = open_page("several", "hvsupport.html")
    page.fill("input[type=search]", "unread")
    assert page.locator("section li:visible").count() == 2
    assert page.locator("#ui\\:count").inner_text() == "2 of 42 entry points"


def test_the_head_of_a_long_driver_page_stands_still(open_page) -> None:
    page = open_page("large", "drivers/qemu.html")
    page.evaluate("scrollTo(0, 3000)")
    assert page.locator(".entries thead th").first.bounding_box()["y"] == pytest.approx(0, abs=1)
    assert page.locator(".entries thead th").last.evaluate("(one) => getComputedStyle(one).position") == "sticky"


def test_a_source_on_a_driver_page_takes_one_line(open_page) -> None:
    page = open_page("kinds", "drivers/full.html")
    lines = page.evaluate(
        """() => [...document.querySelectorAll(".entries td.place:not(:empty)")].map((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          return new Set([...range.getClientRects()].map((one) => one.top)).size;
        })"""
    )
    assert set(lines) == {1}


@pytest.mark.parametrize("size", [NARROW, (320, 640)])
def test_no_cell_of_a_driver_page_is_cut_off_on_a_phone(open_page, size) -> None:
    page = open_page("kinds", "drivers/full.html", size)
    cut = page.evaluate(
        """([width]) => [...document.querySelectorAll(".entries :is(tbody th, td:not(:empty))")].filter((one) => {
          const { left, right, height } = one.getBoundingClientRect();
          return !height || left < 0 || right > width || one.scrollWidth > one.clientWidth + 1;
        }).map((one) => one.textContent)""",
        list(size),
    )
    assert cut == []
    texts = page.locator(".entries tbody tr[id=inherited] > *").all_inner_texts()
    assert "inherited from lib.base:Base" in texts and "lib/driver.py:7" in texts


def test_from_the_overview_to_a_cell_and_back(open_page) -> None:
    page = open_page("kinds", "index.html")
    page.get_by_role("row", name="full").get_by_role("link", name="full").first.click()
    page.get_by_role("link", name="partial", exact=True).click()
    at(page, "hvsupport.html#partial.full")
    page.get_by_role("columnheader", name="full").get_by_role("link").click()
    page.get_by_role("link", name="Documentation").click()
    at(page, "guide.html")
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Part").click()
    at(page, "#part")


def test_skip_link_is_the_first_stop(open_page) -> None:
    page = open_page("kinds", "hvsupport.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["width"] > 20


@pytest.mark.parametrize("name", ["large", "wide"])
def test_search_is_quick(open_page, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the figures; the bound is wide, for a machine that others use too. The aim is 50 ms."""
    page = open_page(name, "hvsupport.html")
    settled(page)
    painted = sorted(key_to_paint(page))
    with capsys.disabled():
        middle, worst = painted[len(painted) // 2], painted[-1]
        print(f"\n{name}: key press to paint, median {middle:.0f} ms, worst {worst:.0f} ms of {len(painted)}")
    assert middle < 250
