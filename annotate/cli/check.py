"""``hvsupport check``: all rules over the tree."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from ..config.value import Config
from ..errors import UsageError
from ..release import Release
from ..report import FORMATS
from ..suppress import Known, known
from .baselines import write_new_baseline
from .examples import examples
from .options import (
    Options,
    baseline_option,
    common_options,
    ignore_option,
    load_config,
    new_baseline_option,
    select_option,
)
from .output import refuse_input
from .reading import Answer, answer, read_catalogue
from .reporting import exit_status, lies_in, prefixes, report
from .streams import say

EXAMPLES = examples(
    ("hvsupport check", "the whole tree"),
    ("hvsupport check --diff origin/main", "what a branch adds"),
    ("hvsupport check --release 2.2.0", "before the tag of 2.2.0"),
    ("hvsupport check --write-baseline hvsupport-baseline.json", "accept what there is"),
)


@click.command("check", epilog=EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@select_option
@ignore_option
@click.option("--diff", "revision", metavar="REV", help="Report only what is new since this git revision.")
@click.option("--release", "gate", metavar="REL", help="Check for release REL: no 'next' left, nothing newer.")
@baseline_option
@new_baseline_option
@common_options(FORMATS, output=True, quiet="Print the total only.")
def command(
    options: Options,
    paths: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    revision: str | None,
    gate: str | None,
    baseline: Path | None,
    new_baseline: Path | None,
) -> int:
    """Check every annotation, and report what is missing, wrong or unreadable.

    The whole tree is read, because base classes may be anywhere; PATH only limits which files and folders are
    reported.
    """
    if new_baseline is not None and (paths or select or ignore or revision is not None or gate is not None):
        raise UsageError("--write-baseline cannot be combined with PATH, --select, --ignore, --diff or --release")

    if select or ignore:  # a typo is an error before anything is read
        _codes(select, ignore)
    config = load_config(options)
    limits = [_below_root(path, config.root) for path in paths]
    found = _judge(options, config, (select, ignore), revision, gate, () if new_baseline else known(config, baseline))
    if new_baseline is not None:
        return write_new_baseline(found.verdict, new_baseline, _codes(select, ignore))
    if limits and not options.quiet and not _limited([*found.paths, config.path], limits):
        say("hvsupport: no file that was read is below the given paths")
    reported = set(_limited([one.place.path for one in found.verdict.findings], limits))
    findings = [one for one in found.verdict.findings if not limits or one.place.path in reported]
    refuse_input(options.output, config.root, (*found.paths, config.path, config.baseline))
    report(findings, options, config)
    return exit_status(findings)


def _codes(select: Sequence[str], ignore: Sequence[str]) -> Sequence[str]:
    """The rules that run."""
    from ..rules import selected

    return selected(prefixes(select), prefixes(ignore))


def _judge(
    options: Options,
    config: Config,
    chosen: tuple[Sequence[str], Sequence[str]],
    revision: str | None,
    gate: str | None,
    baseline: Sequence[Known],
) -> Answer:
    if revision is None and gate is None:
        return answer(config, options, ("check", chosen), baseline, lambda: _codes(*chosen))
    from .. import git
    from ..judge import judge
    from ..readers.documents import waiting

    codes = _codes(*chosen)
    release = None if gate is None else _gate(config, gate)
    catalogue = read_catalogue(config, options)
    previous = None
    if revision is not None:
        previous = read_catalogue(config, options, git.read_tree(config.root, revision))
    found = tuple(waiting(config)) if release is not None else ()
    verdict = judge(config, catalogue, codes=codes, gate=release, previous=previous, baseline=baseline, documents=found)
    return Answer(verdict, catalogue.paths, catalogue.sources)


def _gate(config: Config, text: str) -> Release:
    release = config.scheme.parse(text)
    if release.is_next:
        raise UsageError("--release needs the release that is being made, not 'next'")
    return release


def _below_root(path: Path, root: Path) -> str:
    """A path of the command line relative to the root.

    Raises:
        UsageError: it is outside the root.
    """
    relative = os.path.relpath(path.resolve(), root.resolve())
    if relative.startswith(".."):
        raise UsageError(f"{path} is not below {root}")
    return Path(relative).as_posix()


def _limited(paths: Iterable[str], limits: Sequence[str]) -> list[str]:
    """The paths that are one of the limits or below one."""
    return [path for path in paths if lies_in(path, limits)]
