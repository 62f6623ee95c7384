"""Write missing annotations: exactly those that HV001 reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..catalogue import Catalogue, lacking_since, missing_annotations
from ..model import Place
from . import Plan, insert
from .insert import Missing


def plan(catalogue: Catalogue, text: str, places: Collection[Place] | None = None) -> Plan:
    """Edits that add missing annotations.

    Args:
        places: of the findings to mend; None for all.
    """
    missing = _missing(catalogue, text)
    return insert.plan(one for one in missing if places is None or one.place in places)


def _missing(catalogue: Catalogue, text: str) -> Iterator[Missing]:
    for interface in catalogue.interfaces:
        for entry, definition in missing_annotations(interface):
            yield Missing(definition.place, f"{entry.name!r} of {definition.owner}", definition.insertion, text)
        for driver in lacking_since(interface):
            yield Missing(driver.place, f"driver {driver.id}", driver.insertion, text)
