"""axe-core finds nothing to object to on any kind of page."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_kit import NARROW, WIDE, settled

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental"]
RUN = """
(tags) => axe.run(document, { preload: false, resultTypes: ["violations"], runOnly: tags }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`)))
"""
KINDS = (
    *("index.html", "guide.html", "hvsupport.html", "findings.html", "drivers/full.html", "entries/noted.html"),
    "search.html?q=note",
)
MOVING = ("hvsupport.html", "protocol-move.html", "drivers/both.html", "drivers/none.html", "entries/confirm2.html")
PAGES = [
    *(("blocks", "page.html"), ("moves", "page.html")),
    *(("kinds", path) for path in KINDS),
    *(("several", path) for path in ("hvsupport.html", "hvsupport-dns.html?state=removed")),
    *(("protocols", path) for path in MOVING),
]


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (WIDE, "dark"), ((800, 900), "light"), (NARROW, "dark")])
def test_axe_finds_nothing(open_page, sites, size, theme: str) -> None:
    kit = pytest.importorskip("axe_playwright_python")
    script = (Path(kit.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    found = {}
    page = open_page("kinds", "index.html", size, theme)
    for name, path in PAGES:
        page.goto(f"{sites[name].as_uri()}/{path}")
        settled(page)
        page.evaluate(script)
        found[name, path] = page.evaluate(RUN, RULES)
    page.goto(f"{sites['kinds'].as_uri()}/hvsupport.html?release=1.2.0&since=0.9.2#noted.full")
    page.locator(".panel").wait_for()
    page.evaluate(script)
    found["kinds", "panel"] = page.evaluate(RUN, RULES)
    page.keyboard.press("Escape")
    for at, menu in enumerate(page.locator(".picker > summary").all()):
        menu.click()
        found["kinds", f"menu {at}"] = page.evaluate(RUN, RULES)
        page.keyboard.press("Escape")
    assert {key: faults for key, faults in found.items() if faults} == {}


LENGTHEN = """
(words) => document.querySelectorAll(".list tbody th").forEach((cell, at) => {
  const name = cell.querySelector("a bdi");
  const word = (number) => ["Migrate".slice((at + number) % 3), document.createElement("wbr")];
  name.replaceChildren(...Array.from({ length: at % words + 2 }, (_, number) => word(number)).flat());
})
"""


@pytest.mark.parametrize("size", [WIDE, (1280, 800), NARROW], ids=["wide", "desk", "phone"])
def test_a_name_of_any_length_leaves_room_for_the_mark_of_a_step(open_page, size) -> None:
    kit = pytest.importorskip("axe_playwright_python")
    script = (Path(kit.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = open_page("protocols", "drivers/both.html", size)
    page.evaluate(script)
    for words in range(3, 9):
        page.evaluate(LENGTHEN, words)
        assert page.evaluate(RUN, ["wcag22aa"]) == []
