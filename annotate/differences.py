"""The catalogue as of any release, and what differs between two releases: from the spans of annotations alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .catalogue import Catalogue
from .model import Cell, Driver, Former, Interface, Span, state_of_spans
from .records import NamedTuple
from .release import Release

Kind = Literal[
    "api", "driver", "gone", "gained", "lost", "completed", "reduced", "deprecated", "restored", "backported"
]
#: The cell of a driver that has nothing of an entry.
ABSENT = Cell("unsupported", "absent")


class Difference(NamedTuple):
    """One thing that a release has and another has not.

    Attributes:
        interface: key of the interface.
        kind: ``api`` (the interface declares an entry), ``driver`` (a driver came), ``gone`` (it went), ``gained``,
            ``lost``, ``completed`` (partial before), ``reduced`` (partial now), ``deprecated``, ``restored``
            (deprecated before), ``backported`` (a maintenance release has it, as git tells).
        driver: id of the driver; None for ``api``.
        title: of the driver, else the public call.
        entry: its name; None for ``driver`` and ``gone``.
        note: what the annotation says, or None.
    """

    interface: str
    kind: Kind
    driver: str | None
    title: str
    entry: str | None = None
    note: str | None = None


def as_of(catalogue: Catalogue, release: Release) -> Catalogue:
    """What stood in a release, as far as annotations tell.

    A cell that is written ``<=`` a later release is ``unannotated``: whether it stood is unknown. So is one without an
    annotation, unless the release is today's. An entry whose public call has no release counts as always declared.
    Protocols are left out.

    Args:
        catalogue: today's.
        release: one that is known, or ``next``.
    """
    known = None if catalogue.known is None else tuple(each for each in catalogue.known if each <= release)
    is_past = not release.is_next and (catalogue.current is None or release < catalogue.current)
    interfaces = tuple(_interface(each, release, is_past) for each in catalogue.interfaces)
    return catalogue._replace(
        release=str(release), current=release, known=known, interfaces=interfaces, protocols=(), problems=()
    )


def _interface(interface: Interface, release: Release, is_past: bool) -> Interface:
    cells = {key: _cell(cell, release, is_past) for key, cell in interface.cells.items()}
    drivers = tuple(each for each in interface.drivers if _is_there(interface, each, cells, release))
    entries = tuple(
        each
        for each in interface.entries
        if each.since is None
        or each.since <= release
        or any(not cells[driver.id, each.name].is_plainly_absent for driver in drivers)
    )
    kept = {(driver.id, entry.name): cells[driver.id, entry.name] for driver in drivers for entry in entries}
    removed = tuple(
        each._replace(spans=spans) for each in interface.removed if (spans := spans_at(each.spans, release))
    )
    return interface._replace(entries=entries, drivers=drivers, cells=kept, removed=removed)


def _is_there(interface: Interface, driver: Driver, cells: dict[tuple[str, str], Cell], release: Release) -> bool:
    """Whether a release has a driver: its own release tells, else that of its oldest cell."""
    if driver.annotation is not None:
        return driver.annotation.spans[0].at_most or bool(spans_at(driver.annotation.spans, release))
    dated = [entry.name for entry in interface.entries if interface.cells[driver.id, entry.name].spans]
    return not dated or any(not cells[driver.id, name].is_plainly_absent for name in dated)


def _cell(cell: Cell, release: Release, is_past: bool) -> Cell:
    if not cell.spans:
        # For example an entry that the config exempts: no annotation tells whether it was there.
        return cell._replace(state="unannotated") if is_past and cell.state == "supported" else cell
    spans = spans_at(cell.spans, release)
    if not spans:
        unsure = cell.spans[0].at_most and cell.implements
        return cell._replace(state="unannotated", spans=()) if unsure else ABSENT
    state = state_of_spans(spans) if cell.state in ("supported", "next", "removed") else cell.state
    how = "own" if cell.how == "stub" and spans[-1].is_open else cell.how
    return cell._replace(state=state, how=how, spans=spans)


def spans_at(spans: tuple[Span, ...], release: Release) -> tuple[Span, ...]:
    """The spans that have begun in a release, without what came later."""
    return tuple(
        span._replace(
            removed=None if span.removed is not None and span.removed > release else span.removed,
            deprecated=None
            if span.deprecated is not None and span.deprecated.since is not None and span.deprecated.since > release
            else span.deprecated,
        )
        for span in spans
        if span.since <= release
    )


def differences(before: Catalogue, after: Catalogue) -> list[Difference]:
    """What each driver gained, lost, and changed in depth, and what is new to all; in the order of the config.

    Args:
        before: the catalogue as of one release.
        after: as of a later one.
    """
    earlier = {each.key: each for each in before.interfaces}
    found: list[Difference] = []
    for interface in after.interfaces:
        nothing = interface._replace(entries=(), drivers=(), cells={}, removed=())
        found += _differences(earlier.get(interface.key, nothing), interface)
    return found


def _differences(before: Interface, after: Interface) -> Iterator[Difference]:
    had = {entry.name for entry in before.entries}
    for entry in after.entries:
        if entry.name not in had:
            yield Difference(after.key, "api", None, entry.api, entry.name)
    there = {driver.id for driver in before.drivers}
    for driver in after.drivers:
        if driver.id not in there:
            yield Difference(after.key, "driver", driver.id, driver.title)
        for entry in after.entries:
            old, new = before.cells.get((driver.id, entry.name), ABSENT), after.cells[driver.id, entry.name]
            for kind in _kinds(old, new):
                yield Difference(after.key, kind, driver.id, driver.title, entry.name, new.note)
    yield from _gone(before, after)


def _gone(before: Interface, after: Interface) -> Iterator[Difference]:
    """The drivers that the config remembers, where they came and where they went."""
    earlier: dict[str, Former] = {each.id: each for each in before.removed}
    for each in after.removed:
        was, stands = each.id in earlier and earlier[each.id].spans[-1].is_open, each.spans[-1].is_open
        if each.id not in earlier:
            yield Difference(after.key, "driver", each.id, each.title, note=each.spans[0].note)
        if not stands and (was or each.id not in earlier):
            yield Difference(after.key, "gone", each.id, each.title, note=each.spans[-1].note)


def _kinds(old: Cell, new: Cell) -> Iterator[Kind]:
    """How a cell changed; one without a release is unknown, and says nothing."""
    one, other = _open(old), _open(new)
    if "unannotated" in (old.state, new.state) or "unreadable" in (old.state, new.state):
        return
    if one is None or other is None:
        if one is not other:
            yield "gained" if one is None else "lost"
        return
    if one.partial != other.partial:
        yield "reduced" if other.partial else "completed"
    if (one.deprecated is None) != (other.deprecated is None):
        yield "deprecated" if one.deprecated is None else "restored"


def _open(cell: Cell) -> Span | None:
    """The span in which a cell stands; None if it does not."""
    return cell.spans[-1] if cell.spans and cell.spans[-1].is_open else None
