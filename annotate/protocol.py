"""The frozen values of protocols: what a configuration declares, and what each driver makes of it.

They stand beside the model and not in it, so that a run without protocols need not load them.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from .model import NOTHING, Cell, Driver, Place, Span, State
from .release import Release

Side = Literal["source", "destination"]
SIDES: tuple[Side, ...] = ("source", "destination")
ProtocolState = State | Literal["incomplete"]
NOWHERE = Place("hvsupport.toml")


class Step(NamedTuple):
    """One step of a protocol.

    Attributes:
        name: as the page calls it: ``Begin``.
        side: where it runs: ``source`` or ``destination``.
        entries: the entry points that do it; any one of them is enough, the usual one comes first.
        does: what it does, one sentence.
        without: what goes wrong without it, one sentence.
        takes: name of the step whose cookie it is given; None where it is given none.
        gives: names of the steps that its cookie is for; empty where it gives none.
        parameters: names of the parameters that a function for it must take, in order; empty where nothing is asked.
        after: names of the steps that must have run before it.
        variants: entry -> what the protocol is called where that entry does the step: ``tunnelled``.
        general: its entries serve other purposes too, so that having them says nothing about the protocol.
        shared: those of its entries that say nothing about the protocol: all where it is general, else those that
            are steps of another protocol too.
        place: where the config names its entries.
        handed: what else it is handed besides the cookie: name of the step that gives it, and what that is.
        sends: what it sends to the other side by itself, besides cookies: ``the guest``; empty where it sends nothing.
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
        """``in``, ``out``, ``both`` or None: which way cookies go, as the export says it."""
        ways = (self.takes is not None, bool(self.gives))
        return {(True, True): "both", (True, False): "in", (False, True): "out", (False, False): None}[ways]

    def variant(self, entry: str) -> str | None:
        """The variant that an entry makes, or None for a usual one."""
        return dict(self.variants).get(entry)


class Protocol(NamedTuple):
    """An ordered set of steps that only work together.

    Attributes:
        key: unique in the catalogue, and fit for a file name: ``migration-v3``.
        version: its name within the family: ``v3``.
        title: what the page prints: ``Migration v3``.
        family: key of its family.
        interface: key of the interface whose entries its steps are.
        rank: of two that both sides support the higher one is taken.
        steps: in an order in which they can run.
        since: release in which the public calls of all its steps were there; None where nobody says.
        place: where the config declares it.
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
    """What one driver does about one step.

    Attributes:
        cells: the step's entries with the driver's cells, in the order of the entries.
        state: of the step: that of the entry which does most for it.
        spans: since when any of the entries stands; empty where nobody says.
    """

    step: Step
    cells: tuple[tuple[str, Cell], ...]
    state: State
    spans: tuple[Span, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether some entry stands there today, be it under a condition or without a release."""
        return self.state not in ("unsupported", "removed")


class VariantSupport(NamedTuple):
    """What one driver does about a variant of a protocol: as for the protocol itself."""

    name: str
    state: ProtocolState
    spans: tuple[Span, ...] = ()
    missing: tuple[str, ...] = ()


class Support(NamedTuple):
    """What one driver does about one protocol.

    Attributes:
        state: as of a cell; ``incomplete`` where some steps stand there and others do not.
        spans: since when all steps stand there together; empty where nobody says.
        steps: in the order of the protocol.
        missing: the steps that do not stand there today, by their first entries.
        variants: those that the driver has some entry of its own for.
    """

    state: ProtocolState
    spans: tuple[Span, ...]
    steps: tuple[StepSupport, ...]
    missing: tuple[str, ...] = ()
    variants: tuple[VariantSupport, ...] = ()

    @property
    def is_plainly_absent(self) -> bool:
        """Whether the driver has nothing to do with the protocol."""
        return self.state == "unsupported" and not self.spans

    @property
    def since(self) -> Release | None:
        """The release in which the last span begins; None where steps are missing today, or nobody says."""
        return self.spans[-1].since if self.spans and self.state != "incomplete" else None

    @property
    def lacking(self) -> tuple[StepSupport, ...]:
        """The steps that do not stand there today."""
        return tuple(each for each in self.steps if not each.is_there)


class Family(NamedTuple):
    """Protocols for one purpose, of which two sides take the best that both support.

    Attributes:
        key: unique within an interface.
        title: heading of its page.
        about: what it is for, a paragraph or empty.
        handle: name of the parameter in front of all others that a function in a table takes, as a method takes
            ``self``; empty where there is none.
        protocols: in the declared order.
        interface: key of the interface; empty as long as none takes it.
        supports: ``(driver id, protocol key)`` -> support, for every pair.
        compatible: groups of driver ids that may be paired with each other.
        place: where the config declares it.
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
        """What a driver does about a protocol of the family."""
        return self.supports[driver.id, protocol.key]

    def may_pair(self, one: str, other: str) -> bool:
        """Whether two drivers, by id, understand each other: the same one, or declared compatible."""
        return one == other or any(one in group and other in group for group in self.compatible)

    def walk(self, drivers: tuple[Driver, ...]) -> Iterator[tuple[Driver, Protocol, Support]]:
        """All supports, driver by driver, protocols in order."""
        for driver in drivers:
            for protocol in self.protocols:
                yield driver, protocol, self.supports[driver.id, protocol.key]
