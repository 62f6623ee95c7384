"""Answers to "does this driver have that entry, since when, and as of which release", for scripts and the command line.

    catalogue = run.catalogue(load(root=Path("libvirt-9.0.0"), preset="libvirt"))
    for answer in answers(catalogue, entry="virDomainMigrate", driver="qemu"):
        print(answer.entry.name, answer.supported)

A catalogue is made by ``run.catalogue`` from a configuration of ``config.load``. docs/scripts.md documents ``answers``,
``verdict`` and ``Answer``.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from .catalogue import Catalogue
from .differences import ABSENT, as_of
from .errors import UsageError
from .model import Cell, Driver, EntryPoint, Interface, State
from .nearest import did_you_mean
from .records import NamedTuple
from .release import Release

#: What the state of a cell says about support in the tree as it is; None where only a run of the driver would tell.
_SUPPORT: Mapping[State, bool | None] = MappingProxyType(
    {
        "supported": True,
        "next": True,
        "unannotated": True,
        "conditional": None,
        "unreadable": None,
        "removed": False,
        "unsupported": False,
    }
)


class Answer(NamedTuple):
    """What a driver has of an entry.

    Attributes:
        cell: with state, spans, notes, place; as of the release that was asked for.
        supported: None if it is not known: the cell is conditional or could not be read, or a release was asked for and
            the annotation does not tell.
    """

    interface: Interface
    driver: Driver
    entry: EntryPoint
    cell: Cell
    supported: bool | None


def answers(
    catalogue: Catalogue,
    *,
    entry: str | None = None,
    driver: str | None = None,
    interface: str | None = None,
    release: Release | None = None,
) -> list[Answer]:
    """Every answer to a question, in the order of the configuration: by interface, driver and entry.

    Args:
        entry: name of an entry, or of the public call it serves, which several entries may serve; None for all.
        driver: id or title; None for all.
        interface: its key; None for every interface that has both.
        release: as of which release; None for the tree as it is, where ``next`` and a missing release are support too.

    Raises:
        UsageError: a name is unknown, or no interface has both, or two drivers of an interface share the title.
    """
    asked = _interfaces(catalogue, interface)
    if driver is not None and not any(named(each.drivers, driver) for each in asked):
        raise UsageError(_no_driver(asked, driver))
    if entry is not None and not any(_entries(each, entry) for each in asked):
        known = [name for each in asked for name in names_of(each, drivers=False)]
        raise UsageError(f"unknown entry {entry!r}; {did_you_mean(entry, known) or 'see the page or the export'}")
    found = list(_answers(catalogue, asked, entry, driver, release))
    if not found:
        raise UsageError(f"no interface has both the entry {entry!r} and the driver {driver!r}")
    return found


def verdict(found: Iterable[Answer]) -> bool | None:
    """Whether a call is supported: by any entry that serves it; None if that is not known."""
    said = {answer.supported for answer in found}
    return True if True in said else None if None in said else False


def names_of(interface: Interface, *, drivers: bool = True) -> Iterator[str]:
    """The names that a question may use: public calls, entries, and titles and ids of drivers."""
    for entry in interface.entries:
        yield from (entry.api, entry.name)
    for driver in interface.drivers if drivers else ():
        yield from (driver.title, driver.id)


def is_driver(catalogue: Catalogue, name: str) -> bool:
    """Whether any interface has, or had, a driver of that id or title."""
    gone = (former for each in catalogue.interfaces for former in each.removed)
    return any(named(each.drivers, name) for each in catalogue.interfaces) or any(
        name in (former.id, former.title) for former in gone
    )


def is_entry(catalogue: Catalogue, name: str) -> bool:
    """Whether any interface has an entry or a public call of that name."""
    return any(_entries(each, name) for each in catalogue.interfaces)


def named(drivers: Iterable[Driver], name: str) -> list[Driver]:
    """The driver with that id, else all with that title."""
    exact = [driver for driver in drivers if driver.id == name]
    return exact or [driver for driver in drivers if driver.title == name]


def one_driver(interface: Interface, name: str) -> Driver:
    """The driver of an interface that has it.

    Raises:
        UsageError: several have that title.
    """
    found = named(interface.drivers, name)
    if len(found) > 1:
        ids = ", ".join(driver.id for driver in found)
        raise UsageError(f"{len(found)} drivers are called {name!r}; name one by its id: {ids}")
    return found[0]


def suggestion(wrong: str, known: Iterable[str], shown: Iterable[str] | None = None) -> str:
    """The name that was probably meant, else the names to choose from."""
    return did_you_mean(wrong, known) or f"choose from {', '.join(dict.fromkeys(shown or known))}"


def _interfaces(catalogue: Catalogue, key: str | None) -> list[Interface]:
    asked = [each for each in catalogue.interfaces if key in (None, each.key)]
    if not asked:
        keys = [each.key for each in catalogue.interfaces]
        raise UsageError("no interface was found" if key is None else f"no interface {key!r}; {suggestion(key, keys)}")
    return asked


def _no_driver(asked: Iterable[Interface], name: str) -> str:
    former = [one for each in asked for one in each.removed if name in (one.id, one.title)]
    if former:
        release = former[0].spans[-1].removed or "an unknown release"
        return f"the driver {name!r} was removed in {release}; what it supported is not known"
    drivers = [driver for each in asked for driver in each.drivers]
    known = dict.fromkeys(text for driver in drivers for text in (driver.title, driver.id))
    return f"unknown driver {name!r}; {suggestion(name, known, [driver.title for driver in drivers])}"


def _answers(
    catalogue: Catalogue, asked: Iterable[Interface], entry: str | None, driver: str | None, release: Release | None
) -> Iterator[Answer]:
    then = catalogue if release is None else as_of(catalogue, release)
    cells = {each.key: each.cells for each in then.interfaces}
    for each in asked:
        drivers = each.drivers
        if driver is not None:
            drivers = (one_driver(each, driver),) if named(drivers, driver) else ()
        for column in drivers:
            for row in each.entries if entry is None else _entries(each, entry):
                cell = cells[each.key].get((column.id, row.name), ABSENT)
                known = None if release is not None and cell.state == "unannotated" else _SUPPORT[cell.state]
                yield Answer(each, column, row, cell, known)


def _entries(interface: Interface, name: str) -> list[EntryPoint]:
    return [entry for entry in interface.entries if name in (entry.name, entry.api)]
