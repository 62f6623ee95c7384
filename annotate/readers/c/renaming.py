"""Macros that are other names of types: ``#define driver_t struct ops``, ``#define driver_ptr struct ops *``."""

from __future__ import annotations

from collections.abc import Set

from ...patterns import regex
from .directives import Directives

_QUALIFIED = r"(?:(?:const|volatile|static)\s+)*"
_TYPE = regex(_QUALIFIED + r"(?:struct\s+)?(?P<type>[A-Za-z_]\w*)\s*(?:const\s*)?(?P<star>\*?)\s*(?:const)?")


def named(body: str) -> tuple[str, int] | None:
    """The type for which a macro is another name, and its stars; None if it is no type."""
    match = _TYPE.fullmatch(body.strip())
    return None if match is None else (match["type"], len(match["star"]))


def macros(directives: Directives, types: Set[str]) -> dict[str, tuple[str, int]]:
    """The macros of a file that are other names of some types, wherever they are defined: each with its stars."""
    found: dict[str, tuple[str, int]] = {}
    if not _may_name(directives, types):
        return found
    for name, made in directives.macros.items():
        if types.isdisjoint(made[0].body.replace("*", " ").split()):
            continue
        known = {None if each.takes_arguments else named(each.body) for each in made}
        one = known.pop() if len(known) == 1 else None
        if one is not None and one[0] in types and name != one[0]:
            found[name] = one
    return found


def others(directives: Directives, types: Set[str]) -> frozenset[str]:
    """Those of some names of types that a file defines as macros for something else, in one of its definitions."""
    if not _may_name(directives, types):
        return frozenset()
    made = ((name, each) for name, all_ in directives.macros.items() if name in types for each in all_)
    return frozenset(
        name
        for name, each in made
        if not each.takes_arguments and ((one := named(each.body)) is None or one[0] not in types)
    )


def _may_name(directives: Directives, types: Set[str]) -> bool:
    """Whether a macro may have one of some names in it, or be called so: it is quicker than to read all macros."""
    # A name may go on on the next line.
    words = [b"\\", *(each.encode() for each in types)]
    return any(each.word == "define" and any(word in each.raw for word in words) for each in directives.found)
