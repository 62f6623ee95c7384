"""Follows a class or table through the releases, newest first, under the names and in the files that it had."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ..records import NamedTuple
from .state import Owner, State

#: Two classes are the same under another name if they share this part of their entries.
_ALIKE, _VERY_ALIKE = 0.5, 0.9
_SEVERAL = 20
Files = Callable[[int], Collection[str]]


class Seen(NamedTuple):
    """A class or table in one release.

    Attributes:
        name: its id there, or the next one that is known.
        owner: what it was; None where it is not there.
        path: of its file, or where the file would be.
        hidden: whether it may be there all the same: in a file elsewhere, or one that could not be read.
    """

    name: str
    owner: Owner | None
    path: str
    hidden: bool = False


def trace(
    name: str, now: State, path: str, states: Sequence[State | None], files: Files, exists: Callable[[str], bool]
) -> list[Seen | None]:
    """What a class or table was in each release, oldest first; None where the release is unknown.

    Args:
        name: its id today.
        now: its interface in the working tree.
        path: of its file today.
        states: of its interface in each release, oldest first; None for an unread release.
        files: number of a release -> paths of its files, at least of those named as one that matters; asked only where
            something moved.
        exists: whether a path is a file of the working tree.
    """
    found: list[Seen | None] = [None] * len(states)
    names, newer = [name], now
    last = now.owners.get(name, Owner(path, False, frozenset(), frozenset()))
    perhaps: set[str] = set()
    for index in range(len(states) - 1, -1, -1):
        state = states[index]
        if state is None:
            continue
        known = next((each for each in names if each in state.owners), None)
        gone = () if known is not None else [each for each in state.owners if each not in newer.owners]
        if known is None:
            known = _renamed(names[0], last, state, gone)
            if known is not None:
                names.insert(0, known)
        if known is not None:
            last, newer = state.owners[known], state
            found[index] = Seen(known, last, last.path, not state.doubts.isdisjoint((known, last.path)))
        else:
            perhaps |= {state.owners[each].path for each in gone if _may_be(names[0], last, each, state.owners[each])}
            hidden = (
                not state.doubts.isdisjoint((*names, last.path))
                or any(owner.path in perhaps for owner in state.owners.values())
                or _is_elsewhere(last.path, files(index), exists)
            )
            found[index] = Seen(names[0], None, last.path, hidden)
    return found


def _renamed(name: str, last: Owner, state: State, gone: Sequence[str]) -> str | None:
    """The id that a class or table had before: it vanished when this one came, and it is alike. None if unsure."""
    scored = sorted(((_likeness(name, last, each, state.owners[each]), each) for each in gone), reverse=True)
    best = [each for score, each in scored if score > 0 and score == scored[0][0]]
    return best[0] if len(best) == 1 else None


def _likeness(name: str, last: Owner, other_name: str, other: Owner) -> float:
    """How much two classes or tables are alike; 0 if too little.

    With another name in another file, nearly all entries must be the same, and there must be several.
    """
    same, likeness = _same(name, last, other_name, other), _shared(last, other)
    enough = _ALIKE if same else _VERY_ALIKE if len(last.stands & other.stands) >= _SEVERAL else 2
    return same + likeness if likeness >= enough and last.is_driver == other.is_driver else 0


def _may_be(name: str, last: Owner, other_name: str, other: Owner) -> bool:
    """Whether a class or table may be another one: it has its name, its file, or its entries."""
    return bool(_same(name, last, other_name, other)) or _shared(last, other) >= _ALIKE


def _same(name: str, last: Owner, other_name: str, other: Owner) -> int:
    """Of name and file, how many two classes or tables share."""
    return (name.rpartition(":")[2] == other_name.rpartition(":")[2]) + (last.path == other.path)


def _shared(last: Owner, other: Owner) -> float:
    """The part of their entries that two classes or tables share."""
    union = last.stands | other.stands
    return len(last.stands & other.stands) / len(union) if union else 0


def _is_elsewhere(path: str, files: Collection[str], exists: Callable[[str], bool]) -> bool:
    """Whether a release lacks a file and has one of the same name in a place that it has left since."""
    if path in files:
        return False
    name = path.rpartition("/")[2]
    return any(each.rpartition("/")[2] == name and not exists(each) for each in files if each.endswith(name))


def observed(seen: Seen | None, state: State | None, entry: str | None) -> bool | None:
    """Whether an entry of a class or table, or for None the driver itself, stood in a release; None if unknown."""
    if seen is None or state is None:
        return None
    if seen.owner is None:
        return None if seen.hidden or not state.found else False
    if entry is None:
        return True if seen.owner.is_driver else None if seen.hidden else False
    if entry in seen.owner.stands:
        return True
    return None if seen.hidden or entry in seen.owner.unknown else False


def each_release(
    seen: Sequence[Seen | None], states: Sequence[State | None], entry: str | None
) -> Iterator[bool | None]:
    """``observed`` in each release."""
    return (observed(one, state, entry) for one, state in zip(seen, states, strict=True))
