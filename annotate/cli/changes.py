"""``hvsupport changes`` and ``hvsupport next``: what differs between two releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from ..catalogue import Catalogue
from ..config.value import Config
from ..differences import Difference, as_of, differences
from ..errors import ReleaseError
from ..nearest import did_you_mean
from ..release import Release
from ..report.changes import FORMATS, render
from ..report.visible import visible
from .examples import examples
from .options import Options, common_options, load_config
from .output import write_output
from .reading import read_catalogue

if TYPE_CHECKING:
    from .past import Backports

EXAMPLES = examples(
    ("hvsupport changes 1.1.0 1.2.0 --format markdown", "for release notes"),
    ("hvsupport changes 1.2.0 next", "what is coming"),
    ("hvsupport changes 1.1.3 1.1.4 --history", "a maintenance release"),
)


@click.command("changes", epilog=EXAMPLES)
@click.argument("older")
@click.argument("newer")
@click.option("--history", "from_git", is_flag=True, help="Add what only the tags of git tell.")
@common_options(FORMATS, output=True)
def command(options: Options, older: str, newer: str, from_git: bool) -> int:
    """Tell what each driver gained, lost or changed in depth between two releases, and which calls are new to all.

    It is taken from the annotations of the tree. NEWER may be 'next'. Markdown is made for release notes. An entry
    without a release, or with '<=' a release after OLDER, is left out. With --history the tags of git give the releases
    that the sources do not name, and tell what was backported to NEWER and not to OLDER.
    """
    config = load_config(options)
    catalogue = read_catalogue(config, options)
    between = known_release(config, catalogue, older), known_release(config, catalogue, newer)
    if not between[0] < between[1]:
        raise ReleaseError(f"{older} is not older than {newer}; give the older release first")
    added: Sequence[Difference] = ()
    if from_git:
        from .filled import filled
        from .past import backports, history

        with history(config, catalogue, options) as past:
            added = list(_backported(catalogue, backports(past, catalogue), *between))
            catalogue = filled(past, config, catalogue, options)
    tell(catalogue, options, *between, added)
    return 0


def _backported(catalogue: Catalogue, found: Backports, older: Release, newer: Release) -> Iterator[Difference]:
    """What one release has only because it was backported, and another has not."""
    for interface in catalogue.interfaces:
        for driver, entry, cell in interface.walk():
            releases = found.get((interface.key, driver.id, entry.name), ())
            if newer in releases and older not in releases:
                yield Difference(interface.key, "backported", driver.id, driver.title, entry.name, cell.note)


def tell(
    catalogue: Catalogue, options: Options, older: Release, newer: Release, added: Sequence[Difference] = ()
) -> None:
    """Write the differences of two releases.

    Args:
        catalogue: today's.
        options: the format, and where to.
        older, newer: the releases.
        added: what the annotations do not tell.
    """
    found = [*differences(as_of(catalogue, older), as_of(catalogue, newer)), *added]
    titles = {each.key: each.title for each in catalogue.interfaces}
    text = render(options.format, found, titles, (str(older), str(newer)))
    write_output(text if options.format == "json" else "\n".join(map(visible, text.split("\n"))), options.output)


def known_release(config: Config, catalogue: Catalogue, text: str) -> Release:
    """A release that is given by name.

    Raises:
        ReleaseError: it is not one, or it is not known.
    """
    release = config.scheme.parse(text)
    if not catalogue.is_known(release):
        names = [str(each) for each in catalogue.known or ()]
        raise ReleaseError(f"release {text} is not known; {did_you_mean(text, names) or 'see releases in the config'}")
    return release
