"""The tree as commands read it: the catalogue, and what the rules say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import run
from ..catalogue import Catalogue
from ..config.value import Config
from ..findings import Finding
from ..judge import judge, known
from .options import Options
from .progress import counting
from .streams import say

#: Problems that may hide a driver, an entry or a protocol from an answer.
_HIDING = frozenset({"config", "unreadable", "unresolved-base"})


def read_catalogue(config: Config, options: Options, source: Mapping[str, bytes] | None = None) -> Catalogue:
    """Read the tree, or what ``source`` holds instead of it, with a sign of life on a terminal."""
    with counting("files read", quiet=options.quiet) as on_file:
        return run.catalogue(
            config,
            jobs=options.jobs,
            cache=options.cache,
            source=source,
            on_file=on_file,
            executor=options.executor,
        )


def judged(config: Config, options: Options, baseline: Path | None) -> tuple[Catalogue, Sequence[Finding]]:
    """The catalogue, and what all rules say about it once the baseline has been applied."""
    catalogue = read_catalogue(config, options)
    return catalogue, judge(config, catalogue, baseline=known(config, baseline)).findings


def warn_of_problems(catalogue: Catalogue, options: Options) -> None:
    """Tell on standard error that the answer of a command may lack what could not be read."""
    count = sum(problem.kind in _HIDING for problem in catalogue.problems)
    if count and not options.quiet:
        what = "1 problem" if count == 1 else f"{count} problems"
        say(f"hvsupport: the tree has {what} that may affect this answer; 'hvsupport check' lists them")
