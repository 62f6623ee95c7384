"""Workflow commands of GitHub Actions: an annotation on the line of each finding.

GitHub shows the first ten annotations of a step and silently drops the others, so the total follows as a notice.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import ERROR, Finding
from . import Style
from .limits import ANNOTATIONS
from .summary import summary
from .text import details, head
from .visible import visible


def render(findings: Sequence[Finding], style: Style) -> str:
    """One command per line."""
    lines = [_command(finding, style) for finding in findings]
    if style.summary:
        total = f"{summary(findings)}{_hidden(findings)}"
        lines.append(f"::notice title=hvsupport::{_data(total)}" if findings else total)
    return "".join(f"{line}\n" for line in lines)


def _hidden(findings: Sequence[Finding]) -> str:
    """How many findings GitHub does not show beside their lines."""
    errors = sum(finding.severity == ERROR for finding in findings)
    more = sum(max(0, count - ANNOTATIONS) for count in (errors, len(findings) - errors))
    return (
        f" GitHub shows {ANNOTATIONS} errors and {ANNOTATIONS} warnings of a step; {more} more are in the log."
        if more
        else ""
    )


def _command(finding: Finding, style: Style) -> str:
    level = "error" if finding.severity == ERROR else "warning"
    properties = {
        "file": visible(style.in_repository(finding.place.path)),
        "line": str(finding.place.line),
        "col": str(finding.place.column),
        "title": f"hvsupport {finding.code}",
    }
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {given}::{_data(chr(10).join([head(finding), *details(finding)]))}"


def _data(text: str) -> str:
    """Escape text after the second ``::`` as the runner expects it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a value in ``name=value`` as the runner expects it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
