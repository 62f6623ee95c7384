"""Tables of C that are members of other structs, as if each were declared by itself: ``x.ops``, ``all[2].dev.ops``.

The reader gives the initializer of the outer struct and each list inside of it as facts of their own. Which field of
the outer struct a list fills is known here: by its name, or by the place of a value without one.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from ..facts import ClassFact, Member, TableFact, Trouble
from ..names.headers import is_alike
from ..names.mro import Element
from ..patterns import regex
from ..records import NamedTuple
from .context import Context, doubtful
from .filling import filled
from .positions import Positions

#: Structs in structs, deeper than anybody writes them.
_DEEPEST = 8
#: An element that is named by its index alone.
_DESIGNATED = regex(r"\[([^\[\]]*)\]")
_ELEMENT = regex(r"\[([^\]]*)\](?:\.(.*))?")
_TIP = "write the list of slots there"
_SHALLOW = "declare the table by itself"


class Struct(NamedTuple):
    """A struct that holds a table, and the header or file that defines it."""

    path: str
    fact: ClassFact


class Way(NamedTuple):
    """A field that leads to a table: the struct that it holds, None for a table itself, and whether it is an array."""

    field: str
    struct: Struct | None
    is_array: bool


class Held:
    """The tables of one interface that other structs hold.

    Args:
        context: the interface being resolved.
        base: its struct.
        paths: of the files with drivers.
    """

    def __init__(self, context: Context, base: Element, paths: list[str]) -> None:
        self._context, self._base, self._paths = context, base, paths
        self._doubts: dict[Struct, tuple[str, ...]] = {}
        self._positions: dict[Struct, Positions] = {}
        self._by_name: dict[tuple[str, str], Struct | None] = {}
        self._known_ways: dict[tuple[str, str], list[Way]] = {}
        self._by_place: dict[str, dict[tuple[int, int], TableFact]] = {}

    def tables(self) -> Iterator[tuple[str, TableFact]]:
        """The tables, with the paths of their files."""
        filled = [*self._context.tree.tables_in(self._paths)]
        names = Counter((path, fact.name) for path, fact in filled if fact.form == "assigned")
        for path, fact in filled:
            if fact.form == "assigned" and names[path, fact.name] > 1:
                fact = fact._replace(name=f"{fact.name}.{fact.callee}")
            struct = self._struct(path, fact.callee or "") if fact.form != "part" else None
            if struct is not None and struct in self._doubts:
                fact = doubtful(fact, self._doubts[struct])
            if struct is not None:
                for each in self._inside(path, fact, struct, 0):
                    told = tuple(one._replace(member=one.member and one.member.lstrip("&")) for one in each.troubles)
                    yield path, each._replace(troubles=told)

    # -- structs

    def _struct(self, path: str, name: str) -> Struct | None:
        """The struct that holds a table, by a name that a file calls it by."""
        key = (path, name)
        if key not in self._by_name:
            self._by_name[key] = self._found(path, name)
        return self._by_name[key]

    def _found(self, path: str, name: str) -> Struct | None:
        tree = self._context.tree
        own = tree.file(path)
        for _ in range(_DEEPEST):
            found = [Struct(path, fact) for fact in own.facts.holders if fact.name == name] if own is not None else []
            found += [each for each in self._shared[0].get(name, ()) if each.path != path]
            if found:
                return found[0] if found[0].path == path else self._nearest(path, found)
            target = own.aliases[name][0] if own is not None and name in own.aliases else self._shared[1].get(name, "")
            name = target.removeprefix("struct ").removesuffix(" *")
        return None

    @cached_property
    def _shared(self) -> tuple[dict[str, list[Struct]], dict[str, str]]:
        """The structs of headers that hold tables, by name, and what the typedefs of those headers stand for."""
        tree = self._context.tree
        structs: dict[str, list[Struct]] = {}
        aliases: dict[str, str] = {}
        for file in filter(None, map(tree.file, tree.loader.holding)):
            for fact in file.facts.holders:
                structs.setdefault(fact.name, []).append(Struct(file.path, fact))
            for name, (target, *_) in file.aliases.items():
                aliases.setdefault(name, target)
        return structs, aliases

    def _nearest(self, path: str, found: list[Struct]) -> Struct:
        """Of several structs of one name the one that a file is likely to include."""
        chosen = self._context.tree.headers.includes.choose(path, [each.path for each in found])
        struct = next(each for each in found if each.path == chosen.path)
        if not chosen.is_sure and not all(is_alike(each.fact, struct.fact) for each in found):
            self._doubts[struct] = tuple(each.path for each in found)
        return struct

    def _ways(self, struct: Struct) -> list[Way]:
        key = (struct.path, struct.fact.name)
        if key not in self._known_ways:
            self._known_ways[key] = list(self._found_ways(struct))
        return self._known_ways[key]

    def _found_ways(self, struct: Struct) -> Iterator[Way]:
        headers = self._context.tree.headers
        for member in struct.fact.members:
            body = member.body
            if body.target is None or not (body.may_hold or body.kind == "array"):
                continue
            if headers.struct(struct.path, body.target) == (self._base.path, self._base.name):
                yield Way(member.name, None, body.kind == "array")
            elif (inner := self._struct(struct.path, body.target)) is not None and inner != struct:
                yield Way(member.name, inner, body.kind == "array")

    # -- tables

    def _inside(self, path: str, fact: TableFact, struct: Struct, depth: int) -> Iterator[TableFact]:
        """The tables in what one struct is filled with."""
        if depth > _DEEPEST:
            trouble = Trouble(
                fact.line, fact.column, f"a table is more than {_DEEPEST} structs deep here", tip=_SHALLOW
            )
            yield from (self._made(fact, way.field, [], [trouble]) for way in self._ways(struct))
            return
        members, troubles = self._filled(path, fact, struct)
        is_lost = False
        for way in self._ways(struct):
            found = list(self._of_way(path, fact, way, members))
            is_lost = is_lost or not found
            for each in found:
                if way.struct is None:
                    yield each
                else:
                    yield from self._inside(path, each, way.struct, depth + 1)
        if is_lost and (troubles or any(each.member is None for each in fact.troubles)):
            yield self._made(fact, self._ways(struct)[0].field, [], troubles)

    def _filled(self, path: str, fact: TableFact, struct: Struct) -> tuple[list[Member], list[Trouble]]:
        """The slots by their names, those of structs without a type of their own with the name of that in front."""
        if struct not in self._positions:
            base = Element("class", struct.path, struct.fact.name)
            self._positions[struct] = Positions(self._context, base, frozenset(), struct.fact)
        members, troubles = filled(self._positions[struct], path, fact)
        found: list[Member] = []
        waiting = list(reversed(members))
        while waiting:
            member = waiting.pop()
            found.append(member)
            part = self._parts(path).get((member.line, member.column))
            leads_on = any(way.field.startswith(f"{member.name}.") for way in self._ways(struct))
            if part is not None and leads_on and part.positional:
                first = part.members[0]
                troubles.append(Trouble(first.line, first.column, f"values without names inside {member.name!r}"))
            elif part is not None and leads_on:
                waiting += [each._replace(name=f"{member.name}.{each.name}") for each in reversed(part.members)]
        return found, troubles

    def _of_way(self, path: str, fact: TableFact, way: Way, members: list[Member]) -> Iterator[TableFact]:
        """What fills a field that leads to a table, or for an array each of its elements."""
        dotted: dict[str, list[Member]] = {}
        whole: dict[str, Member] = {}
        leads = re.compile(r"(?:\[[^\]]*\])*\.".join(map(re.escape, way.field.split("."))))
        for member in members:
            match = leads.match(member.name)
            field, rest = (match[0], member.name[match.end() :]) if match is not None else ("", "?")
            element = _ELEMENT.fullmatch(rest) if way.is_array else None
            if element is not None and element[2]:
                dotted.setdefault(f"{field}[{element[1]}]", []).append(member._replace(name=element[2]))
            elif element is not None:
                whole[f"{field}{rest}"] = member
            elif rest.startswith("."):
                # ``s->base->open``: an array is a pointer to its first element.
                first = f"{field}[0]" if way.is_array else field
                dotted.setdefault(first, []).append(member._replace(name=rest[1:]))
            elif not rest and way.is_array and (part := self._parts(path).get((member.line, member.column))):
                whole |= {f"{field}[{index}]": each for index, each in _elements(part)}
            elif not rest:
                whole[field] = member
        for each in dict.fromkeys((*whole, *dotted)):
            yield from self._of_one(path, fact, each, whole.get(each), dotted.get(each, []))

    def _of_one(
        self, path: str, fact: TableFact, field: str, whole: Member | None, dotted: list[Member]
    ) -> Iterator[TableFact]:
        """What a list, and slots behind it that name what is in it, fill of one field."""
        part = self._parts(path).get((whole.line, whole.column)) if whole is not None else None
        if part is not None:
            inside = {(each.line, each.column) for each in part.members}
            dotted = [each for each in dotted if (each.line, each.column) not in inside]
            made = self._made(fact, field, list(part.members) + dotted, list(part.troubles))
            yield part._replace(name=made.name, form="call", members=made.members, troubles=made.troubles)
        elif whole is not None and whole.body.kind != "none":
            message = f"what {fact.name} has in {field!r} is not a list of slots"
            trouble = Trouble(whole.line, whole.column, message, tip=_TIP)
            yield self._made(fact, field, dotted, [trouble])
        elif dotted:
            yield self._made(fact, field, dotted, [])

    def _made(self, fact: TableFact, field: str, members: list[Member], troubles: list[Trouble]) -> TableFact:
        """A table of some members, with what is wrong with the whole."""
        place = members[0] if members and fact.form != "assigned" else fact
        told = [*troubles, *_inside(fact.troubles, field)]
        return fact._replace(
            name=f"{fact.name}.{field}",
            callee=self._base.name,
            line=place.line,
            column=place.column,
            marks=(),
            insert=-1,
            members=tuple(members),
            positional=0,
            troubles=tuple(dict.fromkeys(told)),
        )

    def _parts(self, path: str) -> dict[tuple[int, int], TableFact]:
        """The lists inside of others in a file, by their places."""
        if path not in self._by_place:
            tables = self._context.tree.tables_in([path])
            self._by_place[path] = {(fact.line, fact.column): fact for _, fact in tables if fact.form == "part"}
        return self._by_place[path]


def _elements(part: TableFact) -> Iterator[tuple[str, Member]]:
    """What the list of an array is filled with, by index; values inside of elements without a name left out."""
    for at, member in enumerate(part.members):
        designated = _DESIGNATED.fullmatch(member.name)
        if designated is None:
            found = member.name if member.name.isdigit() else None
        elif at >= part.positional and not member.after:
            found = designated[1]
        else:
            index, after = designated[1], member.after
            behind = str(int(index) + after) if index.isdigit() else f"{index} + {after}"
            found = behind if member.body.kind == "list" else None
        if found is not None:
            yield found, member


def _inside(troubles: tuple[Trouble, ...], field: str) -> Iterator[Trouble]:
    """What is wrong with the struct around a field, as far as that concerns the field."""
    for each in troubles:
        member = (each.member or "").removeprefix("&")
        is_address = member != each.member and each.member is not None
        if is_address and f"{field}.".startswith(f"{member}."):
            # Who is given the address of the table sets its slots, or does not: that is known elsewhere.
            continue
        if each.member is None or member == field:
            yield each._replace(member=None)
        elif member.startswith(f"{field}."):
            yield each._replace(member=("&" if is_address else "") + member[len(field) + 1 :])
