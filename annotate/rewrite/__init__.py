"""Edits of sources, one kind a file: catalogue -> byte edits; pure, and knowing no language."""

from __future__ import annotations

from dataclasses import dataclass

from ..catalogue import Edit
from ..model import Place


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that should be edited and cannot be; somebody has to do it by hand."""

    place: Place
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done: edits in file order, and what is left over."""

    edits: tuple[Edit, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def encoded(text: str, encoding: str) -> bytes:
    """The bytes of a text in the middle of a file: a byte order mark belongs to the file's start only."""
    name = encoding.lower().replace("_", "-")
    return text.encode("utf-8" if name == "utf-8-sig" else encoding)


def in_order(edits: list[Edit]) -> tuple[Edit, ...]:
    """Edits by file and position."""
    return tuple(sorted(edits, key=lambda edit: (edit.path, edit.start)))
