"""Interfaces that are table types: calls of the type, or dict literals, as drivers."""

from collections.abc import Iterator

from ..facts import Member, TableFact, Trouble
from ..model import Cell, Definition, Driver, EntryPoint, Place
from ..names.definitions import is_exhaustive
from ..names.mro import Element
from ..records import NamedTuple
from . import cells
from .checks import table_troubles, unknown_entry
from .columns import driver_files, in_order
from .context import Context, matches

_MAX_DEPTH = 8


class Table(NamedTuple):
    """One driver: its id and all statements that make it (several under conditions)."""

    id: str
    path: str
    facts: tuple[TableFact, ...]


class Layer(NamedTuple):
    """One statement that makes or changes a table, with the tables it starts from.

    Attributes:
        steps: itself and those, nearest first: id, path, members by name.
        known: nothing in it is unseen.
    """

    fact: TableFact
    steps: tuple[tuple[str, str, dict[str, Member]], ...]
    known: bool

    def find(self, name: str) -> tuple[str, str, Member] | None:
        """Id and path of the table that gives an entry, and the member."""
        for key, path, members in self.steps:
            if name in members:
                return key, path, members[name]
        return None


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
        self._made: dict[tuple[str, str, str, int, int, str | None], Definition] = {}

    def columns(self) -> list[tuple[Table, Driver]]:
        """The drivers, in the declared order."""
        found = self._found()
        chosen = self._chosen(found)
        self._check_not_drivers(found)
        kept = [each for each in chosen if not matches(each.id, self._context.interface.not_drivers)]
        for fact, path in ((fact, each.path) for each in found if each not in kept for fact in each.facts):
            for marks in (fact.marks, *(member.marks for member in fact.members)):
                self._context.annotations += self._context.marks(path).read(marks).annotations
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

    def _is_table(self, path: str, fact: TableFact, depth: int = 0) -> bool:
        if fact.form == "hidden":
            if self._is_type(path, fact):
                self._context.troubles(path, f"{path}:{fact.name}", fact.troubles)
            return False
        names = (fact.name, fact.name.rpartition(".")[2])
        if any(matches(name, self._context.interface.tables) for name in names):
            return True
        if fact.form == "call" and (fact.callee or "").rpartition(".")[2] == "replace" and fact.members:
            return self._is_copy(path, fact, depth)
        return self._is_type(path, fact)

    def _is_type(self, path: str, fact: TableFact) -> bool:
        if fact.callee is None or self._base is None:
            return False
        ref = self._context.tree.resolve(path, fact.callee, fact.owner)
        if ref.kind in ("external", "unknown") and ref.name.rpartition(".")[2] == self._base.name.rpartition(".")[2]:
            message = f"{fact.callee} is called like the table type, and cannot be found: {ref.name}"
            tip = "if the module is in the tree under another name, map it under 'packages' in the config"
            self._context.trouble(path, f"{path}:{fact.name}", Trouble(fact.line, fact.column, message, None, tip))
        return ref.kind == "class" and self._base in self._context.orders.of(ref.path, ref.name)

    def _is_copy(self, path: str, fact: TableFact, depth: int) -> bool:
        """Whether ``replace(X, ...)`` copies a table; where X cannot be found, whether its names are those of one."""
        found = self._base_table(path, fact)
        if found is None:
            return bool(self._fields) and all(member.name in self._fields for member in fact.members)
        return depth < _MAX_DEPTH and self._is_table(found.path, found.facts[0], depth + 1)

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
            bases = {base.id for table in found for fact in table.facts if (base := self._base_table(table.path, fact))}
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
            self._context.interface.title_of(table.id) or self._own_title(fact) or fact.name,
            Place(table.path, fact.line, fact.column),
            annotation.spans[0].since if annotation is not None else None,
            annotation,
            self._context.insertion(table.path, fact.insert),
            malformed=reading.malformed,
        )

    def _own_title(self, fact: TableFact) -> str | None:
        """A literal ``name="..."`` in the table."""
        member = self._named(fact).get("name")
        return member.body.source if member is not None and member.body.kind == "string" else None

    # -- cells

    def row(self, table: Table, found: Driver) -> dict[str, Cell]:
        """All cells of one driver."""
        self._check_second(table)
        layers = list(self._layers(table))
        return {name: self._cell(table, found, entry, layers) for name, entry in self._entries.items()}

    def _layers(self, table: Table) -> Iterator[Layer]:
        """The statements that make up a table, the last first, down to one that is sure to replace all before."""
        wholes: list[TableFact] = []
        for fact in reversed(table.facts):
            steps = list(self._steps(table, fact))
            checked = [self._check(step) for step in steps]
            known = (steps[-1].facts[0].base is None or self._lost(steps[-1])) and all(checked)
            yield Layer(fact, tuple((step.id, step.path, self._named(step.facts[0])) for step in steps), known)
            wholes += [fact] if fact.form != "update" else []
            if fact.form != "update" and (fact.when is None or is_exhaustive(wholes)):
                return

    def _steps(self, table: Table, fact: TableFact) -> Iterator[Table]:
        """A statement, and the tables that it starts from."""
        step: Table | None = Table(table.id, table.path, (fact,))
        for _ in range(_MAX_DEPTH):
            if step is not None:
                yield step
                step = self._base_table(step.path, step.facts[0])

    @property
    def _is_typed_dict(self) -> bool:
        """Whether the type is a TypedDict: a value by position is then another dict, not the first field."""
        if self._base is None:
            return False
        fact = self._context.tree.class_fact(self._base.path, self._base.name)
        return fact is not None and any(base.text.rpartition(".")[2] == "TypedDict" for base in fact.bases)

    def _named(self, fact: TableFact) -> dict[str, Member]:
        """The members of a table, those given by position under the names that the type tells; the last one counts."""
        named = {}
        for index, member in enumerate(fact.members):
            if index >= fact.positional:
                named[member.name] = member
            elif index < len(self._fields) and not self._is_typed_dict:
                named[self._fields[index]] = member._replace(name=self._fields[index])
        return named

    def _cell(self, table: Table, found: Driver, entry: EntryPoint, layers: list[Layer]) -> Cell:
        """The cell of one entry: what the statements under conditions say, down to the first that is sure."""
        variants: list[tuple[str, Definition]] = []
        wholes = missing = 0
        firm = False
        for layer in layers:
            hit = layer.find(entry.name)
            if hit is None and not layer.known:
                return cells.unreadable(found.place)
            wholes += layer.fact.form != "update"
            missing += layer.fact.form != "update" and hit is None
            if hit is not None:
                variants.append((hit[0], self._definition(*hit, layer.fact.when)))
                firm = layer.fact.when is None
            if firm:
                break
        if not variants:
            return cells.ABSENT
        variants.reverse()
        complete = not missing and (firm or wholes > 1)
        cell = cells.of_variants(tuple(definition for _, definition in variants), complete, entry.exempt is not None)
        key = next(key for key, definition in variants if definition is cell.definition)
        if key == table.id:
            return cell
        return cells.inherited(cell, key, found)

    def _definition(self, key: str, path: str, member: Member, when: str | None) -> Definition:
        # A macro may put several slots, also of several tables, at one place; the condition is that of the statement.
        known = (key, path, member.name, member.line, member.column, when)
        if known not in self._made:
            verdict = self._context.judge.slot(member.body, path)
            self._made[known] = self._context.definition(path, member, key, verdict, when)
        return self._made[known]

    def _base_table(self, path: str, fact: TableFact) -> Table | None:
        """The table that one starts from, or None when there is none, or none to be found."""
        if fact.base is None:
            return None
        ref = self._context.tree.resolve(path, fact.base, fact.owner)
        file = self._context.tree.file(ref.path) if ref.kind == "table" else None
        found = [each for each in file.tables[ref.name] if each.form != "update" and each is not fact] if file else []
        return Table(f"{ref.path}:{ref.name}", ref.path, (found[0],)) if found else None

    # -- problems

    def _check(self, table: Table) -> bool:
        """Report what cannot be read in one statement of a table, and entries that the interface does not have.

        Returns:
            Whether it holds nothing that is not seen.
        """
        fact = table.facts[0]
        self._check_twice(table)
        for name, member in self._named(fact).items():
            if name in self._entries or name in self._fields or self._context.is_excluded(name):
                continue
            if not self._context.is_extension(name):
                place = Place(table.path, member.line, member.column)
                unknown_entry(self._context, name, place, table.id, self._entries)
            elif member.marks:
                self._context.reading(table.path, member.marks, table.id, name)
        troubles = list(table_troubles(fact))
        if fact.positional and self._is_typed_dict:
            message = "the table starts from a value that cannot be read here"
            troubles.append(Trouble(fact.members[0].line, fact.members[0].column, message))
        elif fact.positional > len(self._fields):
            extra = fact.members[len(self._fields)]
            message = f"the table has {fact.positional} values by position, and the type has {len(self._fields)}"
            troubles.append(Trouble(extra.line, extra.column, message))
        return self._context.troubles(table.path, table.id, troubles)

    def _lost(self, table: Table) -> bool:
        fact = table.facts[0]
        message = f"the table starts from {fact.base!r}, which cannot be found"
        return self._context.trouble(table.path, table.id, Trouble(fact.line, fact.column, message))

    def _check_second(self, table: Table) -> None:
        firm = [fact for fact in table.facts if fact.when is None and fact.form != "update"]
        if len(firm) < 2:
            return
        first, second = firm[0], firm[1]
        self._context.problem(
            "duplicate",
            Place(table.path, second.line, second.column),
            f"{second.name} is a second table for one driver",
            f"another at line {first.line}",
            "one table for each driver",
            driver=table.id,
        )

    def _check_twice(self, table: Table) -> None:
        fact = table.facts[0]
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
