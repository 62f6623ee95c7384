"""The `memory` driver: a guest is a record, and its state is whatever the last call made it.

For tests of programs that manage guests: nothing runs, nothing is slow, nothing outlives the
connection. Each connection is a host of its own. The only driver with snapshots, because a record
is easily kept twice.
"""

from __future__ import annotations

import platform
import time

from ...driver import Connection, HypervisorDriver
from ...errors import InvalidStateError, NoSnapshotError, SnapshotExistsError
from ...migration import limits, old_steps, params_steps, steps
from ...migration.host import Host, abort
from ...values import Capabilities, DomainInfo, DomainState, SnapshotInfo
from .. import host as hosts
from .. import lifecycle, slots, state_file
from ..state_file import SavedGuest
from .host import Guest, MemoryHost, Snapshot
from .migration import DRIVER, MemoryBackend


def _connect_open(path: str) -> MemoryHost:
    # The path is a name for the user's convenience; every connection has its own guests.
    host = MemoryHost()
    host.migrations = Host(MemoryBackend(host))
    return host


def _connect_get_capabilities(connection: Connection) -> Capabilities:
    return Capabilities(
        guest_kind="record",
        architecture=platform.machine(),
        state_format=state_file.FORMAT,
        state_source="record",
        migration=sorted(_host(connection).migrations.features),
    )


def _domain_create(connection: Connection, name: str) -> None:
    guest = _legal(connection, name, "create")
    _host(connection).start(guest, DomainState.RUNNING)


def _domain_suspend(connection: Connection, name: str) -> None:
    _legal(connection, name, "suspend").state = DomainState.PAUSED


def _domain_resume(connection: Connection, name: str) -> None:
    _legal(connection, name, "resume").state = DomainState.RUNNING


def _domain_shutdown(connection: Connection, name: str) -> None:
    _host(connection).end(_legal(connection, name, "shutdown"))


def _domain_reset(connection: Connection, name: str) -> None:
    guest = _legal(connection, name, "reset")
    _host(connection).start(guest, guest.state)


def _domain_destroy(connection: Connection, name: str) -> None:
    _host(connection).end(_legal(connection, name, "destroy"))


def _domain_undefine(connection: Connection, name: str) -> None:
    if _legal(connection, name, "undefine").snapshots:
        raise InvalidStateError(f"cannot undefine guest {name!r}: it still has snapshots")
    slots.domain_undefine(connection, name)


def _domain_get_info(connection: Connection, name: str) -> DomainInfo:
    guest = _guest(connection, name)
    return DomainInfo(
        state=guest.state,
        id=guest.id,
        memory_kib=guest.description.memory_kib,
        vcpus=guest.description.vcpus,
        ticks=0,
        uptime=time.monotonic() - guest.started if guest.id is not None else 0.0,
    )


def _domain_save(connection: Connection, name: str, path: str) -> None:
    guest = _legal(connection, name, "save")
    paused = guest.state is DomainState.PAUSED
    state_file.write(path, SavedGuest(DRIVER, guest.description, guest.memory, paused))
    _host(connection).end(guest)


def _domain_restore(connection: Connection, path: str) -> str:
    host = _host(connection)
    saved = state_file.read(path, DRIVER)
    described = host.newcomer(saved.description, "restore")
    name = described.name
    guest = host.guests.setdefault(name, Guest(described))
    guest.description = described
    host.start(guest, DomainState.PAUSED if saved.paused else DomainState.RUNNING, saved.memory)
    return name


def _domain_snapshot_create(connection: Connection, name: str, snapshot: str) -> None:
    guest = _free(connection, name, "snapshot")
    if snapshot in guest.snapshots:
        raise SnapshotExistsError(f"guest {name!r} has a snapshot {snapshot!r} already")
    taken = Snapshot(snapshot, guest.current, guest.state, guest.description, guest.memory)
    guest.snapshots[snapshot] = taken
    guest.current = snapshot


