"""``hvsupport export``: the catalogue as data for other programs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hvsupport.gen.exports.json import export

from .. import atomic
from ..catalogue import Catalogue
from ..config.value import Config
from ..errors import UsageError
from .options import Options, common_options, load_config
from .output import write_output
from .reading import judged
from .reporting import exit_status, print_findings

#: As ``gen.export.FORMATS`` has them; a test holds the two equal, so that ``--help`` need not load it.
FORMATS = ("json", "csv", "markdown", "bcd", "html-fragment")


@click.command("export")
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Known findings.")
@click.option(
    "--depfile",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write down, for make or ninja, which files the output depends on; needs --output.",
)
@common_options(FORMATS, output=True)
def command(options: Options, baseline: Path | None, depfile: Path | None) -> int:
    """Write the matrix as JSON, CSV, Markdown, in the shape of MDN's browser-compat-data, or as one XHTML page.

    The JSON is the public contract; its JSON Schema is published with the site. The page (html-fragment) has no frame:
    a project's own build gives it one. Every rule runs too: the output is written, findings go to standard error, and
    the exit status is 1 when one of them is an error.
    """
    if depfile is not None and options.output is None:
        raise UsageError("--depfile says what the file of --output depends on; name that file too")

    config = load_config(options)
    catalogue, findings = judged(config, options, baseline)
    write_output(export(catalogue, findings, options.format), options.output)
    if depfile is not None and options.output is not None:
        _write_depfile(depfile, options.output, config, catalogue, baseline)
    print_findings(findings, options)
    return exit_status(findings)


def _write_depfile(depfile: Path, output: Path, config: Config, catalogue: Catalogue, baseline: Path | None) -> None:
    """A rule of make: the output depends on every file with an interface, a table, or public calls.

    So does the exit status, which depends on the configuration and the baseline besides.

    The output is marked as new even where its bytes did not change: make and ninja go by times.
    """
    paths = [config.root / path for path in catalogue.sources]
    if (config.root / config.path).is_file():
        paths.append(config.root / config.path)
    if baseline is not None or config.baseline is not None:
        paths.append(baseline or config.root / str(config.baseline))
    names = " \\\n  ".join(_escaped(path) for path in paths)
    atomic.write(depfile, f"{_escaped(output)}: {names}\n".encode("utf-8", "surrogateescape"))
    os.utime(output)


def _escaped(path: Path) -> str:
    """A path as make reads it."""
    text = str(path).replace("$", "$$")
    return "".join(f"\\{sign}" if sign in " #" else sign for sign in text)
