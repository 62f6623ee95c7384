"""Interfaces that are dicts of capability flags, in class bodies, on ``self``, or at module level."""

from collections.abc import Iterator

from ..facts import Member, TableFact, Trouble
from ..model import Cell, Definition, Driver, EntryPoint, Place
from ..names.definitions import is_exhaustive
from ..names.mro import Element
from ..records import NamedTuple
from . import cells
from .checks import check_class, table_troubles, unknown_entry
from .columns import Column, class_columns
from .context import Context
from .defaults import hides
from .drivers import driver
from .entries import entry_point
from .stubs import Verdict

_MAX_DEPTH = 8
#: What a base outside the tree may hold.
_OPAQUE = TableFact("", "", "dict", None, None, 1, 1, (), -1, (), 0, ())


class Layer(NamedTuple):
    """A dict, or a change of one, the class that makes it, and the dicts it starts from, nearest first."""

    where: Element
    table: TableFact
    below: tuple[tuple[Element, TableFact], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing made before it counts, where it is made at all."""
        return self.table.form != "update"

    @property
    def tables(self) -> Iterator[tuple[Element, TableFact]]:
        """It and what it starts from."""
        yield self.where, self.table
        yield from self.below


def entries(context: Context, path: str, tables: list[TableFact], owner: str) -> list[EntryPoint]:
    """The keys of the interface's own dict, in order, those of a dict that it starts from first."""
    found: dict[str, EntryPoint] = {}
    for place, member in _keys(context, path, tables, owner, 0):
        if member.name not in found and not context.is_excluded(member.name):
            definition = context.definition(place, member, owner, Verdict(stub=True))
            found[member.name] = entry_point(context, member.name, definition)
    return list(found.values())


def _keys(context: Context, path: str, tables: list[TableFact], owner: str, depth: int) -> Iterator[tuple[str, Member]]:
    for table in tables:
        context.troubles(path, owner, table_troubles(table))
        ref = context.tree.resolve(path, table.base, table.owner) if table.base and depth < _MAX_DEPTH else None
        file = context.tree.file(ref.path) if ref is not None and ref.kind == "table" else None
        below = [each for each in file.tables[ref.name] if each is not table] if file is not None and ref else []
        if table.base and not below:
            message = f"the interface starts from {table.base}, which cannot be found"
            context.trouble(path, owner, Trouble(table.line, table.column, message))
        yield from _keys(context, ref.path if ref else path, below, owner, depth + 1)
        for member in table.members:
            yield path, member


class Flags:
    """The columns of a flags attribute and their cells.

    Args:
        base: the class whose attribute the interface is.
    """

    def __init__(self, context: Context, base: Element, attribute: str, entries: list[EntryPoint]) -> None:
        self._context, self._base, self._attribute = context, base, attribute
        self._entries = {entry.name: entry for entry in entries}
        self._side = frozenset(context.orders.of(base.path, base.name))
        self._made: dict[tuple[str, int, int], Definition] = {}
        self._checked: dict[int, bool] = {}
        self._named: dict[int, dict[str, Member]] = {}

    def columns(self) -> list[tuple[Column, Driver]]:
        """The drivers, in the declared order."""
        return [(column, driver(self._context, column)) for column in class_columns(self._context, self._base)]

    def row(self, column: Column, found: Driver) -> dict[str, Cell]:
        """All cells of one driver."""
        me = Element("class", column.path, column.name)
        is_known = check_class(self._context, column, self._side, frozenset({self._attribute}))
        if not self._check_attribute(me):
            return dict.fromkeys(self._entries, cells.unreadable(found.place))
        layers = list(self._layers(me))
        known = {id(layer): self._check(layer) for layer in layers}
        row = {}
        for name in self._entries:
            cell = self._cell(me, found, name, layers, known)
            row[name] = cell if is_known or not cell.is_plainly_absent else cells.unreadable(found.place)
        return row

    # -- what makes up the dict of a driver

    def _layers(self, me: Element) -> Iterator[Layer]:
        """What makes up the dict of a driver, the last change first, down to one that is sure to replace all before.

        What methods make on ``self`` counts before what class bodies hold, wherever it is inherited from; changes by
        methods apply to the dict of the class body.
        """
        for instance in (True, False):
            for element in self._context.orders.of(me.path, me.name):
                if not instance and hides(self._context, element, self._side):
                    yield Layer(element, _OPAQUE)
                    return
                wholes: list[TableFact] = []
                for table in self._tables(element, instance):
                    layer = Layer(element, table)
                    yield layer._replace(below=tuple(self._below(layer)))
                    wholes += [table] if layer.is_whole else []
                    if layer.is_whole and (table.when is None or is_exhaustive(wholes)):
                        return

    def _tables(self, element: Element, instance: bool) -> list[TableFact]:
        """The tables of one class, those made last first."""
        file = self._context.tree.file(element.path)
        found = file.tables.get(f"{element.name}.{self._attribute}", []) if file is not None else []
        return sorted((table for table in found if table.instance is instance), key=lambda table: -table.line)

    def _below(self, layer: Layer) -> Iterator[tuple[Element, TableFact]]:
        """The tables that one starts from."""
        where, table = layer.where, layer.table
        for _ in range(_MAX_DEPTH):
            if table.base is None:
                return
            found = self._copied_from(where, table)
            if found is None:
                return
            where, table = found
            yield found

    def _copied_from(self, where: Element, table: TableFact) -> tuple[Element, TableFact] | None:
        """The dict that ``dict(Base.NAME, ...)`` starts from; ``self.NAME`` is that of the class body."""
        owner, _, name = (table.base or "").rpartition(".")
        order: tuple[Element, ...] = ()
        is_super = owner.startswith("super(")
        if name == self._attribute and (is_super or owner in ("self", "cls")):
            order = self._context.orders.of(where.path, where.name)[is_super or not table.instance :]
        elif name == self._attribute and owner:
            ref = self._context.tree.resolve(where.path, owner, where.name.rpartition(".")[0])
            order = self._context.orders.of(ref.path, ref.name) if ref.kind == "class" else ()
        for element in order:
            for each in self._tables(element, False) if element.kind == "class" else ():
                if each.form != "update" and each is not table:
                    return element, each
        ref = self._context.tree.resolve(where.path, table.base or "", where.name)
        file = self._context.tree.file(ref.path) if ref.kind == "table" else None
        if file is not None and ref.name in file.tables and file.tables[ref.name][0] is not table:
            return Element("class", ref.path, ref.name.rpartition(".")[0]), file.tables[ref.name][0]
        return None

    # -- problems

    def _check_attribute(self, me: Element) -> bool:
        """Whether nothing but a dict gives the attribute: a property, or ``setattr`` with its name, cannot be read."""
        known = True
        for element in self._context.orders.of(me.path, me.name):
            fact = self._context.tree.class_fact(element.path, element.name) if element.kind == "class" else None
            if fact is None or element in self._side:
                continue
            troubles = [trouble for trouble in fact.troubles if trouble.member == self._attribute]
            for member in self._context.tree.members(element.path, element.name).get(self._attribute, ()):
                if member.kind == "def" or member.body.kind == "imported":
                    message = f"{self._attribute} is made at run time by a function"
                    troubles.append(Trouble(member.line, member.column, message, self._attribute))
            owner = self._context.tree.class_id(element.path, element.name)
            known = self._context.troubles(element.path, owner, troubles) and known
        return known

    def _check(self, layer: Layer) -> bool:
        """Report what cannot be read in a dict, and flags that the interface does not have.

        Returns:
            Whether the dict holds nothing that is not seen.
        """
        known = layer.table is not _OPAQUE
        for where, table in layer.tables:
            if where not in self._side:
                if id(table) not in self._checked:
                    self._checked[id(table)] = self._check_table(where, table)
                known = self._checked[id(table)] and known
        where, table = list(layer.tables)[-1]
        return (table.base is None or where in self._side or self._lost(where, table)) and known

    def _check_table(self, where: Element, table: TableFact) -> bool:
        owner = self._context.tree.class_id(where.path, where.name)
        seen: dict[str, Member] = {}
        for member in table.members:
            place = Place(where.path, member.line, member.column)
            first = seen.setdefault(member.name, member)
            if first is not member:
                message = f"{member.name!r} stands twice in {self._attribute}; Python keeps this one"
                self._context.problem(
                    "duplicate", place, message, f"another at line {first.line}", "one", None, owner, member.name
                )
            if not self._is_known(member.name):
                unknown_entry(self._context, member.name, place, owner, self._entries)
        return self._context.troubles(where.path, owner, table_troubles(table), self._attribute)

    def _lost(self, where: Element, table: TableFact) -> bool:
        owner = self._context.tree.class_id(where.path, where.name)
        message = f"{self._attribute} starts from {table.base}, which cannot be found"
        return self._context.trouble(where.path, owner, Trouble(table.line, table.column, message), self._attribute)

    def _is_known(self, name: str) -> bool:
        return name in self._entries or self._context.is_excluded(name) or self._context.is_extension(name)

    # -- cells

    def _cell(self, me: Element, found: Driver, name: str, layers: list[Layer], known: dict[int, bool]) -> Cell:
        """The cell of one flag: what the layers under conditions say, down to the first that is sure."""
        variants: list[tuple[Element, Definition]] = []
        wholes = missing = 0
        firm = False
        for layer in layers:
            where, member = self._in_layer(layer, name)
            if member is None and not known[id(layer)]:
                return cells.unreadable(found.place)
            wholes += layer.is_whole
            missing += layer.is_whole and member is None
            if member is not None:
                variants.append((where, self._definition(where, layer.table, member)))
                firm = layer.table.when is None
            if firm:
                break
        if not variants:
            return cells.ABSENT
        variants.reverse()
        complete = not missing and (firm or wholes > 1)
        exempt = self._entries[name].exempt is not None
        cell = cells.of_variants(tuple(definition for _, definition in variants), complete, exempt)
        where = next(where for where, definition in variants if definition is cell.definition)
        return self._placed(me, where, found, cell)

    def _in_layer(self, layer: Layer, name: str) -> tuple[Element, Member | None]:
        for where, table in layer.tables:
            if id(table) not in self._named:
                self._named[id(table)] = {member.name: member for member in table.members}
            member = self._named[id(table)].get(name)
            if member is not None:
                return where, member
        return layer.where, None

    def _placed(self, me: Element, where: Element, found: Driver, cell: Cell) -> Cell:
        if where == me:
            return cell
        via = self._context.tree.class_id(where.path, where.name)
        if where in self._side:
            return cells.ABSENT if cell.how == "stub" else cells.default(cell, via, found)
        return cells.inherited(cell, via, found)

    def _definition(self, where: Element, table: TableFact, member: Member) -> Definition:
        key = (where.path, member.line, member.column)
        if key not in self._made:
            owner = self._context.tree.class_id(where.path, where.name)
            verdict = self._context.judge.flag(member.body)
            self._made[key] = self._context.definition(where.path, member, owner, verdict, table.when)
        return self._made[key]
