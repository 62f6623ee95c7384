"""Findings -> text, concise, json, sarif or github: one module per format, all pure."""

from collections.abc import Callable, Sequence
from importlib import import_module

from ..findings import Finding
from ..records import NamedTuple

FORMATS = ("text", "concise", "json", "sarif", "github")

#: Path and line number -> the source line without its end, or None where it cannot be read.
SourceLine = Callable[[str, int], "str | None"]


class Style(NamedTuple):
    """The style of a text report.

    Attributes:
        source: returns source lines; None without a terminal.
        colour: whether to use escape sequences for colours.
        summary: whether a line with the totals ends the report.
        prefix: folder of the root in its repository, with ``/`` behind it: services look for paths from there.
    """

    source: SourceLine | None = None
    colour: bool = False
    summary: bool = True
    prefix: str = ""

    def in_repository(self, path: str) -> str:
        """A path as services know it: relative to the repository; one outside the root stays as it is."""
        return path if path.startswith(("/", "../")) else f"{self.prefix}{path}"


PLAIN = Style()


def render(format_name: str, findings: Sequence[Finding], style: Style = PLAIN) -> str:
    """Return the report of findings that are already sorted.

    Args:
        style: of the text format; the others ignore it.
    """
    text: str = import_module(f".{format_name}", __name__).render(findings, style)
    return text
