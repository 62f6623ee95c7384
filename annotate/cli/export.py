"""``hvsupport export``: the catalogue as data for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from .check import exit_status
from .common import Options, common_options, load_config, write_output
from .docs import judged, print_findings

#: As ``gen.export.FORMATS`` has them; a test holds the two equal, so that ``--help`` need not load it.
FORMATS = ("json", "csv", "markdown", "bcd")


@click.command("export")
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Known findings.")
@common_options(FORMATS, output=True)
def command(options: Options, baseline: Path | None) -> int:
    """Write the matrix as JSON, CSV, Markdown, or in the shape of MDN's browser-compat-data.

    The JSON is the public contract; its JSON Schema is published with the site. Every rule runs too: the output is
    written, findings go to standard error, and the exit status is 1 when one of them is an error.
    """
    from hvsupport.gen.export import export

    config = load_config(options)
    catalogue, findings = judged(config, options, baseline)
    write_output(export(catalogue, findings, options.format), options)
    print_findings(findings, options)
    return exit_status(findings)
