"""What the macros that a file defines stand for: no function, several slots, other names. None is expanded."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from ...facts import Body
from .directives import Directives, Macro

_NO_FUNCTION = r"[(\s]*(?:\([\w\s*]+\)[(\s]*)?(?:NULL|nullptr|0)[)\s]*"
_MAYBE_NONE = r"\b(?:NULL|nullptr)\b"
_OTHER = r"[(\s]*([A-Za-z_]\w*)[)\s]*"
_CALL = r"([A-Za-z_]\w*)\s*\(.*\)"
#: One call behind another, as lists have them that are given what to make of each item.
_CALLS = r"[A-Za-z_]\w*\s*\([^()]*\)\s*[A-Za-z_]\w*\s*\("
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
#: Macros that stand for each other are followed so far.
_DEEP = 8
#: Macros of well-known headers that are what they are given, with another type.
_CASTS = frozenset({"G_CALLBACK", "G_STRUCT_OFFSET"})


class Macros:
    """The macros of one file.

    Args:
        directives: of the file.
    """

    def __init__(self, directives: Directives) -> None:
        self._directives = directives
        self.known = directives.defined

    @cached_property
    def _undefined(self) -> frozenset[str]:
        return frozenset(each.rest for each in self._directives.found if each.word == "undef")

    def _spread(self, first: set[str], reaches: Callable[[Macro, set[str]], bool]) -> set[str]:
        """The macros of a kind, and those that stand for one of them."""
        found = first
        for _ in range(_DEEP):
            more = {
                name for name, made in self._directives.macros.items() if any(reaches(each, found) for each in made)
            }
            if more <= found:
                break
            found = found | more
        return found

    @cached_property
    def empty(self) -> dict[str, bool]:
        """The macros that may stand for no function: name -> whether they do so whatever is built."""
        macros = self._directives.macros
        maybe = {
            name
            for name, made in macros.items()
            if any(_is_empty(each) or re.search(_MAYBE_NONE, each.body) for each in made)
        }
        always: set[str] = set()
        for _ in range(_DEEP):
            always |= {name for name in macros if name not in always and self._is_always_empty(name, always)}
        return {name: name in always for name in self._spread(maybe, _stands_for)}

    def _is_always_empty(self, name: str, always: set[str]) -> bool:
        """Whether each definition of a macro is empty, or one of some that always are, whatever is built."""
        made = self._directives.macros[name]
        if not all(_is_empty(each) or _stands_for(each, always) for each in made) or name in self._undefined:
            return False
        return not any(self._directives.under(each.start).when for each in made)

    @cached_property
    def several(self) -> frozenset[str]:
        """The macros that stand for several values, or for slots with names."""
        macros = self._directives.macros
        first = {name for name, made in macros.items() if any(_is_several(each) for each in made)}
        return frozenset(self._spread(first, _makes))

    def is_several(self, name: str, called: bool) -> bool:
        """Whether a macro stands for several slots where it is written with arguments, or without."""
        return name in self.several and any(each.takes_arguments == called for each in self._directives.macros[name])

    def is_other(self, name: str) -> bool:
        """Whether a name is a macro that stands for something else."""
        return any(not each.takes_arguments and each.body != name for each in self._directives.macros.get(name, ()))

    def chosen(self, body: Body) -> Body:
        """What a value says; where it may be no function, the build decides.

        A name in upper case and what is written with arguments are macros. Of those that other files define it is
        not known what they stand for.
        """
        if body.target is None or body.kind not in ("name", "value"):
            return body
        if body.target in self.known:
            if body.target not in self.empty:
                return body
            is_empty = body.kind == "name" and self.empty[body.target]
            return Body("none") if is_empty else Body("condition", None, body.source or body.target)
        if body.target in _CASTS or (body.kind == "name" and not body.target.isupper()):
            return body
        return Body("condition", None, body.source or body.target)


def _is_empty(macro: Macro) -> bool:
    return re.fullmatch(_NO_FUNCTION, macro.body) is not None


def _stands_for(macro: Macro, names: set[str]) -> bool:
    """Whether a macro is nothing but another name of one of some macros."""
    other = re.fullmatch(_OTHER, macro.body)
    return other is not None and other[1] in names


def _makes(macro: Macro, names: set[str]) -> bool:
    """The same, or it calls one of them."""
    call = re.fullmatch(_CALL, macro.body)
    return _stands_for(macro, names) or (call is not None and call[1] in names)


def _is_several(macro: Macro) -> bool:
    """Whether a macro stands for slots with names, for several values, or for what it is told to make of some."""
    if macro.body.startswith((".", "[")) or re.match(_CALLS, macro.body):
        return True
    called = re.match(r"([A-Za-z_]\w*)\s*\(", macro.body)
    if called is not None and called[1] in macro.parameters:
        return True
    depth = 0
    for sign in re.sub(r'"(?:[^"\\]|\\.)*"', "", macro.body):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if sign == "," and depth == 0:
            return True
    return False
