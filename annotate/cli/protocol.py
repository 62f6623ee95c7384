"""``hvsupport protocol``: which protocol the tables allow between two drivers at two releases."""

from __future__ import annotations

import click

from ..protocols.choose import question
from ..protocols.negotiate import negotiate
from ..protocols.words import to_json, to_text
from .examples import examples
from .options import Options, common_options, load_config
from .output import refuse_input, write_output
from .reading import read_catalogue, warn_of_problems

FORMATS = ("text", "json")


EXAMPLES = examples(
    ("hvsupport protocol qemu@1.0.0 qemu@current", "between two releases"),
)


@click.command("protocol", epilog=EXAMPLES)
@click.argument("source", metavar="DRIVER@REL")
@click.argument("destination", metavar="DRIVER@REL")
@click.option(
    "--protocol", "wanted", metavar="FAMILY", help="Which family of protocols, if several cover both drivers."
)
@common_options(FORMATS, output=True)
def command(options: Options, source: str, destination: str, wanted: str | None) -> int:
    """Say which protocol the tables allow from the first driver and release to the second, and why not a better one.

    Name a driver by its id or title; REL may also be 'current' or 'next'. The result is the best protocol for which the
    first driver has all source steps and the second all destination steps, each at its release. Two different drivers
    can be paired only if the configuration declares them compatible. Exit status 1 means that none is allowed.
    """
    config = load_config(options)
    catalogue = read_catalogue(config, options)
    asked = question(catalogue, config, source, destination, wanted)
    may_pair = asked.family.may_pair(asked.source[0].id, asked.destination[0].id)
    found = negotiate(asked.family, asked.source, asked.destination) if may_pair else None
    refuse_input(options.output, config.root, (*catalogue.paths, config.path))
    text = (to_json if options.format == "json" else to_text)(asked, found)
    write_output(text.encode("utf-8", "backslashreplace"), options.output)
    warn_of_problems(catalogue, options)
    return 0 if found is not None and found.best is not None else 1
