"""The `qemu` driver: a guest is a machine that QEMU emulates, in a process of its own.

The machine has no disk, no network and no display; it runs the small firmware of this library,
which counts ticks in the machine's memory and obeys the power button. Guests are paused, resumed
and asked over QEMU's monitor. They are children of the process that opened the connection and end
with it. Needs `qemu-system-x86_64` and the Python library `qemu.qmp`, and says so when the
connection is opened; this module itself needs neither.

A guest whose QEMU does not answer makes calls raise GuestTimeoutError; destroying it works always.

Compromise: memory and vcpus of a description are reported, not enforced. Every machine has one
processor and 16 MiB.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import lifecycle
from .description import GuestDescription
from .driver import Connection, HypervisorDriver
from .errors import GuestError, InvalidUriError, NoDomainError, UnsupportedError
from .values import Capabilities, DomainInfo, DomainState
from .version import VERSION

if TYPE_CHECKING:
    from .qemu_guest import QemuGuest, QemuLauncher

BINARY = "qemu-system-x86_64"


@dataclass
class _Guest:
    description: GuestDescription
    machine: QemuGuest | None = None
    ended: DomainState = DomainState.SHUTOFF

    def look(self) -> tuple[DomainState, int]:
        """Tell the state and the ticks; when the state is an active one, there is a machine."""
        self.settle()
        if self.machine is None:
            return self.ended, 0
        try:
            state = self.machine.state()
            if state in lifecycle.ACTIVE:
                return state, self.machine.counter()
            self.machine.kill()
            self.ended, self.machine = state, None
        except GuestError:
            # It may have ended while it was asked. One that lives and does not answer is an error.
            self.settle()
            if self.machine is not None:
                raise
        return self.ended, 0

    def settle(self) -> None:
        """Take note, and reap the process, when the guest's QEMU has ended."""
        outcome = None if self.machine is None else self.machine.outcome()
        if outcome is not None:
            self.ended = outcome
            self.machine = None


@dataclass
class _Host:
    launcher: QemuLauncher
    guests: dict[str, _Guest] = field(default_factory=dict)


def _connect_open(path: str) -> _Host:
    try:
        from .qemu_guest import QemuLauncher
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
    return _Host(QemuLauncher(os.path.abspath(binary), directory))


def _connect_close(connection: Connection) -> None:
    host = _host(connection)
    # A stack, because when one guest resists, the others must go all the same.
    with contextlib.ExitStack() as stack:
        stack.callback(host.launcher.close)
        stack.callback(host.guests.clear)
        for guest in host.guests.values():
            if guest.machine is not None:
                stack.callback(guest.machine.kill)


def _connect_get_version(connection: Connection) -> str:
    return VERSION


def _connect_get_capabilities(connection: Connection) -> Capabilities:
    return Capabilities(
        guest_kind="virtual-machine", architecture="x86_64", state_format=0, state_source="qmp"
    )


def _domain_list(connection: Connection) -> list[str]:
    return sorted(_host(connection).guests)


def _domain_define(connection: Connection, description: GuestDescription) -> str:
    guests = _host(connection).guests
    known = guests.get(description.name)
    if known is None:
        guests[description.name] = _Guest(description)
    else:
        lifecycle.require("define", description.name, known.look()[0])
        known.description = description
    return description.name


def _domain_lookup(connection: Connection, name: str) -> str:
    return _guest(connection, name).description.name


def _domain_create(connection: Connection, name: str) -> None:
    guest = _guest(connection, name)
    lifecycle.require("create", name, guest.look()[0])
    _start_paused(_host(connection), guest.description).cont()


def _domain_suspend(connection: Connection, name: str) -> None:
    _active(connection, name, "suspend")[1].stop()


def _domain_resume(connection: Connection, name: str) -> None:
    _active(connection, name, "resume")[1].cont()


def _domain_shutdown(connection: Connection, name: str) -> None:
    guest, machine = _active(connection, name, "shutdown")
    machine.shutdown()
    guest.settle()


def _domain_reset(connection: Connection, name: str) -> None:
    guest, machine = _active(connection, name, "reset")
    paused = machine.state() is DomainState.PAUSED
    # A new QEMU rather than QMP's system_reset, which keeps the memory.
    machine.kill()
    guest.settle()
    restarted = _start_paused(_host(connection), guest.description)
    if not paused:
        restarted.cont()


def _domain_destroy(connection: Connection, name: str) -> None:
    guest = _guest(connection, name)
    if guest.machine is None:
        lifecycle.require("destroy", name, guest.ended)
    else:
        # Not asked for its state: whatever it is, and be it that QEMU hangs, this is legal.
        guest.machine.kill()
        guest.settle()


def _domain_undefine(connection: Connection, name: str) -> None:
    lifecycle.require("undefine", name, _guest(connection, name).look()[0])
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
    guest = _guest(connection, name)
    guest.description = replace(guest.description, title=title)


def _host(connection: Connection) -> _Host:
    """Give the connection's host, after taking note of guests that ended by themselves."""
    host = connection.private_data
    if not isinstance(host, _Host):
        raise TypeError("connection belongs to another driver")
    for guest in host.guests.values():
        guest.settle()
    return host


def _guest(connection: Connection, name: str) -> _Guest:
    try:
        return _host(connection).guests[name]
    except KeyError:
        raise NoDomainError(f"no guest {name!r}") from None


def _active(connection: Connection, name: str, call: str) -> tuple[_Guest, QemuGuest]:
    """Give a guest with its machine, when `call` (one for active guests only) is legal for it."""
    guest = _guest(connection, name)
    lifecycle.require(call, name, guest.look()[0])
    assert guest.machine is not None
    return guest, guest.machine


def _start_paused(host: _Host, description: GuestDescription) -> QemuGuest:
    """Bring a guest to life, paused before its first instruction; define it if need be."""
    machine = host.launcher.start_paused()
    host.guests[description.name] = _Guest(description, machine)
    return machine


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
)
