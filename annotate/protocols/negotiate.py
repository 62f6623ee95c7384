"""Which protocol two sides take: the best that the source has all source steps of, and the destination all others.

Pure functions over a family. They answer what the tables allow at two releases, and say of every better protocol
which step is in the way; what is not known is no permission.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..model import Cell, Driver
from ..protocol import Family, Protocol, Side, Step, Support
from ..release import Release

Cells = tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a side cannot do a step at a release.

    Attributes:
        side: which one.
        step: its name.
        entry: the entry point that is in the way.
        reason: what is the matter with it, to stand behind the entry: ``came in 0.9.2``.
        certain: it is not there; else nobody knows.
    """

    side: Side
    step: str
    entry: str
    reason: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tables say about one protocol between two sides.

    Attributes:
        lacks: what is in the way; empty where it is allowed.
        variants: the variants that are allowed besides.
        notes: what the entries say of themselves in those releases: ``Perform: partial: no live guests``.
    """

    protocol: Protocol
    lacks: tuple[Lack, ...] = ()
    variants: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether both sides have their steps for sure."""
        return not self.lacks

    @property
    def possible(self) -> bool:
        """Whether nothing is known to be missing."""
        return not any(lack.certain for lack in self.lacks)


@dataclass(frozen=True, slots=True)
class Negotiation:
    """What the tables say about all protocols of a family, the best first."""

    outcomes: tuple[Outcome, ...]

    @property
    def best(self) -> Outcome | None:
        """The best that is allowed, or None."""
        return next((each for each in self.outcomes if each.allowed), None)

    @property
    def perhaps(self) -> Outcome | None:
        """The best of those that are better than the best, and of which nobody knows; or None."""
        for each in self.outcomes:
            if each.allowed:
                return None
            if each.possible:
                return each
        return None


def negotiate(family: Family, source: tuple[Driver, Release], destination: tuple[Driver, Release]) -> Negotiation:
    """Compare two sides; whether the two drivers understand each other is for ``Family.may_pair``.

    Args:
        family: the protocols.
        source: the driver that a migration starts from, and its release.
        destination: the one it leads to, and its release.
    """
    return Sides(family).negotiate(source, destination)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one side has of a protocol at a release; numbers are those of the steps.

    Attributes:
        broken: the variants that it cannot do.
    """

    lacks: tuple[tuple[int, Lack], ...]
    notes: tuple[tuple[int, str], ...]
    broken: frozenset[str]


class Sides:
    """Looks at each side at each release once, however many others it is compared with."""

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
        return Outcome(protocol, lacks, variants, tuple(notes))

    def _part(self, protocol: Protocol, side: Side, driver: Driver, release: Release) -> _Part:
        key = (protocol.key, side, driver.id, release)
        if key not in self.parts:
            self.parts[key] = _part(protocol, self.family.support(driver, protocol), side, release)
        return self.parts[key]


def _number(each: tuple[int, object]) -> int:
    return each[0]


def _part(protocol: Protocol, support: Support, side: Side, release: Release) -> _Part:
    """Look at the steps of one side."""
    lacks: list[tuple[int, Lack]] = []
    notes: list[tuple[int, str]] = []
    broken: set[str] = set()
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
    return _Part(tuple(lacks), tuple(notes), frozenset(broken))


def _lack(step: Step, cells: Cells, release: Release) -> Lack | None:
    """Why no entry of a step stands at a release; None where one does for sure."""
    answers = [(entry, *_answer(cell, release)) for entry, cell in cells]
    if any(there for _, there, _ in answers):
        return None
    entry, there, reason = max(answers, key=lambda each: (each[1] is None, each[2] != _NEVER))
    return Lack(step.side, step.name, entry, reason, there is False)


_NEVER = "is not implemented"


def _answer(cell: Cell, release: Release) -> tuple[bool | None, str]:
    """Whether an entry stands at a release, None where nobody knows; and what is the matter where it does not."""
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
    """What the entries that stand at a release say of themselves."""
    held = [span for _, cell in cells for span in cell.spans if span.holds(release)]
    texts = [("partial: " if span.partial else "") + (span.note or "") for span in held if span.note or span.partial]
    return [f"{step.name}: {text.removesuffix(': ')}" for text in texts]
