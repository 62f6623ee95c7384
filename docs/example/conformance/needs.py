"""What a test of the kit needs of a driver, as markers, and what a driver lacks of it.

`applicable` drops the tests that a driver's table rules out, when they are collected; the plugin
skips them instead, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

import hypervisor
from hypervisor import Connection, HypervisorDriver
from hypervisor.migration.protocols import BY_NAME, V3

#: For pytest's option `markers`.
MARKERS = (
    "needs_slots(*names): the driver's table must fill these slots",
    "needs_protocol(name): the driver's table must have every step of this protocol",
    "needs_own_process: the host must be in the process of the test, to hook in or to end it",
)

#: The host must be in the process of the test.
own_process = pytest.mark.needs_own_process
#: Guests must be saved to files, and restored.
state_files = pytest.mark.needs_slots("domain_save", "domain_restore")
#: Guests must be paused.
pauses = pytest.mark.needs_slots("domain_suspend")
#: Guests must migrate by version 3.
v3 = pytest.mark.needs_protocol(V3.name)


def protocols(*names: str) -> list[object]:
    """Give values of a parameter: protocols, each for the drivers that have it."""
    return [pytest.param(name, marks=pytest.mark.needs_protocol(name)) for name in names]


def feature(connection: Connection, name: str) -> None:
    """Skip a test unless the host says that its guests can do this on their way."""
    table = connection.driver
    told = table.connect_get_capabilities is not None
    if told and name in hypervisor.connect_get_capabilities(connection).migration:
        return
    pytest.skip(f"driver {table.name!r} does not name {name} in its capabilities")


@dataclass(frozen=True)
class Target:
    """What the tests run on.

    Attributes:
        table: of the driver.
        remote: whether its hosts are in other processes, or reached as if they were.
    """

    table: HypervisorDriver
    remote: bool = False


def applicable(
    items: list[pytest.Item], target: Callable[[pytest.Item], Target | None]
) -> list[pytest.Item]:
    """Give the tests that apply to their target; None: a test is not about a certain driver."""
    return [item for item in items if (one := target(item)) is None or not any(lacks(item, one))]


def lacks(item: pytest.Item, target: Target) -> Iterator[str]:
    """Give the slots that a test needs and the target's table leaves empty, or what else it is."""
    needed = [name for mark in item.iter_markers("needs_slots") for name in mark.args]
    wanted = [mark.args[0] for mark in item.iter_markers("needs_protocol")]
    if "by_hand" in getattr(item, "fixturenames", ()):
        wanted.append(V3.name)
    for name in wanted:
        needed += [*BY_NAME[name].source, *BY_NAME[name].destination]
    yield from (name for name in dict.fromkeys(needed) if getattr(target.table, name) is None)
    if target.remote and any(item.iter_markers(own_process.name)):
        yield "a host in the process of the test"
