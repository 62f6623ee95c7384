"""Rows that no table lists: public calls that are served by the entry points of others."""

from __future__ import annotations

from ..config.value import Derived
from ..model import Cell, Driver, EntryPoint, Span
from ..release import NEXT, Release
from . import cells
from .context import Context

Rows = list[tuple[Driver, dict[str, Cell]]]


def add(context: Context, listed: list[EntryPoint], rows: Rows) -> list[EntryPoint]:
    """The entries with the derived ones, each behind the last of those it comes from; ``rows`` get their cells."""
    entries = list(listed)
    for name, derived in context.interface.derived.items():
        sources = [entry for entry in entries if entry.name in derived.entries]
        _check(context, name, derived, entries)
        if not sources or any(entry.name == name for entry in entries):
            continue
        made = _entry(context, name, derived, sources)
        entries.insert(entries.index(sources[-1]) + 1, made)
        for _, row in rows:
            row[name] = _cell([row[entry.name] for entry in sources], _not_before(context, name, derived))
    return entries


def _check(context: Context, name: str, derived: Derived, entries: list[EntryPoint]) -> None:
    names = [entry.name for entry in entries]
    if name in names:
        context.missing("derived", f"the interface has an entry {name!r} already", name, (), name)
    for source in derived.entries:
        if source not in names:
            context.missing("derived", f"there is no entry {source!r}", source, names, name)


def _entry(context: Context, name: str, derived: Derived, sources: list[EntryPoint]) -> EntryPoint:
    call = context.calls.call(derived.call or name, name)
    since = call.since or _not_before(context, name, derived)
    origin = ", ".join(entry.name for entry in sources)
    return EntryPoint(
        name,
        sources[0].place,
        call.name,
        since,
        tuple(sorted(filter(None, (since, *call.older)))),
        url=call.url,
        derived_from=origin,
    )


def _not_before(context: Context, name: str, derived: Derived) -> Release | None:
    if derived.not_before is None:
        return None
    return context.calls.parsed(derived.not_before, context.interface.place("derived", name, "not-before"))


def _cell(sources: list[Cell], since: Release | None) -> Cell:
    """The cell of the first source that has had it longest; a driver with none of them lacks the call."""
    working = [cell for cell in sources if cell.implements or cell.spans]
    if not working:
        return next((cell for cell in sources if cell.state != "unsupported"), cells.ABSENT)
    found = min(working, key=lambda cell: cell.spans[0].since if cell.spans else NEXT)
    spans = found.spans if since is None else cells.cut(found.spans, Span(since))
    if found.spans and not spans:
        return cells.ABSENT
    return found._replace(how="derived", spans=spans, definition=None, variants=())
