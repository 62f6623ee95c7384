"""What drivers gained and lost in each release, as their annotations say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.model import Driver, EntryPoint, Interface
from hvsupport.annotate.records import NamedTuple
from hvsupport.annotate.release import Release

from ..names import INDEX, InterfaceNames, relative
from .frame import Site, counted
from .parts import Link


class Change(NamedTuple):
    """A driver gained an entry in a release, or lost it.

    Attributes:
        interface: position of its interface in the catalogue.
    """

    interface: int
    driver: Driver
    entry: EntryPoint
    gained: bool


@dataclass(frozen=True, slots=True)
class NewsLine:
    """The changes of one driver: ``words`` is ``gained`` or ``lost``."""

    driver: Link
    words: str
    entries: tuple[Link, ...]
    more: str


@dataclass(frozen=True, slots=True)
class News:
    """The changes of a release on the index page."""

    heading: str
    lines: tuple[NewsLine, ...]


#: The most entries that a line names; the rest is counted.
_NAMED = 6


def changes(catalogue: Catalogue) -> Mapping[Release, tuple[Change, ...]]:
    """All changes by release, the newest release first; in a release by interface, driver and entry."""
    found: dict[Release, list[Change]] = {}
    for number, interface in enumerate(catalogue.interfaces):
        for release, change in _of_interface(number, interface):
            found.setdefault(release, []).append(change)
    return {release: tuple(found[release]) for release in sorted(found, reverse=True)}


def by_entry(catalogue: Catalogue) -> Mapping[tuple[str, str], Mapping[Release, tuple[Change, ...]]]:
    """The changes of each entry, by interface key and entry name; the newest release first."""
    found: dict[tuple[str, str], dict[Release, tuple[Change, ...]]] = {}
    for release, all_changes in changes(catalogue).items():
        for change in all_changes:
            of = found.setdefault((catalogue.interfaces[change.interface].key, change.entry.name), {})
            of[release] = (*of.get(release, ()), change)
    return found


def _of_interface(number: int, interface: Interface) -> Iterator[tuple[Release, Change]]:
    for driver, entry, cell in interface.walk():
        if cell.state in ("unsupported", "unannotated", "unreadable"):
            continue
        for span in cell.spans:
            if not span.at_most:
                yield span.since, Change(number, driver, entry, True)
            if span.removed is not None:
                yield span.removed, Change(number, driver, entry, False)


def news(site: Site) -> News | None:
    """The changes of the newest release that has any and is not after the current one; None without one."""
    current = site.catalogue.current
    for release, found in changes(site.catalogue).items():
        if not release.is_next and (current is None or release <= current):
            return News(f"New in {release}", tuple(news_lines(site, found, INDEX, _NAMED)))
    return None


def news_lines(site: Site, found: Iterable[Change], here: str, most: int | None = None) -> Iterator[NewsLine]:
    """A line for what each driver gained, and one for what it lost.

    Args:
        here: path of the page.
        most: the most entries that a line names; None for all.
    """
    together: dict[tuple[int, str, bool], list[Change]] = {}
    for change in found:
        together.setdefault((change.interface, change.driver.id, change.gained), []).append(change)
    for (number, driver, gained), alike in together.items():
        names = site.names.interfaces[number]
        rest = 0 if most is None else len(alike) - most
        yield NewsLine(
            driver=Link(alike[0].driver.title, relative(here, names.pages[driver]), title=driver),
            words="gained" if gained else "lost",
            entries=tuple(_entry(names, change, here) for change in alike[:most]),
            more=f"and {counted(rest, 'more entry', 'more entries')}" if rest > 0 else "",
        )


def _entry(names: InterfaceNames, change: Change, here: str) -> Link:
    cell = names.cell(change.driver.id, change.entry.name)
    return Link(change.entry.api, relative(here, f"{names.matrix}#{cell}"), title=change.entry.doc)
