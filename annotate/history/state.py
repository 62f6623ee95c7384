"""What stands in one commit: the part of its catalogue that history needs, small enough to keep for every release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..catalogue import Catalogue
from ..model import NOTHING, Definition, Interface
from ..records import NamedTuple

#: Problems that may hide entries of what they are about.
_HIDING = frozenset({"unreadable", "unresolved-base"})


class Owner(NamedTuple):
    """A class or table that defines or inherits entries.

    Attributes:
        path: of its file.
        is_driver: whether it is a driver, not only a base class of one.
        stands: the entries that it implements; also ``entry @ condition`` for definitions under a condition.
        unknown: the entries that could not be read.
    """

    path: str
    is_driver: bool
    stands: frozenset[str]
    unknown: frozenset[str]


class State(NamedTuple):
    """One interface in one commit.

    Attributes:
        found: whether the interface was found; if not, nothing is known of its drivers.
        entries: declared by the interface, in order.
        owners: id -> class or table.
        doubts: ids and paths of what could not be read completely.
    """

    found: bool = False
    entries: tuple[str, ...] = ()
    owners: Mapping[str, Owner] = NOTHING
    doubts: frozenset[str] = frozenset()


def under(entry: str, when: str | None) -> str:
    """The name of an entry that is defined under a condition."""
    return f"{entry} @ {when}"


def states(catalogue: Catalogue) -> dict[str, State]:
    """Key of each interface -> what stands."""
    doubts = frozenset(_doubts(catalogue))
    return {each.key: _state(each, doubts) for each in catalogue.interfaces}


def _doubts(catalogue: Catalogue) -> Iterator[str]:
    for problem in catalogue.problems:
        if problem.kind in _HIDING:
            yield problem.place.path
            if problem.driver is not None:
                yield problem.driver


def _state(interface: Interface, doubts: frozenset[str]) -> State:
    stands: dict[str, set[str]] = {}
    unknown: dict[str, set[str]] = {}
    paths: dict[str, str] = {}
    drivers = set()
    for driver in interface.drivers:
        drivers.add(driver.id)
        paths[driver.id] = driver.place.path
    for driver, entry, cell in interface.walk():
        if cell.how == "derived" or entry.derived_from is not None:
            continue
        if cell.implements and cell.definition is not None:
            stands.setdefault(driver.id, set()).add(entry.name)
        elif cell.state == "unreadable":
            unknown.setdefault(driver.id, set()).add(entry.name)
        for definition in cell.definitions:
            _define(definition, entry.name, stands, paths)
    for entry in interface.entries:
        if entry.definition is not None:
            _define(entry.definition, entry.name, stands, paths)
    owners = {
        name: Owner(path, name in drivers, frozenset(stands.get(name, ())), frozenset(unknown.get(name, ())))
        for name, path in paths.items()
    }
    return State(bool(interface.entries), tuple(entry.name for entry in interface.entries), owners, doubts)


def _define(definition: Definition, entry: str, stands: dict[str, set[str]], paths: dict[str, str]) -> None:
    paths.setdefault(definition.owner, definition.place.path)
    if not definition.stub:
        stands.setdefault(definition.owner, set()).update(
            (entry, under(entry, definition.when)) if definition.when is not None else (entry,)
        )
