"""How wide a text is at most, and texts cut into lines that fit.

A diagram is drawn before anybody knows the font that shows it. So the widths here are those of a wide one (DejaVu Sans
Bold) with a little room, and a text in any usual font is narrower; what no table knows counts as a whole em or more.
"""

from __future__ import annotations

import re
import unicodedata

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
#: Characters behind which a word may be cut.
_JOINTS = re.compile(r"(?<=[_\-/.])|(?<=[a-z])(?=[A-Z])")
MORE = "…"


def clean(text: str) -> str:
    """White space made single, and what no document may hold (control characters, half surrogates) a replacement."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs", "Cn") else c for c in " ".join(text.split()))


def text_width(text: str, size: float) -> float:
    """The most that a text takes in a font of that size; both in the same unit."""
    return sum(map(_width, text)) * size / 100


def _width(character: str) -> int:
    known = _WIDTH.get(character)
    if known is not None:
        return known
    return _PICTURE if ord(character) >= _PICTURES else _OTHER


def lines(text: str, size: float, room: float, most: int) -> tuple[str, ...]:
    """Cut a text into lines.

    Args:
        text: what to cut; at white space, else behind a joint of a word, else anywhere.
        size: of the font.
        room: how wide a line may be.
        most: how many lines there may be; what is left is told by an ellipsis.
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
    """A word as pieces that each fit, cut at its joints where that is possible."""
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
