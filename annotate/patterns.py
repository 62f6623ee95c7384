"""Regular expressions that are compiled when they are first used, and globs, most of which need none.

A run uses a part of all patterns, and to compile one takes longer than most of what it is used for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from operator import methodcaller
from typing import Any, AnyStr, cast

_WILD = frozenset("*?[")


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A pattern that is used like that of ``re.compile``.

    An invalid one raises ``re.error`` where it is first used.
    """
    return cast("re.Pattern[AnyStr]", _Regex(pattern, flags))


def is_glob(pattern: str) -> bool:
    """Whether a pattern has wildcards."""
    return not _WILD.isdisjoint(pattern)


def fits(name: str, pattern: str) -> bool:
    """Whether a name equals a pattern or matches it as a glob, in which ``*`` also stands for ``/``."""
    return bool(matcher(pattern)(name))


@cache
def matcher(pattern: str) -> Callable[[str], object]:
    """What is true of a name that equals a pattern or matches it as a glob; most need no expression."""
    if not is_glob(pattern):
        return pattern.__eq__
    if is_glob(pattern.replace("*", "")):
        return lambda name: name == pattern or fnmatchcase(name, pattern)
    start, *between, end = pattern.split("*")
    if not between and not (start and end):
        return methodcaller("startswith", start) if start else methodcaller("endswith", end)

    def is_match(name: str) -> bool:
        at, last = len(start), len(name) - len(end)
        if not name.startswith(start) or not name.endswith(end):
            return False
        for part in between:
            at = name.find(part, at)
            if at < 0:
                return False
            at += len(part)
        return at <= last

    return is_match


@cache
def one_of(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a name equals one of the patterns or matches it as a glob."""
    exact = frozenset(patterns)
    globs = [matcher(each) for each in patterns if is_glob(each)]
    return lambda name: name in exact or any(each(name) for each in globs)


class _Regex:
    """Keeps each attribute of the compiled pattern that was asked for as its own."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, found)
        return found
