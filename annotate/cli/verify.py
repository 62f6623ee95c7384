"""``hvsupport verify``: annotations against the release tags of git."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import click

from .. import commits, git
from ..catalogue import Catalogue
from ..config.value import Config
from ..errors import UsageError
from ..history import gone
from ..history.claims import Claim, claims, derived_claims
from ..history.findings import CODE, findings
from ..history.verdicts import KINDS, Verdict, counts
from ..judge import weigh
from ..release import Release
from ..report import FORMATS
from ..report.visible import visible
from ..rewrite import replace
from ..suppress import EXCEPTIONS, known
from .editing import carry_out
from .examples import examples
from .options import Options, baseline_option, common_options, load_config
from .past import history
from .reading import read_catalogue
from .reporting import exit_status, report
from .streams import say

#: So many subjects are named on one line.
_SHOWN = 3

EXAMPLES = examples(
    ("hvsupport verify", "what git contradicts"),
    ("hvsupport verify --write --dry-run", "the corrections, as a patch"),
)


@click.command("verify", epilog=EXAMPLES)
@click.option("--diff", "revision", metavar="REV", help="Verify only annotations that are new since this git revision.")
@click.option("--write", is_flag=True, help="Correct the annotations that are wrong; notes are kept.")
@click.option("--dry-run", is_flag=True, help="With --write, print a unified diff and change nothing.")
@baseline_option
@common_options(FORMATS, output=True, quiet="Print the total only.")
def command(options: Options, revision: str | None, write: bool, dry_run: bool, baseline: Path | None) -> int:
    """Compare every annotation with the releases that git has a tag of, and report those that are wrong.

    An annotation is too early if it names a release that did not have the entry, and too late if an earlier release had
    it. Each finding has the commands that show it. Releases that cannot be read contradict nothing. Without --diff,
    entries that the newest release has and the tree lacks are reported too, if no annotation says so (HV006). Exit
    status 1 means that something is reported, or with --write that files were changed.
    """
    if dry_run and not write:
        raise UsageError("--dry-run needs --write")

    config = load_config(options)
    catalogue = read_catalogue(config, options)
    asked = _asked(catalogue, config)
    if revision is not None:
        earlier = read_catalogue(config, options, git.read_tree(config.root, revision))
        same = {claim.identity for claim in _asked(earlier, config)}
        asked = [claim for claim in asked if claim.identity not in same]
    with history(config, catalogue, options) as past:
        verdicts = past.verdicts(asked)
        releases = len(past.tags)
        head = commits.head(config.root) if revision is None else None
        lost = [each for interface in catalogue.interfaces for each in gone.findings(past, interface, head)]

    codes = (CODE,) if revision is not None else (CODE, EXCEPTIONS)
    excused = known(config, baseline)
    # 'check' says which ignores of HV006 are unused: it sees what else they may be about.
    lost = [*weigh(lost, catalogue.ignores, (gone.CODE,), excused).findings]
    found = (*weigh(findings(verdicts), catalogue.ignores, codes, excused).findings, *lost)
    if write:
        wrong = {(one.place, one.entry) for one in found if one.code == CODE}
        return carry_out(
            config, catalogue, replace.plan(_corrections(verdicts, wrong), config.scheme), options, dry_run
        )
    report(found, options, config)
    if not options.quiet:
        say(_summary(verdicts, releases))
        for line in _backported(verdicts):
            say(line)
    return exit_status(found)


def _asked(catalogue: Catalogue, config: Config) -> list[Claim]:
    written = [claim for claim in claims(catalogue) if claim.annotation is not None]
    return [*written, *derived_claims(catalogue, config)]


def _corrections(verdicts: Sequence[Verdict], reported: Collection[object]) -> Iterator[replace.Correction]:
    """What to write, for the verdicts that are reported and whose releases are known."""
    for verdict in verdicts:
        annotation = verdict.claim.annotation
        if annotation is None or not verdict.is_wrong or not verdict.spans:
            continue
        if (annotation.place, verdict.claim.entry) in reported:
            yield replace.Correction(verdict.claim.subject, annotation, verdict.spans)


def _backported(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What maintenance branches have got, by the releases; the first ones of many."""
    found: dict[tuple[Release, ...], list[str]] = {}
    for verdict in verdicts:
        if verdict.backports:
            found.setdefault(verdict.backports, []).append(visible(verdict.claim.subject))
    for releases, subjects in sorted(found.items()):
        more = f" and {len(subjects) - _SHOWN} more" if len(subjects) > _SHOWN else ""
        yield f"Backported to {', '.join(map(str, releases))}: {', '.join(subjects[:_SHOWN])}{more}."


def _summary(verdicts: Sequence[Verdict], releases: int) -> str:
    found = counts(verdicts)
    each = ", ".join(f"{found[kind]} {kind.replace('agrees', 'agree')}" for kind in KINDS)
    compared = "1 annotation" if len(verdicts) == 1 else f"{len(verdicts)} annotations"
    against = "1 release" if releases == 1 else f"{releases} releases"
    return f"{compared} compared with {against}: {each}."
