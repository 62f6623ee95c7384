"""Version 3 as libvirt does it: its coordinator, and hosts that keep what its qemu driver keeps.

The order of the steps, and what follows when one fails, is that of `virDomainMigrateVersion3Full`
in `src/libvirt-domain.c`; the hosts do what `src/qemu/qemu_migration.c` does, with
VIR_MIGRATE_CHANGE_PROTECTION, without post-copy, and with no lock manager, which is the default.
There are no epochs, no proofs in cookies, no leases and no journal: a step that fails or does not
answer has failed. When the coordinator's connections close, the source forgets a migration, and
leaves a guest paused that was sent; the destination ends a guest that it expected.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import Any

from hypervisor import description as _description
from hypervisor.driver import Connection, HypervisorDriver
from hypervisor.drivers.memory.driver import MEMORY_DRIVER
from hypervisor.drivers.memory.host import MemoryHost
from hypervisor.errors import (
    CookieError,
    HypervisorError,
    InvalidStateError,
    MigrationError,
    NoDomainError,
)
from hypervisor.migration.backend import Incoming, Outgoing
from hypervisor.migration.peer import PREFIX
from hypervisor.values import Token

from .memory import CoordinatorDied, FaultyPeer, World, deliver_late
from .model import GUEST, SIDES, Case, Run, Side

#: libvirt's cookies are XML; one that is missing says nothing, and is no error.
COOKIE = b"<qemu-migration/>"


@dataclass
class Jobs:
    """What a host of libvirt keeps: the guests that leave, and those that are expected.

    Attributes:
        sent: the guests that leave and were sent.
    """

    leaving: dict[str, Outgoing] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    expected: dict[str, Incoming] = field(default_factory=dict)

    def disconnect(self) -> None:
        """Do what is done when the connection of whoever migrates is closed."""
        self.leaving.clear()
        self.sent.clear()
        for incoming in self.expected.values():
            incoming.discard()
        self.expected.clear()


class LibvirtHost(MemoryHost):
    """A host of `memory` guests with libvirt's jobs."""

    def __init__(self) -> None:
        """Begin without jobs."""
        super().__init__()
        self.jobs = Jobs()


def _host(connection: Connection) -> LibvirtHost:
    host = connection.private_data
    assert isinstance(host, LibvirtHost)
    return host


def _parse(cookie: bytes) -> None:
    if cookie not in (b"", COOKIE):
        raise CookieError("cannot parse the migration cookie")


def begin3(connection: Connection, token: Token, name: str, *args: Any) -> tuple[str, bytes]:
    """Begin a job, so that the guest cannot be changed meanwhile; describe the guest."""
    host = _host(connection)
    if name in host.jobs.leaving:
        raise InvalidStateError(f"guest {name!r} is being migrated already")
    outgoing = host.jobs.leaving[name] = host.migrations.backend.outgoing(name)
    return _description.format(outgoing.description), COOKIE


def prepare3(
    connection: Connection, token: Token, cookie: bytes, uri: str | None, *args: Any
) -> tuple[bytes, str]:
    """Expect the guest."""
    _parse(cookie)
    host, expected = _host(connection), _description.parse(args[-1])
    incoming = host.migrations.backend.incoming(expected.name, expected, uri, None)
    host.jobs.expected[expected.name] = incoming
    return COOKIE, incoming.uri


def perform3(
    connection: Connection, token: Token, name: str, xml: object, cookie: bytes, *args: Any
) -> bytes:
    """Send the guest; one that cannot be sent goes on, and its job is over."""
    jobs = _host(connection).jobs
    outgoing = jobs.leaving.get(name)
    if outgoing is None:
        raise MigrationError(f"guest {name!r} is not being migrated")
    try:
        _parse(cookie)
        outgoing.send(args[1], 0, lambda: False)
    except HypervisorError:
        outgoing.resume()
        del jobs.leaving[name]
        raise
    jobs.sent.add(name)
    return COOKIE


def finish3(
    connection: Connection, token: Token, name: str, cookie: bytes, *args: Any
) -> tuple[str | None, bytes]:
    """Start the guest, or end it when that was cancelled or fails."""
    incoming = _host(connection).jobs.expected.pop(name, None)
    if incoming is None:
        raise NoDomainError(f"no guest {name!r} is expected")
    try:
        if args[-1]:
            incoming.discard()
            return None, COOKIE
        _parse(cookie)
        incoming.wait(0)
        incoming.run(False)
    except HypervisorError:
        incoming.discard()
        raise
    return name, COOKIE


