"""The fields of a struct in the order in which values without names fill them."""

from functools import cached_property

from ..facts import Body, ClassFact, FieldFact
from ..names.mro import Element
from ..patterns import regex
from .context import Context

_INSIDE = regex(r"[.\[]")
#: Macros of POSIX that initialize a whole struct: system headers, which are not read, define them with braces.
_WHOLE = regex(r"PTHREAD_\w+_INITIALIZER(?:_NP)?$")

#: What is wrong with a value without braces, by what its field takes.
_SEVERAL = {
    "many": "the field {!r} takes several values, which no braces hold together",
    "some": "the type of the field {!r} cannot be found, so it is unknown how many values it takes",
}


def in_braces(body: Body) -> bool:
    """Whether a value fills a struct or an array as a whole."""
    return body.kind == "list" or body.source == "{}" or _WHOLE.match(body.source or body.target or "") is not None


class Positions:
    """Fills the fields of one struct.

    Args:
        entries: the names of its entries.
        struct: its fact, where the tree does not have it by name.
    """

    def __init__(
        self, context: Context, base: Element, entries: frozenset[str], struct: ClassFact | None = None
    ) -> None:
        self.context, self.entries, self._struct = context, entries, struct
        self._base = base
        self.macros = context.tree.headers.macros

    @cached_property
    def layout(self) -> tuple[FieldFact, ...]:
        """The fields in the order in which values without names fill them."""
        return tuple(each for each in self._fields if "." not in each.name)

    @cached_property
    def _fields(self) -> tuple[FieldFact, ...]:
        fact = self._struct or self.context.tree.class_fact(self._base.path, self._base.name)
        return fact.layout if fact is not None else ()

    def inner(self, name: str) -> tuple[tuple[FieldFact, ...], str]:
        """The same of the struct that a field holds, and the file that defines that; nothing where it is not known."""
        own = [each._replace(name=each.name.removeprefix(f"{name}.")) for each in self._fields]
        found = tuple(one for one, each in zip(own, self._fields, strict=True) if one != each and "." not in one.name)
        if found:
            return found, self._base.path
        tree = self.context.tree
        fields = tree.members(self._base.path, self._base.name).get(name) if self._struct is None else None
        held = tree.headers.struct(self._base.path, fields[-1].body.target or "") if fields else None
        fact = tree.class_fact(*held) if held is not None else None
        return (tuple(each for each in fact.layout if "." not in each.name), held[0]) if fact and held else ((), "")

    @cached_property
    def places(self) -> dict[str, int]:
        """Field -> its place in the layout; of two of one name the first."""
        return {field.name: index for index, field in reversed(list(enumerate(self.layout)))}

    def behind(self, name: str, body: Body | None = None) -> int | None:
        """The place behind a field; None behind a part of one, and so behind a first value without braces."""
        place = self.places.get(name)
        if place is None or (body is not None and self._takes(place) in _SEVERAL and not self._is_whole(place, body)):
            return None
        return place + 1

    def loose(self, name: str, body: Body) -> list[str]:
        """The entries inside of a field, where a value without braces fills the first and others may follow."""
        place = self.places.get(name) if self.holds(name) else None
        if place is None or self._takes(place) == "one" or self._is_whole(place, body):
            return []
        return sorted(each for each in self.entries if each.startswith((f"{name}.", f"{name}[")))

    def _takes(self, at: int) -> str:
        """What the field at a place takes, as ``FieldFact`` has it, where a typedef tells that followed."""
        field = self.layout[at]
        return self.context.tree.headers.takes(self._base.path, field.type) if field.type else field.takes

    def _is_whole(self, at: int, body: Body) -> bool:
        """Whether a value fills a field that takes several: a list, or a string for an array of characters."""
        name = self.layout[at].name
        return in_braces(body) or (body.kind == "string" and name != "" and not self.holds(name))

    @cached_property
    def _outer(self) -> frozenset[str]:
        """The fields with entries inside."""
        return frozenset(each[: match.start()] for each in self.entries for match in _INSIDE.finditer(each))

    def holds(self, name: str) -> bool:
        """Whether there are entries inside of a field."""
        return name in self._outer

    def holds_by_name(self, name: str) -> bool:
        """Whether a field is a struct with entries, and no array."""
        return name in self._outer and any(each.startswith(f"{name}.") for each in self.entries)

    def misfit(self, at: int, body: Body, is_full: bool) -> tuple[str | None, str | None]:
        """The field at a place, and why a value may be for another one.

        Args:
            at: the place.
            body: the value.
            is_full: whether the list has as many values as the struct has fields.
        """
        if at >= len(self.layout):
            return None, f"there are more values than {self.context.interface.title or 'the struct'} has fields"
        name, takes = self.layout[at].name, self._takes(at)
        if takes == "maybe":
            return None, f"the field {name!r} is conditional, so it is unknown which field this value fills"
        # Where each field has a value, and this one is a name, it is hardly the first of several.
        is_one = takes == "some" and (at == len(self.layout) - 1 or (is_full and body.kind == "name"))
        if takes in _SEVERAL and not is_one:
            if not self._is_whole(at, body):
                return None, _SEVERAL[takes].format(name)
            if body.kind == "list" and not name:
                return name, f"values without names inside {name!r}"
        return name, None
