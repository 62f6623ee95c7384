"""``hvsupport backfill``: missing annotations from the release tags of git."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click
import tomli

from .. import atomic, commits
from ..catalogue import Catalogue
from ..config.target import key, quoted
from ..config.value import Config
from ..files import Folder
from ..grammar import render
from ..history.claims import claims, derived_claims
from ..history.verdicts import History, Verdict
from ..report.visible import visible
from ..rewrite import Skipped, disk, insert
from ..rewrite.diff import unified
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
    missing = [claim for claim in claims(catalogue) if claim.annotation is None]
    with history(config, catalogue, options) as past:
        verdicts = past.verdicts(missing)
        plan = insert.plan(_missing(verdicts), _unknown(verdicts))
        status = carry_out(config, catalogue, plan, options, dry_run)
        if plan.edits:
            edited = _Edited(config, disk.edited(config.root, plan.edits)) if dry_run else None
            catalogue = read_catalogue(config, options, edited)
        is_changed = _inherited(config, past, catalogue, options.quiet, dry_run)
        if not options.quiet:
            _gone(config, past)
    return max(status, int(is_changed))


class _Edited(Mapping[str, bytes]):
    """The tree as a patch would make it: path -> contents."""

    def __init__(self, config: Config, changed: Mapping[str, tuple[bytes, bytes]]) -> None:
        self._tree, self._changed = Folder(config.root), changed
        self._paths = frozenset(self._tree.walk(""))

    def __getitem__(self, path: str) -> bytes:
        if path not in self._paths:
            raise KeyError(path)
        return self._changed[path][1] if path in self._changed else self._tree.read(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _inherited(config: Config, past: History, catalogue: Catalogue, quiet: bool, dry_run: bool) -> bool:
    """Write into the configuration since when drivers inherit what they have not had from their first release on.

    Returns:
        Whether it changed. A table that exists, or that cannot be added at the end of the file, is printed instead.
        A dry run prints the addition as a patch.
    """
    wrong = [each for each in past.verdicts(derived_claims(catalogue, config)) if each.is_wrong and each.spans]
    found: dict[str, dict[str, list[str]]] = {}
    for claim, spans in ((each.claim, each.spans) for each in wrong if each.claim.inherited):
        entries = found.setdefault(claim.interface, {}).setdefault(claim.owner, [])
        entries.append(f"{quoted(claim.entry or '')} = {quoted(render(spans or ()))}")
    new: list[str] = []
    by_hand: list[str] = []
    for interface in config.interfaces:
        drivers = found.get(interface.key, {})
        lines = [f"{quoted(driver)} = {{ {', '.join(each)} }}" for driver, each in drivers.items()]
        if lines:
            tables = by_hand if interface.inherits else new
            tables.append("\n".join([f"[interfaces.{key(interface.key)}.inherits]", *lines]))
    is_changed = bool(new) and _append(config, "\n\n".join(new), dry_run)
    if is_changed and not quiet and not dry_run:
        say(f"changed {visible(config.path)}: since when drivers inherit entries")
    for text in by_hand if is_changed else (*new, *by_hand):
        say(f"\n{config.path}: add what drivers inherit since another release than the page says\n{_shown(text)}")
    return is_changed


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


def _missing(verdicts: Sequence[Verdict]) -> list[insert.Missing]:
    return [
        insert.Missing(each.claim.place, each.claim.subject, each.claim.insertion, render(each.spans))
        for each in verdicts
        if each.spans
    ]


def _unknown(verdicts: Sequence[Verdict]) -> list[Skipped]:
    why = "no release can be read that tells since when; write the release by hand"
    return [Skipped(each.claim.place, each.claim.subject, why) for each in verdicts if not each.spans]
