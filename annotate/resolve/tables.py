"""Interfaces that are table types: calls of the type, or dict literals, as drivers."""

from __future__ import annotations

from typing import NamedTuple

from ..facts import Member, TableFact, Trouble
from ..model import Cell, Definition, Driver, EntryPoint, Place
from . import cells
from .classes import unknown_entry
from .columns import driver_files, in_order
from .context import Context, matches
from .order import Element

_MAX_DEPTH = 8


class Table(NamedTuple):
    """One driver: its id and all statements that make it (several under conditions)."""

    id: str
    path: str
    facts: tuple[TableFact, ...]


class Tables:
    """The columns of a table type and their cells.

    Args:
        context: the interface being resolved.
        base: the table type, or None when dict literals are chosen by name only.
        entries: its entry points.
        fields: all names a table may set, data included, in order.
    """

    def __init__(self, context: Context, base: Element | None, entries: list[EntryPoint], fields: list[str]) -> None:
        self._context, self._base = context, base
        self._entries = {entry.name: entry for entry in entries}
        self._fields = fields

    def columns(self) -> list[tuple[Table, Driver]]:
        """The drivers, in the declared order."""
        found = self._found()
        chosen = self._chosen(found)
        self._check_not_drivers(found)
        kept = [each for each in chosen if not matches(each.id, self._context.interface.not_drivers)]
        return [(table, self._driver(table)) for table in in_order(self._context, kept)]  # type: ignore[arg-type,misc]

    def _found(self) -> list[Table]:
        tables: dict[str, Table] = {}
        for path in driver_files(self._context):
            file = self._context.tree.file(path)
            for fact in file.facts.tables if file is not None else ():
                if self._is_table(path, fact):
                    key = f"{path}:{fact.name}"
                    known = tables.get(key)
                    tables[key] = Table(key, path, (*known.facts, fact) if known else (fact,))
        return list(tables.values())

    def _is_table(self, path: str, fact: TableFact) -> bool:
        if matches(fact.name, self._context.interface.tables) or matches(
            fact.name.rpartition(".")[2], self._context.interface.tables
        ):
            return True
        if fact.callee is None or self._base is None:
            return False
        if fact.form == "call" and fact.callee.rpartition(".")[2] == "replace" and fact.members:
            return self._base_table(path, fact) is not None
        ref = self._context.tree.resolve(path, fact.callee, fact.owner)
        return ref.kind == "class" and (ref.path, ref.name) == (self._base.path, self._base.name)

    def _chosen(self, found: list[Table]) -> list[Table]:
        """``leaf`` and ``all`` are the same for tables, but for those that others start from."""
        columns = self._context.interface.columns
        if columns.how == "list":
            known = {table.id: table for table in found}
            for index, name in enumerate(columns.ids):
                if name not in known:
                    self._context.missing("columns", f"there is no table {name!r}", name, known, str(index))
            return [known[name] for name in columns.ids if name in known]
        if columns.how == "registry":
            place = self._context.interface.place("columns")
            self._context.problem("config", place, "a registry names classes; tables are found by the globs of drivers")
        if columns.how == "leaf":
            bases = {base[0] for table in found for fact in table.facts if (base := self._base_table(table.path, fact))}
            return [table for table in found if table.id not in bases]
        return found

    def _check_not_drivers(self, found: list[Table]) -> None:
        for pattern in self._context.interface.not_drivers:
            known = [table.id for table in found]
            if not any(matches(each, [pattern]) for each in known):
                self._context.missing("not-drivers", f"no table matches {pattern!r}", pattern, known, pattern)

    def _driver(self, table: Table) -> Driver:
        fact = table.facts[0]
        reading = self._context.reading(table.path, fact.marks, table.id)
        annotation = reading.annotation
        return Driver(
            table.id,
            self._context.interface.titles.get(table.id) or _own_title(fact) or fact.name,
            Place(table.path, fact.line, fact.column),
            annotation.spans[0].since if annotation is not None else None,
            annotation,
            self._context.insertion(table.path, fact.insert),
            malformed=reading.malformed,
        )

    # -- cells

    def row(self, table: Table, found: Driver) -> dict[str, Cell]:
        """All cells of one driver."""
        slots = self._slots(table)
        row = {}
        for name, entry in self._entries.items():
            row[name] = self._own(entry, slots[name], table) if name in slots else self._taken(entry, table, found)
        self._check_twice(table)
        return row

    def _slots(self, table: Table) -> dict[str, list[Definition]]:
        """Entry -> its definitions in all statements that make the table."""
        several = len(table.facts) > 1
        if several and any(fact.when is None for fact in table.facts):
            self._second(table)
        slots: dict[str, list[Definition]] = {}
        for fact in table.facts:
            for trouble in fact.troubles:
                self._context.trouble(table.path, table.id, trouble)
            for member in self._named(table, fact):
                if member.name in self._entries:
                    slots.setdefault(member.name, []).append(self._definition(table, fact, member))
                elif member.name not in self._fields and not self._context.is_excluded(member.name):
                    place = Place(table.path, member.line, member.column)
                    if not self._context.is_extension(member.name):
                        unknown_entry(self._context, member.name, place, table.id, self._entries)
        return slots

    def _named(self, table: Table, fact: TableFact) -> list[Member]:
        """The members of a table with the names of positional ones filled in from the type."""
        named = []
        for index, member in enumerate(fact.members):
            if index >= fact.positional:
                named.append(member)
            elif index < len(self._fields):
                named.append(member._replace(name=self._fields[index]))
            else:
                message = f"the table has {fact.positional} values by position, and the type has {len(self._fields)}"
                self._context.trouble(table.path, table.id, Trouble(member.line, member.column, message))
        return named

    def _definition(self, table: Table, fact: TableFact, member: Member) -> Definition:
        verdict = self._context.judge.slot(member.body, table.path)
        return self._context.definition(table.path, member, table.id, verdict, fact.when)

    def _own(self, entry: EntryPoint, definitions: list[Definition], table: Table) -> Cell:
        firm = [each for each in definitions if each.when is None]
        chosen = firm[-1] if firm else definitions[0]
        exhaustive = bool(firm) or len(definitions) == len(table.facts) > 1
        several = tuple(definitions) if len(definitions) > 1 or not firm else ()
        return cells.own(chosen, several, exhaustive, entry.exempt is not None)

    def _taken(self, entry: EntryPoint, table: Table, found: Driver) -> Cell:
        """The cell of a table that starts from another one."""
        base = self._base_of(table)
        for _ in range(_MAX_DEPTH):
            if base is None:
                return cells.ABSENT
            members = {member.name: member for member in self._named(base, base.facts[0])}
            if entry.name in members:
                definition = self._definition(base, base.facts[0], members[entry.name])
                cell = cells.own(definition, (), True, entry.exempt is not None)
                return cells.inherited(cell, base.id, found.since, found.annotation is not None)
            base = self._base_of(base)
        return cells.ABSENT

    def _base_of(self, table: Table) -> Table | None:
        fact = table.facts[0]
        if fact.base is None:
            return None
        found = self._base_table(table.path, fact)
        if found is None:
            message = f"the table starts from {fact.base!r}, which cannot be found"
            self._context.trouble(table.path, table.id, Trouble(fact.line, fact.column, message))
            return None
        key, base = found
        return Table(key, key.rpartition(":")[0], (base,))

    def _base_table(self, path: str, fact: TableFact) -> tuple[str, TableFact] | None:
        if fact.base is None:
            return None
        ref = self._context.tree.resolve(path, fact.base, fact.owner)
        file = self._context.tree.file(ref.path) if ref.kind == "table" else None
        return (f"{ref.path}:{ref.name}", file.tables[ref.name][0]) if file is not None else None

    # -- problems

    def _second(self, table: Table) -> None:
        first, second = table.facts[0], table.facts[1]
        self._context.problem(
            "duplicate",
            Place(table.path, second.line, second.column),
            f"{second.name} is a second table for one driver",
            f"another at line {first.line}",
            "one table for each driver",
            driver=table.id,
        )

    def _check_twice(self, table: Table) -> None:
        for fact in table.facts:
            seen: dict[str, Member] = {}
            for member in fact.members[fact.positional :]:
                first = seen.setdefault(member.name, member)
                if first is not member:
                    self._context.problem(
                        "duplicate",
                        Place(table.path, member.line, member.column),
                        f"{member.name!r} stands twice in the table {fact.name}; Python keeps this one",
                        f"another at line {first.line}",
                        "one slot for each entry",
                        "remove one of them",
                        table.id,
                        member.name,
                    )


def _own_title(fact: TableFact) -> str | None:
    """A literal ``name="..."`` in the table."""
    for member in fact.members:
        if member.name == "name" and member.body.kind == "string":
            return member.body.source
    return None
