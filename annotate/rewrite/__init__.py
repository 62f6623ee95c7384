"""Edits of sources, one kind per file: catalogue -> byte edits; pure and independent of the language."""

from __future__ import annotations

from dataclasses import dataclass

from ..catalogue import Edit
from ..model import Place


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that must be edited by hand."""

    place: Place
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Edits in file order, and what was skipped."""

    edits: tuple[Edit, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def encoded(text: str, encoding: str) -> bytes:
    """The bytes of a text in the middle of a file: without a byte order mark, which belongs only at the start."""
    name = encoding.lower().replace("_", "-")
    return text.encode("utf-8" if name == "utf-8-sig" else encoding)


def in_order(edits: list[Edit]) -> tuple[Edit, ...]:
    """Edits by file and position."""
    return tuple(sorted(edits, key=lambda edit: (edit.path, edit.start)))
