"""The tools above a table (search, driver picker, states) and the legend of the states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.model import STATES, Cell, Interface, State

from ..celltext import HOW_MARKS, HOW_MEANINGS, QUALITIES, STATE_MEANINGS, STATE_WORDS, qualities
from .parts import Choice, Filters, History, Taken
from .totals import Totals

_SAMPLES = {
    "supported": "1.2.0",
    "next": "next",
    "removed": "removed 1.2.0",
    "conditional": "?",
    "unsupported": "–",
    "unannotated": "✓",
    "unreadable": "!",
}


def filters(
    rows: int, numbers: Totals, states: Iterable[State], drivers: Sequence[Choice] = (), releases: Sequence[str] = ()
) -> Filters:
    """The tools for a table of so many rows with these totals."""
    summary, chosen = "{shown} of {total} entry point" + "s" * (rows != 1), "Drivers: {count} of {total}"
    return Filters(
        label=f"Search entry points, {'drivers, ' if drivers else ''}releases and notes",
        placeholder="Search entries, drivers, notes" if drivers else "Search entry points",
        key="/",
        drivers_label="Drivers",
        every_driver=chosen.format(count=len(drivers), total=len(drivers)),
        drivers=tuple(drivers),
        states_label="States",
        states=tuple(_choices(numbers, states)),
        every="All",
        none="None",
        reset="Clear filters",
        summary=summary,
        every_row=summary.format(shown=rows, total=rows),
        nothing="No entry point matches. Shorten the search or clear the filters.",
        chosen=chosen,
        differ="Rows",
        differs=_DIFFERS,
        history=_history(releases),
        share="Share",
        takes=_TAKES,
        taken=_TAKEN,
        empty="Hide drivers without support in these rows",
        dense="Compact",
        order="Order of rows",
        orders=_ordered("drivers"),
        columns="Order of drivers",
        column_orders=_ordered("entry points"),
        keys=_KEYS + _WORDS if drivers else _KEYS,
    )


_KEYS = "/ searches, arrow keys move between cells, Escape closes"
_WORDS = "; driver:, release: or note: before a word searches these"
_TAKES = (
    Choice("link", "Copy link", "", "Copied.", ""),
    Choice("markdown", "Copy as Markdown", "", "Copied.", ""),
    Choice("csv", "Download CSV", "", "Saved what is shown.", ""),
    Choice("json", "Download JSON", "", "Saved what is shown.", ""),
)
_TAKEN = Taken(
    as_of="{title} as of {release}",
    between="{title}: what changed from {since} to {release}",
    columns=("Notes", "As of", "Changed since"),
)
_DIFFERS = (
    Choice("", "All", "", "", ""),
    Choice("differ", "In which these drivers differ", "", "", ""),
    Choice("support", "In which they differ in support, whatever the release", "", "", ""),
)


def _ordered(by: str) -> tuple[Choice, ...]:
    return (
        Choice("", "Declared order", "", "", ""),
        Choice("name", "By name", "", "", ""),
        Choice("most", f"Most {by}", "", "", ""),
        Choice("least", f"Fewest {by}", "", "", ""),
    )


def _history(releases: Sequence[str]) -> History:
    return History(
        releases=tuple(releases),
        label="As of release",
        now="now",
        summary="As of: {release}",
        between="{since} to {release}",
        since="Only what changed since",
        all="show everything",
        younger="; newer than {release}: {number}",
        spoken="{text} as of {release}",
        unknown="not known",
        removed="removed",
        gained="gained",
        lost="lost",
    )


def releases_of(catalogue: Catalogue) -> tuple[str, ...]:
    """The releases that are known or that annotations name, oldest first; none where no cell has a release."""
    cells = (cell for interface in catalogue.interfaces for cell in interface.cells.values())
    named = {release for cell in cells for span in cell.spans for release in span.releases}
    return tuple(map(str, sorted({*named, *(catalogue.known or ())}))) if named else ()


def _choices(numbers: Totals, states: Iterable[State]) -> list[Choice]:
    choices = []
    for state in states:
        if not numbers[state]:
            continue
        choices.append(Choice(state, STATE_WORDS[state], state, _SAMPLES[state], str(numbers[state])))
        for quality, (sign, word, _) in QUALITIES.items():
            if state == "supported" and numbers[quality]:
                choices.append(Choice(quality, word, quality, sign, str(numbers[quality])))
    return choices


def legend(numbers: Totals, states: Iterable[State], example: str | None) -> tuple[Choice, ...]:
    """Sample and meaning of each state in use."""
    lines = []
    for state in states:
        if not numbers[state]:
            continue
        sample = example if state == "supported" and example else _SAMPLES[state]
        lines.append(Choice(state, STATE_MEANINGS[state], state, sample, str(numbers[state])))
        for quality, (sign, _, meaning) in QUALITIES.items():
            if state == "supported" and numbers[quality]:
                css, shown = f"supported {quality}", f"{sign} {sample}"
                lines.append(Choice(quality, meaning, css, shown, str(numbers[quality])))
    return tuple(lines)


def marks(interface: Interface) -> tuple[Choice, ...]:
    """The marks in use after a release, and their meanings."""
    seen = {cell.how for cell in interface.cells.values() if cell.state != "unsupported"}
    return tuple(Choice(how, HOW_MEANINGS[how], "mark", sign, "") for how, sign in HOW_MARKS.items() if how in seen)


def advice(numbers: Totals, told: int) -> str | None:
    """What to know, or to do next, about cells whose release the sources do not name.

    Args:
        numbers: of all cells.
        told: how many of them have the releases of git's tags.
    """
    lacking, there = numbers["unannotated"], sum(numbers[state] for state in STATES if state != "unsupported")
    if told:
        rest = f"; {lacking} {'has' if lacking == 1 else 'have'} none" if lacking else ""
        return f"{told} of {there} cells {'has its' if told == 1 else 'have their'} release from the tags of git{rest}."
    if not lacking or 2 * lacking < there:
        return None
    return (
        f"{lacking} of {there} cells {'has' if lacking == 1 else 'have'} no release yet. To add them, run "
        "'hvsupport backfill', which reads the release tags of git, or 'hvsupport annotate --since RELEASE'."
    )


def example(cells: Iterable[Cell]) -> str | None:
    """A release from the page, for the legend."""
    for cell in cells:
        if cell.state == "supported" and cell.spans and not qualities(cell):
            return str(cell.spans[-1].since)
    return None
