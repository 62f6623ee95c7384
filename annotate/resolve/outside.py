"""What others do to a class: its decorators, its metaclass, and the functions that it gives itself to.

A function of the tree that only looks at the class, or registers it and gives it back, changes nothing. One that sets
attributes makes those entries, or all where the names cannot be read, unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import OUTSIDE, ClassFact, Member, Trouble
from ..names.files import File
from ..names.mro import Element
from ..touched import OWN_NAME
from .context import Context

#: Decorators that leave the methods of a class as they are, unless the tree has one of that name that does not.
_DECORATORS = frozenset(
    {"dataclass", "total_ordering", "final", "runtime_checkable", "add_metaclass", "unique", "deprecated", "define"}
    | {"implementer", "implementer_only", "deconstructible", "attr.s", "attrs", "frozen", "mutable", "public"}
)
_PLAIN = frozenset({"property", "staticmethod", "classmethod", "abstractmethod", "abc.abstractmethod"})
_METACLASSES = frozenset({"ABCMeta", "type", "EnumMeta", "_ProtocolMeta"})
_META_METHODS = ("__new__", "__init__")
#: Methods of a metaclass that decide what a class is made of or hands out.
_META_HOOKS = frozenset({"__prepare__", "__call__", "__getattribute__", "__getattr__", "mro"})
_DEEPEST = 4
#: What decides, when it is set on a class from outside, where all of its entries come from.
WHOLE = frozenset({"__bases__", "__class__", "__getattribute__", "__getattr__", "__mro__"})


def troubles(context: Context, element: Element, fact: ClassFact) -> tuple[Trouble, ...]:
    """What is done to a class from outside that cannot be known by reading."""
    if element not in context.outside:
        context.outside[element] = tuple(_troubles(context, element, fact))
    return context.outside[element]


def _troubles(context: Context, element: Element, fact: ClassFact) -> Iterator[Trouble]:
    for decorator in fact.decorators:
        yield from _of_decorator(context, element, fact, decorator)
    for member in fact.members:
        if member.body.kind == "value" and member.body.target:
            yield from _of_attribute(context, element, member, member.body.target)
        for decorator in member.decorators:
            if decorator not in _PLAIN:
                yield from _of_attribute(context, element, member, decorator)
    if fact.metaclass is not None:
        yield from _of_metaclass(context, element, fact, fact.metaclass.text)
    for each in fact.handed:
        for name in _set_by(context, element.path, each.callee):
            what = f"{name!r}" if name else "attributes"
            message = f"{each.callee}() sets {what} of the class or its instances at run time"
            yield Trouble(each.line, each.column, message, name, cause=each.callee)


def _of_decorator(context: Context, element: Element, fact: ClassFact, name: str) -> Iterator[Trouble]:
    if _is_since(context, name) or _registers(context, element.path, name):
        return
    found = _function(context, element.path, name)
    cause = f"@{name}"
    if found is None or found[1] not in found[0].facts.passing:
        if not _DECORATORS.isdisjoint({name, name.rpartition(".")[2]}):
            return
        message = f"the class decorator {name} may add or replace entries"
        yield Trouble(fact.line, fact.column, message, cause=cause)
        return
    file, function = found
    for attribute in _set(context, file, function):
        what = f"{attribute!r}" if attribute else "attributes"
        message = f"the class decorator {name} sets {what} of the class"
        yield Trouble(fact.line, fact.column, message, attribute, None, cause)


def _registers(context: Context, path: str, name: str) -> bool:
    """Whether a decorator is ``Base.register`` of an abstract class, which gives back the class."""
    owner, _, method = name.rpartition(".")
    ref = context.tree.resolve(path, owner) if owner and method == "register" else None
    if ref is None or ref.kind != "class":
        return False
    order = context.orders.of(ref.path, ref.name)
    return not any(method in context.tree.members(each.path, each.name) for each in order if each.kind == "class")


def _of_metaclass(context: Context, element: Element, fact: ClassFact, name: str) -> Iterator[Trouble]:
    """A metaclass outside the tree may do anything; one of the tree does what its methods do."""
    cause = f"metaclass={name}"
    ref = context.tree.resolve(element.path, name, element.name.rpartition(".")[0])
    if ref.kind != "class":
        if name.rpartition(".")[2] not in _METACLASSES:
            message = f"the metaclass {name} may add or replace entries"
            yield Trouble(fact.line, fact.column, message, cause=cause)
        return
    for each in context.orders.of(ref.path, ref.name):
        if each.kind != "class":
            if each.name.rpartition(".")[2] not in _METACLASSES:
                message = f"the metaclass {name} derives from {each.name} and may add or replace entries"
                yield Trouble(fact.line, fact.column, message, cause=cause)
            continue
        file = context.tree.file(each.path)
        changed = [
            attribute
            for method in _META_METHODS
            if file is not None
            for attribute in _set(context, file, f"{each.name}.{method}")
        ]
        changed += [None] * bool(_META_HOOKS & context.tree.members(each.path, each.name).keys())
        for attribute in dict.fromkeys(changed):
            what = f"sets {attribute!r}" if attribute else "may add or replace entries"
            yield Trouble(fact.line, fact.column, f"the metaclass {name} {what}", attribute, None, cause)


def _of_attribute(context: Context, element: Element, member: Member, made: str) -> Iterator[Trouble]:
    """An object in the body of a class is told of the class and of its name there, and may change the class."""
    ref = context.tree.resolve(element.path, made, element.name)
    found = _method(context, ref.path, ref.name, "__set_name__") if ref.kind == "class" else None
    for attribute in _set(context, *found) if found is not None else ():
        name = member.name if attribute == OWN_NAME else attribute
        what = f"{name!r}" if name else "attributes"
        message = f"{made} sets {what} of the class by __set_name__()"
        yield Trouble(member.line, member.column, message, name, None, "__set_name__")


def _is_since(context: Context, name: str) -> bool:
    return any(each in (name, name.rpartition(".")[2]) for each in context.interface.decorators)


def _function(context: Context, path: str, name: str) -> tuple[File, str] | None:
    """The file and the name of the function or method that runs where a dotted name is called as a decorator."""
    ref = context.tree.resolve(path, name)
    name = ref.name
    file = context.tree.file(ref.path) if ref.kind in ("function", "class", "made") else None
    if ref.kind == "made" and file is not None:
        ref = context.tree.resolve(ref.path, file.made[ref.name])
        file = context.tree.file(ref.path) if ref.kind == "class" else None
    if ref.kind == "class":
        # To call an object, or a decorator that is a class and was given arguments, is to call this method.
        name = f"{ref.name}.__call__"
    if file is None or name in file.facts.passing:
        return (file, name) if file is not None else None
    owner, _, method = name.rpartition(".")
    return _method(context, ref.path, owner, method) if owner else (file, method)


def _method(context: Context, path: str, owner: str, method: str) -> tuple[File, str] | None:
    """The file and the name of the method of a class, which may stand in one of its bases."""
    for each in context.orders.of(path, owner):
        if each.kind != "class":
            return None
        if method in context.tree.members(each.path, each.name):
            file = context.tree.file(each.path)
            return (file, f"{each.name}.{method}") if file is not None else None
    return None


def _set_by(context: Context, path: str, callee: str, depth: int = 0) -> Iterator[str | None]:
    found = None if context.tree.resolve(path, callee).kind == "class" else _function(context, path, callee)
    yield from _set(context, *found, depth) if found is not None else ()


def _set(context: Context, file: File, function: str, depth: int = 0) -> Iterator[str | None]:
    """The attributes that a function sets on what it is given, itself or through others; None for any."""
    found: dict[str | None, None] = {}
    for change in file.changes.get(function, []):
        if change.via is None:
            found[change.name] = None
        elif depth < _DEEPEST:
            found.update(dict.fromkeys(_set_by(context, file.path, change.via, depth + 1)))
    yield from found


def elsewhere(context: Context, element: Element, below: bool | None = None) -> Iterator[tuple[str, Trouble]]:
    """What modules do to a class from outside, with the file that does it.

    Args:
        below: only what reaches the classes below it too, whatever they define; or only what does not.
    """
    for path, each in context.orders.outers.of(element.path, element.name):
        if below is not None and below != (each.how == "below" or each.name in WHOLE):
            continue
        if each.how in ("set", "below"):
            what = f"{each.name!r} is" if each.name else "attributes are"
            message = f"{what} changed from outside the class {element.name}"
            yield path, Trouble(each.line, each.column, message, each.name or None, cause=OUTSIDE)
        else:
            for name in _set_by(context, path, each.name):
                what = f"{name!r}" if name else "attributes"
                message = f"{each.name}() sets {what} of the class {element.name}"
                yield path, Trouble(each.line, each.column, message, name, cause=each.name)
