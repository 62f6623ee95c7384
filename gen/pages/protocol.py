"""The page of one family of protocols: steps, support by driver, and release against release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hvsupport.annotate.model import Interface
from hvsupport.annotate.protocol import Family, Protocol, Step

from ..names import FamilyNames, InterfaceNames, relative
from .frame import Site, counted
from .pairs import PairTable, legend, pair_tables
from .parts import Choice, Fact, Frame, Link, Text
from .sequence import Sequence, handed, sequence
from .support import SupportTable, support_table


@dataclass(frozen=True, slots=True)
class StepView:
    """One step in the list beside the diagram.

    Attributes:
        facts: its entry points, what it takes, gives and sends, and the effect of its absence.
    """

    name: str
    side: str
    css: str
    does: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class ProtocolView:
    """One protocol: its diagram and an ordered list of its steps.

    Attributes:
        css: of the drawing; a low one is sticky beside the list.
        label: the drawing's text for screen readers.
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
class ProtocolPage:
    """A family of protocols.

    Attributes:
        tabs: the pages of all families; empty for a single one.
        contents: the sections of this page.
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


#: Greatest height of a sticky diagram, in pixels: it must fit the window.
_LOW = 500
_SUPPORT, _PAIRS = "ui:support", "ui:pairs"


def protocol_page(site: Site, family: Family, addresses: FamilyNames) -> ProtocolPage:
    """The page of one family."""
    return _maker(site, family, addresses).page()


def protocol_view(site: Site, family: Family, addresses: FamilyNames, protocol: Protocol) -> ProtocolView:
    """One protocol as its page shows it, for the page that ``addresses`` names."""
    return _maker(site, family, addresses).protocol(protocol)


def _maker(site: Site, family: Family, addresses: FamilyNames) -> _Page:
    at = next(at for at, each in enumerate(site.catalogue.interfaces) if each.key == family.interface)
    return _Page(site, family, addresses, site.catalogue.interfaces[at], site.names.interfaces[at])


class _Page:
    """Makes one page."""

    def __init__(
        self, site: Site, family: Family, addresses: FamilyNames, interface: Interface, names: InterfaceNames
    ) -> None:
        self.site, self.family, self.addresses, self.interface, self.names = site, family, addresses, interface, names
        self.here = addresses.page
        self.internal = {entry.name for entry in interface.entries if entry.internal}
        self.matrix = relative(self.here, names.matrix)

    def page(self) -> ProtocolPage:
        """The whole page."""
        family, site = self.family, self.site
        support = support_table(site, family, self.interface, self.names, self.addresses)
        pairs = pair_tables(family, self.interface, self.names)
        size = counted(len(family.protocols), "protocol")
        first = site.names.families[0].page
        return ProtocolPage(
            frame=site.frame(self.here, family.title, f"{family.title}: {size} of {self.interface.title}", first),
            heading=family.title,
            lead=tuple(filter(None, [family.about, self._ranks()])),
            interface=Text(self.interface.title, self.matrix),
            interface_lead=f"{size} of",
            tabs=self._tabs(),
            tabs_label="Families of protocols",
            contents=self._contents(),
            contents_label="On this page",
            protocols=tuple(self.protocol(each) for each in family.protocols),
            support=support,
            pairs_heading="Release against release",
            pairs_lead="The best protocol that the tables allow from a source at the release on the left to a"
            " destination at the release above. Earlier releases allow none. The tables cannot tell whether a"
            " migration succeeds.",
            pairs=pairs,
            pairs_empty=None if pairs else "The tables allow none of these protocols between any two releases.",
            legend_heading="Legend",
            legend=legend(family, pairs),
        )

    def _ranks(self) -> str:
        """Which protocol is used if both sides support several."""
        ranked = ", else ".join(each.title for each in self.family.ranked)
        several = len(self.family.protocols) > 1
        return f"If both sides support several, the highest-ranked one is used: {ranked}." if several else ""

    def _tabs(self) -> tuple[Link, ...]:
        families = list(zip(self.site.catalogue.protocols, self.site.names.families, strict=True))
        if len(families) < 2:
            return ()
        texts = self._told_apart([family for family, _ in families])
        return tuple(
            Link(text, relative(self.here, names.page), names.page == self.here)
            for text, (_, names) in zip(texts, families, strict=True)
        )

    def _told_apart(self, families: list[Family]) -> list[str]:
        """The titles; equal ones get the interface appended, and the key if still equal."""
        interfaces = {each.key: each.title for each in self.site.catalogue.interfaces}
        shared = Counter(family.title for family in families)
        longer = [
            family.title if shared[family.title] == 1 else f"{family.title}: {interfaces[family.interface]}"
            for family in families
        ]
        alike = Counter(longer)
        return [
            text if alike[text] == 1 else f"{text}, {family.key}" for text, family in zip(longer, families, strict=True)
        ]

    def _contents(self) -> tuple[Link, ...]:
        parts = [Link(each.title, f"#{self.addresses.protocols[each.key]}") for each in self.family.protocols]
        return (*parts, Link("Drivers", f"#{_SUPPORT}"), Link("Release against release", f"#{_PAIRS}"))

    def protocol(self, protocol: Protocol) -> ProtocolView:
        """One protocol."""
        key, diagram = self.addresses.protocols[protocol.key], sequence(protocol)
        number = counted(len(protocol.steps), "step")
        since = f"; public calls for all steps since {protocol.since}" if protocol.since else ""
        return ProtocolView(
            id=key,
            heading=Link(protocol.title, f"#{key}"),
            lead=f"{number}{since}.",
            diagram=diagram,
            css="sequence" if diagram.height > _LOW else "sequence stays",
            label=f"Diagram of {protocol.title}; the list of steps has the same content",
            steps_label=f"Steps of {protocol.title}",
            steps=tuple(self._step(protocol, at) for at in range(len(protocol.steps))),
        )

    def _step(self, protocol: Protocol, at: int) -> StepView:
        step = protocol.steps[at]
        in_front = protocol.steps[at - 1].name if at else None
        facts = tuple(self._facts(protocol, step, in_front))
        return StepView(step.name, f"on the {step.side}", step.side, step.does, facts)

    def _facts(self, protocol: Protocol, step: Step, in_front: str | None) -> Iterator[Fact]:
        yield Fact("entry point" if len(step.entries) == 1 else "any one of", tuple(self._entries(step)))
        taken = [f"{', '.join(things)} of {giver}" for giver, things in handed(step).items()]
        if taken:
            yield Fact("takes", tuple(map(Text, taken)))
        gives = [
            f"{', '.join(things)} for {other.name}"
            for other in protocol.steps
            for giver, things in handed(other).items()
            if giver == step.name
        ]
        if gives:
            yield Fact("gives", tuple(map(Text, gives)))
        if step.sends:
            yield Fact("sends", (Text(f"{step.sends}, to the {'destination' if step.side == 'source' else 'source'}"),))
        if step.on_failure:
            yield Fact("on failure", (Text(step.on_failure),))
        if step.after != ((in_front,) if in_front else ()):
            yield Fact("runs", (Text(f"after {' and '.join(step.after)}" if step.after else "at any time"),))
        if step.without:
            yield Fact("without it", (Text(step.without),))

    def _entries(self, step: Step) -> Iterator[Text]:
        for entry in step.entries:
            kinds = [step.variant(entry), "internal" if entry in self.internal else None]
            about = ", ".join(filter(None, kinds))
            text = f"{entry} ({about})" if about else entry
            yield Text(text, f"{self.matrix}#{self.names.entries[entry]}")
