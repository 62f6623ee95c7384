"""What a page shows of one cell or entry, on whichever page it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from hvsupport.annotate.model import Cell, Driver, EntryPoint, Interface, Span

from ..celltext import FROM_TAGS, QUALITIES, STATE_WORDS, CellText, cell_text, how_text, is_from_tags, qualities
from .frame import Site
from .parts import CellRow


def spans_text(cell: Cell, text: CellText) -> str | None:
    """The spans of a cell for the script; None where it has none or its text is all there is to tell."""
    spans = ";".join(map(_span_text, cell.spans))
    return None if not spans or spans == text.text else spans


def _span_text(span: Span) -> str:
    """``<=1.0 2.0 ~ †1.4``: since, removed, whether in part, deprecated since; all but the first only where true."""
    deprecated = span.deprecated
    words = (
        f"{'<=' if span.at_most else ''}{span.since}",
        None if span.removed is None else str(span.removed),
        "~" if span.partial else None,
        None if deprecated is None else f"†{deprecated.since or ''}",
    )
    return " ".join(word for word in words if word is not None)


def definition_at(cell: Cell, driver: Driver) -> str:
    """The line of a definition, with the path if that is not the driver's; ``-`` without one."""
    if cell.place is None:
        return "-"
    path = "" if cell.place.path == driver.place.path else f"{quote(cell.place.path, errors='replace')}:"
    return f"{path}{cell.place.line}"


def with_text(text: CellText, sentence: str) -> str:
    """The sentence, after the printed text unless it contains that: who speaks to a browser says what is printed."""
    printed = " ".join(filter(None, (*text.past, text.text, text.tail)))
    return sentence if _spoken(printed) in _spoken(sentence) else f"{printed}; {sentence}"


def _spoken(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", "", text).lower().split())


def entry_sub(entry: EntryPoint, shared: Mapping[str, int]) -> str | None:
    """The entry's own name if the public call does not contain it."""
    tells = entry.name.lower() in entry.api.lower() and shared.get(entry.api, 1) == 1
    return None if tells else entry.name


def shown_text(cell: Cell, text: CellText) -> str:
    """The text of a cell on a page, where the ground tells a missing annotation from support without a release."""
    return "✓" if cell.state == "unannotated" else text.text


def shown_codes(cell: Cell, codes: tuple[str, ...]) -> tuple[str, ...]:
    """The findings that a cell flags: not the one that its state repeats, nor where the tags of git have the answer."""
    is_known = cell.state == "unannotated" or is_from_tags(cell)
    return tuple(code for code in codes if not is_known or code != "HV001")


def cell_css(cell: Cell, flagged: bool) -> str:
    """Classes of a cell."""
    stub = cell.state == "unsupported" and cell.place is not None
    return " ".join((cell.state, *qualities(cell), *(("stub",) if stub else ()), *(("flagged",) if flagged else ())))


def cell_row(site: Site, interface: Interface, driver: Driver, entry: EntryPoint) -> CellRow:
    """What a list shows of one cell."""
    cell = interface.cells[driver.id, entry.name]
    text = cell_text(cell)
    codes = shown_codes(cell, site.codes(driver.id, entry.name))
    return CellRow(
        css=cell_css(cell, bool(codes)),
        past=text.past,
        text=shown_text(cell, text),
        tail=text.tail,
        state=" ".join((STATE_WORDS[cell.state], *(QUALITIES[each][1] for each in qualities(cell)))),
        how=f"{how_text(cell)}; {FROM_TAGS}" if is_from_tags(cell) else how_text(cell),
        notes=text.notes,
        place=None if cell.place is None else site.place(cell.place),
        findings=codes,
    )
