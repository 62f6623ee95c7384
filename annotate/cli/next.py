"""``hvsupport next``: what waits for the coming release."""

from __future__ import annotations

import click

from ..errors import ReleaseError
from ..release import NEXT
from ..report.changes import FORMATS
from .changes import tell
from .examples import examples
from .options import Options, common_options, load_config
from .reading import read_catalogue

EXAMPLES = examples(
    ("hvsupport next", "what waits for the release"),
)


@click.command("next", epilog=EXAMPLES)
@common_options(FORMATS, output=True)
def command(options: Options) -> int:
    """List what is annotated 'next', by driver: what the coming release adds and removes."""
    catalogue = read_catalogue(load_config(options), options)
    known = [*(catalogue.known or ()), *([] if catalogue.current is None else [catalogue.current])]
    newest = max(known, default=None)
    if newest is None:
        raise ReleaseError("no current release: set 'release' in the configuration")
    tell(catalogue, options, newest, NEXT)
    return 0
