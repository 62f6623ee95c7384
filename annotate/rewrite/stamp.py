"""Replace every ``next`` with the release that is being made; the rest of each annotation is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..catalogue import Catalogue, Edit
from ..config.value import Config
from ..grammar import next_tokens
from ..model import Annotation, Span
from ..release import NEXT, NEXT_TEXT, Release
from . import Plan, Skipped, encoded, in_order

_BY_HAND = "change the configuration by hand"


def plan(catalogue: Catalogue, config: Config, release: Release, documents: Iterable[Edit] = ()) -> Plan:
    """Edits that replace each ``next`` of each annotation, including unused ones.

    Args:
        config: what it was read with; releases in it are changed by hand.
        release: the replacement of ``next``.
        documents: the edits of documents; one that is an annotation as well is made once.
    """
    edits: list[Edit] = []
    skipped = list(_configured(config))
    for annotation in catalogue.annotations:
        offsets = list(next_tokens(annotation.text))
        tokens = _tokens(annotation, offsets, release)
        edits.extend(tokens)
        if offsets and not tokens:
            skipped.append(Skipped(annotation.place, repr(annotation.text), "its text cannot be edited in place"))
    done = {(edit.path, edit.start) for edit in edits}
    edits += (edit for edit in documents if (edit.path, edit.start) not in done)
    return Plan(in_order(edits), tuple(skipped))


def _configured(config: Config) -> Iterator[Skipped]:
    for interface in config.interfaces:
        for driver, spans in interface.removed.items():
            if _says_next(spans):
                yield Skipped(interface.place("removed", driver), f"driver {driver}", _BY_HAND)
        for driver, cells in interface.inherits.items():
            for entry, spans in cells.items():
                if _says_next(spans):
                    yield Skipped(interface.place("inherits", driver, entry), f"{entry!r} of {driver}", _BY_HAND)


def _says_next(spans: tuple[Span, ...]) -> bool:
    return any(NEXT in span.releases for span in spans)


def _tokens(annotation: Annotation, offsets: list[int], release: Release) -> list[Edit]:
    """One edit for each ``next``; none if the text differs from the bytes in the file."""
    anchor, text = annotation.anchor, annotation.text
    if anchor is None or len(encoded(text, anchor.encoding)) != anchor.end - anchor.start:
        return []
    old, new = encoded(NEXT_TEXT, anchor.encoding), encoded(str(release), anchor.encoding)
    return [
        Edit(anchor.path, anchor.start + len(encoded(text[:offset], anchor.encoding)), old, new) for offset in offsets
    ]
