"""Which protocols an entry point is a step of."""

from __future__ import annotations

from collections.abc import Mapping

from hvsupport.annotate.catalogue import Catalogue

from ..names import Names

#: ``(interface key, entry name)`` -> its role and the address of the first protocol, for each family.
Steps = Mapping[tuple[str, str], tuple[tuple[str, str], ...]]


def steps(catalogue: Catalogue, names: Names) -> Steps:
    """All entries that are steps, such as ``("Perform in Migration v1", "protocol-migration.html#protocol:v1")``."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for family, addresses in zip(catalogue.protocols, names.families, strict=True):
        roles: dict[str, list[tuple[str, str, str]]] = {}
        for protocol in family.protocols:
            at = f"{addresses.page}#{addresses.protocols[protocol.key]}"
            for step in protocol.steps:
                for entry in step.entries:
                    roles.setdefault(entry, []).append((step.name, protocol.title, at))
        for entry, uses in roles.items():
            found.setdefault((family.interface, entry), []).append((_words(uses), uses[0][2]))
    return {key: tuple(links) for key, links in found.items()}


def _words(uses: list[tuple[str, str, str]]) -> str:
    by_step: dict[str, list[str]] = {}
    for step, title, _ in uses:
        by_step.setdefault(step, []).append(title)
    return "; ".join(f"{step} in {', '.join(titles)}" for step, titles in by_step.items())
