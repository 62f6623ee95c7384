"""Starting the QEMU guests of one connection: what they share, and how QEMU is called.

Needs the library `qemu.qmp`, and is imported only once somebody opens a connection of the `qemu`
driver.

Compromise: all machines are alike, with one processor and MEMORY_MIB of memory, whatever a
description says; so no test needs more than the firmware does.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ...description import Disk
from ...errors import GuestError, InvalidUriError
from . import firmware, images
from .machine import START_SECONDS, QemuGuest
from .monitor import MonitorLoop

MEMORY_MIB = 16
# What the address of a Unix socket holds, and what a guest appends to its folder's name.
_MAX_SOCKET_PATH = 107
_LONGEST_NAME = "/incoming-4194304.again"


class QemuLauncher:
    """Starts the guests of one connection and holds what they share; `close` ends it."""

    def __init__(self, binary: str, directory: Path | None) -> None:
        """Make a private folder in `directory` (None: the system's temporary one).

        Raises InvalidUriError when the folder's name is too long for the sockets in it.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="hv-", dir=directory))
        try:
            if len(os.fsencode(self.folder)) + len(_LONGEST_NAME) > _MAX_SOCKET_PATH:
                raise InvalidUriError(
                    f"qemu: {str(directory)!r} is too long a name: sockets in it would have more"
                    f" than {_MAX_SOCKET_PATH} bytes"
                )
            image = self.folder / "firmware"
            image.write_bytes(firmware.image())
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        self._command = [*_leash(), *_machine(binary, image)]
        self._loop = MonitorLoop()
        self._screens = itertools.count(1)

    def start_paused(self, *, incoming: bool = False, disks: tuple[Disk, ...] = ()) -> QemuGuest:
        """Start a guest with these disks, paused before its first instruction.

        With `incoming` it waits for the state of another one: call `migrate_incoming` next. Raises
        GuestError when QEMU does not start.
        """
        screen = ["-vnc", f"unix:{self.folder}/screen-{next(self._screens)}"]
        command = [*self._command, *_life(), *screen, *images.options(disks)]
        command += ["-incoming", "defer"] if incoming else []
        try:
            return QemuGuest(command, self.folder, self._loop)
        except OSError as error:
            raise GuestError(f"cannot start a guest: {error}") from error

    def close(self) -> None:
        """Remove the folder and end the thread; the guests must have been killed."""
        self._loop.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _machine(binary: str, image: Path) -> list[str]:
    # Nothing of the user's configuration and no device beyond the board's own. Without an APIC the
    # firmware has one interrupt controller to set up and not two.
    return [
        *(binary, "-nodefaults", "-no-user-config", "-display", "none"),
        *("-machine", "pc", "-accel", "tcg,tb-size=8", "-cpu", "qemu64,-apic"),
        *("-smp", "1", "-m", f"{MEMORY_MIB}M", "-bios", str(image), "-S"),
    ]


def _life() -> list[str]:
    """Give the options that put a value into the guest's memory that no other start ever had."""
    life = int.from_bytes(os.urandom(firmware.LIFE_SIZE), "big")
    where = f"addr={firmware.LIFE_ADDRESS:#x},data-len={firmware.LIFE_SIZE}"
    return ["-device", f"loader,{where},data={life:#x}"]


def _leash() -> list[str]:
    """Give the command that ends a QEMU whose starter died; empty where there is none.

    The kernel means by starter the thread, hence `MonitorLoop.call`.
    """
    setpriv = shutil.which("setpriv")
    # A starter that is dead by the time the leash is on has left its child to another parent.
    alive = ["/bin/sh", "-c", 'test "$PPID" = "$0" && exec "$@"', str(os.getpid())]
    leash = [setpriv, "--pdeathsig", "KILL", "--", *alive] if setpriv else []
    # BusyBox has a setpriv without the option.
    ends = subprocess.DEVNULL
    works = leash and subprocess.run(
        [*leash, "true"], stdin=ends, stdout=ends, stderr=ends, timeout=START_SECONDS, check=False
    )
    return leash if works and works.returncode == 0 else []
