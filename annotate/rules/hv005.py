"""HV005: spans that contradict themselves or each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..findings import Finding
from ..model import Span
from .base import EXAMPLE_HEAD, Context, Example, Expected, Rule, Written, written

_CODE = "HV005"


def check(context: Context) -> Iterator[Finding]:
    """Check each annotation; one with unknown releases, whose order is unknown too, is left to HV003."""
    seen: set[tuple[str, tuple[Span, ...]]] = set()
    for annotation in written(context):
        if len(annotation.spans) == 1 and annotation.spans[0].is_open and annotation.spans[0].deprecated is None:
            continue
        faults = list(_faults(annotation.spans))
        if not faults or not all(_is_known(context, span) for span in annotation.spans):
            continue
        key = (annotation.place.path, annotation.spans)
        if key in seen and annotation.subject.owner is None and not _names_all(annotation):
            continue  # a further directive of a docstring, which has the spans of the first
        seen.add(key)
        for fault, expected in faults:
            yield _finding(annotation, fault, expected)


def _names_all(annotation: Written) -> bool:
    return {each for span in annotation.spans for each in span.releases} <= set(annotation.releases)


def _is_known(context: Context, span: Span) -> bool:
    return all(map(context.is_known, span.releases))


def _faults(spans: tuple[Span, ...]) -> Iterator[tuple[str, str]]:
    """Each fault, with what was expected."""
    for span in spans:
        if span.removed is not None and span.removed <= span.since:
            yield (
                f"removed in {span.removed}, but added in {span.since}",
                f"a removal after {span.since}",
            )
        old = span.deprecated.since if span.deprecated is not None else None
        if old is not None and (old < span.since or (span.removed is not None and span.removed < old)):
            yield (
                f"deprecated in {old}, when it was not there",
                f"a deprecation between {span.since} and {span.removed or 'today'}",
            )
    for first, second in pairwise(spans):
        if first.removed is None:
            yield (
                f"the span from {first.since} has no end, but another starts in {second.since}",
                f"{first.since} - REMOVED first",
            )
        elif second.since < first.removed:
            yield (
                f"the span from {second.since} starts before the one until {first.removed} ends",
                f"{first.removed} or newer, spans in chronological order",
            )


def _finding(annotation: Written, fault: str, expected: str) -> Finding:
    return Finding(
        code=_CODE,
        place=annotation.place,
        message=f"{annotation.subject} contradicts itself: {fault}",
        found=annotation.text,
        expected=expected,
        driver=annotation.subject.owner,
        entry=annotation.subject.entry,
    )


def _stop(comment: str) -> str:
    return f"{EXAMPLE_HEAD}    def stop(self, guest):  # {comment}\n        raise NotImplementedError\n"


RULE = Rule(
    code=_CODE,
    name="contradictory-spans",
    summary="A span ends before it starts, or two spans of one entry overlap.",
    why="""\
A span that ends before it starts, or that overlaps another, cannot be true, and readers of the page cannot tell which
half is wrong.""",
    notes="""\
`0.7.0 - 1.0.0` means: added in 0.7.0, removed in 1.0.0. A span may start in the release in which the previous one
ended.""",
    valid=(
        Example("removed and back", _stop("1.0.0 - 1.1.0, 1.2.0 - 1.3.0")),
        Example("deprecated, then removed", _stop("1.0.0 - 1.3.0; deprecated 1.2.0")),
        Example("removed in the coming release", _stop("1.0.0 - next")),
        Example("one ends where the other starts", _stop("1.0.0 - 1.1.0, 1.1.0 - 1.3.0")),
    ),
    invalid=(
        Example(
            "removed before it was added",
            _stop("1.2.0 - 1.0.0"),
            (Expected(5, "removed in 1.0.0, but added in 1.2.0"),),
        ),
        Example(
            "removed in the same release",
            _stop("1.2.0 - 1.2.0"),
            (Expected(5, "removed in 1.2.0, but added in 1.2.0"),),
        ),
        Example("overlap", _stop("1.0.0 - 1.2.0, 1.1.0 - 1.3.0"), (Expected(5, "the span from 1.1.0 starts before"),)),
        Example(
            "the first has no end",
            _stop("1.0.0, 1.1.0 - 1.3.0"),
            (Expected(5, "the span from 1.0.0 has no end, but another starts in 1.1.0"),),
        ),
        Example(
            "deprecated before it was added",
            _stop("1.2.0 - 1.3.0; deprecated 1.1.0"),
            (Expected(5, "deprecated in 1.1.0, when it was not there"),),
        ),
        Example(
            "deprecated after it was removed",
            _stop("1.0.0 - 1.2.0; deprecated 1.3.0"),
            (Expected(5, "deprecated in 1.3.0, when it was not there"),),
        ),
        Example("removed before next", _stop("next - 1.3.0"), (Expected(5, "removed in 1.3.0, but added in next"),)),
    ),
    check=check,
)
