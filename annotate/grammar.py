"""Annotation text <-> spans, and near misses with the text that was probably meant.

    annotation = span *( "," span ) [ ";" note ]
    span       = since [ " - " removed ]
    since      = release | "next" | "<=" release
    removed    = release | "next"
    note       = quality *( "," quality ) [ ":" text ] | text
    quality    = "partial" | "deprecated" [ release | "next" ]

The note belongs to the last span, the current one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from .errors import AnnotationError, ReleaseError
from .model import Deprecation, Span
from .patterns import regex
from .release import NEXT_TEXT, Scheme

_PARTIAL, _DEPRECATED = "partial", "deprecated"
#: A typo of one of these words: maximal difference in length, minimal similarity.
_SLIP, _ALIKE = 2, 0.8
#: A note after a comma, where another span is expected.
_AS_SPAN = regex(rf",\s*((?:{_PARTIAL}|{_DEPRECATED}(?:\s+[^\s,:;]+)?)\s*(?::[^;]*)?)$")
#: A note that begins with one of these words, and the release behind the second.
_FIRST_WORD, _SINCE = (
    regex(r"[^\W\d_]+"),
    regex(r"[\s,:-]*(?:(?:since|in|as\s+of|from|version)\s+)*v?(\S+)", re.I),
)
_DEPRECATED_NEXT = regex(rf"(?:^|,)\s*{_DEPRECATED}\s+({NEXT_TEXT})\s*(?=,|$)")
_CONTROL = regex(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_TOKEN = regex(r"[^\s,;]+")
_LEADING_WORDS = regex(
    r"""^(?:@?since|(?:added|new|available|introduced|supported)(?:\s+(?:in|since))?|as\s+of|from|version(?:added)?)
        \s*:{0,2}\s*(?:version\s+|release\s+|v(?=\d))?""",
    re.IGNORECASE | re.VERBOSE,
)
_PLACEHOLDERS = regex(
    r"(?:tbd|tba|t\.b\.d\.|todo|fixme|xxx|\?+|unreleased|n/?a|unknown|next\s+release|upcoming)[.!:]?", re.IGNORECASE
)
_INSTEAD = f"{NEXT_TEXT}, or the release in which it appeared"
_NEXT_TIP = f"write {NEXT_TEXT!r} only if it is not released yet"
_LOOKALIKES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
#: Each part of these begins at one place only, so that the time to search a long text is linear.
_RANGE = regex(r"(?<!\s)\s*(?:--?|\u2013|\u2014|\u2212|\bto\b|\buntil\b|\.\.)\s*")
_OTHER_DASH = regex(r"[0-9A-Za-z]\s*(?:--|\u2013|\u2014|\u2212)\s*[0-9A-Za-z]")
_TIGHT_DASH = regex(r"[0-9](?:-\s?|\s-)(?:[0-9]|next\b)|\bnext(?:-\s?|\s-)[0-9]")
_VERSION_SHAPED = regex(
    r"[vV]?(?:(?=[OolI]*[0-9])[0-9OolI]+(?:\.[0-9A-Za-z]+)+|[OolI](?:\.(?=[OolI]*[0-9])[0-9OolI]+)+)\S*"
)


@lru_cache(maxsize=4096)
def parse(text: str, scheme: Scheme) -> tuple[Span, ...]:
    """Read a whole annotation.

    Args:
        text: the annotation without comment marks.

    Returns:
        One or more spans, the last with the note.

    Raises:
        AnnotationError: the text is not an annotation.
    """
    read = _read(text, scheme)
    if isinstance(read, str):
        raise AnnotationError(text, read, correct(text, scheme))
    return read


def is_annotation(text: str, scheme: Scheme) -> bool:
    """Whether ``parse`` reads the text."""
    return not isinstance(_read(text, scheme), str)


def _read(text: str, scheme: Scheme) -> tuple[Span, ...] | str:
    """The spans, or the reason why the text is not an annotation."""
    head, semicolon, tail = text.partition(";")
    spans: list[Span] = []
    for part in head.split(","):
        span = _span(part.strip(), scheme)
        if isinstance(span, str):
            return span
        spans.append(span)
    if semicolon:
        qualities, note = _note(tail.strip(), scheme)
        if not qualities and note is None:
            return "there is no note after the semicolon"
        fault = _note_fault(note, scheme) if not qualities else _control_fault(note)
        if fault is not None:
            return fault
        spans[-1] = spans[-1]._replace(partial=_PARTIAL in qualities, note=note, deprecated=qualities.get(_DEPRECATED))
    return tuple(spans)


def _span(text: str, scheme: Scheme) -> Span | str:
    """One span, or the reason why it is invalid."""
    if not text:
        return "a release is missing"
    since, dash, removed = text.partition(" - ")
    since, removed = since.strip(), removed.strip()
    at_most = since.startswith("<=")
    since = since.removeprefix("<=").strip()
    try:
        first = scheme.parse(since)
        if at_most and first.is_next:
            return "'<=' cannot be combined with 'next'"
        return Span(first, at_most, scheme.parse(removed) if dash else None)
    except ReleaseError as error:
        return _dash_fault(text) or str(error)


def _dash_fault(text: str) -> str | None:
    """What is wrong with the dash between two releases, or None."""
    if _OTHER_DASH.search(text):
        return "the dash between two releases must be a plain hyphen with a space on both sides"
    if _TIGHT_DASH.search(text):
        return "the dash between two releases needs a space on both sides"
    return None


def _note(text: str, scheme: Scheme) -> tuple[dict[str, Deprecation | None], str | None]:
    """The qualities that a note names, and the rest of it."""
    head, _, rest = text.partition(":")
    qualities: dict[str, Deprecation | None] = {}
    for part in head.split(","):
        word, _, release = part.strip().partition(" ")
        release = release.strip()
        if word == _PARTIAL and not release:
            qualities[_PARTIAL] = None
        elif word == _DEPRECATED and (not release or scheme.accepts(release) or release == NEXT_TEXT):
            qualities[_DEPRECATED] = Deprecation(scheme.parse(release) if release else None)
        else:
            return {}, text or None
    return qualities, rest.strip() or None


def _note_fault(note: str | None, scheme: Scheme) -> str | None:
    """What is wrong with a note that names no quality, or None: it was meant to, or has a control character."""
    if note is None:
        return None
    corrected = _corrected_note(note, scheme)
    if corrected != note:
        # A misspelt word is named without the text behind it.
        wrong, right = (each.partition(":")[0].strip() for each in (note, corrected))
        return f"{wrong!r} must be written {right!r}" if wrong != right else f"{note!r} must be written {corrected!r}"
    return _control_fault(note)


def _control_fault(note: str | None) -> str | None:
    return "the note contains a control character" if note is not None and _CONTROL.search(note) else None


def _is_nearly(word: str, meant: str) -> bool:
    """Whether a word that begins a note was meant as another one."""
    if word == meant:
        return True
    if word[:1].lower() != meant[0] or abs(len(word) - len(meant)) > _SLIP:
        return False
    from difflib import SequenceMatcher

    return SequenceMatcher(None, word.lower(), meant).ratio() >= _ALIKE


def render(spans: tuple[Span, ...]) -> str:
    """Write spans as an annotation; ``parse`` reads the same spans back."""
    parts = []
    for span in spans:
        since = f"{'<= ' if span.at_most else ''}{span.since}"
        parts.append(since if span.removed is None else f"{since} - {span.removed}")
    return "; ".join(filter(None, (", ".join(parts), note_text(spans[-1]))))


def note_text(span: Span) -> str:
    """The note of a span as written, with its qualities: ``partial, deprecated 2.0: no live resize``."""
    qualities = [_PARTIAL] if span.partial else []
    if span.deprecated is not None:
        qualities.append(f"{_DEPRECATED} {span.deprecated.since or ''}".rstrip())
    return ": ".join(filter(None, (", ".join(qualities), span.note)))


def next_tokens(text: str) -> Iterator[int]:
    """Offsets of every ``next`` that is a release; in the text of a note it is an ordinary word."""
    head, _, note = text.partition(";")
    for token in _TOKEN.finditer(head):
        if token.group() == NEXT_TEXT:
            yield token.start()
    for since in _DEPRECATED_NEXT.finditer(note.partition(":")[0]):
        yield len(head) + 1 + since.start(1)


def segments(comment: str) -> Iterator[tuple[int, str]]:
    """Split a Python comment at every ``#`` at its start or after white space; a C comment is one segment.

    Yields:
        Offset and text of each segment, without surrounding white space. Blank segments are left out.
    """
    if comment.startswith(("/*", "//")):
        inner = comment[2:].removesuffix("*/") if comment.startswith("/*") else comment[2:]
        if inner.strip():
            yield 2 + len(inner) - len(inner.lstrip()), inner.strip()
        return
    cuts = [match.end() for match in re.finditer(r"(?:^|(?<=\s))#+", comment)]
    for start, stop in zip(cuts, [*cuts[1:], len(comment) + 1], strict=True):
        piece = comment[start:stop].rstrip() if stop > len(comment) else comment[start:stop].rstrip("#").rstrip()
        text = piece.lstrip()
        if text:
            yield start + len(piece) - len(text), text


@lru_cache(maxsize=4096)
def begins_annotation(segment: str, scheme: Scheme) -> bool:
    """Whether a segment starts like an annotation: with a release, ``<=`` or ``next``.

    A word without a dot that is followed by others (``3 retries``, ``2b or not 2b``) is prose.
    """
    if segment.startswith("<="):
        return True
    token = _TOKEN.match(segment)
    if token is None:
        return False
    word = token.group()
    if word == NEXT_TEXT:
        return True
    if not scheme.accepts(word):
        return False
    return "." in word or is_annotation(segment, scheme)


def near_miss(segment: str, scheme: Scheme) -> AnnotationError | None:
    """What is wrong with a whole segment that is nearly an annotation; None for ordinary prose."""
    if _PLACEHOLDERS.fullmatch(segment):
        return AnnotationError(segment, "a placeholder is not a release", NEXT_TEXT, _INSTEAD, _NEXT_TIP)
    corrected = correct(segment, scheme)
    if corrected is not None:
        return AnnotationError(
            segment, _dash_fault(segment) or "this comment looks like an annotation but is not valid", corrected
        )
    if _VERSION_SHAPED.fullmatch(segment):
        return AnnotationError(segment, _dash_fault(segment) or f"this is not a release, such as {scheme.example!r}")
    return None


def correct(text: str, scheme: Scheme) -> str | None:
    """The annotation that an invalid text was probably meant to be, or None.

    The result is a valid annotation; for a valid text the result is None.
    """
    if is_annotation(text, scheme):
        return None
    head, semicolon, tail = _AS_SPAN.sub(r"; \1", text.strip()).partition(";")
    tail = _corrected_note(tail.strip(), scheme)
    head = head.strip().strip("()[]\"'`").rstrip(".:!+ ,")
    if head.lower() == NEXT_TEXT:
        fixed: str | None = NEXT_TEXT
    else:
        fixed = _correct_spans(_LEADING_WORDS.sub("", head, count=1), scheme)
    if fixed is None:
        return None
    whole = f"{fixed}; {tail}" if semicolon and tail else fixed
    return whole if is_annotation(whole, scheme) else None


def _corrected_note(note: str, scheme: Scheme) -> str:
    """A note that was meant to name a quality, with it; any other note as it is."""
    first = _FIRST_WORD.match(note)
    if first is None or _note(note, scheme)[0]:
        return note
    if _is_nearly(note.partition(":")[0].strip(), _PARTIAL):
        return _PARTIAL + note[len(note.partition(":")[0]) :]
    if not _is_nearly(first.group(), _DEPRECATED):
        return note
    since = _SINCE.match(note, first.end())
    release = since.group(1).rstrip(",:;.") if since is not None else ""
    if since is None or not (("." in release and scheme.accepts(release)) or release == NEXT_TEXT):
        return ": ".join(filter(None, (_DEPRECATED, note[first.end() :].strip(" ,:-"))))
    return ": ".join(filter(None, (f"{_DEPRECATED} {release}", note[since.end() :].strip(" ,:-"))))


def _correct_spans(text: str, scheme: Scheme) -> str | None:
    spans = []
    for part in text.split(","):
        words = _LEADING_WORDS.sub("", part.strip(), count=1)
        ends = [_correct_release(end, scheme) for end in _RANGE.split(words)]
        if len(ends) > 2 or None in ends:
            whole = _correct_release(part, scheme)
            ends = [whole]
        if None in ends:
            return None
        spans.append(" - ".join(str(end) for end in ends))
    return ", ".join(spans)


def _correct_release(text: str, scheme: Scheme) -> str | None:
    word = text.strip()
    mark = ""
    for sign in ("<=", "\u2264"):
        if word.startswith(sign):
            mark, word = "<= ", word.removeprefix(sign).strip()
    word = word.removeprefix(">=").removeprefix("\u2265").strip()
    if word.lower() == NEXT_TEXT:
        return None if mark else NEXT_TEXT
    digits = word.translate(_LOOKALIKES) if _VERSION_SHAPED.fullmatch(word) else word
    for candidate in (word, word.lstrip("vV"), digits, digits.lstrip("vV")):
        if scheme.accepts(candidate) and (not candidate.isdigit() or candidate == text.strip()):
            return mark + candidate
    return None
