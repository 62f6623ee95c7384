"""The matrix of one interface: rows under headings, a column for each driver, footnotes, legend and tools."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hvsupport.annotate.model import Driver, EntryPoint, Interface

from ..celltext import CellText, cell_text, former_text, is_from_tags
from ..names import FINDINGS, GRID, HUB, InterfaceNames, by_heading, relative
from .cells import cell_css, definition_at, entry_sub, shown_codes, shown_text, spans_text, with_text
from .filters import advice, example, filters, legend, marks
from .frame import STEP_MARK, Site, counted, is_web, size
from .parts import Choice, Filters, Frame, Link, Text
from .totals import totals, used_states


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell of the matrix.

    Attributes:
        id: ``entry.driver``.
        past, text, mark, tail: as in ``celltext.CellText``.
        label: all of it in words; None if the text is complete.
        title: the tooltip if it is not the label, which the script shows as one.
        notes: links to its footnotes.
        spans: its spans where the text does not give them: ``1.0 2.0;3.0 ~ †4.0`` (since, removed, ``~`` in part,
            deprecated since), or None.
    """

    id: str
    css: str
    past: tuple[str, ...]
    text: str
    mark: str
    tail: str | None
    label: str | None
    title: str | None
    notes: tuple[Link, ...]
    flag: Link | None
    spans: str | None


@dataclass(frozen=True, slots=True)
class RowView:
    """One entry point.

    Attributes:
        name: the public call, or the entry's own name; links to the row itself.
        sub: the entry's own name if the public one does not contain it, or None.
        since: release of the public call, or empty.
        words: searched besides the printed name.
        at: for each of the cells whose class is not plainly ``unsupported``, the line of its definition, with the path
            if that is not the driver's, or ``-``.
        page: the file name of its page where that is not its id.
    """

    id: str
    name: Link
    sub: str | None
    docs: Link | None
    steps: tuple[Link, ...]
    since: str
    words: str
    cells: tuple[CellView, ...]
    at: str
    page: str | None


