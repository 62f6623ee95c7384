"""No guest stays stuck, whatever is raised; and an administrator has the last word."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

import hypervisor
from conformance.by_hand import GUEST, state_of
from conformance.guests import started
from hypervisor import (
    Domain,
    FileJournal,
    InvalidStateError,
    LateStepError,
    MemoryJournal,
    MigrationError,
    Outcome,
    PeerLostError,
    UnresolvedError,
    WrongHostError,
)
from hypervisor.drivers.memory.host import MemoryHost
from hypervisor.drivers.memory.migration import MemoryIncoming, MemoryOutgoing
from hypervisor.migration import recovery, shelf
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.host import of as hosts_of
from hypervisor.migration.peer import LocalPeer
from remote_hosts import served
from wires import Hosts, Wire, states, stopped_after, wires

STEPS = {"begin3": 0, "prepare3": 1, "perform3": 0, "finish3": 1, "confirm3": 0}
ERRORS = [ValueError, OSError, RecursionError, KeyboardInterrupt]


def once(step: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Act at the first call of a step."""
    left = [step]

    def at(slot: str) -> None:
        if left and slot.endswith(left[0]):
            left.clear()
            act()

    return at


def throw(error: type[BaseException]) -> Callable[[], None]:
    """Raise an error when called."""

    def act() -> None:
        raise error("what no driver should raise")

    return act


def settled(hosts: Hosts) -> bool:
    """Tell whether one copy runs, nothing is left open, and who runs it holds its lease."""
    running = [one for one in hosts if state_of(one) == "running"]
    holders = [one for one in hosts if hosts_of(one).locks.held(GUEST)]
    return running == holders and len(running) == 1 and not any_open(hosts)


def any_open(hosts: Hosts) -> bool:
    """Tell whether a host has a migration that is not over."""
    return any(hosts_of(one).open_jobs() for one in hosts)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", ERRORS)
def test_whatever_a_step_raises_the_migration_is_finished_or_undone(
    hosts: Hosts, error: type[BaseException], step: str, when: str
) -> None:
    pair = wires(hosts)
    setattr(pair[STEPS[step]], when, once(step, throw(error)))
    migration = Migration(*pair, GUEST)
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            migration.run()
    else:
        try:
            migration.run()
        except MigrationError as failed:
            assert isinstance(failed.__cause__, MigrationError)
            assert isinstance(failed.__cause__.__cause__, error)
    assert settled(hosts)


@pytest.mark.parametrize("error", [*ERRORS, SystemExit])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_backend_that_raises_at_the_start_of_the_guest_runs_nothing_twice(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], when: str
) -> None:
    run = MemoryIncoming.run
    struck: list[str] = []

    def breaks(self: MemoryIncoming, paused: bool) -> None:
        first = not struck
        struck.append(when)
        if when == "after" or not first:
            run(self, paused)
        if first:
            raise error("no space left")

    monkeypatch.setattr(MemoryIncoming, "run", breaks)
    migration = Migration(*wires(hosts), GUEST)
    try:
        migration.run()
    except BaseException as failed:
        if error is SystemExit:  # as the death of the process would, it leaves the journal
            recovery.recover(migration.journal, *wires(hosts))
        elif error is KeyboardInterrupt:
            assert isinstance(failed, KeyboardInterrupt)
        else:
            assert "no space left" in str(failed)
    assert struck
    assert settled(hosts)
    # A Finish that was interrupted, and so did not give it up, is asked again.
    moved = when == "after" or not issubclass(error, Exception)
    assert states(hosts) == (("shutoff", "running") if moved else ("running", None))


@pytest.mark.parametrize("error", [LateStepError, PeerLostError, UnresolvedError, WrongHostError])
@pytest.mark.parametrize("part", [(MemoryOutgoing, "resume"), (MemoryIncoming, "discard")])
def test_a_driver_cannot_say_what_only_hosts_and_coordinators_can(
    hosts: Hosts,
    monkeypatch: pytest.MonkeyPatch,
    error: type[MigrationError],
    part: tuple[type, str],
) -> None:
    """The guest cannot start there; to undo that fails at first, with an error of others."""
    monkeypatch.setattr(MemoryIncoming, "run", lambda self, paused: throw(OSError)())
    with monkeypatch.context() as patch:
        patch.setattr(*part, lambda self: throw(error)())
        with pytest.raises(UnresolvedError) as failed:
            hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    result = recovery.recover(failed.value.journal, *wires(hosts))  # type: ignore[arg-type]
    assert result.outcome is Outcome.STAYED
    assert settled(hosts)


