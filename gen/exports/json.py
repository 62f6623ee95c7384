"""Catalogue -> JSON, CSV, Markdown, BCD or an HTML fragment.

The JSON is the public contract, described by ``export.schema.json``: keys are sorted, lists keep the declared order,
plainly absent cells are omitted, and releases are written as in the source.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Cell, Definition, Driver, EntryPoint, Former, Interface, Span

from .values import Codes, codes_by_cell, span_data, text_or_none

#: Version of the JSON format; changes only when a key is removed or changes its meaning.
SCHEMA_VERSION = 1
SCHEMA_FILE = "export.schema.json"

#: project > interfaces > interface > entries > entry > cells > cell: a cell is on one line.
_CELL_DEPTH = 6
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=True)
_quoted = json.encoder.encode_basestring_ascii


class _Line(str):
    """A value already encoded as JSON on one line."""

    __slots__ = ()


def export(catalogue: Catalogue, findings: Iterable[Finding], format: str) -> bytes:
    """Write the catalogue in one of ``FORMATS``."""
    return FORMATS[format](catalogue, tuple(findings))


def schema_bytes() -> bytes:
    """The published JSON Schema of the export."""
    from importlib.resources import files

    return files("hvsupport.gen").joinpath(SCHEMA_FILE).read_bytes()


def to_json(catalogue: Catalogue, findings: Iterable[Finding] = ()) -> bytes:
    """The public contract in ASCII, one line for each cell, so that a line diff is readable."""
    return (_lines(_document(catalogue, findings), 0) + "\n").encode("ascii")


def _lines(value: Any, depth: int) -> str:
    """JSON with line breaks down to the cells; ``json``'s own indentation is ten times slower."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return value if isinstance(value, _Line) else _quoted(value)
    if depth == _CELL_DEPTH or not value or not isinstance(value, (dict, list)):
        return _ENCODER.encode(value)
    margin = "\n" + " " * (depth + 1)
    if isinstance(value, dict):
        parts = [f"{_quoted(key)}: {_lines(value[key], depth + 1)}" for key in sorted(value)]
        return "{" + margin + f",{margin}".join(parts) + margin[:-1] + "}"
    return "[" + margin + f",{margin}".join([_lines(one, depth + 1) for one in value]) + margin[:-1] + "]"


def _document(catalogue: Catalogue, findings: Iterable[Finding]) -> dict[str, Any]:
    codes, spans = codes_by_cell(findings), _Spans()
    return {
        "schema": SCHEMA_VERSION,
        "project": {"title": catalogue.title, "release": catalogue.release},
        "interfaces": [_interface(interface, codes, spans) for interface in catalogue.interfaces],
        "protocols": _protocols(catalogue, codes) if catalogue.protocols else [],
    }


def _protocols(catalogue: Catalogue, codes: Codes) -> list[dict[str, Any]]:
    from .protocols import to_data

    return to_data(catalogue, codes)


class _Spans:
    """Spans as JSON, encoded once: equal spans are shared in the catalogue."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[Span, ...], str]] = {}

    def text(self, spans: tuple[Span, ...]) -> str:
        """A list of spans on one line."""
        known = self._known.get(id(spans))
        if known is None or known[0] is not spans:
            known = self._known[id(spans)] = spans, _ENCODER.encode([span_data(span) for span in spans])
        return known[1]


def _interface(interface: Interface, codes: Codes, spans: _Spans) -> dict[str, Any]:
    data = {
        "name": interface.name,
        "title": interface.title,
        "place": interface.place.short,
        "drivers": [_driver(driver) for driver in interface.drivers],
        "entries": [_entry(interface, entry, codes, spans) for entry in interface.entries],
    }
    if interface.removed:
        data["removed"] = [_former(former) for former in interface.removed]
    return data


def _former(former: Former) -> dict[str, Any]:
    return {"id": former.id, "title": former.title, "spans": [span_data(span) for span in former.spans]}


def _driver(driver: Driver) -> dict[str, Any]:
    return {"id": driver.id, "title": driver.title, "since": text_or_none(driver.since), "place": driver.place.short}


def _entry(interface: Interface, entry: EntryPoint, codes: Codes, spans: _Spans) -> dict[str, Any]:
    cells, absent = {}, None
    for driver in interface.drivers:
        key = driver.id, entry.name
        cell = interface.cells[key]
        found = codes.get(key, []) if codes else []
        if not found and (cell is absent or cell.is_plainly_absent):
            absent = cell  # one value for nearly all of them, asked once
        else:
            cells[driver.id] = _cell(cell, found, spans)
    return {
        "name": entry.name,
        "api": entry.api,
        "since": text_or_none(entry.since),
        "group": entry.group,
        "url": entry.url,
        "derived_from": entry.derived_from,
        "place": entry.place.short,
        "cells": cells,
    }


def _cell(cell: Cell, codes: list[str], spans: _Spans) -> _Line:
    """A cell, keys sorted; written as text because a dict for each of thousands is three times slower."""
    variants = [_variant(variant) for variant in _variants(cell)]
    return _Line(
        f'{{"findings": {_ENCODER.encode(codes) if codes else "[]"}, "how": "{cell.how}", '
        f'"place": {"null" if cell.place is None else _quoted(cell.place.short)}, "spans": {spans.text(cell.spans)}, '
        f'"state": "{cell.state}", "variants": {_ENCODER.encode(variants) if variants else "[]"}, '
        f'"via": {"null" if cell.via is None else _quoted(cell.via)}}}'
    )


def _variants(cell: Cell) -> tuple[Definition, ...]:
    """The conditional definitions; a value known only at run time is a condition too."""
    definition = cell.definition
    if cell.state == "conditional" and not cell.variants and definition is not None and definition.expression:
        return (definition._replace(when=definition.expression),)
    return cell.variants


def _variant(variant: Definition) -> dict[str, Any]:
    spans = () if variant.annotation is None else variant.annotation.spans
    return {"when": variant.when, "spans": [span_data(span) for span in spans], "place": variant.place.short}


def _csv(catalogue: Catalogue, findings: tuple[Finding, ...]) -> bytes:
    from .tables import to_csv

    return to_csv(catalogue, codes_by_cell(findings))


def _wide_csv(catalogue: Catalogue, findings: tuple[Finding, ...]) -> bytes:
    from .tables import to_wide_csv

    return to_wide_csv(catalogue)


def _markdown(catalogue: Catalogue, findings: tuple[Finding, ...]) -> bytes:
    from .tables import to_markdown

    return to_markdown(catalogue)


def _bcd(catalogue: Catalogue, findings: tuple[Finding, ...]) -> bytes:
    from .bcd import to_bcd

    return to_bcd(catalogue)


def _fragment(catalogue: Catalogue, findings: tuple[Finding, ...]) -> bytes:
    from .fragment import to_fragment

    return to_fragment(catalogue, findings)


#: Name of a format -> its writer.
FORMATS: Mapping[str, Callable[[Catalogue, tuple[Finding, ...]], bytes]] = {
    "json": to_json,
    "csv": _csv,
    "csv-wide": _wide_csv,
    "markdown": _markdown,
    "bcd": _bcd,
    "html-fragment": _fragment,
}
