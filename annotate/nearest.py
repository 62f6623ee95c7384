"""The name that was probably meant, for all messages.

Case, dashes and underscores are ignored. Among similar names, one with the same start is preferred, because the end of
a name is mistyped or renamed more often than its start.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

#: How many candidates are compared: many names may start with the same word.
_SEVERAL = 20
_BEGINNING = 0.3


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The closest name, the first of equals; None if none is similar."""
    import difflib

    names: dict[str, str] = {}
    for each in known:
        names.setdefault(_plain(each), each)
    name = _plain(wrong)
    if name in names:
        return names[name]
    close = difflib.get_close_matches(name, list(names), _SEVERAL)
    best = max(close, key=lambda each: _likeness(name, each), default=None)
    return None if best is None else names[best]


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """The closest name as a tip, or None."""
    close = nearest(wrong, known)
    return None if close is None else f"did you mean {close!r}?"


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _likeness(name: str, other: str) -> float:
    import difflib

    alike = takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False))
    begins = sum(1 for _ in alike) / max(len(name), len(other))
    return difflib.SequenceMatcher(None, name, other).ratio() + _BEGINNING * begins
