"""The public calls that move a guest from host to host: they drive the steps of the drivers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .api import Domain
from .driver import Connection
from .errors import MigrationError, OptionError, UnsupportedError
from .migration import host as _hosts
from .migration import recovery, resolve, shelf
from .migration.coordinator import Migration
from .migration.events import Hook, Listener
from .migration.journal import FileJournal, Journal
from .migration.options import Options
from .migration.peer import PUBLISHED, LocalPeer, Peer
from .migration.recovery import Fence, Result, no_fence
from .remote import peers
from .remote.client import RemotePeer
from .remote.connection import RemoteHost
from .remote.events import Ended
from .values import DomainJob


def domain_migrate(
    domain: Domain,
    destination: Connection,
    options: Options | None = None,
    journal: Journal | None = None,
    fence: Fence = no_fence,
) -> Domain:
    """Move an active guest to another host, by the best protocol that both sides support.

    A migration that fails is undone or finished at once; when neither is possible yet, it is left
    to `migration_recover` with the journal, which the error carries. Where none is given, it is on
    disk when a host is another process; see `migration.shelf`.

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


def domain_recover(domain: Domain) -> list[Result]:
    """Let a host in another process finish or undo the migrations of a guest that it drives itself.

    Those are from peer to peer, whose journals are there. Raises as `migration_recover` does, and
    UnsupportedError for a host of this process, which keeps no journals.
    """
    source = peers.of(domain.connection)
    if not isinstance(source, RemotePeer):
        why = "a host of this process keeps no journals: see migration_recover"
        raise UnsupportedError(domain.driver.name, "domain_recover", why)
    return source.recover(domain.name)


def domain_get_job(domain: Domain) -> DomainJob:
    """Tell how the migration of a guest stands on its host; `state` is `none` where none is known.

    Of a guest that has left, what the destination said in Finish is told: what was sent, and for
    how long the guest did not run. The destination keeps none of that.
    """
    host = domain.connection.private_data
    if isinstance(host, RemoteHost):
        return host.peer.status(domain.name)
    return _hosts.of(domain.connection).status(domain.name)


def domain_resolve(
    domain: Domain, keep: str, reason: str, other: Connection | str | None = None
) -> str:
    """End a guest's migration on one host by an administrator's word, when no step can.

    `keep` is `source` or `destination`, where the guest is to go on; `other` is the host on the
    other side, which is looked at. Gives a sentence that says what it risks. See
    `migration.resolve.resolve`, also for the errors.
    """
    host = domain.connection.private_data
    if not isinstance(host, RemoteHost):
        peer = None if other is None else _peer(other)
        return resolve.resolve(domain.connection, domain.name, keep, reason, peer)
    if isinstance(other, Connection):
        there = peers.of(other)
        if not isinstance(there, RemotePeer):
            raise OptionError("option other: a host in another process cannot look at one in this")
        other = peers.uri_of(there.path)
    return host.peer.resolve(domain.name, keep, reason, other)


def connect_set_aside_journals(connection: Connection, guest: str, reason: str) -> list[str]:
    """Move the damaged journals of a guest away on a host in another process; give the new paths.

    While they are there, the guest can neither start nor be recovered on that host; once they are
    not, nothing tells any more whether it runs elsewhere. Whole ones stay: JournalError when none
    is damaged, LeaseError when the guest's lease is held. Raises UnsupportedError for a host of
    this process, which keeps none on disk.
    """
    host = connection.private_data
    if not isinstance(host, RemoteHost):
        why = "a host of this process keeps no journals on disk"
        raise UnsupportedError(connection.driver.name, "connect_set_aside_journals", why)
    return host.peer.set_aside(guest, reason)


def migration_recover(
    journal: Journal | Path | str,
    source: Connection | str,
    destination: Connection | str,
    fence: Fence = no_fence,
) -> Result:
    """Finish or undo a migration whose coordinator died; see `migration.recovery.recover`.

    The journal may be named by its path, and a host by its URI, since a host that died has no
    connection.
    """
    if isinstance(journal, (Path, str)):
        with FileJournal(journal) as opened, shelf.kept(opened):
            return recovery.recover(opened, _peer(source), _peer(destination), fence)
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
