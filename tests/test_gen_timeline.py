"""The timeline of a driver: which releases it has, how many entries stood in each, and its page."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import gen_builder as b

from hvsupport.annotate.model import Cell, Driver, Interface
from hvsupport.gen.pages.timeline import Timeline, timeline
from hvsupport.gen.site import build


def made(cells: dict[str, Cell]) -> tuple[Interface, Driver]:
    driver = b.driver("lib.driver:Full", "full")
    entries = [b.entry(name) for name in cells]
    return b.interface({(driver.id, name): cell for name, cell in cells.items()}, [driver], entries), driver


def of(*texts: str) -> Timeline | None:
    cells = {
        f"entry{number}": b.cell(text, "next" if text == "next" else "supported") for number, text in enumerate(texts)
    }
    return timeline(*made(cells))


def test_each_release_has_what_stood_in_it() -> None:
    found = of("1.0.0", "1.1.0", "1.0.0 - 1.2.0", "1.0.0 - 1.1.0, 1.2.0", "next")
    assert found is not None
    assert [step.text for step in found.steps] == [
        "1.0.0: 3 of 5; gained entry0, entry2, entry3",
        "1.1.0: 3 of 5; gained entry1; lost entry3",
        "1.2.0: 3 of 5; gained entry3; lost entry2",
        "next: 4 of 5; gained entry4",
    ]
    assert [(step.css, step.x, step.y + step.height) for step in found.steps] == [
        ("supported", 0, 40),
        ("supported", 10, 40),
        ("supported", 20, 40),
        ("next", 30, 40),
    ]
    assert [step.height for step in found.steps] == [24, 24, 24, 32]
    assert (found.first, found.last, found.width) == ("1.0.0", "next", 38)
    assert found.label == "Supported entry points by release: 3 in 1.0.0 and 4 in next, of 5"


def test_releases_are_ordered_as_releases() -> None:
    found = of("1.10.0", "1.9.0", "<= 1.2.0")
    assert found is not None and [step.text.split(":")[0] for step in found.steps] == ["1.2.0", "1.9.0", "1.10.0"]


@pytest.mark.parametrize("texts", [(), ("1.0.0",), ("1.0.0", "1.0.0")])
def test_one_release_is_no_timeline(texts: tuple[str, ...]) -> None:
    assert of(*texts) is None


def test_what_is_not_known_does_not_count() -> None:
    interface, driver = made({"plain": b.cell("1.0.0"), "new": b.cell("1.1.0"), "bad": b.cell("0.1.0", "unreadable")})
    found = timeline(interface, driver)
    assert found is not None and found.first == "1.0.0"


def test_many_names_are_counted() -> None:
    found = of(*["1.0.0"] * 9, "1.1.0")
    assert found is not None and found.steps[0].text.endswith("entry5, 3 more")


def test_the_page_of_a_driver_has_it() -> None:
    interface, _ = made({"<b>plain": b.cell("1.0.0"), "new": b.cell("1.1.0")})
    files = build(b.catalogue(interface)).files
    [page] = [text.decode() for path, text in files.items() if path.endswith(".html") and b"growth" in text]
    assert "gained &lt;b&gt;plain</title>" in page and len(re.findall(r'</title><rect class="supported"', page)) == 2
    assert 'aria-label="Supported entry points by release: 1 in 1.0.0 and 2 in 1.1.0, of 2"' in page


def test_a_driver_in_which_nothing_ever_stood_has_no_timeline() -> None:
    """A removal in the release of the entry is HV005, and the site is made all the same."""
    assert of("1.0.0 - 1.0.0", "1.1.0 - 1.1.0") is None
