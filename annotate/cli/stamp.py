"""``hvsupport stamp``: replace ``next`` with the release that is being made."""

from __future__ import annotations

import click

from .. import commits, git
from ..catalogue import Catalogue, as_new
from ..config.value import Config
from ..errors import ReleaseError, UsageError
from ..readers.documents import waiting
from ..release import Release
from ..report.visible import visible
from ..rewrite import stamp
from .editing import carry_out
from .examples import examples
from .options import Options, common_options, load_config
from .reading import read_catalogue
from .streams import say

EXAMPLES = examples(
    ("hvsupport stamp 1.3.0 --dry-run", "see the patch"),
    ("hvsupport stamp 1.3.0", "write it"),
)


@click.command("stamp", epilog=EXAMPLES)
@click.argument("release")
@click.option("--dry-run", is_flag=True, help="Print a unified diff and change nothing.")
@click.option("--allow-dirty", is_flag=True, help="Go on although tracked files differ from the checked-out commit.")
@common_options()
def command(options: Options, release: str, dry_run: bool, allow_dirty: bool) -> int:
    """Replace every 'next' in the sources with RELEASE, which must be newer than all known releases.

    Only the word itself is replaced, also in removals and in the documents that the configuration names; notes are not
    changed. In a git repository nothing else may differ from the checked-out commit, so that the commit of the release
    holds nothing else. With --allow-dirty the same command again finishes a run that was interrupted. Exit status 1
    means that files were changed.
    """
    config = load_config(options)
    made = config.scheme.parse(release)
    if made.is_next:
        raise ReleaseError("stamp needs the release that is being made, not 'next'")
    if not dry_run and not allow_dirty:
        refuse_dirty(config)
    catalogue = read_catalogue(config, options)
    refuse_old(config, catalogue, made)
    documents = list(waiting(config))
    sums = {each.place.path: each.checksum for each in documents}
    catalogue = catalogue._replace(contents={**sums, **catalogue.contents})
    plan = stamp.plan(catalogue, config, made, [each.stamped(made) for each in documents])
    status = carry_out(config, catalogue, plan, options, dry_run)
    if not dry_run and catalogue.current is not None and catalogue.current < made:
        place = config.place("release").short
        say(f"{place}: the current release is still {catalogue.release}; raise it so that 'check' accepts {made}")
    return status


def refuse_dirty(config: Config) -> None:
    """Refuse a tree with changes that are not committed.

    Raises:
        UsageError: there are some.
    """
    if not git.has_repository(config.root) or commits.head(config.root) is None:
        return
    changed = commits.changed(config.root)
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise UsageError(
            f"{visible(changed[0])}{more} differs from the checked-out commit; commit it first, or use --allow-dirty"
        )


def refuse_old(config: Config, catalogue: Catalogue, made: Release) -> None:
    """Refuse a release that is not newer than all known ones.

    Under ``listed`` a release has no order until the config lists it, so there it must be the last of the list.

    Raises:
        ReleaseError: there is a newer release, or this one was made already.
    """
    listed = config.scheme.name == "listed"
    if listed and made not in (catalogue.known or ()):
        raise ReleaseError(f"{made} is not in the list of releases in {config.path}; add it at the end first")
    newest = as_new(catalogue, made, listed=listed)
    if newest is not None:
        raise ReleaseError(f"{made} is not newer than {newest}, the newest known release")
