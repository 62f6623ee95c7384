"""A badge: what it is about, and a number, in a small SVG without fonts, scripts or addresses of its own."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .icon import ACCENT, ink_on
from .pages.textwidth import clean, text_width

_SIZE, _PAD = 11, 7
#: The most characters of a label.
_LONGEST = 40
_BADGE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{sentence}">
<title>{sentence}</title>
<clipPath id="a"><rect width="{width}" height="20" rx="4"/></clipPath>
<g clip-path="url(#a)">
<rect width="{width}" height="20" fill="#3a424c"/>
<rect x="{middle}" width="{rest}" height="20" fill="{accent}"/>
</g>
<g font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{label_x}" y="14" fill="#ffffff" textLength="{label_width}">{label}</text>
<text x="{value_x}" y="14" fill="{ink}" textLength="{value_width}">{value}</text>
</g>
</svg>
"""


def badge(label: str, value: str, sentence: str, accent: str | None = None) -> bytes:
    """Return a badge as SVG, the same bytes for the same texts.

    Args:
        label: on the left, such as the title of a driver; cut after 40 characters.
        value: on the right.
        sentence: both in words, for tooltips and screen readers.
        accent: ground of the value as ``#rrggbb``; None for the default.
    """
    label = _cut(label)
    # The widths are those of a wide font; any other is stretched to them, so that no text leaves its half.
    label_width, value_width = (round(text_width(text, _SIZE) * 0.85) for text in (label, value))
    middle, rest = label_width + 2 * _PAD, value_width + 2 * _PAD
    ground = accent or ACCENT
    return _BADGE.format(
        width=middle + rest,
        middle=middle,
        rest=rest,
        accent=ground,
        ink=ink_on(ground),
        label_x=middle / 2,
        value_x=middle + rest / 2,
        label_width=label_width,
        value_width=value_width,
        label=escape(label),
        value=escape(value),
        sentence=escape(clean(sentence), {'"': "&quot;"}),
    ).encode()


def _cut(text: str) -> str:
    shown = clean(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
