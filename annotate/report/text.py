"""``path:line:col: CODE message``, then found, expected and tip.

On a terminal the source line follows, with a caret. Columns count code points; the caret is placed where the terminal
draws that character, after tabs and wide characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

from ..findings import ERROR, Finding
from . import SourceLine, Style
from .summary import summary
from .visible import visible

if TYPE_CHECKING:
    from rich.text import Text

_TAB = 8
#: A longer line (a generated table, a minified script) would hide the message above it.
_LONGEST = 400
_INDENT = "    "


def render(findings: Sequence[Finding], style: Style) -> str:
    """The findings as lines of text, the totals last."""
    if style.colour:
        return _coloured(findings, style)
    lines = [line for finding in findings for line in _lines(finding, style.source)]
    if style.summary:
        lines.append(summary(findings))
    return "".join(f"{line}\n" for line in lines)


def _lines(finding: Finding, source: SourceLine | None) -> list[str]:
    return [head(finding), *(_INDENT + line for line in picture(finding, source)), *details(finding)]


def head(finding: Finding) -> str:
    """``path:line:col: CODE message``."""
    return f"{place(finding)}: {finding.code} {visible(finding.message)}"


def place(finding: Finding) -> str:
    """``path:line:col``."""
    return f"{visible(finding.place.path)}:{finding.place.line}:{finding.place.column}"


def details(finding: Finding) -> list[str]:
    """Found, expected and tip, indented, as far as given."""
    parts = (("found", finding.found), ("expected", finding.expected), ("tip", finding.tip))
    return [f"{_INDENT}{label}: {visible(text)}" for label, text in parts if text is not None]


def picture(finding: Finding, source: SourceLine | None) -> list[str]:
    """The source line and a caret below it; nothing if the line cannot be shown."""
    line = source(finding.place.path, finding.place.line) if source is not None else None
    if line is None or len(line) > _LONGEST or finding.place.column > len(line) + 1:
        return []
    shown, caret = drawn(line, finding.place.column)
    return [shown.rstrip(), " " * caret + "^"]


def drawn(line: str, column: int) -> tuple[str, int]:
    """A source line as a terminal draws it, and the cell where the character at ``column`` starts.

    Tabs are expanded and hidden characters escaped, so that caret and line agree on every terminal.
    """
    from rich.cells import cell_len

    shown, width, caret = "", 0, 0
    for index, char in enumerate(line, 1):
        if index == column:
            caret = width
        piece = " " * (_TAB - width % _TAB) if char == "\t" else visible(char)
        shown += piece
        width += cell_len(piece)
    return shown, width if column > len(line) else caret


def _coloured(findings: Sequence[Finding], style: Style) -> str:
    from rich.console import Console

    stream = StringIO()
    console = Console(
        file=stream, force_terminal=True, color_system="standard", soft_wrap=True, highlight=False, markup=False
    )
    for finding in findings:
        console.print(_styled(finding, style.source))
    if style.summary:
        console.print(summary(findings), style="bold red" if findings else "bold green")
    return stream.getvalue()


def _styled(finding: Finding, source: SourceLine | None) -> Text:
    from rich.text import Text

    text = Text(f"{place(finding)}: ", style="bold")
    text.append(finding.code, style="bold red" if finding.severity == ERROR else "bold yellow")
    text.append(f" {visible(finding.message)}", style="not bold")
    for line in picture(finding, source):
        text.append(f"\n{_INDENT}{line}", style="not bold cyan")
    for line in details(finding):
        text.append(f"\n{line}", style="not bold dim")
    return text
