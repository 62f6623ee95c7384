"""The files of a tree as the resolver has them: loaded when they are asked for, with indexes by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Protocol

from ..facts import Body, ClassFact, FileFacts, FunctionFact, MacroFact, TableFact
from ..touched import Change


class Loader(Protocol):
    """Where facts come from: the files of a folder, or of a revision.

    Attributes:
        searches: whether files may be searched that no name leads to; those of a release are not.
        beside: the headers of C that drivers may include: those beside them and their interfaces.
        holding: those of them that define structs that hold tables.
        defining: those of them that define a struct of an interface's name.
        renaming: other names of such structs: each with the headers that give it, and what they say it is.
    """

    searches: bool
    beside: list[str]
    holding: list[str]
    defining: list[str]
    renaming: dict[str, dict[str, str]]

    def load(self, path: str) -> FileFacts | None:
        """The facts of a file, or None when there is no such file."""

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The files that match one of the globs, sorted."""

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read files that are about to be asked for, in several processes where that pays."""

    def text(self, path: str) -> bytes:
        """The bytes of a file; none where there is no such file, or it cannot be read."""

    @property
    def unlisted(self) -> Mapping[str, str]:
        """Folders that are there and could not be looked into, with the reason."""


class File:
    """The facts of one file with indexes by name.

    Attributes:
        is_c: the file is C, whose names are global.
    """

    def __init__(self, facts: FileFacts) -> None:
        self.facts = facts
        self.path = facts.path
        self.is_c = facts.language == "c"

    @cached_property
    def functions(self) -> dict[str, FunctionFact]:
        """Module-level functions."""
        return {each.name: each for each in self.facts.functions}

    @cached_property
    def aliases(self) -> dict[str, list[str]]:
        """Name -> the dotted names that it stands for."""
        found: dict[str, list[str]] = {}
        for local, name in self.facts.aliases:
            found.setdefault(local, []).append(name)
        return found

    @cached_property
    def generics(self) -> dict[str, list[str]]:
        """Name -> what is subscripted to make it."""
        found: dict[str, list[str]] = {}
        for local, name in self.facts.generics:
            found.setdefault(local, []).append(name)
        return found

    @cached_property
    def changes(self) -> dict[str, list[Change]]:
        """Function, or ``Class.method`` -> what it sets on what it is given."""
        found: dict[str, list[Change]] = {}
        for each in self.facts.changes:
            found.setdefault(each.function, []).append(each)
        return found

    @cached_property
    def wrappers(self) -> dict[str, Body]:
        """Function, or ``Class.method`` -> what it puts in the place of a method."""
        return {each.function: Body(each.kind, each.target) for each in self.facts.wrappers}

    @cached_property
    def empty(self) -> dict[str, bool]:
        """Names that are bound to None -> whether they are bound to nothing else."""
        return dict(self.facts.empty)

    @cached_property
    def made(self) -> dict[str, str]:
        """Name -> what is called to make it."""
        return dict(self.facts.made)

    @cached_property
    def imports(self) -> dict[str, list[tuple[str, str]]]:
        """Local name -> the modules and names that it is imported from."""
        found: dict[str, list[tuple[str, str]]] = {}
        for local, module, name in self.facts.imports:
            found.setdefault(local, []).append((module, name))
        return found

    @cached_property
    def varying(self) -> frozenset[str]:
        """The names that stand for different things under different conditions."""
        return frozenset(self.facts.varying)

    @cached_property
    def unclear(self) -> dict[str, str]:
        """The names that something else may bind as well, with the reason."""
        return dict(self.facts.unclear)

    @cached_property
    def overrun(self) -> dict[str, int]:
        """The names that star imports below may replace, with how many of the star imports stand above."""
        return dict(self.facts.overrun)

    @cached_property
    def classes(self) -> dict[str, list[ClassFact]]:
        """Qualified name -> class statements of that name, in the order written."""
        found: dict[str, list[ClassFact]] = {}
        for each in self.facts.classes:
            found.setdefault(each.name, []).append(each)
        return found

    @cached_property
    def macros(self) -> dict[str, list[MacroFact]]:
        """Name -> its definitions, in the order written."""
        found: dict[str, list[MacroFact]] = {}
        for each in self.facts.macros:
            found.setdefault(each.name, []).append(each)
        return found

    def struct(self, name: str) -> str:
        """The name by which a struct is kept that may be called by its tag or by a typedef."""
        if name not in self.aliases or name in self.classes:
            return name
        seen: set[str] = set()
        while self.is_c and name not in self.classes and name in self.aliases and name not in seen:
            seen.add(name)
            name = self.aliases[name][0].removeprefix("struct ")
        return name

    @cached_property
    def tables(self) -> dict[str, list[TableFact]]:
        """Qualified name -> tables of that name, in the order written."""
        found: dict[str, list[TableFact]] = {}
        for each in self.facts.tables:
            found.setdefault(each.name, []).append(each)
        return found
