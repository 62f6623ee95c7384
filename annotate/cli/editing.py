"""What ``annotate`` and ``stamp`` share: print a plan as a diff or carry it out, and report what was skipped."""

from __future__ import annotations

from ..catalogue import Catalogue
from ..config.value import Config
from ..report.visible import visible
from ..rewrite import Plan, disk
from ..rewrite.diff import unified
from .options import Options
from .output import write_output
from .streams import say


def carry_out(config: Config, catalogue: Catalogue, plan: Plan, options: Options, dry_run: bool) -> int:
    """Make the edits, or print them as a unified diff.

    Returns:
        The exit status: 1 when files were changed, would be, or something could not be edited; else 0.
    """
    for left in plan.skipped:
        say(f"{visible(str(left.place))}: {left.what} was not changed: {left.why}")
    if dry_run:
        write_output(_diff(config, catalogue, plan), options.output)
        return int(bool(plan.edits or plan.skipped))

    changed = disk.write(config.root, plan.edits, catalogue.contents)
    if not options.quiet:
        _summary(plan, changed)
    return int(bool(changed or plan.skipped))


def _diff(config: Config, catalogue: Catalogue, plan: Plan) -> bytes:
    changed = disk.edited(config.root, plan.edits, catalogue.contents)
    return b"".join(unified(path, before, after) for path, (before, after) in changed.items())


def _summary(plan: Plan, changed: list[str]) -> None:
    for path in changed:
        say(f"changed {visible(path)}")
    if changed:
        say(f"{_count(len(plan.edits), 'annotation')} written in {_count(len(changed), 'file')}.")
    elif not plan.skipped:
        say("Nothing to change.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
