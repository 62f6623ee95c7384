"""What was observed in each release -> the spans in which it stood."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise

from ..model import Span
from ..release import NEXT, Release

Observed = list[bool | None]
#: So many different observations are kept.
_MANY = 4096
#: Two releases that follow each other by number, and what each has -> whether the difference is one of branches only.
Forked = Callable[[int, int], bool]


def on_one_line(observed: Sequence[bool | None], forked: Forked) -> Observed:
    """The observations without what only a maintenance branch has, which becomes unknown.

    Releases are in the order of their numbers: after 1.2.9, into which an entry was taken back, comes 1.3.0 without it.
    It did not go there; 1.3.0 never had it.

    Args:
        observed: in each release, oldest first.
        forked: whether two releases are on different branches, and the commit where these part already was as the
            second.
    """
    found = list(observed)
    runs = _runs(tuple(observed))
    if len(runs) < 2 or (len(runs) == 2 and not runs[0][0]):
        return found  # nothing went, or it came once
    for (value, indexes), (_, after) in pairwise(runs):
        begins = indexes is runs[0][1]
        if not value and begins:
            continue
        for index in reversed(indexes):
            if not forked(index, after[0]):
                break
            found[index] = None
    return found


@lru_cache(_MANY)
def _runs(observed: tuple[bool | None, ...]) -> list[tuple[bool, list[int]]]:
    """What was observed, and the releases in which it was, one after the other; unknown ones left out.

    Many entries came and went together, so the answers are kept.
    """
    known = [(value, index) for index, value in enumerate(observed) if value is not None]
    return [(value, [index for _, index in group]) for value, group in groupby(known, lambda each: each[0])]


def spans(releases: Sequence[Release], observed: Sequence[bool | None], now: bool) -> tuple[Span, ...] | None:
    """The spans in which something stood; None if nothing is known of when it came.

    ``<=`` marks a beginning that may be older: before the first release, or behind unknown ones.

    Args:
        releases: oldest first.
        observed: in each of them.
        now: whether it stands in the working tree.
    """
    if all(value is None for value in observed):
        return None
    return _spans(list(_changes([*releases, NEXT], [*observed, now])))


def _changes(releases: Sequence[Release], observed: Sequence[bool | None]) -> Iterator[tuple[Release, bool, bool]]:
    """Release, whether it stood from there on, and whether that may have begun earlier."""
    last: bool | None = False
    unsure = True
    for release, value in zip(releases, observed, strict=True):
        if value is None:
            unsure = True
            continue
        if value is not last:
            yield release, value, unsure
        last, unsure = value, False


def _spans(changes: Sequence[tuple[Release, bool, bool]]) -> tuple[Span, ...] | None:
    found: list[Span] = []
    for release, came, unsure in changes:
        if not came:
            found[-1] = found[-1]._replace(removed=release)
        elif release.is_next and unsure:
            return None
        else:
            found.append(Span(release, unsure))
    return tuple(found)
