"""The name that was probably meant: one way of guessing, so that all messages guess alike.

Case, dashes and underlines make no difference. Of names that come about as near, the one that begins alike is meant:
people mistype and rename the end of a name more often than its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

#: How many candidates are weighed: many names of an interface may begin with the same word.
_SEVERAL = 20
_BEGINNING = 0.3


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The closest of some names, the first of equals; None when nothing comes near."""
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
    """The closest of some names as a tip, or None."""
    close = nearest(wrong, known)
    return None if close is None else f"did you mean {close!r}?"


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _likeness(name: str, other: str) -> float:
    import difflib

    alike = takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False))
    begins = sum(1 for _ in alike) / max(len(name), len(other))
    return difflib.SequenceMatcher(None, name, other).ratio() + _BEGINNING * begins
