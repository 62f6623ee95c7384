"""The catalogue as CSV (a line for a cell, or a column for a driver) and as Markdown (a table for an interface)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.grammar import render
from hvsupport.annotate.model import Cell, EntryPoint, Interface

from ..celltext import cell_notes, cell_text, former_text
from ..names import by_heading, told_apart
from ..pages.filters import legend, marks
from ..pages.frame import is_web
from ..pages.totals import totals, used_states
from .values import Codes

#: Columns of the CSV; new ones are only added at the end. A wide one begins with the first five.
COLUMNS = (
    "interface",
    "group",
    "entry",
    "api",
    "api_since",
    "driver",
    "driver_title",
    "state",
    "how",
    "via",
    "since",
    "removed",
    "partial",
    "spans",
    "notes",
    "place",
    "findings",
    "deprecated",
)


#: The states that the annotation tells, or its absence.
_TOLD = ("supported", "next", "removed", "unsupported")


def to_csv(catalogue: Catalogue, codes: Codes) -> bytes:
    """Every cell, absent ones too, as UTF-8; ``since`` and ``removed`` are those of the last span."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for interface in catalogue.interfaces:
        writer.writerows(_rows(interface, codes))
    return out.getvalue().encode("utf-8", "replace")


def _rows(interface: Interface, codes: Codes) -> Iterator[list[str]]:
    for entry in interface.entries:
        for driver in interface.drivers:
            cell = interface.cells[driver.id, entry.name]
            last = cell.spans[-1] if cell.spans else None
            yield [
                interface.name,
                entry.group or "",
                entry.name,
                entry.api,
                str(entry.since or ""),
                driver.id,
                driver.title,
                cell.state,
                cell.how,
                cell.via or "",
                "" if last is None else ("<= " if last.at_most else "") + str(last.since),
                "" if last is None or last.removed is None else str(last.removed),
                "yes" if last is not None and last.partial else "",
                render(cell.spans) if cell.spans else "",
                "; ".join(cell_notes(cell)),
                "" if cell.place is None else cell.place.short,
                " ".join(codes.get((driver.id, entry.name), ())),
                "" if last is None or last.deprecated is None else str(last.deprecated.since or "yes"),
            ]


def to_wide_csv(catalogue: Catalogue) -> bytes:
    """A line for each entry and a column for each title of a driver, as UTF-8.

    A cell has its annotation, followed by its state where that says more; it is empty where there is no support.
    """
    interfaces = [told_apart(interface) for interface in catalogue.interfaces]
    titles = list(dict.fromkeys(driver.title for interface in interfaces for driver in interface.drivers))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS[:5], *titles])
    for interface in interfaces:
        for entry in interface.entries:
            cells = {one.title: _wide(interface.cells[one.id, entry.name]) for one in interface.drivers}
            head = (interface.name, entry.group or "", entry.name, entry.api, str(entry.since or ""))
            writer.writerow([*head, *(cells.get(title, "") for title in titles)])
    return out.getvalue().encode("utf-8", "replace")


def _wide(cell: Cell) -> str:
    text = render(cell.spans) if cell.spans else ""
    return text if cell.state in _TOLD else f"{text} {cell.state}".strip()


def to_markdown(catalogue: Catalogue) -> bytes:
    """A table for each interface, with legend and notes below."""
    release = f"\nFor release {_escaped(catalogue.release)}.\n" if catalogue.release else ""
    parts = [f"# {_escaped(catalogue.title or 'Driver support')}\n{release}"]
    for interface in map(told_apart, catalogue.interfaces):
        parts.append("\n".join(_interface(interface)) + "\n")
        if catalogue.protocols:
            parts += ["\n".join(lines) + "\n" for lines in _protocols(catalogue, interface)]
    return "\n".join(parts).encode("utf-8", "replace")


def _interface(interface: Interface) -> Iterator[str]:
    yield f"## {_escaped(interface.title)}"
    yield ""
    notes: dict[str, int] = {}
    for group, entries in by_heading(interface):
        if group is not None:
            yield f"### {_escaped(group)}"
            yield ""
        yield from _table(interface, entries, notes)
        yield ""
    yield from _below(interface, notes)


def _table(interface: Interface, entries: Iterable[EntryPoint], notes: dict[str, int]) -> Iterator[str]:
    titles = [_escaped(driver.title) for driver in interface.drivers]
    yield _line(["Entry point", "API since", *titles])
    yield _line(["---"] * (len(titles) + 2))
    for entry in entries:
        name = f"[{_escaped(entry.api)}]({entry.url})" if is_web(entry.url) else _escaped(entry.api)
        cells = (_cell(interface, driver.id, entry.name, notes) for driver in interface.drivers)
        yield _line([name, _escaped(str(entry.since or "")), *cells])


def _cell(interface: Interface, driver: str, entry: str, notes: dict[str, int]) -> str:
    text = cell_text(interface.cells[driver, entry])
    numbers = [notes.setdefault(note, len(notes) + 1) for note in text.notes]
    past = [f"~~{_escaped(one)}~~" for one in text.past]
    shown = _escaped(text.text) + (f" {text.mark}" if text.mark else "")
    marks = "".join(f" ({number})" for number in numbers)
    return " ".join(filter(None, [*past, shown, _escaped(text.tail or "")])) + marks


def _below(interface: Interface, notes: dict[str, int]) -> Iterator[str]:
    """Legend and notes."""
    every = totals(interface.cells.values())
    lines = [f"{_escaped(one.sample)} {one.text}" for one in legend(every, used_states([every]), None)]
    lines += [f"{one.sample} {one.text}" for one in marks(interface)]
    yield "Legend: " + "; ".join(lines) + "."
    yield ""
    for note, number in notes.items():
        yield f"{number}. {_escaped(note)}"
    if interface.removed:
        yield from ("", f"Removed drivers: {'; '.join(_escaped(former_text(one)) for one in interface.removed)}.")


def _protocols(catalogue: Catalogue, interface: Interface) -> Iterator[list[str]]:
    """A table for each family of protocols."""
    from .protocols import tables

    for title, (head, *rows) in tables(catalogue, interface):
        lines = [_line(map(_escaped, row)) for row in (head, *rows)]
        yield [f"### Protocols: {_escaped(title)}", "", lines[0], _line(["---"] * len(head)), *lines[1:]]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str | None) -> str:
    """Escape for a Markdown table cell: no markup, HTML, cell or line end."""
    single = " ".join((text or "").split())
    entities = single.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = re.sub(r"([\\`*_\[\]|#])", r"\\\1", entities)
    return re.sub(r"~(?! )", "&#126;", marked)
