"""Drivers whose guests run in child processes: `process` and `qemu`.

What such a driver keeps of a guest and of its host, and the entry points that are the same for
both; they stand in the tables as they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ..description import GuestDescription
from ..driver import Connection
from ..errors import GuestError, InvalidUriError
from ..values import DomainInfo, DomainState
from . import host as _hosts
from . import lifecycle
from .host import DriverHost


class Child(Protocol):
    """A guest that was started in a child process, until `outcome` says how it ended.

    See `child.ChildProcess` for what is the same in both drivers.
    """

    @property
    def pid(self) -> int:
        """The process id."""
        ...

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        ...

    def outcome(self) -> DomainState | None:
        """Tell how the guest ended (shut off or crashed); None while its process lives."""
        ...

    def state(self) -> DomainState:
        """Tell whether the guest runs or is paused; raise GuestError when that is not known."""
        ...

    def ticks(self) -> int:
        """Read the guest's clock from its memory; raise GuestError when it cannot be read."""
        ...

    def pause(self) -> None:
        """Pause the guest: on return it does not run, and its memory does not change."""
        ...

    def resume(self) -> None:
        """Let a paused guest go on."""
        ...

    def shutdown(self) -> None:
        """Ask the guest to end and wait until it has; raise GuestTimeoutError if it does not."""
        ...

    def kill(self) -> None:
        """End the guest at once, whatever it does, and reap it."""
        ...


_C = TypeVar("_C", bound=Child)


@dataclass
class ChildGuest(Generic[_C]):
    """A guest; without a process it is off, and `ended` says how it came to be."""

    description: GuestDescription
    process: _C | None = None
    ended: DomainState = DomainState.SHUTOFF

    def current_state(self) -> DomainState:
        """Tell the state; when it is an active one, there is a process."""
        return self._look(lambda process: 0)[0]

    def look(self) -> tuple[DomainState, int]:
        """Tell the state and the ticks; when the state is an active one, there is a process."""
        return self._look(lambda process: process.ticks())

    def settle(self) -> None:
        """Take note, and reap the process, when it has ended."""
        outcome = None if self.process is None else self.process.outcome()
        if outcome is not None:
            self.ended = outcome
            self.process = None

    def _look(self, ticks: Callable[[_C], int]) -> tuple[DomainState, int]:
        self.settle()
        if self.process is None:
            return self.ended, 0
        try:
            state = self.process.state()
            if state in lifecycle.ACTIVE:
                return state, ticks(self.process)
            self.process.kill()
            self.ended, self.process = state, None
        except GuestError:
            # It may have ended while it was asked. One that lives and does not answer is an error.
            self.settle()
            if self.process is not None:
                raise
        return self.ended, 0


class ChildrenHost(DriverHost[ChildGuest[_C]], Generic[_C]):
    """A host whose guests are child processes."""

    def __init__(self, launch: Callable[[GuestDescription], _C]) -> None:
        """Begin without guests; `launch` starts the process of a new one, paused."""
        super().__init__(ChildGuest)
        self._launch = launch

    def settle(self) -> None:
        """Take note of guests that ended by themselves."""
        for guest in self.guests.values():
            self.settle_one(guest)

    def settle_one(self, guest: ChildGuest[_C]) -> None:
        """Take note when a guest ended: its lease is dropped then."""
        guest.settle()
        if guest.process is None:
            self.migrations.release(guest.description.name)

    def active(self, name: str, call: str) -> tuple[ChildGuest[_C], _C]:
        """Give a guest and its process, when `call` is legal: one for active guests only."""
        guest = self.legal(name, call)
        assert guest.process is not None
        return guest, guest.process

    def start_paused(self, description: GuestDescription) -> _C:
        """Start a guest with blank memory, paused before it does anything."""
        return self.begin(description, self._launch(description))

    def begin(self, description: GuestDescription, process: _C) -> _C:
        """Make a process that was just started a guest, with a lease of its own.

        Define the guest if need be. The process is killed when the lease cannot be had.
        """
        try:
            self.migrations.release(description.name)
            self.migrations.locks.hold(description.name)
        except BaseException:
            process.kill()
            raise
        self.adopt(description, process)
        return process

    def adopt(self, description: GuestDescription, process: _C) -> None:
        """Let a process be the guest of a description."""
        self.guests[description.name] = ChildGuest(description, process)

    def end(self, guest: ChildGuest[_C]) -> None:
        """End a guest at once, whatever state it is in."""
        self._kill(guest)
        self.settle_one(guest)

    def can_run(self, name: str) -> bool:
        """Tell whether a guest of this name has a process, even one that does not answer."""
        guest = self.guests.get(name)
        if guest is None:
            return False
        guest.settle()
        return guest.process is not None

    def _kill(self, guest: ChildGuest[_C]) -> None:
        if guest.process is not None:
            guest.process.kill()


def directory(driver: str, path: str) -> Path | None:
    """Give the directory that a URI's path names; None when it names none.

    Raises InvalidUriError when it is not a directory, or not writable.
    """
    found = Path(path) if path.strip("/") else None
    if found is not None and not (found.is_dir() and os.access(found, os.W_OK)):
        raise InvalidUriError(f"{driver}: {path!r} is not a directory that can be written")
    return found


# -- entry points


def domain_create(connection: Connection, name: str) -> None:
    """Start a guest that is off."""
    host = _of(connection)
    host.start_paused(host.legal(name, "create").description).resume()


def domain_suspend(connection: Connection, name: str) -> None:
    """Pause a running guest."""
    _of(connection).active(name, "suspend")[1].pause()


def domain_resume(connection: Connection, name: str) -> None:
    """Let a paused guest go on."""
    _of(connection).active(name, "resume")[1].resume()


def domain_shutdown(connection: Connection, name: str) -> None:
    """Ask a running guest to end, and wait until it has."""
    host = _of(connection)
    guest, process = host.active(name, "shutdown")
    process.shutdown()
    host.settle_one(guest)


def domain_reset(connection: Connection, name: str) -> None:
    """Start an active guest over, in a new process; a paused one stays paused."""
    host = _of(connection)
    guest, process = host.active(name, "reset")
    paused = process.state() is DomainState.PAUSED
    host.end(guest)
    restarted = host.start_paused(guest.description)
    if not paused:
        restarted.resume()


def domain_destroy(connection: Connection, name: str) -> None:
    """End an active guest at once."""
    host = _of(connection)
    guest = host.free(name, "destroy")
    if guest.process is None:
        lifecycle.require("destroy", name, guest.ended)
    else:
        # Not asked for its state: this is legal in any, and must work when it does not answer.
        host.end(guest)


def domain_get_info(connection: Connection, name: str) -> DomainInfo:
    """Tell a guest's state, size and clock."""
    guest = _of(connection).find(name)
    state, ticks = guest.look()
    process = guest.process
    return DomainInfo(
        state=state,
        id=process.pid if process else None,
        memory_kib=guest.description.memory_kib,
        vcpus=guest.description.vcpus,
        ticks=ticks,
        uptime=process.uptime if process else 0.0,
    )


def _of(connection: Connection) -> ChildrenHost[Any]:
    return _hosts.of(connection, ChildrenHost)
