"""The `process` driver: a guest is a real process of the operating system.

Paused by SIGSTOP, resumed by SIGCONT, shut down by SIGTERM, destroyed by SIGKILL; its state is
asked of the operating system each time and never remembered. Guests are children of the process
that opened the connection and end with the connection. A guest that ended by itself is reaped by
the next call on its connection, whichever that is.

Compromise: memory and vcpus of a description are reported, not enforced.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import sys
from pathlib import Path

from ...description import GuestDescription
from ...driver import Connection, HypervisorDriver
from ...errors import InvalidUriError, UnsupportedError
from ...migration import old_steps, steps
from ...migration.host import Host, abort
from ...values import Capabilities, DomainInfo, DomainState
from ...version import VERSION
from .. import lifecycle, lookup, state_file
from ..state_file import SavedGuest
from . import os_state
from .guest import BLANK_MEMORY, GuestProcess
from .host import Guest, ProcessHost
from .migration import ProcessBackend


def _connect_open(path: str) -> ProcessHost:
    if not hasattr(signal, "SIGSTOP"):
        why = f"{sys.platform} has no signal that pauses a process"
        raise UnsupportedError("process", "connect_open", why)
    directory = Path(path) if path.strip("/") else None
    if directory is not None and not (directory.is_dir() and os.access(directory, os.W_OK)):
        raise InvalidUriError(f"process: {path!r} is not a directory that can be written")
    host = ProcessHost(directory)
    host.migrations = Host(ProcessBackend(host))
    return host


def _connect_close(connection: Connection) -> None:
    host = _host(connection)
    # A stack, because when one guest resists, the others must go all the same.
    with contextlib.ExitStack() as stack:
        stack.callback(host.guests.clear)
        for guest in host.guests.values():
            if guest.process is not None:
                stack.callback(guest.process.kill)
        stack.callback(host.migrations.close_all)


def _connect_get_version(connection: Connection) -> str:
    return VERSION


def _connect_get_capabilities(connection: Connection) -> Capabilities:
    return Capabilities(
        guest_kind="os-process",
        architecture=platform.machine(),
        state_format=state_file.FORMAT,
        state_source=os_state.source(),
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
        lifecycle.require("define", description.name, known.state())
        known.description = description
    return description.name


def _domain_lookup(connection: Connection, name: str) -> str:
    return _guest(connection, name).description.name


def _domain_create(connection: Connection, name: str) -> None:
    guest = _free(connection, name, "create")
    lifecycle.require("create", name, guest.state())
    _host(connection).start_paused(guest.description, BLANK_MEMORY).resume()


def _domain_suspend(connection: Connection, name: str) -> None:
    _, process = _active(connection, name, "suspend")
    process.pause()


def _domain_resume(connection: Connection, name: str) -> None:
    _, process = _active(connection, name, "resume")
    process.resume()


def _domain_shutdown(connection: Connection, name: str) -> None:
    guest, process = _active(connection, name, "shutdown")
    process.terminate()
    guest.settle()


def _domain_reset(connection: Connection, name: str) -> None:
    guest, process = _active(connection, name, "reset")
    paused = process.state() is DomainState.PAUSED
    process.kill()
    guest.settle()
    restarted = _host(connection).start_paused(guest.description, BLANK_MEMORY)
    if not paused:
        restarted.resume()


def _domain_destroy(connection: Connection, name: str) -> None:
    guest, process = _active(connection, name, "destroy")
    process.kill()
    guest.settle()


def _domain_undefine(connection: Connection, name: str) -> None:
    lifecycle.require("undefine", name, _free(connection, name, "undefine").state())
    del _host(connection).guests[name]


def _domain_get_info(connection: Connection, name: str) -> DomainInfo:
    guest = _guest(connection, name)
    state = guest.state()
    process = guest.process
    return DomainInfo(
        state=state,
        id=process.pid if process else None,
        memory_kib=guest.description.memory_kib,
        vcpus=guest.description.vcpus,
        ticks=process.ticks() if process else 0,
        uptime=process.uptime if process else 0.0,
    )


def _domain_dump_description(connection: Connection, name: str) -> GuestDescription:
    return _guest(connection, name).description


def _domain_save(connection: Connection, name: str, path: str) -> None:
    guest, process = _active(connection, name, "save")
    paused = process.state() is DomainState.PAUSED
    try:
        if not paused:
            process.pause()
        saved = SavedGuest(PROCESS_DRIVER.name, guest.description, process.memory(), paused)
        state_file.write(path, saved)
    except BaseException:
        # Without its file the guest must not be lost: it goes on as if nobody had asked.
        if not paused:
            process.resume()
        raise
    process.kill()
    guest.settle()


def _domain_restore(connection: Connection, path: str) -> str:
    host = _host(connection)
    saved = state_file.read(path, PROCESS_DRIVER.name)
    name = saved.description.name
    known = host.guests.get(name)
    if known is not None:
        lifecycle.require("restore", name, known.state())
    process = host.start_paused(saved.description, saved.memory)
    if not saved.paused:
        process.resume()
    return name


def _host(connection: Connection) -> ProcessHost:
    """Give the connection's host, after taking note of guests that ended by themselves."""
    host = connection.private_data
    if not isinstance(host, ProcessHost):
        raise TypeError("connection belongs to another driver")
    host.settle()
    return host


