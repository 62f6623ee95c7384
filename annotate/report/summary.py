"""One line with the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..findings import ERROR, Finding


def summary(findings: Sequence[Finding]) -> str:
    """``Found 3 errors: HV001 2, HV004 1 (2 can be fixed by a command).``"""
    if not findings:
        return "No findings."
    errors = sum(finding.severity == ERROR for finding in findings)
    parts = [_count(errors, "error"), _count(len(findings) - errors, "warning")]
    codes = Counter(finding.code for finding in findings)
    each = ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
    return f"Found {' and '.join(part for part in parts if part)}: {each}{_fixable(findings)}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _fixable(findings: Sequence[Finding]) -> str:
    number = sum(finding.fixable for finding in findings)
    return f" ({number} can be fixed by a command)" if number else ""
