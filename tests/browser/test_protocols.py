"""The page of a family of protocols in Chromium: what fits where, what stands still, and how one gets about."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from browser_kit import WIDE, at

PAGE = "protocol-move.html"
PHONE = (360, 780)
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
#: Every text of every diagram as the browser draws it: those that leave the drawing, and pairs that meet.
DRAWN = """
() => {
  const faults = [];
  for (const svg of document.querySelectorAll("svg.sequence")) {
    const { width, height } = svg.viewBox.baseVal;
    const texts = [...svg.querySelectorAll("text")].map((one) => [one.textContent, one.getBBox()]);
    const meet = (a, b) =>
      Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 0.5 &&
      Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 2.5;
    texts.forEach(([text, box], at) => {
      if (box.x < 0 || box.y < -1 || box.x + box.width > width || box.y + box.height > height) faults.push(text);
      for (const [other, its] of texts.slice(at + 1)) if (meet(box, its)) faults.push(`${text} | ${other}`);
    });
    for (const box of [...svg.querySelectorAll("rect")].map((one) => one.getBBox()))
      for (const [text, its] of texts)
        if (meet(box, its) && (its.x < box.x || its.x + its.width > box.x + box.width)) faults.push(`${text} | box`);
  }
  return faults;
}
"""


def table(page: Any, pair: str) -> Any:
    name = f"{pair}: the best protocol that the tables allow, release against release"
    return page.get_by_role("region", name=name, exact=True)


@pytest.mark.parametrize(
    ("name", "path"),
    [("protocols", PAGE), ("hostile protocols", "protocol-x-move-4c0b48.html"), ("families", "protocol-snapshot.html")],
)
def test_texts_of_a_diagram_are_as_narrow_as_it_was_drawn_for(open_page, name: str, path: str) -> None:
    page = open_page(name, path)
    assert page.evaluate(DRAWN) == []
    assert page.locator("svg.sequence text").count() >= 2


@pytest.mark.parametrize(("size", "least"), [(PHONE, 10), ((320, 640), 9), (WIDE, 12)])
def test_a_diagram_is_readable_in_every_window(open_page, size: tuple[int, int], least: float) -> None:
    """The names of steps, in pixels."""
    page = open_page("protocols", PAGE, size)
    svg = page.locator("svg.sequence").first
    box = svg.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= size[0]
    scale = box["width"] / svg.evaluate("(one) => one.viewBox.baseVal.width")
    small = svg.evaluate(
        "(one) => Math.min(...[...one.querySelectorAll('text')].map((t) => t.getAttribute('font-size')))"
    )
    assert 13 * scale >= least
    assert float(small) * scale >= 8.5


def test_the_list_of_steps_is_beside_the_diagram_or_below_it(open_page) -> None:
    for size, beside in ((WIDE, True), (PHONE, False)):
        page = open_page("protocols", PAGE, size)
        drawing, steps = (page.locator(name).first.bounding_box() for name in ("svg.sequence", "ol.steps"))
        assert (steps["x"] > drawing["x"] + drawing["width"]) == beside
        assert (steps["y"] >= drawing["y"] + drawing["height"]) != beside


def test_a_screen_reader_hears_the_steps_in_order(open_page) -> None:
    page = open_page("protocols", PAGE)
    image = page.get_by_role("img", name="Diagram of Move v2; the list of steps has the same content")
    assert image.count() == 1
    items = page.get_by_role("list", name="Steps of Move v2").get_by_role("listitem")
    assert [text.split("\n")[0] for text in items.all_inner_texts()] == [
        "Begin on the source",
        "Prepare on the destination",
        "Perform on the source",
        "Finish on the destination",
        "Confirm on the source",
    ]


@pytest.mark.parametrize(("theme", "size"), [*product(["light", "dark"], [PHONE, WIDE])])
def test_headings_stay_while_a_table_scrolls(open_page, theme: str, size: tuple[int, int]) -> None:
    page = open_page("protocols", PAGE, size, theme)
    box = table(page, "both")
    box.evaluate("(one) => { one.style.width = '16rem'; one.style.height = '7rem'; one.scrollTo(140, 60); }")
    frame = box.bounding_box()
    row, corner, across = (
        box.locator(name).first.bounding_box() for name in ("tbody tr:last-child th", ".corner", ".across span")
    )
    assert box.evaluate("(one) => [one.scrollLeft, one.scrollTop].every((at) => at > 20)")
    assert abs(row["x"] - frame["x"]) <= 2 and abs(corner["x"] - frame["x"]) <= 2
    assert abs(corner["y"] - frame["y"]) <= 2
    assert across["x"] >= corner["x"] + corner["width"] - 1
    assert across["x"] + across["width"] <= frame["x"] + frame["width"]
    assert frame["y"] - 1 <= across["y"] < frame["y"] + 20


def test_names_of_drivers_stay_on_a_phone(open_page) -> None:
    page = open_page("protocols", PAGE, PHONE)
    box = page.get_by_role("region", name="which driver supports which protocol")
    box.evaluate("(one) => { one.style.width = '12rem'; one.scrollTo(120, 0); }")
    name = box.locator("tbody th").first.bounding_box()
    assert box.evaluate("(one) => one.scrollLeft") > 20
    assert abs(name["x"] - box.bounding_box()["x"]) <= 2


def test_the_keyboard_reaches_tables_and_reasons(open_page) -> None:
    page = open_page("protocols", PAGE)
    table(page, "both").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Why no better protocol"
    page.keyboard.press("Enter")
    reasons = page.locator("details[open]")
    assert "not v2: the source lacks Begin (was added in 0.9.0)" in reasons.inner_text()


def test_why_not_a_better_one_is_heard_and_shown_on_hover(open_page) -> None:
    page = open_page("protocols", PAGE)
    cell = table(page, "both").get_by_role("cell").first
    assert cell.get_attribute("title").startswith("not v2: the source lacks Begin")
    assert cell.locator(".unseen").text_content().startswith(", not v2: the source lacks Begin")


@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_tabs_lead_from_family_to_family(open_page, size: tuple[int, int]) -> None:
    page = open_page("families", "index.html", size)
    page.get_by_role("link", name="Protocols").click()
    at(page, "protocol-compute-move.html")
    tabs = page.get_by_role("navigation", name="Families of protocols")
    tabs.get_by_role("link", name="Snapshot").click()
    at(page, "protocol-snapshot.html")
    assert tabs.locator("[aria-current=page]").inner_text() == "Snapshot"
    assert page.get_by_role("link", name="Protocols").get_attribute("aria-current") == "page"


def test_from_the_matrix_to_the_protocol_and_back(open_page) -> None:
    page = open_page("protocols", "hvsupport.html?q=begin")
    page.get_by_role("link", name="Begin in Move v2").click()
    at(page, f"{PAGE}#protocol:v2")
    assert page.locator("[id='protocol:v2']").bounding_box()["y"] >= 0
    page.get_by_role("list", name="Steps of Move v2").get_by_role("link", name="begin").click()
    at(page, "hvsupport.html#begin")
    page.go_back()
    page.get_by_role("link", name="finding HV020").click()
    at(page, "findings.html#finding:1")


def test_the_way_from_an_entry_to_its_protocol_looks_alike_on_every_page(open_page, sites) -> None:
    """The sign stands apart from the name, in the colour of links: on the matrix, and on the page of a driver."""
    looks = set()
    driver = sorted((sites["protocols"] / "drivers").glob("*.html"))[0]
    for path in ("hvsupport.html", driver.relative_to(sites["protocols"]).as_posix()):
        page = open_page("protocols", path)
        sign = page.locator("tbody th .docs").first
        name = sign.locator("xpath=preceding-sibling::a[1]")
        assert sign.inner_text() == "⇄"
        inside = sign.evaluate("(one) => parseFloat(getComputedStyle(one).paddingLeft)")
        assert sign.bounding_box()["x"] + inside - name.bounding_box()["x"] - name.bounding_box()["width"] >= 3
        looks.add(sign.evaluate("(one) => getComputedStyle(one).color"))
        assert looks.isdisjoint({name.evaluate("(one) => getComputedStyle(one).color")})
    assert len(looks) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_of_the_documentation_follows_the_system(browser, theme: str) -> None:
    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    page.goto((IMAGES / "migration-v3.svg").as_uri())
    fill = "(name) => getComputedStyle(document.querySelector(name)).fill"
    light = page.evaluate(fill, ".ground") == "rgb(255, 255, 255)"
    assert light == (theme == "light")
    assert (page.evaluate(fill, "text.name") == "rgb(27, 32, 38)") == light
    context.close()


def test_forced_colours_keep_boxes_and_arrows(browser, sites) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(f"{sites['protocols'].as_uri()}/{PAGE}")
    style = "([name, what]) => getComputedStyle(document.querySelector(name))[what]"
    ink = page.evaluate(style, ["body", "color"])
    assert page.evaluate(style, ["svg .box.source", "fill"]) == page.evaluate(style, ["body", "backgroundColor"])
    strokes = ("svg .box.source", "svg .box.destination", "svg .arrow.cookie", "svg .arrow.data", "svg path.lane")
    fills = ("svg text.name", "svg text.small", "svg text.over", "svg .head.cookie", "svg .head.data")
    assert {page.evaluate(style, [name, "stroke"]) for name in strokes} == {ink}
    assert {page.evaluate(style, [name, "fill"]) for name in fills} == {ink}
    context.close()
