"""``hvsupport badge``: how much a driver supports, as a picture for a README."""

from __future__ import annotations

import click

from hvsupport.gen.badge import badge

from ..lookup import answers
from .changes import known_release
from .examples import examples
from .options import Options, common_options, load_config
from .output import refuse_input, write_output
from .reading import read_catalogue, warn_of_problems

EXAMPLES = examples(
    ("hvsupport badge qemu --output qemu.svg", "for a README"),
)


@click.command("badge", epilog=EXAMPLES)
@click.argument("driver")
@click.option("--as-of", metavar="REL", help="Count what stood in an earlier release, as the annotations tell it.")
@click.option("--interface", metavar="KEY", help="Count this interface only; default: every one that has the driver.")
@common_options(output=True)
def command(options: Options, driver: str, as_of: str | None, interface: str | None) -> int:
    """Write a badge with the number of entry points that a driver supports, as SVG.

    Name the driver by its title or id. An entry counts if 'hvsupport show ENTRY DRIVER' exits with 0.
    """
    config = load_config(options)
    catalogue = read_catalogue(config, options)
    release = None if as_of is None else known_release(config, catalogue, as_of)
    found = answers(catalogue, driver=driver, interface=interface, release=release)
    count, total, title = sum(each.supported is True for each in found), len(found), found[0].driver.title
    sentence = f"{title} supports {count} of {total} entry points" + (f" in {release}" if release is not None else "")
    refuse_input(options.output, config.root, (*catalogue.paths, config.path))
    write_output(badge(title, f"{count} of {total}", sentence, config.accent), options.output)
    warn_of_problems(catalogue, options)
    return 0
