"""Protocols in the exports: plain values for JSON, a table for each family for Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.model import Interface
from hvsupport.annotate.protocol import Family, Protocol, Step, StepSupport, Support, VariantSupport

from ..celltext import support_words
from .values import Codes, span_data, text_or_none


def to_data(catalogue: Catalogue, codes: Codes) -> list[dict[str, Any]]:
    """Every protocol, with each driver whose support is not plainly absent.

    Args:
        codes: ``(driver id, entry name)`` -> codes of findings.
    """
    interfaces = {interface.key: interface for interface in catalogue.interfaces}
    return [
        _protocol(family, protocol, interfaces[family.interface], codes)
        for family in catalogue.protocols
        for protocol in family.protocols
    ]


def _protocol(family: Family, protocol: Protocol, interface: Interface, codes: Codes) -> dict[str, Any]:
    supports = {driver.id: family.support(driver, protocol) for driver in interface.drivers}
    return {
        "name": protocol.title,
        "key": protocol.key,
        "family": family.key,
        "family_title": family.title,
        "interface": interface.name,
        "rank": protocol.rank,
        "since": text_or_none(protocol.since),
        "steps": [_step(step) for step in protocol.steps],
        "drivers": {
            driver: _support(driver, support, codes)
            for driver, support in supports.items()
            if not support.is_plainly_absent
        },
        "compatible": [list(group) for group in family.compatible],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "entry": step.entries[0],
        "entries": list(step.entries),
        "variants": dict(step.variants),
        "side": step.side,
        "cookie": step.cookie,
        "cookie_from": step.takes,
        "cookie_for": list(step.gives),
        "after": list(step.after),
        "does": step.does,
        "handed": dict(step.handed),
        "sends": step.sends or None,
        "on_failure": step.on_failure or None,
        "without": step.without,
    }


def _support(driver: str, support: Support, codes: Codes) -> dict[str, Any]:
    found = {code for step in support.steps for entry, _ in step.cells for code in codes.get((driver, entry), ())}
    return {
        "state": support.state,
        "since": text_or_none(support.since),
        "spans": [span_data(span) for span in support.spans],
        "missing": list(support.missing),
        "steps": [_step_support(step) for step in support.steps],
        "variants": [_variant(variant) for variant in support.variants],
        "findings": sorted(found),
    }


def _step_support(step: StepSupport) -> dict[str, Any]:
    spans = [span_data(span) for span in step.spans]
    return {"name": step.step.name, "state": step.state, "spans": spans}


def _variant(variant: VariantSupport) -> dict[str, Any]:
    spans = [span_data(span) for span in variant.spans]
    return {"name": variant.name, "state": variant.state, "spans": spans, "missing": list(variant.missing)}


def tables(catalogue: Catalogue, interface: Interface) -> Iterator[tuple[str, list[list[str]]]]:
    """Heading and rows of a table for each family: a protocol, then the support of each driver."""
    for family in catalogue.protocols:
        if family.interface == interface.key:
            rows = [
                [protocol.title, *(support_text(family.support(driver, protocol)) for driver in interface.drivers)]
                for protocol in family.protocols
            ]
            yield family.title, [["Protocol", *(driver.title for driver in interface.drivers)], *rows]


def support_text(support: Support | VariantSupport) -> str:
    """A support as short as in a matrix cell, or ``incomplete``."""
    text = support_words(support)
    return " ".join(filter(None, [*(f"{each}," for each in text.past), text.text, text.tail or ""]))
