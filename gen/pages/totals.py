"""Number of cells in each state, as numbers, words and bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from hvsupport.annotate.model import STATES, Cell, Driver, Interface, State

from ..celltext import PARTIAL, QUALITIES, STATE_WORDS, qualities
from .parts import Choice


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment of a bar, in cells."""

    css: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Totals as one bar; ``label`` is the same in words."""

    total: int
    pieces: tuple[Piece, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A driver's cells side by side in the order of the rows; a path in SVG for each state; ``label`` in words."""

    total: int
    pieces: tuple[tuple[str, str], ...]
    label: str


Totals = Mapping[str, int]


def totals(cells: Iterable[Cell]) -> Totals:
    """State -> number of cells, all states present; qualities such as ``partial`` count cells that have a state too."""
    counter: Counter[str] = Counter(dict.fromkeys((*STATES, *QUALITIES), 0))
    for cell in cells:
        counter[cell.state] += 1
        counter.update(qualities(cell))
    return counter


def driver_totals(interface: Interface, driver: Driver) -> Totals:
    """Totals of one column."""
    return totals(interface.cells[driver.id, entry.name] for entry in interface.entries)


def used_states(all_totals: Iterable[Totals]) -> list[State]:
    """The states in use plus supported and unsupported, in the usual order.

    Where nothing has a release yet, a column of zeros would say that nothing is supported.
    """
    every = list(all_totals)
    lacks_releases = any(one["unannotated"] for one in every)
    always = ("unsupported",) if lacks_releases else ("supported", "unsupported")
    return [state for state in STATES if state in always or any(one[state] for one in every)]


def counts(numbers: Totals, states: Iterable[State]) -> tuple[Choice, ...]:
    """The numbers as printed; partial support is included in supported."""
    return tuple(_count(numbers, state) for state in states)


def _count(numbers: Totals, state: State) -> Choice:
    part = numbers[PARTIAL] if state == "supported" else 0
    extra = f"{part} in part" if part else ""
    css = state if numbers[state] else f"{state} zero"
    return Choice(state, STATE_WORDS[state], css, extra, str(numbers[state]))


def strip(interface: Interface, driver: Driver, numbers: Totals) -> Strip:
    """One driver as a strip, with neighbours of one state as one piece; the unsupported rest is blank."""
    paths: dict[str, list[str]] = {}
    start = 0
    for state, alike in groupby(interface.cells[driver.id, entry.name].state for entry in interface.entries):
        length = sum(1 for _ in alike)
        if state != "unsupported":
            paths.setdefault(state, []).append(f"M{start} 0h{length}v1h-{length}z")
        start += length
    return Strip(max(start, 1), tuple((state, "".join(found)) for state, found in paths.items()), bar(numbers).label)


def bar(numbers: Totals) -> Bar:
    """One bar, states in order; the unsupported rest is blank."""
    pieces, start = [], 0
    for state in STATES:
        if state == "unsupported" or not numbers[state]:
            continue
        pieces.append(Piece(state, start, numbers[state]))
        start += numbers[state]
    total = sum(numbers[state] for state in STATES)
    words = ", ".join(f"{numbers[state]} {STATE_WORDS[state]}" for state in STATES if numbers[state])
    return Bar(max(total, 1), tuple(pieces), f"{words} of {total}" if words else "no entry points")
