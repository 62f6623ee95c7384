"""Everything read, resolved and ordered, and the predicates that a check and its fix share."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from .model import IMPLEMENTING, NOTHING, Annotation, Definition, Driver, EntryPoint, Ignore, Interface, Problem
from .records import NamedTuple
from .release import Release

if TYPE_CHECKING:
    from .protocol import Family


_FROM_ABOVE = frozenset({"inherited", "default"})


class Catalogue(NamedTuple):
    """Everything read, resolved and ordered: the one value that checks and pages are made from.

    Attributes:
        release: the current release, as text to print; None if unknown.
        current: the same, parsed; a development version counts as the coming release.
        known: all releases known, oldest first; None when only order can be checked.
        interfaces: in the order of the config.
        problems: found by readers and resolver.
        annotations: every annotation in any file, including unused ones, in file order.
        ignores: every ignore comment in the files that were read, in file order.
        paths: every file that was read, sorted.
        protocols: families of protocols, by interface, with the support in every driver.
        contents: path -> checksum of the file when it was read, so that edits apply to the same content.
        sources: those of them that contribute to the result.
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
    protocols: "tuple[Family, ...]" = ()
    contents: Mapping[str, int] = NOTHING

    def is_known(self, release: Release) -> bool:
        """Whether a release is valid: ``next`` always, others if listed or without a list."""
        return release.is_next or self.known is None or release in self.known


class Edit(NamedTuple):
    """Replace the bytes ``old`` at ``start`` of a file with ``new``."""

    path: str
    start: int
    old: bytes
    new: bytes


def as_new(catalogue: Catalogue, made: Release, *, listed: bool) -> Release | None:
    """The newest release that is known or annotated, if it rules out the one being made.

    ``stamp`` refuses a release for which there is one: a newer release, or the same if it was made already. One that
    only annotations name is being made: an earlier ``stamp`` was interrupted, or more changes came in.

    Args:
        listed: the order of releases is that of the config, which lists this one already.
    """
    known = [release for release in catalogue.known or () if not (listed and release == made)]
    spans = (span for annotation in catalogue.annotations for span in annotation.spans)
    named = (release for span in spans for release in span.releases if not release.is_next)
    newest = max([*known, *named], default=None)
    if newest is None or made > newest:
        return None
    is_made = made in known or (catalogue.current is not None and made < catalogue.current)
    return newest if made < newest or is_made else None


def lacks_annotation(entry: EntryPoint, definition: Definition) -> bool:
    """Whether an implementation of an entry has no annotation but needs one."""
    return entry.exempt is None and definition.annotation is None and not definition.stub and not definition.malformed


def missing_annotations(interface: Interface) -> Iterator[tuple[EntryPoint, Definition]]:
    """All implementations without an annotation, each once.

    HV001 reports exactly these and ``annotate`` annotates exactly these; ``Definition.owner`` is their class or table.
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


def lacking_since(interface: Interface) -> list[Driver]:
    """The drivers that inherit entries but have no release of their own."""
    cells = interface.cells.items()
    inherit = {id for (id, _), cell in cells if cell.how in _FROM_ABOVE and cell.state != "unreadable"}
    return [each for each in interface.drivers if each.id in inherit and each.annotation is None and not each.malformed]
