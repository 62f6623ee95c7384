"""The diagram of a protocol as geometry: lanes, boxes, arrows and labels with coordinates.

    protocol -> Sequence

Time runs down. Each step and each arrow has its own vertical space and labels are wrapped, so texts never overlap. An
arrow starts in the lane of its giver and ends above the step that takes it; its label names the giver unless that is
the step right above. The unit is a pixel at the default text size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hvsupport.annotate.protocol import SIDES, Protocol, Side, Step

from .textwidth import clean, lines, text_width

#: Total width, which fits a phone; width of a box; from the edge to the middle of a lane.
WIDTH, _BOX, _LANE = 348, 132, 70
#: Font sizes and line heights: names of steps, labels of arrows, small print, titles of lanes.
_NAME, _NAME_LINE = 13, 17
_LABEL, _LABEL_LINE = 11.5, 14
_SMALL, _SMALL_LINE = 10.5, 13.5
_TITLE = 12
#: Padding of a box, gap between elements, margin of an arrow's label, width of a loop, length of an arrowhead.
_PADDING, _GAP, _MARGIN, _LOOP, _HEAD = 8, 13, 10, 24, 7
#: Margin of an SVG file, and its scale.
_FRAME, _ENLARGED = 12, 1.2
#: The most lines of a text.
_MOST = 4
#: The title of the way back.
_FAILED = "if a step fails"
TITLES: dict[Side, str] = {"source": "Source", "destination": "Destination"}


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text.

    Attributes:
        anchor: ``start``, ``middle`` or ``end``.
        css: ``name``, ``small``, ``over`` or ``lane``.
    """

    text: str
    x: float
    y: float
    anchor: str
    size: float
    css: str

    @property
    def left(self) -> float:
        """Its left edge in the widest font."""
        return self.x - text_width(self.text, self.size) * {"start": 0, "middle": 0.5, "end": 1}[self.anchor]

    @property
    def right(self) -> float:
        """Its right edge in the widest font."""
        return self.left + text_width(self.text, self.size)

    @property
    def top(self) -> float:
        """Its upper edge, including accents."""
        return self.y - self.size


