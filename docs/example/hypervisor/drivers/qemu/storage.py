"""Copying the disks of a QEMU guest over NBD, while it runs or is paused.

The destination's QEMU serves its new disks; the source's copies each of its own there and then
passes on what the guest writes. At the switch-over the guest stands still: what is left goes over,
and only when all of it is there the guest's memory may. So who has all of the memory has the disks.

Commands are named by what they change, and safe to repeat: a QEMU that did not answer in time may
have done what it was told.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...description import Disk
from ...errors import GuestError, GuestTimeoutError, MigrationError
from . import images

if TYPE_CHECKING:
    from .machine import QemuGuest

#: A copy that does not get on for so long is given up.
STUCK_SECONDS = 10.0
#: How long a copy may take to stop before its connection is cut, and after that.
STOP_SECONDS = 1.0
_POLL_SECONDS = 0.002


def sizes(machine: QemuGuest, disks: Sequence[Disk]) -> list[int]:
    """Tell how large a guest finds its disks, in bytes."""
    found = _nodes(machine)
    return [int(found[images.node(number)]["image"]["virtual-size"]) for number in _each(disks)]


def serve(machine: QemuGuest, disks: Sequence[Disk]) -> str:
    """Let a guest that is expected take its disks from elsewhere; give the socket for that."""
    path = machine.own_path("nbd")
    machine.execute("nbd-server-start", addr={"type": "unix", "data": {"path": path}})
    for number in _each(disks):
        name = images.node(number)
        machine.execute(
            "block-export-add", type="nbd", id=name, node_name=name, name=name, writable=True
        )
    return path


def stop_serving(machine: QemuGuest) -> None:
    """Stop serving the disks, since the guest is about to run; do nothing when none is served."""
    if machine.execute("query-block-exports"):
        machine.execute("nbd-server-stop")


class Copies:
    """The copies of a guest's disks on their way.

    Attributes:
        progress: how many bytes of them were sent, and of how many.
    """

    def __init__(self, machine: QemuGuest, disks: Sequence[Disk]) -> None:
        """Copy nothing yet."""
        self._machine = machine
        self._disks = disks
        self._begun = False
        self.progress = (0, 0)

    def begin(self, address: str, speed: int) -> None:
        """Begin to copy to where the destination serves, at `speed` bytes a second; 0: no limit.

        Raises GuestError, and MigrationError when nothing is served there.
        """
        if not Path(address).is_socket():
            raise MigrationError(f"no disks are expected at {address!r}")
        self._begun = True
        self._remove()
        for number in _each(self._disks):
            name, copy = images.node(number), _copy(number)
            server = {"type": "unix", "path": address}
            self._machine.execute(
                "blockdev-add", driver="nbd", node_name=copy, server=server, export=name
            )
            self._machine.execute(
                "blockdev-mirror",
                job_id=copy,
                device=name,
                target=copy,
                sync="full",
                speed=speed,
                auto_dismiss=False,
            )

    def limit(self, speed: int) -> None:
        """Change how fast they are copied; see `begin`."""
        for copy in self._jobs() if self._begun else ():
            self._machine.execute("block-job-set-speed", device=copy, speed=speed)

    def await_ready(self, check: Callable[[], None]) -> None:
        """Wait until all is there but for what the guest is writing; what `check` raises ends that.

        Raises MigrationError when a copy fails, or does not get on.
        """
        self._await("ready", check)

    def finish(self) -> None:
        """Let all of them end whole: the guest must stand still. Do nothing when none was begun.

        Raises MigrationError when one does not.
        """
        if not self._begun:
            return
        self._await("ready", _nothing)
        for copy in self._jobs():
            self._machine.execute("block-job-cancel", device=copy)  # ends what is ready, whole
        self._await("concluded", _nothing)
        self._remove()
        self._begun = False

    def abandon(self) -> None:
        """End them as they are, and cut the connections. Do nothing when none was begun.

        Raises GuestError when QEMU does not answer, or does not let go of them.
        """
        if self._begun:
            self._remove()
            self._begun = False

    def _await(self, wanted: str, check: Callable[[], None]) -> None:
        deadline = time.monotonic() + STUCK_SECONDS
        while True:
            jobs = self._jobs()
            for number, disk in enumerate(self._disks):
                job = jobs.get(_copy(number), {"error": "its copy is gone"})
                if why := job.get("error"):
                    raise MigrationError(f"disk {disk.path!r} could not be copied: {why}")
            before, now = self.progress, time.monotonic()
            self.progress = (
                sum(int(job["current-progress"]) for job in jobs.values()),
                sum(int(job["total-progress"]) for job in jobs.values()),
            )
            if all(job["status"] == wanted for job in jobs.values()):
                return
            check()
            if self.progress != before:
                deadline = now + STUCK_SECONDS
            elif now > deadline:
                raise MigrationError(f"the copy of a disk does not get on for {STUCK_SECONDS:g} s")
            time.sleep(_POLL_SECONDS)

    def _remove(self) -> None:
        for copy in self._jobs():
            with contextlib.suppress(GuestError):  # it ends by itself just now
                self._machine.execute("block-job-cancel", device=copy, force=True)
            if not self._ends(copy):
                # It waits for a destination that does not answer.
                instance = {"type": "block-node", "node-name": copy}
                self._machine.execute("yank", instances=[instance])
                if not self._ends(copy):
                    raise GuestTimeoutError("QEMU does not end the copy of a disk")
            self._machine.execute("job-dismiss", id=copy)
        left = _nodes(self._machine)
        for number in _each(self._disks):
            if _copy(number) in left:
                self._machine.execute("blockdev-del", node_name=_copy(number))

    def _ends(self, copy: str) -> bool:
        deadline = time.monotonic() + STOP_SECONDS
        while self._jobs()[copy]["status"] != "concluded":
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _jobs(self) -> dict[str, dict[str, Any]]:
        answer: Any = self._machine.execute("query-jobs")
        ours = set(map(_copy, _each(self._disks)))
        return {job["id"]: job for job in answer if job["id"] in ours}


def _nodes(machine: QemuGuest) -> dict[str, dict[str, Any]]:
    answer: Any = machine.execute("query-named-block-nodes", flat=True)
    return {found["node-name"]: found for found in answer}


def _each(disks: Sequence[Disk]) -> range:
    return range(len(disks))


def _copy(number: int) -> str:
    return f"copy-{number}"


def _nothing() -> None:
    """Look at nothing."""
