"""Findings as JSON, for programs; docs/findings.schema.json describes the format, to which fields may only be added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from json import dumps

from ..findings import ERROR, Finding
from . import Style

VERSION = 1


def render(findings: Sequence[Finding], style: Style) -> str:
    """One object: the findings in order, and the totals."""
    errors = sum(finding.severity == ERROR for finding in findings)
    document = {
        "version": VERSION,
        "findings": [_finding(finding) for finding in findings],
        "summary": {
            "total": len(findings),
            "errors": errors,
            "warnings": len(findings) - errors,
            "codes": Counter(finding.code for finding in findings),
        },
    }
    return dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "path": finding.place.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message,
        "found": finding.found,
        "expected": finding.expected,
        "tip": finding.tip,
        "fixable": finding.fixable,
        "driver": finding.driver,
        "entry": finding.entry,
        "protocol": finding.protocol,
    }