@dataclass(frozen=True, slots=True)
class Lane:
    """One side: a title and a vertical line."""

    title: Label
    x: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Box:
    """One step; ``css`` is its side, and ``failed`` on the way back."""

    x: float
    y: float
    width: float
    height: float
    css: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """Something handed over.

    Attributes:
        css: ``cookie``, or ``data`` for what the step itself sends; ``failed`` for the line above the way back.
        head: points of the arrowhead; empty for none.
    """

    css: str
    line: str
    head: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A diagram.

    Attributes:
        words: its content as sentences, for screen readers.
    """

    width: float
    height: float
    label: str
    words: str
    lanes: tuple[Lane, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    @property
    def labels(self) -> Iterator[Label]:
        """All labels."""
        for lane in self.lanes:
            yield lane.title
        for box in self.boxes:
            yield from box.labels
        for arrow in self.arrows:
            yield from arrow.labels


@dataclass(frozen=True, slots=True)
class Picture:
    """A diagram as a file: corner and size of its background, and its displayed size."""

    diagram: Sequence
    left: float
    top: float
    width: float
    height: float
    shown_width: int
    shown_height: int


def picture(diagram: Sequence) -> Picture:
    """Add a margin and enlarge the diagram for a page of text."""
    width, height = diagram.width + 2 * _FRAME, diagram.height + 2 * _FRAME
    return Picture(diagram, -_FRAME, -_FRAME, width, height, round(width * _ENLARGED), round(height * _ENLARGED))


def sequence(protocol: Protocol) -> Sequence:
    """Draw a protocol."""
    return _Drawing(protocol).whole()


def handed(step: Step) -> dict[str, tuple[str, ...]]:
    """Name of a step -> what it hands to this one, in declaration order, the cookie last."""
    found: dict[str, tuple[str, ...]] = {}
    for giver, what in step.handed:
        found[giver] = (*found.get(giver, ()), what)
    if step.takes is not None:
        found[step.takes] = (*found.get(step.takes, ()), "cookie")
    return found


class _Drawing:
    """Draws from top to bottom; ``y`` is the current position."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        sends = any(step.sends for step in protocol.steps)
        sides = [side for side in SIDES if sends or protocol.on(side)]
        self.middle = dict(zip(sides, (_LANE, WIDTH - _LANE), strict=False))
        self.y = _TITLE + _GAP + 4.0
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.last: dict[Side, str] = {}
        self.words: list[str] = []

    def whole(self) -> Sequence:
        """The whole diagram."""
        sides = {step.name: step.side for step in self.protocol.steps}
        for number, step in enumerate(self.protocol.steps, 1):
            for giver, things in handed(step).items():
                self._hand(step, giver, sides[giver], things)
            self._box(number, step)
            if step.sends:
                self._send(step)
        self._failure()
        bottom = self.y
        lanes = tuple(
            Lane(Label(TITLES[side], x, float(_TITLE), "middle", _TITLE, "lane"), x, _TITLE + 5.0, bottom)
            for side, x in self.middle.items()
        )
        label = f"Sequence of {clean(self.protocol.title)}"
        return Sequence(WIDTH, bottom, label, " ".join(self.words), lanes, tuple(self.boxes), tuple(self.arrows))

    def _failure(self) -> None:
        """The way back: the steps that act when an earlier one has failed, below the others."""
        back = [step for step in self.protocol.steps if step.on_failure]
        if not back:
            return
        self.words.append("If a step fails:")
        labels = self._labels((_FAILED,), WIDTH / 2, "middle", _LABEL, _LABEL_LINE, "over")
        self.y += _GAP / 2
        self.arrows.append(Arrow("failed", f"M0 {self.y}H{WIDTH}", "", labels))
        self.y += _GAP
        before: dict[str, Step] = {}
        for step in back:
            giver = None if step.takes is None else before.get(step.takes)
            if giver is not None and giver.side != step.side:
                self._across(giver.side, f"cookie of {giver.name}", "cookie")
            self._back(step)
            before[step.name] = step

    def _back(self, step: Step) -> None:
        x, top, room = self.middle[step.side], self.y, _BOX - 2 * _PADDING
        self.y += _PADDING - 3
        labels = (
            *self._labels(lines(step.name, _NAME, room, _MOST), x, "middle", _NAME, _NAME_LINE, "name"),
            *self._labels(lines(step.on_failure, _SMALL, room, _MOST), x, "middle", _SMALL, _SMALL_LINE, "small"),
        )
        self.y += _PADDING
        self.boxes.append(Box(x - _BOX / 2, top, _BOX, self.y - top, f"{step.side} failed", labels))
        self.y += _GAP
        self.words.append(f"{clean(step.name)} on the {step.side} {clean(step.on_failure)}.")

    def _hand(self, step: Step, giver: str, side: Side, things: tuple[str, ...]) -> None:
        near = side != step.side and self.last.get(side) == giver
        what = ", ".join(things)
        self.words.append(f"{clean(step.name)} is handed by {clean(giver)}: {clean(what)}.")
        text = what if near else f"{what} of {giver}"
        if side == step.side:
            self._loop(self.middle[side], text)
        else:
            self._across(side, text, "cookie")

    def _send(self, step: Step) -> None:
        self.words.append(f"{clean(step.name)} sends to the other side: {clean(step.sends)}.")
        self._across(step.side, step.sends, "data")

    def _across(self, start: Side, text: str, css: str) -> None:
        """An arrow to the other lane, with its label above."""
        begin = self.middle[start]
        (end,) = (x for side, x in self.middle.items() if side != start)
        found = lines(text, _LABEL, abs(end - begin) - 2 * _MARGIN, _MOST)
        labels = self._labels(found, (begin + end) / 2, "middle", _LABEL, _LABEL_LINE, "over")
        self.y += 6
        way = 1 if end > begin else -1
        tip = end - way * 2
        back = tip - way * _HEAD
        self.arrows.append(Arrow(css, f"M{begin} {self.y}H{back}", self._head(back, tip), labels))
        self.y += _GAP

    def _loop(self, x: float, text: str) -> None:
        """An arrow within a lane: out, down and back, with its label beside it."""
        way = 1 if x < WIDTH / 2 else -1
        out = x + way * _LOOP
        found = lines(text, _LABEL, WIDTH - 2 * _LANE - _LOOP - 2 * _MARGIN, _MOST)
        top = self.y
        anchor = "start" if way > 0 else "end"
        labels = self._labels(found, out + way * 6, anchor, _LABEL, _LABEL_LINE, "over")
        self.y = max(self.y, top + 16)
        tip, back = x + way * 2, x + way * (2 + _HEAD)
        self.arrows.append(Arrow("cookie", f"M{x} {top}H{out}V{self.y}H{back}", self._head(back, tip), labels))
        self.y += _GAP

    def _head(self, back: float, tip: float) -> str:
        return f"{back},{self.y - 4} {tip},{self.y} {back},{self.y + 4}"

    def _box(self, number: int, step: Step) -> None:
        x, top = self.middle[step.side], self.y
        room = _BOX - 2 * _PADDING
        self.y += _PADDING - 3
        labels = list(
            self._labels(lines(f"{number}. {step.name}", _NAME, room, _MOST), x, "middle", _NAME, _NAME_LINE, "name")
        )
        for text in self._small(number, step):
            labels += self._labels(lines(text, _SMALL, room, _MOST), x, "middle", _SMALL, _SMALL_LINE, "small")
        self.y += _PADDING
        self.boxes.append(Box(x - _BOX / 2, top, _BOX, self.y - top, step.side, tuple(labels)))
        self.y += _GAP
        self.last[step.side] = step.name
        self.words.append(f"{number}. {clean(step.name)} on the {step.side}.")

    def _small(self, number: int, step: Step) -> Iterator[str]:
        """Small print of a step: its variants, alternative entries, and what it waits for."""
        for variant in dict.fromkeys(name for _, name in step.variants):
            yield f"or {variant}"
        alike = sum(step.variant(entry) is None for entry in step.entries)
        if alike > 1:
            yield f"any of {alike} entries"
        usual = () if number == 1 else (self.protocol.steps[number - 2].name,)
        if step.after != usual:
            yield f"after {' and '.join(step.after)}" if step.after else "at any time"

    def _labels(
        self, texts: tuple[str, ...], x: float, anchor: str, size: float, height: float, css: str
    ) -> tuple[Label, ...]:
        """Lines of text from the current position down."""
        found = []
        for text in texts:
            found.append(Label(text, x, self.y + size, anchor, size, css))
            self.y += height
        return tuple(found)
