"""Everything read, resolved and ordered, and the predicates that a check and its fix share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from .model import IMPLEMENTING, NOTHING, Annotation, Definition, Driver, EntryPoint, Ignore, Interface, Problem
from .release import Release

if TYPE_CHECKING:
    from .protocol import Family


class Catalogue(NamedTuple):
    """Everything read, resolved and ordered: the one value that checks and pages are made from.

    Attributes:
        title: of the project.
        release: the current release, as a text to print; None where nobody says.
        current: the same, parsed; a development version counts as the coming release.
        known: all releases known, oldest first; None when only order can be checked.
        interfaces: in the order of the config.
        problems: what readers and resolver met.
        annotations: every annotation read in any file, also those no cell uses, in file order.
        ignores: every ignore comment in the files that were read, in file order.
        paths: every file that was read, sorted.
        protocols: families of protocols, by interface, with what every driver makes of them.
        contents: path -> checksum of what a file held as it was read, so that edits meet what they were made for.
        sources: those of them that hold something: the result depends on these.
    """

    title: str
    release: str | None = None
    current: Release | None = None
    known: tuple[Release, ...] | None = None
    interfaces: tuple[Interface, ...] = ()
    problems: tuple[Problem, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    paths: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    protocols: tuple[Family, ...] = ()
    contents: Mapping[str, int] = NOTHING

    def is_known(self, release: Release) -> bool:
        """Whether a release may be named: ``next`` always, others when listed or when there is no list."""
        return release.is_next or self.known is None or release in self.known


class Edit(NamedTuple):
    """Replace the bytes ``old`` at ``start`` of a file by ``new``."""

    path: str
    start: int
    old: bytes
    new: bytes


def lacks_annotation(entry: EntryPoint, definition: Definition) -> bool:
    """Whether one definition of an entry that does some work says nothing of its release."""
    return entry.exempt is None and definition.annotation is None and not definition.stub and not definition.malformed


def missing_annotations(interface: Interface) -> Iterator[tuple[EntryPoint, Definition]]:
    """All definitions that do the work of some cell and do not say since when, each once.

    HV001 reports exactly these and ``annotate`` writes exactly these; ``Definition.owner`` says whose they are.
    """
    seen = set()
    entries = {entry.name: entry for entry in interface.entries}
    for (_, name), cell in interface.cells.items():
        if cell.how not in IMPLEMENTING:
            continue
        for definition in cell.definitions:
            if lacks_annotation(entries[name], definition) and definition.place not in seen:
                seen.add(definition.place)
                yield entries[name], definition


def needs_since(interface: Interface, driver: Driver) -> bool:
    """Whether a driver takes entries from elsewhere and does not say in which release it appeared."""
    if driver.annotation is not None or driver.malformed:
        return False
    cells = (interface.cells[driver.id, entry.name] for entry in interface.entries)
    return any(cell.how in ("inherited", "default") and cell.state != "unreadable" for cell in cells)
