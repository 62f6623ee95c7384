"""The commands: `python -m hypervisor --connect URI COMMAND`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

import click
from click.shell_completion import get_completion_class

from .. import api
from ..api import Domain
from ..driver import Connection
from ..values import DomainState
from ..version import VERSION
from . import jobs, moving
from .context import VARIABLE, Shell, on_guest, on_host, opened

#: What the command is called in a shell that completes it.
NAME = "hv"


@click.group(cls=Shell, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--connect",
    metavar="URI",
    envvar=VARIABLE,
    help=f"The host: remote:///SOCKET, as hostd serves it (default: ${VARIABLE}).",
)
@click.version_option(VERSION, message="%(version)s")
def group(connect: str | None) -> None:
    """See and move the guests of a host, with the words of virsh.

    Exit status: 0 done; 1 refused or failed; 2 the command line makes no sense; 3 a migration is
    neither finished nor undone yet, see `recover`.
    """


@group.command("list")
@click.option("--all", "is_all", is_flag=True, help="List those too that are off.")
@click.option("--name", "only_names", is_flag=True, help="Print names and nothing else.")
@on_host
def list_(connection: Connection, is_all: bool, only_names: bool) -> None:
    """List the guests of the host that are active."""
    rows = []
    for domain in api.domain_list(connection):
        info = api.domain_get_info(domain)
        if is_all or info.state in (DomainState.RUNNING, DomainState.PAUSED):
            rows.append((str(info.id or "-"), domain.name, info.state.value))
    if only_names:
        for _, name, _ in rows:
            click.echo(name)
    else:
        table([("Id", "Name", "State"), *rows])


def table(rows: list[tuple[str, ...]]) -> None:
    """Print rows, the first of which is the heading, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("   ".join(cells).rstrip())


@group.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@on_host
def define(connection: Connection, file: TextIO) -> None:
    """Define a guest from the description in FILE (`-`: standard input)."""
    click.echo(f"Domain {api.domain_define(connection, file.read()).name} defined")


def _simple(name: str, call: Callable[[Domain], None], done: str, summary: str) -> None:
    """Add a command that makes one call with a guest, and says that it did."""

    def run(domain: Domain) -> None:
        call(domain)
        click.echo(f"Domain {domain.name} {done}")

    group.command(name, help=summary)(on_guest(run))


_simple("start", api.domain_create, "started", "Start a guest that is off.")
_simple("suspend", api.domain_suspend, "suspended", "Pause a running guest.")
_simple("resume", api.domain_resume, "resumed", "Let a paused guest go on.")
_simple("reset", api.domain_reset, "reset", "Start an active guest over, with blank memory.")
_simple("shutdown", api.domain_shutdown, "shut down", "Ask a guest to end, and wait for it.")
_simple("destroy", api.domain_destroy, "destroyed", "End an active guest at once.")
_simple("undefine", api.domain_undefine, "undefined", "Forget a guest that is off.")


@group.command()
@on_guest
def dumpxml(domain: Domain) -> None:
    """Print a guest's description, which `define` takes."""
    click.echo(api.domain_dump_description(domain).rstrip("\n"))


@group.command()
@on_guest
def dominfo(domain: Domain) -> None:
    """Print a guest's state, size and clock."""
    info = api.domain_get_info(domain)
    for name, value in (
        ("Id", info.id or "-"),
        ("Name", domain.name),
        ("State", info.state.value),
        ("CPU(s)", info.vcpus),
        ("Memory", f"{info.memory_kib} KiB"),
        ("Ticks", info.ticks),
        ("Uptime", f"{info.uptime:.1f} s"),
    ):
        click.echo(f"{name + ':':<10}{value}")


@group.command()
@click.argument("uris", metavar="[URI]...", nargs=-1)
@click.pass_context
def hosts(context: click.Context, uris: tuple[str, ...]) -> None:
    """Say which hosts answer, each with its driver, protocols and guests.

    Without URI: the host of --connect.
    """
    rows = [("Host", "Driver", "Protocols", "Guests", "Open migrations")]
    for uri in uris or (context.find_root().params["connect"],):
        with opened(uri) as connection:
            rows.append((uri, *moving.about(connection)))
    table(list(rows))


@group.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what lets a shell complete commands, options and guests, for the command `hv`.

    In bash: source <(python -m hypervisor completion bash)
    """
    starts = 'hv() { python -m hypervisor "$@"; }'
    if shell == "fish":
        starts = "function hv; python -m hypervisor $argv; end"
    found = get_completion_class(shell)
    assert found is not None
    click.echo(f"{starts}\n{found(group, {}, NAME, '_HV_COMPLETE').source()}")


for command in (*moving.COMMANDS, *jobs.COMMANDS):
    group.add_command(command)


def main() -> None:
    """Run the command line."""
    group(prog_name=NAME, complete_var="_HV_COMPLETE")
