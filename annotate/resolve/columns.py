"""Which classes are columns: globs and leaves, a list, or a registry literal of the tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..facts import TableFact
from ..model import Place
from .context import Context, Target, matches
from .order import Element


class Column(NamedTuple):
    """A class that is a driver."""

    id: str
    path: str
    name: str


def class_columns(context: Context, base: Element) -> list[Column]:
    """The driver classes of an interface, in the declared order.

    Args:
        context: the interface being resolved.
        base: the class that drivers derive from.
    """
    how = context.interface.columns.how
    candidates = _candidates(context, base)
    if how == "list":
        found = list(_listed(context, base))
    elif how == "registry":
        found = list(_registered(context, base))
    else:
        found = _leaves(context, candidates) if how == "leaf" else candidates
    found = list(_dispatched(context, found, base))
    _check_not_drivers(context, [*candidates, *found])
    kept = [each for each in dict.fromkeys(found) if not matches(each.id, context.interface.not_drivers)]
    return in_order(context, kept)


def driver_files(context: Context) -> list[str]:
    """The files that the globs of ``drivers`` match; a glob that matches nothing is a problem."""
    loader = context.tree.loader
    for index, pattern in enumerate(context.interface.drivers):
        if not loader.matching([pattern]):
            context.problem(
                "config",
                context.interface.place("drivers", str(index)),
                f"no file matches {pattern!r}",
                pattern,
                "a glob that matches driver files, relative to the root",
            )
    return loader.matching(context.interface.drivers)


def _candidates(context: Context, base: Element) -> list[Column]:
    """Every class in the driver files that derives from the interface."""
    found = []
    paths = driver_files(context)
    context.tree.loader.prefetch(paths)
    for path in paths:
        file = context.tree.file(path)
        for name in file.classes if file is not None else ():
            order = context.orders.of(path, name)
            if base in order and order[0] != base and _is_static(context, path, name):
                found.append(Column(context.tree.class_id(path, name), path, name))
    return found


def _is_static(context: Context, path: str, name: str) -> bool:
    """Whether a class can be a column; one made in a function is a problem, or declared."""
    fact = context.tree.class_fact(path, name)
    if fact is None or not name.startswith("<locals>."):
        return True
    owner = context.tree.class_id(path, name)
    if not context.is_declared(path, owner):
        context.problem(
            "unreadable",
            Place(path, fact.line, fact.column),
            f"class {fact.name.rpartition('.')[2]} derives from the interface and is made in a function",
            tip="move the class to module level, or declare it under 'dynamic' in the config",
            driver=owner,
        )
    return False


def _leaves(context: Context, candidates: list[Column]) -> list[Column]:
    inner = {
        (element.path, element.name)
        for column in candidates
        for element in context.orders.of(column.path, column.name)[1:]
    }
    return [column for column in candidates if (column.path, column.name) not in inner]


def _dispatched(context: Context, columns: list[Column], base: Element) -> Iterator[Column]:
    """Columns with the classes that ``__new__`` hands out in the place of the class that has it."""
    known = {column.id for column in columns}
    for name in context.interface.dispatch:
        if name not in known:
            context.missing("dispatch", f"there is no driver {name!r}", name, known, name)
    for column in columns:
        targets = context.interface.dispatch.get(column.id)
        if targets is None:
            yield column
        for index, name in enumerate(targets or ()):
            target = _named(context, name)
            place = context.interface.place("dispatch", column.id, str(index))
            if target is None:
                context.problem("config", place, f"there is no class {name!r}", name, "module:Class")
            else:
                _check_derives(context, target, base, place)
                yield target


def _listed(context: Context, base: Element) -> Iterator[Column]:
    for index, name in enumerate(context.interface.columns.ids):
        column = _named(context, name)
        if column is None:
            place = context.interface.place("columns", str(index))
            context.problem("config", place, f"there is no class {name!r}", name, "module:Class")
        else:
            _check_derives(context, column, base, context.interface.place("columns", str(index)))
            yield column


def _named(context: Context, name: str) -> Column | None:
    module, _, qualified = name.partition(":")
    if module.endswith(".py"):
        fact = context.tree.class_fact(module, qualified)
        return Column(context.tree.class_id(module, qualified), module, qualified) if fact is not None else None
    found = context.tree.find_class(module, qualified)
    return Column(context.tree.class_id(*found), *found) if found is not None else None


def _registered(context: Context, base: Element) -> Iterator[Column]:
    target = Target.parse(context.interface.columns.registry or "")
    file = context.tree.file(target.path)
    tables = file.tables.get(target.name, []) if file is not None else []
    if not tables:
        context.problem(
            "config",
            context.interface.place("columns", "registry"),
            f"there is no registry {target.name!r} in {target.path!r}",
            context.interface.columns.registry,
            "path:NAME of a dict or list literal that names the driver classes",
        )
    _prefetch(context, target, tables)
    for table in tables:
        for trouble in table.troubles:
            context.trouble(target.path, f"{target.path}:{target.name}", trouble)
        yield from _in_registry(context, target, table, base)


def _prefetch(context: Context, target: Target, tables: list[TableFact]) -> None:
    names = (_registered_name(texts) for table in tables for _, texts, _, _ in table.pairs)
    modules = {name.partition(":")[0] for name in names if name is not None}
    paths = (context.tree.locate(module, target.path) for module in sorted(modules))
    context.tree.loader.prefetch([path for path in paths if path is not None])


def _in_registry(context: Context, target: Target, table: TableFact, base: Element) -> Iterator[Column]:
    for key, texts, line, place_column in table.pairs:
        place = Place(target.path, line, place_column)
        name = _registered_name(texts)
        if name is not None and matches(name, context.interface.not_drivers):
            continue
        column = _registered_column(context, target.path, texts, name)
        if column is None:
            context.problem(
                "config",
                place,
                f"the registry names a class that cannot be found: {key or texts[0]}",
                name or ", ".join(texts).lstrip("=?"),
                "a class of the tree",
                "mend the registry, or list it under 'not-drivers' with a reason",
                driver=name,
            )
        elif not matches(column.id, context.interface.not_drivers):
            _check_derives(context, column, base, place)
            yield column


def _registered_name(texts: tuple[str, ...]) -> str | None:
    """``module:Class`` of a registry's value: a pair of strings, or one string with a colon or dots."""
    if any(text.startswith("=") for text in texts[:2]):
        return None
    if len(texts) >= 2:
        return f"{texts[0]}:{texts[1]}"
    module, colon, name = texts[0].partition(":")
    if not colon:
        module, _, name = texts[0].rpartition(".")
    return f"{module}:{name}"


