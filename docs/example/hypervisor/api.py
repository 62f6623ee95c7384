"""The public calls. Each finds its slot in the driver's table and runs it under the lock.

Beside the errors named with each call, all of them raise `UnsupportedError` when the driver has
nothing in the slot and `ConnectionClosedError` after `connect_close`; all that take a `Domain`
raise `NoDomainError` when that guest was undefined meanwhile. All are safe to call from several
threads: one call at a time runs on a connection.

The steps of migration have slots but no public call: a program wants to migrate, not to Prepare.
`migrate` holds the calls that drive them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from . import description as _description
from .calls import call, call_unlocked
from .driver import Connection, HypervisorDriver
from .drivers import registry
from .errors import UnsupportedError
from .remote import peers
from .remote.connection import open_remote
from .values import Capabilities, DomainInfo, SnapshotInfo


@dataclass(frozen=True)
class Domain:
    """A handle: which guest, on which connection. Holds no state of the guest."""

    connection: Connection
    name: str

    @property
    def driver(self) -> HypervisorDriver:
        """The driver that serves the guest."""
        return self.connection.driver


def connect_open(uri: str) -> Connection:
    """Open a connection, such as `memory:///default`, `process:///` or `qemu:///`.

    For `process`, the path is the directory that holds the memory of guests, for `qemu` that of its
    sockets; without a path it is the system's temporary one. `remote:///path` is the host that
    `hostd` serves at that socket, with the driver that it has. Raises InvalidUriError,
    UnsupportedError where the platform lacks what the driver needs, and PeerLostError when the
    remote host does not answer, as every call to it does.
    """
    if peers.is_remote(uri):
        return open_remote(peers.socket_path(uri))
    driver, path = registry.find(uri)
    if driver.connect_open is None:
        raise UnsupportedError(driver.name, "connect_open")
    return Connection(driver, driver.connect_open(path))


def connect_close(connection: Connection) -> None:
    """Close a connection and end what still runs on it; closing it again does nothing.

    Raises GuestTimeoutError when a guest outlived even that; the connection is closed all the same.
    """
    with connection.lock:
        if connection.closed:
            return
        try:
            call(connection.driver.connect_close, "connect_close", connection)
        finally:
            connection.closed = True


def connect_get_version(connection: Connection) -> str:
    """Tell the driver's release, such as `1.2.0`."""
    return call(connection.driver.connect_get_version, "connect_get_version", connection)


def connect_get_capabilities(connection: Connection) -> Capabilities:
    """Tell what the host offers."""
    slot = connection.driver.connect_get_capabilities
    return call(slot, "connect_get_capabilities", connection)


def domain_list(connection: Connection) -> list[Domain]:
    """List all guests that are defined, active or not, by name."""
    names = call(connection.driver.domain_list, "domain_list", connection)
    return [Domain(connection, name) for name in names]


def domain_define(connection: Connection, description: str) -> Domain:
    """Define a guest from its description (XML); it does not start.

    A guest of the same name gets the new description; it must be off. Raises DescriptionError,
    and InvalidStateError when that guest is active.
    """
    parsed = _description.parse(description)
    name = call(connection.driver.domain_define, "domain_define", connection, parsed)
    return Domain(connection, name)


def domain_lookup(connection: Connection, name: str) -> Domain:
    """Find a guest by name; raise NoDomainError when there is none."""
    return Domain(
        connection, call(connection.driver.domain_lookup, "domain_lookup", connection, name)
    )


def domain_create(domain: Domain) -> None:
    """Start a guest that is off, with blank memory.

    Raises InvalidStateError when it is active and GuestError when it does not start.
    """
    call(domain.driver.domain_create, "domain_create", domain.connection, domain.name)


def domain_suspend(domain: Domain) -> None:
    """Pause a running guest: on return it does nothing until it is resumed.

    Raises InvalidStateError unless it runs, GuestError when it ends or does not stop in time.
    """
    call(domain.driver.domain_suspend, "domain_suspend", domain.connection, domain.name)


def domain_resume(domain: Domain) -> None:
    """Let a paused guest go on where it was.

    Raises InvalidStateError unless it is paused, GuestError when it ends instead.
    """
    call(domain.driver.domain_resume, "domain_resume", domain.connection, domain.name)


def domain_shutdown(domain: Domain) -> None:
    """Ask a running guest to end, and wait until it has.

    Raises InvalidStateError unless it runs, GuestTimeoutError when it goes on all the same.
    """
    call(domain.driver.domain_shutdown, "domain_shutdown", domain.connection, domain.name)


def domain_reset(domain: Domain) -> None:
    """Start an active guest over, with blank memory; a paused one stays paused.

    Raises InvalidStateError when it is off, GuestError when it does not start again.
    """
    call(domain.driver.domain_reset, "domain_reset", domain.connection, domain.name)


def domain_destroy(domain: Domain) -> None:
    """End an active guest at once, without asking it; its definition stays.

    Raises InvalidStateError when it is off already.
    """
    call(domain.driver.domain_destroy, "domain_destroy", domain.connection, domain.name)


def domain_undefine(domain: Domain) -> None:
    """Forget a guest that is off.

    Raises InvalidStateError when it is active or has snapshots.
    """
    call(domain.driver.domain_undefine, "domain_undefine", domain.connection, domain.name)


