"""The table and what stands before it: dispatch, the lock, URIs, and the README's lines."""

from __future__ import annotations

import dataclasses
import doctest
import inspect
import threading
import time
from pathlib import Path

import pytest

import hypervisor
from hypervisor import Connection, Domain, DomainInfo, DomainState, HypervisorDriver, api
from hypervisor.drivers import registry

README = Path(__file__).resolve().parent.parent / "README.md"

SLOTS = [f.name for f in dataclasses.fields(HypervisorDriver) if f.name != "name"]
LIMITS = [name for name in SLOTS if "_max_" in name or name.endswith("_post_copy")]
CALLS = [name for name in SLOTS if "_migrate_" not in name or name in LIMITS]


def call(name: str, connection: Connection) -> None:
    """Run a public call with arguments that are right in kind."""
    values = {
        "connection": connection,
        "domain": Domain(connection, "web"),
        "description": "<guest><name>web</name></guest>",
    }
    function = getattr(hypervisor, name)
    function(*(values.get(p, "x") for p in inspect.signature(function).parameters))


@pytest.mark.parametrize("name", [n for n in CALLS if n != "connect_open"])
def test_an_empty_slot_names_driver_and_call(name: str) -> None:
    connection = Connection(HypervisorDriver(name="bare"), None)
    with pytest.raises(hypervisor.UnsupportedError) as caught:
        call(name, connection)
    assert (caught.value.driver, caught.value.call) == ("bare", name)
    assert str(caught.value) == f"driver 'bare' does not support {name}"


def test_a_driver_that_cannot_open_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.DRIVERS, "bare", HypervisorDriver(name="bare"))
    with pytest.raises(hypervisor.UnsupportedError, match="connect_open"):
        hypervisor.connect_open("bare:///")


def test_every_slot_but_the_steps_of_migration_has_a_public_call() -> None:
    own = [f for f in vars(api).values() if getattr(f, "__module__", None) == api.__name__]
    public = {f.__name__ for f in own if inspect.isfunction(f) and not f.__name__.startswith("_")}
    assert public == set(CALLS)
    assert public <= set(hypervisor.__all__)


@pytest.mark.parametrize("scheme", list(registry.DRIVERS))
def test_an_entry_in_a_table_is_the_function_made_for_its_slot(scheme: str) -> None:
    driver = registry.DRIVERS[scheme]
    assert driver.name == scheme
    for name in SLOTS:
        function = getattr(driver, name)
        if function is None:
            continue
        if name == "domain_abort_job" or "_migrate_" in name:
            # The steps of migration are the same for all drivers; what differs is behind them.
            made = name.removeprefix("domain_").removeprefix("migrate_").removesuffix("_job")
            kinds = {"3": "steps", "params": "params_steps"}
            module = kinds.get(made[-1], kinds.get(made.rpartition("_")[2], "old_steps"))
            module = "host" if made == "abort" else "limits" if name in LIMITS else module
            assert function.__module__ == f"hypervisor.migration.{module}"
            assert function.__name__ == made
        elif function.__module__ == f"hypervisor.drivers.{scheme}.driver":
            assert function.__name__ == f"_{name}"
        else:
            # Written once for the drivers that do the same there.
            shared = {f"hypervisor.drivers.{module}" for module in ("slots", "children")}
            assert function.__module__ in shared
            assert function.__name__ == name


def test_what_the_tables_call_removed_is_gone() -> None:
    assert registry.DRIVERS["process"].domain_set_title is None


def test_a_table_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        registry.DRIVERS["memory"].name = "other"  # type: ignore[misc]


def test_one_call_at_a_time_runs_on_a_connection() -> None:
    inside: list[int] = []
    most: list[int] = []

    def get_info(connection: Connection, name: str) -> DomainInfo:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.002)
        inside.pop()
        return DomainInfo(DomainState.SHUTOFF, None, 1, 1, 0, 0.0)

    driver = HypervisorDriver(name="slow", domain_get_info=get_info)
    domain = Domain(Connection(driver, None), "web")
    threads = [
        threading.Thread(target=hypervisor.domain_get_info, args=(domain,)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [1] * 8


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("", id="empty"),
        pytest.param("memory", id="no scheme"),
        pytest.param("xen:///system", id="a driver that is not here"),
        pytest.param("memory://host/default", id="no driver is remote"),
        pytest.param("memory:default", id="no path"),
        pytest.param("memory:///default?readonly", id="a query nobody would read"),
        pytest.param("memory://[", id="brackets that do not close"),
    ],
)
def test_a_uri_that_is_not_understood_is_refused(uri: str) -> None:
    with pytest.raises(hypervisor.InvalidUriError):
        hypervisor.connect_open(uri)


@pytest.mark.parametrize("scheme", list(registry.DRIVERS))
def test_a_connection_of_one_driver_is_no_use_to_another(scheme: str) -> None:
    stranger = Connection(registry.DRIVERS[scheme], private_data=object())
    with pytest.raises(TypeError, match="another driver"):
        hypervisor.domain_list(stranger)


def test_the_lines_in_the_readme_are_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # they save a guest into the current folder
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.attempted >= 10
    assert result.failed == 0
