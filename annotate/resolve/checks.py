"""What cannot be known of driver classes: external bases, decorators, metaclasses, entries twice or unknown."""

from __future__ import annotations

from collections.abc import Iterator

from ..config.target import Target
from ..facts import TableFact, Trouble
from ..model import EntryPoint, Place
from ..names.mro import Element
from ..names.standard import brings
from ..nearest import did_you_mean
from . import outside
from .columns import Column
from .context import Context


def check_class(context: Context, column: Column, side: frozenset[Element], entries: frozenset[str]) -> bool:
    """Report what cannot be known of a driver class and of the classes it derives from.

    Returns:
        Whether what is found in the classes is all there is: nothing undeclared may add entries at run time.
    """
    problems = context.orders.problems(column.path, column.name)
    broken = [each for each in problems if not context.is_declared(each.place.path, each.driver or "")]
    context.problems += broken
    known = not broken
    for element in context.orders.of(column.path, column.name):
        if element.kind == "external" and element not in side:
            _check_external(context, column, element, entries)
        elif element.kind == "class":
            key = (element, entries)
            if key not in context.checked:
                known_all = _check_side(context, element) if element in side else _check_body(context, element, entries)
                context.checked[key] = known_all
            known = context.checked[key] and known
    return known


def _check_side(context: Context, element: Element) -> bool:
    """Report what an interface does to its drivers that cannot be known; False when it may give them entries."""
    fact = context.tree.class_fact(element.path, element.name)
    if fact is None:
        return True
    owner = context.tree.class_id(element.path, element.name)
    seen = [each for each in fact.troubles if each.member is None and each.cause != "__new__"]
    found = outside.troubles(context, element, fact)
    known = context.troubles(element.path, owner, [*seen, *(each for each in found if each.member is None)])
    return _check_elsewhere(context, element, owner) and known


def _check_elsewhere(context: Context, element: Element, owner: str) -> bool:
    """Report what modules do to a class from outside whose names cannot be read."""
    found = [pair for pair in outside.elsewhere(context, element) if pair[1].member is None]
    declared = [context.trouble(path, owner, each) for path, each in found]
    return all(declared)


def _check_external(context: Context, column: Column, element: Element, entries: frozenset[str]) -> None:
    if context.is_external(element.name):
        return
    known = brings(element.name)
    hidden = None if known is None else sorted((known & entries) - _defined_before(context, column, element))
    if hidden == []:
        return
    what = f"and has {', '.join(hidden)}" if hidden else "and may bring entries of its own"
    fact = context.tree.class_fact(column.path, column.name)
    place = Place(column.path, fact.line, fact.column) if fact is not None else Place(column.path)
    context.problem(
        "unresolved-base",
        place,
        f"class {column.name}: its base {element.name} is outside the tree {what}",
        element.name,
        "a base of the tree, or one that the config declares",
        "name it under 'external' in the config, with the reason why it brings no entries",
        driver=column.id,
    )


def _defined_before(context: Context, column: Column, base: Element) -> set[str]:
    """The names that classes before a base define under no condition."""
    found: set[str] = set()
    for element in context.orders.of(column.path, column.name):
        if element == base:
            break
        if element.kind == "class":
            members = context.tree.members(element.path, element.name)
            found.update(name for name, group in members.items() if any(each.when is None for each in group))
    return found


def _check_body(context: Context, element: Element, entries: frozenset[str]) -> bool:
    """Report what cannot be known of one class; False when it may have entries that nobody sees."""
    fact = context.tree.class_fact(element.path, element.name)
    if fact is None:
        return True
    owner = context.tree.class_id(element.path, element.name)
    context.troubles(element.path, owner, (each for each in fact.troubles if each.member in entries))
    _check_twice(context, element, entries, owner)
    troubles = [trouble for trouble in fact.troubles if trouble.member is None]
    troubles += (each for each in outside.troubles(context, element, fact) if each.member is None)
    file = context.tree.file(element.path)
    statements = file.classes.get(element.name, []) if file is not None else []
    if len(statements) > 1:
        message = f"class {element.name} is defined {len(statements)} times; one of them is read"
        troubles.append(Trouble(statements[-1].line, statements[-1].column, message))
    known = context.troubles(element.path, owner, troubles)
    return _check_elsewhere(context, element, owner) and known


def _check_twice(context: Context, element: Element, entries: frozenset[str], owner: str) -> None:
    for name, group in context.tree.members(element.path, element.name).items():
        if len(group) < 2 or name not in entries:
            continue
        firm = [member for member in group if member.when is None]
        if len(firm) > 1:
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


def unknown_entry(context: Context, name: str, place: Place, owner: str, known: dict[str, EntryPoint]) -> None:
    """Report an entry that the interface does not have."""
    context.problem(
        "unknown-entry",
        place,
        f"interface {Target.parse(context.interface.at).name} has no entry {name!r}",
        name,
        "the name of an entry of the interface",
        did_you_mean(name, known) or "add it under 'additional', with a reason, or under 'extensions' in the config",
        owner,
        name,
    )


def table_troubles(table: TableFact) -> Iterator[Trouble]:
    """What cannot be read in a table that is no registry: its own troubles, and keys that are no literals."""
    yield from table.troubles
    for key, _, line, column in table.pairs:
        if key is None or key.kind != "string":
            message = f"the key {key.text} is not a string literal" if key else "a value without a key"
            yield Trouble(line, column, message)
