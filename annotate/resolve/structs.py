"""Interfaces that are structs of C: initialisers as drivers, with slots by name or position, under conditions.

What differs from tables of Python: a slot may stand in several branches of an ``#if`` inside one table, a value without
a name may follow one with a name, and structs inside structs have slots with dotted names.
"""

from collections.abc import Iterator
from functools import cached_property

from ..facts import ALL, DECLARE, Member, TableFact, Trouble
from ..model import Cell, Definition, Driver, EntryPoint, Place
from ..names.definitions import is_exhaustive
from ..names.mro import Element
from ..records import NamedTuple, record
from . import cells
from .checks import unknown_entry
from .columns import driver_files
from .context import doubtful
from .entries import may_be_data
from .filling import filled
from .positions import Positions
from .tables import Table, Tables


class Slot(NamedTuple):
    """One definition of an entry: the table it stands in, and the member under the name of its field."""

    fact: TableFact
    member: Member


class StructTables(Tables):
    """The columns of a struct and their cells."""

    def _found(self) -> list[Table]:
        tables: dict[str, Table] = {}
        for path, fact in self._all(driver_files(self._context)):
            if fact.form != "assigned" or self._sets_entries(path, fact):
                key = f"{path}:{fact.name}"
                known = tables.get(key)
                tables[key] = Table(key, path, (*known.facts, fact) if known else (fact,))
        return list(tables.values())

    def _all(self, paths: list[str]) -> Iterator[tuple[str, TableFact]]:
        """The tables of the struct, and those that other structs hold."""
        tree, base = self._context.tree, self._base
        doubts = tree.headers.doubts
        for path, fact in tree.tables_in(paths):
            if fact.form != "part" and self._is_type(path, fact):
                doubt = doubts.get((path, fact.callee or "")) if doubts else None
                yield path, fact if doubt is None else doubtful(fact, doubt)
        if base is not None and (tree.holds or tree.loader.holding):
            from .held import Held

            yield from Held(self._context, base, paths).tables()

    def _sets_entries(self, path: str, fact: TableFact, clears: bool = False) -> bool:
        """Whether a function fills slots of entries, and does not only set data, or only clear them."""
        members, troubles = filled(self._positions, path, fact)
        sets = any(each.name in self._entries and (clears or each.body.kind != "none") for each in members)
        known = self._entries.keys() - (self._may_be_data if not fact.members else ())
        if sets or any(each.member in known for each in fact.troubles):
            return True
        sets_slots = self._context.tree.headers.macros.sets
        if any(sets_slots(path, each.callee, self._outermost, ()) for each in fact.handed):
            return True
        return clears and any(each.member is None for each in (*fact.troubles, *troubles))

    @cached_property
    def _fillers(self) -> dict[str, frozenset[str] | None]:
        """The functions that set slots of entries, or clear them: which ones, None where that is not known."""
        found: dict[str, frozenset[str] | None] = {}
        for path, fact in self._context.tree.tables_in(driver_files(self._context)):
            if fact.form == "assigned" and self._is_type(path, fact) and self._sets_entries(path, fact, clears=True):
                known = found.get(_function(fact), frozenset())
                is_known = known is not None and not fact.troubles and not fact.handed
                names = self._entries.keys() & {each.name for each in fact.members}
                found[_function(fact)] = known | names if known is not None and is_known else None
        return found

    def _handed(self, path: str, fact: TableFact) -> Iterator[Trouble]:
        """The functions and macros that are given the pointer of a function and set slots as well."""
        own = _function(fact)
        macros = self._context.tree.headers.macros
        for each in fact.handed:
            is_filler = each.callee in self._fillers and each.callee != own
            if is_filler or macros.sets(path, each.callee, self._outermost, self._fillers.keys()):
                what = "the pointer" if fact.form == "assigned" else f"the address of {fact.name}"
                message = f"{what} is handed to {each.callee}, which sets slots as well"
                tip = f"set the slots in one function, {DECLARE}"
                names = self._fillers.get(each.callee) if fact.form != "assigned" else None
                for name in sorted(names) if names else (None if fact.form == "assigned" else ALL,):
                    yield Trouble(each.line, each.column, message, name, tip)

    @cached_property
    def _outermost(self) -> frozenset[str]:
        """The fields that are entries, or hold some."""
        return frozenset(name.partition(".")[0].partition("[")[0] for name in self._entries)

    def row(self, table: Table, found: Driver) -> dict[str, Cell]:
        """All cells of one driver; where a part of its table cannot be read, nothing is said to be absent."""
        self._check_second(table)
        doubtful = {each.member for each in self._doubts(table)}
        slots: dict[str, list[Slot]] = {}
        for fact in table.facts:
            self._check_twice(Table(table.id, table.path, (fact,)))
            members = self._by_field(table, fact, doubtful)
            doubtful.update(_beside(members, doubtful))
            for member in members:
                outer, dot, _ = member.name.partition(".")
                if member.name in self._entries:
                    slots.setdefault(member.name, []).append(record(Slot, (fact, member)))
                elif dot and outer in self._may_be_data:
                    # It is a struct; that its type is not known is told where it is declared.
                    doubtful.add(outer)
                else:
                    self._check_known(table, member)
        for fact in table.facts:
            doubtful.update(self._overridden(table, fact))
        unreadable = cells.unreadable(found.place)
        if ALL in doubtful:
            return dict.fromkeys(self._entries, unreadable)
        absent = unreadable if None in doubtful else cells.ABSENT
        return {
            name: unreadable if name in doubtful else self._of(entry, slots[name], table) if name in slots else absent
            for name, entry in self._entries.items()
        }

    def _overridden(self, table: Table, fact: TableFact) -> Iterator[str]:
        """The slots that a function sets before something else may set them again."""
        if fact.form == "assigned":
            places = [
                (each.line, each.column)
                for each in (*fact.troubles, *self._handed(table.path, fact))
                if not each.member
            ]
            for member in fact.members if places else ():
                if (member.line, member.column) < max(places):
                    yield member.name

    def _doubts(self, table: Table) -> Iterator[Trouble]:
        """What cannot be read in a table, and the config does not declare; data is nobody's concern."""
        for fact in table.facts:
            for trouble in (*fact.troubles, *self._handed(table.path, fact)):
                concerned = (
                    [trouble] if trouble.member is None or trouble.member in self._entries else self._inside(trouble)
                )
                if trouble.member == ALL:
                    concerned, trouble = [trouble], trouble._replace(member=None)
                if concerned and not self._context.trouble(table.path, table.id, trouble):
                    yield from concerned

    def _inside(self, trouble: Trouble) -> list[Trouble]:
        """The same for each entry that is in the struct or the array that something is the matter with."""
        outer = (trouble.member or "").partition("[")[0]
        return [trouble._replace(member=name) for name in self._entries if name.startswith((f"{outer}.", f"{outer}["))]

    @cached_property
    def _may_be_data(self) -> frozenset[str]:
        """The entries that may be fields of another kind, for no file tells their types."""
        base, tree = self._base, self._context.tree
        fact = tree.class_fact(base.path, base.name) if base is not None else None
        if base is None or fact is None:
            return frozenset()
        return frozenset(each.name for each in fact.members if may_be_data(self._context, base.path, each))

    @cached_property
    def _positions(self) -> Positions:
        base = self._base or Element("class", "", "")
        return Positions(self._context, base, frozenset(self._entries))

    def _by_field(self, table: Table, fact: TableFact, doubtful: set[str | None]) -> list[Member]:
        """The slots of a table under the names of their fields; what cannot be told of it is reported."""
        members, troubles = filled(self._positions, table.path, fact)
        for trouble in troubles:
            if not self._context.trouble(table.path, table.id, trouble):
                doubtful.add(trouble.member)
        return members

    def _check_known(self, table: Table, member: Member) -> None:
        name = member.name
        if not name or self._context.is_excluded(name):
            return
        outer = name.partition(".")[0].partition("[")[0]
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
            message = f"{member.name!r} is annotated but is not an entry: its type is not known to be a function"
            tip = "name the header that defines the type of the field under 'headers'"
            self._context.trouble(table.path, table.id, Trouble(member.line, member.column, message, None, tip))

    def _of(self, entry: EntryPoint, slots: list[Slot], table: Table) -> Cell:
        """The cell of one entry: the last slot that stands under no condition, else all of them."""
        definitions = [self._definition(table.id, table.path, slot.member, slot.fact.when) for slot in slots]
        for slot, definition in zip(slots, definitions, strict=True):
            if definition.stub:
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
        if definition.malformed or self._context.interface.empty_slots != "removed":
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
        is_assigned = fact.form == "assigned"
        what = f"stands twice in the table {fact.name}; the compiler keeps this one"
        if is_assigned:
            what = f"is set twice in {fact.name}; the last one counts"
        for member in fact.members[fact.positional :]:
            if member.after or member.name.endswith("[]"):
                continue
            # What a function sets under conditions it may set in one branch or another.
            if is_assigned and (member.name not in self._entries or member.when is not None):
                continue
            first = seen.setdefault((member.name, member.when), member)
            if first is member and (member.body.kind == "list" or member.body.source == "{}"):
                first = next((each for each in seen.values() if each.name.startswith(f"{member.name}.")), member)
            if first is not member:
                self._context.problem(
                    "duplicate",
                    Place(table.path, member.line, member.column),
                    f"{member.name!r} {what}",
                    f"another at line {first.line}",
                    "one slot for each entry",
                    "remove one of them",
                    table.id,
                    member.name,
                )


def _beside(members: list[Member], doubtful: set[str | None]) -> Iterator[str]:
    """The slots that stand at one place with a doubtful one, by a macro that fills them all."""
    places = {(each.line, each.column) for each in members if each.name in doubtful}
    yield from (each.name for each in members if (each.line, each.column) in places)


def _function(fact: TableFact) -> str:
    """The function that sets the slots of an assigned table."""
    return fact.name.partition(".")[0].partition("(")[0]
