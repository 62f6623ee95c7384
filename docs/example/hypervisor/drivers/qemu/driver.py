"""The `qemu` driver: a guest is a machine that QEMU emulates, in a process of its own.

The machine has no disk, no network and no display; it runs the small firmware of this library,
which counts ticks in the machine's memory and obeys the power button. Guests are paused, resumed
and asked over QEMU's monitor. They are children of the process that opened the connection and end
with it. Needs `qemu-system-x86_64` and the Python library `qemu.qmp`, and says so when the
connection is opened; this module itself needs neither.

Guests migrate by version 3, see `migration`.

A guest whose QEMU does not answer makes calls raise GuestTimeoutError; destroying it works always.

Compromise: memory and vcpus of a description are reported, not enforced. Every machine has one
processor and 16 MiB.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

from ...description import GuestDescription
from ...driver import Connection, HypervisorDriver
from ...errors import InvalidUriError, UnsupportedError
from ...migration import steps
from ...migration.host import Host, abort
from ...values import Capabilities, DomainInfo, DomainState
from ...version import VERSION
from .. import lifecycle, lookup
from .host import Guest, Machine, QemuHost
from .migration import QemuBackend

BINARY = "qemu-system-x86_64"


def _connect_open(path: str) -> QemuHost:
    try:
        from .launcher import QemuLauncher
    except ModuleNotFoundError as error:
        if error.name not in ("qemu", "qemu.qmp"):
            raise
        why = "the Python library qemu.qmp is missing; `pip install qemu.qmp` gets it"
        raise UnsupportedError("qemu", "connect_open", why) from error
    binary = shutil.which(BINARY)
    if binary is None:
        why = f"no {BINARY} in PATH; Debian has it in the package qemu-system-x86"
        raise UnsupportedError("qemu", "connect_open", why)
    directory = Path(path).resolve() if path.strip("/") else None
    if directory is not None and not (directory.is_dir() and os.access(directory, os.W_OK)):
        raise InvalidUriError(f"qemu: {path!r} is not a directory that can be written")
    host = QemuHost(QemuLauncher(os.path.abspath(binary), directory))
    host.migrations = Host(QemuBackend(host))
    return host


def _connect_close(connection: Connection) -> None:
    host = _host(connection)
    # A stack, because when one guest resists, the others must go all the same.
    with contextlib.ExitStack() as stack:
        stack.callback(host.launcher.close)
        stack.callback(host.guests.clear)
        for guest in host.guests.values():
            if guest.machine is not None:
                stack.callback(guest.machine.kill)
        stack.callback(host.migrations.close_all)


def _connect_get_version(connection: Connection) -> str:
    return VERSION


def _connect_get_capabilities(connection: Connection) -> Capabilities:
    return Capabilities(
        guest_kind="virtual-machine", architecture="x86_64", state_format=0, state_source="qmp"
    )


def _domain_list(connection: Connection) -> list[str]:
    return sorted(_host(connection).guests)


def _domain_define(connection: Connection, description: GuestDescription) -> str:
    _host(connection).migrations.require_free("define", description.name)
    guests = _host(connection).guests
    known = guests.get(description.name)
    if known is None:
        guests[description.name] = Guest(description)
    else:
        lifecycle.require("define", description.name, known.look()[0])
        known.description = description
    return description.name


def _domain_lookup(connection: Connection, name: str) -> str:
    return _guest(connection, name).description.name


def _domain_create(connection: Connection, name: str) -> None:
    guest = _free(connection, name, "create")
    lifecycle.require("create", name, guest.look()[0])
    _host(connection).start_paused(guest.description).cont()


def _domain_suspend(connection: Connection, name: str) -> None:
    _active(connection, name, "suspend")[1].stop()


def _domain_resume(connection: Connection, name: str) -> None:
    _active(connection, name, "resume")[1].cont()


def _domain_shutdown(connection: Connection, name: str) -> None:
    guest, machine = _active(connection, name, "shutdown")
    machine.shutdown()
    _host(connection).settle(guest)


def _domain_reset(connection: Connection, name: str) -> None:
    guest, machine = _active(connection, name, "reset")
    paused = machine.state() is DomainState.PAUSED
    # A new QEMU rather than QMP's system_reset, which keeps the memory.
    machine.kill()
    host = _host(connection)
    host.settle(guest)
    restarted = host.start_paused(guest.description)
    if not paused:
        restarted.cont()


def _domain_destroy(connection: Connection, name: str) -> None:
    guest = _free(connection, name, "destroy")
    if guest.machine is None:
        lifecycle.require("destroy", name, guest.ended)
    else:
        # Not asked for its state: whatever it is, and be it that QEMU hangs, this is legal.
        _host(connection).end(guest)


def _domain_undefine(connection: Connection, name: str) -> None:
    lifecycle.require("undefine", name, _free(connection, name, "undefine").look()[0])
    del _host(connection).guests[name]


def _domain_get_info(connection: Connection, name: str) -> DomainInfo:
    guest = _guest(connection, name)
    state, ticks = guest.look()
    machine = guest.machine
    return DomainInfo(
        state=state,
        id=machine.pid if machine else None,
        memory_kib=guest.description.memory_kib,
        vcpus=guest.description.vcpus,
        ticks=ticks,
        uptime=machine.uptime if machine else 0.0,
    )


def _domain_dump_description(connection: Connection, name: str) -> GuestDescription:
    return _guest(connection, name).description


def _domain_set_title(connection: Connection, name: str, title: str) -> None:
    guest = _free(connection, name, "title")
    guest.description = replace(guest.description, title=title)


def _host(connection: Connection) -> QemuHost:
    """Give the connection's host, after taking note of guests that ended by themselves."""
    host = connection.private_data
    if not isinstance(host, QemuHost):
        raise TypeError("connection belongs to another driver")
    for guest in host.guests.values():
        host.settle(guest)
    return host


