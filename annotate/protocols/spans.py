"""Union and intersection of the spans of several entries."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from ..model import Span
from ..release import NEXT, Release

Spans = tuple[Span, ...]


def any_of(several: Iterable[Spans]) -> Spans:
    """The union: spans in order, adjacent and overlapping ones joined.

    A joined span is partial only if both were, and keeps a note or a deprecation only if both had it, because these are
    about one entry.
    """
    joined: list[Span] = []
    for span in sorted((span for spans in several for span in spans), key=_order):
        last = joined[-1] if joined else None
        if last is None or (last.removed is not None and last.removed < span.since):
            joined.append(span)
        else:
            joined[-1] = _joined(last, span)
    return tuple(joined)


def _order(span: Span) -> tuple[Release, bool]:
    return span.since, span.at_most


def _joined(one: Span, other: Span) -> Span:
    removed = None if one.removed is None or other.removed is None else max(one.removed, other.removed)
    partial = one.partial and other.partial
    note = one.note if one.note == other.note else None
    deprecated = one.deprecated if one.deprecated == other.deprecated else None
    return one._replace(removed=removed, partial=partial, note=note, deprecated=deprecated)


def all_of(several: Iterable[Spans]) -> Spans:
    """The intersection."""
    return reduce(_both, several)


def _both(one: Spans, other: Spans) -> Spans:
    met = (_met(a, b) for a in one for b in other)
    return tuple(sorted((span for span in met if span is not None), key=_order))


def _met(one: Span, other: Span) -> Span | None:
    since = max(one.since, other.since)
    ends = [span.removed for span in (one, other) if span.removed is not None]
    removed = min(ends) if ends else None
    if removed is not None and removed <= since:
        return None
    latest = [span.at_most for span in (one, other) if span.since == since]
    notes = dict.fromkeys(span.note for span in (one, other) if span.note)
    first = one if one.since == since else other
    note = "; ".join(notes) or None
    # The whole is deprecated since the first of its parts was.
    deprecations = [each for each in (one.deprecated, other.deprecated) if each is not None]
    deprecated = min(deprecations, key=lambda each: each.since or NEXT, default=None)
    return Span(first.since, all(latest), removed, one.partial or other.partial, note, deprecated)
