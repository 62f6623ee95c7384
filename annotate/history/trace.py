"""Follows a class or table through the releases, newest first, under the names and in the files that it had."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from ..records import NamedTuple
from .state import Owner, State

#: Two classes are the same under another name if they share this part of their entries.
_ALIKE, _VERY_ALIKE = 0.5, 0.9
_SEVERAL = 20
#: This part of the lines of two files tells that one was made from the other.
_FROM = 0.5
Files = Callable[[int], Collection[str]]


class Content(NamedTuple):
    """How much two files have in common: the part of the lines of the larger one, and of the smaller one."""

    of_larger: float
    of_smaller: float


#: Two files, each with the number of its release (None for the working tree) and its path -> what they have in common.
Contents = Callable[[tuple[int | None, str], tuple[int, str]], Content]


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


class Tree(NamedTuple):
    """What is asked of releases only where something moved.

    Attributes:
        files: number of a release -> paths of its files, at least of those named as one that matters.
        exists: whether a path is a file of the working tree.
        contents: compares two files.
    """

    files: Files
    exists: Callable[[str], bool]
    contents: Contents


def trace(name: str, now: State, path: str, states: Sequence[State | None], tree: Tree) -> list[Seen | None]:
    """What a class or table was in each release, oldest first; None where the release is unknown.

    It was renamed if the next release has it, and the class or table of another name only stands in the one before.

    Args:
        name: its id today.
        now: its interface in the working tree.
        path: of its file today.
        states: of its interface in each release, oldest first; None for an unread release.
        tree: what else can be asked.
    """
    found: list[Seen | None] = [None] * len(states)
    names, newer, newer_at = [name], now, None
    last = now.owners.get(name, Owner(path, False, frozenset(), frozenset()))
    perhaps: set[str] = set()
    is_next = True
    for index in range(len(states) - 1, -1, -1):
        state = states[index]
        if state is None:
            continue
        known = next((each for each in names if each in state.owners), None)
        if known is None and is_next:
            step = _Step(names[0], last, newer, state, partial(_content, tree, newer_at, index))
            known = step.renamed()
            if known is not None:
                names.insert(0, known)
            else:
                perhaps |= step.perhaps()
        if known is not None:
            last, newer, newer_at, is_next = state.owners[known], state, index, True
            found[index] = Seen(known, last, last.path, not state.doubts.isdisjoint((known, last.path)))
        else:
            doubtful = not state.found or not state.doubts.isdisjoint((*names, last.path))
            hidden = (
                doubtful
                or any(owner.path in perhaps for owner in state.owners.values())
                or _is_elsewhere(last.path, tree.files(index), tree.exists)
            )
            found[index] = Seen(names[0], None, last.path, hidden)
            is_next = is_next and doubtful
    return found


def _content(tree: Tree, newer: int | None, older: int, path: str, old_path: str) -> Content:
    return tree.contents((newer, path), (older, old_path))


class _Step(NamedTuple):
    """The step between two releases in which a class or table came.

    Attributes:
        name: its id in the newer one.
        last: what it is there.
        newer: the newer release.
        older: the one before, without it.
        content: compares a file of the newer one with one of the older one.
    """

    name: str
    last: Owner
    newer: State
    older: State
    content: Callable[[str, str], Content]

    @property
    def _gone(self) -> list[str]:
        return [each for each in self.older.owners if each not in self.newer.owners]

    def renamed(self) -> str | None:
        """The id that it had before: it vanished when this one came, and no other is as much alike. None if unsure."""
        scored = sorted(((self._likeness(self.name, each), each) for each in self._gone), reverse=True)
        best = [each for score, each in scored if score > 0 and score == scored[0][0]]
        if len(best) != 1:
            return None
        came = [each for each in self.newer.owners if each not in self.older.owners and each != self.name]
        return None if any(self._likeness(each, best[0]) >= scored[0][0] for each in came) else best[0]

    def perhaps(self) -> set[str]:
        """The files of those that vanished and may be this one: they have its name or file, or most of its lines."""
        gone = {each: self.older.owners[each] for each in self._gone}
        return {other.path for each, other in gone.items() if self._may_be(each, other)}

    def _may_be(self, name: str, other: Owner) -> bool:
        if _same(self.name, self.last, name, other):
            return True
        return self.content(self.last.path, other.path).of_smaller >= _FROM

    def _likeness(self, name: str, other_name: str) -> float:
        """How much one that came and one that vanished are alike; 0 if too little.

        With another name in another file, most lines of the files must be the same, or nearly all of many entries.
        """
        one, other = self.newer.owners.get(name, self.last), self.older.owners[other_name]
        same, likeness = _same(name, one, other_name, other), _shared(one, other)
        if likeness < _ALIKE or one.is_driver != other.is_driver:
            return 0
        if same or (likeness >= _VERY_ALIKE and len(one.stands & other.stands) >= _SEVERAL):
            return same + likeness
        return likeness if self.content(one.path, other.path).of_larger >= _FROM else 0


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