def _guest(connection: Connection, name: str) -> Guest:
    return lookup.find(_host(connection).guests, name)


def _free(connection: Connection, name: str, call: str) -> Guest:
    return lookup.free(_host(connection), name, call)


def _active(connection: Connection, name: str, call: str) -> tuple[Guest, Machine]:
    """Give a guest with its machine, when `call` (one for active guests only) is legal for it."""
    guest = _free(connection, name, call)
    lifecycle.require(call, name, guest.look()[0])
    assert guest.machine is not None
    return guest, guest.machine


QEMU_DRIVER = HypervisorDriver(  # 1.2.0
    name="qemu",
    # connection
    connect_open=_connect_open,  # 1.2.0
    connect_close=_connect_close,  # 1.2.0
    connect_get_version=_connect_get_version,  # 1.2.0
    connect_get_capabilities=_connect_get_capabilities,  # 1.2.0
    # life cycle
    domain_list=_domain_list,  # 1.2.0
    domain_define=_domain_define,  # 1.2.0
    domain_lookup=_domain_lookup,  # 1.2.0
    domain_create=_domain_create,  # 1.2.0
    domain_suspend=_domain_suspend,  # 1.2.0
    domain_resume=_domain_resume,  # 1.2.0
    domain_shutdown=_domain_shutdown,  # 1.2.0
    domain_reset=_domain_reset,  # 1.2.0
    domain_destroy=_domain_destroy,  # 1.2.0
    domain_undefine=_domain_undefine,  # 1.2.0
    domain_get_info=_domain_get_info,  # 1.2.0; partial: memory and vcpus as described, not as given
    domain_dump_description=_domain_dump_description,  # 1.2.0
    domain_set_title=_domain_set_title,  # 1.2.0
    # migration
    domain_abort_job=abort,  # 1.2.0
    domain_migrate_begin3=steps.begin3,  # 1.2.0
    domain_migrate_prepare3=steps.prepare3,  # 1.2.0
    domain_migrate_perform3=steps.perform3,  # 1.2.0
    domain_migrate_finish3=steps.finish3,  # 1.2.0
    domain_migrate_confirm3=steps.confirm3,  # 1.2.0
)
