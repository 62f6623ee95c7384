"""What the browser tests share: sizes of windows, waiting for what comes, and the time from a key press to its paint.

Nothing here or in the tests waits for a time: a busy machine may take longer than any.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

#: The first is the same engine without a window, and opens a page in half the time.
CHROMIUMS = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

WIDE, NARROW = (1440, 900), (400, 800)

#: How long to wait for what must come, in seconds; it is there at once unless something is wrong.
PATIENCE = 60


def eventually(check: Callable[[], None]) -> None:
    """Make assertions again and again until they hold; raises the last failure when they never do."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(AssertionError):
            return check()
        time.sleep(0.02)
    return check()


def at(page: Any, ending: str) -> None:
    """Wait until the address of a page ends in a text."""
    from playwright.sync_api import expect

    expect(page).to_have_url(re.compile(re.escape(ending) + "$"), timeout=PATIENCE * 1000)


def settled(page: Any) -> None:
    """Wait until no animation runs, and what changed is painted."""
    page.evaluate(_SETTLED)


def work(page: Any, action: Callable[[], Any]) -> tuple[int, int]:
    """How many elements the browser styles, and how many boxes it lays out, for what an action changes."""
    browser = page.context.browser
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    action()
    settled(page)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    styled = (one["args"].get("elementCount", 0) for one in events if one["name"] == "UpdateLayoutTree")
    laid = (one["args"].get("beginData", {}).get("dirtyObjects", 0) for one in events if one["name"] == "Layout")
    return sum(styled), sum(laid)


_SETTLED = """
async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await Promise.all(document.getAnimations().map((one) => one.finished));
  await frame();
}
"""

#: Defines ``pixels``: the picture at an address as image data.
PIXELS = """
const pixels = async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
};
"""


def address(picture: bytes) -> str:
    """An address that holds a PNG picture."""
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def measured(browser: Any, script: str, *pictures: bytes) -> float:
    """What a script makes of pictures, with ``pixels`` at hand."""
    page = browser.new_page()
    found = page.evaluate(f"(sources) => {{ {PIXELS} return ({script})(sources); }}", list(map(address, pictures)))
    page.close()
    return float(found)


#: Types into the search box and waits for the frame after the one in which the rows changed.
_MEASURE = """
async (texts) => {
  const box = document.getElementById("ui:search");
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  }));
  const times = [];
  for (const text of texts) {
    const begin = performance.now();
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    const script = performance.now() - begin;
    document.querySelector(".scroller").getBoundingClientRect();
    const layout = performance.now() - begin;
    times.push({ text, script, layout, painted: (await painted()) - begin });
  }
  return times;
}
"""

TEXTS = ["v", "vi", "vir", "d", "do", "domain", "domain c", "zzz", "", "create", "snapshot", ""]


def key_to_paint(page: Any) -> list[float]:
    """Milliseconds from the input event to the painted frame, for each text the best of several rounds.

    A machine that others use too only ever adds time.
    """
    rounds = [[one["painted"] for one in page.evaluate(_MEASURE, TEXTS)] for _ in range(6)]
    return [min(times) for times in zip(*rounds[1:], strict=True)]
