"""Shared by the exports: findings by cell, spans and releases as JSON."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from hvsupport.annotate.findings import Finding
from hvsupport.annotate.model import Span

#: ``(driver id, entry name)`` -> codes of the findings about that cell.
Codes = Mapping[tuple[str, str], list[str]]


def codes_by_cell(findings: Iterable[Finding]) -> Codes:
    """Codes of the findings about each cell, sorted, each once."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for finding in findings:
        if finding.driver is not None and finding.entry is not None:
            found[finding.driver, finding.entry].add(finding.code)
    return {key: sorted(codes) for key, codes in found.items()}


def span_data(span: Span) -> dict[str, Any]:
    """A span as JSON."""
    data: dict[str, Any] = {
        "since": str(span.since),
        "removed": text_or_none(span.removed),
        "partial": span.partial,
        "note": span.note,
    }
    if span.at_most:
        data["at_most"] = True
    if span.deprecated is not None:
        data["deprecated"] = {"since": text_or_none(span.deprecated.since)}
    return data


def text_or_none(value: object | None) -> str | None:
    """A release as JSON."""
    return None if value is None else str(value)
