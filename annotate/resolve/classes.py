"""Interfaces that are base classes: methods of deriving classes as entries, looked up as Python looks them up."""

from __future__ import annotations

from dataclasses import replace

from ..facts import Member, Trouble
from ..model import Cell, Definition, Driver, EntryPoint, Place
from . import cells
from .columns import Column, class_columns
from .context import Context, suggestion
from .judge import Verdict
from .order import Element


class Classes:
    """The columns of an interface class and their cells.

    Args:
        context: the interface being resolved.
        base: the interface class.
        entries: its entry points with the members they come from.
    """

    def __init__(self, context: Context, base: Element, entries: list[tuple[EntryPoint, Member | None]]) -> None:
        self._context, self._base = context, base
        self._entries = {entry.name: entry for entry, _ in entries}
        self._members = {entry.name: member for entry, member in entries}
        self._side = frozenset(context.orders.of(base.path, base.name))
        self._made: dict[tuple[str, str, int, Verdict], Definition] = {}
        self._defaults: dict[str, Cell] = {}

    def columns(self) -> list[tuple[Column, Driver]]:
        """The drivers, in the declared order."""
        return [(column, driver(self._context, column)) for column in class_columns(self._context, self._base)]

    def row(self, column: Column, found: Driver) -> dict[str, Cell]:
        """All cells of one driver."""
        me = Element("class", column.path, column.name)
        check_class(self._context, column, self._side, set(self._entries))
        row = {name: self._cell(me, found, name) for name in self._entries}
        for name in list(row):
            row[name] = self._without_needs(name, row, frozenset())
        self._unknown(column)
        return row

    def _cell(self, me: Element, found: Driver, name: str) -> Cell:
        order = self._context.orders.of(me.path, me.name)
        for element in order:
            if self._hides(element):
                return cells.unreadable(found.place)
            if element.kind != "class":
                continue
            group = self._context.tree.members(element.path, element.name).get(name)
            if group:
                return self._found(me, element, found, name, group)
        return cells.ABSENT

    def _hides(self, element: Element) -> bool:
        """Whether an element of an order may hold any entry without our knowing."""
        if element.kind == "external":
            return element not in self._side and element.name not in self._context.interface.external
        return element.kind == "unresolved" and element not in self._side

    def _found(self, me: Element, where: Element, found: Driver, name: str, group: list[Member]) -> Cell:
        entry = self._entries[name]
        if where in self._side:
            return self._default(where, found, name, group)
        cell = self._own(me, where, entry, group)
        if where == me:
            return self._unless_assigned(me, found, name, cell)
        via = self._context.tree.class_id(where.path, where.name)
        taken = cells.inherited(cell, via, found.since, found.annotation is not None)
        return self._unless_assigned(me, found, name, taken)

    def _own(self, me: Element, where: Element, entry: EntryPoint, group: list[Member]) -> Cell:
        definitions = [
            self._definition(where, member, self._context.judge.method(member, where, me)) for member in group
        ]
        firm = [each for each, member in zip(definitions, group, strict=True) if member.when is None]
        chosen = firm[-1] if firm else definitions[0]
        variants = tuple(each for each in definitions if each.when is not None or each is chosen)
        exhaustive = bool(firm) or is_exhaustive(group)
        several = variants if len(variants) > 1 or not firm else ()
        return cells.own(chosen, several, exhaustive, entry.exempt is not None)

    def _definition(self, where: Element, member: Member, verdict: Verdict) -> Definition:
        key = (where.path, member.name, member.line, verdict)
        if key not in self._made:
            owner = self._context.tree.class_id(where.path, where.name)
            self._made[key] = self._context.definition(where.path, member, owner, verdict)
        return self._made[key]

    def _default(self, where: Element, found: Driver, name: str, group: list[Member]) -> Cell:
        if name not in self._defaults:
            entry = self._entries[name]
            definition = entry.definition
            if definition is None or where != self._base:
                verdict = self._context.judge.method(group[-1], where)
                definition = self._definition(where, group[-1], replace_idle(verdict))
            self._defaults[name] = cells.own(definition, (), True, entry.exempt is not None)
        base = self._defaults[name]
        if base.definition is None or base.definition.stub:
            return cells.ABSENT
        via = self._context.tree.class_id(where.path, where.name)
        return cells.default(base, via, found.since, found.annotation is not None)

    def _without_needs(self, name: str, row: dict[str, Cell], above: frozenset[str]) -> Cell:
        """A default that calls an entry which the driver lacks is no support."""
        cell, member = row[name], self._members.get(name)
        if cell.how != "default" or member is None:
            return cell
        for needed in member.calls:
            if needed in row and needed != name and needed not in above:
                other = self._without_needs(needed, row, above | {name})
                if other.how in ("absent", "stub") and other.state in ("unsupported", "removed"):
                    return cells.lacking(name, needed, cell)
        return cell

    def _unless_assigned(self, me: Element, found: Driver, name: str, cell: Cell) -> Cell:
        """A method that assigns the entry on ``self`` replaces it at run time."""
        for element in self._context.orders.of(me.path, me.name):
            if element.kind != "class" or element in self._side:
                break
            fact = self._context.tree.class_fact(element.path, element.name)
            for assigned, line, column in fact.assigned if fact is not None else ():
                if assigned == name:
                    owner = self._context.tree.class_id(element.path, element.name)
                    trouble = Trouble(line, column, f"{name!r} is assigned on the instance at run time", name)
                    if not self._context.trouble(element.path, owner, trouble):
                        return replace(cell, state="unreadable")
        return cell

    def _unknown(self, column: Column) -> None:
        """Annotated methods that are no entries: probably misspelt."""
        for name, group in self._context.tree.members(column.path, column.name).items():
            if name in self._entries or name.startswith("__") or self._context.is_extension(name):
                continue
            for member in group:
                reading = self._context.marks(column.path).read(member.marks, column.id, name)
                if reading.annotation is not None and not self._context.is_excluded(name):
                    place = Place(column.path, member.line, member.column)
                    unknown_entry(self._context, name, place, column.id, self._entries)


