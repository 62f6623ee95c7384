"""What every driver must do alike: the state machine, names, descriptions, state files, closing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import hypervisor
from hypervisor import Connection, Domain

from . import needs
from .guests import define, started, state_of

Call = Callable[[Domain, Path], object]

CALLS: dict[str, Call] = {
    "define": lambda domain, path: define(domain.connection, domain.name),
    "create": lambda domain, path: hypervisor.domain_create(domain),
    "suspend": lambda domain, path: hypervisor.domain_suspend(domain),
    "resume": lambda domain, path: hypervisor.domain_resume(domain),
    "shutdown": lambda domain, path: hypervisor.domain_shutdown(domain),
    "reset": lambda domain, path: hypervisor.domain_reset(domain),
    "destroy": lambda domain, path: hypervisor.domain_destroy(domain),
    "undefine": lambda domain, path: hypervisor.domain_undefine(domain),
    "save": lambda domain, path: hypervisor.domain_save(domain, path / "saved"),
}

# call, state before, state after (None: refused), why
TRANSITIONS = [
    ("define", "shutoff", "shutoff", "a guest that is off may be described anew"),
    ("define", "running", None, "it was started from the old description"),
    ("define", "paused", None, "paused is active"),
    ("create", "shutoff", "running", "the ordinary start"),
    ("create", "running", None, "it runs already"),
    ("create", "paused", None, "starting would lose what it holds"),
    ("suspend", "shutoff", None, "nothing is there to pause"),
    ("suspend", "running", "paused", "the ordinary pause"),
    ("suspend", "paused", None, "it is paused already"),
    ("resume", "shutoff", None, "resume is not start"),
    ("resume", "running", None, "it was not paused"),
    ("resume", "paused", "running", "the ordinary way on"),
    ("shutdown", "shutoff", None, "it is off already"),
    ("shutdown", "running", "shutoff", "the ordinary end"),
    ("shutdown", "paused", None, "it cannot hear the request"),
    ("reset", "shutoff", None, "reset is not start"),
    ("reset", "running", "running", "it starts over"),
    ("reset", "paused", "paused", "it starts over and still waits"),
    ("destroy", "shutoff", None, "it is off already"),
    ("destroy", "running", "shutoff", "the pulled plug"),
    ("destroy", "paused", "shutoff", "the plug works on paused guests too"),
    ("undefine", "running", None, "the guest would be lost, not ended"),
    ("undefine", "paused", None, "paused is active"),
    ("save", "shutoff", None, "nothing is there to save"),
    ("save", "running", "shutoff", "saving ends the guest"),
    ("save", "paused", "shutoff", "a paused guest holds state too"),
]


@pytest.mark.parametrize(
    ("call", "before", "after"),
    [
        pytest.param(
            *case[:3],
            id=f"{case[0]}-{case[1]}: {case[3]}",
            marks=pytest.mark.needs_slots(f"domain_{case[0]}"),
        )
        for case in TRANSITIONS
    ],
)
def test_state_machine(
    connection: Connection, tmp_path: Path, call: str, before: str, after: str | None
) -> None:
    domain = started(connection, before)
    if after is None:
        with pytest.raises(hypervisor.InvalidStateError, match=f"{call} guest 'web'.*{before}"):
            CALLS[call](domain, tmp_path)
    else:
        CALLS[call](domain, tmp_path)
    assert state_of(domain) == (after or before)


@needs.state_files
@pytest.mark.parametrize("before", ["running", "paused"])
def test_restored_guest_is_in_the_state_in_which_it_was_saved(
    connection: Connection, tmp_path: Path, before: str
) -> None:
    domain = started(connection, before)
    hypervisor.domain_save(domain, tmp_path / "saved")
    assert hypervisor.domain_restore(connection, tmp_path / "saved") == domain
    assert state_of(domain) == before


@needs.state_files
def test_restore_over_an_active_guest_is_refused_for_it_would_be_lost(
    connection: Connection, tmp_path: Path
) -> None:
    domain = started(connection)
    hypervisor.domain_save(domain, tmp_path / "saved")
    hypervisor.domain_create(domain)
    before = hypervisor.domain_get_info(domain).id
    with pytest.raises(hypervisor.InvalidStateError, match="restore guest 'web'"):
        hypervisor.domain_restore(connection, tmp_path / "saved")
    assert hypervisor.domain_get_info(domain).id == before


@needs.state_files
def test_restore_defines_a_guest_that_was_forgotten_meanwhile(
    connection: Connection, tmp_path: Path
) -> None:
    domain = started(connection)
    described = hypervisor.domain_dump_description(domain)
    hypervisor.domain_save(domain, tmp_path / "saved")
    hypervisor.domain_undefine(domain)
    hypervisor.domain_restore(connection, tmp_path / "saved")
    assert hypervisor.domain_dump_description(domain) == described


@needs.state_files
def test_restored_guest_is_described_as_it_was_saved(
    connection: Connection, tmp_path: Path
) -> None:
    domain = started(connection)
    described = hypervisor.domain_dump_description(domain)
    hypervisor.domain_save(domain, tmp_path / "saved")
    hypervisor.domain_define(connection, "<guest><name>web</name><vcpus>7</vcpus></guest>")
    hypervisor.domain_restore(connection, tmp_path / "saved")
    assert hypervisor.domain_dump_description(domain) == described


@needs.state_files
def test_a_save_that_cannot_be_written_leaves_the_guest_as_it_was(
    connection: Connection, tmp_path: Path
) -> None:
    for state in ("running", "paused"):
        domain = started(connection, state, name=state)
        with pytest.raises(hypervisor.StateFileError, match="cannot write"):
            hypervisor.domain_save(domain, tmp_path / "no-such-folder" / "saved")
        assert state_of(domain) == state


@needs.state_files
def test_save_replaces_a_file_and_leaves_no_other_behind(
    connection: Connection, tmp_path: Path
) -> None:
    (tmp_path / "saved").write_text("an older file")
    hypervisor.domain_save(started(connection), tmp_path / "saved")
    assert [p.name for p in tmp_path.iterdir()] == ["saved"]
    hypervisor.domain_restore(connection, tmp_path / "saved")


def test_undefined_guest_is_forgotten_and_its_handle_is_stale(connection: Connection) -> None:
    domain = define(connection)
    hypervisor.domain_undefine(domain)
    assert hypervisor.domain_list(connection) == []
    for call in (hypervisor.domain_get_info, hypervisor.domain_create):
        with pytest.raises(hypervisor.NoDomainError, match="no guest 'web'"):
            call(domain)


def test_guests_are_listed_by_name_and_found_by_name(connection: Connection) -> None:
    for name in ("web", "db", "cache"):
        define(connection, name)
    names = [domain.name for domain in hypervisor.domain_list(connection)]
    assert names == ["cache", "db", "web"]
    assert hypervisor.domain_lookup(connection, "db").name == "db"
    with pytest.raises(hypervisor.NoDomainError):
        hypervisor.domain_lookup(connection, "mail")


def test_connections_do_not_share_guests(connection: Connection) -> None:
    define(connection)
    other = hypervisor.connect_open(f"{connection.driver.name}:///")
    assert hypervisor.domain_list(other) == []
    hypervisor.connect_close(other)


def test_info_tells_size_and_number_and_uptime(connection: Connection) -> None:
    domain = define(connection)
    off = hypervisor.domain_get_info(domain)
    assert (off.id, off.memory_kib, off.vcpus, off.ticks, off.uptime) == (None, 2048, 2, 0, 0.0)
    hypervisor.domain_create(domain)
    on = hypervisor.domain_get_info(domain)
    assert on.id is not None and on.uptime > 0.0
    hypervisor.domain_destroy(domain)
    assert hypervisor.domain_get_info(domain) == off


def test_each_start_has_a_number_of_its_own(connection: Connection) -> None:
    domain = started(connection)
    first = hypervisor.domain_get_info(domain).id
    hypervisor.domain_reset(domain)
    assert hypervisor.domain_get_info(domain).id != first


def test_dumped_description_defines_the_same_guest(connection: Connection) -> None:
    dumped = hypervisor.domain_dump_description(define(connection))
    again = hypervisor.domain_define(connection, dumped)
    assert hypervisor.domain_dump_description(again) == dumped


def test_host_describes_itself(connection: Connection) -> None:
    assert hypervisor.connect_get_version(connection) == hypervisor.__version__
    capabilities = hypervisor.connect_get_capabilities(connection)
    assert capabilities.guest_kind and capabilities.architecture and capabilities.state_source
    assert capabilities.state_format == (1 if connection.driver.domain_save else 0)


def test_closing_refuses_later_calls_but_not_closing_again(connection: Connection) -> None:
    domain = started(connection)
    hypervisor.connect_close(connection)
    hypervisor.connect_close(connection)
    with pytest.raises(hypervisor.ConnectionClosedError, match="domain_get_info"):
        hypervisor.domain_get_info(domain)
    with pytest.raises(hypervisor.ConnectionClosedError, match="domain_list"):
        hypervisor.domain_list(connection)


@pytest.mark.needs_slots("domain_suspend", "domain_resume")
def test_threads_cannot_make_a_state_that_one_thread_could_not(connection: Connection) -> None:
    domain = started(connection)
    suspended: list[int] = []
    barrier = threading.Barrier(4)
    surprises: list[BaseException] = []

    def work(number: int) -> None:
        try:
            barrier.wait(20)
            for _ in range(10):
                try:
                    hypervisor.domain_suspend(domain)
                except hypervisor.InvalidStateError:
                    continue
                suspended.append(number)
                # Only the thread that paused the guest lets it go on, so this cannot be refused.
                hypervisor.domain_resume(domain)
        except BaseException as error:
            surprises.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert surprises == []
    assert suspended and state_of(domain) == "running"
