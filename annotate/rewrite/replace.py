"""Replace the releases of annotations; their notes are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..catalogue import Edit
from ..grammar import is_annotation, parse, render
from ..model import Annotation, Span
from ..release import Scheme
from . import Plan, Skipped, encoded, in_order


@dataclass(frozen=True, slots=True)
class Correction:
    """An annotation with other releases than it should have.

    Attributes:
        what: what it is about, in words.
    """

    what: str
    annotation: Annotation
    spans: tuple[Span, ...]


def plan(corrections: Iterable[Correction], scheme: Scheme) -> Plan:
    """Edits that write other releases, each place once."""
    edits, skipped = [], []
    for one in {each.annotation.place: each for each in corrections}.values():
        annotation, text = one.annotation, render(one.spans)
        why = _why_not(annotation, one.spans, scheme)
        if why is not None or annotation.anchor is None:
            skipped.append(Skipped(annotation.place, one.what, f"{why}; it should say {text!r}"))
            continue
        anchor = annotation.anchor
        old = annotation.text.partition(";")[0].rstrip()
        edits.append(Edit(anchor.path, anchor.start, encoded(old, anchor.encoding), encoded(text, anchor.encoding)))
    return Plan(in_order(edits), tuple(sorted(skipped, key=lambda each: each.place)))


def _why_not(annotation: Annotation, spans: tuple[Span, ...], scheme: Scheme) -> str | None:
    """Why an annotation cannot be edited in place; None if it can."""
    anchor, text = annotation.anchor, annotation.text
    if annotation.carrier == "config" or anchor is None:
        return "change the configuration by hand"
    whole = len(encoded(text, anchor.encoding)) == anchor.end - anchor.start
    if not whole or not is_annotation(text, scheme) or len(parse(text, scheme)) != len(annotation.spans):
        return "its text cannot be edited in place"
    if annotation.carrier == "docstring" and (len(spans) > 1 or spans[0].at_most or not spans[0].is_open):
        return "a directive has one release"
    return None
