"""Carriers -> annotation: the comments, decorators and docstring directives beside one entry, read as one text."""

from collections.abc import Sequence
from functools import lru_cache

from .. import grammar
from ..errors import AnnotationError
from ..facts import Mark
from ..model import Anchor, Annotation, Deprecation, Place, Problem, Span
from ..records import NamedTuple, record
from ..release import Scheme
from . import directives

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
    """

    annotation: Annotation | None
    annotations: tuple[Annotation, ...]
    malformed: bool
    problems: tuple[Problem, ...]


class Marks:
    """Reads the carriers of one file.

    Args:
        encoding: of the file, for offsets inside a comment.
    """

    def __init__(self, path: str, encoding: str, scheme: Scheme) -> None:
        self._path, self._encoding, self._scheme = path, encoding, scheme
        self._ascii = encoding in _LIKE_ASCII

    def read(self, marks: Sequence[Mark], driver: str | None = None, entry: str | None = None) -> Reading:
        """Read the carriers beside one entry; ``driver`` and ``entry`` say in problems whose they are."""
        if len(marks) == 1 and marks[0].carrier == "comment":
            try:
                only = self._comment(marks[0])
            except AnnotationError as error:
                return Reading(None, (), True, (self._problem(marks[0], error, driver, entry),))
            if only is not None:
                return record(Reading, (only, (only,), False, ()))
        found: list[Annotation] = []
        problems: list[Problem] = []
        written: list[Mark] = []
        for mark in marks:
            if mark.carrier in directives.CARRIERS:
                written.append(mark)
                continue
            try:
                result = self._text(mark)
            except AnnotationError as error:
                problems.append(self._problem(mark, error, driver, entry))
            else:
                found += [result] if result is not None else []
        said = directives.read(written, self._scheme) if written else directives.NOTHING
        problems += (self._problem(mark, error, driver, entry) for mark, error in said.faults)
        found += (self._annotation(mark, word, 0, spans)._replace(spans=said.spans) for mark, word, spans in said.parts)
        others = [self._annotation(mark, word, 0, spans) for mark, word, spans in said.others]
        if said.deprecation is not None:
            found = [deprecated(each, said.deprecation) for each in found]
        if len(found) > 1 and any(_facts(each) != _facts(found[0]) for each in found[1:]):
            problems.append(self._disagreement(found, driver, entry))
        return Reading(found[0] if found else None, (*found, *others), bool(problems), tuple(problems))

    def _text(self, mark: Mark) -> Annotation | None:
        """The annotation that one carrier holds, or None.

        Raises:
            AnnotationError: it cannot be read, or is not beside its entry.
        """
        if mark.carrier == "decorator":
            return self._parsed(mark, mark.text, 0)
        if mark.carrier == "stray":
            self._refuse_stray(mark)
            return None
        if mark.carrier == "shared":
            self._refuse_shared(mark)
        return self._comment(mark)

    def _comment(self, mark: Mark) -> Annotation | None:
        found = _said(mark.text, self._scheme)
        if found is None:
            return None
        if found.spans is not None:
            return self._annotation(mark, found.segment, found.offset, found.spans)
        miss = None if found.begins else grammar.near_miss(found.segment, self._scheme)
        if miss is not None:
            raise _moved(miss, found.offset)
        return self._parsed(mark, found.segment, found.offset)

    def _refuse_shared(self, mark: Mark) -> None:
        """Raise for an annotation that two entries on one line share."""
        found = _said(mark.text, self._scheme)
        if found is not None and found.begins:
            reason = "two entries on one line share no annotation"
            raise AnnotationError(found.segment, reason, None, _BESIDE, _TIP_SHARED)

    def _refuse_stray(self, mark: Mark) -> None:
        """Raise for an annotation that is not beside its entry."""
        for offset, segment in grammar.segments(mark.text):
            if grammar.is_annotation(segment, self._scheme):
                reason = "the annotation is on a line of its own"
                raise _moved(AnnotationError(segment, reason, None, _BESIDE, _TIP_STRAY), offset)

    def _parsed(self, mark: Mark, text: str, offset: int) -> Annotation:
        try:
            spans = grammar.parse(text, self._scheme)
        except AnnotationError as error:
            raise _moved(error, offset) from None
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

    def _problem(self, mark: Mark, error: AnnotationError, driver: str | None, entry: str | None) -> Problem:
        message = _message(error.reason)
        if mark.carrier == "shared" and entry is not None:
            message = f"{message} ({entry!r} of {driver})"
        corrected = error.corrected
        tip = error.tip or (f"write {corrected!r}" if corrected else None)
        return Problem(
            "malformed",
            Place(self._path, mark.line, mark.column + error.offset),
            message,
            error.text,
            error.expected or corrected or f"a release such as {self._scheme.example}, or next",
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


def deprecated(annotation: Annotation, deprecation: Deprecation) -> Annotation:
    """An annotation of an entry that another carrier calls deprecated; what it says itself may name the release too."""
    last = annotation.spans[-1]
    if last.deprecated is not None:
        return annotation
    return annotation._replace(spans=(*annotation.spans[:-1], last._replace(deprecated=deprecation)))


def _message(reason: str) -> str:
    """A near miss is no annotation that cannot be read; its reason says so by itself."""
    return reason if reason.startswith("this comment") else f"this annotation cannot be read: {reason}"


def _moved(error: AnnotationError, offset: int) -> AnnotationError:
    """The same error about a text that starts at an offset in its comment."""
    error.offset = offset
    return error


class _Said(NamedTuple):
    """The segment of a comment that is an annotation or nearly one.

    Attributes:
        spans: None if it cannot be read.
        begins: whether it begins like an annotation; otherwise it is a near miss.
    """

    offset: int
    segment: str
    spans: tuple[Span, ...] | None
    begins: bool


@lru_cache(maxsize=8192)
def _said(comment: str, scheme: Scheme) -> _Said | None:
    """What a comment says of releases, or None; the same few comments stand beside most entries of a tree."""
    parts = list(grammar.segments(comment))
    for offset, segment in parts:
        if grammar.begins_annotation(segment, scheme):
            readable = grammar.is_annotation(segment, scheme)
            return _Said(offset, segment, grammar.parse(segment, scheme) if readable else None, True)
    for offset, segment in parts:
        if grammar.near_miss(segment, scheme) is not None:
            return _Said(offset, segment, None, False)
    return None


def _facts(annotation: Annotation) -> tuple[object, ...]:
    """What two carriers must agree on: the releases, not the notes."""
    return tuple((span.since, span.at_most, span.removed) for span in annotation.spans)