def replace_idle(verdict: Verdict) -> Verdict:
    """In an interface, a body that only passes is no implementation."""
    return verdict._replace(stub=verdict.stub or verdict.idle)


def unknown_entry(context: Context, name: str, place: Place, owner: str, known: dict[str, EntryPoint]) -> None:
    """Report an entry that the interface does not have."""
    context.problem(
        "unknown-entry",
        place,
        f"{context.interface.title or context.interface.key} has no entry {name!r}",
        name,
        "the name of an entry of the interface",
        suggestion(name, known) or "add it under 'additional' or 'extensions' in the config, with the reason",
        owner,
        name,
    )


def is_exhaustive(group: list[Member]) -> bool:
    """Whether definitions stand in every branch of one ``if`` that has an ``else``."""
    branches = [member.branch for member in group]
    first = branches[0]
    if first is None or not first[3]:
        return False
    return {each[1] for each in branches if each is not None and each[0] == first[0]} == set(range(first[2]))


def driver(context: Context, column: Column) -> Driver:
    """A class as a driver, with the release in which it appeared."""
    fact = context.tree.class_fact(column.path, column.name)
    assert fact is not None, "columns are classes that were found"
    reading = context.reading(column.path, fact.marks, column.id)
    order = context.orders.of(column.path, column.name)[1:]
    annotation = reading.annotation
    return Driver(
        column.id,
        context.interface.titles.get(column.id) or _own_title(context, column) or fact.name.rpartition(".")[2],
        Place(column.path, fact.line, fact.column),
        annotation.spans[0].since if annotation is not None else None,
        annotation,
        context.insertion(column.path, fact.insert),
        tuple(context.tree.class_id(each.path, each.name) for each in order if each.kind == "class"),
        tuple(each.name for each in order if each.kind == "external"),
        reading.malformed,
    )


def _own_title(context: Context, column: Column) -> str | None:
    """A literal ``name = "..."`` in the class body."""
    group = context.tree.members(column.path, column.name).get("name", [])
    body = group[-1].body if group else None
    return body.source if body is not None and body.kind == "string" else None


def check_class(context: Context, column: Column, side: frozenset[Element], entries: set[str]) -> None:
    """Report what cannot be known of a driver class and of the classes it derives from."""
    context.problems += context.orders.problems(column.path, column.name)
    for element in context.orders.of(column.path, column.name):
        if element in side:
            continue
        if element.kind == "external":
            _check_external(context, column, element)
        elif element.kind == "class":
            _check_body(context, element, entries)


def _check_external(context: Context, column: Column, element: Element) -> None:
    if element.name in context.interface.external:
        context.used.add(element.name)
        return
    fact = context.tree.class_fact(column.path, column.name)
    place = Place(column.path, fact.line, fact.column) if fact is not None else Place(column.path)
    context.problem(
        "unresolved-base",
        place,
        f"class {column.name}: its base {element.name} is outside the tree and may bring entries of its own",
        element.name,
        "a base of the tree, or one that the config declares",
        "name it under 'external' in the config, with the reason why it brings no entries",
        driver=column.id,
    )


def _check_body(context: Context, element: Element, entries: set[str]) -> None:
    fact = context.tree.class_fact(element.path, element.name)
    if fact is None:
        return
    owner = context.tree.class_id(element.path, element.name)
    for trouble in fact.troubles:
        if trouble.member is None or trouble.member in entries:
            context.trouble(element.path, owner, trouble)
    _check_twice(context, element, entries, owner)
    file = context.tree.file(element.path)
    statements = file.classes.get(element.name, []) if file is not None else []
    if len(statements) > 1:
        message = f"class {element.name} is defined {len(statements)} times; one of them is read"
        context.trouble(element.path, owner, Trouble(statements[-1].line, statements[-1].column, message))


def _check_twice(context: Context, element: Element, entries: set[str], owner: str) -> None:
    for name, group in context.tree.members(element.path, element.name).items():
        firm = [member for member in group if member.when is None]
        if name in entries and len(firm) > 1:
            context.problem(
                "duplicate",
                Place(element.path, firm[-1].line, firm[-1].column),
                f"{name!r} is defined twice in {element.name}; Python keeps this one",
                f"another at line {firm[0].line}",
                "one definition",
                "remove one of them",
                owner,
                name,
            )
