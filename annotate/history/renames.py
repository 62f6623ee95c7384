"""Entries under the names that they had in old releases.

An entry that a release declares where the release before declares another one, with the same drivers, was renamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from ..model import NOTHING
from .state import State

#: Two entries are the same under another name if their implementations share this part.
_ALIKE = 0.5


def old_names(
    states: Sequence[State | None], declared: Mapping[str, Sequence[str]] = NOTHING
) -> list[Mapping[str, str | None]]:
    """For each release: today's name of an entry -> its name there, or None if that is not sure.

    Names that did not change are left out.

    Args:
        states: of one interface in each release, oldest first; None for an unread release.
        declared: today's name of an entry -> its older names.
    """
    found = _found(states)
    return [{**names, **dict(_declared(state, declared))} for names, state in zip(found, states, strict=True)]


def _declared(state: State | None, declared: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Today's name of an entry and its name in a release, for those that the configuration tells of."""
    there = set(state.entries) if state is not None else set()
    for entry, names in declared.items():
        known = next((name for name in names if name in there), None)
        if entry not in there and known is not None:
            yield entry, known


def _found(states: Sequence[State | None]) -> list[Mapping[str, str | None]]:
    """What the order of the declarations and the drivers tell."""
    found: list[Mapping[str, str | None]] = [{} for _ in states]
    newer: State | None = None
    names: dict[str, str | None] = {}
    for index in range(len(states) - 1, -1, -1):
        state = states[index]
        if state is None or not state.found:
            found[index] = dict(names)
            continue
        if newer is not None and state.entries != newer.entries:
            names = _older(names, dict(_renamed(state, newer)), state)
        newer = state
        found[index] = dict(names)
    return found


def _older(names: Mapping[str, str | None], renamed: Mapping[str, str | None], state: State) -> dict[str, str | None]:
    """Today's names with those of an older release; a name that the release has again means the same entry."""
    there = set(state.entries)
    today = {name: renamed.get(name, name) if name is not None else None for name in names.values()}
    made = {entry: today[name] for entry, name in names.items()}
    made |= {name: old for name, old in renamed.items() if name not in made and name not in names.values()}
    return {entry: name for entry, name in made.items() if entry not in there}


def _renamed(old: State, new: State) -> Iterator[tuple[str, str | None]]:
    """New and old name of each entry that is declared in the place of another one."""
    matcher = SequenceMatcher(None, old.entries, new.entries, autojunk=False)
    stay = set(old.entries) & set(new.entries)
    for kind, first, past_first, second, past_second in matcher.get_opcodes():
        if kind != "replace":
            continue
        gone = [name for name in old.entries[first:past_first] if name not in stay]
        came = [name for name in new.entries[second:past_second] if name not in stay]
        if not gone:
            continue
        if len(gone) == len(came):
            yield from (
                (after, before if _alike(old, before, new, after) else None)
                for before, after in zip(gone, came, strict=True)
            )
        else:
            yield from ((after, None) for after in came)


def _alike(old: State, before: str, new: State, after: str) -> bool:
    """Whether the same classes and tables implement two entries, as far as both releases have them."""
    common = old.owners.keys() & new.owners.keys()
    had = {name for name in common if before in old.owners[name].stands}
    has = {name for name in common if after in new.owners[name].stands}
    return len(had & has) >= _ALIKE * len(had | has) and bool(had & has)
