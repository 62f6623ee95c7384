"""The faults made while a guest is split by post-copy, on two `memory` hosts.

Looked at after every call, besides what `memory` looks at: what has gone on at the destination
never goes on at the source, and each page that is there is as the guest last wrote it. A guest may
be lost only when a host died that held a part of it: `may_be_lost` says of each case whether it was
so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import hypervisor
from hypervisor.description import GuestDescription
from hypervisor.driver import Stream
from hypervisor.drivers.memory.host import Guest, MemoryHost
from hypervisor.drivers.memory.migration import (
    PAGE_SIZE,
    MemoryBackend,
    MemoryIncoming,
    MemoryOutgoing,
)

from . import memory, model
from .inner import InnerWorld
from .memory import World
from .model import GUEST, Case, Moment, Outcome, Run, Side, moment_of

See = Callable[[str, Moment], None]


@contextmanager
def _seen(see: See, step: str) -> Iterator[None]:
    see(step, Moment.BEFORE)
    yield
    see(step, Moment.AFTER)


class SplitBackend(MemoryBackend):
    """The part of the driver that serves migrations, each call of which is seen."""

    def __init__(self, host: MemoryHost, see: See) -> None:
        """Serve a host."""
        super().__init__(host)
        self._see = see

    def outgoing(self, name: str) -> MemoryOutgoing:
        """Give an active guest."""
        super().outgoing(name)
        return SplitOutgoing(self._host, self._host.find(name), self._see)

    def incoming(
        self,
        name: str,
        description: GuestDescription | None,
        uri: str | None,
        stream: Stream | None,
    ) -> MemoryIncoming:
        """Get ready for a guest."""
        self._require_place(name, description, uri)
        return SplitIncoming(self._host, name, description, stream, self._see)


class SplitOutgoing(MemoryOutgoing):
    """A guest that is about to leave."""

    def __init__(self, host: MemoryHost, guest: Guest, see: See) -> None:
        """Note how it is now."""
        super().__init__(host, guest)
        self._see = see

    def hand_over(self, uri: str) -> None:
        """Send all but the memory."""
        with _seen(self._see, "split"):
            super().hand_over(uri)


class SplitIncoming(MemoryIncoming):
    """A guest that is expected."""

    def __init__(self, *args: Any) -> None:
        """Expect it."""
        *rest, self._see = args
        super().__init__(*rest)

    def start(self) -> None:
        """Let it go on."""
        with _seen(self._see, "goes on"):
            super().start()

    def fetch(self, start: int) -> None:
        """Fetch a page."""
        step = "first page" if start == 0 else "last page" if len(self.missing) == 1 else ""
        with _seen(self._see, step):
            super().fetch(start)

    def run(self, paused: bool) -> None:
        """Make it an ordinary guest."""
        with _seen(self._see, "whole"):
            super().run(paused)


@dataclass
class SplitWorld(InnerWorld):
    """Two hosts, and a guest that goes on at the destination before all of it is there.

    Attributes:
        ran: whether it has gone on there.
        may_be_lost: a host died that held a part of it which may have been nowhere else.
    """

    ran: bool = False
    may_be_lost: bool = False

    def opened(self, side: Side) -> hypervisor.Connection:
        """Open a host of which each call is seen."""
        connection = super().opened(side)
        host = connection.private_data
        assert isinstance(host, MemoryHost)
        host.migrations.backend = SplitBackend(host, partial(self._see, side))
        return connection

    def arriving(self) -> MemoryIncoming | None:
        """Give the guest that has gone on at the destination, until it is an ordinary one."""
        found = [job.incoming for job in self.host("destination").migrations.open_jobs()]
        going = [one for one in found if isinstance(one, MemoryIncoming) and one.runs]
        return going[0] if going else None

    def running(self) -> list[Side]:
        """Give the hosts on which the guest runs, split or not."""
        there: list[Side] = ["destination"] if self.arriving() is not None else []
        return [*super().running(), *there]

    def check(self) -> None:
        """Note what must never be, and let the guest write where it has gone on."""
        running, arriving = self.running(), self.arriving()
        if len(running) > 1:
            self.broken.append("two copies run")
        if any(len(sides) > 1 for sides in self.holders.values()):
            self.broken.append("two hosts hold the lease")
        self.ran = self.ran or "destination" in running
        if self.ran and "source" in running:
            self.broken.append("the source goes on with what is old")
        for side in super().running():
            if self.host(side).guests[GUEST].memory != self.life:
                self.broken.append(f"the copy on the {side} is not the guest that left")
        if arriving is not None and arriving.memory:
            self._check_pages(arriving)

    def _check_pages(self, arriving: MemoryIncoming) -> None:
        for start in range(0, len(self.life), PAGE_SIZE):
            page = slice(start, start + PAGE_SIZE)
            if start not in arriving.missing and arriving.memory[page] != self.life[page]:
                self.broken.append("a page on the destination is not as the guest left it")
        if 0 not in arriving.missing:
            arriving.memory[:PAGE_SIZE] = os.urandom(PAGE_SIZE)
            self.life = bytes(arriving.memory[:PAGE_SIZE]) + self.life[PAGE_SIZE:]

    def outcome(self) -> Outcome:
        """Tell where the guest is; one that waits for pages of a dead host is nowhere."""
        arriving = self.arriving()
        if arriving is not None and arriving.missing and "source" in self.dead:
            return Outcome.LOST
        return super().outcome()

    def kill(self, side: Side) -> None:
        """Let a host die, and with it what it has of the guest."""
        jobs = self.host("source").migrations.open_jobs()
        split = any(job.split for job in jobs) and not World.running(self)
        arriving = self.arriving()
        ran_here = side == "destination" and arriving is not None
        needed = arriving is not None and bool(arriving.missing)
        super().kill(side)
        if not split:
            return
        # What was not told to go on at the destination was still whole on the source.
        self.may_be_lost = self.may_be_lost or side == "destination" or needed
        self.ended_with_host = ran_here or (side == "source" and arriving is None)

    def _see(self, side: Side, step: str, moment: Moment) -> None:
        self.check()
        if step == self.case.step and moment is moment_of(self.case) and not self.struck:
            self.struck = True
            self._strike(side)


@dataclass(frozen=True)
class SplitRun(Run):
    """What came of a case.

    Attributes:
        may_be_lost: a host died that held a part of the guest.
    """

    may_be_lost: bool = False


def cases() -> Iterator[Case]:
    """Give every case of a guest that is split."""
    for peer_to_peer in (False, True):
        protocols = (model.LIVE_PROTOCOL,)
        yield from model.cases(protocols, peer_to_peer=peer_to_peer, postcopy=True)


def run(case: Case) -> SplitRun:
    """Run one case."""
    world = SplitWorld(case)
    found = memory.run_in(world)
    return SplitRun(**{**vars(found), "may_be_lost": world.may_be_lost})


def run_all() -> dict[Case, SplitRun]:
    """Run every case."""
    return {case: run(case) for case in cases()}
