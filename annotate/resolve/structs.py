"""Interfaces that are structs of C: initialisers as drivers, with slots by name or position, under conditions.

What differs from tables of Python: a slot may stand in several branches of an ``#if`` inside one table, a value without
a name may follow one with a name, and structs inside structs have slots with dotted names.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from ..facts import FieldFact, Member, TableFact, Trouble
from ..model import Cell, Definition, Driver, EntryPoint, Place
from ..names.definitions import is_exhaustive
from ..records import record
from . import cells
from .checks import unknown_entry
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
            for member in self._by_field(table, fact, doubtful):
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

    def _by_field(self, table: Table, fact: TableFact, doubtful: set[str | None]) -> Iterator[Member]:
        """The slots of a table under the names of their fields, down to the first that may be that of any field."""
        at: int | None = 0
        for index, member in enumerate(fact.members):
            if index >= fact.positional and not member.after:
                if member.body.kind == "list" and member.body.target == "values" and self._holds(member.name):
                    self._tell(table, member, f"values without names stand inside of {member.name!r}", doubtful)
                yield member
                continue
            if member.after == 1:
                at = self._behind(member.name)
            name, misfit = self._filled(at, member)
            if misfit is not None:
                self._tell(table, member, misfit, doubtful)
            if name is None or at is None:
                return
            at += 1
            yield member._replace(name=name, after=0)

    def _filled(self, at: int | None, member: Member) -> tuple[str | None, str | None]:
        """The field that a value without a name fills, and why it may be another one."""
        if at is None:
            return None, "a value without a name stands behind a part of a field: which one it fills is not known"
        if at >= len(self._layout):
            return None, f"there are more values than {self._context.interface.title or 'the struct'} has fields"
        name, takes, kind = self._layout[at]
        in_braces = member.body.kind == "list" or member.body.source == "{}"
        if takes == "maybe":
            return None, f"the field {name!r} stands under a condition: which one this value fills is not known"
        path = self._base.path if self._base is not None else ""
        if takes == "many" or (kind and self._context.tree.headers.takes_many(path, kind)):
            is_text = member.body.kind == "string" and name != "" and not self._holds(name)
            if not in_braces and not is_text:
                return None, f"the field {name!r} takes several values, which no braces hold together"
            if member.body.kind == "list" and (not name or self._holds(name)):
                return name, f"values without names stand inside of {name!r}"
        return name, None

    @cached_property
    def _layout(self) -> tuple[FieldFact, ...]:
        """The fields in the order in which values without names fill them."""
        fact = self._context.tree.class_fact(self._base.path, self._base.name) if self._base is not None else None
        return fact.layout if fact is not None else ()

    def _behind(self, name: str) -> int | None:
        """The place behind a field; None behind a part of one."""
        return next((index + 1 for index, field in enumerate(self._layout) if field.name == name), None)

    def _holds(self, name: str) -> bool:
        """Whether there are entries inside of a field."""
        return any(each.startswith(f"{name}.") for each in self._entries)

    def _tell(self, table: Table, member: Member, message: str, doubtful: set[str | None]) -> None:
        trouble = Trouble(member.line, member.column, message, None, "name the slots: .FIELD = value")
        if not self._context.trouble(table.path, table.id, trouble):
            doubtful.add(None)

    def _check_known(self, table: Table, member: Member) -> None:
        name = member.name
        if not name or self._context.is_excluded(name):
            return
        outer = name.partition(".")[0]
        if name in self._fields or (outer in self._fields and outer not in self._entries):
            self._check_data(table, member)
            return
        if not self._context.is_extension(name):
            place = Place(table.path, member.line, member.column)
            unknown_entry(self._context, name, place, table.id, self._entries)
        elif member.marks:
            self._context.reading(table.path, member.marks, table.id, name)

    def _check_data(self, table: Table, member: Member) -> None:
        """A field that is taken for data, and has a function with an annotation: its type was not understood."""
        if (
            member.body.kind in ("name", "condition")
            and member.marks
            and self._context.marks(table.path).read(member.marks).annotations
        ):
            message = f"{member.name!r} has an annotation, and is no entry: its type is not known to be a function's"
            tip = "name the header that defines the type of the field under 'headers'"
            self._context.trouble(table.path, table.id, Trouble(member.line, member.column, message, None, tip))

    def _of(self, entry: EntryPoint, slots: list[Slot], table: Table) -> Cell:
        """The cell of one entry: the last slot that stands under no condition, else all of them."""
        definitions = [self._definition(table.id, table.path, slot.member, slot.fact.when) for slot in slots]
        for slot, definition in zip(slots, definitions, strict=True):
            self._check_empty(definition, slot.member, table)
        if len(definitions) == 1 and definitions[0].when is None:
            return cells.own(definitions[0], (), True, bool(entry.exempt))
        firm = [each for each in definitions if each.when is None]
        if firm:
            later = definitions[definitions.index(firm[-1]) :]
            if any(each.stub != firm[-1].stub for each in later):
                return cells.of_variants(tuple(later), True, bool(entry.exempt))
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
            if member.after:
                continue
            first = seen.setdefault((member.name, member.when), member)
            if first is member and (member.body.kind == "list" or member.body.source == "{}"):
                first = next((each for each in seen.values() if each.name.startswith(f"{member.name}.")), member)
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
