"""``hvsupport backfill``: missing annotations from the release tags of git."""

from __future__ import annotations

from collections.abc import Sequence

import click

from .. import commits
from ..catalogue import Catalogue
from ..config.value import Config
from ..discover.text import quoted
from ..grammar import render
from ..history.claims import claims, derived_claims
from ..history.verdicts import History, Verdict
from ..report.visible import visible
from ..rewrite import Skipped, insert
from .editing import carry_out
from .options import Options, common_options, load_config
from .past import history
from .reading import read_catalogue
from .streams import say


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
        status = carry_out(config, catalogue, plan, options, dry_run)
        if not dry_run and not options.quiet:
            _propose(config, past, read_catalogue(config, options) if plan.edits else catalogue)
    return status


def _propose(config: Config, past: History, catalogue: Catalogue) -> None:
    """Print what only the configuration can say: drivers that are gone, and inherited entries younger than the page."""
    head = commits.head(config.root) or ""
    wrong = [each for each in past.verdicts(derived_claims(catalogue, config)) if each.is_wrong and each.spans]
    for interface in config.interfaces:
        gone = past.former(interface.key, head)
        known = {*interface.removed, *interface.not_drivers}
        lines = {"removed": [f"{quoted(name)} = {quoted(render(gone[name]))}" for name in gone if name not in known]}
        entries: dict[str, list[str]] = {}
        for claim, spans in ((each.claim, each.spans) for each in wrong if each.claim.inherited):
            if claim.interface == interface.key and spans:
                entries.setdefault(claim.owner, []).append(f"{quoted(claim.entry or '')} = {quoted(render(spans))}")
        lines["inherits"] = [f"{quoted(driver)} = {{ {', '.join(each)} }}" for driver, each in entries.items()]
        for key, made in lines.items():
            if made:
                say(f"\n{config.path}: add what {_WHY[key]}\n[interfaces.{interface.key}.{key}]")
                say("\n".join(map(visible, made)))


#: Key of the configuration -> what it is for.
_WHY = {
    "removed": "releases had, to keep it on the page",
    "inherits": "drivers inherit since another release than the page says",
}


def _missing(verdicts: Sequence[Verdict]) -> list[insert.Missing]:
    return [
        insert.Missing(each.claim.place, each.claim.subject, each.claim.insertion, render(each.spans))
        for each in verdicts
        if each.spans
    ]


def _unknown(verdicts: Sequence[Verdict]) -> list[Skipped]:
    why = "no release can be read that tells since when; write the release by hand"
    return [Skipped(each.claim.place, each.claim.subject, why) for each in verdicts if not each.spans]
