"""The index page with totals, and the page that links to several matrices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hvsupport.annotate.model import Driver, Interface, State

from ..celltext import STATE_WORDS
from ..names import HUB, INDEX, InterfaceNames, relative
from .filters import filters
from .frame import Site, counted, size
from .parts import Choice, Filters, Frame, Link
from .totals import Bar, Totals, bar, counts, driver_totals, totals, used_states


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """Totals of one driver, in the order of the table's headings."""

    name: Link
    bar: Bar
    counts: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class InterfaceTotals:
    """Totals of one interface."""

    id: str
    heading: Link
    lead: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[TotalsRow, ...]
    empty: str | None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """The index page: the user's introduction, totals, and links to the user's pages."""

    frame: Frame
    heading: str | None
    lead: str
    intro: str | None
    interfaces: tuple[InterfaceTotals, ...]
    empty: str | None
    pages_heading: str
    pages: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class HubInterface:
    """One interface on ``HubPage``."""

    id: str
    heading: Link
    lead: str
    entries: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class HubPage:
    """``hvsupport.html`` for several matrices: links to all, and a search over all entry points."""

    frame: Frame
    heading: str
    lead: str
    filters: Filters
    interfaces: tuple[HubInterface, ...]


def index_page(site: Site, intro: str | None) -> IndexPage:
    """The index page; ``intro`` is the HTML of the user's ``index.md``."""
    pairs = zip(site.catalogue.interfaces, site.names.interfaces, strict=True)
    interfaces = tuple(_interface(site, interface, names) for interface, names in pairs)
    return IndexPage(
        frame=site.frame(INDEX, site.title, f"Which driver of {site.title} supports what, since when", INDEX),
        heading=None if intro and "<h1" in intro else site.title,
        lead="Which driver supports which call, since which release.",
        intro=intro,
        interfaces=interfaces,
        empty=None if interfaces else "No interface was found.",
        pages_heading="Documentation",
        pages=tuple(Link(title, relative(INDEX, path)) for title, path in site.documents),
    )


def _interface(site: Site, interface: Interface, names: InterfaceNames) -> InterfaceTotals:
    numbers = [driver_totals(interface, driver) for driver in interface.drivers]
    states = used_states(numbers)
    pairs = zip(interface.drivers, numbers, strict=True)
    return InterfaceTotals(
        id=f"interface:{names.matrix.removesuffix('.html')}",
        heading=Link(interface.title, relative(INDEX, names.matrix)),
        lead=size(interface),
        caption=f"{interface.title}: number of entry points in each state",
        headings=("Driver", "Share", *(STATE_WORDS[state] for state in states)),
        rows=tuple(_row(names, driver, one, states) for driver, one in pairs),
        empty=None if interface.drivers else "No driver of this interface was found.",
    )


def _row(names: InterfaceNames, driver: Driver, numbers: Totals, states: Iterable[State]) -> TotalsRow:
    href = relative(INDEX, names.pages[driver.id])
    return TotalsRow(Link(driver.title, href, title=driver.id), bar(numbers), counts(numbers, states))


def hub_page(site: Site) -> HubPage:
    """All matrices, with a link for each entry point."""
    pairs = list(zip(site.catalogue.interfaces, site.names.interfaces, strict=True))
    return HubPage(
        frame=site.frame(HUB, "Support matrices", f"All interfaces of {site.title}", HUB),
        heading="Support matrices",
        lead=f"{counted(len(pairs), 'interface')}, one matrix each.",
        filters=filters(totals(()), ()),
        interfaces=tuple(_hub_interface(interface, names) for interface, names in pairs),
    )


def _hub_interface(interface: Interface, names: InterfaceNames) -> HubInterface:
    return HubInterface(
        id=f"interface:{names.matrix.removesuffix('.html')}",
        heading=Link(interface.title, relative(HUB, names.matrix)),
        lead=size(interface),
        entries=tuple(
            Link(entry.api, relative(HUB, f"{names.matrix}#{names.entries[entry.name]}"), title=entry.doc)
            for entry in interface.entries
        ),
    )
