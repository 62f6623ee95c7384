"""The `process` driver: a guest is a real process of the operating system.

Paused by SIGSTOP, resumed by SIGCONT, shut down by SIGTERM, destroyed by SIGKILL; its state is
asked of the operating system each time and never remembered. Guests are children of the process
that opened the connection and end with the connection. A guest that ended by itself is reaped by
the next call on its connection, whichever that is.

Compromise: memory and vcpus of a description are reported, not enforced.
"""

from __future__ import annotations

import platform
import signal
import sys

from ...driver import Connection, HypervisorDriver
from ...errors import UnsupportedError
from ...migration import limits, old_steps, params_steps, steps
from ...migration.host import Host, abort
from ...values import Capabilities, DomainState
from .. import children, slots, state_file
from .. import host as hosts
from ..state_file import SavedGuest
from . import os_state
from .guest import GuestProcess
from .host import ProcessHost
from .migration import ProcessBackend


def _connect_open(path: str) -> ProcessHost:
    if not hasattr(signal, "SIGSTOP"):
        why = f"{sys.platform} has no signal that pauses a process"
        raise UnsupportedError("process", "connect_open", why)
    host = ProcessHost(children.directory("process", path))
    host.migrations = Host(ProcessBackend(host))
    return host


def _connect_get_capabilities(connection: Connection) -> Capabilities:
    return Capabilities(
        guest_kind="os-process",
        architecture=platform.machine(),
        state_format=state_file.FORMAT,
        state_source=os_state.source(),
        migration=sorted(ProcessBackend.features),
    )


def _domain_save(connection: Connection, name: str, path: str) -> None:
    host = _host(connection)
    guest, process = host.active(name, "save")
    paused = process.state() is DomainState.PAUSED
    try:
        if not paused:
            process.pause()
        saved = SavedGuest(PROCESS_DRIVER.name, guest.description, process.memory(), paused)
        state_file.write(path, saved)
    except BaseException:
        # Without its file the guest must not be lost: it goes on as before.
        if not paused:
            process.resume()
        raise
    host.end(guest)


def _domain_restore(connection: Connection, path: str) -> str:
    host = _host(connection)
    saved = state_file.read(path, PROCESS_DRIVER.name)
    described = host.newcomer(saved.description, "restore")
    process = GuestProcess.start_paused(saved.memory, host.directory)
    host.begin(described, process)
    if not saved.paused:
        process.resume()
    return described.name


def _host(connection: Connection) -> ProcessHost:
    return hosts.of(connection, ProcessHost)


PROCESS_DRIVER = HypervisorDriver(  # 0.3.0
    name="process",
    # connection
    connect_open=_connect_open,  # 0.3.0
    connect_close=slots.connect_close,  # 0.3.0
    connect_get_version=slots.connect_get_version,  # 0.3.0
    connect_get_capabilities=_connect_get_capabilities,  # 1.0.0
    # life cycle
    domain_list=slots.domain_list,  # 0.3.0
    domain_define=slots.domain_define,  # 0.3.0
    domain_lookup=slots.domain_lookup,  # 0.3.0
    domain_create=children.domain_create,  # 0.3.0
    domain_suspend=children.domain_suspend,  # 0.3.0
    domain_resume=children.domain_resume,  # 0.3.0
    domain_shutdown=children.domain_shutdown,  # 0.3.0
    domain_reset=children.domain_reset,  # 1.2.0
    domain_destroy=children.domain_destroy,  # 0.3.0
    domain_undefine=slots.domain_undefine,  # 0.3.0
    domain_get_info=children.domain_get_info,  # 0.3.0
    domain_dump_description=slots.domain_dump_description,  # 0.3.0
    domain_set_title=None,  # 0.3.0 - 1.0.0
    # state files
    domain_save=_domain_save,  # 0.4.0
    domain_restore=_domain_restore,  # 0.5.0
    # migration
    domain_abort_job=abort,  # 1.0.0
    domain_migrate_set_max_downtime=limits.set_max_downtime,  # next
    domain_migrate_get_max_downtime=limits.get_max_downtime,  # next
    domain_migrate_set_max_speed=limits.set_max_speed,  # next
    domain_migrate_get_max_speed=limits.get_max_speed,  # next
    domain_migrate_perform=old_steps.perform,  # 0.5.0
    domain_migrate_prepare2=old_steps.prepare2,  # 0.5.0
    domain_migrate_finish2=old_steps.finish2,  # 0.5.0
    domain_migrate_begin3=steps.begin3,  # 1.0.0
    domain_migrate_prepare3=steps.prepare3,  # 1.0.0
    domain_migrate_prepare_tunnel3=steps.prepare_tunnel3,  # 1.1.0
    domain_migrate_perform3=steps.perform3,  # 1.0.0
    domain_migrate_finish3=steps.finish3,  # 1.0.0
    domain_migrate_confirm3=steps.confirm3,  # 1.0.0
    domain_migrate_begin3_params=params_steps.begin3_params,  # next
    domain_migrate_prepare3_params=params_steps.prepare3_params,  # next
    domain_migrate_perform3_params=params_steps.perform3_params,  # next
    domain_migrate_finish3_params=params_steps.finish3_params,  # next
    domain_migrate_confirm3_params=params_steps.confirm3_params,  # next
)
