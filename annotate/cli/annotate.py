"""``hvsupport annotate``: write missing annotations."""

from __future__ import annotations

import click

from ..catalogue import Catalogue
from ..config.value import Config
from ..errors import AnnotationError, ReleaseError
from ..grammar import parse, render
from ..model import Span
from ..release import Release
from ..rewrite import add
from ..rules.base import Context, listing
from ..rules.hv003 import why_not
from .editing import carry_out
from .options import Options, common_options, load_config
from .reading import read_catalogue


@click.command("annotate")
@click.option("--since", default="next", show_default=True, metavar="REL", help="A release, 'next', or '<= REL'.")
@click.option("--dry-run", is_flag=True, help="Print a unified diff and change nothing.")
@common_options()
def command(options: Options, since: str, dry_run: bool) -> int:
    """Write the release beside every entry that HV001 reports.

    Nothing else is changed, and a second run changes nothing. Exit status 1 means that files were changed.
    """
    config = load_config(options)
    spans = _one_span(config, since)
    catalogue = read_catalogue(config, options)
    _refuse_unknown(config, catalogue, spans[0].since)
    return carry_out(config, catalogue, add.plan(catalogue, render(spans)), options, dry_run=dry_run)


def _one_span(config: Config, text: str) -> tuple[Span, ...]:
    """The annotation to write: a release, ``next``, or ``<=`` and a release for entries of unknown age.

    Raises:
        ReleaseError: it is none of them.
    """
    try:
        spans = parse(text, config.scheme)
    except AnnotationError as error:
        raise ReleaseError(f"--since {text!r}: {error.reason}") from error
    if len(spans) > 1 or not spans[0].is_open or spans[0].note or spans[0].partial:
        raise ReleaseError(f"--since takes one release, 'next' or '<= REL', not {text!r}")
    return spans


def _refuse_unknown(config: Config, catalogue: Catalogue, since: Release) -> None:
    """Do not write a release that ``check`` would report.

    Raises:
        ReleaseError: the release is not known, or newer than the current one.
    """
    fault = why_not(Context(catalogue, config), since)
    if fault is not None:
        known = f"; known releases: {listing(map(str, catalogue.known))}" if catalogue.known else ""
        raise ReleaseError(f"{since} {fault}{known}; or use 'next'")
