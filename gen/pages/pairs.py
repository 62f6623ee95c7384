"""Release against release: which protocol the tables allow between two hosts.

A table for each driver with itself, and for each ordered pair of drivers that the configuration declares compatible;
pairs with equal tables share one. The tables do not say that a migration works.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, takewhile

from hvsupport.annotate.model import Driver, Interface
from hvsupport.annotate.protocol import Family, Protocol
from hvsupport.annotate.protocols.negotiate import Lack, Negotiation, Outcome
from hvsupport.annotate.protocols.pairings import Pairing, Range, all_pairings

from ..names import InterfaceNames
from .parts import Choice


@dataclass(frozen=True, slots=True)
class ReleaseHead:
    """Heading of a row or column: the releases from ``text`` on, until ``tail``."""

    text: str
    tail: str


@dataclass(frozen=True, slots=True)
class PairCell:
    """What is allowed between two releases.

    Attributes:
        css: class by rank.
        tail: its variants, and a better protocol whose support is unknown; or None.
        title: why no better one; None for the best.
        said: the first line of that for a screen reader; None in a large table.
    """

    css: str
    text: str
    tail: str | None
    title: str | None
    said: str | None


@dataclass(frozen=True, slots=True)
class PairRow:
    """One release of the source, or several with equal cells."""

    head: ReleaseHead
    cells: tuple[PairCell, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some cells have no better protocol: the cells, and a line for each better protocol."""

    cells: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairTable:
    """Two drivers, release against release.

    Attributes:
        reasons_heading, reasons: why no better protocol, and notes; may be empty.
    """

    id: str
    heading: str
    caption: str
    corner: str
    across: str
    columns: tuple[ReleaseHead, ...]
    rows: tuple[PairRow, ...]
    reasons_heading: str
    reasons: tuple[Reason, ...]


#: Number of background colours, best protocol first; further ones share the last.
TIERS = 4
#: In a table of more cells only the list below gives reasons.
_SAID = 64
_NONE, _PERHAPS, _NOTED = "–", "?", "*"


def pair_tables(family: Family, interface: Interface, names: InterfaceNames) -> tuple[PairTable, ...]:
    """All tables that allow something, each driver with itself first."""
    drivers = interface.drivers
    pairs = [(one, one) for one in drivers]
    pairs += [(a, b) for a in drivers for b in drivers if a is not b and family.may_pair(a.id, b.id)]
    found: dict[tuple[bool, PairTable], list[tuple[Driver, Driver]]] = {}
    for (source, destination), pairing in zip(pairs, all_pairings(family, pairs), strict=True):
        table = _table(family, pairing)
        if table is not None:
            found.setdefault((source is destination, table), []).append((source, destination))
    return tuple(_named(table, alike, names) for (_, table), alike in found.items())


def _named(table: PairTable, pairs: list[tuple[Driver, Driver]], names: InterfaceNames) -> PairTable:
    """A table with the names of all its pairs."""
    heading = ", ".join(one.title if one is other else f"{one.title} to {other.title}" for one, other in pairs)
    source, destination = (names.drivers[driver.id] for driver in pairs[0])
    caption = f"{heading}: the best protocol that the tables allow, release against release"
    return replace(table, id=f"pair:{source}:{destination}", heading=heading, caption=caption)


def _table(family: Family, pairing: Pairing) -> PairTable | None:
    """A table without names; None if nothing is ever allowed or possible."""
    if not pairing.table:
        return None
    tiers = {protocol.key: min(at, TIERS) for at, protocol in enumerate(family.ranked, 1)}
    few = len(pairing.sources) * len(pairing.destinations) <= _SAID
    columns = tuple(map(_head, pairing.destinations))
    rows = tuple(
        PairRow(_head(each), tuple(_cell(one, tiers, few) for one in line))
        for each, line in zip(pairing.sources, pairing.table, strict=True)
    )
    reasons = tuple(
        reason for row, line in zip(rows, pairing.table, strict=True) for reason in _reasons(row.head, columns, line)
    )
    return PairTable(
        id="",
        heading="",
        caption="",
        corner="Source ↓",
        across="Destination →",
        columns=columns,
        rows=rows,
        reasons_heading=_reasons_heading(pairing),
        reasons=reasons,
    )


