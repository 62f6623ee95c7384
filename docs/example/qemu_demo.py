"""Two migrations of QEMU guests, step by step: one that succeeds and one that is undone.

Run it in this folder, where `qemu-system-x86_64` and `qemu.qmp` are installed:

    python qemu_demo.py

The second migration is struck in the middle of Finish: all of the guest is at the destination, the
lease is taken, and before the guest is started there its QEMU is killed with signal 9.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

import hypervisor
from hypervisor import Connection, Domain, Event
from hypervisor.drivers.qemu.host import Machine, QemuHost
from hypervisor.drivers.qemu.migration import QemuIncoming
from hypervisor.migration.lease import Lease, LeaseJournal

GUEST = "web"
#: How far the guest counts before it is moved, and after that until it is looked at again.
TICKS = 40

Act = Callable[[], None]


class Stage:
    """Two hosts, the guest on the first one, and a log of what happens to it."""

    def __init__(self, source: Connection, destination: Connection, out: TextIO) -> None:
        """Start the guest and let it count."""
        self.source, self.destination = source, destination
        self._out = out
        self._begun = time.monotonic()
        for connection in (source, destination):
            hypervisor.connect_add_migration_listener(connection, self._step)
        described = f"<guest><name>{GUEST}</name></guest>"
        self.domain = hypervisor.domain_define(source, described)
        hypervisor.domain_create(self.domain)
        _await_ticks(self.domain, TICKS)
        self.say("the guest runs at the source")

    def say(self, text: str) -> None:
        """Write a line, with the time and how the guest is on either side."""
        sides = f"{self._see(self.source):<31}{self._see(self.destination)}"
        milliseconds = (time.monotonic() - self._begun) * 1000
        print(f"{milliseconds:7.0f} ms  {text:<42}{sides}".rstrip(), file=self._out)

    def amid_finish(self, act: Act) -> None:
        """Do something when the destination has taken the lease and not yet started the guest."""

        def observe(what: str, lease: Lease) -> None:
            if what == "held":
                act()

        _host(self.destination).migrations.locks = LeaseJournal(observer=observe)

    def kill_destination(self) -> None:
        """Kill the QEMU at the destination."""
        machine = _expected(self.destination)
        assert machine is not None
        self.say("amid finish: all of the guest has come")
        os.kill(machine.pid, signal.SIGKILL)
        while machine.outcome() is None:
            time.sleep(0.001)
        self.say(f"kill -9 {machine.pid}, its QEMU")

    def _step(self, event: Event) -> None:
        cookies = f"cookie {event.cookie_in} B in, {event.cookie_out} B out"
        self.say(f"{event.kind.removeprefix('migration-'):<8} {cookies}")

    def _see(self, connection: Connection) -> str:
        guest = _host(connection).guests.get(GUEST)
        machine = guest.process if guest is not None else _expected(connection)
        if machine is None or machine.outcome() is not None:
            return "-"
        status = machine.query_status()
        if status == "inmigrate":
            return f"pid {machine.pid} {status}"
        return f"pid {machine.pid} {status} {machine.ticks()}"


def main(out: TextIO) -> None:
    """Show both."""
    print(
        "One guest migrates. For each side: process, QEMU's word for its state, counter.", file=out
    )
    with _stage(out) as stage:
        moved = hypervisor.domain_migrate(stage.domain, stage.destination)
        _later(stage, moved)
    print("\nOne guest's destination is killed during Finish.", file=out)
    with _stage(out) as stage:
        stage.amid_finish(stage.kill_destination)
        try:
            hypervisor.domain_migrate(stage.domain, stage.destination)
        except hypervisor.MigrationError as error:
            print(f"            MigrationError: {error}", file=out)
        _later(stage, stage.domain)


@contextlib.contextmanager
def _stage(out: TextIO) -> Iterator[Stage]:
    with _opened() as source, _opened() as destination:
        print(f"{'':<54}{'source':<31}destination", file=out)
        yield Stage(source, destination, out)


@contextlib.contextmanager
def _opened() -> Iterator[Connection]:
    connection = hypervisor.connect_open("qemu:///")
    try:
        yield connection
    finally:
        hypervisor.connect_close(connection)


def _later(stage: Stage, domain: Domain) -> None:
    _await_ticks(domain, hypervisor.domain_get_info(domain).ticks + TICKS)
    side = "source" if domain.connection is stage.source else "destination"
    state = hypervisor.domain_get_info(domain).state.value
    stage.say(f"later: {state} at the {side}")


def _await_ticks(domain: Domain, least: int) -> None:
    """Let the guest count; an end of the machine in the meantime ends the wait."""
    while (info := hypervisor.domain_get_info(domain)).ticks < least:
        if info.id is None:
            return
        time.sleep(0.005)


def _host(connection: Connection) -> QemuHost:
    host = connection.private_data
    assert isinstance(host, QemuHost)
    return host


def _expected(connection: Connection) -> Machine | None:
    for job in _host(connection).migrations.open_jobs():
        if isinstance(job.incoming, QemuIncoming):
            return job.incoming.machine
    return None


if __name__ == "__main__":
    try:
        main(sys.stdout)
    except hypervisor.UnsupportedError as error:
        sys.exit(str(error))
