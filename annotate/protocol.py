"""The frozen values of protocols: the declaration in the configuration, and the support in each driver.

A module of its own, so that a run without protocols need not load it.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from .model import NOTHING, Cell, Driver, Place, Span, State
from .records import NamedTuple
from .release import Release

Side = Literal["source", "destination"]
SIDES: tuple[Side, ...] = ("source", "destination")
ProtocolState = State | Literal["incomplete"]
NOWHERE = Place("hvsupport.toml")


class Step(NamedTuple):
    """One step of a protocol.

    Attributes:
        name: as on the page: ``Begin``.
        side: where it runs: ``source`` or ``destination``.
        entries: the entry points that implement it; one is enough, the usual one comes first.
        does: what it does, one sentence.
        without: what goes wrong without it, one sentence.
        takes: name of the step that provides its cookie, or None.
        gives: names of the steps that take its cookie.
        parameters: names of the parameters that a function for it must take, in order; empty for any.
        after: names of the steps that must have run before it.
        variants: entry -> name of the protocol variant in which that entry implements the step: ``tunnelled``.
        general: whether its entries serve other purposes too and do not indicate the protocol.
        shared: entries that do not indicate the protocol: all if ``general``, else those that are steps of another
            protocol too.
        handed: what else it is handed besides the cookie: name of the providing step, and a description.
        sends: what it sends to the other side besides cookies: ``the guest``; empty for nothing.
    """

    name: str
    side: Side
    entries: tuple[str, ...]
    does: str = ""
    without: str = ""
    takes: str | None = None
    gives: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    variants: tuple[tuple[str, str], ...] = ()
    general: bool = False
    shared: tuple[str, ...] = ()
    place: Place = NOWHERE
    handed: tuple[tuple[str, str], ...] = ()
    sends: str = ""

    @property
    def cookie(self) -> str | None:
        """The direction of cookies in the export: ``in``, ``out``, ``both`` or None."""
        ways = (self.takes is not None, bool(self.gives))
        return {(True, True): "both", (True, False): "in", (False, True): "out", (False, False): None}[ways]

    def variant(self, entry: str) -> str | None:
        """The variant of an entry, or None for a usual one."""
        return dict(self.variants).get(entry)


class Protocol(NamedTuple):
    """An ordered set of steps that only work together.

    Attributes:
        key: unique in the catalogue and valid in file names: ``migration-v3``.
        version: its name within the family: ``v3``.
        title: what the page prints: ``Migration v3``.
        family: key of its family.
        interface: key of the interface whose entries its steps are.
        rank: of those that both sides support, the highest is used.
        steps: in an order in which they can run.
        since: first release with the public calls of all its steps; None if unknown.
    """

    key: str
    version: str
    title: str
    family: str
    interface: str
    rank: int
    steps: tuple[Step, ...]
    since: Release | None = None
    place: Place = NOWHERE

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants, each once, in the order of the steps."""
        return tuple(dict.fromkeys(name for step in self.steps for _, name in step.variants))

    def on(self, side: Side) -> tuple[Step, ...]:
        """The steps of one side."""
        return tuple(step for step in self.steps if step.side == side)


class StepSupport(NamedTuple):
    """The support of one step in one driver.

    Attributes:
        cells: the step's entries with the driver's cells, in the order of the entries.
        state: of the best supported entry.
        spans: since when it has any of the entries; empty if unknown.
    """

    step: Step
    cells: tuple[tuple[str, Cell], ...]
    state: State
    spans: tuple[Span, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether the driver has an entry for the step now, even if conditional or without a release."""
        return self.state not in ("unsupported", "removed")


class VariantSupport(NamedTuple):
    """The support of a protocol variant in one driver, as for the protocol itself.

    Attributes:
        only: whether the driver certainly has no other way: it lacks the usual entry of a step of the variant.
    """

    name: str
    state: ProtocolState
    spans: tuple[Span, ...] = ()
    missing: tuple[str, ...] = ()
    only: bool = False


class Support(NamedTuple):
    """The support of one protocol in one driver.

    Attributes:
        state: as of a cell; ``incomplete`` if it has some steps but not all.
        spans: since when it has all steps together; empty if unknown.
        steps: in the order of the protocol.
        missing: the steps that it does not have now, by their first entries.
        variants: those for which the driver has an entry of its own.
    """

    state: ProtocolState
    spans: tuple[Span, ...]
    steps: tuple[StepSupport, ...]
    missing: tuple[str, ...] = ()
    variants: tuple[VariantSupport, ...] = ()

    @property
    def is_plainly_absent(self) -> bool:
        """Whether the driver has no part of the protocol."""
        return self.state == "unsupported" and not self.spans

    @property
    def since(self) -> Release | None:
        """Start of the last span; None if steps are missing now or the release is unknown."""
        return self.spans[-1].since if self.spans and self.state != "incomplete" else None

    @property
    def only(self) -> str:
        """``, tunnelled only`` if it has a step in a variant alone; else empty."""
        names = " and ".join(each.name for each in self.variants if each.only)
        return f", {names} only" if names else ""

    @property
    def lacking(self) -> tuple[StepSupport, ...]:
        """The steps that the driver does not have now."""
        return tuple(each for each in self.steps if not each.is_there)


class Family(NamedTuple):
    """Protocols for one purpose; two sides use the best one that both support.

    Attributes:
        key: unique within an interface.
        about: what it is for, a paragraph or empty.
        handle: name of the first parameter of every function in a table, like ``self`` of a method; empty if none.
        protocols: in the declared order.
        interface: key of the interface that uses it, or empty.
        supports: ``(driver id, protocol key)`` -> support, for every pair.
        compatible: groups of driver ids that may be paired with each other.
    """

    key: str
    title: str
    about: str = ""
    handle: str = ""
    protocols: tuple[Protocol, ...] = ()
    interface: str = ""
    supports: Mapping[tuple[str, str], Support] = NOTHING
    compatible: tuple[tuple[str, ...], ...] = ()
    place: Place = NOWHERE

    @property
    def ranked(self) -> tuple[Protocol, ...]:
        """The protocols, the best first."""
        return tuple(sorted(self.protocols, key=lambda each: -each.rank))

    def support(self, driver: Driver, protocol: Protocol) -> Support:
        """The support of a protocol of the family in a driver."""
        return self.supports[driver.id, protocol.key]

    def may_pair(self, one: str, other: str) -> bool:
        """Whether two drivers, by id, understand each other: the same one, or declared compatible."""
        return one == other or any(one in group and other in group for group in self.compatible)

    def walk(self, drivers: tuple[Driver, ...]) -> Iterator[tuple[Driver, Protocol, Support]]:
        """All supports, driver by driver, protocols in order."""
        for driver in drivers:
            for protocol in self.protocols:
                yield driver, protocol, self.supports[driver.id, protocol.key]
