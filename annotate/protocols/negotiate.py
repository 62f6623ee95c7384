"""Which protocol two sides take: the best that the source has all source steps of, and the destination all others.

Pure functions over a family. They answer what the tables allow at two releases, and say of every better protocol
which step is in the way; what is not known is no permission.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from ..model import Cell, Driver
from ..protocolmodel import Family, Protocol, Side, Step
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
    return Negotiation(tuple(_outcome(family, protocol, source, destination) for protocol in family.ranked))


def _outcome(
    family: Family, protocol: Protocol, source: tuple[Driver, Release], destination: tuple[Driver, Release]
) -> Outcome:
    lacks: list[Lack] = []
    notes: dict[str, None] = {}
    ways: dict[str, list[bool]] = {name: [] for name in protocol.variants}
    for index, step in enumerate(protocol.steps):
        driver, release = source if step.side == "source" else destination
        cells = family.support(driver, protocol).steps[index].cells
        lack = _lack(step, cells, release)
        lacks += [] if lack is None else [lack]
        notes.update(dict.fromkeys(_notes(step, cells, release)))
        for name, fits in ways.items():
            own = tuple((entry, cell) for entry, cell in cells if step.variant(entry) == name)
            if own:
                fits.append(_lack(step, own, release) is None)
    variants = () if lacks else tuple(name for name, fits in ways.items() if all(fits))
    return Outcome(protocol, tuple(lacks), variants, tuple(notes))


def _lack(step: Step, cells: Cells, release: Release) -> Lack | None:
    """Why no entry of a step stands at a release; None where one does for sure."""
    answers = [(entry, *_answer(cell, release)) for entry, cell in cells]
    if any(there for _, there, _ in answers):
        return None
    entry, there, reason = max(answers, key=lambda each: (each[1] is None, each[2] != _NEVER))
    return Lack(step.side, step.name, entry, reason, there is False)


_NEVER = "is not there"


def _answer(cell: Cell, release: Release) -> tuple[bool | None, str]:
    """Whether an entry stands at a release, None where nobody knows; and what is the matter where it does not."""
    if cell.state == "unsupported":
        return False, _NEVER
    if cell.state == "unannotated":
        return None, "has no annotation, so that nobody knows since when it is there"
    if cell.state == "unreadable":
        return None, "could not be read"
    if not cell.spans or any(span.holds(release) for span in cell.spans):
        sure = cell.state != "conditional"
        return (True, "") if sure else (None, f"is there under a condition: {cell.note or 'see the source'}")
    later = [span for span in cell.spans if release < span.since]
    if len(later) == len(cell.spans):
        first = later[0]
        if first.at_most:
            return None, f"stood there in {first.since}, and nobody knows since when"
        return False, "is in no release yet" if first.since.is_next else f"came in {first.since}"
    removed = max(span.removed for span in cell.spans if span.removed is not None and span.removed <= release)
    back = f", and came back in {later[0].since}" if later else ""
    return False, f"was removed in {removed}{back}"


def _notes(step: Step, cells: Cells, release: Release) -> list[str]:
    """What the entries that stand at a release say of themselves."""
    held = [span for _, cell in cells for span in cell.spans if span.holds(release)]
    texts = [("partial: " if span.partial else "") + (span.note or "") for span in held if span.note or span.partial]
    return [f"{step.name}: {text.removesuffix(': ')}" for text in texts]


# -- release against release


@dataclass(frozen=True, slots=True)
class Range:
    """Releases between which nothing changes: since one, until (not including) another or for ever."""

    since: Release
    until: Release | None = None


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two drivers, release against release.

    Attributes:
        sources: the releases of the driver that a migration starts from, oldest first.
        destinations: those of the one it leads to.
        table: a row for each source, with what is negotiated for each destination.
    """

    sources: tuple[Range, ...]
    destinations: tuple[Range, ...]
    table: tuple[tuple[Negotiation, ...], ...]


def pairings(family: Family, source: Driver, destination: Driver) -> Pairing:
    """What is negotiated between all releases of two drivers, those that make no difference put together.

    Releases before anything is allowed or possible are left out; where nothing ever is, the table is empty.
    """
    rows, columns = _ranges(family, source), _ranges(family, destination)
    table = [[negotiate(family, (source, row.since), (destination, each.since)) for each in columns] for row in rows]
    rows, table = _collapsed(rows, table)
    if not rows:
        return Pairing((), (), ())
    columns, turned = _collapsed(columns, _turned(table))
    return Pairing(tuple(rows), tuple(columns), tuple(tuple(row) for row in _turned(turned)))


def _ranges(family: Family, driver: Driver) -> list[Range]:
    points: set[Release] = set()
    for protocol in family.protocols:
        for step in family.support(driver, protocol).steps:
            for _, cell in step.cells:
                points.update(release for s in cell.spans for release in (s.since, s.removed) if release is not None)
    ordered = sorted(points)
    return [Range(since, until) for since, until in zip_longest(ordered, ordered[1:])]


def _gist(negotiation: Negotiation) -> tuple[object, ...]:
    """What a table shows of a negotiation: two of the same are not worth two lines."""
    best, perhaps = negotiation.best, negotiation.perhaps
    return (
        None if best is None else (best.protocol.key, best.variants, best.notes),
        None if perhaps is None else perhaps.protocol.key,
    )


def _collapsed(ranges: list[Range], table: list[list[Negotiation]]) -> tuple[list[Range], list[list[Negotiation]]]:
    """Neighbouring lines that show the same made one, and those in front that show nothing left out."""
    kept: list[Range] = []
    lines: list[list[Negotiation]] = []
    for each, line in zip(ranges, table, strict=True):
        gist = [_gist(one) for one in line]
        if not kept and all(one == (None, None) for one in gist):
            continue
        if kept and gist == [_gist(one) for one in lines[-1]]:
            kept[-1] = Range(kept[-1].since, each.until)
        else:
            kept.append(each)
            lines.append(line)
    return kept, lines


def _turned(table: list[list[Negotiation]]) -> list[list[Negotiation]]:
    return [list(column) for column in zip(*table, strict=True)]
