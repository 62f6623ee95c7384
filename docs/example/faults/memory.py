"""The faults made on two `memory` hosts, and what they do to the guest.

The coordinator sees its hosts through `FaultyPeer`, which strikes once, at the step of the case.
After every call it is checked that no more than one copy runs and one lease is held.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import hypervisor
from hypervisor.drivers.memory.host import MemoryHost
from hypervisor.drivers.memory.migration import MemoryIncoming
from hypervisor.errors import HypervisorError, MigrationError, PeerLostError, UnresolvedError
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.events import Audience, Event
from hypervisor.migration.journal import MemoryJournal
from hypervisor.migration.lease import Lease, LeaseJournal
from hypervisor.migration.peer import PREFIX, LocalPeer
from hypervisor.migration.recovery import recover
from hypervisor.values import DomainState

from .model import (
    DEATHS,
    GUEST,
    SIDES,
    WITHIN,
    Case,
    Fault,
    Moment,
    Outcome,
    Run,
    Side,
    live_step,
    moment_of,
    options,
    step_of,
    with_bad_cookie,
)

#: How long a source may go on sending that was told to stop.
SECONDS = 20.0


class CoordinatorDied(BaseException):
    """The coordinator stops in the middle of what it does; nothing of it goes on."""


@dataclass
class World:
    """Two hosts and a guest that runs on the source.

    Attributes:
        dead: the hosts that died.
        broken: what must never be and was, in words.
        holders: lease -> the sides that hold it.
    """

    case: Case
    connections: dict[Side, hypervisor.Connection] = field(default_factory=dict)
    dead: set[Side] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    holders: dict[str, set[Side]] = field(default_factory=dict)
    struck: bool = False
    late: Callable[[], object] | None = None
    ended_with_host: bool = False
    life: bytes = b""
    in_vain: threading.Event = field(default_factory=threading.Event)
    sending: threading.Thread | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Start the guest."""
        for side in SIDES:
            self.connections[side] = self.opened(side)
            self.host(side).migrations.locks = LeaseJournal(observer=self._observer(side))
        domain = hypervisor.domain_define(self.connections["source"], self.described)
        hypervisor.domain_create(domain)
        self.life = self.host("source").guests[GUEST].memory
        self.host("source").migrations.audience = Striking(self)

    @property
    def described(self) -> str:
        """What the guest is."""
        return f"<guest><name>{GUEST}</name></guest>"

    def opened(self, side: Side) -> hypervisor.Connection:
        """Open a host."""
        return hypervisor.connect_open(f"memory:///{side}")

    def host(self, side: Side) -> MemoryHost:
        """Give what the driver keeps for a host."""
        host = self.connections[side].private_data
        assert isinstance(host, MemoryHost)
        return host

    def kill(self, side: Side) -> None:
        """Let a host die, with its guests and its leases; on the source, from peer to peer, with
        the coordinator.
        """
        ran = self._state(side) is DomainState.RUNNING
        others = [each for each in SIDES if each != side and each not in self.dead]
        spared = any(self._has_state(other) for other in others)
        self.ended_with_host = ran or (side == "source" and self._has_state(side) and not spared)
        self.dead.add(side)
        self.host(side).migrations.close_all()
        self.host(side).guests.clear()
        for sides in self.holders.values():
            sides.discard(side)

    def is_dead(self, identity: str) -> bool:
        """Be the fence: say whether the host of an identity is dead."""
        return any(str(self.host(side).migrations.identity) == identity for side in self.dead)

    def running(self) -> list[Side]:
        """Give the hosts on which the guest runs."""
        return [side for side in SIDES if self._state(side) is DomainState.RUNNING]

    def check(self) -> None:
        """Note what must never be."""
        if len(self.running()) > 1:
            self.broken.append("two copies run")
        if any(len(sides) > 1 for sides in self.holders.values()):
            self.broken.append("two hosts hold the lease")
        for side in self.running():
            if self.host(side).guests[GUEST].memory != self.life:
                self.broken.append(f"the copy on the {side} is not the guest that left")

    def outcome(self) -> Outcome:
        """Tell where the guest is."""
        if "two copies run" in self.broken:
            return Outcome.TWICE
        running = self.running()
        open_jobs = {side: self.is_open(side) for side in SIDES}
        if running == ["destination"]:
            paused = self._state("source") is DomainState.PAUSED
            return Outcome.MOVED_REST if paused or open_jobs["source"] else Outcome.MOVED
        if running == ["source"]:
            left = open_jobs["source"] or open_jobs["destination"]
            return Outcome.STAYED_REST if left else Outcome.STAYED
        if any(self._has_state(side) for side in SIDES):
            return Outcome.PAUSED
        return Outcome.DIED if self.ended_with_host else Outcome.LOST

    def is_open(self, side: Side) -> bool:
        """Whether a host keeps a migration that is not over."""
        return bool(self.host(side).migrations.open_jobs())

    def has_arrived(self, side: Side) -> bool:
        """Whether a host expects the guest, and all of it has come."""
        incoming = [job.incoming for job in self.host(side).migrations.open_jobs()]
        return any(isinstance(one, MemoryIncoming) and one.arrived for one in incoming)

    def _state(self, side: Side) -> DomainState | None:
        guest = self.host(side).guests.get(GUEST)
        return None if guest is None else guest.state

    def _has_state(self, side: Side) -> bool:
        """Whether all of the guest is on a host, running, paused, or as it came."""
        if self._state(side) in (DomainState.RUNNING, DomainState.PAUSED):
            return True
        return self.has_arrived(side)

    def _observer(self, side: Side) -> Callable[[str, Lease], None]:
        def observe(what: str, lease: Lease) -> None:
            sides = self.holders.setdefault(lease.id, set())
            if what == "held":
                sides.add(side)
            else:
                sides.discard(side)
            if len(sides) > 1:
                self.broken.append("two hosts hold the lease")

        return observe


