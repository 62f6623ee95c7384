"""The interface: a table of entry points that each driver fills in.

A driver is one `HypervisorDriver` value. A slot that it leaves at None is a call that it does not
support, so the table says exactly what works. The comment behind a slot
names the release in which the call appeared here; the comment behind an entry of a driver's table
names the release in which that driver began to support it.

Signatures are positional, as in a C struct of function pointers: the comment above each alias
names the parameters. Drivers get the connection first and keep their own data in `private_data`.
Every entry point runs under the connection's lock, which `api` takes; but for `domain_abort_job`,
the limits and the steps of migration, which take it themselves for moments, since sending a guest
takes long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from .description import GuestDescription
from .values import Capabilities, DomainInfo, SnapshotInfo, Token


@dataclass(eq=False, repr=False)
class Connection:
    """An open connection: which driver serves it, and what that driver keeps for it."""

    driver: HypervisorDriver
    private_data: object
    closed: bool = False
    # Re-entrant, so that a public call may be made from within another one.
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __repr__(self) -> str:
        """Name the driver, not all that it can do."""
        return f"<{'closed ' * self.closed}connection to {self.driver.name!r}>"


class Stream(Protocol):
    """What comes through a tunnel, as the destination sees it."""

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        ...

    def poll(self, seconds: float) -> bytes | None:
        """Wait for the next block: b"" at the end, None when none comes in time.

        Raises MigrationError when the stream was closed before its end.
        """
        ...

    def arrived(self) -> None:
        """Tell the sender, which waits for that, that everything is where it belongs."""
        ...

    def close(self) -> None:
        """Give it up: the sender gets an error, and so does who still reads."""
        ...


# -- connection

# path of the URI -> the driver's private data
ConnectOpen = Callable[[str], object]
ConnectClose = Callable[[Connection], None]
ConnectGetVersion = Callable[[Connection], str]
ConnectGetCapabilities = Callable[[Connection], Capabilities]

# -- life cycle

# -> names, sorted
DomainList = Callable[[Connection], list[str]]
# connection, description -> name
DomainDefine = Callable[[Connection, GuestDescription], str]
# connection, name -> name
DomainLookup = Callable[[Connection, str], str]
# connection, name
DomainCreate = Callable[[Connection, str], None]
DomainSuspend = Callable[[Connection, str], None]
DomainResume = Callable[[Connection, str], None]
DomainShutdown = Callable[[Connection, str], None]
DomainReset = Callable[[Connection, str], None]
DomainDestroy = Callable[[Connection, str], None]
DomainUndefine = Callable[[Connection, str], None]
DomainGetInfo = Callable[[Connection, str], DomainInfo]
DomainDumpDescription = Callable[[Connection, str], GuestDescription]
# connection, name, title
DomainSetTitle = Callable[[Connection, str, str], None]

# -- state files

# connection, name, path
DomainSave = Callable[[Connection, str, str], None]
# connection, path -> name
DomainRestore = Callable[[Connection, str], str]

# -- snapshots

# connection, name, snapshot
DomainSnapshotCreate = Callable[[Connection, str, str], None]
DomainSnapshotRevert = Callable[[Connection, str, str], None]
DomainSnapshotDelete = Callable[[Connection, str, str], None]
# connection, name -> oldest first
DomainSnapshotList = Callable[[Connection, str], list[SnapshotInfo]]

# -- migration. Each step takes a token: which migration it belongs to, and the epoch of who drives
#    it. `flags` are those of `MigrateFlag`, `dname` is the name on the destination (None: the
#    same), `bandwidth` is in MiB/s (0: no limit). Cookies are opaque to all but the two
#    drivers. Every step is idempotent: repeated, it gives the same answer and has no second effect.

# connection, name: tell the step at work on a guest to stop
DomainAbortJob = Callable[[Connection, str], None]

# The limits of a guest that is being sent live, on its source; these take the lock themselves too.
# connection, name, milliseconds
DomainMigrateSetMaxDowntime = Callable[[Connection, str, int], None]
# connection, name -> milliseconds
DomainMigrateGetMaxDowntime = Callable[[Connection, str], int]
# connection, name, MiB/s (0: no limit)
DomainMigrateSetMaxSpeed = Callable[[Connection, str, int], None]
# connection, name -> MiB/s (0: no limit)
DomainMigrateGetMaxSpeed = Callable[[Connection, str], int]
# connection, name: let the guest go on at its destination before all of its memory is there
DomainMigrateStartPostCopy = Callable[[Connection, str], None]

# destination, token, uri_in, flags, dname, bandwidth -> cookie, uri_out
DomainMigratePrepare = Callable[
    [Connection, Token, str | None, int, str | None, int], tuple[bytes, str]
]
# source, token, name, cookie, uri, flags, dname, bandwidth
DomainMigratePerform = Callable[[Connection, Token, str, bytes, str, int, str | None, int], None]
# destination, token, dname, cookie, uri, flags -> name
DomainMigrateFinish = Callable[[Connection, Token, str, bytes, str, int], str]

# destination, token, uri_in, flags, dname, bandwidth, description -> cookie, uri_out
DomainMigratePrepare2 = Callable[
    [Connection, Token, str | None, int, str | None, int, str], tuple[bytes, str]
]
# destination, token, dname, cookie, uri, flags, failed
# -> name, or None when the guest was given up
DomainMigrateFinish2 = Callable[[Connection, Token, str, bytes, str, int, bool], str | None]

# source, token, name, description_in, flags, dname, bandwidth -> description, cookie_out
DomainMigrateBegin3 = Callable[
    [Connection, Token, str, str | None, int, str | None, int], tuple[str, bytes]
]
# destination, token, cookie_in, uri_in, flags, dname, bandwidth, description
# -> cookie_out, uri_out
DomainMigratePrepare3 = Callable[
    [Connection, Token, bytes, str | None, int, str | None, int, str], tuple[bytes, str]
]
# destination, token, stream (of what comes through the tunnel), cookie_in, flags, dname,
# bandwidth, description -> cookie_out
DomainMigratePrepareTunnel3 = Callable[
    [Connection, Token, Stream, bytes, int, str | None, int, str], bytes
]
# source, token, name, description_in, cookie_in, destination_uri, uri, flags, dname, bandwidth
# -> cookie_out
DomainMigratePerform3 = Callable[
    [Connection, Token, str, str | None, bytes, str | None, str, int, str | None, int],
    bytes,
]
# destination, token, dname, cookie_in, destination_uri, uri, flags, cancelled
# -> name (None when the guest was given up), cookie_out
DomainMigrateFinish3 = Callable[
    [Connection, Token, str, bytes, str | None, str, int, bool], tuple[str | None, bytes]
]
# source, token, name, cookie_in, flags, cancelled
DomainMigrateConfirm3 = Callable[[Connection, Token, str, bytes, int, bool], None]

# Version 3 with parameters, which are pairs of name and value: see `migration.parameters`. Those
# that a step needs and lacks, and those that are not known, are errors.
Parameters = list[tuple[str, str | int | bool]]
# source, token, name, parameters, flags -> description, cookie_out
DomainMigrateBegin3Params = Callable[[Connection, Token, str, Parameters, int], tuple[str, bytes]]
# destination, token, parameters, cookie_in, flags -> cookie_out, uri_out
DomainMigratePrepare3Params = Callable[
    [Connection, Token, Parameters, bytes, int], tuple[bytes, str]
]
# source, token, name, destination_uri, parameters, cookie_in, flags -> cookie_out
DomainMigratePerform3Params = Callable[
    [Connection, Token, str, str | None, Parameters, bytes, int], bytes
]
# destination, token, parameters, cookie_in, destination_uri, uri, flags, cancelled
# -> name (None when the guest was given up), cookie_out
DomainMigrateFinish3Params = Callable[
    [Connection, Token, Parameters, bytes, str | None, str, int, bool], tuple[str | None, bytes]
]
# source, token, name, parameters, cookie_in, flags, cancelled
DomainMigrateConfirm3Params = Callable[[Connection, Token, str, Parameters, bytes, int, bool], None]


@dataclass(frozen=True, kw_only=True)
class HypervisorDriver:
    """One driver: its name, and its function for every call that it supports."""

    name: str

    # connection
    connect_open: ConnectOpen | None = None  # 0.1.0
    connect_close: ConnectClose | None = None  # 0.1.0
    connect_get_version: ConnectGetVersion | None = None  # 0.2.0
    connect_get_capabilities: ConnectGetCapabilities | None = None  # 0.2.0

    # life cycle
    domain_list: DomainList | None = None  # 0.1.0
    domain_define: DomainDefine | None = None  # 0.1.0
    domain_lookup: DomainLookup | None = None  # 0.1.0
    domain_create: DomainCreate | None = None  # 0.1.0
    domain_suspend: DomainSuspend | None = None  # 0.2.0
    domain_resume: DomainResume | None = None  # 0.2.0
    domain_shutdown: DomainShutdown | None = None  # 0.1.0
    domain_reset: DomainReset | None = None  # 1.2.0
    domain_destroy: DomainDestroy | None = None  # 0.1.0
    domain_undefine: DomainUndefine | None = None  # 0.1.0
    domain_get_info: DomainGetInfo | None = None  # 0.1.0
    domain_dump_description: DomainDumpDescription | None = None  # 0.1.0
    domain_set_title: DomainSetTitle | None = None  # 0.2.0

    # state files
    domain_save: DomainSave | None = None  # 0.4.0
    domain_restore: DomainRestore | None = None  # 0.4.0

    # snapshots
    domain_snapshot_create: DomainSnapshotCreate | None = None  # 0.5.0
    domain_snapshot_list: DomainSnapshotList | None = None  # 0.5.0
    domain_snapshot_revert: DomainSnapshotRevert | None = None  # 0.5.0
    domain_snapshot_delete: DomainSnapshotDelete | None = None  # 0.5.0

    # migration, whatever the version
    domain_abort_job: DomainAbortJob | None = None  # 1.0.0
    domain_migrate_set_max_downtime: DomainMigrateSetMaxDowntime | None = None  # next
    domain_migrate_get_max_downtime: DomainMigrateGetMaxDowntime | None = None  # next
    domain_migrate_set_max_speed: DomainMigrateSetMaxSpeed | None = None  # next
    domain_migrate_get_max_speed: DomainMigrateGetMaxSpeed | None = None  # next
    domain_migrate_start_post_copy: DomainMigrateStartPostCopy | None = None  # next

    # migration v1
    domain_migrate_prepare: DomainMigratePrepare | None = None  # 0.4.0
    domain_migrate_perform: DomainMigratePerform | None = None  # 0.4.0
    domain_migrate_finish: DomainMigrateFinish | None = None  # 0.4.0

    # migration v2: the destination sees the description first; Perform is that of v1
    domain_migrate_prepare2: DomainMigratePrepare2 | None = None  # 0.5.0
    domain_migrate_finish2: DomainMigrateFinish2 | None = None  # 0.5.0

    # migration v3: cookies in every step, and the source learns how it ended
    domain_migrate_begin3: DomainMigrateBegin3 | None = None  # 1.0.0
    domain_migrate_prepare3: DomainMigratePrepare3 | None = None  # 1.0.0
    domain_migrate_prepare_tunnel3: DomainMigratePrepareTunnel3 | None = None  # 1.1.0
    domain_migrate_perform3: DomainMigratePerform3 | None = None  # 1.0.0
    domain_migrate_finish3: DomainMigrateFinish3 | None = None  # 1.0.0
    domain_migrate_confirm3: DomainMigrateConfirm3 | None = None  # 1.0.0

    # migration v3 with parameters: the same steps, told more
    domain_migrate_begin3_params: DomainMigrateBegin3Params | None = None  # next
    domain_migrate_prepare3_params: DomainMigratePrepare3Params | None = None  # next
    domain_migrate_perform3_params: DomainMigratePerform3Params | None = None  # next
    domain_migrate_finish3_params: DomainMigrateFinish3Params | None = None  # next
    domain_migrate_confirm3_params: DomainMigrateConfirm3Params | None = None  # next
