"""Release against release: what two drivers negotiate, with equal releases merged."""

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
    """Releases without a change: from one until another (exclusive), or open."""

    since: Release
    until: Release | None = None


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two drivers, release against release.

    Attributes:
        sources: releases of the driver a migration starts from, oldest first.
        destinations: releases of the driver it goes to.
        table: a row for each source, with a negotiation for each destination.
    """

    sources: tuple[Range, ...]
    destinations: tuple[Range, ...]
    table: tuple[tuple[Negotiation, ...], ...]


def pairings(family: Family, source: Driver, destination: Driver) -> Pairing:
    """What is negotiated between all releases of two drivers, with equal ones merged.

    Releases before anything is allowed or possible are omitted; the table may be empty.
    """
    return next(all_pairings(family, [(source, destination)]))


def all_pairings(family: Family, pairs: Iterable[tuple[Driver, Driver]]) -> Iterator[Pairing]:
    """The same for several pairs of source and destination; faster than one by one."""
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
    """The part of a negotiation that tables show; lines with equal parts are merged."""
    best, perhaps = negotiation.best, negotiation.perhaps
    return (
        None if best is None else (best.protocol.key, best.variants, best.notes),
        None if perhaps is None else perhaps.protocol.key,
    )


def _collapsed(ranges: list[Range], table: list[list[Negotiation]]) -> tuple[list[Range], list[list[Negotiation]]]:
    """Merge equal neighbouring lines, and drop empty ones at the start."""
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
