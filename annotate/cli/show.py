"""``hvsupport show``: what a driver supports, who supports an entry, and whether the one supports the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from hvsupport.gen.celltext import cell_notes, sentence
from hvsupport.gen.exports.values import span_data, text_or_none

from ..catalogue import Catalogue
from ..errors import UsageError
from ..lookup import Answer, answers, is_driver, is_entry, names_of, verdict
from ..nearest import did_you_mean
from ..report.visible import visible
from .changes import known_release
from .examples import examples
from .options import Options, common_options, load_config
from .output import refuse_input, write_output
from .reading import read_catalogue, warn_of_problems

if TYPE_CHECKING:
    from ..config.value import Config
    from .past import Backports

FORMATS = ("text", "json")
#: Whether the driver supports the entry -> exit status.
_STATUS = {True: 0, False: 1, None: 3}


EXAMPLES = examples(
    ("hvsupport show migrate", "all drivers"),
    ("hvsupport show qemu", "all entries"),
    ("hvsupport show migrate qemu --as-of 1.1.0", "exit status 0, 1 or 3"),
    ("hvsupport show migrate qemu --history", "with backports"),
)


@click.command("show", epilog=EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="ENTRY|DRIVER [DRIVER]")
@click.option("--as-of", metavar="REL", help="Answer for an earlier release, as the annotations tell it.")
@click.option("--interface", metavar="KEY", help="Look only into this interface, if several have the name.")
@click.option("--history", "from_git", is_flag=True, help="Add what only the tags of git tell.")
@common_options(FORMATS, output=True)
def command(options: Options, names: tuple[str, ...], as_of: str | None, interface: str | None, from_git: bool) -> int:
    """Show which drivers support an entry, what a driver supports, or whether a driver supports an entry.

    Name an entry by its own name or by its public call, and a driver by its title or id. With both, exit status 0 means
    that the driver supports the entry, 1 that it does not, and 3 that this is not known: support depends on a
    condition, the cell could not be read, or, with --as-of, a release is missing. Without --as-of the answer is about
    the tree as it is, with what comes in the next release. A public call that several entries serve is supported if one
    of them is. With --history the tags of git give the releases that the sources do not name, and tell which
    maintenance releases got an entry by backport.
    """
    if len(names) > 2:
        raise UsageError(f"{len(names)} names; give an entry, a driver, or an entry and a driver")
    config = load_config(options)
    catalogue = read_catalogue(config, options)
    entry, driver = _asked(catalogue, names)
    release = None if as_of is None else known_release(config, catalogue, as_of)
    found = answers(catalogue, entry=entry, driver=driver, interface=interface, release=release)
    keys = list(dict.fromkeys(answer.interface.key for answer in found))
    if entry is not None and driver is not None and len(keys) > 1:
        raise UsageError(f"several interfaces have both; choose one with --interface: {', '.join(keys)}")
    refuse_input(options.output, config.root, (*catalogue.paths, config.path))
    told_of = None
    if from_git:
        catalogue, told_of = _from_git(config, catalogue, options, found)
        found = answers(catalogue, entry=entry, driver=driver, interface=interface, release=release)
    is_json = options.format == "json"
    told = _json(found, as_of, told_of) if is_json else "".join(_text(found, entry, driver, told_of or {}))
    write_output(told.encode("utf-8", "backslashreplace"), options.output)
    warn_of_problems(catalogue, options)
    return _STATUS[verdict(found)] if entry is not None and driver is not None else 0


def _asked(catalogue: Catalogue, names: Sequence[str]) -> tuple[str | None, str | None]:
    """The entry and the driver that are named; of two names the entry may come first or last."""
    first = names[0]
    if len(names) == 1:
        if is_entry(catalogue, first):
            return first, None
        if not is_driver(catalogue, first):
            known = [name for each in catalogue.interfaces for name in names_of(each)]
            raise UsageError(
                f"no entry or driver {first!r}; {did_you_mean(first, known) or 'see the page or the export'}"
            )
        return None, first
    other = names[1]
    return (other, first) if is_entry(catalogue, other) and not is_entry(catalogue, first) else (first, other)


def _from_git(
    config: Config, catalogue: Catalogue, options: Options, found: Iterable[Answer]
) -> tuple[Catalogue, Backports]:
    """The catalogue with the releases of git, and the backports of what was asked for."""
    from .filled import filled
    from .past import backports, history

    asked = {(answer.interface.key, answer.driver.id, answer.entry.name) for answer in found}
    with history(config, catalogue, options) as past:
        return filled(past, config, catalogue, options), backports(past, catalogue, asked.__contains__)


def _of(answer: Answer, backports: Backports) -> list[str]:
    return [str(each) for each in backports.get((answer.interface.key, answer.driver.id, answer.entry.name), ())]


def _text(found: Sequence[Answer], entry: str | None, driver: str | None, backports: Backports) -> Iterator[str]:
    """One line an answer; below a heading for each interface, or with the place if both are named."""
    both = entry is not None and driver is not None
    last = None
    for answer in found:
        if not both and answer.interface is not last:
            yield visible(f"{answer.interface.title}: {driver if entry is None else entry}") + "\n"
        last = answer.interface
        name = _entry_name(answer) if entry is None else answer.driver.title
        who = f"{answer.driver.title}, {_entry_name(answer)}" if both else f"  {name}"
        told = [sentence(answer.cell), *cell_notes(answer.cell)]
        if releases := _of(answer, backports):
            told.append(f"backported to {', '.join(releases)}")
        yield visible(f"{who}: {'; '.join(told)}") + "\n"
        if both and answer.cell.place is not None:
            yield visible(f"  {answer.cell.place.short}") + "\n"


def _entry_name(answer: Answer) -> str:
    name, api = answer.entry.name, answer.entry.api
    return api if name.lower() in api.lower() else f"{api} ({name})"


def _json(found: Sequence[Answer], release: str | None, backports: Backports | None) -> str:
    answers = [_data(answer) for answer in found]
    if backports is not None:
        answers = [{**made, "backports": _of(of, backports)} for made, of in zip(answers, found, strict=True)]
    made = {"as_of": release, "answers": answers}
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def _data(answer: Answer) -> dict[str, object]:
    cell = answer.cell
    return {
        "interface": answer.interface.key,
        "driver": answer.driver.id,
        "title": answer.driver.title,
        "entry": answer.entry.name,
        "api": answer.entry.api,
        "supported": answer.supported,
        "state": cell.state,
        "how": cell.how,
        "via": cell.via,
        "since": text_or_none(cell.spans[-1].since if cell.spans else None),
        "spans": [span_data(span) for span in cell.spans],
        "notes": list(cell_notes(cell)),
        "place": text_or_none(cell.place and cell.place.short),
    }
