"""What the processes of one case know in common: a directory, and what they noted there.

The processes act one after another, so the notes need no locks, but for what is noted of checks.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hypervisor.migration import lease_folder

from . import outside
from .model import SIDES, Case, Side
from .outside import Seen

#: What the guest's clock shows at its start, so that no other life can be taken for it.
BORN = 10**12


@dataclass(frozen=True)
class Host:
    """A host that was started: its process, and its name in this life."""

    pid: int
    identity: str


@dataclass(frozen=True)
class Death:
    """How a host died.

    Attributes:
        pids: the host's process and those of its guests.
        ended_guest: whether the guest ended with it, as it would have without a migration.
    """

    pids: list[int]
    ended_guest: bool


class Scene:
    """A case, and the directory in which it is played."""

    def __init__(self, case: Case, directory: Path) -> None:
        """Play a case in a directory."""
        self.case = case
        self.directory = directory

    def socket(self, side: Side) -> str:
        """Name the socket at which a host listens."""
        return str(self.directory / f"{side}.socket")

    def way(self, side: Side) -> str:
        """Name the socket of the network on the way to a host."""
        return str(self.directory / f"to-{side}.socket")

    def state(self, side: Side) -> Path:
        """Name the directory of a host's journals."""
        return self.directory / f"{side}.state"

    # -- notes

    def strikes(self) -> bool:
        """Tell whether the fault is to strike now: once."""
        try:
            (self.directory / "struck").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    @property
    def struck(self) -> bool:
        """Whether the fault has struck."""
        return (self.directory / "struck").exists()

    def note_host(self, side: Side, host: Host) -> None:
        """Note a host that was started."""
        self._write(f"{side}.host", asdict(host))

    def host(self, side: Side) -> Host:
        """Give the host of a side."""
        return Host(**self._read(f"{side}.host"))

    def death(self, side: Side) -> Death | None:
        """Tell whether and how a host died."""
        found = self._read(f"{side}.death")
        return None if found is None else Death(**found)

    def note_coordinator(self, pid: int) -> None:
        """Note the coordinator's process."""
        self._write("coordinator", pid)

    def note_network(self, pid: int) -> None:
        """Note the network's process."""
        self._write("network", pid)

    def hold(self, pid: int) -> None:
        """Note the process that holds a message back."""
        self._write("held", pid)

    def is_held(self) -> bool:
        """Whether a message is held back."""
        return (self.directory / "held").exists()

    def held(self) -> int | None:
        """Give the process that holds a message back, once."""
        found = self._read("held")
        (self.directory / "held").unlink(missing_ok=True)
        return None if found is None else int(found)

    def ask_strike(self) -> None:
        """Let whoever carries the message at work strike, and wait until that is done.

        For a host that must not end itself, nor whoever it answers.
        """
        path = self.directory / "to-strike"
        path.touch()
        outside.await_true(lambda: not path.exists(), "the fault has struck")

    def is_to_strike(self) -> bool:
        """Whether a host asked for the fault."""
        return (self.directory / "to-strike").exists()

    def has_struck(self) -> None:
        """Let the host go on that asked for it."""
        (self.directory / "to-strike").unlink()

    def note_broken(self, what: str) -> None:
        """Note what must never be."""
        with (self.directory / "broken").open("a") as stream:
            stream.write(f"{what}\n")

    def broken(self) -> tuple[str, ...]:
        """Give what must never be, and was."""
        path = self.directory / "broken"
        return tuple(path.read_text().splitlines()) if path.exists() else ()

    # -- looking

    def guests(self, side: Side) -> list[Seen]:
        """Look at the guests of a host; a dead one has none."""
        return [] if self.death(side) is not None else outside.guests(self.host(side).pid)

    def running(self) -> list[Side]:
        """Give the hosts on which the guest runs."""
        return [side for side in SIDES if any(_runs(one) for one in self.guests(side))]

    def has_state(self, side: Side) -> bool:
        """Whether all of the guest is on a host, running, paused, or as it came."""
        return any(one.ticks is not None for one in self.guests(side))

    def holders(self) -> dict[str, list[Side]]:
        """Tell from the journals on disk which living hosts hold which lease."""
        found: dict[str, list[Side]] = {}
        for side in SIDES:
            if self.death(side) is None:
                for lease in lease_folder.read_held(self.state(side) / "leases"):
                    found.setdefault(lease.id, []).append(side)
        return found

    def check(self) -> None:
        """Look at everything, and note what must never be."""
        # Alone, lest what was seen first be noted last: a late message acts on its own.
        with (self.directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._check()

    def _check(self) -> None:
        seen = {side: self.guests(side) for side in SIDES}
        running = [side for side in SIDES if any(_runs(one) for one in seen[side])]
        if sum(_runs(one) for side in SIDES for one in seen[side]) > 1:
            self.note_broken("two copies run")
        if any(len(sides) > 1 for sides in self.holders().values()):
            self.note_broken("two hosts hold the lease")
        self._check_clocks(seen, running)

    def _check_clocks(self, seen: dict[Side, list[Seen]], running: list[Side]) -> None:
        """No clock goes back, on a host nor on the way; and none is that of another life."""
        before: dict[str, int] = self._read("clocks") or {}
        clocks = dict(before)
        for side in SIDES:
            for one in seen[side]:
                if one.ticks is None:
                    continue
                least = max(BORN, before.get(str(one.pid), 0))
                if side == "destination" and side in running:
                    least = max(least, before.get("source", 0))
                if one.ticks < least:
                    self.note_broken(f"the copy on the {side} is not the guest that left")
                clocks[str(one.pid)] = one.ticks
                clocks[side] = max(one.ticks, clocks.get(side, 0))
        self._write("clocks", clocks)

    # -- dying

    def kill(self, side: Side) -> None:
        """Let a host die: its process, which is first kept from starting more, and its guests."""
        host = self.host(side)
        os.kill(host.pid, signal.SIGSTOP)
        outside.await_stopped(host.pid)
        ran = any(_runs(one) for one in self.guests(side))
        spared = any(other != side and self.has_state(other) for other in SIDES)
        ended = ran or (side == "source" and self.has_state(side) and not spared)
        pids = [host.pid, *outside.children(host.pid)]
        self._write(f"{side}.death", asdict(Death(pids, ended)))
        outside.kill(pids)

    def kill_coordinator(self) -> None:
        """Let the coordinator die; from peer to peer that is the source host."""
        if self.case.peer_to_peer:
            self.kill("source")
        else:
            outside.kill([int(self._read("coordinator"))])

    def is_dead(self, identity: str) -> bool:
        """Be the fence: a host is dead when it is being switched off and its processes are gone."""
        for side in SIDES:
            if self.death(side) is not None and self.host(side).identity == identity:
                self.await_end(side)
                return True
        return False

    def await_end(self, side: Side) -> None:
        """Wait until all of a host that dies is gone: its sockets close before its locks do."""
        death = self.death(side)
        assert death is not None, f"the {side} host does not die"
        for pid in death.pids:
            outside.await_gone(pid)

    def deliver(self) -> None:
        """Let the message go on that was held back, and wait until the host has answered it.

        All else that was sent arrives first: that a tunnel was closed, for instance.
        """
        pid = self.held()
        assert pid is not None, "no message is held back"
        self.await_messages(pid)
        os.kill(pid, signal.SIGCONT)
        outside.await_gone(pid)
        self.check()

    def await_messages(self, but: int | None = None) -> None:
        """Wait until what was sent has arrived and was answered, even where nobody waits for it."""
        for other in outside.children(int(self._read("network"))):
            if other not in (but, os.getpid()):
                outside.await_gone(other)

    def _read(self, name: str) -> Any:
        with contextlib.suppress(FileNotFoundError):
            return json.loads((self.directory / name).read_text())
        return None

    def _write(self, name: str, value: object) -> None:
        # Whole or not at all: the fence reads while a host is dying.
        temporary = self.directory / f".{name}"
        temporary.write_text(json.dumps(value))
        temporary.replace(self.directory / name)


def _runs(seen: Seen) -> bool:
    return seen.ticks is not None and not seen.stopped
