"""Which classes are columns: globs and leaves, a list, or a registry literal of the tree."""

from collections.abc import Iterator, Sequence

from ..config.target import Target
from ..facts import Pair, TableFact, Written
from ..model import Place
from ..names.mro import Element
from ..nearest import did_you_mean
from ..patterns import matcher
from ..records import NamedTuple
from . import beside
from .context import Context, matches

#: A class above an interface of ``zope.interface``: what derives from one is an interface too, and no driver.
_ZOPE = Element("external", "", "zope.interface.Interface")


class Column(NamedTuple):
    """A class that is a driver."""

    id: str
    path: str
    name: str


def class_columns(context: Context, base: Element) -> list[Column]:
    """The driver classes of an interface, in the declared order.

    Args:
        base: the class that drivers derive from.
    """
    how = context.interface.columns.how
    candidates = _candidates(context, base)
    if how == "list":
        found = list(_listed(context, base, candidates))
    elif how == "registry":
        found = list(_registered(context, base))
    else:
        found = _leaves(context, candidates) if how == "leaf" else candidates
    found = list(_dispatched(context, found, base))
    _check_not_drivers(context, [*candidates, *found])
    kept = [each for each in dict.fromkeys(found) if not matches(each.id, context.interface.not_drivers)]
    chosen = in_order(context, kept)
    shown = set(kept)
    for column in candidates:
        if column not in shown:
            context.note_class(column.path, column.name)
    return chosen


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
    """Every class in the driver files that derives from the interface, or fits it if that is a Protocol."""
    found = []
    names = {name for each in context.orders.of(base.path, base.name) for name in _public(context, each)}
    needed = _methods(context, base) if _is_protocol(context, base) else frozenset()
    paths = driver_files(context)
    context.tree.loader.prefetch(paths)
    for path in paths:
        context.tree.file(path)
    context.orders.outers.update()
    beside.load(context, paths)
    context.orders.outers.update()
    for path in paths:
        file = context.tree.file(path)
        for name in file.classes if file is not None else ():
            order = context.orders.of(path, name)
            if base not in order and not _fits(context, order, needed) and not is_registered(context, path, name, base):
                _check_unresolved(context, path, name, base, names)
            elif order[0] != base and _ZOPE not in order and _is_static(context, path, name):
                found.append(Column(context.tree.class_id(path, name), path, name))
    return found


def _methods(context: Context, base: Element) -> frozenset[str]:
    """The methods that a class needs to fit a Protocol."""
    found: set[str] = set()
    for element in context.orders.of(base.path, base.name):
        members = context.tree.members(element.path, element.name) if element.kind == "class" else {}
        found.update(name for name, group in members.items() if group[-1].kind == "def")
    return frozenset(name for name in found if not context.is_excluded(name))


def _fits(context: Context, order: Sequence[Element], needed: frozenset[str]) -> bool:
    """Whether a class that does not name a Protocol has all of its methods."""
    if not needed or _is_protocol(context, order[0]):
        return False
    return needed <= {name for element in order for name in _public(context, element)}


def is_registered(context: Context, path: str, name: str, base: Element) -> bool:
    """Whether a class is registered with the interface, or a class that derives from it (``Base.register(Driver)``)."""
    for where, each in context.orders.outers.registered(path, name):
        ref = context.orders.outers.meant(where, each.name)
        if ref.kind == "class" and base in context.orders.of(ref.path, ref.name):
            return True
    return False


def _public(context: Context, element: Element) -> set[str]:
    """What a class of an interface defines that may be an entry."""
    members = context.tree.members(element.path, element.name) if element.kind == "class" else ()
    return {name for name in members if not context.is_excluded(name)}


def _check_unresolved(context: Context, path: str, name: str, base: Element, entries: set[str]) -> None:
    """A class with an unresolved base may be a driver."""
    problems = context.orders.problems(path, name)
    if not problems:
        _check_namesake(context, path, name, base)
    elif not (_is_aside(context, path, name, entries) or context.is_declared(path, context.tree.class_id(path, name))):
        context.problems += problems