def _reasons_heading(pairing: Pairing) -> str:
    """The heading depends on whether the list has reasons, notes or both."""
    cells = [negotiation for line in pairing.table for negotiation in line]
    better = any(_better(each) for each in cells)
    noted = any(each.best is not None and each.best.notes for each in cells)
    if better:
        return "Why no better protocol, and notes" if noted else "Why no better protocol"
    return "Notes"


def _head(each: Range) -> ReleaseHead:
    if each.until is None:
        return ReleaseHead(str(each.since), "" if each.since.is_next else "and later")
    return ReleaseHead(str(each.since), f"before {each.until}")


def _cell(negotiation: Negotiation, tiers: dict[str, int], few: bool) -> PairCell:
    best, perhaps = negotiation.best, negotiation.perhaps
    lines = _lines(negotiation)
    first = lines[0] if lines else None
    tail = ", ".join(best.variants) + (" only" if best.only else "") if best is not None else ""
    unknown = f"perhaps {perhaps.protocol.version}" if perhaps is not None else ""
    if best is None:
        css, text = ("unsupported", _NONE) if perhaps is None else ("conditional", _PERHAPS)
    else:
        css, text = f"tier-{tiers[best.protocol.key]}", best.protocol.version + (_NOTED if best.notes else "")
    more = ", ".join(filter(None, [tail, unknown]))
    return PairCell(css, text, more or None, "\n".join(lines) or None, first if few else None)


def _lines(negotiation: Negotiation) -> tuple[str, ...]:
    """Why each better protocol is not allowed, nearest first; then the notes of the entries."""
    best = negotiation.best
    return (*map(_why, _better(negotiation)), *(() if best is None else best.notes))


def _better(negotiation: Negotiation) -> list[Outcome]:
    """The protocols ranked above the best allowed one, nearest first."""
    return list(takewhile(lambda outcome: outcome is not negotiation.best, negotiation.outcomes))[::-1]


def _why(outcome: Outcome) -> str:
    """``not v3: the source lacks Begin, Perform (came in 0.9.2)``."""
    parts = [_lacks(list(lacks)) for _, lacks in groupby(sorted(outcome.lacks, key=_kind), key=_kind)]
    return f"{'perhaps' if outcome.possible else 'not'} {outcome.protocol.version}: {'; '.join(parts)}"


def _kind(lack: Lack) -> tuple[bool, str, str]:
    return lack.side != "source", lack.side, lack.reason


def _lacks(lacks: list[Lack]) -> str:
    """Steps of one side that are missing for the same reason."""
    first = lacks[0]
    steps = ", ".join(lack.step for lack in lacks)
    if first.certain:
        return f"the {first.side} lacks {steps} ({first.reason})"
    return f"the {first.side} may lack {steps} ({first.reason})"


def _reasons(head: ReleaseHead, columns: tuple[ReleaseHead, ...], line: tuple[Negotiation, ...]) -> Iterator[Reason]:
    """Reasons of the cells of a row; neighbours with equal reasons share one."""
    pairs = [(column, _lines(negotiation)) for column, negotiation in zip(columns, line, strict=True)]
    for lines, group in groupby(pairs, key=lambda each: each[1]):
        if lines:
            yield Reason(f"{head.text} to {', '.join(column.text for column, _ in group)}", lines)


def legend(family: Family, tables: tuple[PairTable, ...]) -> tuple[Choice, ...]:
    """Sample and meaning of each kind of cell in use."""
    seen = {(cell.css, cell.text) for table in tables for row in table.rows for cell in row.cells}
    found = [
        _choice(protocol, f"tier-{min(at, TIERS)}")
        for at, protocol in enumerate(family.ranked, 1)
        if any(text.removesuffix(_NOTED) == protocol.version for css, text in seen if css.startswith("tier-"))
    ]
    more = (
        (("unsupported", _NONE), "no protocol is allowed"),
        (("conditional", _PERHAPS), "support is unknown"),
    )
    found += [Choice(css, meaning, css, text, "") for (css, text), meaning in more if (css, text) in seen]
    if any(text.endswith(_NOTED) and css.startswith("tier-") for css, text in seen):
        found.append(Choice("noted", "with a note, see below the table", "mark", _NOTED, ""))
    return tuple(found)


def _choice(protocol: Protocol, css: str) -> Choice:
    return Choice(protocol.key, protocol.title, css, protocol.version, "")
