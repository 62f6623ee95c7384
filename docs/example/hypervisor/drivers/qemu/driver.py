"""The `qemu` driver: a guest is a machine that QEMU emulates, in a process of its own.

The machine has no network and no display, and the disks that its description names; it runs the
small firmware of this library, which counts ticks in the machine's memory and on its first disk,
and obeys the power button. Guests are paused, resumed and asked over QEMU's monitor. They are
children of the process that opened the connection and end with it. Needs `qemu-system-x86_64` and
the Python library `qemu.qmp`, and says so when the connection is opened; this module itself needs
neither.

Guests migrate by version 3, see `migration`.

A guest whose QEMU does not answer makes calls raise GuestTimeoutError; destroying it works always.

Compromise: memory and vcpus of a description are reported, not enforced. Every machine has one
processor and 16 MiB.
"""

from __future__ import annotations

import os
import shutil

from ...driver import Connection, HypervisorDriver
from ...errors import UnsupportedError
from ...migration import limits, params_steps, steps
from ...migration.host import Host, abort
from ...values import Capabilities
from .. import children, slots
from .host import QemuHost
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
    directory = children.directory("qemu", path)
    host = QemuHost(QemuLauncher(os.path.abspath(binary), directory and directory.resolve()))
    host.migrations = Host(QemuBackend(host))
    return host


def _connect_get_capabilities(connection: Connection) -> Capabilities:
    return Capabilities(
        guest_kind="virtual-machine",
        architecture="x86_64",
        state_format=0,
        state_source="qmp",
        migration=sorted(QemuBackend.features),
    )


QEMU_DRIVER = HypervisorDriver(  # 1.2.0
    name="qemu",
    # connection
    connect_open=_connect_open,  # 1.2.0
    connect_close=slots.connect_close,  # 1.2.0
    connect_get_version=slots.connect_get_version,  # 1.2.0
    connect_get_capabilities=_connect_get_capabilities,  # 1.2.0
    # life cycle
    domain_list=slots.domain_list,  # 1.2.0
    domain_define=slots.domain_define,  # 1.2.0
    domain_lookup=slots.domain_lookup,  # 1.2.0
    domain_create=children.domain_create,  # 1.2.0
    domain_suspend=children.domain_suspend,  # 1.2.0
    domain_resume=children.domain_resume,  # 1.2.0
    domain_shutdown=children.domain_shutdown,  # 1.2.0
    domain_reset=children.domain_reset,  # 1.2.0
    domain_destroy=children.domain_destroy,  # 1.2.0
    domain_undefine=slots.domain_undefine,  # 1.2.0
    domain_get_info=children.domain_get_info,  # 1.2.0; partial: memory and vcpus only as described
    domain_dump_description=slots.domain_dump_description,  # 1.2.0
    domain_set_title=slots.domain_set_title,  # 1.2.0
    # migration
    domain_abort_job=abort,  # 1.2.0
    domain_migrate_set_max_downtime=limits.set_max_downtime,  # next
    domain_migrate_get_max_downtime=limits.get_max_downtime,  # next
    domain_migrate_set_max_speed=limits.set_max_speed,  # next
    domain_migrate_get_max_speed=limits.get_max_speed,  # next
    domain_migrate_start_post_copy=limits.start_post_copy,  # next
    domain_migrate_begin3=steps.begin3,  # 1.2.0
    domain_migrate_prepare3=steps.prepare3,  # 1.2.0
    domain_migrate_perform3=steps.perform3,  # 1.2.0
    domain_migrate_finish3=steps.finish3,  # 1.2.0
    domain_migrate_confirm3=steps.confirm3,  # 1.2.0
    domain_migrate_begin3_params=params_steps.begin3_params,  # next
    domain_migrate_prepare3_params=params_steps.prepare3_params,  # next
    domain_migrate_perform3_params=params_steps.perform3_params,  # next
    domain_migrate_finish3_params=params_steps.finish3_params,  # next
    domain_migrate_confirm3_params=params_steps.confirm3_params,  # next
)
