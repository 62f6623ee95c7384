"""What links, roles and inventories may name: entries and drivers, and the pages that they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hvsupport.annotate.lookup import suggestion

from .frame import Site


@dataclass(frozen=True, slots=True)
class Target:
    """An entry or a driver.

    Attributes:
        kind: ``entry`` or ``driver``.
        interface: key of its interface.
        key: its name, or the id of the driver.
        names: that a link may use: first its own, at last with the key of its interface before it.
        address: of its page.
    """

    kind: str
    interface: str
    key: str
    title: str
    names: tuple[str, ...]
    address: str


def targets(site: Site) -> Iterator[Target]:
    """Everything that can be named, entries before drivers."""
    pairs = list(zip(site.catalogue.interfaces, site.names.interfaces, strict=True))
    for interface, names in pairs:
        for entry in interface.entries:
            known = (entry.name, entry.api, f"{interface.key}:{entry.name}")
            yield Target("entry", interface.key, entry.name, entry.api, known, names.entry_pages[entry.name])
    for interface, names in pairs:
        for driver in interface.drivers:
            called = (driver.title, driver.id, names.drivers[driver.id], f"{interface.key}:{driver.title}")
            yield Target("driver", interface.key, driver.id, driver.title, called, names.pages[driver.id])


def target(site: Site, name: str, kind: str | None = None) -> Target | str:
    """What a name means; a hint what it could have meant, if it is unknown.

    Args:
        kind: ``entry`` or ``driver``; None for either, an entry first.
    """
    every = [one for one in targets(site) if kind in (None, one.kind)]
    found = next((one for one in every if name in one.names), None)
    return found or suggestion(name, [text for one in every for text in one.names], [one.title for one in every[:12]])
