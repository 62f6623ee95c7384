"""The picture that a link to the site shows in a chat or a feed: the cells of a matrix, a line for each driver.

It has no words, as those would need a font: whoever shows it prints the title of the page beside it.
"""

from __future__ import annotations

from hvsupport.annotate.model import Driver, Interface, State

from .icon import ACCENT
from .png import png

WIDTH, HEIGHT = 1200, 630
_MARGIN, _TOP = 48, 16
#: The most drivers, and entry points, that it shows.
_DRIVERS, _ENTRIES = 48, WIDTH - 2 * _MARGIN
_PAPER, _BLANK = "#ffffff", "#e9ecf0"
#: As in the stylesheet.
COLOURS: dict[State, str] = {
    "supported": "#3f9a5b",
    "next": "#3d84d6",
    "removed": "#8d76b5",
    "conditional": "#d99a1f",
    "unannotated": "#8fb3bf",
    "unreadable": "#a08f74",
    "unsupported": _BLANK,
}
_STATES = list(COLOURS)


def card(interface: Interface, accent: str | None) -> bytes:
    """Return the picture as PNG."""
    palette = [_PAPER, accent or ACCENT, *COLOURS.values()]
    paper, drivers = bytes(WIDTH), interface.drivers[:_DRIVERS]
    rows = [b"\x01" * WIDTH] * _TOP + [paper] * _MARGIN
    room = HEIGHT - len(rows) - _MARGIN
    for at, driver in enumerate(drivers):
        height = room * (at + 1) // len(drivers) - room * at // len(drivers)
        gap = max(1, height // 4)
        rows += [_line(interface, driver)] * (height - gap) + [paper] * gap
    return png(rows + [paper] * (HEIGHT - len(rows)), palette)


def _line(interface: Interface, driver: Driver) -> bytes:
    entries = interface.entries[:_ENTRIES]
    line = bytearray(WIDTH)
    for at, entry in enumerate(entries):
        start, end = (_MARGIN + _ENTRIES * each // len(entries) for each in (at, at + 1))
        state = interface.cells[driver.id, entry.name].state
        line[start:end] = bytes([2 + _STATES.index(state)]) * (end - start)
    return bytes(line)