class HostDied(BaseException):
    """The host at work stops in the middle of it."""


class Striking(Audience):
    """Those who see each round of a guest that is sent live: they let it change, and the fault
    strike.
    """

    def __init__(self, world: World) -> None:
        """See what happens on the source of a world."""
        super().__init__()
        self._world = world

    def ask(self, event: Event) -> None:
        """Strike before a round."""
        super().ask(event)
        self._see(live_step(event), Moment.BEFORE)

    def tell(self, event: Event) -> None:
        """Strike after a round."""
        super().tell(event)
        step = live_step(event)
        if step is not None and step.startswith("round"):
            self._world.life = os.urandom(len(self._world.life))
            self._world.host("source").guests[GUEST].memory = self._world.life
        self._see(step, Moment.AFTER)

    def _see(self, step: str | None, moment: Moment) -> None:
        world = self._world
        if step is None:
            return
        world.check()
        if step == world.case.step and moment is moment_of(world.case) and not world.struck:
            world.struck = True
            self._strike(world.case.fault)

    def _strike(self, fault: Fault) -> None:
        world = self._world
        host = world.host("source").migrations
        if fault in (Fault.FAILS_BEFORE, Fault.FAILS_AFTER):
            raise MigrationError(f"{world.case.step} failed")
        if fault is Fault.REPLY_LOST:
            raise ConnectionResetError("the destination does not acknowledge it")
        if fault is Fault.CANCELLED:
            host.abort(GUEST)
        elif fault is Fault.HANGS:
            (job,) = host.open_jobs()
            world.in_vain.set()
            job.cancelled.wait()
        elif fault is Fault.DESTINATION_DIES:
            world.kill("destination")
        elif fault is Fault.SOURCE_DIES or world.case.peer_to_peer:
            world.kill("source")
            raise HostDied
        else:
            world.in_vain.set()  # the coordinator is dead, and the source goes on


