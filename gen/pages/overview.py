"""The index page with totals, and the page that links to several matrices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hvsupport.annotate.model import Driver, Interface, State
from hvsupport.annotate.patterns import regex

from ..celltext import STATE_WORDS
from ..names import HUB, INDEX, InterfaceNames, relative
from .filters import filters
from .frame import Site, counted, size
from .news import News, news
from .parts import Choice, Filters, Frame, Link
from .totals import Strip, Totals, counts, driver_totals, strip, totals, used_states


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """Totals of one driver, in the order of the table's headings.

    Attributes:
        strip: its cells, side by side.
        cells: link to its column of the matrix.
    """

    name: Link
    strip: Strip
    cells: Link
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
    """The index page.

    Attributes:
        intro, rest: heading and first paragraph of the user's introduction; the rest of it, which comes last.
        news: what is new in the current release, or None.
    """

    frame: Frame
    heading: str | None
    lead: str
    intro: str | None
    rest: str | None
    news: News | None
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


_FIRST = regex(r"\s*(?:<h1\b.*?</h1>)?\s*(?:<p>.*?</p>)?", re.DOTALL)


def index_page(site: Site, intro: str | None) -> IndexPage:
    """The index page; ``intro`` is the HTML of the user's ``index.md``."""
    pairs = zip(site.catalogue.interfaces, site.names.interfaces, strict=True)
    interfaces = tuple(_interface(site, interface, names) for interface, names in pairs)
    first = _FIRST.match(intro or "")
    lead = first[0].strip() if first else ""
    rest = (intro or "")[first.end() if first else 0 :].strip()
    return IndexPage(
        frame=site.frame(INDEX, site.title, f"Which driver of {site.title} supports what, since when", INDEX),
        heading=None if intro and "<h1" in intro else site.title,
        lead="Which driver supports which call, since which release.",
        intro=lead or None,
        rest=rest or None,
        news=news(site),
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
        headings=("Driver", "Entry points", *(STATE_WORDS[state] for state in states)),
        rows=tuple(_row(interface, names, driver, one, states) for driver, one in pairs),
        empty=None if interface.drivers else "No driver of this interface was found.",
    )


def _row(
    interface: Interface, names: InterfaceNames, driver: Driver, numbers: Totals, states: Iterable[State]
) -> TotalsRow:
    href = relative(INDEX, names.pages[driver.id])
    column = f"{relative(INDEX, names.matrix)}?driver={names.drivers[driver.id]}"
    return TotalsRow(
        name=Link(driver.title, href, title=driver.id),
        strip=strip(interface, driver, numbers),
        cells=Link("", column, title=f"{driver.title} in the matrix"),
        counts=counts(numbers, states),
    )


def hub_page(site: Site) -> HubPage:
    """All matrices, with a link for each entry point."""
    pairs = list(zip(site.catalogue.interfaces, site.names.interfaces, strict=True))
    return HubPage(
        frame=site.frame(HUB, "Support matrices", f"All interfaces of {site.title}", HUB),
        heading="Support matrices",
        lead=f"{counted(len(pairs), 'interface')}, one matrix each.",
        filters=filters(sum(len(one.entries) for one, _ in pairs), totals(()), ()),
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
