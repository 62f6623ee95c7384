"""What the browser tests share: sizes of windows, and the time from a key press to its paint."""

from __future__ import annotations

from typing import Any

WIDE, NARROW = (1440, 900), (400, 800)

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
    await new Promise((done) => setTimeout(done, 60));
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


def key_to_paint(page: Any) -> list[dict[str, float]]:
    """Milliseconds from the input event to the end of the script, of layout, and to the painted frame."""
    times: list[dict[str, float]] = page.evaluate(_MEASURE, TEXTS)
    return times
