"""The pages as frozen values: every text, CSS class, link, id and order is decided before a template sees it.

Templates only place these values into markup. Two templates therefore cannot word the same thing differently, and
tests can read a page without reading HTML. The makers are ``matrix``, ``driverpage``, ``overview``, ``findingspage``;
the pages of protocols are in ``protocolview``, and what all are put together from is in ``viewparts``.
"""

from __future__ import annotations

from dataclasses import dataclass

from .viewparts import Choice, Fact, Filters, Frame, Link, Text


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell of the matrix.

    Attributes:
        id: ``entry.driver``.
        css: its state and what else styles it.
        past: struck texts before the text.
        text, mark, tail: as in ``celltext.CellText``.
        label: all of it in words; None where the text says everything.
        title: the same for a tooltip; None where that would only repeat the legend.
        notes: links to its footnotes.
        flag: link to the findings about it, or None.
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


@dataclass(frozen=True, slots=True)
class RowView:
    """One entry point.

    Attributes:
        id: of the row.
        name: the public call, or the entry's own name; leads to the row itself.
        sub: the entry's own name where the public one does not tell it, or None.
        docs: link to its documentation, or None.
        steps: links to the protocols that it is a step of.
        since: release of the public call, or empty.
        words: what search looks at besides the printed name.
        cells: one for each driver.
    """

    id: str
    name: Link
    sub: str | None
    docs: Link | None
    steps: tuple[Link, ...]
    since: str
    words: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True)
class GroupView:
    """Rows under one heading; the heading is None where the interface has none."""

    id: str | None
    heading: Link | None
    count: str
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One driver: its page, and the name that filters and cells know it by."""

    name: Link
    key: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """One note and the cells that carry it."""

    id: str
    number: str
    text: str
    cells: tuple[Link, ...]
    more: str


@dataclass(frozen=True, slots=True)
class MatrixPage:
    """The matrix of one interface.

    Attributes:
        tabs: the matrices of all interfaces; empty where there is one.
        css: how wide the columns must be.
        span: number of columns, for headings that go across.
        plain: sentence for a cell without a label, with ``{text}`` in it.
        more: text of the link from a cell to the driver's page.
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
    span: int
    columns: tuple[Column, ...]
    groups: tuple[GroupView, ...]
    empty: str | None
    legend_heading: str
    legend: tuple[Choice, ...]
    marks: tuple[Choice, ...]
    notes_heading: str
    notes: tuple[Footnote, ...]
    plain: str
    more: str
    scroller: str


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One entry point on the page of a driver."""

    id: str
    css: str
    name: Link
    steps: tuple[Link, ...]
    words: str
    since: str
    past: tuple[str, ...]
    text: str
    tail: str | None
    state: str
    how: str
    notes: tuple[str, ...]
    place: Text | None
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DriverGroup:
    """Rows of a driver's page under one heading."""

    heading: str | None
    rows: tuple[DriverRow, ...]


@dataclass(frozen=True, slots=True)
class DriverPage:
    """One driver: what is known of it, and every entry point."""

    frame: Frame
    heading: str
    back: Link
    facts: tuple[Fact, ...]
    bar: Bar
    counts: tuple[Choice, ...]
    filters: Filters
    caption: str
    headings: tuple[str, ...]
    groups: tuple[DriverGroup, ...]
    findings_heading: str
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a bar, in whole units."""

    css: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Totals drawn as one bar; ``label`` says the same in words."""

    total: int
    pieces: tuple[Piece, ...]
    label: str


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """Totals of one driver, in the order of the headings of its table."""

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
    """The first page: the user's own introduction, totals, and the user's other pages."""

    frame: Frame
    heading: str | None
    lead: str
    intro: str | None
    interfaces_heading: str
    interfaces: tuple[InterfaceTotals, ...]
    empty: str | None
    pages_heading: str
    pages: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class HubInterface:
    """One interface on the page that leads to several matrices."""

    id: str
    heading: Link
    lead: str
    entries: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class HubPage:
    """``hvsupport.html`` where there are several matrices: all of them, and all entry points to search in."""

    frame: Frame
    heading: str
    lead: str
    filters: Filters
    interfaces: tuple[HubInterface, ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding as it is printed."""

    code: str
    css: str
    place: Text
    message: str
    details: tuple[Fact, ...]
    about: Link | None


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """All findings of the tree the site was made from; ``rows`` has each with its id."""

    frame: Frame
    heading: str
    lead: str
    rows: tuple[tuple[str, FindingView], ...]


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One of the user's own pages.

    Attributes:
        body: HTML, made from the user's Markdown.
        tree: the user's pages, this one marked.
        contents: headings of this page.
    """

    frame: Frame
    body: str
    tree: tuple[Link, ...]
    tree_label: str
    contents: tuple[Link, ...]
    contents_label: str
