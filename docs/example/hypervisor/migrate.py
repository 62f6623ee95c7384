"""The public calls that move a guest from host to host: they drive the steps of the drivers."""

from __future__ import annotations

from dataclasses import replace

from .api import Domain
from .driver import Connection
from .errors import MigrationError, UnsupportedError
from .migration import host as _hosts
from .migration import recovery
from .migration.coordinator import Migration, Options
from .migration.events import Hook, Listener
from .migration.journal import Journal
from .migration.peer import PUBLISHED, LocalPeer, Peer
from .migration.recovery import Fence, Result, no_fence
from .remote import peers
from .remote.client import RemotePeer
from .remote.connection import RemoteHost
from .remote.events import Ended


def domain_migrate(
    domain: Domain,
    destination: Connection,
    options: Options | None = None,
    journal: Journal | None = None,
    fence: Fence = no_fence,
) -> Domain:
    """Move an active guest to another host, by the best protocol that both sides support.

    A migration that fails is undone or finished at once; when neither is possible yet, it is left
    to `migration_recover` with the journal.

    Raises MigrationError with what it found and where the guest is;
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
    source = peers.of(domain.connection)
    return Migration(source, peers.of(destination), domain.name, options, journal)


def domain_migrate_to_uri(
    domain: Domain,
    uri: str,
    options: Options | None = None,
    journal: Journal | None = None,
    fence: Fence = no_fence,
) -> str:
    """Move an active guest from peer to peer: its own host drives the destination.

    The URI is `remote:///path`, or what `connect_publish` was given. Gives the guest's name there.
    A host in another process keeps the journal and has the fence itself. Raises as `domain_migrate`
    does, and InvalidUriError when no host is published under the URI.
    """
    wanted = Options() if options is None else options
    source = peers.of(domain.connection)
    if isinstance(source, RemotePeer):
        if journal is not None or fence is not no_fence:
            raise MigrationError("a remote host has a journal and a fence of its own")
        return source.migrate(domain.name, uri, wanted)
    wanted = replace(wanted, destination_uri=uri)
    return Migration(source, peers.find(uri), domain.name, wanted, journal).run(fence)


def migration_recover(
    journal: Journal,
    source: Connection | str,
    destination: Connection | str,
    fence: Fence = no_fence,
) -> Result:
    """Finish or undo a migration whose coordinator died; see `migration.recovery.recover`.

    A host may be named by its URI, since a host that died has no connection.
    """
    return recovery.recover(journal, _peer(source), _peer(destination), fence)


def connect_publish(connection: Connection, uri: str) -> None:
    """Let a host be reached under a URI, for migration from peer to peer within this process."""
    PUBLISHED.publish(uri, LocalPeer(connection))


def connect_add_migration_hook(connection: Connection, hook: Hook) -> None:
    """Ask `hook` before each step of migration on a host; raising HypervisorError refuses it.

    Raises UnsupportedError for a host in another process: its steps do not wait for others.
    """
    if isinstance(connection.private_data, RemoteHost):
        why = "the host is another process, and only there it can be asked"
        raise UnsupportedError(connection.driver.name, "connect_add_migration_hook", why)
    _hosts.of(connection).audience.hooks.append(hook)


def connect_add_migration_listener(
    connection: Connection, listener: Listener, ended: Ended | None = None
) -> None:
    """Tell `listener` after each step of migration on a host, until the connection is closed.

    A host in another process tells it in a thread of this one, a moment later, and does not
    wait: a listener that is too slow gets no more events. `ended` is called then, or when the host
    is gone; without it, that is logged. Raises PeerLostError, and RemoteError when the host has too
    many listeners.
    """
    host = connection.private_data
    if isinstance(host, RemoteHost):
        with connection.lock:
            host.listening.append(host.peer.listen(listener, ended))
    else:
        _hosts.of(connection).audience.listeners.append(listener)


def _peer(host: Connection | str) -> Peer:
    return peers.find(host) if isinstance(host, str) else peers.of(host)