def confirm3(
    connection: Connection, token: Token, name: str, cookie: bytes, flags: int, cancelled: bool
) -> None:
    """End the guest, or let it go on when that was cancelled; the job is over."""
    jobs = _host(connection).jobs
    _parse(cookie)
    outgoing = jobs.leaving.pop(name, None)
    jobs.sent.discard(name)
    if outgoing is None:
        raise MigrationError(f"guest {name!r} is not being migrated")
    if cancelled:
        outgoing.resume()
    else:
        outgoing.kill()


def _connect_open(path: str) -> LibvirtHost:
    opened = MEMORY_DRIVER.connect_open
    assert opened is not None
    plain, host = opened(path), LibvirtHost()
    assert isinstance(plain, MemoryHost)
    backend = plain.migrations.backend
    backend._host = host  # type: ignore[attr-defined]
    host.migrations = plain.migrations
    return host


LIBVIRT_DRIVER: HypervisorDriver = replace(
    MEMORY_DRIVER,
    connect_open=_connect_open,
    domain_migrate_begin3=begin3,
    domain_migrate_prepare3=prepare3,
    domain_migrate_perform3=perform3,
    domain_migrate_finish3=finish3,
    domain_migrate_confirm3=confirm3,
)


class LibvirtWorld(World):
    """Two hosts that keep what libvirt keeps."""

    def opened(self, side: Side) -> Connection:
        """Open a host."""
        return Connection(LIBVIRT_DRIVER, _connect_open(side))

    def is_open(self, side: Side) -> bool:
        """Whether a host keeps a job."""
        jobs = self._jobs(side)
        return bool(jobs.leaving or jobs.expected)

    def has_arrived(self, side: Side) -> bool:
        """Whether a host expects the guest, and all of it has come."""
        return any(
            getattr(one, "arrived", None) is not None for one in self._jobs(side).expected.values()
        )

    def kill(self, side: Side) -> None:
        """Let a host die, with its jobs."""
        super().kill(side)
        self._jobs(side).disconnect()

    def disconnect(self) -> None:
        """Close the connections of the coordinator to the hosts that live."""
        for side in SIDES:
            if side not in self.dead:
                self._jobs(side).disconnect()

    def _jobs(self, side: Side) -> Jobs:
        host = self.host(side)
        assert isinstance(host, LibvirtHost)
        return host.jobs


def migrate(source: FaultyPeer, destination: FaultyPeer) -> None:
    """Run the steps as virDomainMigrateVersion3Full does; of an error, the guest's place tells."""
    token = Token.new()

    def ask(peer: FaultyPeer, slot: str, *args: Any) -> Any:
        return peer.call(f"{PREFIX}{slot}", token, *args)

    try:
        described, cookie = ask(source, "begin3", GUEST, None, 0, None, 0)
    except HypervisorError:
        return
    cancelled, notify_source = True, True
    try:
        cookie, uri = ask(destination, "prepare3", cookie, None, 0, None, 0, described)
    except HypervisorError:
        cookie = b""
    else:
        try:
            cookie = ask(source, "perform3", GUEST, None, cookie, None, uri, 0, None, 0)
            cancelled = False
        except HypervisorError:
            cookie, notify_source = b"", False
        try:
            name, cookie = ask(destination, "finish3", GUEST, cookie, None, uri, 0, cancelled)
        except HypervisorError:
            name, cookie = None, b""
        cancelled = name is None
    if notify_source:
        with contextlib.suppress(HypervisorError):
            ask(source, "confirm3", GUEST, cookie, 0, cancelled)


def run(case: Case) -> Run:
    """Run one case of version 3, directly and with the protocol alone."""
    world = LibvirtWorld(case)
    source, destination = (FaultyPeer(world, side) for side in SIDES)
    with contextlib.suppress(CoordinatorDied):
        migrate(source, destination)
    if world.late is not None:
        deliver_late(world)
    world.disconnect()
    world.check()
    running = tuple(world.running())
    return Run(world.outcome(), world.struck, tuple(world.broken), (), running)
