"""``hvsupport init``: write a first configuration for a tree."""

from __future__ import annotations

from pathlib import Path

import click

from .. import atomic
from ..config.load import NAME, in_folder, presets
from ..discover import Discovery, discover
from ..errors import UsageError
from ..report.visible import visible
from .examples import examples
from .output import write_output
from .streams import say

_SHOWN = 10


EXAMPLES = examples(
    ("hvsupport init --dry-run", "see what it would write"),
    ("hvsupport init --at lib/base.py:Driver", "an interface that you know"),
    ("hvsupport init --preset libvirt", "a tree that a preset knows"),
)


@click.command("init", epilog=EXAMPLES)
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to search, and to write hvsupport.toml to; default: the current one.",
)
@click.option(
    "--at",
    metavar="PATH:NAME",
    multiple=True,
    help="An interface that you know: a class, or a struct in C. Only those given are written; repeatable.",
)
@click.option(
    "--preset",
    type=click.Choice(presets()),
    help="Write a configuration that extends this built-in one, in place of guesses.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing hvsupport.toml.")
@click.option("--dry-run", is_flag=True, help="Print the configuration and write nothing.")
def command(root: Path, at: tuple[str, ...], preset: str | None, force: bool, dry_run: bool) -> int:
    """Find interfaces and their drivers in a tree, and write a commented hvsupport.toml.

    An interface is a base class whose methods raise NotImplementedError, are abstract, do nothing or are overridden by
    several subclasses; a table type whose fields are functions; or, in C, a struct of function pointers with
    initializers in several files. Nothing is imported or compiled. Exit status 1 means that no interface was found and
    nothing was written.
    """
    if at and preset is not None:
        raise UsageError("--at cannot be combined with --preset")
    target = root / NAME
    if not (force or dry_run):
        _refuse_to_overwrite(root, target)
    found = discover(root, at, preset)
    _say_skipped(found)
    if not found.interfaces and preset is None:
        say(_nothing_found(found))
        return 1
    if dry_run:
        write_output(found.text.encode("utf-8"), None)
        return 0

    atomic.write(target, found.text.encode("utf-8"))
    _say_found(found, target)
    return 0


def _nothing_found(found: Discovery) -> str:
    known = ", ".join(f"--preset {name}" for name in presets())
    others = ", ".join(visible(f"{each.path}:{each.name}") for each in found.others[:_SHOWN])
    less = f" (less likely: {others})" if others else ""
    return (
        f"no interface was found{less}; name one with '--at PATH:NAME', or declare it by hand (see 'Configuration'"
        f" in the documentation); for known trees use {known}"
    )


def _refuse_to_overwrite(root: Path, target: Path) -> None:
    """Do not overwrite an existing configuration.

    Raises:
        UsageError: the folder has a configuration.
    """
    there = in_folder(root)
    if there is not None:
        raise UsageError(f"{there} already exists; use --force to write {target} anyway")


def _say_skipped(found: Discovery) -> None:
    for path, why in list(found.skipped.items())[:_SHOWN]:
        say(f"{visible(path)}: skipped: {why}")
    if len(found.skipped) > _SHOWN:
        say(f"{len(found.skipped) - _SHOWN} more files were skipped")


def _say_found(found: Discovery, target: Path) -> None:
    for each in found.interfaces:
        say(f"found {each.path}:{each.name} ({each.entries} entries, drivers in {', '.join(each.globs)})")
        if each.listed is not None and each.listed.missing:
            say(f"{each.listed.origin} names classes that were not found: {', '.join(each.listed.missing)}")
    say(f"wrote {target}; review it, then run 'hvsupport check'")
