"""Protocols: sets of entry points that only work together, such as the steps of a migration.

    declared families + interfaces ──► resolve: what every driver makes of them
    a family + two drivers at two releases ──► negotiate: the best that the tables allow, and why none better

The tables say who has which function since when, and no more: whether a migration works they cannot tell.
"""

from __future__ import annotations

from .negotiate import Lack, Negotiation, Outcome, Pairing, Range, negotiate, pairings
from .resolve import resolve

__all__ = ["Lack", "Negotiation", "Outcome", "Pairing", "Range", "negotiate", "pairings", "resolve"]
