"""Interfaces that are dicts of capability flags, in class bodies, on ``self``, or at module level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ..facts import Member, TableFact
from ..model import Cell, Definition, Driver, EntryPoint, Place
from . import cells
from .classes import check_class, driver, unknown_entry
from .columns import Column, class_columns
from .context import Context
from .entries import entry_point
from .judge import Verdict
from .order import Element


class Layer(NamedTuple):
    """A dict, or a change of one, and the class that makes it."""

    where: Element
    table: TableFact


def entries(context: Context, path: str, tables: list[TableFact], owner: str) -> list[EntryPoint]:
    """The keys of the interface's own dict, in order."""
    found: dict[str, EntryPoint] = {}
    for table in tables:
        for trouble in table.troubles:
            context.trouble(path, owner, trouble)
        for member in table.members:
            if member.name not in found and not context.is_excluded(member.name):
                definition = context.definition(path, member, owner, Verdict(stub=True))
                found[member.name] = entry_point(context, member.name, definition)
    return list(found.values())


class Flags:
    """The columns of a flags attribute and their cells.

    Args:
        context: the interface being resolved.
        base: the class whose attribute the interface is.
        attribute: its name.
        entries: the flags.
    """

    def __init__(self, context: Context, base: Element, attribute: str, entries: list[EntryPoint]) -> None:
        self._context, self._base, self._attribute = context, base, attribute
        self._entries = {entry.name: entry for entry in entries}
        self._side = frozenset(context.orders.of(base.path, base.name))
        self._made: dict[tuple[str, int, int], Definition] = {}

    def columns(self) -> list[tuple[Column, Driver]]:
        """The drivers, in the declared order."""
        return [(column, driver(self._context, column)) for column in class_columns(self._context, self._base)]

    def row(self, column: Column, found: Driver) -> dict[str, Cell]:
        """All cells of one driver."""
        me = Element("class", column.path, column.name)
        check_class(self._context, column, self._side, set())
        layers = list(self._layers(me))
        for layer in layers:
            if layer.where == me:
                self._check(layer)
        return {name: self._cell(me, found, name, layers) for name in self._entries}

    def _layers(self, me: Element) -> Iterator[Layer]:
        """What makes up the dict of a driver, the last change first.

        Changes by ``update`` count wherever they are inherited from; below them the nearest class that assigns the
        whole dict, then what that one was copied from.
        """
        assigned: Layer | None = None
        for element in self._context.orders.of(me.path, me.name):
            for table in self._tables(element) if element.kind == "class" else ():
                if table.form == "update":
                    yield Layer(element, table)
                elif assigned is None:
                    assigned = Layer(element, table)
        while assigned is not None:
            yield assigned
            assigned = self._copied_from(assigned)

    def _tables(self, element: Element) -> list[TableFact]:
        """The tables of one class, those made last first."""
        file = self._context.tree.file(element.path)
        found = file.tables.get(f"{element.name}.{self._attribute}", []) if file is not None else []
        return sorted(found, key=lambda table: -table.line)

    def _copied_from(self, layer: Layer) -> Layer | None:
        base = layer.table.base
        if base is None:
            return None
        owner, _, _ = base.rpartition(".")
        where: Element | None = None
        if owner in ("self", "cls", "super()"):
            order = self._context.orders.of(layer.where.path, layer.where.name)[1:]
            where = next((each for each in order if each.kind == "class" and self._tables(each)), None)
        elif owner:
            ref = self._context.tree.resolve(layer.where.path, owner, layer.where.name.rpartition(".")[0])
            where = Element("class", ref.path, ref.name) if ref.kind == "class" else None
            where = self._holder(where) if where is not None else None
        tables = self._assignments(where)
        if where is None or not tables:
            self._lost(layer, base)
            return None
        return Layer(where, tables[0])

    def _holder(self, where: Element) -> Element | None:
        """The class that really holds the attribute of a class."""
        order = self._context.orders.of(where.path, where.name)
        return next((each for each in order if each.kind == "class" and self._assignments(each)), None)

    def _assignments(self, where: Element | None) -> list[TableFact]:
        return [table for table in self._tables(where) if table.form == "dict"] if where is not None else []

    def _lost(self, layer: Layer, base: str) -> None:
        owner = self._context.tree.class_id(layer.where.path, layer.where.name)
        if not self._context.is_declared(layer.where.path, owner, self._attribute):
            self._context.problem(
                "unreadable",
                Place(layer.where.path, layer.table.line, layer.table.column),
                f"{self._attribute} starts from {base}, which cannot be found",
                base,
                "a dict literal of the tree",
                "declare it under 'dynamic' in the config, with the reason",
                owner,
            )

    def _check(self, layer: Layer) -> None:
        """Report what cannot be read in a driver's own dict, and flags that the interface does not have."""
        owner = self._context.tree.class_id(layer.where.path, layer.where.name)
        for trouble in layer.table.troubles:
            self._context.trouble(layer.where.path, owner, trouble._replace(member=self._attribute))
        seen: dict[str, Member] = {}
        for member in layer.table.members:
            place = Place(layer.where.path, member.line, member.column)
            first = seen.setdefault(member.name, member)
            if first is not member:
                message = f"{member.name!r} stands twice in {self._attribute}; Python keeps this one"
                self._context.problem(
                    "duplicate", place, message, f"another at line {first.line}", "one", None, owner, member.name
                )
            if not self._is_known(member.name):
                unknown_entry(self._context, member.name, place, owner, self._entries)

    def _is_known(self, name: str) -> bool:
        return name in self._entries or self._context.is_excluded(name) or self._context.is_extension(name)

    def _cell(self, me: Element, found: Driver, name: str, layers: list[Layer]) -> Cell:
        for layer in layers:
            member = next((each for each in reversed(layer.table.members) if each.name == name), None)
            if member is None:
                continue
            cell = cells.own(self._definition(layer, member), (), True, self._entries[name].exempt is not None)
            if layer.table.when and cell.state in ("supported", "next"):
                cell = replace(cell, state="conditional")
            return self._placed(me, layer, found, cell)
        return cells.ABSENT

    def _placed(self, me: Element, layer: Layer, found: Driver, cell: Cell) -> Cell:
        if layer.where == me:
            return cell
        via = self._context.tree.class_id(layer.where.path, layer.where.name)
        annotated = found.annotation is not None
        if layer.where in self._side:
            return cells.ABSENT if cell.how == "stub" else cells.default(cell, via, found.since, annotated)
        return cells.inherited(cell, via, found.since, annotated)

    def _definition(self, layer: Layer, member: Member) -> Definition:
        key = (layer.where.path, member.line, member.column)
        if key not in self._made:
            owner = self._context.tree.class_id(layer.where.path, layer.where.name)
            verdict = self._context.judge.flag(member.body)
            self._made[key] = self._context.definition(layer.where.path, member, owner, verdict, layer.table.when)
        return self._made[key]
