"""Whether an interface's own bodies do the work for one driver, which may override what they call.

A body that does nothing but call another is judged by what that does for the driver. One that does more supports the
driver unless something that it uses on every way through it refuses: an entry or a hook that only raises. A hook that
does nothing takes nothing away.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..facts import Member, Use
from ..model import Cell, Definition, Driver, EntryPoint
from ..names.definitions import counting, is_exhaustive
from ..names.mro import Element
from ..names.standard import brings
from . import cells
from .context import Context
from .entries import default_verdict

_PROPERTIES = frozenset({"property", "cached_property", "abstractproperty", "classproperty"})

Row = dict[str, Cell]


class Defaults:
    """The cells that drivers take from an interface's own bodies.

    Args:
        entries: its entry points by name.
        members: the definitions that they come from.
        side: the interface and the classes it derives from.
    """

    def __init__(
        self,
        context: Context,
        entries: Mapping[str, EntryPoint],
        members: Mapping[str, Member],
        side: frozenset[Element],
    ) -> None:
        self._context, self._entries, self._members, self._side = context, entries, members, side
        self._made: dict[tuple[Element, str], Definition] = {}
        self._used: dict[str, tuple[Element, Member]] = {}
        #: Entries whose default does nothing for the driver at hand, so that to call them does no harm.
        self._idle: set[str] = set()

    def cell(self, me: Element, where: Element, found: Driver, entry: EntryPoint, member: Member) -> Cell:
        """The cell of a driver that does not define an entry itself, before what the body uses is known."""
        verdict = default_verdict(self._context, member, where, me)
        self._idle.discard(entry.name)
        if verdict.stub:
            if verdict.idle and not self._context.judge.replaced.is_abstract(member, where):
                self._idle.add(entry.name)
            return cells.ABSENT
        self._used[entry.name] = (where, member)
        via = self._context.tree.class_id(where.path, where.name)
        if (where, entry.name) not in self._made:
            definition = entry.definition
            if definition is None or definition.owner != via:
                definition = self._context.definition(where.path, member, via, verdict)
            self._made[where, entry.name] = definition._replace(stub=False)
        base = cells.own(self._made[where, entry.name], (), True, entry.exempt is not None)
        return cells.default(base, via, found)

    def settle(self, me: Element, found: Driver, row: Row, is_known: bool) -> None:
        """Take away the defaults of a row that use what the driver lacks.

        Args:
            is_known: nothing may add entries or hooks at run time.
        """
        for name in list(row):
            was_default = row[name].how == "default"
            row[name] = self._settled(me, name, row, frozenset())
            if was_default and not is_known and row[name].how == "absent":
                row[name] = cells.unreadable(found.place)

    def _settled(self, me: Element, name: str, row: Row, above: frozenset[str]) -> Cell:
        cell = row[name]
        if cell.how != "default" or name not in self._used:
            return cell
        walk = _Walk(self, me, row, above | {name})
        needed = walk.lacking(*self._used[name])
        if needed is not None:
            return cells.lacking(name, needed, cell)
        for other in walk.others:
            if other.state == "unreadable":
                cell = cell._replace(state="unreadable")
            cell = cells.needing(cell, other)
        return cells.depending(cell, walk.unsure[0]) if walk.unsure else cell

    def settled(self, me: Element, name: str, row: Row, above: frozenset[str]) -> Cell:
        """The cell of an entry that another default uses."""
        return self._settled(me, name, row, above)

    def refuses(self, name: str, cell: Cell) -> bool:
        """Whether a default cannot work because of the cell of an entry that it uses."""
        if cell.how not in ("absent", "stub") or cell.state not in ("unsupported", "removed"):
            return False
        return not (cell.is_plainly_absent and name in self._idle)

    def is_property(self, name: str) -> bool:
        """Whether reading an entry runs its body."""
        return name in self._members and _is_property(self._members[name])

    def hook(self, me: Element, where: Element, use: Use) -> list[tuple[Element, Member]]:
        """The definitions of what a body uses that count, as Python looks it up; none where it is not seen."""
        order = self._context.orders.of(me.path, me.name)
        if not use.above and use.name in self._context.judge.on_instance(me):
            return []
        if use.above:
            order = self._context.judge.behind(use.behind, where, me)
        found: list[tuple[Element, Member]] = []
        for element in order:
            if hides(self._context, element, self._side, use.name):
                return []
            group = definitions_of(self._context, element, use.name) if element.kind == "class" else []
            if group:
                counted = counting(group)
                found += [(element, member) for member in counted]
                if counted[0].when is None or is_exhaustive(counted):
                    break
        return found

    def is_refusing(self, me: Element, where: Element, use: Use, member: Member) -> bool:
        """Whether a definition of a hook only refuses, as far as its body alone says."""
        if member.body.kind == "none":
            return use.called
        if member.body.kind in ("true", "false", "string"):
            return False
        # An abstract body runs all the same where it is called through super().
        judge = self._context.judge
        return (not use.above and judge.replaced.is_abstract(member, where)) or judge.method(member, where, me).stub


class _Walk:
    """Follows one default through what it uses.

    Attributes:
        others: the cells of the entries met on the way.
        unsure: the names that refuse under some conditions.
    """

    def __init__(self, defaults: Defaults, me: Element, row: Row, above: frozenset[str]) -> None:
        self._defaults, self._me, self._row, self._above = defaults, me, row, above
        self._seen: set[tuple[Element, str]] = set()
        self.others: list[Cell] = []
        self.unsure: list[str] = []

    def lacking(self, where: Element, member: Member) -> str | None:
        """The name that a body uses on every way through it and that refuses for this driver."""
        is_first = not self._seen
        self._seen.add((where, member.name))
        for use in member.uses:
            is_all = is_first and member.body.kind == "call" and member.body.target == f"self.{use.name}"
            needed = self._entry(use, is_all) if use.name in self._row and not use.above else self._hook(where, use)
            if needed is not None:
                return needed
        return None

    def _entry(self, use: Use, is_all: bool) -> str | None:
        """The name of an entry that refuses; one that does nothing refuses a default that does nothing else."""
        if use.name in self._above or not (use.called or self._defaults.is_property(use.name)):
            return None
        other = self._defaults.settled(self._me, use.name, self._row, self._above)
        if self._defaults.refuses(use.name, other) or (is_all and other.is_plainly_absent):
            return use.name
        if cells.is_unsure(other):
            self.unsure.append(use.name)
        self.others.append(other)
        return None

    def _hook(self, where: Element, use: Use) -> str | None:
        found = self._defaults.hook(self._me, where, use)
        if not found or (not use.called and not any(_is_property(member) for _, member in found)):
            return None
        refusing = [self._defaults.is_refusing(self._me, element, use, member) for element, member in found]
        if all(refusing):
            return use.name
        if any(refusing):
            self.unsure.append(use.name)
        element, member = found[0]
        if len(found) > 1 or (element, use.name) in self._seen:
            return None
        return self.lacking(element, member)


def _is_property(member: Member) -> bool:
    return any(name.rpartition(".")[2] in _PROPERTIES for name in member.decorators)


def is_setter(member: Member) -> bool:
    """Whether an assignment on an instance runs the setter of a definition and does not replace it."""
    return any(name.rpartition(".")[2] in ("property", "abstractproperty", "setter") for name in member.decorators)


def hides(context: Context, element: Element, side: frozenset[Element], name: str | None = None) -> bool:
    """Whether an element of an order may hold an entry without our knowing.

    Args:
        name: of the entry; None for any that is no attribute of a class of the standard library.
    """
    if element.kind == "external":
        if element in side or context.is_external(element.name):
            return False
        known = brings(element.name)
        return known is None or name in known
    return element.kind == "unresolved" and element not in side and not context.is_declared(element.path, element.owner)


def definitions_of(context: Context, where: Element, name: str) -> list[Member]:
    """The definitions of a name in a class body."""
    return defining(context.tree.members(where.path, where.name).get(name, []))


def defining(group: list[Member]) -> list[Member]:
    """Those of the bindings of a name that define something; a bare ``name: type`` defines nothing."""
    return [member for member in group if member.body.kind != "field"]
