"""Upper bounds of text widths, and line wrapping.

The reader's font is unknown when a diagram is drawn. So widths are those of a wide font (DejaVu Sans Bold) plus a
little; common fonts are narrower. Characters not listed count as an em or more.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from hvsupport.annotate.patterns import regex

#: Characters -> their width in hundredths of an em.
_WIDTHS = (
    ("ijl|'!,.:;·", 41),
    (' ftr()[]{}/\\-"`I', 53),
    ("mwMW@%", 114),
    ("ABCDEFGHJKLNOPQRSTUVXYZ&", 89),
    ("abcdeghknopqsuvxyz0123456789_*#$?", 77),
)
_WIDTH = {character: width for characters, width in _WIDTHS for character in characters}
_OTHER, _PICTURE = 105, 140
_PICTURES = 0x1F000
#: Where a word may be broken.
_JOINTS = regex(r"(?<=[_\-/.])|(?<=[a-z])(?=[A-Z])")
MORE = "…"


def clean(text: str) -> str:
    """Collapse white space; replace characters that XML forbids (control characters, lone surrogates)."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs", "Cn") else c for c in " ".join(text.split()))


def text_width(text: str, size: float) -> float:
    """The greatest width of a text at a font size, in the unit of the size."""
    return sum(map(_width, text)) * size / 100


@cache
def _width(character: str) -> int:
    known = _WIDTH.get(character)
    if known is not None:
        return known
    return _PICTURE if ord(character) >= _PICTURES else _OTHER


def lines(text: str, size: float, room: float, most: int) -> tuple[str, ...]:
    """Wrap a text.

    Args:
        text: broken at white space, else at the joint of a word, else anywhere.
        most: the most lines; an ellipsis replaces the rest.
    """
    found: list[str] = []
    for word in clean(text).split(" "):
        joined = f"{found[-1]} {word}" if found else word
        if text_width(joined, size) <= room:
            found[-1:] = [joined]
        else:
            found += _pieces(word, size, room)
    if len(found) <= most:
        return tuple(found)
    last = found[most - 1]
    while last and text_width(last + MORE, size) > room:
        last = last[:-1]
    return (*found[: most - 1], last + MORE)


def _pieces(word: str, size: float, room: float) -> list[str]:
    """A word in pieces that fit, broken at its joints if possible."""
    found = [""]
    for part in _JOINTS.split(word):
        if text_width(found[-1] + part, size) <= room:
            found[-1] += part
            continue
        if found[-1]:
            found.append("")
        for character in part:
            if found[-1] and text_width(found[-1] + character, size) > room:
                found.append("")
            found[-1] += character
    return found
