"""``hvsupport annotate``: write missing annotations."""

from __future__ import annotations

from pathlib import Path

import click

from .. import git
from ..catalogue import Catalogue
from ..config.value import Config
from ..errors import AnnotationError, ReleaseError, UsageError
from ..grammar import note_text, parse, render
from ..judge import judge
from ..model import Span
from ..release import NEXT_TEXT, Release
from ..rewrite import add, carry
from ..rules.base import Context, listing
from ..rules.hv003 import why_not
from ..suppress import known
from .editing import carry_out
from .examples import examples
from .options import Options, baseline_option, common_options, load_config
from .reading import read_catalogue

EXAMPLES = examples(
    ("hvsupport annotate --dry-run", "see the patch"),
    ("hvsupport annotate --since 1.2.0", "all at once"),
    ("hvsupport annotate --diff origin/main", "what a branch adds, as next"),
)


@click.command("annotate", epilog=EXAMPLES)
@click.option("--since", metavar="REL", help="A release, 'next', or '<= REL'; default: next.")
@click.option("--diff", "revision", metavar="REV", help="Annotate only what is new since this git revision.")
@baseline_option
@click.option("--from", "origin", metavar="REV", help="Write the annotations that this git revision has for an entry.")
@click.option("--dry-run", is_flag=True, help="Print a unified diff and change nothing.")
@common_options()
def command(
    options: Options,
    since: str | None,
    revision: str | None,
    baseline: Path | None,
    origin: str | None,
    dry_run: bool,
) -> int:
    """Write the release beside every entry that HV001 reports.

    What the baseline lists is left alone. With --from, only annotations that another revision has for the same driver
    and entry are written, for example after a merge that lost them. Nothing else is changed, and a second run changes
    nothing. Exit status 1 means that files were changed.
    """
    if origin is not None and (since, revision, baseline) != (None, None, None):
        raise UsageError("--from cannot be combined with --since, --diff or --baseline")

    config = load_config(options)
    spans = _one_span(config, NEXT_TEXT if since is None else since)
    catalogue = read_catalogue(config, options)
    if origin is not None:
        return carry_out(config, catalogue, carry.plan(catalogue, _at(config, options, origin)), options, dry_run)

    _refuse_unknown(config, catalogue, spans[0].since)
    previous = None if revision is None else _at(config, options, revision)
    verdict = judge(config, catalogue, codes=("HV001",), previous=previous, baseline=known(config, baseline))
    places = {finding.place for finding in verdict.findings}
    return carry_out(config, catalogue, add.plan(catalogue, render(spans), places), options, dry_run)


def _at(config: Config, options: Options, revision: str) -> Catalogue:
    return read_catalogue(config, options, git.read_tree(config.root, revision))


def _one_span(config: Config, text: str) -> tuple[Span, ...]:
    """The annotation to write: a release, ``next``, or ``<=`` and a release for entries of unknown age.

    Raises:
        ReleaseError: it is none of them.
    """
    try:
        spans = parse(text, config.scheme)
    except AnnotationError as error:
        raise ReleaseError(f"--since {text!r}: {error.reason}") from error
    if len(spans) > 1 or not spans[0].is_open or note_text(spans[0]):
        raise ReleaseError(f"--since takes one release, 'next' or '<= REL', not {text!r}")
    return spans


def _refuse_unknown(config: Config, catalogue: Catalogue, since: Release) -> None:
    """Do not write a release that ``check`` would report.

    Raises:
        ReleaseError: the release is not known, or newer than the current one.
    """
    fault = why_not(Context(catalogue, config), since)
    if fault is not None:
        known_ones = f"; known releases: {listing(map(str, catalogue.known))}" if catalogue.known else ""
        raise ReleaseError(f"{since} {fault}{known_ones}; or use 'next'")
