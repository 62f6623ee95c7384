"""Goes through the list of one table: which field each value fills, and what it holds once macros are known.

A value without a name fills the field behind the one before it. Macros may stand for several values, and conditions may
leave some out; from where that cannot be followed, no value without a name is given to a field, and what is wrong is
told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from ..facts import Body, Member, TableFact, Trouble
from ..names.macros import Meaning
from ..patterns import regex
from ..readers.c.expand import Slot as Expanded
from ..records import NamedTuple
from .branches import Branches
from .positions import Positions
from .within import Within, may_expand, text_of

_NAME_SLOTS = "name the slots: .FIELD = value"
_NAME_HEADER = "name the header that defines it under 'headers' in the config, or name the slots: .FIELD = value"
_NAME_IT = (
    "name the header that declares or defines it under 'headers' in the config, or name the slots: .FIELD = value"
)
_BEHIND_PART = "a value without a name follows part of a field, so it is unknown which one it fills"
_LISTS = ("list", "none")
_RANGE = regex(r"(.*)\.\.\.(.*)")
#: A range of an array that is longer is not gone through.
_LONGEST = 1 << 12


class Filled(NamedTuple):
    """What a list fills: its slots under the names of their fields, and what is wrong with it."""

    members: list[Member]
    troubles: list[Trouble]


class _Filling:
    """Goes through one table.

    Args:
        positions: of its struct.
        path: of its file.
        fact: the table.
    """

    def __init__(self, positions: Positions, path: str, fact: TableFact) -> None:
        self._of, self._path, self._fact = positions, path, fact
        self._macros = positions.macros
        self._branches = Branches()
        self._members: list[Member] = []
        self._troubles: list[Trouble] = []
        self._anchor: Member | None = None
        #: The slot with a name behind which it is not known what the others fill.
        self._lost: Member | None = None
        #: The struct inside of the struct whose list is gone through.
        self._within: Within | None = None
        self._index = 0
        #: Of the last slot with a name that a macro fills for several fields: its name, and the place behind those.
        self._filled_by_macro: tuple[str, int | None] = "", None

    def run(self) -> Filled:
        """The slots under the names of their fields."""
        fact = self._fact
        inner = {each.name: each for each in fact.members if each.name.endswith("[0]")}
        for index, member in enumerate(fact.members):
            if index < fact.positional or member.after:
                self._index = index
                self._without_name(member)
            elif member.name in self._of.places and member.body.kind == "name" and self._is_plain(member):
                self._anchor = member
                self._filled_by_macro = "", None
                self._members.append(member)
            else:
                self._index = index
                self._named(member, inner)
        return Filled(self._members, self._troubles)

    def _without_name(self, member: Member) -> None:
        """A value without a name, also one in the list of such a value."""
        if member.name.startswith("["):
            if self._within is not None:
                self._fill_within(member)
            return
        slots = self._named_by_macro(member.body)
        self._unnamed(member, slots)
        if not slots and self._branches.at is None and self._lost is not self._anchor:
            self._forget_behind(self._anchor, member)

    def _is_plain(self, member: Member) -> bool:
        """Whether a slot whose value is one name needs no macro looked up: most slots of most tables."""
        name, value = member.name, member.body.target or ""
        own, known = self._own, self._macros.known
        is_part = "." in name or "[" in name or self._of.holds(name)
        return not (name in own or value in own or value in known or value.isupper() or is_part)

    def _tell(self, member: Member, message: str, tip: str = _NAME_SLOTS, field: str | None = None) -> None:
        self._troubles.append(Trouble(member.line, member.column, message, field, tip))

    # -- slots with names

    def _named(self, member: Member, inner: dict[str, Member]) -> None:
        is_inner = self._anchor is not None and member.name.startswith(
            (f"{self._anchor.name}.", f"{self._anchor.name}[")
        )
        if not is_inner:
            self._anchor = member
            self._filled_by_macro = "", None
        outer, bracket, _ = member.name.partition("[")
        if bracket and outer in self._of.entries:
            return
        if bracket and self._of.holds_by_name(outer):
            if made := self._inside(member):
                self._members += made
            elif self._within is not None and self._within.outer == outer:
                self._fill_within(member)
            return
        name = self._renamed(member)
        if name is None:
            return
        body = member.body
        if body.kind in _LISTS and member.name in self._of.entries and f"{member.name}[0]" in inner:
            body = inner[f"{member.name}[0]"].body
        if body.kind == "gap":
            self._tell(member, f"what {name!r} is set to cannot be read", field=name)
            self._forget_behind(member, member)
            return
        written = member.name
        member = member._replace(name=name, body=body)
        if body.kind in _LISTS and self._of.holds(name):
            self._reset(member, name)
        is_counted = body.kind == "list" and body.target == "values" and self._of.holds(name)
        self._within = None
        if is_counted and not self._is_array(name) and not self._is_named_inside(written):
            self._begin_within(member, name)
        if not self._may_be_macro(body):
            for field in self._of.loose(name, body):
                self._tell(member, f"what fills {name!r} is not a list in braces", field=field)
            self._members += self._elements(member)
            return
        meaning = self._macros.meaning(self._path, body)
        if meaning.slots is None:
            self._tell(member, may_expand(body, meaning))
            self._members.append(member._replace(body=Body("condition", body.target, text_of(body))))
            return
        if meaning.slots[0].body.kind == "list" and self._of.holds(name):
            self._tell(member, f"the values of {name!r} are those of the macro {text_of(body)}")
        goes_on = len(meaning.slots) > 1 and not meaning.slots[1].name and self._of.behind(name) is None
        if goes_on:
            self._forget_behind(member, member)
        self._members += self._elements(member._replace(body=meaning.slots[0].body))
        if len(meaning.slots) > 1:
            self._branches = Branches()
            self._branches.go_to(member)
            self._branches.at = self._of.behind(name)
            if self._branches.at is None and not meaning.slots[1].name:
                self._tell(member, _BEHIND_PART)
            for each in meaning.slots[1:]:
                self._fill(_shared(member), each.name, each.body)
            self._filled_by_macro = written, self._branches.at

    def _begin_within(self, member: Member, name: str) -> None:
        """Enter the list of a struct inside of the struct; told where its fields are not known."""
        within = Within(self._of, name)
        own, *following = self._fact.members[self._index : self._index + 2]
        is_read = any(each.name.startswith(("[", f"{own.name}[")) for each in following)
        if within.is_known and is_read and not self._is_array(name):
            self._within = within
        else:
            self._tell(member, f"values without names inside {name!r}")

    def _fill_within(self, member: Member) -> None:
        """Give a value to the next field of the struct inside of the struct."""
        within = self._within
        if within is not None and member.name.count("[") == 1 and "." not in member.name:
            self._members += within.fill(member, self._meant, self._tell)

    def _meant(self, member: Member) -> Meaning | None:
        """What a value stands for; None, and told, where it is not known how many values that are."""
        body = member.body
        if not self._may_be_macro(body):
            return None if self._is_strange(member) else Meaning((Expanded("", body),))
        meaning = self._macros.meaning(self._path, body)
        if meaning.slots is None or not meaning.known:
            self._tell(member, may_expand(body, meaning), _NAME_SLOTS if meaning.known else _NAME_HEADER)
            return None
        return meaning

    def _is_strange(self, member: Member) -> bool:
        """Whether a name, which no file declares, may be a macro for several values; told."""
        name = member.body.target if member.body.kind == "name" else None
        if name not in self._fact.strangers or self._is_full or self._of.macros.is_declared(name):
            return False
        self._tell(member, f"{name} may be a macro for several values: no file that is read declares it", _NAME_IT)
        return True

    def _inside(self, member: Member) -> list[Member]:
        """What a macro among the slots of a struct in the struct names there; nothing where it does not."""
        meaning = self._macros.meaning(self._path, member.body) if self._may_be_macro(member.body) else None
        if meaning is None or meaning.slots is None or not all(each.name for each in meaning.slots):
            return []
        outer = member.name[: member.name.rindex("[")]
        return [_shared(member)._replace(name=f"{outer}.{each.name}", body=each.body) for each in meaning.slots]

    def _is_named_inside(self, name: str) -> bool:
        """Whether all that stands without a name in the list of a field is a macro for slots with names."""
        unnamed = [each for each in self._fact.members if re.fullmatch(rf"{re.escape(name)}\[\w*\]", each.name)]
        return bool(unnamed) and all(map(self._inside, unnamed))

    def _behind(self, name: str) -> int | None:
        """The place behind a slot with a name, and behind what its macro fills."""
        filled, at = self._filled_by_macro
        if filled == name or self._anchor is None:
            return at
        body = self._anchor.body
        meaning = self._macros.meaning(self._path, body) if self._may_be_macro(body) else None
        return self._of.behind(name, meaning.slots[0].body if meaning and meaning.slots else body)

    def _renamed(self, member: Member) -> str | None:
        """The field that a slot names; None, and told, where its name is a macro that does not tell."""
        name = member.name
        own = self._own
        if name in self._of.places and name not in own:
            return name
        is_field = name.partition(".")[0].partition("[")[0] in self._of.places
        if is_field and not any(part in own for part in re.split(r"\W", name)):
            return name
        renamed = self._macros.renamed(self._path, name)
        if renamed is None or (is_field and renamed != name):
            self._tell(member, f"{name!r} is a macro here: which field the slot fills is not known")
            return None
        return renamed

    @cached_property
    def _own(self) -> frozenset[str]:
        """The macros of the file itself."""
        file = self._of.context.tree.file(self._path)
        return frozenset(file.macros) if file is not None else frozenset()

    def _is_array(self, name: str) -> bool:
        return any(each.startswith(f"{name}[") for each in self._of.entries)

    def _elements(self, member: Member) -> Iterator[Member]:
        """A slot, or those of the elements of an array that it fills, by their numbers."""
        outer, bracket, rest = member.name.partition("[")
        if not bracket or not self._is_array(outer):
            yield member
            return
        index = rest.rstrip("]")
        first, last = match.groups() if (match := _RANGE.fullmatch(index)) else (index, index)
        numbers = self._macros.number(self._path, first), self._macros.number(self._path, last)
        if numbers[0] is None or numbers[1] is None or numbers[1] - numbers[0] > _LONGEST:
            message = f"which element of {outer!r} the index {index} names is not known"
            for each in sorted(self._of.entries):
                if each.startswith(f"{outer}["):
                    self._tell(member, message, "write the number, or name the header that defines it", each)
            return
        shared = member if numbers[0] == numbers[1] else _shared(member)
        yield from (shared._replace(name=f"{outer}[{at}]") for at in range(numbers[0], numbers[1] + 1))

    # -- values without names

    def _unnamed(self, member: Member, slots: tuple[Expanded, ...]) -> None:
        anchor = self._anchor
        self._within = None
        if member.after == 1:
            self._branches = Branches()
            self._branches.at = self._behind(member.name)
            if self._branches.at is None and not slots:
                self._tell(member, _BEHIND_PART)
        branches = self._branches
        is_elsewhere = anchor is not None and anchor.when is not None and anchor.when != member.when
        if branches.go_to(member) or (member.after and is_elsewhere and branches.at is not None and not slots):
            branches.at = None
            self._tell(member, "a value without a name follows a condition, so it is unknown which field it fills")
            if anchor is not None:
                # It may fill a field in front of the last name, and so take the place of what was set before.
                self._members.clear()
        if slots:
            for each in slots:
                self._fill(_shared(member) if len(slots) > 1 else member, each.name, each.body)
            return
        if branches.at is None:
            return
        if member.body.kind == "gap":
            branches.at = None
            return
        body = member.body
        if (body.source or "").endswith(",") and body.kind == "condition":
            body = body._replace(source=(body.source or "")[:-1])
            body = body if "(" in (body.source or "") else Body("name", body.target)
            if not self._macros.brings_comma(self._path, body.target or ""):
                message = f"no comma stands behind {text_of(body)}: a macro may expand to several slots"
                self._tell(member, message, _NAME_HEADER)
                branches.at = None
                return
        if not self._may_be_macro(body):
            if self._is_strange(member):
                branches.at = None
            else:
                self._fill(member, "", body)
            return
        meaning = self._macros.meaning(self._path, body)
        if meaning.slots is None or not (meaning.known or self._is_full):
            tip = _NAME_SLOTS if meaning.known else _NAME_HEADER
            self._tell(member, may_expand(body, meaning), tip)
            branches.at = None
            return
        several = len(meaning.slots) > 1
        if any(each.body.kind == "list" for each in meaning.slots) and any("." in name for name in self._of.entries):
            self._tell(member, f"the values of a field are those of the macro {text_of(body)}")
        for each in meaning.slots:
            self._fill(_shared(member) if several else member, each.name, each.body)

    def _forget_behind(self, anchor: Member | None, member: Member) -> None:
        """Drop the slots that what cannot be read behind a slot with a name may set again; told with the value."""
        self._lost = anchor
        # Of a struct that holds tables no cells are asked for here.
        if anchor is not None and self._of.entries:
            places, first = self._of.places, self._of.behind(anchor.name)
            last = -1 if first is None or anchor.when is not None else first
            kept = [each for each in self._members if places.get(each.name, last) < last]
            if len(kept) < len(self._members) and all(each.member is not None for each in self._troubles):
                self._tell(member, _BEHIND_PART)
            self._members = kept

    def _named_by_macro(self, body: Body) -> tuple[Expanded, ...]:
        """The slots that a macro names, of which the first goes where it says, whatever stands before it."""
        meaning = self._macros.meaning(self._path, body) if self._may_be_macro(body) else None
        return meaning.slots if meaning is not None and meaning.slots and meaning.slots[0].name else ()

    def _fill(self, member: Member, name: str, body: Body) -> None:
        """Give a value to the field that it names, or to the next one."""
        branches = self._branches
        if name:
            branches.at = self._of.behind(name)
            self._members.append(member._replace(name=name, body=body, after=0))
            return
        if branches.at is None:
            return
        field, misfit = self._of.misfit(branches.at, body, self._is_full)
        if misfit is not None:
            self._tell(member, misfit)
        if field is None:
            branches.at = None
            return
        branches.at += 1
        if body.kind in _LISTS and self._of.holds(field):
            self._reset(member, field)
        self._within = None
        if body.kind == "list" and self._of.holds(field):
            self._begin_within(member, field)
        if body.kind == "list" and field in self._of.entries:
            body = Body("condition", None, body.source)
        self._members.append(member._replace(name=field, body=body, after=0))

    def _reset(self, member: Member, name: str) -> None:
        """Where a struct is filled as a whole, what was set in it before counts no more."""
        inside = [each for each in self._members if each.name.startswith((f"{name}.", f"{name}["))]
        self._members = [each for each in self._members if each not in inside]
        for each in inside if member.when is not None else ():
            self._tell(member, f"whether {name!r} is filled as a whole depends on a condition", field=each.name)

    def _may_be_macro(self, body: Body) -> bool:
        name = body.target
        if name is None or (
            body.kind == "name" and not (name in self._own or name.isupper() or name in self._macros.known)
        ):
            return False
        context = self._of.context
        return not context.judge.is_marker(body.target) and self._macros.may_be(self._path, body)

    @cached_property
    def _is_full(self) -> bool:
        """Whether there is one value for each field, so that no macro among them can stand for several."""
        fact = self._fact
        members = [each for each in fact.members if not each.name.startswith("[")]
        is_all = len(fact.members) == fact.positional and len(members) == len(self._of.layout)
        return is_all and not any(each.when for each in members)


def filled(positions: Positions, path: str, fact: TableFact) -> Filled:
    """The slots of a table under the names of their fields.

    Args:
        positions: of its struct.
        path: of its file.
        fact: the table.
    """
    return _Filling(positions, path, fact).run()


def _shared(member: Member) -> Member:
    """A slot of several that stand at one place: what is beside them cannot be about one."""
    marks = tuple(mark._replace(carrier="shared") for mark in member.marks)
    return member._replace(marks=marks, insert=-1)