def _domain_snapshot_list(connection: Connection, name: str) -> list[SnapshotInfo]:
    guest = _guest(connection, name)
    return [
        SnapshotInfo(s.name, s.parent, s.state, current=s.name == guest.current)
        for s in guest.snapshots.values()
    ]


def _domain_snapshot_revert(connection: Connection, name: str, snapshot: str) -> None:
    guest = _free(connection, name, "revert")
    target = _snapshot(guest, snapshot)
    guest.description = target.description
    guest.current = target.name
    if target.state in lifecycle.ACTIVE:
        _host(connection).start(guest, target.state, target.memory)
    else:
        _host(connection).end(guest)


def _domain_snapshot_delete(connection: Connection, name: str, snapshot: str) -> None:
    guest = _guest(connection, name)
    gone = _snapshot(guest, snapshot)
    for other in guest.snapshots.values():
        if other.parent == gone.name:
            other.parent = gone.parent
    if guest.current == gone.name:
        guest.current = gone.parent
    del guest.snapshots[gone.name]


def _host(connection: Connection) -> MemoryHost:
    return hosts.of(connection, MemoryHost)


def _guest(connection: Connection, name: str) -> Guest:
    return _host(connection).find(name)


def _free(connection: Connection, name: str, call: str) -> Guest:
    return _host(connection).free(name, call)


def _legal(connection: Connection, name: str, call: str) -> Guest:
    return _host(connection).legal(name, call)


def _snapshot(guest: Guest, snapshot: str) -> Snapshot:
    try:
        return guest.snapshots[snapshot]
    except KeyError:
        name = guest.description.name
        raise NoSnapshotError(f"guest {name!r} has no snapshot {snapshot!r}") from None


MEMORY_DRIVER = HypervisorDriver(  # 0.1.0
    name="memory",
    # connection
    connect_open=_connect_open,  # 0.1.0
    connect_close=slots.connect_close,  # 0.1.0
    connect_get_version=slots.connect_get_version,  # 0.2.0
    connect_get_capabilities=_connect_get_capabilities,  # 0.2.0 - 0.5.0, 1.1.0
    # life cycle
    domain_list=slots.domain_list,  # 0.1.0
    domain_define=slots.domain_define,  # 0.1.0
    domain_lookup=slots.domain_lookup,  # 0.1.0
    domain_create=_domain_create,  # 0.1.0
    domain_suspend=_domain_suspend,  # 0.2.0
    domain_resume=_domain_resume,  # 0.2.0
    domain_shutdown=_domain_shutdown,  # 0.1.0
    domain_reset=_domain_reset,  # next
    domain_destroy=_domain_destroy,  # 0.1.0
    domain_undefine=_domain_undefine,  # 0.1.0
    domain_get_info=_domain_get_info,  # 0.1.0; partial: ticks stay at 0
    domain_dump_description=slots.domain_dump_description,  # 0.1.0
    domain_set_title=slots.domain_set_title,  # 0.2.0
    # state files
    domain_save=_domain_save,  # 0.4.0
    domain_restore=_domain_restore,  # 0.4.0
    # snapshots
    domain_snapshot_create=_domain_snapshot_create,  # 0.5.0
    domain_snapshot_list=_domain_snapshot_list,  # 0.5.0
    domain_snapshot_revert=_domain_snapshot_revert,  # 0.5.0
    domain_snapshot_delete=_domain_snapshot_delete,  # 1.0.0; children move to the parent
    # migration
    domain_abort_job=abort,  # 1.0.0
    domain_migrate_set_max_downtime=limits.set_max_downtime,  # next
    domain_migrate_get_max_downtime=limits.get_max_downtime,  # next
    domain_migrate_set_max_speed=limits.set_max_speed,  # next
    domain_migrate_get_max_speed=limits.get_max_speed,  # next
    domain_migrate_start_post_copy=limits.start_post_copy,  # next
    domain_migrate_prepare=old_steps.prepare,  # 0.4.0
    domain_migrate_perform=old_steps.perform,  # 0.4.0
    domain_migrate_finish=old_steps.finish,  # 0.4.0
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