def _guest(connection: Connection, name: str) -> Guest:
    return lookup.find(_host(connection).guests, name)


def _free(connection: Connection, name: str, call: str) -> Guest:
    return lookup.free(_host(connection), name, call)


def _active(connection: Connection, name: str, call: str) -> tuple[Guest, GuestProcess]:
    """Give a guest with its process, when `call` (one for active guests only) is legal for it."""
    guest = _free(connection, name, call)
    lifecycle.require(call, name, guest.state())
    assert guest.process is not None
    return guest, guest.process


PROCESS_DRIVER = HypervisorDriver(  # 0.3.0
    name="process",
    # connection
    connect_open=_connect_open,  # 0.3.0
    connect_close=_connect_close,  # 0.3.0
    connect_get_version=_connect_get_version,  # 0.3.0
    connect_get_capabilities=_connect_get_capabilities,  # 1.0.0
    # life cycle
    domain_list=_domain_list,  # 0.3.0
    domain_define=_domain_define,  # 0.3.0
    domain_lookup=_domain_lookup,  # 0.3.0
    domain_create=_domain_create,  # 0.3.0
    domain_suspend=_domain_suspend,  # 0.3.0
    domain_resume=_domain_resume,  # 0.3.0
    domain_shutdown=_domain_shutdown,  # 0.3.0
    domain_reset=_domain_reset,  # 1.2.0
    domain_destroy=_domain_destroy,  # 0.3.0
    domain_undefine=_domain_undefine,  # 0.3.0
    domain_get_info=_domain_get_info,  # 0.3.0
    domain_dump_description=_domain_dump_description,  # 0.3.0
    domain_set_title=None,  # 0.3.0 - 1.0.0
    # state files
    domain_save=_domain_save,  # 0.4.0
    domain_restore=_domain_restore,  # 0.5.0
    # migration
    domain_abort_job=abort,  # 1.0.0
    domain_migrate_perform=old_steps.perform,  # 0.5.0
    domain_migrate_prepare2=old_steps.prepare2,  # 0.5.0
    domain_migrate_finish2=old_steps.finish2,  # 0.5.0
    domain_migrate_begin3=steps.begin3,  # 1.0.0
    domain_migrate_prepare3=steps.prepare3,  # 1.0.0
    domain_migrate_prepare_tunnel3=steps.prepare_tunnel3,  # 1.1.0
    domain_migrate_perform3=steps.perform3,  # 1.0.0
    domain_migrate_finish3=steps.finish3,  # 1.0.0
    domain_migrate_confirm3=steps.confirm3,  # 1.0.0
)
