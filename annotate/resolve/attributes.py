"""Interfaces whose flags are class attributes: ``supports_x = True``, inherited and overridden as Python does it."""

from __future__ import annotations

from ..facts import Member
from ..model import Cell, Driver, EntryPoint
from ..names.mro import Element
from . import cells
from .checks import check_class
from .classes import Classes
from .columns import Column
from .context import Context
from .entries import entry_point
from .stubs import Verdict

_FLAGS = frozenset({"true", "false"})


def entries(context: Context, base: Element) -> list[tuple[EntryPoint, Member]]:
    """The public attributes of a class that are ``True`` or ``False``, those of its bases first."""
    found: dict[str, tuple[EntryPoint, Member]] = {}
    for element in reversed(context.orders.of(base.path, base.name)):
        members = context.tree.members(element.path, element.name) if element.kind == "class" else {}
        for name, group in members.items():
            member = group[-1]
            if member.kind != "def" and member.body.kind in _FLAGS and not context.is_excluded(name):
                owner = context.tree.class_id(element.path, element.name)
                definition = context.definition(element.path, member, owner, Verdict(stub=True))
                found[name] = entry_point(context, name, definition), member
    return list(found.values())


class Attributes(Classes):
    """The columns of such a class and their cells; a property or method in place of a flag is a condition."""

    def row(self, column: Column, found: Driver) -> dict[str, Cell]:
        """All cells of one driver."""
        me = Element("class", column.path, column.name)
        is_known = check_class(self._context, column, self._side, self._names)
        assigned, layers, row = self._assigned(me), self._layers(me), {}
        for name in self._entries:
            cell = self._cell(me, layers, found, name)
            if name in assigned or (cell.is_plainly_absent and not is_known):
                cell = cells.unreadable(found.place)
            row[name] = cell
        self._others(me)
        return row

    def _found(self, me: Element, where: Element, found: Driver, entry: EntryPoint, group: list[Member]) -> Cell:
        cell = self._own(me, where, entry, group)
        if where == me:
            return cell
        via = self._context.tree.class_id(where.path, where.name)
        if where in self._side:
            return cells.ABSENT if cell.how == "stub" else cells.default(cell, via, found)
        return cells.inherited(cell, via, found)

    def _default(self, me: Element, where: Element, found: Driver, entry: EntryPoint, group: list[Member]) -> Cell:
        return self._found(me, where, found, entry, group)

    def _judged(self, member: Member, where: Element, me: Element) -> Verdict:
        if member.kind == "def":
            return Verdict(expression=f"{member.name}()")
        return self._context.judge.flag(member.body)
