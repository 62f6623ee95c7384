"""What a host serves to others: its driver's calls, and what is the host's own.

What must survive a restart is in journals in the directory `state`: the leases, and for each
migration that the host drives itself, from peer to peer, what a coordinator notes.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..calls import call, call_unlocked
from ..driver import Connection
from ..errors import JournalError, MigrationError, OptionError, RemoteError
from ..migration import conduct, records, recovery, resolve, tunnel
from ..migration import host as _hosts
from ..migration import journal as _journal
from ..migration.coordinator import Migration
from ..migration.events import Audience
from ..migration.identity import Identity
from ..migration.journal import FileJournal, MemoryJournal
from ..migration.lease import Lease
from ..migration.lease_folder import LeaseFolder
from ..migration.leftovers import Leftovers, RemovesDisks
from ..migration.options import Options
from ..migration.peer import PREFIX, LocalPeer, Peer
from ..migration.recovery import Fence, Result, no_fence
from . import peers, schema
from .client import Patience
from .driven import DrivenMigrations
from .values import HostInfo, JobInfo

_LOG = logging.getLogger(__name__)
_PREPARE_TUNNEL = f"{PREFIX}prepare_tunnel3"
_STREAM_AT = 1


class Service:
    """The calls of one host. Safe for threads."""

    def __init__(
        self,
        connection: Connection,
        state: Path | None = None,
        *,
        fence: Fence = no_fence,
        itself: Peer | None = None,
        timeouts: Patience | None = None,
        finish_seconds: float = _hosts.FINISH_SECONDS,
    ) -> None:
        """Serve a connection.

        Args:
            connection: whose driver and guests.
            state: directory of the journals; without one, nothing survives.
            fence: asked when a migration from peer to peer meets a host that is silent.
            itself: how the host reaches itself when it drives a migration; None: directly. With an
                address of its own, its own steps have time limits too.
            timeouts: for the hosts that it reaches then.
            finish_seconds: how long it waits in Finish for a guest that was sent.

        Raises JournalError when the state cannot be kept there, or is another host's.
        """
        self.connection = connection
        self._fence = fence
        self._itself: Peer = LocalPeer(connection) if itself is None else itself
        self._timeouts = timeouts
        _hosts.of(connection).finish_seconds = finish_seconds
        self._own: dict[str, Callable[..., Any]] = {
            "host": self._host,
            "job": _hosts.of(connection).status,
            "jobs": self._jobs,
            "lease": self._lease,
            "migrate": self._migrate,
            "recover": self._recover,
            "outcome": _hosts.of(connection).outcome,
            "resolve": self._resolve,
            "set-aside": self._set_aside,
            "settle": _hosts.of(connection).settle,
        }
        self._driven = DrivenMigrations(state)
        self._leases: LeaseFolder | None = None
        if state is not None:
            self._leases = LeaseFolder(state / "leases")
            _hosts.of(connection).locks = self._leases
            try:
                _hosts.of(connection).identity = _next_life(state / "identity")
                _hosts.of(connection).leftovers = _unfinished(state / "arrivals")
            except JournalError:
                self._leases.close()
                raise

    def begin(self) -> None:
        """Drop the leases of guests that ended with a former life of this host, and remove disks.

        Only for who knows that they have; they are this host's alone since it was made. Tells in
        the log which journals of a former life are damaged, and what became of each disk that was
        made for a guest which was still expected then.
        """
        host = _hosts.of(self.connection)
        if self._leases is not None:
            for lease in self._leases.all_held():
                if not host.backend.can_run(lease.guest):
                    self._leases.drop(lease)
        _remove_left(host)
        for damage in self._driven.damage():
            _LOG.warning("%s", damage)

    def close(self) -> None:
        """Give up the journals; the connection stays open."""
        if self._leases is not None:
            self._leases.close()
            _hosts.of(self.connection).leftovers.close()

    @property
    def audience(self) -> Audience:
        """The listeners and hooks of the host's migrations."""
        return _hosts.of(self.connection).audience

    def answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Serve one call; raise RemoteError when there is none such, and what the call raises."""
        signature = schema.signatures().get(name)
        if signature is None:
            raise RemoteError(f"a host has no call {name[:80]!r}")
        if len(arguments) != len(signature.arguments):
            wanted = len(signature.arguments)
            raise RemoteError(f"{name} takes {wanted} arguments, not {len(arguments)}")
        for number, (value, hint) in enumerate(zip(arguments, signature.arguments, strict=True), 1):
            if not schema.fits(value, hint):
                wanted_type = schema.describe(hint)
                raise RemoteError(f"argument {number} of {name} must be of type {wanted_type}")
        own = self._own.get(name)
        return self._slot(name, arguments) if own is None else own(*arguments)

    def _slot(self, name: str, arguments: tuple[Any, ...]) -> Any:
        slot = getattr(self.connection.driver, name, None)
        if name == _PREPARE_TUNNEL:
            stream = tunnel.find(arguments[_STREAM_AT])
            arguments = (*arguments[:_STREAM_AT], stream, *arguments[_STREAM_AT + 1 :])
        # As `driver` says: these take the lock themselves.
        unlocked = name.startswith(PREFIX) or name == "domain_abort_job"
        return (call_unlocked if unlocked else call)(slot, name, self.connection, *arguments)

    def _host(self) -> HostInfo:
        table = self.connection.driver
        filled = [name for name in schema.signatures() if getattr(table, name, None) is not None]
        return HostInfo(str(_hosts.of(self.connection).identity), table.name, sorted(filled))

    def _jobs(self) -> list[JobInfo]:
        jobs = _hosts.of(self.connection).open_jobs()
        return [
            JobInfo(job.token.migration, job.token.epoch, job.guest, list(job.replies))
            for job in jobs
        ]

    def _lease(self, guest: str) -> Lease | None:
        return _hosts.of(self.connection).locks.held(guest)

    def _migrate(self, guest: str, uri: str, options: Options, recovering: bool) -> str:
        """Move a guest from peer to peer; without recovery, as the protocol alone does it."""
        wanted = replace(options, destination_uri=uri)
        with self._driven.new(guest) as journal:
            destination = peers.find(uri, self._timeouts)
            migration = Migration(self._itself, destination, guest, wanted, journal)
            return migration.run(self._fence) if recovering else migration.run_alone()

    def _recover(self, guest: str) -> list[Result]:
        """Finish or undo what this host began in this life or a former one."""
        with self._driven.left(guest) as left:
            return [self._recovered(path) for path in left]

    def _resolve(self, guest: str, keep: str, reason: str, other: str | None) -> str:
        peer = None if other is None else peers.find(other, self._timeouts)
        return resolve.resolve(self.connection, guest, keep, reason, peer)

    def _set_aside(self, guest: str, reason: str) -> list[str]:
        """Move the damaged journals of a guest away, which keep it from running or recovering."""
        if not reason.strip():
            raise OptionError("option reason: it is empty: the log must say why that is right")
        moved = self._driven.set_aside(guest)
        if self._leases is not None:
            try:
                moved.append(self._leases.set_aside(guest))
            except JournalError:
                if not moved:
                    raise
        for path in moved:
            _LOG.warning("journal of guest %r set aside as %s; reason: %s", guest, path, reason)
        return list(map(str, moved))

    def _recovered(self, path: Path) -> Result:
        journal = FileJournal(path)
        try:
            history = conduct.read(journal.records())
            assert history is not None and history.plan.destination_uri is not None
            destination = peers.find(history.plan.destination_uri, self._timeouts)
            result = recovery.recover(journal, self._itself, destination, self._fence)
            if not result.pending:
                path.unlink()
            return result
        finally:
            journal.close()


def _next_life(path: Path) -> Identity:
    """Begin the next life of the host whose name is in a journal; raise JournalError."""
    journal = FileJournal(path)
    try:
        match journal.records():
            case []:
                found = Identity(uuid.uuid4().hex, 1)
            case [{"host": str(name), "life": int(life)}]:
                found = Identity(name, life + 1)
            case _:
                raise JournalError(f"journal {str(path)!r} is not about the identity of a host")
        journal.replace([{"host": found.name, "life": found.life}])
        return found
    finally:
        journal.close()


def _unfinished(path: Path) -> Leftovers:
    """Go on with the record of new disks; raise JournalError when it cannot be kept.

    One that is damaged is set aside: nothing is removed that it names, and the log says so.
    """
    try:
        if path.exists():
            Leftovers(MemoryJournal.of(records.read(path)))
    except JournalError as error:
        aside = _journal.set_aside(path)
        why = "disks of guests that never came may be left: %s; it was set aside as %s"
        _LOG.warning(why, error, aside)
    return Leftovers(FileJournal(path))


def _remove_left(host: _hosts.Host) -> None:
    for disk, starting in host.leftovers.all():
        if isinstance(host.backend, RemovesDisks):
            try:
                _LOG.warning("%s", host.backend.remove_left(disk, starting))
            except MigrationError as error:
                _LOG.warning("%s", error)
            else:
                host.leftovers.over(disk)
