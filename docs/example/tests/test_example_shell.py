"""The command line: what it prints, what it refuses by name, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import hypervisor
from conformance.guests import started
from hypervisor import Domain, DomainJob, FileJournal, Options
from hypervisor.migration.coordinator import Migration
from hypervisor.shell import jobs, moving
from hypervisor.shell.commands import group
from remote_hosts import Served, served
from wires import Stop

GUEST = "<guest><name>web</name><title>Web</title></guest>"
Two = tuple[Served, Served]
_BOTH = "--timeout-postcopy --timeout-suspend"


@pytest.fixture
def two() -> Iterator[Two]:
    """Serve two hosts."""
    with served("memory:///") as a, served("memory:///") as b:
        yield a, b


def hv(host: Served | None, *words: str, given: str = "") -> Result:
    """Type a command."""
    environment = {"HYPERVISOR_URI": host.uri if host else None}
    return CliRunner().invoke(group, words, input=given, env=environment, prog_name="hv")


def said(host: Served, *words: str, given: str = "") -> str:
    """Type a command that must succeed; give what it printed."""
    done = hv(host, *words, given=given)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return done.stdout


def test_a_guest_is_defined_and_led_through_its_states(two: Two) -> None:
    host = two[0]
    assert said(host, "define", "-", given=GUEST) == "Domain web defined\n"
    assert said(host, "list") == "Id   Name   State\n"
    for command, done in [
        ("start", "started"),
        ("suspend", "suspended"),
        ("resume", "resumed"),
        ("reset", "reset"),
        ("shutdown", "shut down"),
        ("start", "started"),
    ]:
        assert said(host, command, "web") == f"Domain web {done}\n"
    assert said(host, "list").splitlines()[1].split() == ["3", "web", "running"]
    assert said(host, "list", "--name") == "web\n"
    assert "Memory:   65536 KiB\n" in said(host, "dominfo", "web")
    assert said(host, "destroy", "web") == "Domain web destroyed\n"
    assert said(host, "list", "--all").splitlines()[1].split() == ["-", "web", "shutoff"]
    described = said(host, "dumpxml", "web")
    assert said(host, "undefine", "web") == "Domain web undefined\n"
    assert said(host, "define", "-", given=described) == "Domain web defined\n"
    assert said(host, "dumpxml", "web") == described


@pytest.mark.parametrize("way", [(), ("--p2p",), ("--tunnelled",), ("--p2p", "--tunnelled")])
def test_a_guest_moves_by_every_way(two: Two, way: tuple[str, ...]) -> None:
    source, destination = two
    started(source.connection)
    told = said(source, "migrate", "web", destination.uri, *way, "--persistent", "--undefinesource")
    assert told == f"Domain web migrated to {destination.uri}\n"
    assert said(source, "list", "--all") == "Id   Name   State\n"
    assert said(destination, "list").split()[-1] == "running"


def test_the_options_of_a_migration_reach_it(two: Two, tmp_path: Path) -> None:
    source, destination = two
    domain = started(source.connection)
    described = tmp_path / "new.xml"
    text = hypervisor.domain_dump_description(domain).replace("The web guest", "Moved")
    described.write_text(text)
    told = said(
        source,
        *("migrate", "web", destination.uri, "--dname", "web2", "--xml", str(described)),
        *("--bandwidth", "7", "--abort-on-error", "--protocol", "v3", "--timeout", "60"),
    )
    assert told.endswith(" as web2\n")
    assert "<title>Moved</title>" in said(destination, "dumpxml", "web2")


def test_a_guest_is_moved_live_as_told(two: Two) -> None:
    source, destination = two
    started(source.connection)
    seen: list[hypervisor.Event] = []
    hypervisor.connect_add_migration_listener(source.connection, seen.append)
    words = ("--live", "--downtime", "0", "--iterations", "3", "--timeout", "60", "--verbose")
    # Progress goes to standard error.
    assert hv(source, "migrate", "web", destination.uri, *words).exit_code == 0
    kinds = [event.kind.removeprefix("migration-") for event in seen]
    assert kinds == ["begin", "round", "switch-over", "perform", "confirm"]
    told = said(source, "domjobinfo", "web", "--completed")
    assert "\nIteration:       1\n" in told


def test_the_limits_of_a_migration_at_work_change(two: Two) -> None:
    source, destination = two
    started(source.connection)
    seen: list[str] = []

    def change(event: hypervisor.Event) -> None:
        if event.kind == "migration-switch-over":
            for words in (("maxdowntime", "1234"), ("speed", "56")):
                seen.append(said(source, f"migrate-get{words[0]}", "web"))
                assert said(source, f"migrate-set{words[0]}", "web", words[1]) == ""
                seen.append(said(source, f"migrate-get{words[0]}", "web"))

    hypervisor.connect_add_migration_hook(source.connection, change)
    said(source, "migrate", "web", destination.uri, "--live", "--bandwidth", "7")
    assert seen == ["300\n", "1234\n", "7\n", "56\n"]
    done = hv(source, "migrate-setmaxdowntime", "web", "5")
    assert (done.exit_code, done.stderr) == (1, "error: guest 'web' is not being migrated\n")


@pytest.mark.parametrize("name", moving.REFUSED)
def test_an_option_that_cannot_be_had_is_named_with_the_reason(two: Two, name: str) -> None:
    started(two[0].connection)
    done = hv(two[0], "migrate", "web", two[1].uri, name)
    assert done.exit_code == 2
    assert f"option {name} cannot be had: {moving.REFUSED[name]}" in done.stderr
    assert said(two[0], "list").split()[-1] == "running"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("migrate", "web", "TO", "--nonsense"), 2, "--nonsense"),
        (("migrate", "web", "TO", "--timeout", "0"), 2, "--timeout"),
        (("migrate", "web", "TO", "--bandwidth", "-1"), 1, "option bandwidth: -1"),
        (("migrate", "web", "TO", "--protocol", "v9"), 1, "unknown protocol 'v9'"),
        (("migrate", "web", "TO", "--offline"), 1, "option --offline: guest 'web' is running"),
        (("migrate", "web", "TO", "--offline", "--p2p"), 2, "--offline cannot be combined with"),
        (("migrate", "web", "TO", "--offline", "--live"), 2, "cannot be combined with --live"),
        (("migrate", "web", "TO", "--offline", "--parallel"), 2, "combined with --parallel"),
        (("migrate", "web", "TO", "--offline", "--timeout-abort"), 2, "with --timeout-abort"),
        (
            *(("migrate", "web", "TO", "--offline", "--postcopy-bandwidth", "0"), 2),
            "with --postcopy-bandwidth",
        ),
        (("migrate", "web", "TO", "--downtime", "9"), 1, "option downtime: only for a guest that"),
        (("migrate", "web", "TO", "--live", "--downtime", "-1"), 1, "option downtime: -1"),
        (("migrate", "web", "TO", "--live", "--parallel"), 1, "option parallel: driver 'memory'"),
        (("migrate", "web", "TO", "--live", "--tunnelled"), 1, "option live: cannot be combined"),
        (("migrate", "web", "TO", "--live", "--protocol", "v2"), 1, "option live: protocol v2"),
        (("migrate", "web", "TO", "--timeout-suspend"), 2, "--timeout-suspend needs --live"),
        (("migrate", "web", "TO", "--timeout-abort"), 2, "--timeout-abort needs --timeout"),
        (("migrate", "web", "TO", "--parallel-connections", "2"), 2, "needs --parallel"),
        (("migrate", "web", "TO", "--postcopy"), 2, "--postcopy needs --live"),
        (("migrate", "web", "TO", "--live", "--timeout-postcopy"), 2, "needs --postcopy"),
        (("migrate", "web", "TO", "--live", "--postcopy-after-precopy"), 2, "needs --postcopy"),
        (
            tuple(f"migrate web TO --live --postcopy --timeout 9 {_BOTH}".split()),
            *(2, "--timeout-suspend cannot be combined with --timeout-postcopy"),
        ),
        (
            ("migrate", "web", "TO", "--live", "--postcopy", "--copy-storage-all"),
            *(1, "option postcopy: cannot be combined with copy_storage"),
        ),
        (("migrate-postcopy", "web"), 1, "guest 'web' is not being migrated"),
        (("migrate", "web", "memory:///"), 2, "its guests would end with this command"),
        (("migrate", "web", "remote:///nobody"), 1, "cannot connect to '/nobody'"),
        (("start", "web"), 1, "cannot create guest 'web': it is running"),
        (("start", "db"), 1, "no guest 'db'"),
        (("domjobabort", "web"), 1, "is not being migrated"),
        (("domjobinfo", "web", "--follow", "--completed"), 2, "cannot be combined"),
        (("resolve", "web", "--keep", "source", "--reason", "x"), 1, "is not being migrated"),
        (("resolve", "web", "--keep", "neither", "--reason", "x"), 2, "--keep"),
        (("define", "-"), 1, "error: "),
    ],
)
def test_what_cannot_be_is_a_line_and_a_status(
    two: Two, words: tuple[str, ...], status: int, message: str
) -> None:
    started(two[0].connection)
    done = hv(two[0], *(two[1].uri if word == "TO" else word for word in words))
    assert (done.exit_code, message in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.output
    assert said(two[0], "list").split()[-1] == "running"


def test_a_host_must_be_named(two: Two) -> None:
    done = hv(None, "list")
    assert (done.exit_code, "name one with --connect URI" in done.stderr) == (2, True)
    assert hv(None, "-c", two[0].uri, "list").exit_code == 0


def test_the_definition_of_a_guest_that_is_off_moves(two: Two) -> None:
    source, destination = two
    started(source.connection, "shutoff")
    described = said(source, "dumpxml", "web")
    said(source, "migrate", "web", destination.uri, "--offline", "--undefinesource")
    assert said(destination, "dumpxml", "web") == described
    assert said(source, "list", "--all") == "Id   Name   State\n"
    again = hv(destination, "migrate", "web", destination.uri, "--offline", "--undefinesource")
    assert (again.exit_code, "are the same host" in again.stderr) == (1, True)
    assert said(destination, "dumpxml", "web") == described


def test_a_guest_that_cannot_be_forgotten_here_has_moved_all_the_same(two: Two) -> None:
    source, destination = two
    started(source.connection)
    hypervisor.connect_add_migration_listener(
        source.connection,
        lambda event: (
            event.kind == "migration-confirm"
            and hypervisor.domain_undefine(Domain(source.connection, "web"))
        ),
    )
    done = hv(source, "migrate", "web", destination.uri, "--undefinesource")
    assert (done.exit_code, "the guest has moved, but" in done.stderr) == (1, True), done.output
    assert said(destination, "list").split()[-1] == "running"


def test_a_migration_that_takes_too_long_is_undone(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination = two
    started(source.connection)
    cancelled = threading.Event()
    cancel = Migration.cancel
    monkeypatch.setattr(Migration, "cancel", lambda self: (cancel(self), cancelled.set())[0])
    # Before Perform: so the migration is at work when its time is over.
    hypervisor.connect_add_migration_hook(
        destination.connection, lambda event: cancelled.wait(20) and None
    )
    done = hv(source, "migrate", "web", destination.uri, "--timeout", "0.1")
    assert (done.exit_code, "undone after 0.1 s" in done.stderr) == (1, True), done.output
    assert said(source, "list").split()[-1] == "running"


def test_statistics_are_told_of_the_guest_that_left(two: Two) -> None:
    source, destination = two
    started(source.connection)
    assert said(source, "domjobinfo", "web") == "Job type:        None\n"
    assert said(source, "domjobinfo", "web", "--completed") == "Job type:        None\n"
    said(source, "migrate", "web", destination.uri)
    told = said(source, "domjobinfo", "web", "--completed")
    names = [line.partition(":")[0] for line in told.splitlines()]
    assert names == [
        *("Job type", "Operation", "Step", "Time elapsed"),
        *("Data processed", "Data total", "Total downtime"),
    ]


def test_a_bar_follows_an_open_migration_to_its_end(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [DomainJob("open", "perform", part * 2**20, 2**22, 9, 0) for part in (0, 1, 1, 4)]
    moved = DomainJob("moved", "confirm", 2**22, 2**22, 12, 3)
    asked = iter([*states, moved, moved])
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(jobs.migrate, "domain_get_job", lambda domain: next(asked))
    started(two[0].connection)
    done = hv(two[0], "domjobinfo", "web", "--follow")
    drawn = done.stderr.rstrip("\n").split("\r")[1:]
    assert [line.partition("]")[2].split()[0] for line in drawn] == ["0", "25", "100"]
    assert len({len(line) for line in drawn}) == 1
    assert "4.0 MiB of 4.0 MiB" in drawn[-1]
    assert "Total downtime:  3 ms\n" in done.stdout


def test_a_migration_shows_a_bar_when_asked(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    source, destination = two
    started(source.connection)
    seen = threading.Event()
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.01)
    draw = jobs.bar
    monkeypatch.setattr(jobs, "bar", lambda found: (seen.set(), draw(found))[1])
    hypervisor.connect_add_migration_hook(
        destination.connection, lambda event: seen.wait(20) and None
    )
    done = hv(source, "migrate", "web", destination.uri, "--verbose")
    assert done.exit_code == 0
    assert "Migration: [----" in done.stderr


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (2**30 * 150, "150 GiB"),
        (2**60, "1048576 TiB"),
    ],
)
def test_sizes_have_units(count: int, text: str) -> None:
    assert jobs.size(count) == text


def test_hosts_are_listed(two: Two) -> None:
    started(two[0].connection)
    told = said(two[0], "hosts", two[0].uri, two[1].uri).splitlines()
    columns = "memory v3 v3-params v3-tunnelled v2 v1"
    assert [" ".join(line.split()[1:]) for line in told[1:]] == [f"{columns} 1 0", f"{columns} 0 0"]
    assert len(said(two[0], "hosts").splitlines()) == 2


@pytest.fixture
def left(two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a coordinator die before Finish; give its journal."""

    def stop(*args: object) -> str:
        raise Stop

    started(two[0].connection)
    path = str(tmp_path / "journal")
    with monkeypatch.context() as patch, FileJournal(path) as journal:
        patch.setattr(Migration, "_end3", stop)
        with pytest.raises(Stop):
            Migration(two[0].peer, two[1].peer, "web", journal=journal).run()
    return path


