"""Which protocol two sides use: the best of which source and destination each have all their steps.

Pure functions over a family. They tell what the tables allow at two releases, and which steps rule out each better
protocol. Unknown support does not allow a protocol.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..grammar import note_text
from ..model import Cell, Driver
from ..protocol import Family, Protocol, Side, Step, Support
from ..release import Release

Cells = tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a side cannot do a step at a release.

    Attributes:
        entry: the entry point that is missing.
        reason: a phrase to follow the entry: ``was added in 0.9.2``.
        certain: it is known to be missing; else its support is unknown.
    """

    side: Side
    step: str
    entry: str
    reason: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether one protocol is allowed between two sides.

    Attributes:
        lacks: the missing steps; empty if it is allowed.
        variants: the variants that are allowed.
        only: whether a side certainly has a step in a variant alone, so that the protocol works in no other way.
        notes: of the entries at those releases: ``Perform: partial: no live guests``.
    """

    protocol: Protocol
    lacks: tuple[Lack, ...] = ()
    variants: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    only: bool = False

    @property
    def allowed(self) -> bool:
        """Whether both sides certainly have their steps."""
        return not self.lacks

    @property
    def possible(self) -> bool:
        """Whether no step is known to be missing."""
        return not any(lack.certain for lack in self.lacks)


@dataclass(frozen=True, slots=True)
class Negotiation:
    """The outcomes of all protocols of a family, best first."""

    outcomes: tuple[Outcome, ...]

    @property
    def best(self) -> Outcome | None:
        """The best allowed protocol, or None."""
        return next((each for each in self.outcomes if each.allowed), None)

    @property
    def perhaps(self) -> Outcome | None:
        """The best higher-ranked protocol whose support is unknown, or None."""
        for each in self.outcomes:
            if each.allowed:
                return None
            if each.possible:
                return each
        return None


def negotiate(family: Family, source: tuple[Driver, Release], destination: tuple[Driver, Release]) -> Negotiation:
    """Compare two sides; ``Family.may_pair`` tells whether the drivers are compatible.

    Args:
        source: the driver a migration starts from, and its release.
        destination: the driver it goes to, and its release.
    """
    return Sides(family).negotiate(source, destination)


@dataclass(frozen=True, slots=True)
class _Part:
    """The support of one side at a release; numbers are indices of steps.

    Attributes:
        broken: the variants it cannot use.
        only: whether it has a step in a variant alone.
    """

    lacks: tuple[tuple[int, Lack], ...]
    notes: tuple[tuple[int, str], ...]
    broken: frozenset[str]
    only: bool


class Sides:
    """Caches each side at each release, for comparison with many others."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.ranked = family.ranked
        self.parts: dict[tuple[str, Side, str, Release], _Part] = {}

    def negotiate(self, source: tuple[Driver, Release], destination: tuple[Driver, Release]) -> Negotiation:
        """Compare two sides."""
        return Negotiation(tuple(self._outcome(protocol, source, destination) for protocol in self.ranked))

    def _outcome(
        self, protocol: Protocol, source: tuple[Driver, Release], destination: tuple[Driver, Release]
    ) -> Outcome:
        one, other = self._part(protocol, "source", *source), self._part(protocol, "destination", *destination)
        lacks = tuple(lack for _, lack in sorted((*one.lacks, *other.lacks), key=_number))
        notes = dict.fromkeys(note for _, note in sorted((*one.notes, *other.notes), key=_number))
        broken = one.broken | other.broken
        variants = () if lacks else tuple(name for name in protocol.variants if name not in broken)
        return Outcome(protocol, lacks, variants, tuple(notes), bool(variants) and (one.only or other.only))

    def _part(self, protocol: Protocol, side: Side, driver: Driver, release: Release) -> _Part:
        key = (protocol.key, side, driver.id, release)
        if key not in self.parts:
            self.parts[key] = _part(protocol, self.family.support(driver, protocol), side, release)
        return self.parts[key]


def _number(each: tuple[int, object]) -> int:
    return each[0]


def _part(protocol: Protocol, support: Support, side: Side, release: Release) -> _Part:
    """Examine the steps of one side."""
    lacks: list[tuple[int, Lack]] = []
    notes: list[tuple[int, str]] = []
    broken: set[str] = set()
    only = False
    for number, step in enumerate(protocol.steps):
        if step.side != side:
            continue
        cells = support.steps[number].cells
        lack = _lack(step, cells, release)
        lacks += [] if lack is None else [(number, lack)]
        notes += ((number, note) for note in _notes(step, cells, release))
        for name in dict.fromkeys(name for _, name in step.variants):
            own = tuple((entry, cell) for entry, cell in cells if step.variant(entry) == name)
            if own and _lack(step, own, release) is not None:
                broken.add(name)
        usual = tuple((entry, cell) for entry, cell in cells if step.variant(entry) is None)
        missing = _lack(step, usual, release) if usual and len(usual) < len(cells) else None
        only |= missing is not None and missing.certain
    return _Part(tuple(lacks), tuple(notes), frozenset(broken), only)


def _lack(step: Step, cells: Cells, release: Release) -> Lack | None:
    """Why no entry of a step exists at a release; None if one certainly does."""
    answers = [(entry, *_answer(cell, release)) for entry, cell in cells]
    if any(there for _, there, _ in answers):
        return None
    entry, there, reason = max(answers, key=lambda each: (each[1] is None, each[2] != _NEVER))
    return Lack(step.side, step.name, entry, reason, there is False)


_NEVER = "is not implemented"


def _answer(cell: Cell, release: Release) -> tuple[bool | None, str]:
    """Whether an entry exists at a release (None if unknown), and the reason if not."""
    if cell.state == "unsupported":
        return False, _NEVER
    if cell.state == "unannotated":
        return None, "has no annotation"
    if cell.state == "unreadable":
        return None, "could not be read"
    if not cell.spans or any(span.holds(release) for span in cell.spans):
        sure = cell.state != "conditional"
        return (True, "") if sure else (None, f"is conditional: {cell.note or 'see the source'}")
    later = [span for span in cell.spans if release < span.since]
    if len(later) == len(cell.spans):
        first = later[0]
        if first.at_most:
            return None, f"existed in {first.since}, first release unknown"
        return False, "is not released yet" if first.since.is_next else f"was added in {first.since}"
    removed = max(span.removed for span in cell.spans if span.removed is not None and span.removed <= release)
    back = f", and came back in {later[0].since}" if later else ""
    return False, f"was removed in {removed}{back}"


def _notes(step: Step, cells: Cells, release: Release) -> list[str]:
    """The notes of the entries at a release."""
    held = [span for _, cell in cells for span in cell.spans if span.holds(release)]
    return [f"{step.name}: {text}" for text in map(note_text, held) if text]
