"""How commands report findings: which rules run, the format, and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache

from .. import files, git
from ..config.value import Config
from ..errors import HvsupportError
from ..findings import ERROR, Finding, ordered
from ..report import Style, render
from ..report.limits import RESULTS, cut
from ..report.summary import summary
from .options import Options
from .output import write_output
from .streams import say

#: The formats that are not for programs, which need every finding.
_FOR_READERS = ("text", "concise")


def prefixes(given: Sequence[str]) -> tuple[str, ...]:
    """``--select HV001,HV004`` is the same as giving it twice."""
    return tuple(part.strip() for text in given for part in text.split(","))


def lies_in(path: str, limits: Sequence[str]) -> bool:
    """Whether a path is one of the limits or lies in one; all are relative to the root."""
    return any(to in (".", path) or path.startswith(f"{to}/") for to in limits)


def print_findings(findings: Sequence[Finding], options: Options) -> None:
    """Print findings on standard error, apart from the output; print nothing if there are none."""
    if not findings:
        return

    sys.stdout.flush()
    say(render("text", ordered(list(findings)), Style(summary=not options.quiet)).rstrip("\n"))


def exit_status(findings: Sequence[Finding]) -> int:
    """1 if a finding is an error, else 0."""
    return int(any(one.severity == ERROR for one in findings))


def report(findings: Sequence[Finding], options: Options, config: Config) -> None:
    """Write the findings in the chosen format, styled for a terminal if there is one; with ``--quiet`` the total."""
    if options.quiet and options.format in _FOR_READERS:
        text = f"{summary(findings)}\n"
    else:
        text = render(options.format, findings, style(options, config))
    write_output(text, options.output)
    if options.format == "sarif" and len(findings) > RESULTS:
        say(f"hvsupport: {cut(len(findings))}")


def style(options: Options, config: Config) -> Style:
    """How a report may look: colours and source lines on a terminal only, paths from the repository for services."""
    if options.format in ("sarif", "github"):
        return Style(summary=not options.quiet, prefix=git.folder_in_repository(config.root))
    if options.output is not None or not sys.stdout.isatty():
        return Style(summary=not options.quiet)
    return Style(_source_line(config), colour=_has_colours(), summary=not options.quiet)


def _has_colours() -> bool:
    """Whether the terminal shows colours and NO_COLOR (https://no-color.org) is not set."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _source_line(config: Config) -> Callable[[str, int], str | None]:
    """Source lines, read on demand; an unreadable file has none."""

    @lru_cache(maxsize=8)
    def lines(path: str) -> list[str]:
        try:
            text = files.read(config.root, path).decode("utf-8", "replace")
        except (HvsupportError, OSError):
            return []
        return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def line(path: str, number: int) -> str | None:
        found = lines(path)
        return found[number - 1] if 0 < number <= len(found) else None

    return line
