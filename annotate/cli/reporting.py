"""How commands report findings: which rules run, the format, and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .baselines import known
from .common import Options, read_catalogue, say, write_output

if TYPE_CHECKING:
    from ..catalogue import Catalogue
    from ..config.value import Config
    from ..findings import Finding
    from ..report import Style


def prefixes(given: Sequence[str]) -> tuple[str, ...]:
    """``--select HV001,HV004`` is the same as giving it twice."""
    return tuple(part.strip() for text in given for part in text.split(","))


def judged(config: Config, options: Options, baseline: Path | None) -> tuple[Catalogue, Sequence[Finding]]:
    """The catalogue, and the findings of all rules after applying the baseline."""
    from ..judge import judge

    catalogue = read_catalogue(config, options)
    return catalogue, judge(config, catalogue, baseline=known(config, baseline)).findings


def print_findings(findings: Sequence[Finding], options: Options) -> None:
    """Print findings on standard error, apart from the output; print nothing if there are none."""
    if not findings:
        return
    from ..findings import ordered
    from ..report import Style, render

    sys.stdout.flush()
    say(render("text", ordered(list(findings)), Style(summary=not options.quiet)).rstrip("\n"))


def exit_status(findings: Sequence[Finding]) -> int:
    """1 if a finding is an error, else 0."""
    from ..findings import ERROR

    return int(any(one.severity == ERROR for one in findings))


def report(findings: Sequence[Finding], options: Options, config: Config) -> None:
    """Write the findings in the chosen format, styled for a terminal if there is one."""
    from ..report import render

    write_output(render(options.format, findings, style(options, config)), options)


def style(options: Options, config: Config) -> Style:
    """How a text report may look: colours and source lines on a terminal only."""
    from ..report import Style

    if options.output is not None or not sys.stdout.isatty():
        return Style(summary=not options.quiet)
    return Style(_source_line(config), colour=_has_colours(), summary=not options.quiet)


def _has_colours() -> bool:
    """Whether the terminal shows colours and NO_COLOR (https://no-color.org) is not set."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _source_line(config: Config) -> Callable[[str, int], str | None]:
    """Source lines, read on demand; an unreadable file has none."""
    from functools import lru_cache

    from .. import files
    from ..errors import HvsupportError

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
