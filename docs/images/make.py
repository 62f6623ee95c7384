"""The picture of the matrix that README.md shows.

    make docs && .venv/bin/python docs/images/make.py

It is made by hand and committed: fonts differ between machines, so it is no output to compare.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
SITE = HERE.parent.parent / "site"
CHROMIUM = "/usr/bin/chromium"
#: Leaves a handful of rows in which every state occurs.
SEARCH = "et"


def main(site: Path) -> None:
    """Search the example library's matrix and photograph it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(
            viewport={"width": 820, "height": 560},
            device_scale_factor=1.5,
            color_scheme="light",
            reduced_motion="reduce",
        )
        page.goto((site / "hvsupport.html").resolve().as_uri())
        page.fill("input[type=search]", SEARCH)
        page.wait_for_timeout(500)
        page.screenshot(path=HERE / "matrix.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SITE)
