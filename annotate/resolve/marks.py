"""Carriers -> annotation: the comments, decorators and docstring directives beside one entry, read as one text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from .. import grammar
from ..facts import Mark
from ..model import Anchor, Annotation, Place, Problem, Span
from ..records import record
from ..release import Scheme
from . import directives
from .directives import parsed

_LIKE_ASCII = ("ascii", "utf-8", "latin-1")
_BESIDE = "the annotation behind its entry, on the same line"
_TIP_STRAY = "move it behind the entry that it is for"
_TIP_SHARED = "put each entry on a line of its own, with its own annotation"


class Reading(NamedTuple):
    """What the carriers beside one entry say together.

    Attributes:
        annotation: the first that could be read, or None.
        annotations: all that could be read.
        malformed: one could not be read, or two disagree.
        problems: what is wrong with them.
    """

    annotation: Annotation | None
    annotations: tuple[Annotation, ...]
    malformed: bool
    problems: tuple[Problem, ...]


class Marks:
    """Reads the carriers of one file.

    Args:
        path: of the file.
        encoding: of the file, for offsets inside a comment.
        scheme: how releases are written.
    """

    def __init__(self, path: str, encoding: str, scheme: Scheme) -> None:
        self._path, self._encoding, self._scheme = path, encoding, scheme
        self._ascii = encoding in _LIKE_ASCII

    def read(self, marks: Sequence[Mark], driver: str | None = None, entry: str | None = None) -> Reading:
        """Read the carriers beside one entry; ``driver`` and ``entry`` say in problems whose they are."""
        if len(marks) == 1 and marks[0].carrier == "comment":
            only = self._comment(marks[0])
            if isinstance(only, Annotation):
                return record(Reading, (only, (only,), False, ()))
        found: list[Annotation] = []
        problems: list[Problem] = []
        written: list[Mark] = []
        for mark in marks:
            if mark.carrier == "comment":
                result = self._comment(mark)
            elif mark.carrier in directives.CARRIERS:
                written.append(mark)
                continue
            else:
                result = self._text(mark)
            if isinstance(result, Annotation):
                found.append(result)
            elif result is not None:
                problems.append(self._problem(result, driver, entry))
        said = directives.read(written, self._scheme) if written else directives.NOTHING
        problems += (self._problem(each, driver, entry) for each in said.faults)
        found += (self._annotation(mark, word, 0, spans)._replace(spans=said.spans) for mark, word, spans in said.parts)
        others = [self._annotation(mark, word, 0, spans) for mark, word, spans in said.others]
        if len(found) > 1 and any(_facts(each) != _facts(found[0]) for each in found[1:]):
            problems.append(self._disagreement(found, driver, entry))
        return Reading(found[0] if found else None, (*found, *others), bool(problems), tuple(problems))

    def _text(self, mark: Mark) -> Annotation | tuple[Mark, grammar.Malformed] | None:
        if mark.carrier == "decorator":
            return self._parsed(mark, mark.text, 0)
        if mark.carrier == "stray":
            return self._stray(mark)
        found = _said(mark.text, self._scheme)
        if found is not None and found.begins:
            reason = "two entries on one line share no annotation"
            return mark, grammar.Malformed(found.segment, reason, None, _BESIDE, _TIP_SHARED)
        return self._comment(mark)

    def _comment(self, mark: Mark) -> Annotation | tuple[Mark, grammar.Malformed] | None:
        found = _said(mark.text, self._scheme)
        if found is None:
            return None
        if isinstance(found.spans, grammar.Malformed):
            return mark._replace(column=mark.column + found.offset), found.spans
        return self._annotation(mark, found.segment, found.offset, found.spans)

    def _stray(self, mark: Mark) -> tuple[Mark, grammar.Malformed] | None:
        """An annotation that does not stand beside its entry."""
        for offset, segment in grammar.segments(mark.text):
            if not isinstance(grammar.parse(segment, self._scheme), grammar.Malformed):
                moved = mark._replace(column=mark.column + offset)
                reason = "the annotation stands on a line of its own"
                return moved, grammar.Malformed(segment, reason, None, _BESIDE, _TIP_STRAY)
        return None

    def _parsed(self, mark: Mark, text: str, offset: int) -> Annotation | tuple[Mark, grammar.Malformed]:
        spans = parsed(text, self._scheme)
        if isinstance(spans, grammar.Malformed):
            return mark._replace(column=mark.column + offset), spans
        return self._annotation(mark, text, offset, spans)

    def _annotation(self, mark: Mark, text: str, offset: int, spans: tuple[Span, ...]) -> Annotation:
        anchor = None
        if mark.start >= 0:
            if self._ascii and mark.text.isascii():
                start, end = mark.start + offset, mark.start + offset + len(text)
            else:
                start = mark.start + len(mark.text[:offset].encode(self._encoding))
                end = start + len(text.encode(self._encoding))
            anchor = record(Anchor, (self._path, start, end, self._encoding, "", ""))
        carrier = "docstring" if mark.carrier in directives.CARRIERS else mark.carrier
        place = record(Place, (self._path, mark.line, mark.column + offset))
        return record(Annotation, (spans, text, place, anchor, carrier))

    def _problem(self, what: tuple[Mark, grammar.Malformed], driver: str | None, entry: str | None) -> Problem:
        mark, malformed = what
        message = _message(malformed.reason)
        if mark.carrier == "shared" and entry is not None:
            message = f"{message} ({entry!r} of {driver})"
        corrected = malformed.corrected
        tip = malformed.tip or (f"write {corrected!r}" if corrected else None)
        return Problem(
            "malformed",
            Place(self._path, mark.line, mark.column),
            message,
            malformed.text,
            malformed.expected or corrected or f"a release such as {self._scheme.example}, or next",
            tip,
            driver,
            entry,
        )

    def _disagreement(self, found: list[Annotation], driver: str | None, entry: str | None) -> Problem:
        first = found[0]
        other = next(each for each in found if _facts(each) != _facts(first))
        return Problem(
            "malformed",
            other.place,
            f"this {other.carrier} and the {first.carrier} at line {first.place.line} say different things",
            grammar.render(other.spans),
            grammar.render(first.spans),
            "keep one of them, or make them say the same",
            driver,
            entry,
        )


def _message(reason: str) -> str:
    """A near miss is no annotation that cannot be read; its reason says so by itself."""
    return reason if reason.startswith("this comment") else f"this annotation cannot be read: {reason}"


class _Said(NamedTuple):
    """What a comment says: the segment that is an annotation, or nearly is one, and what was read there."""

    offset: int
    segment: str
    spans: tuple[Span, ...] | grammar.Malformed
    begins: bool


@lru_cache(maxsize=8192)
def _said(comment: str, scheme: Scheme) -> _Said | None:
    """What a comment says of releases, or None; the same few comments stand beside most entries of a tree."""
    parts = list(grammar.segments(comment))
    for offset, segment in parts:
        if grammar.begins_annotation(segment, scheme):
            return _Said(offset, segment, parsed(segment, scheme), True)
    for offset, segment in parts:
        miss = grammar.near_miss(segment, scheme)
        if miss is not None:
            return _Said(offset, segment, miss, False)
    return None


def _facts(annotation: Annotation) -> tuple[object, ...]:
    """What two carriers must agree on: the releases, not the notes."""
    return tuple((span.since, span.at_most, span.removed) for span in annotation.spans)
