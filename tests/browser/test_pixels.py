"""Pictures of the same page: what must look as before does, and what must look different does.

Both pictures are of one run, since fonts and browsers differ between machines. Chromium counts the pixels that differ
by more than anti-aliasing does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser_kit import NARROW, WIDE, measured, settled
from test_history import as_of

#: The part of all pixels that differ visibly; 1 for pictures of different sizes.
_COMPARE = """
async (sources) => {
  const [one, other] = await Promise.all(sources.map(pixels));
  if (one.width !== other.width || one.height !== other.height) return 1;
  let count = 0;
  for (let at = 0; at < one.data.length; at += 4) {
    const distance = [0, 1, 2].map((part) => Math.abs(one.data[at + part] - other.data[at + part]));
    if (Math.max(...distance) > 24) count += 1;
  }
  return (4 * count) / one.data.length;
}
"""
#: Of all pixels may differ where nothing should.
TOLERANCE = 0.0005

Difference = Callable[[bytes, bytes], float]


@pytest.fixture
def difference(browser: Any) -> Difference:
    return lambda one, other: measured(browser, _COMPARE, one, other)


def picture(page: Any, part: str | None = None) -> bytes:
    """The page, or a part of it, with nothing focused and the pointer away."""
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement?.blur()")
    settled(page)
    return bytes(page.screenshot() if part is None else page.locator(part).screenshot())


def filtered(page: Any) -> None:
    page.locator("#ui\\:search").fill("at_most")
    page.locator(".chips label").first.click()
    settled(page)
    page.get_by_role("button", name="Clear filters").click()


def moved_in_time(page: Any) -> None:
    as_of(page, "0.9.2")
    settled(page)
    page.get_by_role("button", name="Clear filters").click()


def turned(page: Any) -> None:
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    settled(page)
    page.emulate_media(color_scheme="dark")
    settled(page)
    page.emulate_media(color_scheme="light", media="print")
    settled(page)
    page.emulate_media(color_scheme="light", media="screen")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


@pytest.mark.parametrize("change", [filtered, moved_in_time, turned], ids=lambda each: each.__name__)
def test_what_is_undone_leaves_no_trace(open_page, difference: Difference, change: Callable[[Any], None]) -> None:
    page = open_page("kinds", "hvsupport.html")
    before = picture(page)
    change(page)
    assert difference(before, picture(page)) <= TOLERANCE


def test_an_open_panel_moves_nothing_of_the_table(open_page, difference: Difference) -> None:
    page = open_page("kinds", "hvsupport.html")
    head = ".matrix thead th >> nth=0"
    before = picture(page, head)
    place = page.locator(head).bounding_box()
    page.locator("[id='back.full'] > a").first.click()
    page.locator(".panel").wait_for()
    assert page.locator(head).bounding_box() == place
    assert difference(before, picture(page, head)) <= TOLERANCE


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["kinds", "protocols"])
def test_the_table_looks_the_same_without_scripts(open_page, difference: Difference, name: str, theme: str) -> None:
    with_scripts, without = (open_page(name, "hvsupport.html", theme=theme, scripts=each) for each in (True, False))
    table = "table.matrix"
    # It starts elsewhere on the page, by a fraction of a pixel too.
    assert difference(picture(with_scripts, table), bytes(without.locator(table).screenshot())) <= 40 * TOLERANCE


def test_the_themes_and_the_widths_are_seen(open_page, difference: Difference) -> None:
    light, dark = (picture(open_page("kinds", "hvsupport.html", theme=theme)) for theme in ("light", "dark"))
    assert difference(light, dark) > 0.5
    page = open_page("kinds", "hvsupport.html?density=compact")
    assert difference(light, picture(page)) > 10 * TOLERANCE


def test_paper_is_light_in_every_theme(open_page, difference: Difference) -> None:
    pictures = []
    for theme in ("light", "dark"):
        page = open_page("kinds", "hvsupport.html", theme=theme)
        page.emulate_media(media="print")
        pictures.append(picture(page))
    assert difference(*pictures) <= TOLERANCE
