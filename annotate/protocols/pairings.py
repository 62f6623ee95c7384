"""Release against release: what two drivers negotiate, with releases that make no difference put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest

from ..model import Driver
from ..protocol import Family
from ..release import Release
from .negotiate import Negotiation, Sides


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
    return next(all_pairings(family, [(source, destination)]))


def all_pairings(family: Family, pairs: Iterable[tuple[Driver, Driver]]) -> Iterator[Pairing]:
    """The same for several pairs, source first, in their order; cheaper than one by one."""
    sides = Sides(family)
    ranges = cache(lambda driver: _ranges(family, driver))
    for source, destination in pairs:
        yield _pairing(sides, (source, ranges(source)), (destination, ranges(destination)))


def _pairing(sides: Sides, source: tuple[Driver, list[Range]], destination: tuple[Driver, list[Range]]) -> Pairing:
    (one, rows), (other, columns) = source, destination
    table = [[sides.negotiate((one, row.since), (other, each.since)) for each in columns] for row in rows]
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
