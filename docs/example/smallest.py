"""The smallest driver whose guests migrate by version 3: a guest is a number, its memory."""

import itertools
import time
import uuid
from dataclasses import dataclass

from hypervisor import DomainInfo, DomainState, HypervisorDriver, MigrationError
from hypervisor.description import GuestDescription
from hypervisor.drivers import slots
from hypervisor.drivers.backend import DriverBackend, Leaving
from hypervisor.drivers.host import DriverHost
from hypervisor.migration import steps
from hypervisor.migration.directory import Directory
from hypervisor.migration.host import Host

IDS = itertools.count(1)
EXPECTED = Directory(lambda uri: MigrationError(f"no guest is expected at {uri!r}"))


@dataclass
class Guest:
    description: GuestDescription
    state: DomainState = DomainState.SHUTOFF
    memory: int = 0
    id: int | None = None
    born: float = 0.0

    def current_state(self):
        return self.state


class SmallestHost(DriverHost):
    def __init__(self):
        super().__init__(Guest)
        self.migrations = Host(Backend(self))

    def begin(self, description, state, memory):
        self.migrations.locks.hold(description.name)
        started = next(IDS), time.monotonic()
        self.guests[description.name] = Guest(description, state, memory, *started)

    def end(self, name):
        self.guests[name] = Guest(self.guests[name].description)
        self.migrations.release(name)


class Backend(DriverBackend):
    driver = "smallest"

    def outgoing(self, name):
        return Outgoing(self._host.find(name), self._host)

    def incoming(self, name, description, uri, stream):
        self._require_place(name, description, uri)
        return Incoming(description, self._host)


class Outgoing(Leaving):
    def __init__(self, guest, host):
        super().__init__(guest)
        self._host = host

    def send(self, uri, bandwidth, cancelled):
        self._guest.state = DomainState.PAUSED
        EXPECTED.find(uri).memory = self._guest.memory
        return str(self._guest.memory)

    def resume(self):
        self._guest.state = self._before

    def kill(self):
        self._host.end(self.description.name)


class Incoming:
    def __init__(self, description, host):
        self.description, self.host, self.memory = description, host, None
        self.uri = f"smallest-incoming:{uuid.uuid4()}"
        EXPECTED.publish(self.uri, self)

    def wait(self, seconds):
        if self.memory is None:  # what is sent within a process is here by now, or never comes
            raise MigrationError("the guest did not come")
        return str(self.memory)

    def run(self, paused):
        state = DomainState.PAUSED if paused else DomainState.RUNNING
        self.host.begin(self.description, state, self.memory)
        self.discard()

    def discard(self):
        EXPECTED.withdraw(self.uri)


def create(connection, name):
    host = connection.private_data
    host.begin(host.legal(name, "create").description, DomainState.RUNNING, uuid.uuid4().int)


def destroy(connection, name):
    connection.private_data.legal(name, "destroy")
    connection.private_data.end(name)


def suspend(connection, name):
    connection.private_data.legal(name, "suspend").state = DomainState.PAUSED


def info(connection, name):
    guest = connection.private_data.find(name)
    uptime = time.monotonic() - guest.born if guest.id else 0.0
    size = guest.description.memory_kib, guest.description.vcpus
    return DomainInfo(guest.state, guest.id, *size, guest.memory, uptime)


SMALLEST_DRIVER = HypervisorDriver(
    name="smallest",
    connect_open=lambda path: SmallestHost(),
    connect_close=slots.connect_close,
    domain_define=slots.domain_define,
    domain_lookup=slots.domain_lookup,
    domain_dump_description=slots.domain_dump_description,
    domain_create=create,
    domain_destroy=destroy,
    domain_suspend=suspend,
    domain_get_info=info,
    domain_migrate_begin3=steps.begin3,
    domain_migrate_prepare3=steps.prepare3,
    domain_migrate_perform3=steps.perform3,
    domain_migrate_finish3=steps.finish3,
    domain_migrate_confirm3=steps.confirm3,
)