def test_a_guest_that_cannot_start_is_not_defined_there(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryHost, "start", lambda *args: throw(OSError)())
    with pytest.raises(MigrationError, match="no driver should raise"):
        hypervisor.domain_migrate(Domain(hosts[0], GUEST), hosts[1])
    assert states(hosts) == ("running", None)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("side", [0, 1])
def test_a_connection_that_is_closed_on_the_way_strands_nothing(
    hosts: Hosts, step: str, side: int
) -> None:
    pair = wires(hosts)
    pair[STEPS[step]].before = once(step, lambda: hypervisor.connect_close(hosts[side]))
    try:
        Migration(*pair, GUEST).run()
    except UnresolvedError:
        pytest.fail("it is known that the host is gone, and that nothing runs there")
    except MigrationError:
        pass
    other = hosts[1 - side]
    assert hosts_of(other).open_jobs() == []
    if side == 0:
        expected = "running" if step in ("finish3", "confirm3") else None
    else:
        expected = "shutoff" if step == "confirm3" else "running"
    assert state_of(other) == expected


def stranded(hosts: Hosts) -> tuple[Wire, Wire, UnresolvedError]:
    """Let the destination fall silent when it was asked to finish, and did."""
    source, destination = wires(hosts)
    destination.after = once("finish3", lambda: setattr(destination, "cut", True))
    with pytest.raises(UnresolvedError) as caught:
        Migration(source, destination, GUEST).run()
    assert states(hosts) == ("paused", "running")
    return source, destination, caught.value


def test_the_error_carries_the_journal(hosts: Hosts) -> None:
    source, destination, error = stranded(hosts)
    destination.cut = False
    assert isinstance(error.journal, MemoryJournal)
    assert recovery.recover(error.journal, source, destination).outcome is Outcome.MOVED
    assert settled(hosts)


