"""``hvsupport changes`` and ``hvsupport next``: what differs between two releases."""

from __future__ import annotations

import click

from ..catalogue import Catalogue
from ..config.value import Config
from ..differences import as_of, differences
from ..errors import ReleaseError
from ..nearest import did_you_mean
from ..release import Release
from ..report.changes import FORMATS, render
from ..report.visible import visible
from .examples import examples
from .options import Options, common_options, load_config
from .output import write_output
from .reading import read_catalogue

EXAMPLES = examples(
    ("hvsupport changes 1.1.0 1.2.0 --format markdown", "for release notes"),
    ("hvsupport changes 1.2.0 next", "what is coming"),
)


@click.command("changes", epilog=EXAMPLES)
@click.argument("older")
@click.argument("newer")
@common_options(FORMATS, output=True)
def command(options: Options, older: str, newer: str) -> int:
    """Tell what each driver gained, lost or changed in depth between two releases, and which calls are new to all.

    It is taken from the annotations of the tree. NEWER may be 'next'. Markdown is made for release notes. An entry
    without a release, or with '<=' a release after OLDER, is left out.
    """
    config = load_config(options)
    catalogue = read_catalogue(config, options)
    between = known_release(config, catalogue, older), known_release(config, catalogue, newer)
    if not between[0] < between[1]:
        raise ReleaseError(f"{older} is not older than {newer}; give the older release first")
    tell(catalogue, options, *between)
    return 0


def tell(catalogue: Catalogue, options: Options, older: Release, newer: Release) -> None:
    """Write the differences of two releases."""
    found = differences(as_of(catalogue, older), as_of(catalogue, newer))
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