def test_what_a_dead_coordinator_left_is_undone_while_the_destination_is_away(
    two: Two, left: str
) -> None:
    source, destination = two
    rest = "; the destination must still discard what it has\n"
    told = said(source, "recover", left, source.uri, "remote:///nobody")
    assert told == f"Domain web: stayed: the source has the guest{rest}"
    told = said(source, "recover", left, source.uri, destination.uri)
    assert told == "Domain web: stayed: the source has the guest\n"
    assert said(source, "list").split()[-1] == "running"


def test_what_a_dead_coordinator_left_is_finished(two: Two, left: str) -> None:
    source, destination = two
    told = said(source, "recover", left, source.uri, destination.uri)
    assert told == "Domain web: moved: the destination has the guest\n"


def test_a_source_that_is_said_to_be_dead_needs_no_answer(two: Two, left: str) -> None:
    source, destination = two
    waits = hv(source, "recover", left, "remote:///nobody", destination.uri)
    assert (waits.exit_code, "the source does not answer" in waits.stderr) == (3, True)
    words = ("recover", left, "remote:///nobody", destination.uri, "--dead", "source")
    assert said(source, *words).startswith("Domain web: moved: ")


def test_an_administrator_resolves_what_is_left(two: Two, left: str) -> None:
    source = two[0]
    told = said(source, "resolve", "web", "--keep", "source", "--reason", "b burnt down")
    assert "if the destination runs it too, it runs twice" in told
    assert said(source, "list").split()[-1] == "running"