def _is_aside(context: Context, path: str, name: str, entries: set[str]) -> bool:
    """Whether a class is no driver though its base is unknown.

    It has no entry, and it is made in a function or its base comes from an object that a call makes.
    """
    order = context.orders.of(path, name)
    if any(not entries.isdisjoint(_public(context, each)) for each in order):
        return False
    unknown = [each.name.partition(".") for each in order if each.kind == "unresolved"]
    made = all(dot and context.tree.resolve(path, first).kind == "made" for first, dot, _ in unknown)
    return name.startswith("<locals>.") or (bool(unknown) and made)


def _check_namesake(context: Context, path: str, name: str, base: Element) -> None:
    """A class whose base is called like the interface and lies outside the tree: an import that leads astray."""
    own = base.name.rpartition(".")[2]
    for element in context.orders.of(path, name):
        if element.kind != "external" or element.name.rpartition(".")[2] != own:
            continue
        owner = context.tree.class_id(path, name)
        fact = context.tree.class_fact(path, name)
        if context.is_external(element.name):
            continue
        if fact is not None and not context.is_declared(path, owner):
            context.problem(
                "unresolved-base",
                Place(path, fact.line, fact.column),
                f"class {name}: its base {element.name} is called like the interface, and is outside the tree",
                element.name,
                f"{own} of {base.path}",
                "if it is the interface, map its module under 'packages' in the config; else name it under 'external'",
                driver=owner,
            )


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
            tip="move the class to module level; declare it under 'dynamic' in the config only if it is not a driver",
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
            target = _named(context, name, column.path)
            place = context.interface.place("dispatch", column.id, str(index))
            if target is None:
                context.problem("config", place, f"there is no class {name!r}", name, "module:Class")
            else:
                _check_derives(context, target, base, place)
                yield target


def _listed(context: Context, base: Element, candidates: list[Column]) -> Iterator[Column]:
    known = {column.id: column for column in candidates}
    seen: set[Column] = set()
    for index, name in enumerate(context.interface.columns.ids):
        place = context.interface.place("columns", str(index))
        column = known.get(name) or _named(context, name, base.path)
        if column is None:
            tip = did_you_mean(name, known)
            context.problem("config", place, f"there is no class {name!r}", name, "module:Class", tip)
        elif column in seen:
            context.problem("duplicate", place, f"driver {column.id} is listed twice", name, "each driver once")
        else:
            seen.add(column)
            _check_derives(context, column, base, place)
            yield column


def _named(context: Context, name: str, importer: str) -> Column | None:
    """The class of an id, ``module:Class`` or ``path.py:Class``, that a file names."""
    module, _, qualified = name.partition(":")
    if module.endswith(".py"):
        fact = context.tree.class_fact(module, qualified)
        return Column(context.tree.class_id(module, qualified), module, qualified) if fact is not None else None
    found = context.tree.find_class(module, qualified, importer)
    return Column(context.tree.class_id(*found), *found) if found is not None else None


def _registered(context: Context, base: Element) -> Iterator[Column]:
    target = Target.parse(context.interface.columns.registry or "")
    file = context.tree.file(target.path)
    tables = file.tables.get(target.name, []) if file is not None else []
    if not tables:
        context.problem(
            "config",
            context.interface.place("columns", "registry"),
            f"no registry {target.name!r} in {target.path!r}",
            context.interface.columns.registry,
            "path:NAME of a dict or list literal that names the driver classes",
        )
    _prefetch(context, target, tables)
    pairs = _pairs(context, target, tables)
    for table in tables:
        context.troubles(target.path, f"{target.path}:{target.name}", table.troubles)
    for pair in pairs:
        yield from _in_registry(context, target.path, pair, base)


