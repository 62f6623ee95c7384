"""The page of a matrix in Chromium: the first paint, and from a letter or a click to the paint that shows it.

Chromium times paints and clicks itself (Paint Timing; Event Timing, in steps of 8 ms). ``python tests/bench/page.py``
prints the rows alone.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "browser"), str(TESTS / "real"), str(TESTS / "bench")]

import debian  # noqa: E402
import gen_builder  # noqa: E402
import measure  # noqa: E402
from browser_kit import ARGUMENTS, CHROMIUMS, key_to_paint, settled  # noqa: E402

from hvsupport.gen import site  # noqa: E402

#: What is shown, and how long a key and a chip may take, in milliseconds.
PAGES = (("libvirt, 261 x 20", 50, 100), ("500 x 50", 100, 200))
FIRST_PAINT = 500
_WATCH = """
window.seen = [];
const clicks = (list) => list.getEntries().filter((one) => one.name === "click").map((one) => one.duration);
new PerformanceObserver((list) => window.seen.push(...clicks(list)))
  .observe({ type: "event", durationThreshold: 16, buffered: true });
"""


def rows() -> Iterator[tuple[str, str, str, bool]]:
    """What was done, how long it took, how long it may take, and whether it did not take longer."""
    from playwright.sync_api import sync_playwright

    there = [path for path in CHROMIUMS if path.exists()]
    if not there:
        raise measure.Failed(f"no {CHROMIUMS[-1]}, install Debian's package chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(there[0]), args=ARGUMENTS)
        for (name, key, chip), path in zip(PAGES, _sites(Path(folder)), strict=True):
            yield from _of_page(browser, name, path.as_uri(), key, chip)
        browser.close()


def _sites(folder: Path) -> Iterator[Path]:
    """The pages that are measured."""
    libvirt, large = folder / "libvirt", folder / "large"
    command = ("-m", "hvsupport.annotate", "docs", "--preset", "libvirt", "--root", str(debian.libvirt()))
    measure.run(sys.executable, *command, "--out", str(libvirt))
    yield min(libvirt.glob("*hypervisor*.html"), key=lambda path: len(path.name))
    site.write(large, site.build(gen_builder.large(500, 50)).files)
    yield large / "hvsupport.html"


def _of_page(browser: Any, name: str, url: str, key: int, chip: int) -> Iterator[tuple[str, str, str, bool]]:
    paints = []
    for _ in range(5):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.close()
    yield _row(f"page of {name}: first paint", statistics.median(paints), FIRST_PAINT)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(url)
    yield _row(f"page of {name}: letter to painted", statistics.median(key_to_paint(page)), key)
    page.evaluate(_WATCH)
    for _ in range(3):
        for choice in page.locator(".chips label").all()[:4]:
            choice.click()
            settled(page)
    yield _row(f"page of {name}: chip to painted", _clicked(page), chip)
    page.close()


def _clicked(page: Any) -> float:
    """The middle of the times from clicks to the next paints; those under 16 ms are not listed."""
    found = page.evaluate("window.seen")
    return statistics.median(found) if found else 16


def _row(work: str, taken: float, bound: int) -> tuple[str, str, str, bool]:
    return work, f"{taken:.0f} ms", f"{bound} ms", taken <= bound


def main() -> None:
    """Print the rows."""
    for work, measured, bound, within in rows():
        print(f"{work:58}  {measured:>22}  {bound:>16}{'' if within else '  OVER'}", flush=True)


if __name__ == "__main__":
    main()
