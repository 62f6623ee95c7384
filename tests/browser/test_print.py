"""Print: every driver is on some page, under heads and beside names, and each page says which part it is."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from typing import Any

import pytest


def sheets(page: Any) -> list[str]:
    """The text of each A4 page."""
    pypdf = pytest.importorskip("pypdf")
    made = page.pdf(format="A4", landscape=True, print_background=True)
    return [one.extract_text().replace("\ufb01", "fi") for one in pypdf.PdfReader(io.BytesIO(made)).pages]


@pytest.mark.parametrize(("name", "columns", "parts"), [("large", 19, 2), ("wide", 68, 6)])
def test_columns_are_split_over_pages(open_page, name: str, columns: int, parts: int) -> None:
    page = open_page(name, "hvsupport.html")
    titles = page.evaluate("[...document.querySelectorAll('thead .driver a')].map((one) => one.textContent)")
    assert len(titles) == columns
    text = sheets(page)
    flat = [re.sub(r"\s+", "", one) for one in text]
    assert all(any(re.sub(r"\s+", "", title) in one for one in flat) for title in titles)
    marks = [found.groups() for one in text if (found := re.search(r"drivers (\d+) to (\d+) of \d+, part (\d+)", one))]
    assert len(marks) >= len(text) - 2, "the last pages hold the legend and the notes"
    seen = sorted({(int(first), int(last)) for first, last, _ in marks})
    assert seen[0][0] == 1 and seen[-1][1] == columns and len(seen) == parts
    assert all(one[1] + 1 == other[0] for one, other in pairwise(seen))
    assert all("Entry point" in one for one in text[: len(marks)])
    assert sum("virDomainCreate" in one for one in text) >= parts, "names beside every part"
    assert page.locator("table.matrix").count() == 1, "and the page is as it was"


def test_a_filtered_table_is_printed_as_it_is_shown(open_page) -> None:
    page = open_page("large", "hvsupport.html?driver=qemu&driver=lxc&q=domain")
    # As in the first frames, when the table waits for its filters.
    page.evaluate("document.documentElement.classList.add('waiting')")
    lines = "\n".join(sheets(page)).split("\n")
    assert {one for one in lines if one.startswith("Entry point")} == {"Entry point API since qemu lxc"}
    rows = [one.split()[0] for one in lines if re.match(r"vir\w+ \d", one)]
    assert rows and all(one.startswith("virDomain") for one in rows)


def test_without_scripts_no_column_is_cut_off(open_page) -> None:
    page = open_page("large", "hvsupport.html", scripts=False)
    text = "".join(sheets(page)).replace("\n", "")
    assert all(title in text for title in ("qemu", "vmware", "openvz", "phyp"))
