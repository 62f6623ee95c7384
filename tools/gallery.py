"""Sites and pictures of trees that nobody here wrote, for people who want to see what they would get.

    make gallery

Builds gallery/libvirt, gallery/nova, gallery/libcloud and gallery/gpsd from the trees of tests/real, and renews the
pictures of README.md. Pictures are made by hand and committed: fonts differ between machines, so they are no output to
compare.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT / "tests" / "real"
sys.path.insert(0, str(REAL))

import debian  # noqa: E402 - beside the tests on these trees
import trees  # noqa: E402

GALLERY, IMAGES = ROOT / "gallery", ROOT / "docs" / "images"
CHROMIUMS = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")


class Picture(NamedTuple):
    """One picture of README.md: a page of a site, its size in pixels, and what to click first."""

    name: str
    page: str
    size: tuple[int, int]
    theme: str = "light"
    click: str = ""


PICTURES = (
    Picture("libvirt", "libvirt/hvsupport-hypervisor.html", (1280, 640)),
    Picture("cell", "libvirt/hvsupport-hypervisor.html?q=migrate", (1280, 560), "dark", "td.supported a"),
    Picture("libcloud", "libcloud/index.html", (1280, 560)),
)


def main() -> int:
    """Build the sites, then take the pictures; returns the exit status."""
    built = [
        _site("libvirt", debian.libvirt(), "--preset", "libvirt"),
        _site("nova", trees.nova(), "--config", str(REAL / "nova.toml")),
        _site("libcloud", trees.libcloud(), "--config", str(REAL / "libcloud.toml")),
        _site("gpsd", debian.tree(debian.GPSD), "--config", str(REAL / "gpsd.toml")),
    ]
    if not all(built):
        return 1
    with sync_playwright() as playwright:
        chromium = next(path for path in CHROMIUMS if path.exists())
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox", "--disable-gpu"])
        for picture in PICTURES:
            _take(browser, picture)
        browser.close()
    return 0


def _site(name: str, tree: Path, *options: str) -> bool:
    """Build one site; findings are expected, as these trees are not annotated for this tool."""
    command = [sys.executable, "-m", "hvsupport.annotate", "docs", "--out", str(GALLERY / name), "--root", str(tree)]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    print(done.stderr.strip().split("\n")[-1] if done.returncode < 2 else done.stderr.strip())
    return done.returncode < 2


def _take(browser: Any, picture: Picture) -> None:
    width, height = picture.size
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=picture.theme, reduced_motion="reduce"
    )
    path, _, query = picture.page.partition("?")
    page.goto(f"{(GALLERY / path).as_uri()}?{query}")
    if picture.click:
        page.locator(picture.click).locator("visible=true").first.click()
        page.locator("#ui\\:panel h2").wait_for()
    page.screenshot(path=IMAGES / f"{picture.name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
