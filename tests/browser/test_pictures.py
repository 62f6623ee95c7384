"""Pages look as in the pictures kept beside this file.

The pictures are a quarter of the size of the window. They are compared in squares of eight pixels, over which the
outlines of letters, which differ between versions of Chromium, make hardly any difference. HVSUPPORT_UPDATE=1 renews
them; look at them before you commit them.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gen_builder as b
import pytest
from browser_kit import NARROW, address, measured, settled

from hvsupport.gen import site
from hvsupport.gen.theme import Theme

PICTURES = Path(__file__).parent / "pictures"
#: The fonts of all pictures, whatever else a machine has.
FONTS = (
    ':root { --mono: "DejaVu Sans Mono"; } body, button, input, select, svg { font-family: "DejaVu Sans" !important; }'
)
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
#: Of all squares may differ.
TOLERANCE = 0.01
DESK, WALL = (1280, 800), (2560, 1300)

#: A picture as it is kept.
_REDUCE = """
async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width / 4, image.height / 4];
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}
"""
#: The part of the squares of two kept pictures whose mean colours differ.
_COMPARE = """
async (sources) => {
  const [one, other] = await Promise.all(sources.map(pixels));
  if (one.width !== other.width || one.height !== other.height) return 1;
  const mean = ({ data, width }, x, y, part) => {
    let sum = 0;
    for (const [dx, dy] of [[0, 0], [1, 0], [0, 1], [1, 1]]) sum += data[4 * ((y + dy) * width + x + dx) + part];
    return sum / 4;
  };
  let count = 0, all = 0;
  for (let y = 0; y + 1 < one.height; y += 2) {
    for (let x = 0; x + 1 < one.width; x += 2) {
      all += 1;
      if ([0, 1, 2].some((part) => Math.abs(mean(one, x, y, part) - mean(other, x, y, part)) > 10)) count += 1;
    }
  }
  return count / all;
}
"""

Compare = Callable[[bytes, bytes], float]


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> folder of sites in known fonts."""
    if not FONT.exists():
        pytest.skip(f"no {FONT}, install Debian's package fonts-dejavu-core: the pictures are in its fonts")
    settings = site.Settings(theme=Theme(stylesheet=FONTS.encode()))
    bare = {("m:A", name): b.cell(state="unannotated") for name in ("open", "close", "read")}
    made = {
        "kinds": site.build(b.every_kind(), settings=settings),
        "large": site.build(b.large(60, 18), settings=settings),
        "protocols": site.build(b.moving(), settings=settings),
        "bare": site.build(
            b.catalogue(b.interface(bare, [b.driver("m:A")], [b.entry(name) for _, name in bare])), settings=settings
        ),
    }
    folder = tmp_path_factory.mktemp("pictured")
    for name, one in made.items():
        site.write(folder / name, one.files)
    return {name: folder / name for name in made}


@pytest.fixture
def reduced(browser: Any, pictured: dict[str, Path]) -> Callable[..., bytes]:
    """The picture of a page of one of the sites, as it is kept."""

    def take(name: str, path: str, size: tuple[int, int], theme: str = "light", media: str = "screen") -> bytes:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
        page = context.new_page()
        page.goto(f"{pictured[name].as_uri()}/{path}")
        page.emulate_media(media=media, color_scheme=theme)
        settled(page)
        whole = page.screenshot()
        page.goto("about:blank")
        small = page.evaluate(_REDUCE, address(whole))
        context.close()
        return base64.b64decode(small.partition(",")[2])

    return take


@pytest.fixture
def difference(browser: Any) -> Compare:
    return lambda one, other: measured(browser, _COMPARE, one, other)


CASES = {
    "matrix": ("large", "hvsupport.html", DESK),
    "matrix-dark": ("large", "hvsupport.html", DESK, "dark"),
    "matrix-phone": ("large", "hvsupport.html", NARROW),
    "matrix-wall": ("large", "hvsupport.html", WALL),
    "matrix-print": ("kinds", "hvsupport.html", DESK, "light", "print"),
    "panel": ("kinds", "hvsupport.html#back.full", DESK),
    "bare": ("bare", "hvsupport.html", DESK),
    "overview": ("large", "index.html", DESK),
    "overview-phone": ("large", "index.html", NARROW, "dark"),
    "driver": ("kinds", "drivers/full.html", DESK),
    "protocol": ("protocols", "protocol-move.html", DESK),
}


@pytest.mark.parametrize("name", CASES)
def test_a_page_looks_as_in_its_picture(
    name: str, reduced: Callable[..., bytes], difference: Compare, tmp_path: Path
) -> None:
    now, kept = reduced(*CASES[name]), PICTURES / f"{name}.png"
    if "HVSUPPORT_UPDATE" in os.environ:
        kept.parent.mkdir(exist_ok=True)
        if not kept.exists() or difference(now, kept.read_bytes()) > TOLERANCE / 10:
            kept.write_bytes(now)
    new = tmp_path / f"{name}.png"
    new.write_bytes(now)
    found = difference(now, kept.read_bytes())
    assert found <= TOLERANCE, f"{found:.1%} of {new} is unlike {kept}; HVSUPPORT_UPDATE=1 renews it"


def test_every_picture_is_compared() -> None:
    assert {path.stem for path in PICTURES.iterdir()} == set(CASES)


@pytest.mark.parametrize(
    "css",
    [
        pytest.param(".supported { --cell: #ffffff; }", id="a pale colour is gone"),
        pytest.param(".matrix td { padding-block: 4px; }", id="rows are two pixels higher"),
        pytest.param(".scroller { --col: 50px !important; }", id="columns are six pixels wider"),
        pytest.param(".chips { display: none; }", id="a line of tools is gone"),
        pytest.param(":root { font-size: 15px; }", id="letters are a pixel smaller"),
    ],
)
def test_a_small_change_is_seen(
    css: str, browser: Any, pictured: dict[str, Path], reduced: Callable[..., bytes], difference: Compare
) -> None:
    before = reduced(*CASES["matrix"])
    sheet = pictured["large"] / "hvsupport.css"
    text = sheet.read_bytes()
    sheet.write_bytes(text + css.encode())
    try:
        changed = reduced(*CASES["matrix"])
    finally:
        sheet.write_bytes(text)
    assert difference(before, before) == 0
    assert difference(before, changed) > 1.5 * TOLERANCE
