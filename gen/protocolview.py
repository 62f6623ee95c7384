"""The page of a family of protocols as frozen values, decided like those in ``view``.

Their makers are ``protocolpage`` for the whole, ``sequence`` for the diagrams, ``supporttable`` for the drivers, and
``pairtable`` for release against release.
"""

from __future__ import annotations

from dataclasses import dataclass

from .sequence import Sequence
from .viewparts import Choice, Fact, Frame, Link, Text


@dataclass(frozen=True, slots=True)
class StepView:
    """One step in the list beside the diagram.

    Attributes:
        name, side: what it is called, and where it runs.
        css: its side.
        does: a sentence, or empty.
        facts: its entry points, what it takes, gives and sends, and what goes wrong without it.
    """

    name: str
    side: str
    css: str
    does: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class ProtocolView:
    """One protocol: its diagram, and the same as an ordered list.

    Attributes:
        diagram: the drawing.
        css: of the drawing: a low one stays in sight beside the list.
        label: what a screen reader says in its place.
        steps_label: name of the list.
    """

    id: str
    heading: Link
    lead: str
    diagram: Sequence
    css: str
    label: str
    steps_label: str
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant of a protocol in one driver."""

    text: str
    title: str


@dataclass(frozen=True, slots=True)
class SupportCell:
    """What one driver makes of one protocol.

    Attributes:
        css: its state.
        past, text, tail: as in a cell of the matrix.
        href: the cell of the step that came last, or None.
        title: all of it in words.
        label: the same for a screen reader; None where the text says everything.
        variants: since when it has them.
        lacks: text before the missing steps, or empty.
        missing: the cells of the steps that are missing.
        flag: link to the finding, or None.
        notes: what the entries say of themselves.
    """

    css: str
    past: tuple[str, ...]
    text: str
    tail: str | None
    href: str | None
    title: str
    label: str | None
    variants: tuple[VariantView, ...]
    lacks: str
    missing: tuple[Link, ...]
    flag: Link | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupportRow:
    """One driver, a cell for each protocol."""

    name: Link
    cells: tuple[SupportCell, ...]


@dataclass(frozen=True, slots=True)
class SupportTable:
    """Drivers and protocols.

    Attributes:
        columns: the protocols, leading to their parts of the page.
        others_lead, others: drivers that have nothing to do with any of them.
        empty: said in place of the table when no driver has.
    """

    heading: str
    lead: str
    caption: str
    corner: str
    columns: tuple[Link, ...]
    rows: tuple[SupportRow, ...]
    others_lead: str
    others: tuple[Link, ...]
    empty: str | None


@dataclass(frozen=True, slots=True)
class ReleaseHead:
    """Heading of a row or column: the releases from ``text`` on; ``tail`` says how far."""

    text: str
    tail: str


@dataclass(frozen=True, slots=True)
class PairCell:
    """What is allowed between two releases.

    Attributes:
        css: how good it is.
        text: the protocol.
        tail: its variants, or what nobody knows; or None.
        title: why not a better one; None where it is the best.
        said: the same in short for a screen reader, or None where it is too much.
    """

    css: str
    text: str
    tail: str | None
    title: str | None
    said: str | None


@dataclass(frozen=True, slots=True)
class PairRow:
    """One release, or several that make no difference, of the source."""

    head: ReleaseHead
    cells: tuple[PairCell, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why cells of a table hold nothing better: which ones, and a line for each better protocol."""

    cells: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairTable:
    """Two drivers, release against release.

    Attributes:
        corner: what the rows are.
        across: what the columns are.
        reasons_heading, reasons: why not a better one, and notes; empty where all cells hold the best and have none.
    """

    id: str
    heading: str
    caption: str
    corner: str
    across: str
    columns: tuple[ReleaseHead, ...]
    rows: tuple[PairRow, ...]
    reasons_heading: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ProtocolPage:
    """A family of protocols.

    Attributes:
        tabs: the pages of all families; empty where there is one.
        contents: the parts of this page.
    """

    frame: Frame
    heading: str
    lead: tuple[str, ...]
    interface: Text
    interface_lead: str
    tabs: tuple[Link, ...]
    tabs_label: str
    contents: tuple[Link, ...]
    contents_label: str
    protocols: tuple[ProtocolView, ...]
    support: SupportTable
    pairs_heading: str
    pairs_lead: str
    pairs: tuple[PairTable, ...]
    pairs_empty: str | None
    legend_heading: str
    legend: tuple[Choice, ...]
