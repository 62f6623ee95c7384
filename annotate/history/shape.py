"""Facts without places: two versions of a file of the same shape hold the same classes, tables and entries.

Most commits change bodies and move lines. What stands in a release depends on neither, and not on annotations, so it
need not be found out again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import chain
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from ..facts import FileFacts, Member
from ..model import NOTHING
from ..records import NamedTuple

#: Fields that say where something stands, or that only annotations and pages need.
_DROPPED = frozenset({"line", "column", "insert", "gap", "marks", "ignores", "params", "doc"})
#: Fields that hold places among other things, and what is left of each.
_REDUCED = {
    "branch": "None if {0} is None else (groups.setdefault({0}[0], len(groups)), *{0}[1:])",
    "assigned": "[each[0] for each in {0}]",
}


class Shape(NamedTuple):
    """Digests of what is left of facts without path, places and annotations.

    Attributes:
        rest: of everything but ``parts``.
        parts: name of a type of C that an interface is -> of the tables and structs of that type.
    """

    rest: bytes
    parts: Mapping[str, bytes] = NOTHING

    def is_same(self, other: Shape, apart: frozenset[str]) -> bool:
        """Whether both say the same, the parts of some types left out."""
        if self.rest != other.rest:
            return False
        if self.parts == other.parts:
            return True
        return all(self.parts.get(each) == other.parts.get(each) for each in {*self.parts, *other.parts} - apart)


def shape(facts: FileFacts, types: frozenset[str]) -> Shape:
    """The shape of a file.

    Args:
        facts: of the file.
        types: names of the types of C that interfaces are, whose tables and structs only matter to one of them.
    """
    tags = {target.removeprefix("struct "): name for name, target in facts.aliases if name in types}
    structs = {tags.get(each.name, each.name): each for each in facts.classes}
    own = {name: {each.body.target for each in structs[name].members} for name in types & structs.keys()}
    if any(not names.isdisjoint(types) or not names.isdisjoint(tags) for names in own.values()):
        return Shape(_digest(facts))  # one interface is a part of another
    mentions = Counter(chain.from_iterable(own.values()))
    rest = [each for each in facts.classes if tags.get(each.name, each.name) not in types]
    mentions.update(each.body.target for struct in rest for each in struct.members)
    parts = {
        name: FileFacts(
            "",
            aliases=tuple(each for each in facts.aliases if each[0] in own.get(name, ()) and mentions[each[0]] == 1),
            classes=(structs[name],) if name in own else (),
            tables=tuple(each for each in facts.tables if each.callee == name),
        )
        for name in {*own, *(each.callee for each in facts.tables if each.callee in types)}
    }
    taken = {each for part in parts.values() for each in part.aliases}
    left = facts._replace(
        aliases=tuple(each for each in facts.aliases if each not in taken),
        classes=tuple(rest),
        tables=tuple(each for each in facts.tables if each.callee not in types),
    )
    return Shape(_digest(left), {name: _digest(part) for name, part in parts.items() if name is not None})


def _digest(facts: FileFacts) -> bytes:
    left = _reducer(FileFacts)(facts, {})[1:]
    return hashlib.blake2b(json.dumps(left, separators=(",", ":")).encode(), digest_size=16).digest()


@cache
def _reducer(kind: type[Any]) -> Any:
    """A function that leaves places out of a named tuple, compiled from one expression for speed."""
    known: dict[str, Any] = {}
    names = {field: f"f{index}" for index, field in enumerate(kind.__annotations__)}
    kept = []
    for field, hint in kind.__annotations__.items():
        if field in _REDUCED:
            kept.append(_REDUCED[field].format(names[field]))
        elif field == "doc" and kind is Member:
            # The text of a function is none of our business; that of a field is the source of its type.
            kept.append(f"{names[field]} if {names['kind']} == 'field' else None")
        elif field not in _DROPPED:
            kept.append(_expression(hint, names[field], known))
    if "members" in names:
        known["shared"] = _shared
        kept.append(f"shared({names['members']})")
    source = f"lambda row, groups: (lambda {', '.join(names.values())}: ({', '.join(kept)},))(*row)"
    return eval(source, known)


def _shared(members: tuple[Any, ...]) -> list[int]:
    """Which members stand at one place: a place that two share may say something of both."""
    places = [(each.line, each.column) for each in members]
    if len(set(places)) == len(places):
        return []
    first = {place: index for index, place in reversed(list(enumerate(places)))}
    return [first[place] for place in places]


def _expression(hint: Any, name: str, known: dict[str, Any]) -> str:
    """The expression that reduces a value of a type; functions that it calls are added to ``known``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        inner = _expression(next(each for each in arguments if each is not NoneType), name, known)
        return name if inner == name else f"None if {name} is None else {inner}"
    if origin is tuple and arguments[-1] is not Ellipsis:
        return name
    if origin is tuple:
        inner = _expression(arguments[0], "each", known)
        return name if inner == "each" else f"[{inner} for each in {name}]"
    if hasattr(hint, "_fields"):
        known[f"reduce_{hint.__name__}"] = _reducer(hint)
        return f"reduce_{hint.__name__}({name}, groups)"
    return name


#: Of a file of C without a table, struct, macro or whatever else could matter.
EMPTY = Shape(_digest(FileFacts("", language="c")))
