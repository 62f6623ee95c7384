"""Since when each driver supports each protocol of a family, and which steps are missing."""

from __future__ import annotations

from dataclasses import dataclass

from hvsupport.annotate.model import Driver, Interface
from hvsupport.annotate.protocol import Family, Protocol, Support, VariantSupport

from ..celltext import support_words
from ..names import FINDINGS, FamilyNames, InterfaceNames, relative
from .findings import finding_id
from .frame import Site, counted
from .parts import Link


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant of a protocol in one driver."""

    text: str
    title: str


@dataclass(frozen=True, slots=True)
class SupportCell:
    """The support of one driver for one protocol.

    Attributes:
        past, text, tail: as in a cell of the matrix.
        href: the cell of the latest step, or None.
        title: all of it in words.
        label: the same for screen readers; None if the text is complete.
        lacks: text before the missing steps, or empty.
        missing: links to the cells of missing steps.
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
        columns: the protocols, linked to their sections.
        others_lead, others: drivers that support none of them.
        empty: replaces the table if no driver supports any.
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


#: The rule that reports a missing step.
_MISSING = "HV020"


def support_table(
    site: Site, family: Family, interface: Interface, names: InterfaceNames, addresses: FamilyNames
) -> SupportTable:
    """The table of one family."""
    return _Support(site, family, names, addresses).table(interface)


class _Support:
    """Makes the table."""

    def __init__(self, site: Site, family: Family, names: InterfaceNames, addresses: FamilyNames) -> None:
        self.site, self.family, self.names, self.addresses = site, family, names, addresses
        self.here = addresses.page
        self.matrix = relative(self.here, names.matrix)

    def table(self, interface: Interface) -> SupportTable:
        """The whole table."""
        family = self.family
        columns = [Link(each.title, f"#{self.addresses.protocols[each.key]}") for each in family.protocols]
        with_some = [driver for driver in interface.drivers if self._has_some(driver)]
        others = [driver for driver in interface.drivers if driver not in with_some]
        alone = "No driver supports any of these protocols."
        number = counted(len(others), "driver supports", "drivers support")
        return SupportTable(
            heading="Drivers",
            lead="A driver supports a protocol since the latest of its steps.",
            caption=f"{family.title}: which driver supports which protocol since which release",
            corner="Driver",
            columns=tuple(columns),
            rows=tuple(self._row(driver) for driver in with_some),
            others_lead=f"{number} none of them:" if others and with_some else "",
            others=tuple(self._driver(driver) for driver in others) if with_some else (),
            empty=None if with_some else alone,
        )

    def _has_some(self, driver: Driver) -> bool:
        return any(not self.family.support(driver, each).is_plainly_absent for each in self.family.protocols)

    def _driver(self, driver: Driver) -> Link:
        return Link(driver.title, relative(self.here, self.names.pages[driver.id]), title=driver.id)

    def _row(self, driver: Driver) -> SupportRow:
        return SupportRow(self._driver(driver), tuple(self._cell(driver, each) for each in self.family.protocols))

    def _cell(self, driver: Driver, protocol: Protocol) -> SupportCell:
        support = self.family.support(driver, protocol)
        words = support_words(support)
        latest = None if support.is_plainly_absent else self._latest(support)
        title = words.sentence if latest is None else f"{words.sentence}: {latest[1]}"
        return SupportCell(
            css=support.state,
            past=words.past,
            text=words.text,
            tail=words.tail,
            href=None if latest is None else self._cell_link(driver, latest[0]),
            title=title,
            label=None if words.plain else words.sentence,
            variants=tuple(_variant(each) for each in support.variants if not support.is_plainly_absent),
            lacks="lacks" if support.state == "incomplete" else "",
            missing=tuple(
                Link(each.step.name, self._cell_link(driver, each.step.entries[0]), title=each.step.entries[0])
                for each in support.lacking
                if support.state == "incomplete"
            ),
            flag=self._flag(driver, protocol, support),
            notes=tuple(span.note for span in support.spans if span.note),
        )

    def _cell_link(self, driver: Driver, entry: str) -> str:
        return f"{self.matrix}#{self.names.cell(driver.id, entry)}"

    @staticmethod
    def _latest(support: Support) -> tuple[str, str] | None:
        """The entry of the latest step, and a sentence; None if no step has a release."""
        known = [each for each in support.steps if each.is_there and each.spans]
        if support.state == "incomplete" or not known:
            return None
        last = max(known, key=lambda each: each.spans[-1].since)
        entry = next(
            (name for name, cell in last.cells if cell.spans and cell.spans[-1].since == last.spans[-1].since),
            last.step.entries[0],
        )
        return entry, f"{last.step.name} is the latest of its steps"

    def _flag(self, driver: Driver, protocol: Protocol, support: Support) -> Link | None:
        """The finding about a missing step."""
        for each in support.lacking:
            for finding in self.site.by_cell.get((driver.id, each.step.entries[0]), ()):
                if finding.code == _MISSING and finding.protocol == protocol.key:
                    at = f"{FINDINGS}#{finding_id(self.site.findings.index(finding))}"
                    return Link("⚑", relative(self.here, at), title=f"finding {finding.code}")
        return None


def _variant(variant: VariantSupport) -> VariantView:
    words = support_words(variant)
    past = "".join(f"{each}, " for each in words.past)
    name = f"{variant.name} only" if variant.only else variant.name
    return VariantView(f"{name} {past}{words.text}", f"{name}: {words.sentence}")
