"""Carry annotations over from another revision: those of the same driver and entry that this tree has lost."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue import Catalogue
from ..grammar import render
from ..model import Annotation, Definition, Driver, Interface
from . import Plan, Skipped, insert
from .insert import Missing

#: An entry by its class or table and its name -> condition under which it is defined -> its annotation.
_Known = dict[tuple[str, str], dict[str | None, Annotation]]


def plan(catalogue: Catalogue, other: Catalogue) -> Plan:
    """Edits that write the annotations of another revision beside entries and drivers that have none.

    An annotation that no longer fits is skipped: of a removed entry that is implemented here, or the other way round.

    Args:
        other: the same tree at another revision.
    """
    known: _Known = {}
    classes: dict[str, Annotation] = {}
    for interface in other.interfaces:
        for name, definition, _ in _definitions(interface):
            if definition.annotation is not None:
                known.setdefault((definition.owner, name), {})[definition.when] = definition.annotation
        classes.update((each.id, each.annotation) for each in interface.drivers if each.annotation is not None)
    missing: list[Missing] = []
    skipped: dict[Definition, Skipped] = {}
    for interface in catalogue.interfaces:
        for name, definition, is_own in _definitions(interface):
            annotation = None if _is_marked(definition) else _of(known, definition, name)
            if annotation is None:
                continue
            what = f"{name!r} of {definition.owner}"
            if is_own and definition.stub == annotation.spans[-1].is_open:
                now = "is empty or only raises" if definition.stub else "is implemented"
                why = f"it was annotated {render(annotation.spans)!r}, and now it {now}"
                skipped[definition] = Skipped(definition.place, what, why)
            else:
                missing.append(Missing(definition.place, what, definition.insertion, render(annotation.spans)))
        for driver in interface.drivers:
            if not _is_marked(driver) and driver.id in classes:
                text = render(classes[driver.id].spans)
                missing.append(Missing(driver.place, f"driver {driver.id}", driver.insertion, text))
    return insert.plan(missing, skipped.values())


def _definitions(interface: Interface) -> Iterator[tuple[str, Definition, bool]]:
    """Entry, definition, and whether a driver defines it, not the interface."""
    for entry in interface.entries:
        if entry.definition is not None:
            yield entry.name, entry.definition, False
    declared = {entry.definition.place for entry in interface.entries if entry.definition is not None}
    for _, entry, cell in interface.walk():
        for definition in cell.definitions:
            if definition.place not in declared:
                yield entry.name, definition, True


def _of(known: _Known, definition: Definition, name: str) -> Annotation | None:
    """What was said of a definition: under its condition, or under the only one there was."""
    said = known.get((definition.owner, name), {})
    return said.get(definition.when) or (next(iter(said.values())) if len(said) == 1 else None)


def _is_marked(what: Definition | Driver) -> bool:
    return what.annotation is not None or what.malformed