class FaultyPeer(LocalPeer):
    """A host as the coordinator sees it, with one fault."""

    def __init__(self, world: World, side: Side) -> None:
        """See a host of a world."""
        super().__init__(world.connections[side])
        self._world = world
        self._side: Side = side

    def identity(self) -> str:
        """Name the host, or be silent when it is dead."""
        self._alive()
        return super().identity()

    def describe(self, guest: str) -> str:
        """Dump the guest's description: the step `dump`."""
        found: str = self._struck("dump", (), lambda args: LocalPeer.describe(self, guest))
        return found

    def abort(self, guest: str) -> None:
        """Tell a step to stop; a dead host does not hear it."""
        self._alive()
        super().abort(guest)

    def settle(self, migration: str) -> None:
        """Let the host forget a migration; a dead one does not hear it."""
        self._alive()
        super().settle(migration)

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step, or what the fault makes of it; any other call meets none."""
        if not slot.startswith(PREFIX):
            self._alive()
            return super().call(slot, *args)
        name = slot.removeprefix(PREFIX)
        token, rest = args[0], args[1:]

        def run(arguments: tuple[Any, ...]) -> Any:
            return LocalPeer.call(self, slot, token, *arguments)

        if WITHIN.get(self._world.case.step) == step_of(name) and not self._world.struck:
            return self._within(lambda: run(rest))
        return self._struck(step_of(name), rest, run, name)

    def _within(self, run: Callable[[], Any]) -> Any:
        """Run a step in the midst of which the fault is made."""
        world = self._world
        self._alive()
        try:
            if world.case.fault is Fault.HANGS:
                return self._waited_for_in_vain(run)
            reply = self._run(lambda _: run(), ())
        except HostDied:
            if world.case.peer_to_peer and self._side == "source":
                raise CoordinatorDied from None
            raise PeerLostError(f"the {self._side} died") from None
        if world.in_vain.is_set():
            raise CoordinatorDied
        return reply

    def _waited_for_in_vain(self, run: Callable[[], Any]) -> Any:
        """Go away while the source is still at work."""
        world = self._world

        def work() -> None:
            try:
                with contextlib.suppress(HypervisorError):
                    run()
            finally:
                world.in_vain.set()  # also when the fault never struck

        world.sending = threading.Thread(target=work)
        world.sending.start()
        world.in_vain.wait()
        raise PeerLostError("no answer in time")

    def _struck(
        self,
        step: str,
        args: tuple[Any, ...],
        run: Callable[[tuple[Any, ...]], Any],
        slot: str = "",
    ) -> Any:
        world = self._world
        if world.late is not None and world.case.moment is Moment.NEXT:
            deliver_late(world)
        self._alive()
        if step != world.case.step or world.struck:
            return self._run(run, args)
        world.struck = True
        return self._strike(step, args, run, slot)

    def _strike(
        self, step: str, args: tuple[Any, ...], run: Callable[[tuple[Any, ...]], Any], slot: str
    ) -> Any:
        world, fault = self._world, self._world.case.fault
        if fault is Fault.FAILS_BEFORE:
            raise MigrationError(f"{step} failed")
        if fault in (Fault.HANGS, Fault.LATE):
            if fault is Fault.LATE:
                world.late = lambda: run(args)
            raise PeerLostError(f"no answer to {step} in time")
        if fault in (Fault.COOKIE_DAMAGED, Fault.COOKIE_MISSING):
            return self._run(run, with_bad_cookie(slot, args, fault))
        if world.case.moment is Moment.BEFORE and fault in DEATHS:
            return self._die(fault, lambda: self._run(run, args))
        reply = self._run(run, args)
        if fault is Fault.FAILS_AFTER:
            raise MigrationError(f"{step} failed")
        if fault is Fault.REPLY_LOST:
            raise PeerLostError(f"no answer to {step}")
        return self._die(fault, lambda: reply)

    def _die(self, fault: Fault, go_on: Callable[[], Any]) -> Any:
        world = self._world
        if fault is Fault.COORDINATOR_DIES:
            if world.case.peer_to_peer:
                world.kill("source")
            raise CoordinatorDied
        victim: Side = "source" if fault is Fault.SOURCE_DIES else "destination"
        world.kill(victim)
        if victim == "source" and world.case.peer_to_peer:
            raise CoordinatorDied
        if victim == self._side:
            raise PeerLostError(f"the {victim} died")
        return go_on()

    def _run(self, run: Callable[[tuple[Any, ...]], Any], args: tuple[Any, ...]) -> Any:
        try:
            return run(args)
        finally:
            self._world.check()

    def _alive(self) -> None:
        if self._side in self._world.dead:
            raise PeerLostError(f"the {self._side} does not answer")


def run(case: Case) -> Run:
    """Run one case."""
    return run_in(World(case))


def run_in(world: World) -> Run:
    """Run a case in its world."""
    case = world.case
    source, destination = (FaultyPeer(world, side) for side in SIDES)
    journal = MemoryJournal()
    migration = Migration(source, destination, GUEST, options(case), journal)
    try:
        if case.recovery:
            migration.run(world.is_dead)
        else:
            migration.run_alone()
    except CoordinatorDied:
        if case.recovery:
            # From peer to peer the coordinator's journal is on the source, and reached again when
            # that host is, or its disk.
            _recovered(world, journal.taken_over(), source, destination)
    except UnresolvedError:
        _recovered(world, journal, source, destination)
    except HypervisorError:
        pass  # the migration failed; what matters is where the guest is now
    if world.late is not None:
        deliver_late(world)
    world.over.set()
    if world.sending is not None:
        world.sending.join(SECONDS)
        assert not world.sending.is_alive(), f"the source still sends the guest: {case}"
    world.check()
    held = tuple(side for side in SIDES if any(side in sides for sides in world.holders.values()))
    return Run(world.outcome(), world.struck, tuple(world.broken), held, tuple(world.running()))


def _recovered(
    world: World, journal: MemoryJournal, source: FaultyPeer, destination: FaultyPeer
) -> None:
    try:
        recover(journal, source, destination, world.is_dead)
    except UnresolvedError as error:
        world.broken.append(f"not resolved although every host answers or is fenced: {error}")


def deliver_late(world: World) -> None:
    """Let the step arrive that was given up as lost."""
    late, world.late = world.late, None
    assert late is not None
    try:
        late()
    except HypervisorError:
        return  # refused, which is what the hosts are for
    finally:
        world.check()
