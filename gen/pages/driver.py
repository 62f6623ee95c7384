"""The page of one driver: facts, and every entry point in more detail than in the matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Driver, EntryPoint, Interface

from ..celltext import support_words
from ..names import HUB, InterfaceNames, by_heading, relative
from .cells import cell_row, entry_sub
from .filters import filters
from .findings import FindingView, finding_view
from .frame import Site
from .matrix import UNGROUPED
from .parts import CellRow, Choice, Fact, Filters, Frame, Link, Text
from .timeline import Timeline, timeline
from .totals import Bar, bar, counts, driver_totals, used_states


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One entry point on the page of a driver."""

    id: str
    name: Link
    steps: tuple[Link, ...]
    words: str
    since: str
    cell: CellRow


@dataclass(frozen=True, slots=True)
class DriverGroup:
    """Rows of a driver's page under one heading."""

    heading: str | None
    rows: tuple[DriverRow, ...]


@dataclass(frozen=True, slots=True)
class DriverPage:
    """One driver: facts, totals and every entry point."""

    frame: Frame
    heading: str
    back: Link
    facts: tuple[Fact, ...]
    bar: Bar
    counts: tuple[Choice, ...]
    timeline: Timeline | None
    filters: Filters
    caption: str
    headings: tuple[str, ...]
    groups: tuple[DriverGroup, ...]
    findings_heading: str
    findings: tuple[FindingView, ...]


def driver_page(site: Site, interface: Interface, names: InterfaceNames, driver: Driver) -> DriverPage:
    """The page of one driver of one interface."""
    return _Driver(site, interface, names, driver).page()


class _Driver:
    """Makes one driver's page."""

    def __init__(self, site: Site, interface: Interface, names: InterfaceNames, driver: Driver) -> None:
        self.site, self.interface, self.names, self.driver = site, interface, names, driver
        self.here = names.pages[driver.id]
        self.matrix = relative(self.here, names.matrix)
        self.shared = Counter(entry.api for entry in interface.entries)

    def page(self) -> DriverPage:
        """The whole page."""
        numbers = driver_totals(self.interface, self.driver)
        states = used_states([numbers])
        title = self.driver.title
        return DriverPage(
            frame=self.site.frame(self.here, title, f"What {title} supports of {self.interface.title}", HUB),
            heading=title,
            back=Link(self.interface.title, self.matrix),
            facts=tuple(self._facts()),
            bar=bar(numbers),
            counts=counts(numbers, states),
            timeline=timeline(self.interface, self.driver),
            filters=filters(len(self.interface.entries), numbers, states),
            caption=f"Every entry point of {self.interface.title} in {title}",
            headings=("Entry point", "API since", "State", "How", "Notes", "Source"),
            groups=tuple(self._groups()),
            findings_heading="Findings",
            findings=tuple(finding_view(self.site, one, self.here) for one in self._findings()),
        )

    def _facts(self) -> list[Fact]:
        driver = self.driver
        since = str(driver.since) if driver.since is not None else "not annotated"
        facts = [
            Fact("Interface", (Text(self.interface.title, self.matrix),)),
            Fact("Driver since", (Text(since),)),
            Fact("Defined as", (Text(driver.id),)),
            Fact("Source", (self.site.place(driver.place),)),
        ]
        if driver.bases:
            facts.append(Fact("Resolved through", tuple(self._base(base) for base in driver.bases)))
        if driver.external:
            facts.append(Fact("Bases outside the tree", tuple(Text(base) for base in driver.external)))
        protocols = tuple(self._protocols())
        return [*facts, Fact("Protocols", protocols)] if protocols else facts

    def _protocols(self) -> Iterator[Text]:
        """The protocols that the driver supports, at least in part."""
        for family, addresses in zip(self.site.catalogue.protocols, self.site.names.families, strict=True):
            if family.interface != self.interface.key:
                continue
            for protocol in family.protocols:
                support = family.support(self.driver, protocol)
                if not support.is_plainly_absent:
                    href = relative(self.here, f"{addresses.page}#{addresses.protocols[protocol.key]}")
                    yield Text(f"{protocol.title}: {support_words(support).sentence}", href)

    def _base(self, base: str) -> Text:
        page = self.names.pages.get(base)
        return Text(base, relative(self.here, page) if page else None)

    def _groups(self) -> list[DriverGroup]:
        """Rows under the headings of the matrix, in its order."""
        found = by_heading(self.interface)
        other = UNGROUPED if len(found) > 1 else None
        return [DriverGroup(title or other, tuple(map(self._row, entries))) for title, entries in found]

    def _row(self, entry: EntryPoint) -> DriverRow:
        sub = entry_sub(entry, self.shared)
        return DriverRow(
            id=self.names.entries[entry.name],
            name=Link(entry.api, f"{self.matrix}#{self.names.cell(self.driver.id, entry.name)}", title=entry.doc),
            steps=self.site.step_links(self.here, self.interface.key, entry.name),
            words=sub or (entry.name if entry.name != entry.api else ""),
            since=str(entry.since or ""),
            cell=cell_row(self.site, self.interface, self.driver, entry),
        )

    def _findings(self) -> list[Finding]:
        """Findings about this driver, as a whole or in an entry of this interface."""
        entries = self.names.entries
        mine = (one for one in self.site.findings if one.driver == self.driver.id)
        return [one for one in mine if one.entry is None or one.entry in entries]
