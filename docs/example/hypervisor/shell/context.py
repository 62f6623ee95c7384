"""What the commands share: the host that they talk to, guests by name, and how errors end them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import click
from click.shell_completion import CompletionItem

from .. import api
from ..api import Domain
from ..driver import Connection
from ..errors import HypervisorError, UnresolvedError
from ..remote import peers

#: Names the host where `--connect` does not.
VARIABLE = "HYPERVISOR_URI"
#: Exit statuses: a call failed; a migration is neither finished nor undone yet, see `recover`.
FAILED = 1
UNRESOLVED = 3

_P = ParamSpec("_P")


@contextmanager
def opened(uri: str | None) -> Iterator[Connection]:
    """Open a connection to a host that outlives this command, and leave it in the end.

    Raises click.UsageError where none is named, or its guests would end with the command.
    """
    if not uri:
        raise click.UsageError(f"no host: name one with --connect URI, or set {VARIABLE}")
    if not peers.is_remote(uri):
        raise click.UsageError(
            f"{uri}: its guests would end with this command. Serve them with"
            f" `python -m hypervisor.hostd {uri} --listen SOCKET` and name remote:///SOCKET"
        )
    connection = api.connect_open(uri)
    try:
        yield connection
    finally:
        api.connect_close(connection)


def on_host(body: Callable[Concatenate[Connection, _P], None]) -> Callable[_P, None]:
    """Give a command an open connection as its first argument."""

    @wraps(body)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        with opened(click.get_current_context().find_root().params["connect"]) as connection:
            body(connection, *args, **kwargs)

    return run


def on_guest(body: Callable[Concatenate[Domain, _P], None]) -> Callable[..., None]:
    """Give a command the guest that its argument DOMAIN names; raise NoDomainError."""

    @click.argument("domain", metavar="DOMAIN", shell_complete=_guests)
    @wraps(body)
    def run(domain: str, *args: _P.args, **kwargs: _P.kwargs) -> None:
        with opened(click.get_current_context().find_root().params["connect"]) as connection:
            body(api.domain_lookup(connection, domain), *args, **kwargs)

    return run


def _guests(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete the name of a guest; a host that cannot be asked has none."""
    uri = context.find_root().params.get("connect")
    try:
        with opened(uri) as connection:
            names = [domain.name for domain in api.domain_list(connection)]
    except (HypervisorError, click.UsageError):
        return []
    return [CompletionItem(name) for name in names if name.startswith(begun)]


class Shell(click.Group):
    """The group of the commands: an error of the library is a line and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except UnresolvedError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(UNRESOLVED)
        except HypervisorError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(FAILED)
