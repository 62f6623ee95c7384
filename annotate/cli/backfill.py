"""``hvsupport backfill``: missing annotations from the release tags of git."""

from __future__ import annotations

from collections.abc import Mapping

import click
import tomli

from .. import atomic, commits
from ..catalogue import Catalogue
from ..config.target import key, quoted
from ..config.value import Config
from ..grammar import render
from ..history.verdicts import History
from ..model import Span
from ..report.visible import visible
from ..rewrite.diff import unified
from . import filled
from .editing import carry_out
from .examples import examples
from .options import Options, common_options, load_config
from .output import write_output
from .past import history
from .reading import read_catalogue
from .streams import say

EXAMPLES = examples(
    ("hvsupport backfill --dry-run", "see the patch"),
    ("hvsupport backfill", "write it"),
)


@click.command("backfill", epilog=EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Print a unified diff and change nothing.")
@common_options()
def command(options: Options, dry_run: bool) -> int:
    """Write the release beside every entry that HV001 reports, taken from the releases that git has a tag of.

    An entry that the oldest readable release has gets '<= RELEASE', because it may be older; one that no release has
    gets 'next'. Existing annotations are not changed: 'hvsupport verify --write' corrects them. Where a driver inherits
    an entry since another release than its own, the configuration gets a table 'inherits' that says so. A second run
    changes nothing. Exit status 1 means that files were changed.
    """
    config = load_config(options)
    catalogue = read_catalogue(config, options)
    with history(config, catalogue, options) as past:
        plan = filled.missing(past, catalogue)
        status = carry_out(config, catalogue, plan, options, dry_run)
        if plan.edits:
            catalogue = read_catalogue(config, options, filled.as_edited(config, plan) if dry_run else None)
        is_changed = _inherited(config, past, catalogue, options.quiet, dry_run)
        if not options.quiet:
            _gone(config, past)
    return max(status, int(is_changed))


def _inherited(config: Config, past: History, catalogue: Catalogue, quiet: bool, dry_run: bool) -> bool:
    """Write into the configuration since when drivers inherit what they have not had from their first release on.

    Returns:
        Whether it changed. A table that exists, or that cannot be added at the end of the file, is printed instead.
        A dry run prints the addition as a patch.
    """
    found = filled.inherited(past, config, catalogue)
    new: list[str] = []
    by_hand: list[str] = []
    for interface in config.interfaces:
        drivers = found.get(interface.key, {})
        lines = [f"{quoted(driver)} = {{ {_listed(entries)} }}" for driver, entries in drivers.items()]
        if lines:
            tables = by_hand if interface.inherits else new
            tables.append("\n".join([f"[interfaces.{key(interface.key)}.inherits]", *lines]))
    is_changed = bool(new) and _append(config, "\n\n".join(new), dry_run)
    if is_changed and not quiet and not dry_run:
        say(f"changed {visible(config.path)}: since when drivers inherit entries")
    for text in by_hand if is_changed else (*new, *by_hand):
        say(f"\n{config.path}: add what drivers inherit since another release than the page says\n{_shown(text)}")
    return is_changed


def _listed(entries: Mapping[str, tuple[Span, ...]]) -> str:
    return ", ".join(f"{quoted(entry)} = {quoted(render(spans))}" for entry, spans in entries.items())


def _shown(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))


def _append(config: Config, text: str, dry_run: bool) -> bool:
    """Add tables to a configuration file of its own, if they can stand at its end."""
    path = config.root / config.path
    if path.name == "pyproject.toml" or not path.is_file():
        return False
    before = path.read_bytes()
    newline = "\r\n" if b"\r\n" in before else "\n"
    ends = not before or before.endswith(b"\n")
    after = before + newline.join([*([] if ends else [""]), "", *text.split("\n"), ""]).encode()
    try:
        tomli.loads(after.decode())
    except (tomli.TOMLDecodeError, UnicodeDecodeError):
        return False
    if dry_run:
        write_output(unified(config.path, before, after), None)
        return True
    return atomic.write(path, after)


def _gone(config: Config, past: History) -> None:
    """Print the drivers that releases had, which only the configuration can keep on the page."""
    head = commits.head(config.root) or ""
    for interface in config.interfaces:
        gone = past.former(interface.key, head)
        known = {*interface.removed, *interface.not_drivers}
        lines = [f"{quoted(name)} = {quoted(render(gone[name]))}" for name in gone if name not in known]
        if lines:
            text = "\n".join([f"[interfaces.{key(interface.key)}.removed]", *lines])
            say(f"\n{config.path}: add what releases had, to keep it on the page\n{_shown(text)}")