def domain_get_info(domain: Domain) -> DomainInfo:
    """Tell the guest's state, size and clock; see DomainInfo for the units."""
    return call(domain.driver.domain_get_info, "domain_get_info", domain.connection, domain.name)


def domain_dump_description(domain: Domain) -> str:
    """Give the guest's description as XML, which `domain_define` takes back."""
    slot = domain.driver.domain_dump_description
    found = call(slot, "domain_dump_description", domain.connection, domain.name)
    return _description.format(found)


def domain_set_title(domain: Domain, title: str) -> None:
    """Change the guest's title, in any state; raise DescriptionError when it is not printable."""
    slot = domain.driver.domain_set_title
    call(slot, "domain_set_title", domain.connection, domain.name, title)


def domain_save(domain: Domain, path: str | os.PathLike[str]) -> None:
    """Write an active guest to a file and end it; a file of that name is replaced.

    Raises InvalidStateError when it is off, and StateFileError when the file cannot be written: the
    guest then goes on as before.
    """
    slot = domain.driver.domain_save
    call(slot, "domain_save", domain.connection, domain.name, os.fspath(path))


def domain_restore(connection: Connection, path: str | os.PathLike[str]) -> Domain:
    """Bring a guest back from its file, running or paused as it was; the file stays.

    The guest is defined as the file describes it, also when it is defined otherwise by now. Raises
    StateFileError when the file is damaged or another driver's, InvalidStateError when a guest of
    that name is active, GuestError when it does not start.
    """
    slot = connection.driver.domain_restore
    return Domain(connection, call(slot, "domain_restore", connection, os.fspath(path)))


def domain_snapshot_create(domain: Domain, snapshot: str) -> None:
    """Keep the guest's state and description under a name, as a child of the current snapshot.

    Raises SnapshotExistsError.
    """
    slot = domain.driver.domain_snapshot_create
    call(slot, "domain_snapshot_create", domain.connection, domain.name, snapshot)


def domain_snapshot_list(domain: Domain) -> list[SnapshotInfo]:
    """List the guest's snapshots, oldest first."""
    slot = domain.driver.domain_snapshot_list
    return call(slot, "domain_snapshot_list", domain.connection, domain.name)


def domain_snapshot_revert(domain: Domain, snapshot: str) -> None:
    """Return the guest to a snapshot's state and description; raise NoSnapshotError."""
    slot = domain.driver.domain_snapshot_revert
    call(slot, "domain_snapshot_revert", domain.connection, domain.name, snapshot)


def domain_snapshot_delete(domain: Domain, snapshot: str) -> None:
    """Forget a snapshot; its children become its parent's. Raises NoSnapshotError."""
    slot = domain.driver.domain_snapshot_delete
    call(slot, "domain_snapshot_delete", domain.connection, domain.name, snapshot)


def domain_abort_job(domain: Domain) -> None:
    """Tell the step of migration that is at work on a guest to stop.

    Raises InvalidStateError when the guest is not being migrated, or was sent already.
    """
    slot = domain.driver.domain_abort_job
    call_unlocked(slot, "domain_abort_job", domain.connection, domain.name)


def domain_migrate_set_max_downtime(domain: Domain, milliseconds: int) -> None:
    """Change for how long a guest that is being sent live may be paused; 0: until nothing changes.

    It holds on return, for this migration. Raises InvalidStateError when the guest is not being
    sent live or was sent already, OptionError for a value out of range, and GuestError when the
    driver cannot apply it: then it is as before.
    """
    slot = domain.driver.domain_migrate_set_max_downtime
    name = "domain_migrate_set_max_downtime"
    call_unlocked(slot, name, domain.connection, domain.name, milliseconds)


def domain_migrate_get_max_downtime(domain: Domain) -> int:
    """Tell for how many milliseconds a guest that is being sent live may be paused.

    Raises InvalidStateError when it is not being sent live.
    """
    slot = domain.driver.domain_migrate_get_max_downtime
    return call_unlocked(slot, "domain_migrate_get_max_downtime", domain.connection, domain.name)


def domain_migrate_set_max_speed(domain: Domain, bandwidth: int) -> None:
    """Change how many MiB/s of a guest may be sent live; 0 means unlimited.

    Raises as `domain_migrate_set_max_downtime` does.
    """
    slot = domain.driver.domain_migrate_set_max_speed
    name = "domain_migrate_set_max_speed"
    call_unlocked(slot, name, domain.connection, domain.name, bandwidth)


def domain_migrate_get_max_speed(domain: Domain) -> int:
    """Tell how many MiB/s of a guest may be sent live; 0 means unlimited.

    Raises InvalidStateError when it is not being sent live.
    """
    slot = domain.driver.domain_migrate_get_max_speed
    return call_unlocked(slot, "domain_migrate_get_max_speed", domain.connection, domain.name)


def domain_migrate_start_post_copy(domain: Domain) -> None:
    """Let a guest that is being sent live go on at its destination before all of it is there.

    It returns at once. Until all of its memory is there, the guest is lost when either host dies.
    Raises InvalidStateError when it is not being sent live, or was not sent with the option
    `postcopy`, or was sent or split already.
    """
    slot = domain.driver.domain_migrate_start_post_copy
    name = "domain_migrate_start_post_copy"
    call_unlocked(slot, name, domain.connection, domain.name)
