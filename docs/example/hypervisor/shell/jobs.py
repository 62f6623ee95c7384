"""Commands about a migration that is at work: how far it has come, and to undo it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from .. import api, migrate
from ..api import Domain
from ..errors import HypervisorError
from ..values import DomainJob
from .context import on_guest

LOOK_SECONDS = 0.1
_WIDTH = 30


@click.command()
@click.option("--completed", is_flag=True, help="Of the last migration of a guest that has left.")
@click.option("--follow", is_flag=True, help="Show a progress bar until the migration is over.")
@on_guest
def domjobinfo(domain: Domain, completed: bool, follow: bool) -> None:
    """Tell how a guest's migration stands."""
    if follow:
        if completed:
            raise click.UsageError("--follow cannot be combined with --completed")
        watch(lambda: migrate.domain_get_job(domain))
    found = migrate.domain_get_job(domain)
    shown = "moved" if completed or follow else "open"
    if found.state != shown:
        click.echo(f"{'Job type:':<17}None")
        return
    rows: list[tuple[str, object]] = [
        ("Job type", "Completed" if found.state == "moved" else "Unbounded"),
        ("Operation", "Outgoing migration" if found.state == "moved" else "Migration"),
        ("Step", found.step),
        ("Time elapsed", f"{found.milliseconds} ms"),
    ]
    if found.total:
        rows += [("Data processed", size(found.sent)), ("Data total", size(found.total))]
    if found.iteration:
        rows.append(("Iteration", found.iteration))
    if found.iteration and found.state == "open":
        rows += [
            ("Data remaining", size(found.remaining)),
            ("Expected downtime", f"{found.expected} ms"),
        ]
    if found.state == "moved":
        rows.append(("Total downtime", f"{found.downtime} ms"))
    for name, value in rows:
        click.echo(f"{name + ': ':<17}{value}")


@click.command()
@on_guest
def domjobabort(domain: Domain) -> None:
    """Undo the migration of a guest, at the host that it leaves."""
    api.domain_abort_job(domain)


@click.command("migrate-setmaxdowntime")
@on_guest
@click.argument("downtime", metavar="MS", type=int)
def set_max_downtime(domain: Domain, /, downtime: int) -> None:
    """Change for how long a guest that is being sent live may be paused."""
    api.domain_migrate_set_max_downtime(domain, downtime)


@click.command("migrate-getmaxdowntime")
@on_guest
def get_max_downtime(domain: Domain) -> None:
    """Print for how many milliseconds a guest that is being sent live may be paused."""
    click.echo(api.domain_migrate_get_max_downtime(domain))


@click.command("migrate-setspeed")
@on_guest
@click.argument("bandwidth", metavar="MIB/S", type=int)
def set_speed(domain: Domain, /, bandwidth: int) -> None:
    """Change how fast a guest is sent live; 0: no limit."""
    api.domain_migrate_set_max_speed(domain, bandwidth)


@click.command("migrate-getspeed")
@on_guest
def get_speed(domain: Domain) -> None:
    """Print how many MiB/s of a guest may be sent live; 0: no limit."""
    click.echo(api.domain_migrate_get_max_speed(domain))


@click.command("migrate-postcopy")
@on_guest
def start_post_copy(domain: Domain) -> None:
    """Let a guest go on at its destination before all of its memory has come.

    It must be on its way by `migrate --live --postcopy`. Until all of its memory has come, it is
    lost when either host dies.
    """
    api.domain_migrate_start_post_copy(domain)


def watch(ask: Callable[[], DomainJob], over: Callable[[], bool] | None = None) -> None:
    """Draw a progress bar on standard error until it is over; None: until no migration is open.

    A host that does not answer has nothing to show; whoever migrates says so.
    """
    drawn = ""
    while over is None or not over():
        try:
            found = ask()
        except HypervisorError:
            break
        if found.state == "open":
            if (line := bar(found)) != drawn:
                drawn = line
                click.echo(f"\r{line}", nl=False, err=True)
        elif over is None:
            break
        time.sleep(LOOK_SECONDS)
    if drawn:
        click.echo(err=True)


@contextmanager
def watched(ask: Callable[[], DomainJob]) -> Iterator[None]:
    """Draw the bar while a block is at work."""
    over = threading.Event()
    drawer = threading.Thread(target=watch, args=(ask, over.is_set), daemon=True)
    drawer.start()
    try:
        yield
    finally:
        over.set()
        drawer.join()


def bar(found: DomainJob) -> str:
    """Draw how far a migration has come; it has as many characters at each step."""
    part = found.sent / found.total if found.total else 0.0
    filled = round(_WIDTH * min(part, 1.0))
    drawn = "#" * filled + "-" * (_WIDTH - filled)
    sizes = f"{size(found.sent)} of {size(found.total)}" if found.total else ""
    return f"Migration: [{drawn}] {100 * min(part, 1.0):3.0f} % {found.step:<7} {sizes:<24}"


def size(count: int) -> str:
    """Write a number of bytes with three digits and a unit."""
    value, units = float(count), ["TiB", "GiB", "MiB", "KiB", "B"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop()
    is_whole = value >= 100 or units[-1] == "B"
    return f"{value:.{0 if is_whole else 1}f} {units[-1]}"


COMMANDS = (
    *(domjobinfo, domjobabort),
    *(set_max_downtime, get_max_downtime, set_speed, get_speed, start_post_copy),
)
