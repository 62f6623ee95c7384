"""Write missing annotations: exactly those that HV001 reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..catalogue import Catalogue, Edit, missing_annotations, needs_since
from ..model import Anchor, Place
from . import Plan, Skipped, encoded, in_order


@dataclass(frozen=True, slots=True)
class _Missing:
    place: Place
    what: str
    insertion: Anchor | None


def plan(catalogue: Catalogue, text: str) -> Plan:
    """Edits that add missing annotations.

    Args:
        catalogue: the tree.
        text: the annotation to write.
    """
    missing = _each_once(_missing(catalogue))
    shared = Counter(_position(one.insertion) for one in missing if one.insertion is not None)
    edits, skipped = [], []
    for one in missing:
        if one.insertion is None:
            skipped.append(Skipped(one.place, one.what, "a comment does not fit there; move it to a line of its own"))
        elif shared[_position(one.insertion)] > 1:
            skipped.append(
                Skipped(one.place, one.what, "another entry is on the same line; move it to a line of its own")
            )
        else:
            edits.append(_insert(one.insertion, text))
    return Plan(in_order(edits), tuple(sorted(skipped, key=lambda one: one.place)))


def _missing(catalogue: Catalogue) -> Iterator[_Missing]:
    for interface in catalogue.interfaces:
        for entry, definition in missing_annotations(interface):
            yield _Missing(definition.place, f"{entry.name!r} of {definition.owner}", definition.insertion)
        for driver in interface.drivers:
            if needs_since(interface, driver):
                yield _Missing(driver.place, f"driver {driver.id}", driver.insertion)


def _each_once(missing: Iterable[_Missing]) -> list[_Missing]:
    """A class may be a driver of several interfaces, and a method an entry of several."""
    return list({one.place: one for one in missing}.values())


def _position(anchor: Anchor) -> tuple[str, int]:
    return anchor.path, anchor.start


def _insert(anchor: Anchor, text: str) -> Edit:
    return Edit(anchor.path, anchor.start, b"", encoded(f"{anchor.before}{text}{anchor.after}", anchor.encoding))
