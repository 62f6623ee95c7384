"""Facts of all files -> Catalogue: bases, aliases, inheritance, columns, cells.

Pure but for the loader, which hands out the facts of a file when a name leads there. Nothing is guessed: what cannot be
resolved is a problem with a place, and the cells that depend on it are unreadable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from ..catalogue import Catalogue
from ..config.target import Target
from ..config.value import Config, InterfaceConfig
from ..facts import FileFacts
from ..model import Annotation, Cell, Driver, EntryPoint, Former, Ignore, Interface, Place, Problem
from ..names.files import File, Loader
from ..names.mro import Element, Orders
from ..names.tree import Tree
from ..readers import is_c
from . import cells, derived, entries
from .classes import Classes
from .context import Context

if TYPE_CHECKING:
    from ..protocol import Family

__all__ = ["Loader", "resolve"]

#: Kind of an interface -> what ``at`` has to name.
_WANTED = {
    "class": "a class",
    "table": "a class or struct",
    "flags": "a dict literal, or a class with attributes that are True or False",
}
Rows = list[tuple[Driver, dict[str, Cell]]]
_PLACE_AND_TEXT = attrgetter("place", "text")


def resolve(config: Config, loader: Loader) -> Catalogue:
    """Resolve everything the config declares.

    Args:
        loader: where the facts of files come from.
    """
    tree = Tree(loader, config.packages)
    orders = Orders(tree)
    contexts = [Context(config, interface, tree, orders) for interface in config.interfaces]
    interfaces = tuple(_interface(context) for context in contexts)
    families, found = _protocols(config, interfaces)
    problems = [*config.problems, *(problem for context in contexts for problem in context.problems), *found]
    files = list(tree.files)
    problems += _file_problems(tree, files, contexts)
    problems += (problem for context in contexts for problem in context.calls.problems)
    problems += (problem for context in contexts for problem in _unused(context))
    return Catalogue(
        config.title,
        config.release,
        config.current,
        config.known,
        interfaces,
        tuple(dict.fromkeys(problems)),
        _annotations(contexts),
        tuple(_ignores(files)),
        tuple(file.path for file in files),
        tuple(file.path for file in files if not file.facts.is_empty),
        families,
    )


def _protocols(config: Config, interfaces: tuple[Interface, ...]) -> tuple[tuple[Family, ...], list[Problem]]:
    """The families that the interfaces take; without any the module about them need not be loaded."""
    if not config.families:
        return (), []
    from ..protocols.resolve import resolve as resolved

    found = [
        resolved(config.families, each, interface)
        for each, interface in zip(config.interfaces, interfaces, strict=True)
    ]
    return tuple(one for families, _ in found for one in families), [one for _, each in found for one in each]


def _interface(context: Context) -> Interface:
    config = context.interface
    target = context.target
    file = context.tree.file(target.path)
    if file is None or not target.name:
        _not_there(context, target, "no such file" if target.name else "it has to be written path:name")
        return _empty(config)
    if config.kind == "flags":
        return _flags(context, target)
    ref = context.tree.resolve(target.path, target.name)
    if ref.kind != "class":
        return _unfound(context, target, file.facts, sorted(file.classes))
    base = Element("class", ref.path, ref.name)
    context.problems += context.orders.problems(base.path, base.name)
    entries.check_struct(context, base)
    return _table(context, base) if config.kind == "table" else _class(context, base)


def _class(context: Context, base: Element) -> Interface:
    context.judge.side = frozenset(context.orders.of(base.path, base.name))
    found = entries.of_class(context, base)
    added = list(entries.additional(context, [entry.name for entry, _ in found]))
    classes = Classes(context, base, [*found, *((entry, None) for entry in added)])
    rows = [(driver, classes.row(column, driver)) for column, driver in classes.columns()]
    return _finish(context, base, [*(entry for entry, _ in found), *added], rows)


def _table(context: Context, base: Element) -> Interface:
    from . import structs, tables

    listed = [entry for entry, _ in entries.of_fields(context, base)]
    if context.part and not listed:
        wanted, known = f"{base.name}.{context.part}", sorted(context.tree.members(base.path, base.name))
        context.missing("at", f"there is no struct with functions {wanted!r} in {base.path}", wanted, known)
    listed += list(entries.additional(context, [entry.name for entry in listed]))
    of = structs.StructTables if context.tree.is_c(base.path) else tables.Tables
    reader = of(context, base, listed, entries.all_fields(context, base))
    rows = [(driver, reader.row(table, driver)) for table, driver in reader.columns()]
    return _finish(context, base, listed, rows)


def _flags(context: Context, target: Target) -> Interface:
    from . import flags
    from .tables import Tables

    file = context.tree.file(target.path)
    owner, _, attribute = target.name.rpartition(".")
    tables = file.tables.get(target.name, []) if file is not None else []
    if not tables:
        ref = context.tree.resolve(target.path, target.name)
        if ref.kind == "class":
            return _attributes(context, Element("class", ref.path, ref.name))
        known = sorted(file.tables if file else ())
        return _unfound(context, target, file.facts if file else FileFacts(target.path), known)
    base = Element("class", target.path, owner)
    holder = context.tree.class_id(target.path, owner) if owner else f"{target.path}:{target.name}"
    listed = flags.entries(context, target.path, tables, holder)
    listed += list(entries.additional(context, [entry.name for entry in listed]))
    if owner:
        reader = flags.Flags(context, base, attribute, listed)
        rows = [(driver, reader.row(column, driver)) for column, driver in reader.columns()]
    else:
        plain = Tables(context, None, listed, [])
        rows = [(driver, plain.row(table, driver)) for table, driver in plain.columns()]
    return _finish(context, Element("class", target.path, target.name), listed, rows)


def _attributes(context: Context, base: Element) -> Interface:
    from . import attributes

    context.problems += context.orders.problems(base.path, base.name)
    found = attributes.entries(context, base)
    added = list(entries.additional(context, [entry.name for entry, _ in found]))
    classes = attributes.Attributes(context, base, [*found, *((entry, None) for entry in added)])
    rows = [(driver, classes.row(column, driver)) for column, driver in classes.columns()]
    return _finish(context, base, [*(entry for entry, _ in found), *added], rows)


def _finish(context: Context, base: Element, listed: list[EntryPoint], rows: Rows) -> Interface:
    config = context.interface
    fact = context.tree.class_fact(base.path, base.name)
    entries.check_names(context, listed, base)
    listed = derived.add(context, listed, rows)
    ordered, groups = entries.grouped(context, listed)
    _check_ids(context, [driver for driver, _ in rows])
    place = Place(base.path, fact.line, fact.column) if fact is not None else _table_place(context, base)
    return Interface(
        f"{base.name}{context.part and f'.{context.part}'}",
        config.key,
        config.title or base.name,
        config.kind,
        place,
        tuple(ordered),
        tuple(driver for driver, _ in rows),
        _given(context, rows),
        groups,
        tuple(_removed(context, {driver.id for driver, _ in rows})),
    )


def _removed(context: Context, known: Collection[str]) -> Iterator[Former]:
    """The drivers that the config remembers; one that exists is a problem, unless a preset speaks of newer releases."""
    for name, spans in context.interface.removed.items():
        place = context.interface.place("removed", name)
        if name not in known:
            yield Former(name, context.interface.title_of(name) or name.rpartition(":")[2], spans, place)
        elif not context.interface.is_preset("removed", name):
            message = f"driver {name} is listed under 'removed' but still exists"
            context.problem("config", place, message, name, "a driver that is gone", "remove the line", driver=name)


def _table_place(context: Context, base: Element) -> Place:
    file = context.tree.file(base.path)
    tables = file.tables.get(base.name, []) if file is not None else []
    return Place(base.path, tables[0].line, tables[0].column) if tables else Place(base.path)


def _given(context: Context, rows: Rows) -> dict[tuple[str, str], Cell]:
    """All cells, with those that the config overrides."""
    overrides = context.interface.inherits
    found = {(driver.id, entry): cell for driver, row in rows for entry, cell in row.items()}
    known = {driver.id: row for driver, row in rows}
    for name, spans in overrides.items():
        if name not in known:
            context.missing("inherits", f"there is no driver {name!r}", name, known, name)
        for entry, given in spans.items() if name in known else ():
            if entry in known[name]:
                found[name, entry] = cells.given(found[name, entry], given)
            else:
                context.missing("inherits", f"there is no entry {entry!r}", entry, known[name], name, entry)
    return found


def _check_ids(context: Context, drivers: list[Driver]) -> None:
    seen: dict[str, Driver] = {}
    for driver in drivers:
        first = seen.setdefault(driver.id, driver)
        if first is not driver:
            message = f"driver {driver.id} is listed twice"
            context.problem("duplicate", driver.place, message, f"another at {first.place.short}", driver=driver.id)


def _not_there(context: Context, target: Target, why: str) -> None:
    place = context.interface.place("at")
    message = f"interface {context.interface.key!r} cannot be found: {why}"
    tip = "to read tables of a struct of another project, copy the header that defines it into the tree"
    wanted = "path:Class, relative to the root"
    context.problem("config", place, message, context.interface.at, wanted, tip if is_c(target.path) else None)


def _unfound(context: Context, target: Target, facts: FileFacts, known: list[str]) -> Interface:
    if facts.errors and not facts.classes:
        _not_there(context, target, f"{target.path} cannot be read")
    elif target.name in _others(facts):
        wanted = _WANTED[context.interface.kind]
        message = f"{target.name!r} in {target.path} is not {wanted}"
        context.problem("config", context.interface.place("at"), message, target.name, wanted)
    else:
        context.missing("at", f"there is no {target.name!r} in {target.path}", target.name, known)
    return _empty(context.interface)


def _others(facts: FileFacts) -> set[str]:
    """What a file has by name that is neither a class nor a table."""
    functions = {each.name for each in facts.functions}
    return functions.union((name for name, _ in facts.made), (name for name, _ in facts.aliases))


def _empty(config: InterfaceConfig) -> Interface:
    return Interface(config.at, config.key, config.title or config.at, config.kind, config.place("at"))


def _file_problems(tree: Tree, files: list[File], contexts: list[Context]) -> Iterator[Problem]:
    for folder, reason in sorted(tree.loader.unlisted.items()):
        yield Problem("unreadable", Place(folder or "."), f"the folder cannot be looked into: {reason}")
    for file in files:
        for each in file.facts.errors:
            declared = [context.is_declared(file.path, file.path) for context in contexts]
            if not any(declared):
                yield Problem("unreadable", Place(file.path, each.line, each.column), each.message, tip=each.tip)


def _unused(context: Context) -> Iterator[Problem]:
    """Declarations of dynamic things and external bases that cover nothing any more."""
    declared: Mapping[str, Mapping[str, str]] = {
        "dynamic": context.interface.dynamic,
        "external": context.interface.external,
    }
    for key, names in declared.items():
        for name in names:
            if name not in context.used and not context.interface.is_preset(key, name):
                yield Problem(
                    "exception",
                    context.interface.place(key, name),
                    f"{name!r} is declared under '{key}' and nothing there needs it",
                    name,
                    tip="remove the line",
                )


def _annotations(contexts: list[Context]) -> tuple[Annotation, ...]:
    read = sorted((each for context in contexts for each in context.annotations), key=_PLACE_AND_TEXT)
    groups = (list(group) for _, group in groupby(read, _PLACE_AND_TEXT))
    return tuple(chain.from_iterable(group if len(group) == 1 else dict.fromkeys(group) for group in groups))


def _ignores(files: list[File]) -> Iterator[Ignore]:
    for file in files:
        for line, column, codes, reason in file.facts.ignores:
            yield Ignore(Place(file.path, line, column), codes, reason)
