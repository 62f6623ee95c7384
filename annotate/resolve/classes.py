"""Interfaces that are base classes: methods of deriving classes as entries, looked up as Python looks them up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..config.target import Target
from ..facts import OUTSIDE, Member, Trouble
from ..model import Cell, Definition, Driver, EntryPoint, Place
from ..names.definitions import counting, is_exhaustive
from ..names.mro import Element
from ..names.standard import brings
from . import cells, drivers, outside
from .checks import check_class, unknown_entry
from .columns import Column, class_columns
from .context import Context
from .defaults import Defaults, defining, hides, is_setter
from .stubs import Verdict


def _is_firm(member: Member) -> bool:
    """Whether a class has a member under no condition; a bare annotation binds nothing."""
    return member.when is None and member.kind != "field"


def _is_set(trouble: Trouble) -> bool:
    """Whether a module sets an attribute of its class, which a class below hides by one of its own."""
    return trouble.cause == OUTSIDE and trouble.member not in outside.WHOLE


def _is_any(trouble: Trouble) -> bool:
    """Whether a module sets an attribute of a class by a name that is not known: it may be what the class defines."""
    return trouble.member is None and trouble.cause == OUTSIDE


class Classes:
    """The columns of an interface class and their cells.

    Args:
        entries: its entry points with the members they come from.
    """

    def __init__(self, context: Context, base: Element, entries: list[tuple[EntryPoint, Member | None]]) -> None:
        self._context, self._base = context, base
        self._entries = {entry.name: entry for entry, _ in entries}
        self._side = frozenset(context.orders.of(base.path, base.name))
        self._made: dict[tuple[str, str, int, Verdict], Definition] = {}
        self._defaults = Defaults(context, self._entries, dict(_members(entries)), self._side)
        self._names = frozenset(self._entries)
        self._at = [Target.parse(each.at) for each in context.config.interfaces if each is not context.interface]
        # What a class has to say is said once, however many drivers derive from it.
        self._assigned_by: dict[Element, tuple[frozenset[str], frozenset[str]]] = {}
        self._told: set[tuple[Element, frozenset[str]]] = set()

    def columns(self) -> list[tuple[Column, Driver]]:
        """The drivers, in the declared order."""
        return [(column, drivers.driver(self._context, column)) for column in class_columns(self._context, self._base)]

    def row(self, column: Column, found: Driver) -> dict[str, Cell]:
        """All cells of one driver."""
        me = Element("class", column.path, column.name)
        is_known = check_class(self._context, column, self._side, self._names)
        assigned = self._assigned(me)
        layers = self._layers(me)
        row = {}
        for name in self._entries:
            cell = self._cell(me, layers, found, name)
            if name in assigned:
                cell = cell._replace(state="unreadable")
            row[name] = cell if is_known or not cell.is_plainly_absent else cells.unreadable(found.place)
        self._defaults.settle(me, found, row, is_known)
        self._others(me)
        return row

    def _layers(self, me: Element) -> list[tuple[Element, Mapping[str, list[Member]] | None]]:
        """The classes of an order with what their bodies define, down to the first that may hold any entry (None)."""
        layers: list[tuple[Element, Mapping[str, list[Member]] | None]] = []
        for element in self._context.orders.of(me.path, me.name):
            if hides(self._context, element, self._side):
                return [*layers, (element, None)]
            if element.kind == "class":
                layers.append((element, self._context.tree.members(element.path, element.name)))
            elif (found := self._names & (brings(element.name) or frozenset())) and hides(
                self._context, element, self._side, next(iter(found))
            ):
                layers.append((element, {each: [] for each in found}))
        return layers

    def _cell(
        self, me: Element, layers: list[tuple[Element, Mapping[str, list[Member]] | None]], found: Driver, name: str
    ) -> Cell:
        for index, (element, members) in enumerate(layers):
            if members is None or (element.kind == "external" and name in members):
                return cells.unreadable(found.place)
            group = defining(members[name]) if name in members else []
            if group and element in self._side:
                return self._default(me, element, found, self._entries[name], group)
            if group:
                cell = self._found(me, element, found, self._entries[name], group)
                counted = counting(group)
                if counted[0].when is None or is_exhaustive(counted):
                    return cell
                return cells.either(cell, self._cell(me, layers[index + 1 :], found, name))
        return cells.ABSENT

    def _default(self, me: Element, where: Element, found: Driver, entry: EntryPoint, group: list[Member]) -> Cell:
        return self._defaults.cell(me, where, found, entry, group[-1])

    def _found(self, me: Element, where: Element, found: Driver, entry: EntryPoint, group: list[Member]) -> Cell:
        cell = self._own(me, where, entry, group)
        if where == me:
            return cell
        via = self._context.tree.class_id(where.path, where.name)
        return cells.inherited(cell, via, found)

    def _own(self, me: Element, where: Element, entry: EntryPoint, group: list[Member]) -> Cell:
        """The cell of a class that has definitions of an entry; those before the last firm one do not count."""
        counted = counting(group)
        found = [self._definition(where, member, self._judged(member, where, me)) for member in counted]
        if len(found) > 1:
            # What a decorator under a condition makes of a method is in its place, and mostly does the same.
            places = {(each.place, each.stub, each.expression): each for each in reversed(found)}
            found = [each for each in found if places[each.place, each.stub, each.expression] is each]
        exhaustive = counted[0].when is None or is_exhaustive(counted)
        return cells.of_variants(tuple(found), exhaustive, entry.exempt is not None)

    def _judged(self, member: Member, where: Element, me: Element) -> Verdict:
        found = self._context.judge.method(member, where, me)
        # An abstract method that does nothing asks the classes below for an implementation and is none.
        return (
            found._replace(stub=True)
            if found.idle and self._context.judge.replaced.is_abstract(member, where)
            else found
        )

    def _definition(self, where: Element, member: Member, verdict: Verdict) -> Definition:
        key = (where.path, member.name, member.line, verdict)
        if key not in self._made:
            owner = self._context.tree.class_id(where.path, where.name)
            self._made[key] = self._context.definition(where.path, member, owner, verdict)
        return self._made[key]

    def _assigned(self, me: Element) -> set[str]:
        """The entries that methods assign on ``self`` or set by name: what stands in the class is not what runs."""
        found: set[str] = set()
        below: set[str] = set()
        for element in self._context.orders.of(me.path, me.name):
            if element not in self._assigned_by:
                by_methods = frozenset(self._assigned_in(element))
                self._assigned_by[element] = by_methods, frozenset(self._set_on(element))
            by_methods, on_class = self._assigned_by[element]
            # What is set on a class does not reach those below it that define the entry themselves.
            found |= by_methods | (on_class - below)
            if element.kind == "class":
                members = self._context.tree.members(element.path, element.name)
                below.update(name for name, all_ in members.items() if any(_is_firm(each) for each in all_))
        return found

    def _set_on(self, element: Element) -> Iterator[str]:
        """The entries that modules set on a class from outside."""
        if element.kind == "class":
            owner = self._context.tree.class_id(element.path, element.name)
            fact = self._context.tree.class_fact(element.path, element.name)
            own = [(element.path, each) for each in fact.troubles if _is_set(each)] if fact is not None else []
            yield from self._unknown(owner, (*own, *outside.elsewhere(self._context, element, below=False)))

    def _assigned_in(self, element: Element) -> Iterator[str]:
        fact = self._context.tree.class_fact(element.path, element.name) if element.kind == "class" else None
        if fact is None:
            return
        owner = self._context.tree.class_id(element.path, element.name)
        troubles = (*fact.troubles, *outside.troubles(self._context, element, fact))
        seen = [(element.path, each) for each in troubles if not _is_set(each)]
        for name, line, column in fact.assigned:
            if name in self._entries and not self._sets_property(element, name):
                message = f"{name!r} is assigned on the instance at run time"
                seen.append((element.path, Trouble(line, column, message, name)))
        seen += outside.elsewhere(self._context, element, below=True)
        yield from self._unknown(owner, seen)

    def _unknown(self, owner: str, seen: Iterable[tuple[str, Trouble]]) -> Iterator[str]:
        """The entries that troubles are about, unless the configuration says that they are known."""
        for path, trouble in seen:
            is_whole = trouble.member in outside.WHOLE or _is_any(trouble)
            if not (is_whole or trouble.member in self._entries):
                continue
            if not self._context.trouble(path, owner, trouble):
                yield from self._entries if is_whole else (trouble.member or "",)

    def _sets_property(self, element: Element, name: str) -> bool:
        """Whether an assignment on an instance of a class runs the setter of a property, which stays what it is."""
        for each in self._context.orders.of(element.path, element.name):
            group = self._context.tree.members(each.path, each.name).get(name, []) if each.kind == "class" else []
            if group or each.kind == "unresolved":
                return bool(group) and is_setter(group[-1])
        return False

    def _others(self, me: Element) -> None:
        """Annotated methods that are no entries: those of ``extensions`` are kept, others are probably misspelt."""
        elsewhere = frozenset(self._elsewhere(me))
        for element in self._context.orders.of(me.path, me.name):
            if element.kind != "class" or element in self._side:
                continue
            if element != me:
                self._context.note_class(element.path, element.name)
            if (element, elsewhere) in self._told:
                continue
            self._told.add((element, elsewhere))
            owner = self._context.tree.class_id(element.path, element.name)
            for name, group in self._context.tree.members(element.path, element.name).items():
                if name not in self._entries and name not in elsewhere and not name.startswith("__"):
                    for member in group:
                        self._other(element, owner, member)

    def _elsewhere(self, me: Element) -> set[str]:
        """The entries of other interfaces that a driver implements too."""
        names: set[str] = set()
        order = self._context.orders.of(me.path, me.name)
        for target in self._at:
            if any(each.path == target.path for each in order):
                ref = self._context.tree.resolve(target.path, target.name)
                if Element(*ref) in order:
                    names.update(self._context.tree.members(ref.path, ref.name))
        return names

    def _other(self, where: Element, owner: str, member: Member) -> None:
        if not member.marks:
            return
        if self._context.is_extension(member.name):
            self._context.reading(where.path, member.marks, owner, member.name)
            return
        reading = self._context.marks(where.path).read(member.marks, owner, member.name)
        by_docstring = reading.annotation is not None and reading.annotation.carrier == "docstring"
        if reading.annotation is not None and not by_docstring and not self._context.is_excluded(member.name):
            place = Place(where.path, member.line, member.column)
            unknown_entry(self._context, member.name, place, owner, self._entries)


def _members(entries: list[tuple[EntryPoint, Member | None]]) -> Iterator[tuple[str, Member]]:
    return ((entry.name, member) for entry, member in entries if member is not None)
