"""``hvsupport export``: the catalogue as data for other programs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import atomic
from ..config.value import Config
from ..errors import UsageError
from ..findings import Verdict
from ..suppress import known
from .examples import examples
from .options import Options, baseline_option, common_options, history_option, load_config
from .output import refuse_input, write_output
from .reading import answer
from .reporting import exit_status, print_findings

if TYPE_CHECKING:
    from ..catalogue import Catalogue

#: The same as in ``gen.exports`` (a test checks it), repeated so that ``--help`` need not load that package.
FORMATS = ("json", "csv", "csv-wide", "markdown", "bcd", "html-fragment")


EXAMPLES = examples(
    ("hvsupport export --output matrix.json", "all data, as JSON"),
    ("hvsupport export --format csv-wide", "a column for each driver"),
    ("hvsupport export --as-of 1.1.0 --format markdown", "as it was"),
    ("hvsupport export --history --format csv", "releases from git where the sources have none"),
)


@click.command("export", epilog=EXAMPLES)
@baseline_option
@history_option
@click.option("--as-of", metavar="REL", help="Write the matrix of an earlier release, as the annotations tell it.")
@click.option(
    "--depfile",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a dependency file for make or ninja; needs --output.",
)
@common_options(FORMATS, output=True)
def command(options: Options, baseline: Path | None, from_git: bool, as_of: str | None, depfile: Path | None) -> int:
    """Write the matrix as JSON, CSV, Markdown, browser-compat-data (BCD, the format of MDN) or XHTML.

    The JSON is a stable format; its JSON Schema is published with the site. The XHTML page (html-fragment) has no
    header or navigation, so that a project's own build can add them. With --history the tags of git give the releases
    that the sources do not name, as 'hvsupport backfill' would write them. All rules run too: findings go to standard
    error, and the exit status is 1 if one is an error; the output is written in any case.
    """
    if depfile is not None and options.output is None:
        raise UsageError("--depfile needs --output")

    config = load_config(options)

    def written(catalogue: Catalogue, verdict: Verdict) -> bytes:
        from hvsupport.gen.exports.json import export

        if from_git:
            from .filled import with_history

            catalogue = with_history(config, catalogue, options)
        shown = catalogue if as_of is None else _as_of(config, catalogue, as_of)
        return export(shown, verdict.findings if as_of is None else (), options.format)

    question = ("export", options.format, as_of)
    found = answer(config, options, question, known(config, baseline), _codes, written, keep=not from_git)
    findings = found.verdict.findings
    given = (*found.paths, config.path, config.baseline, baseline and os.path.abspath(baseline))
    for path in (options.output, depfile):
        refuse_input(path, config.root, given)
    inputs = _inputs(config, found.sources, baseline)
    rule = _rule(options.output, inputs) if depfile is not None and options.output is not None else b""
    write_output(found.document, options.output)
    print_findings(findings, options)
    status = exit_status(findings)
    if options.output is not None and options.output.is_file():
        if depfile is not None:
            atomic.write(depfile, rule)
        _date(options.output, inputs, failed=status != 0)
    return status


def _codes() -> Sequence[str]:
    from ..rules import CHECKED

    return CHECKED


def _as_of(config: Config, catalogue: Catalogue, text: str) -> Catalogue:
    """The catalogue as of a release that is given by name; few runs need it."""
    from ..differences import as_of
    from .changes import known_release

    return as_of(catalogue, known_release(config, catalogue, text))


def _inputs(config: Config, sources: Sequence[str], baseline: Path | None) -> list[Path]:
    """Every file with an interface, a table or public calls, the configuration, and the baseline.

    The last two affect the exit status.
    """
    paths = [config.root / path for path in sources]
    if (config.root / config.path).is_file():
        paths.append(config.root / config.path)
    if baseline is not None or config.baseline is not None:
        paths.append(baseline or config.root / str(config.baseline))
    return paths


def _rule(output: Path, inputs: list[Path]) -> bytes:
    """A rule for make with all inputs, and an empty rule for each, so that make accepts that one is deleted.

    Raises:
        UsageError: a name would be read as something else, such as a command.
    """
    names = [_escaped(path) for path in inputs]
    needed = " \\\n  ".join(names)
    empty = "".join(f"\n{name}:\n" for name in names)
    return f"{_escaped(output)}: {needed}\n{empty}".encode("utf-8", "surrogateescape")


def _date(output: Path, inputs: list[Path], *, failed: bool) -> None:
    """Set the modification time of the output, by which make and ninja decide whether to run again.

    It is now, even if the content did not change. After a failure it is older than every input, so that the next build
    fails again.
    """
    if not failed:
        os.utime(output)
        return
    oldest = min((path.stat().st_mtime_ns for path in inputs if path.exists()), default=output.stat().st_mtime_ns)
    before = max(oldest - 1_000_000_000, 1_000_000_000)
    os.utime(output, ns=(before, before))


def _escaped(path: Path) -> str:
    """A path escaped for make, which cannot escape line breaks, ``;`` (a recipe) and ``!=`` (a shell assignment)."""
    if re.search(r"[\x00-\x1f;]|!=", str(path)):
        raise UsageError(f"--depfile: make would misread the file name {str(path)!r}; rename it")
    text = str(path).replace("$", "$$")
    return "".join(f"\\{sign}" if sign in " #" else sign for sign in text)
