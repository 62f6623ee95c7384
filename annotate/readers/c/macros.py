"""The macros of a file as facts: what each one stands for, where that may be a value, several values, or nothing.

None is expanded here. Tables may use macros of other files, so the resolver asks ``expand`` once it knows them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from ...facts import ClassFact, MacroFact, TableFact
from ...patterns import regex
from .directives import Directives, Macro
from .expand import SETS

_ENUM = rb"enum\b(?<=\benum)\s*\w*\s*\{([^{}]*)\}"
_ENUMERATOR = rb"(?:^|,)\s*([A-Za-z_]\w*)"
_WORD = r"[A-Za-z_]\w*"
#: A longer body is code, and no value.
_LONGEST = 4096
#: Bodies that hold one of these are statements.
_STATEMENT = regex(r"\b(?:do|while|for|if|return|goto|switch)\b\s*[({]|;")


class Macros:
    """The macros and enumerators of one file.

    Args:
        directives: of the file.
        code: its bytes with the directives blanked.
    """

    def __init__(self, directives: Directives, code: bytes) -> None:
        self._directives, self._code = directives, code

    @cached_property
    def _undefined(self) -> frozenset[str]:
        return frozenset(each.rest for each in self._directives.found if each.word == "undef")

    @cached_property
    def enumerators(self) -> tuple[str, ...]:
        """The names that enumerations give to numbers."""
        if b"enum" not in self._code:
            return ()
        bodies = (match[1] for match in re.finditer(_ENUM, self._code))
        return tuple(dict.fromkeys(name.decode() for body in bodies for name in re.findall(_ENUMERATOR, body)))

    def all(self) -> Iterator[MacroFact]:
        """Every macro that may be a value, as a header has them for other files."""
        for name, made in self._directives.macros.items():
            yield from self._facts(name, made)
        yield from (MacroFact(name, None, None) for name in self.enumerators)

    def used(self, tables: Iterable[TableFact], classes: Iterable[ClassFact]) -> Iterator[MacroFact]:
        """Those that tables and structs use, and those that these stand for."""
        known = self._directives.defined
        wanted = list(_names(tables, classes))
        may_be_numbers = any(name.isupper() and name not in known for name in wanted)
        numbers = frozenset(self.enumerators if may_be_numbers else ())
        done: set[str] = set()
        while wanted:
            name = wanted.pop()
            if name in done:
                continue
            done.add(name)
            if name in numbers:
                yield MacroFact(name, None, None)
            if name in known:
                for fact in self._facts(name, self._directives.macros[name]):
                    wanted += re.findall(_WORD, fact.body or "")
                    yield fact

    def _facts(self, name: str, made: list[Macro]) -> Iterator[MacroFact]:
        for each in made:
            body: str | None = each.body
            if len(each.body) > _LONGEST or (_STATEMENT.search(each.body) and not SETS.search(each.body)):
                body = None
            when = self._directives.under(each.start).when
            if when is None and name in self._undefined:
                when = f"until #undef {name}"
            yield MacroFact(name, each.parameters if each.takes_arguments else None, body, when)


def _names(tables: Iterable[TableFact], classes: Iterable[ClassFact]) -> Iterator[str]:
    for table in tables:
        yield from (each.callee for each in table.handed)
        for member in table.members:
            if member.body.target is not None:
                yield member.body.target
            if member.body.source is not None and member.body.kind != "string":
                yield from re.findall(_WORD, member.body.source)
            yield from (member.name,) if member.name.isidentifier() else re.findall(_WORD, member.name)
    for each in classes:
        for member in each.members:
            yield from re.findall(_WORD, member.body.source or "") if member.body.kind == "array" else ()
