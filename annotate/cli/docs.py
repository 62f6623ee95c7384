"""``hvsupport docs``: write the site, and report what ``check`` would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from hvsupport.gen import site

from ..errors import UsageError
from ..report.visible import visible
from .building import built
from .examples import examples
from .options import Options, baseline_option, common_options, history_option, load_config
from .reporting import exit_status, print_findings
from .streams import say

EXAMPLES = examples(
    ("hvsupport docs --out site", "write the site"),
    ("hvsupport docs --out site --check", "is it up to date?"),
    ("hvsupport docs --out site --history", "releases from git where the sources have none"),
)


@click.command("docs", epilog=EXAMPLES)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder of the site.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if the site is out of date.")
@click.option("--dry-run", is_flag=True, help="Write nothing; list the files that would be written and removed.")
@history_option
@baseline_option
@common_options()
def command(options: Options, out: Path, only_check: bool, dry_run: bool, from_git: bool, baseline: Path | None) -> int:
    """Write the support matrix, pages for drivers, entries and protocols, a search, your own pages and the JSON export.

    All rules run too: findings go to standard error, and the exit status is 1 if one is an error; the site is written
    in any case. With --history the tags of git give the releases that the sources do not name, as 'hvsupport backfill'
    would write them; HV001 still reports what the sources lack. Only changed files are written. Pages that an earlier
    run wrote and this one does not need are removed; other files are never touched.
    """
    if only_check and dry_run:
        raise UsageError("--check cannot be combined with --dry-run")

    config = load_config(options)
    made, every = built(config, options, baseline, from_git=from_git)
    current = _compare(out, made.files) if only_check else _write(out, made.files, dry_run, options.quiet)
    print_findings(every, options)
    return max(exit_status(every), int(not current))


def _compare(out: Path, files: Mapping[str, bytes]) -> bool:
    """Whether the folder holds the current site; differences go to standard output."""
    differences = site.check(out, files)
    for difference in differences:
        click.echo(f"{difference.kind}: {visible(difference.path)}")
    return not differences


def _write(out: Path, files: Mapping[str, bytes], dry_run: bool, quiet: bool) -> bool:
    """Write the site, or list what would change; always current afterwards."""
    outcome = site.write(out, files, dry_run)
    if dry_run:
        for verb, paths in (("write", outcome.written), ("remove", outcome.removed)):
            for path in paths:
                click.echo(f"{verb}: {visible(path)}")
    elif not quiet:
        removed = f", {len(outcome.removed)} removed" if outcome.removed else ""
        say(f"{out}: {len(outcome.written)} of {len(files)} files written{removed}")
    return True
