"""``hvsupport tabs``: the tab rule over every source file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from .. import atomic, git
from ..config import load
from ..config.value import Config
from ..errors import ReadError, UsageError
from ..findings import Finding, Verdict, ordered
from ..judge import weigh
from ..report import FORMATS
from ..report.byfile import render
from ..rewrite.diff import unified
from ..rules import TAB_CODES, hv040, selected
from ..rules.base import from_problem
from ..suppress import EXCEPTIONS, Known, known, only_new
from ..tabs.find import Holding
from ..tabs.inspection import Inspection, fixed, inspect, lines, refused
from ..tabs.survey import Survey, Surveyor
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
from .output import refuse_input, write_output
from .progress import counting
from .reporting import lies_in, prefixes, report
from .streams import say

EXAMPLES = examples(
    ("hvsupport tabs", "report"),
    ("hvsupport tabs --fix", "replace those that are safe to replace"),
    ("hvsupport tabs --fix --dry-run src", "see the patch of a folder"),
)


@click.command("tabs", epilog=EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--fix", is_flag=True, help="Replace every tab that can be replaced without changing the meaning.")
@click.option("--dry-run", is_flag=True, help="With --fix: print a unified diff and change nothing.")
@click.option("--submodules", is_flag=True, help="Include submodules and nested repositories.")
@select_option
@ignore_option
@click.option("--diff", "revision", metavar="REV", help="Report only what is new since this git revision.")
@baseline_option
@new_baseline_option
@common_options(FORMATS, output=True, quiet="Print one line for each file, and no summary.")
def command(
    options: Options,
    paths: tuple[Path, ...],
    fix: bool,
    dry_run: bool,
    submodules: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    revision: str | None,
    baseline: Path | None,
    new_baseline: Path | None,
) -> int:
    """Report tabs in the source files of a tree, and with --fix replace those that are safe to replace.

    Reads the files that git tracks and untracked files that it does not ignore; outside a repository, all files below
    the root. PATH limits this to files and folders. No configuration is needed. With --fix the exit status is 1 if
    files were changed or findings are left.
    """
    _refuse(fix, dry_run, new_baseline, bool(paths or select or ignore or revision is not None))

    codes = selected(prefixes(select), prefixes(ignore), (*TAB_CODES, EXCEPTIONS))
    config = _config(options)
    surveyor = Surveyor(config.root, config.tabs, submodules=submodules)
    limits = [_below_root(path, config.root) for path in paths]
    with counting("files read", quiet=options.quiet) as on_file:
        survey = surveyor.survey(limits, to_fix=fix, on_file=on_file)
    listed = () if new_baseline is not None else known(config, baseline)
    listed = tuple(line for line in listed if not limits or lies_in(line.path, limits))
    verdict = _judge(config, surveyor, survey, codes, listed, revision)
    if new_baseline is not None:
        return write_new_baseline(verdict, new_baseline, codes)
    refuse_input(options.output, config.root, (*(file.path for file in survey.files), config.path, config.baseline))
    if fix:
        return _fix(_Work(config, options, surveyor, survey, verdict), dry_run=dry_run)
    _report(verdict.findings, survey, options, config)
    return int(bool(verdict.findings))


def _refuse(fix: bool, dry_run: bool, new_baseline: Path | None, limited: bool) -> None:
    if dry_run and not fix:
        raise UsageError("--dry-run needs --fix")
    if new_baseline is not None and (fix or limited):
        raise UsageError("--write-baseline cannot be combined with PATH, --fix, --select, --ignore or --diff")


def _config(options: Options) -> Config:
    """The configuration, or an empty one if there is none: the rule needs none."""
    wanted = options.config is not None or options.preset is not None
    if wanted or load.located(options.root) is not None:
        config = load_config(options)
    else:
        here = Path.cwd()
        config = Config(root=options.root or (git.toplevel(here) if git.has_repository(here) else here))
    return config


def _below_root(path: Path, root: Path) -> str:
    """A path of the command line relative to the root; a link stays a link.

    Raises:
        UsageError: it is outside the root or does not exist.
    """
    if not os.path.lexists(path):
        raise UsageError(f"{path} does not exist")
    name = path.name
    full = path.resolve() if name in ("", "..") else path.parent.resolve() / name
    relative = os.path.relpath(full, root.resolve())
    if relative.startswith(".."):
        raise UsageError(f"{path} is not below {root}")
    return Path(relative).as_posix()


def _judge(
    config: Config,
    surveyor: Surveyor,
    survey: Survey,
    codes: Sequence[str],
    baseline: Sequence[Known],
    revision: str | None,
) -> Verdict:
    ignores = [ignore for file in survey.files for ignore in file.ignores]
    found = [finding for file in survey.files for finding in file.findings]
    found += [finding for ignore in ignores for finding in hv040.faults(ignore)]
    found = [finding for finding in found if finding.code in codes] + _about_config(config)
    verdict = weigh(found, ignores, codes, baseline)
    if revision is None:
        return verdict
    new = set(_new(config, surveyor, survey, revision))
    mine = tuple(one for one in verdict.findings if one in new or one.code not in TAB_CODES)
    return verdict._replace(findings=mine)


def _about_config(config: Config) -> list[Finding]:
    """Problems in the table ``[tabs]``."""
    places = {place for key, place in config.places.items() if key[:1] == ("tabs",)}
    return [from_problem(problem, "HV012") for problem in config.problems if problem.place in places]


def _new(config: Config, surveyor: Surveyor, survey: Survey, revision: str) -> list[Finding]:
    """Findings that are new since a revision, compared line by line."""
    found: list[Finding] = []
    with git.read_tree(config.root, revision) as before:
        for file in survey.files:
            old = _old(before, file.path)
            if old is None:
                found += file.findings
            elif old != file.data:
                found += _newer(surveyor, file, old)
    return found


def _old(before: git.Revision, path: str) -> bytes | None:
    """The bytes of a file at a revision; None if there is none, or it was too large to be checked."""
    try:
        return before.get(path)
    except ReadError:
        return None


def _newer(surveyor: Surveyor, file: Inspection, old: bytes) -> list[Finding]:
    attributes = surveyor.attributes([file.path]).get(file.path, {})
    before = inspect(Holding(file.path, old), surveyor.wishes, attributes)
    return [finding._replace(entry=None) for finding in only_new(_with_lines(file), _with_lines(before))]


def _with_lines(file: Inspection) -> list[Finding]:
    """Findings identified by the text of their line."""
    return [finding._replace(entry=line) for finding, line in zip(file.findings, lines(file), strict=True)]


@dataclass(frozen=True, slots=True)
class _Work:
    """The input of a fix."""

    config: Config
    options: Options
    surveyor: Surveyor
    survey: Survey
    verdict: Verdict


def _fix(work: _Work, *, dry_run: bool) -> int:
    """Fix what was reported, or print a diff; then report what is left."""
    wanted = {id(finding) for finding in work.verdict.findings if finding.fixable}
    diffs, left, runs, changed = [], [one for one in work.verdict.findings if not one.fixable], 0, 0
    with atomic.Writer() as writer:
        for file in work.survey.files:
            mine = [finding for finding in file.findings if id(finding) in wanted]
            if not mine:
                continue
            after, refusal = fixed(file, mine)
            if refusal is None and not dry_run:
                refusal = _write(work, writer, file, after, mine[0])
            if refusal is not None:
                left += [refusal, *(finding._replace(fixable=False) for finding in mine)]
                continue
            runs, changed = runs + len(mine), changed + 1
            diffs.append(unified(file.path, file.data, after) if dry_run else b"")
    if dry_run:
        write_output(b"".join(diffs), work.options.output)
    else:
        _report(ordered(left), work.survey, work.options, work.config)
    if not work.options.quiet:
        would = "would be fixed" if dry_run else "fixed"
        say(f"{_count(runs, 'run')} of tabs {would} in {_count(changed, 'file')}; {len(left)} cannot be fixed.")
    return int(bool(changed or left))


def _write(work: _Work, writer: atomic.Writer, file: Inspection, after: bytes, first: Finding) -> Finding | None:
    """Write a fixed file, unless it changed since it was read.

    Returns:
        A finding if it was not written, or None.
    """
    if work.surveyor.again(file.path) != file.data:
        return refused(first, "the file changed while it was being checked, so it was not fixed")
    writer.stage(work.config.root / file.path, after)
    writer.commit()
    return None


def _report(findings: Sequence[Finding], survey: Survey, options: Options, config: Config) -> None:
    if options.quiet and options.format == "text":
        write_output(render(findings), options.output)
        return
    report(findings, options, config)
    if not options.quiet:
        say(_skipped(survey.looked, survey.skipped))


def _skipped(looked: int, skipped: Counter[str]) -> str:
    each = ", ".join(f"{reason} {count}" for reason, count in sorted(skipped.items()))
    return f"{_count(looked, 'file')} checked" + (f"; skipped: {each}." if each else ".")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
