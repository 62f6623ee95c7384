"""Regular expressions that are compiled when they are first used, and globs, most of which need none.

A run uses a part of all patterns, and to compile one takes longer than most of what it is used for.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
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
    fixed = pattern.removesuffix("*")
    if is_glob(fixed):
        ending = pattern[1:]
        if pattern[0] == "*" and not is_glob(ending):
            return name.endswith(ending)
        return name == pattern or fnmatchcase(name, pattern)
    return name == pattern if fixed == pattern else name.startswith(fixed)


class _Regex:
    """Keeps each attribute of the compiled pattern that was asked for as its own."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, found)
        return found
