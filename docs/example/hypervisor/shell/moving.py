"""Commands that move a guest, and that end what was left of a move."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

import click

from .. import api, migrate
from ..api import Domain
from ..driver import Connection
from ..errors import (
    GuestLostError,
    HypervisorError,
    InvalidStateError,
    MigrationError,
    OptionError,
)
from ..migration import conduct, records
from ..migration.options import Options
from ..migration.parameters import CONNECTIONS
from ..migration.protocols import PROTOCOLS
from ..migration.recovery import Result
from ..remote import peers
from ..remote.client import RemotePeer
from ..values import DomainState
from . import jobs
from .context import on_guest, opened

#: Options of virsh that cannot be had, with the reason.
REFUSED = {
    "--copy-storage-inc": "disks are copied whole, by --copy-storage-all",
    "--postcopy-resume": "the hosts mend a broken connection by themselves",
    "--auto-converge": "no guest is slowed down; --timeout-suspend pauses it",
    "--compressed": "what is sent is not compressed",
    "--tls": "guests go over sockets of this machine",
    "--unsafe": "there is no check that it would leave out",
    "--migrateuri": "the destination chooses where it listens",
    "--listen-address": "the destination chooses where it listens",
    "--graphicsuri": "the destination says itself where the guest's screen is",
}


def refused(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that cannot be had: they are not in the help, and say why."""

    def refuse(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            name = parameter.opts[0]
            raise click.UsageError(f"option {name} cannot be had: {REFUSED[name]}", context)

    for name in REFUSED:
        option = click.option(
            name, is_flag=True, hidden=True, expose_value=False, callback=refuse, is_eager=True
        )
        command = option(command)
    return command


@click.command("migrate")
@refused
@on_guest
@click.argument("desturi", metavar="DESTURI")
@click.option("--live", is_flag=True, help="Let it run while it is sent; pause it for the last.")
@click.option("--p2p", is_flag=True, help="The guest's own host drives it and keeps the journal.")
@click.option("--tunnelled", is_flag=True, help="Through the connection of who drives it.")
@click.option("--persistent", is_flag=True, help="Stay defined there; guests here always do.")
@click.option("--undefinesource", is_flag=True, help="Forget the guest here when it has moved.")
@click.option("--offline", is_flag=True, help="Only the definition, of a guest that is off.")
@click.option("--dname", metavar="NAME", help="The guest's name there.")
@click.option("--xml", type=click.File(encoding="utf-8"), help="What the guest is to be there.")
@click.option("--bandwidth", metavar="MIB/S", type=int, help="At most; 0: no limit.")
@click.option("--downtime", metavar="MS", type=int, help="Live: the longest pause. [default: 300]")
@click.option("--iterations", metavar="N", type=int, help="Live: pause it after so many rounds.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, min_open=True),
    help="Live: pause it then and send the rest; otherwise undo it.",
)
@click.option("--timeout-suspend", is_flag=True, help="Live: what --timeout does anyway.")
@click.option("--timeout-abort", is_flag=True, help="Live: undo it after --timeout.")
@click.option(
    "--postcopy",
    is_flag=True,
    help="Live: it may go on there before all of its memory has come: on migrate-postcopy,"
    " --timeout-postcopy or --postcopy-after-precopy. From then until all of it has come, the guest"
    " is lost when either host dies.",
)
@click.option(
    "--timeout-postcopy", is_flag=True, help="--postcopy: let it go on there after --timeout."
)
@click.option(
    "--postcopy-after-precopy", is_flag=True, help="--postcopy: let it go on there after one round."
)
@click.option(
    "--postcopy-bandwidth",
    metavar="MIB/S",
    type=int,
    help="--postcopy: at most, once it has gone on there; 0: no limit.",
)
@click.option(
    "copy_storage",
    "--copy-storage-all",
    "--copy-storage",
    is_flag=True,
    help="Copy its disks, too.",
)
@click.option("--parallel", is_flag=True, help="Over several connections.")
@click.option("--parallel-connections", metavar="N", type=int, help="Over so many. [default: 2]")
@click.option("--abort-on-error", is_flag=True, help="Undo it on any error; that is always done.")
@click.option("--protocol", metavar="NAME", help="Only this one, such as v3; see `hosts`.")
@click.option("--verbose", is_flag=True, help="Show a progress bar.")
def migrate_(domain: Domain, /, desturi: str, **options: Any) -> None:
    """Move a guest to the host at DESTURI.

    A migration that fails is undone or finished at once. Where that is not possible yet, the exit
    status is 3 and the message names the journal, for `recover`.
    """
    given = {
        name: value for name, value in options.items() if value is not None and value is not False
    }
    if given.get("offline"):
        name = _move_definition(domain, desturi, given)
    else:
        name = _move(domain, desturi, given)
    click.echo(f"Domain {domain.name} migrated to {desturi}{_as(name, domain)}")
    if given.get("undefinesource"):
        _undefine(domain)


def _is_left_out(value: object) -> bool:
    return value is None or value is False


def _require_sense(given: dict[str, Any]) -> None:
    """Refuse what says nothing without another option, or against it."""
    needs = {
        "timeout_suspend": ("live", "timeout"),
        "timeout_abort": ("timeout",),
        "timeout_postcopy": ("postcopy", "timeout"),
        "postcopy": ("live",),
        "postcopy_after_precopy": ("postcopy",),
        "postcopy_bandwidth": ("postcopy",),
        "parallel_connections": ("parallel",),
    }
    for name, others in needs.items():
        for other in others:
            if name in given and other not in given:
                raise click.UsageError(f"{_option(name)} needs {_option(other)}")
    acts = [name for name in ("suspend", "abort", "postcopy") if f"timeout_{name}" in given]
    if len(acts) > 1:
        first, second = acts[:2]
        raise click.UsageError(f"--timeout-{first} cannot be combined with --timeout-{second}")
    if "postcopy_after_precopy" in given and "iterations" in given:
        raise click.UsageError("--postcopy-after-precopy cannot be combined with --iterations")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _as(name: str, domain: Domain) -> str:
    return "" if name == domain.name else f" as {name}"


def _undefine(domain: Domain) -> None:
    try:
        api.domain_undefine(domain)
    except HypervisorError as error:
        raise MigrationError(f"the guest has moved, but is still defined here: {error}") from error


def _move(domain: Domain, desturi: str, given: dict[str, Any]) -> str:
    file: TextIO | None = given.get("xml")
    live = "live" in given
    _require_sense(given)
    strikes = live and "timeout" in given and "timeout_abort" not in given
    action = "postcopy" if "timeout_postcopy" in given else "suspend"
    wanted = Options(
        protocol=given.get("protocol"),
        dname=given.get("dname"),
        description=file.read() if file else None,
        bandwidth=given.get("bandwidth", 0),
        tunnelled="tunnelled" in given,
        live=live,
        downtime=given.get("downtime"),
        iterations=1 if "postcopy_after_precopy" in given else given.get("iterations"),
        timeout=given.get("timeout") if strikes else None,
        timeout_action=action if strikes else None,
        parallel=given.get("parallel_connections", CONNECTIONS) if "parallel" in given else None,
        copy_storage="copy_storage" in given,
        postcopy="postcopy" in given,
        postcopy_bandwidth=given.get("postcopy_bandwidth"),
    )
    # All of it is undone then, and not only the sending.
    limit = None if strikes else given.get("timeout")
    watched = jobs.watched(lambda: migrate.domain_get_job(domain))
    with watched if "verbose" in given else nullcontext():
        if "p2p" in given:
            with _limited(limit, lambda: api.domain_abort_job(domain)):
                return migrate.domain_migrate_to_uri(domain, desturi, wanted)
        with opened(desturi) as destination:
            migration = migrate.domain_migration(domain, destination, wanted)
            with _limited(limit, migration.cancel):
                return migration.run()


@contextmanager
def _limited(seconds: float | None, cancel: Callable[[], object]) -> Iterator[None]:
    """Cancel what a block does when it takes longer; then its error says so."""
    if seconds is None:
        yield
        return
    struck = threading.Event()

    def strike() -> None:
        struck.set()
        try:
            cancel()
        except HypervisorError as error:
            click.echo(f"the migration cannot be undone after {seconds:g} s: {error}", err=True)

    timer = threading.Timer(seconds, strike)
    timer.start()
    try:
        yield
    except GuestLostError:
        raise
    except MigrationError as error:
        if struck.is_set() and error.journal is None:
            raise MigrationError(f"undone after {seconds:g} s: {error}") from error
        raise
    finally:
        timer.cancel()
        timer.join()


#: What says how a guest is sent, and so makes no sense for one that is not.
_OF_SENDING = (
    *("live", "p2p", "tunnelled", "bandwidth", "downtime", "iterations", "timeout", "parallel"),
    *("protocol", "verbose", "copy_storage", "parallel", "parallel_connections", "postcopy"),
    *("timeout_suspend", "timeout_abort", "timeout_postcopy"),
    *("postcopy_after_precopy", "postcopy_bandwidth"),
)


def _move_definition(domain: Domain, desturi: str, given: dict[str, Any]) -> str:
    for name in _OF_SENDING:
        if name in given:
            raise click.UsageError(
                f"--offline cannot be combined with {_option(name)}: nothing is sent"
            )
    state = api.domain_get_info(domain).state
    if state in (DomainState.RUNNING, DomainState.PAUSED):
        raise InvalidStateError(f"option --offline: guest {domain.name!r} is {state.value}")
    file: TextIO | None = given.get("xml")
    text = file.read() if file else api.domain_dump_description(domain)
    with opened(desturi) as destination:
        if peers.of(destination).identity() == peers.of(domain.connection).identity():
            raise MigrationError("source and destination are the same host")
        if "dname" in given:
            raise OptionError("option dname: a guest that is off keeps its name")
        return api.domain_define(destination, text).name


@click.command()
@click.argument("journal", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source", metavar="SOURCE")
@click.argument("destination", metavar="DESTINATION")
@click.option(
    "--dead",
    type=click.Choice(["source", "destination"]),
    multiple=True,
    help="This host is certainly switched off: nothing of it runs, or ever will.",
)
def recover(journal: Path, source: str, destination: str, dead: tuple[str, ...]) -> None:
    """Finish or undo what JOURNAL tells of, between the hosts at two URIs."""
    history = conduct.read(records.read(journal))
    identities = {getattr(history.plan, side) for side in dead} if history else set()
    result = migrate.migration_recover(journal, source, destination, identities.__contains__)
    _tell(result)


@click.command()
@on_guest
def domrecover(domain: Domain) -> None:
    """Let the host finish or undo the migrations of a guest that it drives itself (--p2p)."""
    found = migrate.domain_recover(domain)
    for result in found:
        _tell(result)
    if not found:
        click.echo("Nothing to recover")


def _tell(result: Result) -> None:
    rest = "; the destination must still discard what it has" if result.pending else ""
    click.echo(f"Domain {result.name}: {result.outcome.value}: {result.why}{rest}")


@click.command()
@on_guest
@click.option("--keep", type=click.Choice(["source", "destination"]), required=True)
@click.option("--reason", metavar="TEXT", required=True, help="Why that is right, for the log.")
@click.option("--other", metavar="URI", help="The other host, to be looked at.")
def resolve(domain: Domain, keep: str, reason: str, other: str | None) -> None:
    """End a guest's migration on this host by your word, when no step can.

    It prints what that risks: when the other side is not as you say, the guest runs twice or is
    lost.
    """
    click.echo(migrate.domain_resolve(domain, keep, reason, other))


def about(connection: Connection) -> tuple[str, str, str, str]:
    """Tell of a host its driver, its protocols, its guests, and its open migrations."""
    peer = peers.of(connection)
    assert isinstance(peer, RemotePeer)
    slots = peer.slots
    spoken = [
        each.name for each in PROTOCOLS if slots.issuperset((*each.source, *each.destination))
    ]
    count = len(api.domain_list(connection))
    return peer.driver, " ".join(spoken) or "-", str(count), str(len(peer.jobs()))


COMMANDS = (migrate_, recover, domrecover, resolve)
