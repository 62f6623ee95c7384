"""Claims compared with the releases."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Literal

from ..catalogue import Catalogue
from ..grammar import render
from ..model import NOTHING, Interface, Span
from ..records import NamedTuple
from ..release import Release
from . import spans as timeline
from .claims import Claim
from .past import Past
from .renames import old_names
from .state import State, states, under
from .tags import Tag, Tags
from .trace import Content, Seen, Tree, observed, trace

Kind = Literal["agrees", "too early", "too late", "unknown"]
KINDS: tuple[Kind, ...] = ("agrees", "too early", "too late", "unknown")


#: So many annotations older than a class or table mean that it was moved there, and not that each of them is wrong.
_MANY = 3


class Evidence(NamedTuple):
    """A tag that shows something, with the command that lets a person see it."""

    tag: Tag
    stands: bool
    command: str


class Verdict(NamedTuple):
    """A claim and what history says about it.

    Attributes:
        claim: the claim.
        kind: ``too early`` if it claims a release that did not have it, ``too late`` if it denies one that had it.
        spans: according to history; None if unknown.
        evidence: the release that contradicts it, then the first one that has what it is about; empty if none does.
        backports: the releases of maintenance branches that have it although newer releases, by number, do not.
    """

    claim: Claim
    kind: Kind
    spans: tuple[Span, ...] | None
    evidence: tuple[Evidence, ...] = ()
    backports: tuple[Release, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether a release contradicts the annotation."""
        return self.kind in ("too early", "too late")


