"""One line for each finding, without found, expected and tip."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import Finding
from . import Style
from .summary import summary
from .text import head


def render(findings: Sequence[Finding], style: Style) -> str:
    """``path:line:col: CODE message`` for each finding, the totals last."""
    lines = [head(finding) for finding in findings]
    if style.summary:
        lines.append(summary(findings))
    return "".join(f"{line}\n" for line in lines)
