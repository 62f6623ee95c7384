"""What the tags of git add to a tree, without a change to its files: releases where the sources have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..catalogue import Catalogue
from ..config.value import Config
from ..files import Folder
from ..grammar import render
from ..history.claims import claims, derived_claims
from ..history.verdicts import History, Verdict
from ..model import Annotation, Cell, Interface, Span
from ..rewrite import Plan, Skipped, disk, insert
from .options import Options
from .past import history
from .reading import read_catalogue

#: Interface -> driver -> entry -> since when the driver inherits it.
Inherited = Mapping[str, Mapping[str, Mapping[str, tuple[Span, ...]]]]


def with_history(config: Config, catalogue: Catalogue, options: Options) -> Catalogue:
    """The catalogue with what its own history adds; see ``filled``.

    Raises:
        GitError: there is no repository, or it has no tag of a release.
    """
    with history(config, catalogue, options) as past:
        return filled(past, config, catalogue, options)


def filled(past: History, config: Config, catalogue: Catalogue, options: Options) -> Catalogue:
    """The catalogue as it would be with what ``backfill`` writes; places, problems and annotations stay as they are."""
    plan = missing(past, catalogue)
    edited = as_edited(config, plan) if plan.edits else None
    told = catalogue if edited is None else read_catalogue(config, options, edited)
    added = inherited(past, config, told)
    if added:
        told = read_catalogue(_with_inherited(config, added), options, edited)
    pairs = zip(catalogue.interfaces, told.interfaces, strict=True)
    return catalogue._replace(interfaces=tuple(_filled(*pair) for pair in pairs), protocols=told.protocols)


def missing(past: History, catalogue: Catalogue) -> Plan:
    """The edits that write what HV001 reports, from the tags."""
    verdicts = past.verdicts([claim for claim in claims(catalogue) if claim.annotation is None])
    return insert.plan(_missing(verdicts), _unknown(verdicts))


def as_edited(config: Config, plan: Plan) -> Mapping[str, bytes]:
    """The tree as edits would make it: path -> contents."""
    return _Edited(config, disk.edited(config.root, plan.edits))


def inherited(past: History, config: Config, catalogue: Catalogue) -> Inherited:
    """Since when drivers inherit what they have not had from their first release on."""
    found: dict[str, dict[str, dict[str, tuple[Span, ...]]]] = {}
    for verdict in past.verdicts(derived_claims(catalogue, config)):
        claim = verdict.claim
        if verdict.is_wrong and verdict.spans and claim.inherited:
            drivers = found.setdefault(claim.interface, {})
            drivers.setdefault(claim.owner, {})[claim.entry or ""] = verdict.spans
    return found


class _Edited(Mapping[str, bytes]):
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


def _missing(verdicts: Sequence[Verdict]) -> list[insert.Missing]:
    return [
        insert.Missing(each.claim.place, each.claim.subject, each.claim.insertion, render(each.spans))
        for each in verdicts
        if each.spans
    ]


def _unknown(verdicts: Sequence[Verdict]) -> list[Skipped]:
    why = "no release can be read that tells since when; write the release by hand"
    return [Skipped(each.claim.place, each.claim.subject, why) for each in verdicts if not each.spans]


def _with_inherited(config: Config, added: Inherited) -> Config:
    """The configuration with more under ``inherits``; what it says already counts."""
    interfaces = []
    for each in config.interfaces:
        drivers = added.get(each.key, {})
        merged = {name: {**entries, **each.inherits.get(name, {})} for name, entries in drivers.items()}
        interfaces.append(each._replace(inherits={**each.inherits, **merged}))
    return config._replace(interfaces=tuple(interfaces))


def _filled(interface: Interface, told: Interface) -> Interface:
    """An interface with the releases of the same one with more annotations."""
    since = {entry.name: (entry.since, entry.api_since) for entry in told.entries}
    entries = (
        entry._replace(since=found[0], api_since=found[1]) if (found := since.get(entry.name)) is not None else entry
        for entry in interface.entries
    )
    began = {driver.id: driver.since for driver in told.drivers}
    drivers = (driver._replace(since=began.get(driver.id, driver.since)) for driver in interface.drivers)
    cells = {key: _cell(cell, told.cells.get(key, cell)) for key, cell in interface.cells.items()}
    return interface._replace(entries=tuple(entries), drivers=tuple(drivers), cells=cells)


def _cell(cell: Cell, told: Cell) -> Cell:
    if (told.state, told.spans) == (cell.state, cell.spans):
        return cell
    definition = cell.definition
    if definition is not None:
        mark = Annotation(told.spans, render(told.spans), definition.place, carrier="history")
        definition = definition._replace(annotation=mark)
    return cell._replace(state=told.state, spans=told.spans, definition=definition)
