"""Regular expressions: every one that a module keeps is one that the oldest supported Python reads."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import hvsupport.annotate
import hvsupport.gen
from hvsupport.annotate.patterns import regex

#: What Python 3.11 brought: ``a*+`` and ``(?>a)``.
_NEWER = {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}
_KINDS = (re.Pattern, type(regex("")))


def kept() -> Iterator[tuple[str, re.Pattern]]:
    """The patterns that are global in the modules of the package, with the names of their places."""
    for package in (hvsupport.annotate, hvsupport.gen):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("__main__"):
                continue
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                if isinstance(value, _KINDS):
                    yield f"{found.name}:{name}", value


def words(tree: object) -> Iterator[str]:
    """The words of a parsed pattern, those of its parts too."""
    if isinstance(tree, int | str | bytes | type(None)):
        if isinstance(tree, int) and hasattr(tree, "name"):
            yield tree.name
    else:
        for part in tree:
            yield from words(part)


def newer(pattern: str | bytes, flags: int) -> set[str]:
    parser = getattr(re, "_parser", None) or importlib.import_module("sre_parse")
    return _NEWER & set(words(parser.parse(pattern, flags)))


def test_every_pattern_is_read_by_the_oldest_python() -> None:
    found = dict(kept())
    assert len(found) > 150
    wrong = {
        place: newer(one.pattern, one.flags & ~re.UNICODE if isinstance(one.pattern, bytes) else one.flags)
        for place, one in found.items()
    }
    assert {place: names for place, names in wrong.items() if names} == {}


def test_what_is_newer_is_seen() -> None:
    try:
        re.compile("a*+")
    except re.error:
        return
    assert newer("(?:b(?:a*+)c|d)", 0) == {"POSSESSIVE_REPEAT"}
    assert newer("x(?>a)", 0) == {"ATOMIC_GROUP"}
