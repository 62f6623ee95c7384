"""The macros of a file as facts: what each one stands for, where that may be a value, several values, or nothing.

None is expanded here. Tables may use macros of other files, so the resolver asks ``expand`` once it knows them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from functools import cached_property

from ...facts import ClassFact, MacroFact, TableFact
from ...patterns import regex
from .declarators import is_word
from .directives import Directives, Macro
from .expand import SETS
from .source import Source

_ENUM = rb"enum\b(?<=\benum)\s*\w*\s*\{([^{}]*)\}"
_ENUMERATOR = rb"(?:^|,|\*/)\s*([A-Za-z_]\w*)"
_WORD = r"[A-Za-z_]\w*"
#: What stands around the name of a function or variable somewhere, and around no macro for several values.
_BEHIND_NAME = rb"\s*(?:\(|\[|\.(?!\.)|->|=(?!=))"
_BEFORE_NAME = rb"(?:&|\w\s|\w\s*\*|[*,(]\s*\*)\s*$"
_BEFORE = 40
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


def with_strangers(table: TableFact, known: Container[str], is_declared: Callable[[str], bool]) -> TableFact:
    """A table with those of its values without names that the file does not declare: each may be a macro.

    Args:
        table: that was read.
        known: the macros of the file.
        is_declared: whether the file declares a name.
    """
    unnamed = (
        each.body
        for at, each in enumerate(table.members)
        if at < table.positional or each.after or each.name[-1:] == "]"
    )
    names = dict.fromkeys(body.target for body in unnamed if body.kind == "name" and body.target)
    found = (name for name in names if not (name.isupper() or name in known or is_declared(name)))
    return table._replace(strangers=tuple(found)) if names else table


def is_declared(source: Source, code: bytes, name: str) -> bool:
    """Whether a file declares a name, or uses it as no macro for several values can be used."""
    word = name.encode()
    at = code.find(word)
    while at >= 0:
        end = at + len(word)
        if is_word(code, at, end) and not source.in_comment(at) and _is_used(code, at, end):
            return True
        at = code.find(word, end)
    return False


def _is_used(code: bytes, start: int, end: int) -> bool:
    behind = re.compile(_BEHIND_NAME).match(code, end)
    return behind is not None or re.search(_BEFORE_NAME, code[max(0, start - _BEFORE) : start]) is not None


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
