"""The name that was probably meant, for all messages.

Case, dashes and underscores are ignored. Among similar names, one with the same start is preferred, because the end of
a name is mistyped or renamed more often than its start. Names that share words must be alike in the others too:
``supports_json`` does not mean ``supports_cte``.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from .patterns import regex

#: How many candidates are compared: many names may start with the same word.
_SEVERAL = 20
_BEGINNING = 0.3
_WORD = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
#: How similar the words must be that two names do not share, also if they begin alike.
_REST, _REST_BEGUN = 0.5, 0.25


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The closest name, the first of equals; None if none is similar."""
    import difflib

    names: dict[str, str] = {}
    for each in known:
        names.setdefault(_plain(each), each)
    name = _plain(wrong)
    if name in names:
        return names[name]
    close = [
        each for each in difflib.get_close_matches(name, list(names), _SEVERAL) if _rest_is_alike(wrong, names[each])
    ]
    best = max(close, key=lambda each: _likeness(name, each), default=None)
    return None if best is None else names[best]


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """The closest name as a tip, or None."""
    close = nearest(wrong, known)
    return None if close is None else f"did you mean {close!r}?"


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _rest_is_alike(wrong: str, other: str) -> bool:
    """Whether two names are alike apart from the words that both begin or end with; numbers always are."""
    import difflib

    mine, yours = (_WORD.findall(name) for name in (wrong, other))
    for at in (0, -1):
        while mine and yours and mine[at].lower() == yours[at].lower():
            del mine[at], yours[at]
    one, two = "".join(mine).lower(), "".join(yours).lower()
    if not one or not two or (one.isdigit() and two.isdigit()):
        return True
    return difflib.SequenceMatcher(None, one, two).ratio() >= (_REST_BEGUN if one[0] == two[0] else _REST)


def _likeness(name: str, other: str) -> float:
    import difflib

    alike = takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False))
    begins = sum(1 for _ in alike) / max(len(name), len(other))
    return difflib.SequenceMatcher(None, name, other).ratio() + _BEGINNING * begins