def _registered_column(context: Context, path: str, texts: tuple[str, ...], name: str | None) -> Column | None:
    if name is not None:
        return _named(context, name)
    for text in texts:
        ref = context.tree.resolve(path, text[1:]) if text.startswith("=") and "?" not in text else None
        if ref is not None and ref.kind == "class":
            return Column(context.tree.class_id(ref.path, ref.name), ref.path, ref.name)
    return None


def _check_derives(context: Context, column: Column, base: Element, place: Place) -> None:
    order = context.orders.of(column.path, column.name)
    if base in order or any(element.kind == "unresolved" for element in order) or _is_protocol(context, base):
        return
    context.problem(
        "config",
        place,
        f"{column.id} does not derive from {base.name}",
        column.id,
        f"a class that derives from {base.name}",
        driver=column.id,
    )


def _is_protocol(context: Context, base: Element) -> bool:
    fact = context.tree.class_fact(base.path, base.name)
    return fact is not None and any(each.rpartition(".")[2] == "Protocol" for each in fact.bases)


def _check_not_drivers(context: Context, candidates: list[Column]) -> None:
    registered = _registry_ids(context)
    for pattern in context.interface.not_drivers:
        known = [column.id for column in candidates] + registered
        if not any(matches(each, [pattern]) for each in known):
            context.missing("not-drivers", f"no driver matches {pattern!r}", pattern, known, pattern)


def _registry_ids(context: Context) -> list[str]:
    target = Target.parse(context.interface.columns.registry or "")
    file = context.tree.file(target.path) if target.name else None
    tables = file.tables.get(target.name, []) if file is not None else []
    return [name for table in tables for _, texts, _, _ in table.pairs if (name := _registered_name(texts)) is not None]


def in_order(context: Context, columns: list[Column]) -> list[Column]:
    """Columns with those that ``order`` names first, in its order."""
    order = context.interface.order
    titles = context.interface.titles
    ranked = {column: len(order) for column in columns}
    for rank, pattern in enumerate(order):
        hits = [each for each in columns if matches(each.id, [pattern]) or titles.get(each.id) == pattern]
        if not hits:
            context.missing("order", f"no driver matches {pattern!r}", pattern, [c.id for c in columns], str(rank))
        for column in hits:
            ranked[column] = min(ranked[column], rank)
    return sorted(columns, key=lambda column: ranked[column])
