"""What is looked for in a file of C, and what is found of it: tables, pointers to such, the types around them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...records import NamedTuple
from .scan import Cut


class Found(NamedTuple):
    """A declaration of an interface type.

    Attributes:
        type: name of the type, without ``struct``.
        name: of the variable, as written (``NAME(Driver)`` where a macro names it); empty for what is no column.
        start: first byte of its line that is not white space.
        opening: of its initialiser's brace; -1 where it has none here.
        closing: the brace that ends it, or where reading stopped.
        dimensions: of an array of such tables, else 0.
        problem: what is wrong with it, or None.
        unbalanced: its braces are, so that ``closing`` is where reading stopped.
        plain: it holds nothing but plain lines.
        tip: how to mend the problem, where that is not the usual way.
        other: a word that may be the name as well.
    """

    type: str
    name: str
    start: int
    opening: int
    closing: int
    dimensions: int = 0
    problem: str | None = None
    unbalanced: bool = False
    plain: bool = False
    tip: str | None = None
    other: str | None = None


class Pointer(NamedTuple):
    """A pointer to a table.

    Attributes:
        type: of the table.
        at: where the declarator begins.
        implied: how many stars are not written there.
        is_sure: whether it is one at all.
    """

    type: str
    at: int
    implied: int = 0
    is_sure: bool = True


class Meant(NamedTuple):
    """What to look for in a file.

    Attributes:
        names: of the interface types.
        since: a place before all of them.
        cut: the words that go on on the next line.
        typeof: whether something has the type of something else.
        pointers: names of types that are pointers to one of them.
        holders: names of structs that hold one of them, each with the fields that do.
        renamed: macros that are other names of them, each with the type and the number of stars.
    """

    names: tuple[str, ...]
    since: int = 0
    cut: tuple[Cut, ...] = ()
    typeof: bool = False
    pointers: tuple[str, ...] = ()
    holders: tuple[tuple[str, ...], ...] = ()
    renamed: Mapping[str, tuple[str, int]] = MappingProxyType({})


class Seen(NamedTuple):
    """The tables of a file, pointers to such, structs that hold them (with the fields), and types that it defines.

    ``types`` has the names of the types, each with the type and the number of stars that the name stands for.
    """

    tables: list[Found]
    pointers: list[Pointer]
    holding: dict[str, set[str]]
    renamed: dict[str, str]
    defined: set[str]
    types: dict[str, tuple[str, int]]
