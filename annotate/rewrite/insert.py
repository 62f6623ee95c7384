"""Annotations to insert -> a plan; what does not fit on its line is skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..catalogue import Edit
from ..model import Anchor, Place
from . import Plan, Skipped, encoded, in_order


@dataclass(frozen=True, slots=True)
class Missing:
    """Something without an annotation.

    Attributes:
        insertion: where the annotation goes; None if it does not fit.
    """

    place: Place
    what: str
    insertion: Anchor | None
    text: str


def plan(missing: Iterable[Missing], skipped: Iterable[Skipped] = ()) -> Plan:
    """Edits that write annotations, each place once.

    Args:
        missing: what to annotate: a class may be a driver of several interfaces, and a method an entry of several.
        skipped: what was left out before.
    """
    # Each place once: the same class or method may be named several times.
    each = list({one.place: one for one in missing}.values())
    shared = Counter(_position(one.insertion) for one in each if one.insertion is not None)
    edits, left = [], list(skipped)
    for one in each:
        if one.insertion is None:
            left.append(Skipped(one.place, one.what, "a comment does not fit there; move it to a line of its own"))
        elif shared[_position(one.insertion)] > 1:
            left.append(Skipped(one.place, one.what, "another entry is on the same line; move it to a line of its own"))
        else:
            edits.append(_insert(one.insertion, one.text))
    return Plan(in_order(edits), tuple(sorted(left, key=lambda one: one.place)))


def _position(anchor: Anchor) -> tuple[str, int]:
    return anchor.path, anchor.start


def _insert(anchor: Anchor, text: str) -> Edit:
    return Edit(anchor.path, anchor.start, b"", encoded(f"{anchor.before}{text}{anchor.after}", anchor.encoding))