def test_where_a_host_outlives_this_process_the_journal_is_on_disk(
    hosts: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(Wire, "outlives", True)
    _, _, error = stranded(hosts)
    (path,) = shelf.folder().iterdir()
    assert error.journal == path
    assert str(path) in str(error)
    with pytest.raises(UnresolvedError) as again:
        hypervisor.migration_recover(path, hosts[0], "remote:///nowhere")
    assert again.value.journal == path
    assert hypervisor.migration_recover(path, *hosts).outcome is Outcome.MOVED
    assert list(shelf.folder().iterdir()) == []
    assert settled(hosts)


def test_a_migration_that_is_over_leaves_no_journal(
    hosts: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(Wire, "outlives", True)
    Migration(*wires(hosts), GUEST).run()
    assert list(shelf.folder().iterdir()) == []


def test_without_a_place_for_a_journal_nothing_is_begun(
    hosts: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(Wire, "outlives", True)
    with pytest.raises(hypervisor.JournalError, match="give one yourself"):
        Migration(*wires(hosts), GUEST)
    assert settled(hosts)


def test_to_abort_what_no_step_works_at_is_refused(hosts: Hosts) -> None:
    stranded(hosts)
    with pytest.raises(InvalidStateError, match="recover or resolve it"):
        hypervisor.domain_abort_job(Domain(hosts[0], GUEST))


def test_a_guest_that_is_expected_is_aborted_on_its_source(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    stopped_after(destination, "prepare3", source, destination)
    with pytest.raises(InvalidStateError, match="abort it on its source"):
        hypervisor.domain_abort_job(Domain(hosts[1], GUEST))


# -- the last word


def sent(hosts: Hosts) -> tuple[Wire, Wire, MemoryJournal]:
    """Send the guest; its coordinator dies before Finish: both copies are paused."""
    source, destination = wires(hosts)
    return source, destination, stopped_after(source, "perform3", source, destination)


def test_a_guest_is_kept_on_its_source(hosts: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    source, destination, journal = sent(hosts)
    with caplog.at_level(logging.WARNING):
        done = hypervisor.domain_resolve(Domain(hosts[0], GUEST), "source", "b burnt down")
    assert "runs twice" in done
    assert "b burnt down" in caplog.text
    assert states(hosts) == ("running", None)
    # The destination is back, and its coordinator: it is not started there too.
    assert recovery.recover(journal, source, destination).outcome is Outcome.STAYED
    assert settled(hosts)


def test_a_guest_is_kept_on_its_source_after_perform_was_answered(hosts: Hosts) -> None:
    source, destination = wires(hosts)
    destination.before = once("finish3", lambda: setattr(destination, "cut", True))
    with pytest.raises(UnresolvedError) as caught:
        Migration(source, destination, GUEST).run()
    hypervisor.domain_resolve(Domain(hosts[0], GUEST), "source", "it never arrived")
    destination.cut = False
    assert isinstance(caught.value.journal, MemoryJournal)
    result = recovery.recover(caught.value.journal, source, destination)
    assert result.outcome is Outcome.STAYED
    assert settled(hosts)


def test_a_guest_is_kept_on_its_destination(hosts: Hosts) -> None:
    source, destination, journal = sent(hosts)
    hypervisor.domain_resolve(Domain(hosts[1], GUEST), "destination", "a is lost", hosts[0])
    assert states(hosts) == ("paused", "running")
    hypervisor.domain_resolve(Domain(hosts[0], GUEST), "destination", "it runs on b", hosts[1])
    assert settled(hosts)
    assert recovery.recover(journal, source, destination).outcome is Outcome.MOVED
    assert states(hosts) == ("shutoff", "running")


def test_what_is_expected_is_given_up(hosts: Hosts) -> None:
    source, destination, journal = sent(hosts)
    hypervisor.domain_resolve(Domain(hosts[1], GUEST), "source", "it stays")
    assert recovery.recover(journal, source, destination).outcome is Outcome.STAYED
    assert settled(hosts)


def test_what_can_be_seen_is_not_overruled(hosts: Hosts) -> None:
    stranded(hosts)
    domain = Domain(hosts[0], GUEST)
    with pytest.raises(InvalidStateError, match="it runs on"):
        hypervisor.domain_resolve(domain, "source", "I think so", hosts[1])
    third = hypervisor.connect_open("memory:///c")
    with pytest.raises(WrongHostError):
        hypervisor.domain_resolve(domain, "source", "I think so", third)
    assert states(hosts) == ("paused", "running")
    hypervisor.domain_resolve(domain, "destination", "it does run there", hosts[1])
    assert settled(hosts)


def test_the_only_copy_is_not_ended(hosts: Hosts) -> None:
    sent(hosts)
    with pytest.raises(InvalidStateError, match="on the other side it is no guest"):
        hypervisor.domain_resolve(Domain(hosts[0], GUEST), "destination", "I think so", hosts[1])
    assert states(hosts) == ("paused", None)


@pytest.mark.parametrize(("keep", "reason"), [("both", "because"), ("source", " ")])
def test_the_last_word_has_a_side_and_a_reason(hosts: Hosts, keep: str, reason: str) -> None:
    sent(hosts)
    with pytest.raises(hypervisor.OptionError, match=r"option (keep|reason)"):
        hypervisor.domain_resolve(Domain(hosts[0], GUEST), keep, reason)
    assert states(hosts) == ("paused", None)


def test_without_a_migration_there_is_nothing_to_resolve(hosts: Hosts) -> None:
    with pytest.raises(InvalidStateError, match="not being migrated"):
        hypervisor.domain_resolve(Domain(hosts[0], GUEST), "source", "because")


def test_the_last_word_reaches_a_host_in_another_process() -> None:
    with served("memory:///") as first, served("memory:///") as second:
        started(first.connection)
        pair = LocalPeer(first.connection), LocalPeer(second.connection)
        Migration(*pair, GUEST)._conduct.begin()
        domain = Domain(hypervisor.connect_open(first.uri), GUEST)
        other = hypervisor.connect_open(second.uri)
        with pytest.raises(hypervisor.OptionError, match="another process"):
            hypervisor.domain_resolve(domain, "source", "it never left", second.connection)
        done = hypervisor.domain_resolve(domain, "source", "it never left", other)
        assert "kept on the source" in done
        hypervisor.domain_suspend(domain)


# -- journals


def damage(path: Path) -> None:
    """Change a byte of the first record."""
    data = bytearray(path.read_bytes())
    data[12] ^= 1
    path.write_bytes(data)


def test_a_damaged_journal_is_set_aside_while_the_host_lives(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served("memory:///", tmp_path) as host:
        remote = hypervisor.connect_open(host.uri)
        domain = started(remote)
        with pytest.raises(hypervisor.LeaseError, match="held"):
            hypervisor.connect_set_aside_journals(remote, GUEST, "to be sure")
        hypervisor.domain_destroy(domain)
        with pytest.raises(hypervisor.JournalError, match="not damaged"):
            hypervisor.connect_set_aside_journals(remote, GUEST, "to be sure")
        (path,) = tmp_path.rglob("*.lease")
        damage(path)
        with pytest.raises(hypervisor.JournalError, match="damaged"):
            hypervisor.domain_create(domain)
        with pytest.raises(hypervisor.OptionError, match="reason"):
            hypervisor.connect_set_aside_journals(remote, GUEST, "")
        moved = hypervisor.connect_set_aside_journals(remote, GUEST, "it ran nowhere else")
        assert [Path(one).exists() for one in moved] == [True]
        assert "it ran nowhere else" in caplog.text
        hypervisor.domain_create(domain)


def test_a_damaged_journal_of_a_driven_migration_is_set_aside(tmp_path: Path) -> None:
    with served("memory:///", tmp_path) as host:
        path = tmp_path / f"{GUEST}.0.migration"
        with FileJournal(path) as journal:
            journal.append({"record": "start"})
        damage(path)
        remote = hypervisor.connect_open(host.uri)
        with pytest.raises(hypervisor.JournalError):
            hypervisor.domain_recover(Domain(remote, GUEST))
        assert len(hypervisor.connect_set_aside_journals(remote, GUEST, "settled by hand")) == 1
        assert hypervisor.domain_recover(Domain(remote, GUEST)) == []


def test_a_journal_is_owned_for_as_long_as_a_block(tmp_path: Path) -> None:
    with FileJournal(tmp_path / "one") as journal:
        with pytest.raises(hypervisor.JournalError, match="in this process or another"):
            FileJournal(tmp_path / "one")
        journal.append({"a": 1})
    with FileJournal(tmp_path / "one") as journal:
        assert journal.records() == [{"a": 1}]


def test_a_host_whose_leases_are_damaged_leaves_an_error_with_the_journal(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination, journal = sent(hosts)
    locks = hosts_of(hosts[0]).locks

    def fail(lease: object) -> None:
        raise hypervisor.JournalError("the journal of leases is damaged")

    with monkeypatch.context() as patch:
        patch.setattr(locks, "take", fail)
        with pytest.raises(UnresolvedError, match="leases is damaged") as caught:
            recovery.recover(journal, source, destination)
    assert caught.value.journal is journal
    assert states(hosts) == ("paused", None)
    assert recovery.recover(journal, source, destination).outcome is Outcome.STAYED
    assert settled(hosts)


def test_a_journal_that_cannot_be_written_any_more_comes_with_the_error(
    hosts: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination = wires(hosts)
    journal = FileJournal(tmp_path / "journal")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    def fill() -> None:
        monkeypatch.setattr("hypervisor.migration.journal._write", full)

    source.after = once("perform3", fill)
    with pytest.raises(hypervisor.JournalError, match="No space left") as caught:
        Migration(source, destination, GUEST, journal=journal).run()
    monkeypatch.undo()
    assert caught.value.journal is journal
    recovery.recover(journal, source, destination)
    assert settled(hosts)
