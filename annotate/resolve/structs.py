"""Interfaces that are structs of C: initialisers as drivers, with slots by name or position, under conditions.

What differs from tables of Python: a slot may stand in several branches of an ``#if`` inside one table, a value without
a name may follow one with a name, and structs inside structs have slots with dotted names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts import Member, TableFact, Trouble
from ..model import Cell, Definition, Driver, EntryPoint, Place
from ..records import record
from . import cells
from .classes import is_exhaustive, unknown_entry
from .columns import driver_files
from .tables import Table, Tables


class Slot(NamedTuple):
    """One definition of an entry: the table it stands in, and the member under the name of its field."""

    fact: TableFact
    member: Member


class StructTables(Tables):
    """The columns of a struct and their cells."""

    def _found(self) -> list[Table]:
        tables: dict[str, Table] = {}
        for path, fact in self._context.tree.tables_in(driver_files(self._context)):
            if self._is_type(path, fact):
                key = f"{path}:{fact.name}"
                known = tables.get(key)
                tables[key] = Table(key, path, (*known.facts, fact) if known else (fact,))
        return list(tables.values())

    def row(self, table: Table, found: Driver) -> dict[str, Cell]:
        """All cells of one driver; where a part of its table cannot be read, nothing is said to be absent."""
        self._check_second(table)
        doubtful = {each.member for each in self._doubts(table)}
        slots: dict[str, list[Slot]] = {}
        for fact in table.facts:
            self._check_twice(Table(table.id, table.path, (fact,)))
            for member in self._by_field(table, fact):
                if member.name in self._entries:
                    slots.setdefault(member.name, []).append(record(Slot, (fact, member)))
                else:
                    self._check_known(table, member)
        unreadable = cells.unreadable(found.place)
        absent = unreadable if None in doubtful else cells.ABSENT
        return {
            name: self._of(entry, slots[name], table) if name in slots else unreadable if name in doubtful else absent
            for name, entry in self._entries.items()
        }

    def _doubts(self, table: Table) -> Iterator[Trouble]:
        """What cannot be read in a table, and the config does not declare; data is nobody's concern."""
        for fact in table.facts:
            for trouble in fact.troubles:
                concerns = trouble.member is None or trouble.member in self._entries
                if concerns and not self._context.trouble(table.path, table.id, trouble):
                    yield trouble

    def _by_field(self, table: Table, fact: TableFact) -> Iterator[Member]:
        """The slots of a table under the names of their fields."""
        for index, member in enumerate(fact.members):
            name = self._field(index) if index < fact.positional else member.name
            if "+" in member.name and index >= fact.positional:
                before, _, distance = member.name.partition("+")
                name = self._field(self._fields.index(before) + int(distance)) if before in self._fields else None
            if name is None:
                message = f"there are more values than {self._context.interface.title or 'the struct'} has fields"
                self._context.trouble(table.path, table.id, Trouble(member.line, member.column, message))
            else:
                yield member if name == member.name else member._replace(name=name)

    def _field(self, index: int) -> str | None:
        return self._fields[index] if index < len(self._fields) else None

    def _check_known(self, table: Table, member: Member) -> None:
        name = member.name
        if name in self._fields or name.partition(".")[0] in self._fields or self._context.is_excluded(name):
            return
        if not self._context.is_extension(name):
            place = Place(table.path, member.line, member.column)
            unknown_entry(self._context, name, place, table.id, self._entries)
        elif member.marks:
            self._context.reading(table.path, member.marks, table.id, name)

    def _of(self, entry: EntryPoint, slots: list[Slot], table: Table) -> Cell:
        """The cell of one entry: the last slot that stands under no condition, else all of them."""
        definitions = [self._definition(table.id, table.path, slot.member, slot.fact.when) for slot in slots]
        for slot, definition in zip(slots, definitions, strict=True):
            self._check_empty(definition, slot.member, table)
        if len(definitions) == 1 and definitions[0].when is None:
            return cells.own(definitions[0], (), True, bool(entry.exempt))
        firm = [each for each in definitions if each.when is None]
        if firm:
            return cells.own(firm[-1], tuple(definitions) if len(definitions) > 1 else (), True, bool(entry.exempt))
        exhaustive = is_exhaustive([slot.member for slot in slots])
        if len(table.facts) > 1:
            exhaustive = len({id(slot.fact) for slot in slots}) == len(table.facts)
        return cells.of_variants(tuple(definitions), exhaustive, bool(entry.exempt))

    def _check_empty(self, definition: Definition, member: Member, table: Table) -> None:
        """Where an empty slot has to say when its entry was removed, report one that does not."""
        if not definition.stub or definition.malformed or self._context.interface.empty_slots != "removed":
            return
        if definition.annotation is None:
            self._context.problem(
                "missing-since",
                definition.place,
                f"the slot {member.name!r} of {table.id} is empty and does not say when the entry was removed",
                None,
                "a span with an end, such as 'SINCE - REMOVED'",
                "leave the slot out where the entry was never there",
                table.id,
                member.name,
            )

    def _check_twice(self, table: Table) -> None:
        """A slot that stands twice in one table is a mistake unless the two stand under different conditions."""
        fact = table.facts[0]
        seen: dict[tuple[str, str | None], Member] = {}
        for member in fact.members[fact.positional :]:
            first = seen.setdefault((member.name, member.when), member)
            if first is not member:
                self._context.problem(
                    "duplicate",
                    Place(table.path, member.line, member.column),
                    f"{member.name!r} stands twice in the table {fact.name}; the compiler keeps this one",
                    f"another at line {first.line}",
                    "one slot for each entry",
                    "remove one of them",
                    table.id,
                    member.name,
                )
