"""Findings -> text, json, sarif or github: one module per format, all pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from ..findings import Finding

FORMATS = ("text", "json", "sarif", "github")

#: Path and line number -> the source line without its end, or None where it cannot be read.
SourceLine = Callable[[str, int], "str | None"]


class Style(NamedTuple):
    """How a report may look; the same findings give the same report for the same style.

    Attributes:
        source: returns source lines; None without a terminal.
        colour: whether escape sequences for colours are welcome.
        summary: whether a line with the totals ends the report.
    """

    source: SourceLine | None = None
    colour: bool = False
    summary: bool = True


PLAIN = Style()


def render(format_name: str, findings: Sequence[Finding], style: Style = PLAIN) -> str:
    """Return the report of findings that are in order already.

    Args:
        format_name: one of ``FORMATS``.
        findings: to report.
        style: how it may look; machine formats take no notice.
    """
    text: str = import_module(f".{format_name}", __name__).render(findings, style)
    return text
