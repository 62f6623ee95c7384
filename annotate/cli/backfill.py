"""``hvsupport backfill``: missing annotations from the release tags of git."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ..grammar import render
from ..history.claims import claims
from ..history.verdicts import Verdict
from ..rewrite import Skipped, insert
from .editing import carry_out
from .options import Options, common_options, load_config
from .past import history
from .reading import read_catalogue


@click.command("backfill")
@click.option("--dry-run", is_flag=True, help="Print a unified diff and change nothing.")
@common_options()
def command(options: Options, dry_run: bool) -> int:
    """Write the release beside every entry that HV001 reports, taken from the releases that git has a tag of.

    An entry that the oldest readable release has gets '<= RELEASE', because it may be older; one that no release has
    gets 'next'. Existing annotations are not changed: 'hvsupport verify --write' corrects them. A second run changes
    nothing. Exit status 1 means that files were changed.
    """
    config = load_config(options)
    catalogue = read_catalogue(config, options)
    missing = [claim for claim in claims(catalogue) if claim.annotation is None]
    with history(config, catalogue, options) as past:
        verdicts = past.verdicts(missing)
    plan = insert.plan(_missing(verdicts), _unknown(verdicts))
    return carry_out(config, catalogue, plan, options, dry_run)


def _missing(verdicts: Sequence[Verdict]) -> list[insert.Missing]:
    return [
        insert.Missing(each.claim.place, each.claim.subject, each.claim.insertion, render(each.spans))
        for each in verdicts
        if each.spans
    ]


def _unknown(verdicts: Sequence[Verdict]) -> list[Skipped]:
    why = "no release can be read that tells since when; write the release by hand"
    return [Skipped(each.claim.place, each.claim.subject, why) for each in verdicts if not each.spans]
