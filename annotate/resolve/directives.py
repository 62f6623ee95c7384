"""Docstring directives -> spans: what was added and removed, what is deprecated, and what is only told beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from .. import grammar
from ..facts import Mark
from ..model import Span
from ..nearest import did_you_mean
from ..release import Scheme

CARRIERS = frozenset({"added", "removed", "changed", "deprecated", "misspelt"})
_NAMES = tuple(f"version{dash}{word}" for dash in ("", "-") for word in ("added", "changed", "deprecated", "removed"))

#: A directive, the word that names its release, and that release as a span.
Part = tuple[Mark, str, tuple[Span, ...]]


class Said(NamedTuple):
    """What the directives of one docstring say together.

    Attributes:
        spans: since when.
        parts: the directives that make them.
        others: directives beside them that name the coming release, which has to be stamped all the same.
        faults: directives that cannot be read.
    """

    spans: tuple[Span, ...] = ()
    parts: tuple[Part, ...] = ()
    others: tuple[Part, ...] = ()
    faults: tuple[tuple[Mark, grammar.Malformed], ...] = ()


NOTHING = Said()


def read(marks: Sequence[Mark], scheme: Scheme) -> Said:
    """Read the directives of one docstring.

    ``versionadded`` opens a span and ``versionremoved`` closes it. A further ``versionadded`` with text, while a span
    is open, tells of something that was added to the entry, as ``versionchanged`` does.
    """
    spans: list[Span] = []
    parts: list[Part] = []
    others: list[Part] = []
    note: str | None = None
    for mark in marks:
        if mark.carrier == "misspelt":
            return Said(faults=((mark, _misspelt(mark.text)),))
        word, _, text = mark.text.partition(" ")
        said = parsed(word, scheme) if word else grammar.Malformed("", "a release is missing")
        is_release = not isinstance(said, grammar.Malformed)
        is_open = bool(spans) and spans[-1].is_open
        if mark.carrier == "deprecated":
            note = f"deprecated {word}" if is_release else "deprecated"
        if mark.carrier in ("changed", "deprecated") or (mark.carrier == "added" and is_open and text.strip()):
            if not isinstance(said, grammar.Malformed) and said[0].since.is_next:
                others.append((mark, word, said))
            continue
        if isinstance(said, grammar.Malformed):
            return Said(faults=((mark, said),))
        if mark.carrier == "added":
            spans.append(said[0])
        elif is_open:
            spans[-1] = spans[-1]._replace(removed=said[0].since)
        else:
            return Said(faults=((mark, grammar.Malformed(word, "nothing was added before")),))
        parts.append((mark, word, said))
    if spans and note is not None:
        spans[-1] = spans[-1]._replace(note=note)
    return Said(tuple(spans), tuple(parts), tuple(others))


def _misspelt(name: str) -> grammar.Malformed:
    tip = did_you_mean(name, _NAMES) or f"use one of {', '.join(_NAMES[:4])}"
    return grammar.Malformed(name, f"there is no directive {name!r}", None, "versionadded or versionremoved", tip)


@lru_cache(maxsize=8192)
def parsed(text: str, scheme: Scheme) -> tuple[Span, ...] | grammar.Malformed:
    """A tree names few releases in many places: equal annotations share their spans."""
    return grammar.parse(text, scheme)
