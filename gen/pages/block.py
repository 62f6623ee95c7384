"""Blocks: a matrix, the list of a driver, a protocol or the changes of a release, inside any other page.

The Markdown pages of a project, Sphinx and MkDocs share them. A block is a part of the page that it links to: the
interface is reduced to what was asked for, and the maker of that page does the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.differences import as_of
from hvsupport.annotate.model import STATES, Driver, EntryPoint, Interface, Place
from hvsupport.annotate.protocol import Family, Protocol
from hvsupport.annotate.release import Release

from ..celltext import STATE_WORDS
from ..names import FamilyNames, InterfaceNames, headings, relative
from .driver import DriverPage, driver_page
from .frame import Site, size
from .matrix import MatrixPage, matrix_page
from .news import Change, NewsLine, changes, news_lines
from .parts import Link
from .protocol import ProtocolView, protocol_view
from .request import Option, Problems, Request


@dataclass(frozen=True, slots=True)
class Block:
    """What a block shows: one of ``matrix``, ``driver``, ``protocols`` and ``news``, or why it is empty.

    Attributes:
        kind: ``matrix``, ``driver``, ``protocol`` or ``changes``.
        prefix: before every id, different for each block of a page.
        label: of what scrolls, different for each block of a page.
        heading: what it is, with a link to the page that has all of it.
        lead: how much of it; may be empty.
        matrix_page: address of the page of the matrix.
        news: releases, the newest first, with their changes.
        entries, drivers: interface and names of what has an id in this block.
        sources: paths of the files that it was made from, relative to the root.
    """

    kind: str
    prefix: str
    label: str
    heading: Link
    lead: str = ""
    empty: str | None = None
    matrix: MatrixPage | None = None
    matrix_page: str = ""
    driver: DriverPage | None = None
    protocols: tuple[ProtocolView, ...] = ()
    news: tuple[tuple[str, tuple[NewsLine, ...]], ...] = ()
    entries: tuple[tuple[str, str], ...] = ()
    drivers: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()


def prefix(number: int) -> str:
    """What the ids of a block begin with, by its number on the page."""
    return f"support-{number}-"


def make(site: Site, request: Request, here: str, number: int, problems: Problems) -> Block | None:
    """Make a block for the page at ``here``; None if the request is wrong, which ``problems`` then tells.

    Args:
        number: of the block among those of the page, from 1.
    """
    before = len(problems.findings)
    maker = {"matrix": _Maker.matrix, "driver": _Maker.driver, "protocol": _Maker.protocol, "changes": _Maker.changes}
    block = maker[request.kind](_Maker(site, request, here, number, problems))
    if len(problems.findings) > before or block is None:
        return None
    caption = request.options.get("caption")
    return block if caption is None else replace(block, heading=replace(block.heading, text=caption.value))


class _Maker:
    """Makes one block."""

    def __init__(self, site: Site, request: Request, here: str, number: int, problems: Problems) -> None:
        # Findings are for the maintainers of the drivers: a page that shows a block does not repeat them.
        self.site, self.request, self.here, self.number = replace(site, by_cell={}), request, here, number
        self.problems = problems
        self.subject = Option(request.subject, request.place)

    def matrix(self) -> Block | None:
        """Some rows and columns of a matrix."""
        catalogue = self._at_release()
        found = self._interface(catalogue, self.subject if self.request.subject else self._option("interface"))
        if found is None:
            return None
        interface, names = found
        part = _part(interface, self._drivers(interface.drivers, names), self._entries(interface, names))
        return self._block(
            "matrix",
            Link(f"{part.title}{self._then()}", relative(self.here, names.matrix)),
            lead=size(part),
            empty=None if part.entries and part.drivers else "There was nothing of this yet.",
            matrix=matrix_page(self.site, part, replace(names, matrix=self.here)),
            matrix_page=relative(self.here, names.matrix),
            entries=tuple((part.key, entry.name) for entry in part.entries),
            drivers=tuple((part.key, driver.id) for driver in part.drivers),
            sources=_sources(part, part.drivers),
        )

    def driver(self) -> Block | None:
        """What a driver supports."""
        catalogue = self._at_release()
        found = self._of_driver(catalogue)
        if found is None:
            return None
        interface, names, driver = found
        states = self._states()
        entries = [entry for entry in self._entries(interface, names) if interface.cell(driver, entry).state in states]
        part, page = _part(interface, [driver], entries), names.pages[driver.id]
        here = replace(names, pages={**names.pages, driver.id: self.here})
        return self._block(
            "driver",
            Link(f"{driver.title}{self._then()}", relative(self.here, page), title=driver.id),
            lead=f"{len(entries)} of {size(_part(interface, [], interface.entries)).partition(',')[0]}",
            empty=None if entries else "No entry point is in these states.",
            driver=driver_page(self.site, part, here, driver),
            drivers=((part.key, driver.id),),
            sources=_sources(part, [driver]),
        )

    def protocol(self) -> Block | None:
        """The diagram and the steps of a protocol, or of all of a family."""
        found = self._protocols()
        if not found:
            return None
        family, addresses, protocols = found[0]
        one = protocols[0] if len(protocols) == 1 else None
        page = addresses.page + (f"#{addresses.protocols[one.key]}" if one else "")
        title = one.title if one else family.title
        views = [protocol_view(self.site, family, replace(addresses, page=self.here), each) for each in protocols]
        return self._block(
            "protocol",
            Link(title, relative(self.here, page)),
            lead=views[0].lead if one else "",
            protocols=tuple(views),
            sources=(family.place.path,),
        )

    def changes(self) -> Block | None:
        """What drivers gained and lost in a release, or since one."""
        kept = self._kept_changes()
        all_changes = changes(self.site.catalogue)
        last = self._release(self.subject, all_changes) if self.request.subject else self._newest(all_changes)
        since = self.request.options.get("since")
        first = None if since is None else self._release(since, all_changes)
        if last is None or (since is not None and first is None) or self.problems.findings:
            return None
        if first is not None and since is not None and not first < last:
            self.problems.add(since.place, f"{first} is not older than {last}", str(first))
            return None
        wanted = [each for each in all_changes if each == last or (first is not None and first < each < last)]
        news = []
        for release in wanted:
            found = [change for change in all_changes[release] if _cell(change) in kept]
            if found:
                news.append((str(release), tuple(news_lines(self.site, found, self.here))))
        period = f"{last}" if first is None else f"{first} to {last}"
        interfaces = self.site.catalogue.interfaces
        return self._block(
            "changes",
            Link(f"Changes in {period}", relative(self.here, self.site.names.interfaces[0].matrix)),
            empty=None if news else f"No driver gained or lost anything in {period}.",
            news=tuple(news),
            sources=tuple(path for each in interfaces for path in _sources(each, each.drivers)),
        )

    def _block(self, kind: str, heading: Link, **more: Any) -> Block:
        label = f"{heading.text}: scrollable table {self.number}"
        return Block(kind, prefix(self.number), label, heading, **more)

    def _option(self, name: str) -> Option | None:
        return self.request.options.get(name)

    def _then(self) -> str:
        release = self._option("as-of")
        return f", as of {release.value}" if release else ""

    def _at_release(self) -> Catalogue:
        """The catalogue, or what it was in the release that the block names."""
        option, catalogue = self._option("as-of"), self.site.catalogue
        release = None if option is None else self._release(option, changes(catalogue))
        return catalogue if release is None else as_of(catalogue, release)

    def _release(self, option: Option, others: Iterable[Release]) -> Release | None:
        known = sorted({*(self.site.catalogue.known or ()), *others})
        release = next((each for each in known if str(each) == option.value), None)
        if release is None:
            self.problems.add(option.place, "this release is not known", option.value, map(str, reversed(known)))
        return release

    def _newest(self, releases: Iterable[Release]) -> Release | None:
        current = self.site.catalogue.current
        for release in releases:
            if not release.is_next and (current is None or release <= current):
                return release
        self.problems.add(self.request.place, "no release has any changes", None)
        return None

    def _interfaces(self, catalogue: Catalogue, option: Option | None) -> list[tuple[Interface, InterfaceNames]]:
        pairs = list(zip(catalogue.interfaces, self.site.names.interfaces, strict=True))
        return self.problems.choose(option, pairs, lambda pair: (pair[0].key, pair[0].title, pair[0].name), "interface")

    def _interface(self, catalogue: Catalogue, option: Option | None) -> tuple[Interface, InterfaceNames] | None:
        """The interface that is named, or the only one."""
        found = self._interfaces(catalogue, option)
        if len(found) > 1 or not catalogue.interfaces:
            place = option.place if option else self.request.place
            keys = [interface.key for interface, _ in found]
            self.problems.add(place, "a block must name one interface", option.value if option else None, keys)
        return found[0] if len(found) == 1 else None

    def _of_driver(self, catalogue: Catalogue) -> tuple[Interface, InterfaceNames, Driver] | None:
        """The one driver that the subject names."""
        every = [
            (interface, names, driver)
            for interface, names in self._interfaces(catalogue, self._option("interface"))
            for driver in interface.drivers
        ]
        if not self.request.subject or not every:
            return None
        subject = self.subject
        found = self.problems.choose(subject, every, lambda one: _names_of_driver(one[2], one[1]), "driver")
        if len(found) > 1:
            ids = [f"{driver.id} in {interface.key}" for interface, _, driver in found]
            tip = "give the id of the driver, or the option 'interface'"
            self.problems.add(subject.place, "a block must name one driver", subject.value, ids, tip)
        return found[0] if len(found) == 1 else None

    def _protocols(self) -> list[tuple[Family, FamilyNames, tuple[Protocol, ...]]]:
        """The family that the subject names, with all of its protocols, or the family of one."""
        chosen = self._interfaces(self.site.catalogue, self._option("interface"))
        keys = {interface.key for interface, _ in chosen}
        pairs = list(zip(self.site.catalogue.protocols, self.site.names.families, strict=True))
        names = [(family, names) for family, names in pairs if family.interface in keys]
        wanted = self.request.subject.lower()
        every = [(f, n, f.protocols, (f.key, f.title)) for f, n in names]
        every += [(f, n, (one,), (one.key, one.title)) for f, n in names for one in f.protocols]
        found = [one for one in every if wanted in map(str.lower, one[3])]
        if wanted and not found:
            known = [one[3][0] for one in every]
            self.problems.add(self.request.place, "no protocol is called so", self.request.subject, known)
        elif len(found) > 1:
            tip = "name the interface with the option 'interface'"
            interfaces = [one[0].interface for one in found]
            self.problems.add(
                self.request.place, "several interfaces use this protocol", self.request.subject, interfaces, tip
            )
        return [(f, n, protocols) for f, n, protocols, _ in found]

    def _drivers(self, drivers: Sequence[Driver], names: InterfaceNames) -> list[Driver]:
        return self.problems.choose(
            self._option("drivers"), drivers, lambda one: _names_of_driver(one, names), "driver"
        )

    def _entries(self, interface: Interface, names: InterfaceNames) -> list[EntryPoint]:
        """The entries that both options leave, in the order of the matrix."""
        groups = self.problems.choose(self._option("groups"), headings(interface), lambda title: (title,), "group")
        named = self.problems.choose(
            self._option("entries"), interface.entries, lambda one: (one.api, one.name), "entry point"
        )
        inside = {entry.name for entry in named}
        limited = self._option("groups") is not None
        return [e for e in interface.entries if e.name in inside and (not limited or e.group in groups)]

    def _states(self) -> frozenset[str]:
        """The states that a driver's list shows: without the option all but ``unsupported``."""
        option = self._option("states")
        if option is None:
            return frozenset(STATES) - {"unsupported"}
        return frozenset(self.problems.choose(option, STATES, lambda one: (one, STATE_WORDS[one]), "state"))

    def _kept_changes(self) -> frozenset[tuple[int, str, str]]:
        """Interface, driver and entry of the cells whose changes are asked for."""
        chosen = self._interfaces(self.site.catalogue, self._option("interface"))
        numbers = {interface.key: at for at, interface in enumerate(self.site.catalogue.interfaces)}
        every = [(interface, names, driver) for interface, names in chosen for driver in interface.drivers]
        drivers = self.problems.choose(
            self._option("drivers"), every, lambda one: _names_of_driver(one[2], one[1]), "driver"
        )
        pairs = [(interface, entry) for interface, _ in chosen for entry in interface.entries]
        entries = self.problems.choose(
            self._option("entries"), pairs, lambda one: (one[1].api, one[1].name), "entry point"
        )
        named = {(interface.key, entry.name) for interface, entry in entries}
        return frozenset(
            (numbers[interface.key], driver.id, entry.name)
            for interface, _, driver in drivers
            for entry in interface.entries
            if (interface.key, entry.name) in named
        )


def _cell(change: Change) -> tuple[int, str, str]:
    return change.interface, change.driver.id, change.entry.name


def _names_of_driver(driver: Driver, names: InterfaceNames) -> tuple[str, ...]:
    return driver.title, driver.id, names.drivers[driver.id]


def _part(interface: Interface, drivers: Iterable[Driver], entries: Iterable[EntryPoint]) -> Interface:
    """An interface with only some of its drivers and entries."""
    columns, rows = tuple(drivers), tuple(entries)
    cells = {(d.id, e.name): interface.cells[d.id, e.name] for d in columns for e in rows}
    return interface._replace(drivers=columns, entries=rows, cells=cells, removed=())


def _sources(interface: Interface, drivers: Iterable[Driver]) -> tuple[str, ...]:
    return tuple(_unique((interface.place, *(driver.place for driver in drivers))))


def _unique(places: Iterable[Place]) -> Iterator[str]:
    yield from dict.fromkeys(place.path for place in places)