def test_an_unresolved_migration_has_a_status_of_its_own(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Migration) -> str:
        raise hypervisor.UnresolvedError("the destination does not answer")

    monkeypatch.setattr(Migration, "run", fail)
    started(two[0].connection)
    done = hv(two[0], "migrate", "web", two[1].uri)
    assert (done.exit_code, done.stderr) == (3, "error: the destination does not answer\n")


def test_a_host_recovers_what_it_drove_itself(two: Two) -> None:
    started(two[0].connection)
    assert said(two[0], "domrecover", "web") == "Nothing to recover\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_taught_to_complete(two: Two, shell: str) -> None:
    assert "_HV_COMPLETE" in said(two[0], "completion", shell)


def test_commands_options_and_guests_are_completed(two: Two) -> None:
    started(two[0].connection, name="web1")
    started(two[0].connection, name="web2")
    folder = Path(__file__).resolve().parents[1]
    for line, expected in [
        ("hv dom", "dominfo"),
        ("hv migrate web1 x --undef", "--undefinesource"),
        ("hv start web", "web1,web2"),
    ]:
        environment = {
            **os.environ,
            "_HV_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "PYTHONPATH": str(folder),
            "COMP_CWORD": str(len(line.split()) - 1),
            "HYPERVISOR_URI": two[0].uri,
        }
        command = [sys.executable, "-m", "hypervisor"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        found = [one.partition(",")[2] for one in done.stdout.splitlines()]
        assert set(expected.split(",")) <= set(found), done


@pytest.mark.parametrize("way", [(), ("--p2p",)])
@pytest.mark.parametrize(
    "when", [(), ("--postcopy-after-precopy",), ("--timeout", "9", "--timeout-postcopy")]
)
def test_a_guest_may_go_on_there_before_all_of_it_is(
    two: Two, when: tuple[str, ...], way: tuple[str, ...]
) -> None:
    started(two[0].connection)
    words = ("--live", "--postcopy", "--postcopy-bandwidth", "0", *when, *way)
    assert "migrated to" in said(two[0], "migrate", "web", two[1].uri, *words)
    assert said(two[1], "list").split()[-1] == "running"


def test_every_option_of_the_library_can_be_said() -> None:
    """`destination_uri` is set by the library, and no driver allows `uri_in`."""
    said_by = {"description": "xml"}
    command = group.commands["migrate"]
    names = {parameter.name for parameter in command.params}
    fields = set(Options.__dataclass_fields__) - {"destination_uri", "uri_in", "timeout_action"}
    assert {"timeout_suspend", "timeout_abort"} <= names
    assert {said_by.get(name, name) for name in fields} <= names