class History:
    """The history of a working tree.

    Args:
        catalogue: of the working tree.
        tags: the releases.
        past: what stands in their commits.
        prefix: the path of the root in the repository, with ``/`` behind it; empty at the top.
    """

    def __init__(self, catalogue: Catalogue, tags: Tags, past: Past, prefix: str = "") -> None:
        self.tags, self._ancestry = tags.tags, tags.ancestry
        self._past, self._prefix = past, prefix
        self._now = states(catalogue)
        each = [past.states(tag.commit) for tag in self.tags]
        self._states = {key: [None if one is None else one.get(key, State()) for one in each] for key in self._now}
        self._names = {key: old_names(of, past.renamed.get(key, NOTHING)) for key, of in self._states.items()}
        self._traces: dict[tuple[str, str], list[Seen | None]] = {}
        self._backports: dict[Claim, tuple[Release, ...]] = {}
        self._runs: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self._renamed = {key: {entry for there in of for entry in there} for key, of in self._names.items()}
        self._found: dict[tuple[tuple[bool | None, ...], bool], tuple[Span, ...] | None] = {}
        self._says: dict[tuple[object, ...], list[bool | None]] = {}
        self._contradicted: dict[tuple[object, ...], int | None] = {}

    def verdicts(self, claims: Iterable[Claim]) -> list[Verdict]:
        """Compare claims with the releases.

        If most annotations of a driver are older than its class or table, its code was somewhere else before, and
        nothing is known of the time until it came.
        """
        asked = [(claim, self._observed(claim)) for claim in claims]
        first = {key: self._first(traced) for key, traced in self._traces.items()}
        older, others = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for claim, seen in asked:
            begin = first.get(claim.holder)
            if claim.annotation is not None and claim.entry is not None and begin and seen[begin]:
                is_older = claim.annotation.spans[0].since < self.tags[begin].release
                (older if is_older else others)[claim.holder] += 1
        moved = {holder for holder, count in older.items() if count >= _MANY and count > others[holder]}
        return [
            self._verdict(
                claim, _unknown_before(seen, first[claim.holder] or 0) if claim.holder in moved else seen
            )._replace(backports=self._backports.get(claim, ()))
            for claim, seen in asked
        ]

    def former(self, interface: str, head: str) -> dict[str, tuple[Span, ...]]:
        """The drivers of an interface that releases had and are gone, under other names too, with their spans.

        Args:
            interface: its key.
            head: the checked-out commit, which tells what is there and is no column.
        """
        states, now = self._states[interface], self._now[interface]
        there = (self._past.states(head) or {}).get(interface, State())
        names = {name for state in states if state for name, owner in state.owners.items() if owner.is_driver}
        for name, owner in now.owners.items():
            names -= {
                name,
                *there.owners,
                *(seen.name for seen in self._traced((interface, name), owner.path) if seen is not None),
            }
        releases = [tag.release for tag in self.tags]
        found = {
            name: timeline.spans(releases, [_has(state, name) for state in states], False) for name in sorted(names)
        }
        return {name: spans for name, spans in found.items() if spans}

    def lost(
        self, interface: Interface, head: str | None
    ) -> Iterator[tuple[Claim, tuple[Span, ...] | None, tuple[Evidence, ...]]]:
        """The entries that the newest release has and the tree lacks without a word, their releases, and what shows it.

        Args:
            interface: of the working tree.
            head: the checked-out commit; releases that it does not contain do not count.
        """
        contained = (at for at, tag in enumerate(self.tags) if head and self._ancestry.is_ancestor(tag.commit, head))
        last = max(contained, default=-1)
        state = self._states[interface.key][last] if last >= 0 else None
        for driver, entry, cell in interface.walk() if state is not None and state.found else ():
            seen = self._traced((interface.key, driver.id), driver.place.path)[last]
            name = self._names[interface.key][last].get(entry.name, entry.name)
            if cell.state == "unsupported" and not cell.spans and name and observed(seen, state, name):
                claim = Claim(interface.key, driver.id, entry.name, cell.place or driver.place, None, None, False)
                found = timeline.spans([tag.release for tag in self.tags], self._observed(claim), False)
                yield claim, found, (self._shown(claim, last, True),)

    @staticmethod
    def _first(traced: Sequence[Seen | None]) -> int | None:
        return next((index for index, seen in enumerate(traced) if seen is not None and seen.owner is not None), None)

    def _verdict(self, claim: Claim, seen: list[bool | None]) -> Verdict:
        found = self._spans(tuple(seen), claim.stands)
        if claim.annotation is None:
            return Verdict(claim, "unknown", found)
        wrong = self._wrong(claim.annotation.spans, tuple(seen))
        if wrong is not None:
            kind: Kind = "too late" if seen[wrong] else "too early"
            return Verdict(claim, kind, found, self._evidence(claim, seen, wrong))
        kind = "agrees" if found is not None and _proves(found, claim.annotation.spans) else "unknown"
        return Verdict(claim, kind, found)

    # Many annotations are alike, and many entries came together: what is said and what is found is kept.

    def _spans(self, seen: tuple[bool | None, ...], stands: bool) -> tuple[Span, ...] | None:
        key = seen, stands
        if key not in self._found:
            self._found[key] = timeline.spans([tag.release for tag in self.tags], seen, stands)
        return self._found[key]

    def _wrong(self, spans: tuple[Span, ...], seen: tuple[bool | None, ...]) -> int | None:
        """The first release that contradicts an annotation."""
        words = tuple((span.since, span.at_most, span.removed) for span in spans)
        key = words, seen
        if key not in self._contradicted:
            if words not in self._says:
                self._says[words] = self._said(spans)
            said = enumerate(zip(self._says[words], seen, strict=True))
            wrong = (at for at, (told, value) in said if told is not value and None not in (told, value))
            self._contradicted[key] = next(wrong, None)
        return self._contradicted[key]

    def _said(self, spans: tuple[Span, ...]) -> list[bool | None]:
        """What an annotation says of each release; None where it leaves that open."""
        first = spans[0].since if spans[0].at_most else None
        return [
            None if first is not None and tag.release < first else any(span.holds(tag.release) for span in spans)
            for tag in self.tags
        ]

    def _observed(self, claim: Claim) -> list[bool | None]:
        each = self._states[claim.interface]
        names: Sequence[str | None] = [claim.entry] * len(each)
        if claim.entry in self._renamed[claim.interface]:
            names = [there.get(claim.entry or "", claim.entry) for there in self._names[claim.interface]]
        if claim.declared:
            return [_declares(state, name) for state, name in zip(each, names, strict=True)]
        # Where a driver was that is gone, no file of today tells.
        is_there = claim.stands or claim.owner in self._now[claim.interface].owners
        traced = self._traced(claim.holder, claim.place.path if is_there else "")
        seen: list[bool | None] = []
        for first, end in self._runs[claim.holder]:
            if names[first:end].count(names[first]) == end - first:
                seen += [self._at(claim, names[first], traced[first], each[first])] * (end - first)
            else:
                seen += [self._at(claim, *here) for here in list(zip(names, traced, each, strict=True))[first:end]]

        def forked(one: int, other: int) -> bool:
            return self._at_fork(claim, names[other], (traced[one], traced[other]), (one, other)) is seen[other]

        found = timeline.on_one_line(seen, forked)
        if found != seen:
            each_tag = zip(self.tags, seen, found, strict=True)
            apart = tuple(tag.release for tag, one, other in each_tag if one and other is None)
            if apart:
                self._backports[claim] = apart
        return found

    def _traced(self, holder: tuple[str, str], path: str) -> list[Seen | None]:
        if holder not in self._traces:
            interface, owner = holder
            tree = Tree(self._files, self._past.exists, self._contents)
            found = trace(owner, self._now[interface], path, self._states[interface], tree)
            self._traces[holder] = found
            self._runs[holder] = list(_runs(found, self._states[interface]))
        return self._traces[holder]

    def _contents(self, newer: tuple[int | None, str], older: tuple[int, str]) -> Content:
        """What two files have in common."""
        (number, path), (index, old_path) = newer, older
        commit = None if number is None else self.tags[number].commit
        return Content(*self._past.likeness((commit, path), (self.tags[index].commit, old_path)))

    @staticmethod
    def _at(claim: Claim, name: str | None, seen: Seen | None, state: State | None) -> bool | None:
        """What a release has of a claim; of several definitions the one under the same condition.

        Args:
            claim: the claim.
            name: of the entry in that release; None if that is not sure.
            seen: the class or table in that release.
            state: the interface in that release.
        """
        if claim.entry is None:
            return observed(seen, state, None)
        if name is None:
            return None
        found = observed(seen, state, name)
        if claim.when is None or not found:
            return found
        return observed(seen, state, under(name, claim.when)) or None

    def _at_fork(
        self, claim: Claim, name: str | None, traced: tuple[Seen | None, ...], releases: tuple[int, int]
    ) -> bool | None:
        """What stands where the branches of two releases part; None if they are on one branch, or it is unknown."""
        first, second = (self.tags[index].commit for index in releases)
        if self._ancestry.is_ancestor(first, second):
            return None
        commit = self._ancestry.fork(first, second)
        there = self._past.states(commit) if commit is not None else None
        state = there.get(claim.interface) if there is not None else None
        if state is None or not state.found:
            return None
        names = [each.name for each in traced if each is not None]
        owner = next((state.owners[each] for each in names if each in state.owners), None)
        return self._at(claim, name, Seen(claim.owner, owner, claim.place.path), state)

    def _files(self, index: int) -> Collection[str]:
        """The paths in a release of the files that have the name of one that matters."""
        return self._named_files[index]

    @cached_property
    def _named_files(self) -> Sequence[Collection[str]]:
        known = {owner.path for of in self._states.values() for each in of if each for owner in each.owners.values()}
        known.update(owner.path for each in self._now.values() for owner in each.owners.values())
        return self._past.named([tag.commit for tag in self.tags], {path.rpartition("/")[2] for path in known})

    def _evidence(self, claim: Claim, seen: Sequence[bool | None], wrong: int) -> tuple[Evidence, ...]:
        """The release that contradicts a claim, and the first one that has what it is about, if that is another one."""
        first = next((index for index, value in enumerate(seen) if value), wrong)
        return tuple(self._shown(claim, index, bool(seen[index])) for index in dict.fromkeys((wrong, first)))

    def _shown(self, claim: Claim, index: int, stands: bool) -> Evidence:
        tag = self.tags[index]
        traced = self._traces.get(claim.holder, [])
        seen = traced[index] if traced else None
        path = next((one.path for one in (seen, *traced) if one is not None and one.path), claim.place.path)
        if path in self._files(index):
            command = f"git show {shlex.quote(f'{tag.name}:{self._prefix}{path}')}"
        else:
            command = f"git ls-tree -r {shlex.quote(tag.name)} -- {shlex.quote(path)}"
        return Evidence(tag, stands, command)


