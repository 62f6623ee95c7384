"""Docstring directives -> spans: what was added and removed, what is deprecated, and what is only told beside it."""

from collections.abc import Sequence

from .. import grammar
from ..errors import AnnotationError
from ..facts import Mark
from ..model import Deprecation, Span
from ..nearest import did_you_mean
from ..records import NamedTuple
from ..release import Scheme

CARRIERS = frozenset({"added", "removed", "changed", "deprecated", "misspelt"})
_NAMES = tuple(f"version{dash}{word}" for dash in ("", "-") for word in ("added", "changed", "deprecated", "removed"))

#: A directive, the word that names its release, and that release as a span.
Part = tuple[Mark, str, tuple[Span, ...]]


class Said(NamedTuple):
    """What the directives of one docstring say together.

    Attributes:
        parts: the directives that make them.
        others: directives beside them that name a release: that of a deprecation is checked, the coming one stamped.
        faults: directives that cannot be read.
        deprecation: what ``deprecated`` says; the release since when may stand in another carrier.
    """

    spans: tuple[Span, ...] = ()
    parts: tuple[Part, ...] = ()
    others: tuple[Part, ...] = ()
    faults: tuple[tuple[Mark, AnnotationError], ...] = ()
    deprecation: Deprecation | None = None


NOTHING = Said()


def read(marks: Sequence[Mark], scheme: Scheme) -> Said:
    """Read the directives of one docstring.

    ``versionadded`` opens a span and ``versionremoved`` closes it. A further ``versionadded`` with text, while a span
    is open, tells of something that was added to the entry, as ``versionchanged`` does.
    """
    spans: list[Span] = []
    parts: list[Part] = []
    others: list[Part] = []
    deprecation: Deprecation | None = None
    for mark in marks:
        if mark.carrier == "misspelt":
            return Said(faults=((mark, _misspelt(mark.text)),))
        word, _, text = mark.text.partition(" ")
        is_release = grammar.is_annotation(word, scheme)
        is_open = bool(spans) and spans[-1].is_open
        if mark.carrier == "deprecated":
            deprecation = Deprecation(grammar.parse(word, scheme)[0].since if is_release else None)
        if mark.carrier in ("changed", "deprecated") or (mark.carrier == "added" and is_open and text.strip()):
            if is_release and (mark.carrier == "deprecated" or grammar.parse(word, scheme)[0].since.is_next):
                others.append((mark, word, grammar.parse(word, scheme)))
            continue
        try:
            said = grammar.parse(word, scheme)
            if mark.carrier == "removed" and not is_open:
                raise AnnotationError(word, "nothing was added before")
        except AnnotationError as error:
            return Said(faults=((mark, error),))
        if mark.carrier == "added":
            spans.append(said[0])
        else:
            spans[-1] = spans[-1]._replace(removed=said[0].since)
        parts.append((mark, word, said))
    return Said(tuple(spans), tuple(parts), tuple(others), deprecation=deprecation)


def _misspelt(name: str) -> AnnotationError:
    tip = did_you_mean(name, _NAMES) or f"use one of {', '.join(_NAMES[:4])}"
    return AnnotationError(name, f"there is no directive {name!r}", None, "versionadded or versionremoved", tip)
