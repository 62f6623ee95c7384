"""The page of one entry point: every driver, what changed in which release, and the protocols it is a step of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Driver, EntryPoint, Interface
from hvsupport.annotate.release import Release

from ..names import HUB, InterfaceNames, relative
from .cells import cell_row
from .findings import FindingView, finding_view
from .frame import Site, is_web
from .news import Change
from .parts import CellRow, Choice, Fact, Frame, Link, Text
from .totals import Bar, bar, counts, totals, used_states


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One driver on the page of an entry: its name, which leads to the cell in the matrix, and its cell."""

    id: str
    name: Link
    cell: CellRow


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What one release changed: which drivers gained the entry, and which lost it."""

    release: str
    changes: tuple[tuple[str, tuple[Link, ...]], ...]


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry point: facts, totals, every driver, history and findings.

    Attributes:
        heading: the public call, or the name of the entry.
        lead: first sentence of its documentation, or None.
        back: link to its row of the matrix.
        headings: of the table.
    """

    frame: Frame
    heading: str
    lead: str | None
    back: Link
    facts: tuple[Fact, ...]
    bar: Bar
    counts: tuple[Choice, ...]
    caption: str
    headings: tuple[str, ...]
    rows: tuple[EntryRow, ...]
    empty: str | None
    history_heading: str
    history: tuple[HistoryLine, ...]
    findings_heading: str
    findings: tuple[FindingView, ...]


#: Release -> the changes of one entry in it, the newest release first.
History = Iterable[tuple[Release, tuple[Change, ...]]]


def entry_page(
    site: Site, interface: Interface, names: InterfaceNames, entry: EntryPoint, history: History
) -> EntryPage:
    """The page of one entry of one interface."""
    return _Entry(site, interface, names, entry).page(history)


class _Entry:
    """Makes one page."""

    def __init__(self, site: Site, interface: Interface, names: InterfaceNames, entry: EntryPoint) -> None:
        self.site, self.interface, self.names, self.entry = site, interface, names, entry
        self.here = names.entry_pages[entry.name]
        self.matrix = relative(self.here, names.matrix)

    def page(self, history: History) -> EntryPage:
        """The whole page."""
        entry, interface = self.entry, self.interface
        numbers = totals(interface.cells[driver.id, entry.name] for driver in interface.drivers)
        return EntryPage(
            frame=self.site.frame(self.here, entry.api, f"Which driver supports {entry.api} since when", HUB),
            heading=entry.api,
            lead=entry.doc,
            back=Link(interface.title, f"{self.matrix}#{self.names.entries[entry.name]}"),
            facts=tuple(self._facts()),
            bar=bar(numbers),
            counts=counts(numbers, used_states([numbers])),
            caption=f"Every driver of {interface.title}, and what it has of {entry.api}",
            headings=("Driver", "State", "How", "Notes", "Source"),
            rows=tuple(map(self._row, interface.drivers)),
            empty=None if interface.drivers else "No driver of this interface was found.",
            history_heading="History",
            history=tuple(self._line(release, found) for release, found in history),
            findings_heading="Findings",
            findings=tuple(finding_view(self.site, one, self.here) for one in self._findings()),
        )

    def _facts(self) -> Iterator[Fact]:
        entry, site = self.entry, self.site
        yield Fact("Interface", (Text(self.interface.title, self.matrix),))
        if entry.name != entry.api:
            yield Fact("Entry point", (Text(entry.name),))
        if entry.group is not None:
            yield Fact("Group", (Text(entry.group, f"{self.matrix}#{self.names.groups[entry.group]}"),))
        if entry.since is not None:
            yield Fact("API since", (Text(str(entry.since)),))
        if entry.url is not None and is_web(entry.url):
            yield Fact("Documentation", (Text(entry.url, entry.url),))
        if entry.derived_from is not None and entry.derived_from in self.names.entry_pages:
            page = relative(self.here, self.names.entry_pages[entry.derived_from])
            yield Fact("Derived from", (Text(entry.derived_from, page),))
        steps = site.step_links(self.here, self.interface.key, entry.name)
        if steps:
            yield Fact("Protocols", tuple(Text(str(link.title), link.href) for link in steps))
        yield Fact("Declared in", (site.place(entry.place),))

    def _row(self, driver: Driver) -> EntryRow:
        cell = f"{self.matrix}#{self.names.cell(driver.id, self.entry.name)}"
        name = Link(driver.title, cell, title=driver.id)
        return EntryRow(self.names.drivers[driver.id], name, cell_row(self.site, self.interface, driver, self.entry))

    def _line(self, release: Release, found: Iterable[Change]) -> HistoryLine:
        sides = {"gained": [one for one in found if one.gained], "lost": [one for one in found if not one.gained]}
        told = ((words, tuple(self._driver(one.driver) for one in side)) for words, side in sides.items() if side)
        return HistoryLine(str(release), tuple(told))

    def _driver(self, driver: Driver) -> Link:
        return Link(driver.title, relative(self.here, self.names.pages[driver.id]), title=driver.id)

    def _findings(self) -> list[Finding]:
        drivers = {driver.id for driver in self.interface.drivers}
        mine = (one for one in self.site.findings if one.entry == self.entry.name)
        return [one for one in mine if one.driver is None or one.driver in drivers]