def _unknown_before(seen: Sequence[bool | None], index: int) -> list[bool | None]:
    return [None if number < index else value for number, value in enumerate(seen)]


def _runs(traced: Sequence[Seen | None], states: Sequence[State | None]) -> Iterator[tuple[int, int]]:
    """The first and one past the last of neighbouring releases in which a class or table is the same."""
    keys = [
        None if seen is None or state is None else (id(seen.owner), seen.hidden, state.found)
        for seen, state in zip(traced, states, strict=True)
    ]
    first = 0
    for _, same in groupby(keys):
        end = first + len(list(same))
        yield first, end
        first = end


def _has(state: State | None, name: str) -> bool | None:
    """Whether a release has a driver of an id; None if unknown."""
    if state is None or not state.found:
        return None
    return (name in state.owners and state.owners[name].is_driver) or (None if name in state.doubts else False)


def _declares(state: State | None, name: str | None) -> bool | None:
    """Whether an interface declares an entry; None if unknown."""
    return None if state is None or not state.found or name is None else name in state.entries


def _proves(found: tuple[Span, ...], claimed: tuple[Span, ...]) -> bool:
    """Whether the releases show every release that an annotation names, or, for ``<=``, that it is not too old."""
    if len(found) != len(claimed):
        return False
    pairs = zip(found, claimed, strict=True)
    return all(
        one.removed == other.removed
        and (one.since <= other.since if other.at_most else one.since == other.since and not one.at_most)
        for one, other in pairs
    )


def counts(verdicts: Sequence[Verdict]) -> Counter[str]:
    """How many verdicts there are of each kind."""
    return Counter(each.kind for each in verdicts)


def told(verdict: Verdict) -> str:
    """The spans according to history as an annotation; empty if there are none."""
    return render(verdict.spans) if verdict.spans else ""