def _pairs(context: Context, target: Target, tables: list[TableFact]) -> list[Pair]:
    """The lines of a registry; of two with one key Python keeps the last."""
    found: dict[object, Pair] = {}
    for table in tables:
        keys: set[Written | None] = set()
        for pair in table.pairs:
            key = (pair.key, table.when) if pair.key else (pair.line, pair.column)
            if pair.key is not None and pair.key in keys:
                place = Place(target.path, pair.line, pair.column)
                message = f"the registry has {pair.key.text} twice; Python keeps this one"
                context.problem("duplicate", place, message, f"another at line {found[key].line}", "each key once")
            keys.add(pair.key)
            found[key] = pair
    return list(found.values())


def _prefetch(context: Context, target: Target, tables: list[TableFact]) -> None:
    names = (_registered_name(pair.values) for table in tables for pair in table.pairs)
    modules = {name.partition(":")[0] for name in names if name is not None}
    paths = (context.tree.modules.locate(module, target.path) for module in sorted(modules))
    context.tree.loader.prefetch([path for path in paths if path is not None])


def _in_registry(context: Context, path: str, pair: Pair, base: Element) -> Iterator[Column]:
    place = Place(path, pair.line, pair.column)
    name = _listed_name(pair.values)
    if matches(name, context.interface.not_drivers):
        return
    column = _registered_column(context, path, pair.values)
    if column is None:
        context.problem(
            "config",
            place,
            f"the registry names a class that cannot be found: {pair.key.text if pair.key else name}",
            name,
            "a class of the tree",
            f"fix the registry, or list {name!r} under 'not-drivers' with a reason",
            driver=_registered_name(pair.values),
        )
    elif not matches(column.id, context.interface.not_drivers):
        _check_derives(context, column, base, place)
        yield column


def _registered_name(values: tuple[Written, ...]) -> str | None:
    """``module:Class`` of a registry's value: a pair of strings, or one string with a colon or dots."""
    if not values or any(each.kind != "string" for each in values[:2]):
        return None
    if len(values) >= 2:
        return f"{values[0].text}:{values[1].text}"
    module, colon, name = values[0].text.partition(":")
    if not colon:
        module, _, name = values[0].text.rpartition(".")
    return f"{module}:{name}"


def _listed_name(values: tuple[Written, ...]) -> str:
    """The name by which ``not-drivers`` can list a value: ``module:Class``, else the expression as written."""
    return _registered_name(values) or ", ".join(each.text for each in values)


def _registered_column(context: Context, path: str, values: tuple[Written, ...]) -> Column | None:
    name = _registered_name(values)
    if name is not None:
        return _named(context, name, path)
    for value in values:
        ref = context.tree.resolve(path, value.text) if value.kind == "name" else None
        if ref is not None and ref.kind == "class":
            return Column(context.tree.class_id(ref.path, ref.name), ref.path, ref.name)
    return None


def _check_derives(context: Context, column: Column, base: Element, place: Place) -> None:
    order = context.orders.of(column.path, column.name)
    if base in order or any(element.kind == "unresolved" for element in order) or _is_protocol(context, base):
        return
    if is_registered(context, column.path, column.name, base):
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
    return fact is not None and any(each.text.rpartition(".")[2] == "Protocol" for each in fact.bases)


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
    return [_listed_name(pair.values) for table in tables for pair in table.pairs]


def in_order(context: Context, columns: list[Column]) -> list[Column]:
    """Columns with those that ``order`` names first, in its order."""
    order = context.interface.order
    titles = [context.interface.title_of(each.id) for each in columns] if order else []
    # By number, for a column holds its facts, and a hash of those costs more than all else here.
    ranked = [len(order)] * len(columns)
    for rank, pattern in enumerate(order):
        fits = matcher(pattern)
        hits = [number for number, each in enumerate(columns) if titles[number] == pattern or fits(each.id)]
        if not hits:
            context.missing("order", f"no driver matches {pattern!r}", pattern, [c.id for c in columns], str(rank))
        for number in hits:
            ranked[number] = min(ranked[number], rank)
    return [columns[number] for number in sorted(range(len(columns)), key=ranked.__getitem__)]