@dataclass(frozen=True, slots=True)
class GroupView:
    """Rows under one heading, or without one."""

    id: str | None
    heading: Link | None
    count: str
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One driver: link to its page, its key in filters and cell ids, and the file of its class or table."""

    name: Link
    key: str
    path: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """One note and its cells."""

    id: str
    number: str
    text: str
    cells: tuple[Link, ...]
    more: str


@dataclass(frozen=True, slots=True)
class FormerView:
    """A driver that is gone, with its releases; ``title`` is its id."""

    text: str
    title: str


@dataclass(frozen=True, slots=True)
class MatrixPage:
    """The matrix of one interface.

    Attributes:
        tabs: the matrices of all interfaces; empty for a single one.
        css: classes of the table.
        scale: classes for the width of its columns and the height of its head.
        span: number of columns, for group headings.
        panel: name -> text, for the panel of a cell; ``close`` closes it.
        part: heading of a part of the table in print, with ``{part}``, ``{total}``, ``{first}``, ``{last}``, ``{of}``.
        advice: where releases are from that the sources do not name, or what a maintainer can do about them; or None.
        entries: folder of the pages of entries.
        repository: URL pattern of a source line, or None.
        grid: address of the script for history, panel, keyboard and print.
    """

    frame: Frame
    heading: str
    lead: str
    source: Text
    tabs: tuple[Link, ...]
    tabs_label: str
    filters: Filters
    caption: str
    corner: str
    since_heading: str | None
    css: str
    scale: str
    span: int
    columns: tuple[Column, ...]
    groups: tuple[GroupView, ...]
    empty: str | None
    legend_heading: str
    legend: tuple[Choice, ...]
    marks: tuple[Choice, ...]
    removed_heading: str
    removed: tuple[FormerView, ...]
    notes_heading: str
    notes: tuple[Footnote, ...]
    panel: tuple[tuple[str, str], ...]
    close: str
    part: str
    scroller: str
    advice: str | None
    entries: str
    repository: str | None
    grid: str


#: The most cells that a footnote lists; the rest is counted.
_CELLS_LISTED = 12
#: The longest word of a driver title, in characters, that widens the columns.
_HEAD_WIDTH = 12
#: The longest word, in characters, in narrow and in medium columns.
_NARROW, _MEDIUM = 7, 9
#: The most drivers whose columns get more room, and the most that fit on a small screen at the usual density.
_FEW, _MANY = 8, 15
#: Leads past the header and the tools.
_SKIP = Link("Skip to the table", "#ui:table")
#: Texts of the panel of a cell: what is said of one without a label, and the names of what it lists.
_PANEL = (
    ("plain", "supported since {text}"),
    ("history", "History"),
    ("span", "{since} to {until}"),
    ("today", "now"),
    ("docs", "Documentation"),
    ("protocol", "Protocol"),
    ("source", "Source"),
    ("findings", "Findings"),
    ("entry", "Entry point"),
    ("driver", "Driver"),
    ("copy", "Copy link"),
    ("copied", "Copied"),
)
#: Heading of entries without one, if others have headings.
UNGROUPED = "Other entry points"


def matrix_page(site: Site, interface: Interface, names: InterfaceNames) -> MatrixPage:
    """The page of one interface."""
    return _Matrix(site, interface, names).page()


class _Matrix:
    """Makes one matrix."""

    def __init__(self, site: Site, interface: Interface, names: InterfaceNames) -> None:
        self.site, self.interface, self.names = site, interface, names
        self.here = names.matrix
        self.texts = {key: cell_text(cell) for key, cell in interface.cells.items()}
        self.numbers = {note: number for number, note in enumerate(self._all_notes(), 1)}
        self.shared = Counter(entry.api for entry in interface.entries)
        self.has_since = any(entry.since is not None for entry in interface.entries)
        dated = any(cell.spans for cell in interface.cells.values())
        self.releases = site.releases if dated else ()

    def page(self) -> MatrixPage:
        """The whole page."""
        interface, site = self.interface, self.site
        every = totals(interface.cells.values())
        states = used_states([every])
        return MatrixPage(
            frame=site.frame(self.here, interface.title, f"{interface.title}: {size(interface)}", HUB, _SKIP),
            heading=interface.title,
            lead=size(interface),
            source=site.place(interface.place),
            tabs=self._tabs(),
            tabs_label="Interfaces",
            filters=filters(len(interface.entries), every, states, self._driver_choices(), self.releases),
            caption=f"{interface.title}: which driver supports which entry point since which release",
            corner="Entry point",
            since_heading="API since" if self.has_since else None,
            css=f"matrix{' has-since' if self.has_since else ''}",
            scale=self._scale(),
            span=len(interface.drivers) + 1 + self.has_since,
            columns=tuple(self._column(driver) for driver in interface.drivers),
            groups=tuple(self._groups()),
            empty=self._empty(),
            legend_heading="Legend",
            legend=legend(every, states, example(interface.cells.values())),
            marks=(*marks(interface), *self._step_mark()),
            removed_heading="Removed drivers",
            removed=tuple(FormerView(former_text(one), one.id) for one in interface.removed),
            notes_heading="Notes",
            notes=tuple(self._footnotes()),
            panel=_PANEL,
            close="Close",
            part=f"{interface.title}: drivers {{first}} to {{last}} of {{of}}, part {{part}} of {{total}}",
            scroller=f"{interface.title}: scrollable table",
            advice=advice(every, sum(map(is_from_tags, interface.cells.values()))),
            entries=self.names.folder,
            repository=site.repository if is_web(site.repository) else None,
            grid=relative(self.here, GRID),
        )

    def _step_mark(self) -> Iterator[Choice]:
        if any(key == self.interface.key for key, _ in self.site.steps):
            yield Choice("step", "a step of a protocol", "mark", STEP_MARK, "")

    def _all_notes(self) -> list[str]:
        """Every note once, row by row."""
        drivers, entries = self.interface.drivers, self.interface.entries
        found = (note for entry in entries for driver in drivers for note in self.texts[driver.id, entry.name].notes)
        return list(dict.fromkeys(found))

    def _tabs(self) -> tuple[Link, ...]:
        if not self.site.names.several:
            return ()
        pairs = zip(self.site.catalogue.interfaces, self.site.names.interfaces, strict=True)
        return tuple(Link(one.title, relative(self.here, n.matrix), n.matrix == self.here) for one, n in pairs)

    def _driver_choices(self) -> list[Choice]:
        keys = self.names.drivers
        return [Choice(keys[one.id], one.title, "", "", "") for one in self.interface.drivers]

    def _scale(self) -> str:
        """Classes by the longest word in a column and by the number of columns.

        Where columns are many, titles that are longer than the cells stand upright.
        """
        number = len(self.interface.drivers)
        words = [word for driver in self.interface.drivers for word in re.split(r"[\s-]", driver.title)]
        cells = max(map(self._width, self.texts.values()), default=0)
        titles = max((min(len(word), _HEAD_WIDTH) for word in words), default=0)
        upright = number > _FEW and titles > max(cells, _NARROW)
        longest = cells if upright else max(cells, titles)
        wide = "narrow" if longest <= _NARROW else "medium" if longest <= _MEDIUM else "broad"
        some = {"full": cells == _NARROW, "few": number <= _FEW, "upright": upright, "many": number > _MANY}
        return " ".join((wide, *(name for name, holds in some.items() if holds)))

    @staticmethod
    def _width(text: CellText) -> int:
        words = f"{text.text} {text.tail or ''}".split()
        return max((len(word) for word in words), default=0) + len(text.notes)

    def _column(self, driver: Driver) -> Column:
        href = relative(self.here, self.names.pages[driver.id])
        return Column(Link(driver.title, href, title=driver.id), self.names.drivers[driver.id], driver.place.path)

    def _groups(self) -> list[GroupView]:
        """Rows under their headings; entries without a heading come last."""
        found = by_heading(self.interface)
        other = UNGROUPED if len(found) > 1 else None
        return [self._group(title or other, entries) for title, entries in found]

    def _group(self, title: str | None, entries: list[EntryPoint]) -> GroupView:
        rows = tuple(self._row(entry) for entry in entries)
        if title is None:
            return GroupView(None, None, "", rows)
        key = self.names.groups.get(title, "group:")
        return GroupView(key, Link(title, f"#{key}"), str(len(rows)), rows)

    def _row(self, entry: EntryPoint) -> RowView:
        key, file = self.names.entries[entry.name], self.names.file(entry.name)
        return RowView(
            id=key,
            name=Link(entry.api, f"#{key}", title=entry.doc),
            sub=entry_sub(entry, self.shared),
            docs=Link("↗", str(entry.url), title=f"Documentation of {entry.api}") if is_web(entry.url) else None,
            steps=self.site.step_links(self.here, self.interface.key, entry.name),
            since=str(entry.since or ""),
            words="" if entry.name == entry.api else entry.name,
            cells=tuple(self._cell(driver, entry) for driver in self.interface.drivers),
            at=" ".join(self._lines(entry)),
            page=None if file == key else file,
        )

    def _lines(self, entry: EntryPoint) -> Iterator[str]:
        for driver in self.interface.drivers:
            cell = self.interface.cell(driver, entry)
            codes = shown_codes(cell, self.site.codes(driver.id, entry.name))
            if cell_css(cell, bool(codes)) != "unsupported":
                yield definition_at(cell, driver)

    def _cell(self, driver: Driver, entry: EntryPoint) -> CellView:
        cell = self.interface.cells[driver.id, entry.name]
        text = self.texts[driver.id, entry.name]
        codes = shown_codes(cell, self.site.codes(driver.id, entry.name))
        sentence = self._sentence(text, codes)
        return CellView(
            id=self.names.cell(driver.id, entry.name),
            css=cell_css(cell, bool(codes)),
            past=text.past,
            text=shown_text(cell, text),
            mark=text.mark,
            tail=text.tail,
            label=sentence and with_text(text, sentence),
            title=sentence if sentence and with_text(text, sentence) != sentence else None,
            notes=tuple(self._marker(note) for note in text.notes),
            flag=Link("⚑", FINDINGS, title=f"finding {', '.join(codes)}") if codes else None,
            spans=spans_text(cell, text),
        )

    def _marker(self, note: str) -> Link:
        number = self.numbers[note]
        return Link(str(number), f"#note:{number}", title=f"Note {number}")

    @staticmethod
    def _sentence(text: CellText, codes: tuple[str, ...]) -> str | None:
        if text.plain and not codes:
            return None
        return "; ".join((text.sentence, *text.notes, *(f"finding {code}" for code in codes)))

    def _footnotes(self) -> list[Footnote]:
        carriers = self._carriers()
        notes = []
        for note, number in self.numbers.items():
            links = carriers[note]
            rest = len(links) - _CELLS_LISTED
            more = f"and {counted(rest, 'cell')} more" if rest > 0 else ""
            notes.append(Footnote(f"note:{number}", str(number), note, tuple(links[:_CELLS_LISTED]), more))
        return notes

    def _carriers(self) -> Mapping[str, list[Link]]:
        carriers: dict[str, list[Link]] = {note: [] for note in self.numbers}
        for entry in self.interface.entries:
            for driver in self.interface.drivers:
                link = Link(f"{driver.title}: {entry.api}", f"#{self.names.cell(driver.id, entry.name)}")
                for note in self.texts[driver.id, entry.name].notes:
                    carriers[note].append(link)
        return carriers

    def _empty(self) -> str | None:
        if not self.interface.entries:
            return "This interface has no entry points."
        return None if self.interface.drivers else "No driver of this interface was found."
