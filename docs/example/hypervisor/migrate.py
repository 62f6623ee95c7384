"""The public calls that move a guest from host to host: they drive the steps of the drivers."""

from __future__ import annotations

from dataclasses import replace

from .api import Domain
from .driver import Connection
from .migration import host as _hosts
from .migration import recovery
from .migration.coordinator import Migration, Options
from .migration.events import Hook, Listener
from .migration.journal import Journal
from .migration.peer import PUBLISHED, LocalPeer
from .migration.recovery import Fence, Result, nobody_fences


def domain_migrate(
    domain: Domain,
    destination: Connection,
    options: Options | None = None,
    journal: Journal | None = None,
    fence: Fence = nobody_fences,
) -> Domain:
    """Move an active guest to another host, by the best protocol that both sides support.

    What fails is undone or finished at once; what can be neither yet is told by the journal, and
    left to `migration_recover`. Raises MigrationError with what it found and where the guest is;
    MigrationCancelledError after `domain_abort_job`; UnresolvedError when a host is silent.
    """
    migration = domain_migration(domain, destination, options, journal)
    return Domain(destination, migration.run(fence))


def domain_migration(
    domain: Domain,
    destination: Connection,
    options: Options | None = None,
    journal: Journal | None = None,
) -> Migration:
    """Plan a migration, which `run` does and `cancel` undoes, from any thread.

    Raises MigrationError when the two hosts have no protocol in common.
    """
    source = LocalPeer(domain.connection)
    return Migration(source, LocalPeer(destination), domain.name, options, journal)


def domain_migrate_to_uri(
    domain: Domain,
    uri: str,
    options: Options | None = None,
    journal: Journal | None = None,
    fence: Fence = nobody_fences,
) -> str:
    """Move an active guest from peer to peer: its own host drives the destination.

    Gives the guest's name there. Raises as `domain_migrate` does, and InvalidUriError when no host
    is published under the URI.
    """
    wanted = replace(Options() if options is None else options, destination_uri=uri)
    source = LocalPeer(domain.connection)
    return Migration(source, PUBLISHED.find(uri), domain.name, wanted, journal).run(fence)


def migration_recover(
    journal: Journal, source: Connection, destination: Connection, fence: Fence = nobody_fences
) -> Result:
    """Finish or undo a migration whose coordinator died; see `migration.recovery.recover`."""
    return recovery.recover(journal, LocalPeer(source), LocalPeer(destination), fence)


def connect_publish(connection: Connection, uri: str) -> None:
    """Let a host be reached under a URI, for migration from peer to peer within this process."""
    PUBLISHED.publish(uri, LocalPeer(connection))


def connect_add_migration_hook(connection: Connection, hook: Hook) -> None:
    """Ask `hook` before each step of migration on a host; raising HypervisorError refuses it."""
    _hosts.of(connection).audience.hooks.append(hook)


def connect_add_migration_listener(connection: Connection, listener: Listener) -> None:
    """Tell `listener` after each step of migration on a host."""
    _hosts.of(connection).audience.listeners.append(listener)
