"""``hvsupport check``: all rules over the tree."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import BaselineError, UsageError
from ..report import FORMATS
from . import say
from .common import Options, common_options, load_config, read_catalogue, write_output

if TYPE_CHECKING:
    from ..config import Config
    from ..findings import Finding
    from ..judge import Verdict
    from ..model import Catalogue
    from ..release import Release
    from ..report import Style
    from ..suppress import Known

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("check", short_help="Report what is missing, wrong or unreadable.")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@click.option("--select", multiple=True, metavar="CODE", help="Only rules that begin with this; may be repeated.")
@click.option("--ignore", multiple=True, metavar="CODE", help="Not the rules that begin with this; may be repeated.")
@click.option("--diff", "revision", metavar="REV", help="Only what is new since this revision of git.")
@click.option("--release", "gate", metavar="REL", help="The gate for a release: no 'next' left, nothing newer.")
@click.option("--baseline", type=_FILE, metavar="FILE", help="Findings that are known; default: the config's.")
@click.option("--write-baseline", "new_baseline", type=_FILE, metavar="FILE", help="List all findings there, exit 0.")
@common_options(FORMATS, output=True)
def command(
    options: Options,
    paths: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    revision: str | None,
    gate: str | None,
    baseline: Path | None,
    new_baseline: Path | None,
) -> int:
    """Check every annotation, and report what is missing, wrong or unreadable.

    The whole tree is read, since an entry may come from a base class anywhere; PATH limits what is reported to these
    files and folders.
    """
    if new_baseline is not None and (paths or select or ignore or revision is not None or gate is not None):
        raise UsageError(
            "--write-baseline lists everything: it goes with no PATH, --select, --ignore, --diff, --release"
        )
    from ..rules import selected

    codes = selected(prefixes(select), prefixes(ignore))
    config = load_config(options)
    limits = [_below_root(path, config.root) for path in paths]
    catalogue, verdict = _judge(options, config, codes, revision, gate, () if new_baseline else known(config, baseline))
    if new_baseline is not None:
        return write_new_baseline(verdict, new_baseline, codes)
    if limits and not options.quiet and not _limited([*catalogue.paths, config.path], limits):
        say("hvsupport: nothing that was read lies in what was asked for")
    reported = set(_limited([one.place.path for one in verdict.findings], limits))
    findings = [one for one in verdict.findings if not limits or one.place.path in reported]
    report(findings, options, config)
    return exit_status(findings)


def prefixes(given: Sequence[str]) -> tuple[str, ...]:
    """``--select HV001,HV004`` is the same as giving it twice."""
    return tuple(part.strip() for text in given for part in text.split(","))


def _judge(
    options: Options,
    config: Config,
    codes: Sequence[str],
    revision: str | None,
    gate: str | None,
    baseline: Sequence[Known],
) -> tuple[Catalogue, Verdict]:
    from ..judge import judge

    release: Release | None = None if gate is None else _gate(config, gate)
    catalogue = read_catalogue(config, options)
    previous = None
    if revision is not None:
        from .. import git

        previous = read_catalogue(config, options, git.read_tree(config.root, revision))
    verdict = judge(config, catalogue, codes=codes, gate=release, previous=previous, baseline=baseline)
    return catalogue, verdict


def _gate(config: Config, text: str) -> Release:
    release = config.scheme.parse(text)
    if release.is_next:
        raise UsageError("--release takes the release that is about to be made, not 'next'")
    return release


def known(config: Config, given: Path | None) -> tuple[Known, ...]:
    """The findings of the baseline that was given, else of the one that the config names.

    Raises:
        BaselineError: it cannot be read or is not a baseline.
    """
    path = given if given is not None else config.root / config.baseline if config.baseline else None
    if path is None:
        return ()
    from ..suppress import read_baseline

    return read_baseline(_read_baseline(path), _shown(path, config.root))


def _read_baseline(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BaselineError(f"cannot read baseline {path}: {getattr(error, 'strerror', None) or error}") from error


def _shown(path: Path, root: Path) -> str:
    """A path relative to the root where it lies there; else as it was given."""
    relative = os.path.relpath(path, root)
    return path.as_posix() if relative.startswith("..") else Path(relative).as_posix()


def write_new_baseline(verdict: Verdict, path: Path, codes: Collection[str]) -> int:
    """List everything that was found in a baseline file, and say how much it is.

    Args:
        verdict: what was found.
        path: the file; what it says of rules that did not run, which are another command's, stays as it is.
        codes: the rules that ran.

    Raises:
        BaselineError: a file stands there that is no baseline; writing over it might lose what others listed.
    """
    from .. import run
    from ..suppress import EXCEPTIONS, lines_of_others, write_baseline

    try:
        kept = lines_of_others(_read_baseline(path) if path.is_file() else "", path.as_posix(), codes)
    except BaselineError as error:
        raise BaselineError(f"{error}; it was left as it is: remove it to have a new one written") from error
    found = [one for one in verdict.all if one.code in codes and one.code != EXCEPTIONS]
    run.atomic_write(path, write_baseline(found, kept).encode("utf-8", "surrogateescape"))
    others = f", and keeps {len(kept)} of rules that another command runs" if kept else ""
    say(f"{path}: lists {len(found)} finding{'' if len(found) == 1 else 's'}{others}")
    return 0


def _below_root(path: Path, root: Path) -> str:
    """A path of the command line relative to the root.

    Raises:
        UsageError: it lies elsewhere, so nothing could be found in it.
    """
    relative = os.path.relpath(path.resolve(), root.resolve())
    if relative.startswith(".."):
        raise UsageError(f"{path} does not lie in {root}")
    return Path(relative).as_posix()


def _limited(paths: Iterable[str], limits: Sequence[str]) -> list[str]:
    """Of some paths those that are one of the limits or lie in it."""
    return [path for path in paths if any(to in (".", path) or path.startswith(f"{to}/") for to in limits)]


def exit_status(findings: Sequence[Finding]) -> int:
    """1 when some finding is an error, else 0."""
    from ..findings import ERROR

    return int(any(one.severity == ERROR for one in findings))


def report(findings: Sequence[Finding], options: Options, config: Config) -> None:
    """Write the findings in the format that was asked for, for a terminal where one is looked at."""
    from ..report import render

    write_output(render(options.format, findings, style(options, config)), options)


def style(options: Options, config: Config) -> Style:
    """How a text report may look: colours and source lines on a terminal only."""
    from ..report import Style

    if options.output is not None or not sys.stdout.isatty():
        return Style(summary=not options.quiet)
    return Style(_source_line(config), colour=_has_colours(), summary=not options.quiet)


def _has_colours() -> bool:
    """Whether the terminal shows colours, and nobody asked for none (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _source_line(config: Config) -> Callable[[str, int], str | None]:
    """Source lines, read when they are asked for; a file that cannot be read has none."""
    from functools import lru_cache

    from .. import run
    from ..errors import HvsupportError

    @lru_cache(maxsize=8)
    def lines(path: str) -> list[str]:
        try:
            text = run.read_bytes(config, path).decode("utf-8", "replace")
        except (HvsupportError, OSError):
            return []
        return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def line(path: str, number: int) -> str | None:
        found = lines(path)
        return found[number - 1] if 0 < number <= len(found) else None

    return line
