"""Sequences of migrations, faults and recoveries on three hosts, as Hypothesis finds them.

What must hold after every step of the machine: at most one running copy, at most one lease, and a
copy of the guest somewhere, unless the host died on which it ran, or that had the only one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import hypervisor
from conformance.by_hand import GUEST
from conformance.guests import started
from example_helpers import LENGTH
from hypervisor import HypervisorError, MemoryJournal, Options, PeerLostError, UnresolvedError
from hypervisor.drivers.memory.host import MemoryHost
from hypervisor.drivers.memory.migration import MemoryIncoming
from hypervisor.migration import host as migration_host
from hypervisor.migration import recovery
from hypervisor.migration.coordinator import Migration
from hypervisor.migration.events import Audience, Event
from hypervisor.migration.lease import Lease, LeaseJournal
from hypervisor.migration.peer import PREFIX, LocalPeer
from hypervisor.values import DomainState, Token

HOSTS = range(3)
REMEMBERED = migration_host.REMEMBERED
KINDS = (
    *("lost before", "lost after", "late", "fails before", "fails after"),
    *("stop before", "stop after", "silent before", "silent after"),
)
#: When something happens to a guest that is sent live, and what; the rest of KINDS is of messages.
MOMENTS = tuple(
    f"{when} {what}" for when in ("before", "after") for what in ("round", "switch-over")
)
ERRORS = {
    "raises MigrationError": hypervisor.MigrationError("it failed"),
    "raises PeerLostError": PeerLostError("it failed"),
    "raises OSError": OSError("it failed"),
}
AMID = ("nothing", "cancel", "limits", "destination dies", "source dies", *ERRORS)


FAULT = st.none() | st.tuples(st.integers(0, 2), st.sampled_from(KINDS))


class Stop(BaseException):
    """The coordinator dies."""


class Died(BaseException):
    """A host dies in the midst of a step."""


class Peer(LocalPeer):
    """A host that can be dead, silent, or struck by a fault in its n-th call."""

    def __init__(self, connection: hypervisor.Connection) -> None:
        super().__init__(connection)
        self.dead = False
        self.silent = False
        self.fault: tuple[int, str] | None = None
        self.late: list[Callable[[], object]] = []

    def identity(self) -> str:
        """Name the host, when it answers."""
        self._answers()
        return super().identity()

    def call(self, slot: str, *args: Any) -> Any:
        """Run a step, or what the fault makes of it."""
        self._answers()
        kind = self._next_fault() if slot.startswith(PREFIX) else None
        if kind in ("lost before", "late"):
            if kind == "late":
                self.late.append(lambda: LocalPeer.call(self, slot, *args))
            raise PeerLostError("no answer")
        if kind == "fails before":
            raise hypervisor.MigrationError("it failed")
        if kind == "stop before":
            raise Stop
        if kind == "silent before":
            self.silent = True
            self._answers()
        try:
            reply = super().call(slot, *args)
        except Died:
            if not self.dead:
                raise Stop from None
            raise PeerLostError("no answer") from None
        if kind == "lost after":
            raise PeerLostError("no answer")
        if kind == "fails after":
            raise hypervisor.MigrationError("it failed")
        if kind == "stop after":
            raise Stop
        if kind == "silent after":
            self.silent = True
            self._answers()
        return reply

    def settle(self, migration: str) -> None:
        """Let the host forget a migration, when it answers."""
        self._answers()
        super().settle(migration)

    def _answers(self) -> None:
        if self.dead or self.silent:
            raise PeerLostError("no answer")

    def _next_fault(self) -> str | None:
        if self.fault is None:
            return None
        count, kind = self.fault
        self.fault = (count - 1, kind) if count else None
        return None if count else kind


class Amid(Audience):
    """Lets a guest change in each round in which it is sent live, and something happen once."""

    def __init__(
        self, machine: Machine, source: Peer, destination: Peer, what: tuple[str, str] | None
    ) -> None:
        super().__init__()
        self._machine, self._source, self._destination = machine, source, destination
        self._what = what

    def ask(self, event: Event) -> None:
        """Be there before each round, and before the switch-over."""
        super().ask(event)
        self._see(f"before {event.kind.removeprefix('migration-')}")

    def tell(self, event: Event) -> None:
        """Be there after it."""
        super().tell(event)
        kind = event.kind.removeprefix("migration-")
        if kind == "round" and dict(event.said)["round"] == 1:
            self._machine.change(self._source)
        self._see(f"after {kind}")

    def _see(self, moment: str) -> None:
        self.see(moment)

    def see(self, moment: str, host: Peer | None = None) -> None:
        """Let what is to happen at a moment happen, once; on the source, unless `host` says."""
        if self._what is None or self._what[0] != moment:
            return
        self._what, (_, kind) = None, self._what
        if kind == "cancel":
            self._source.abort(GUEST)
        elif kind == "limits":
            for call, limit in (("downtime", 0), ("speed", 9)):
                LocalPeer.call(self._source, f"{PREFIX}set_max_{call}", GUEST, limit)
        elif kind == "destination dies":
            self._machine.die(self._machine.peers.index(self._destination))
            if host is self._destination:
                raise Died
        elif kind == "source dies":
            self._machine.die(self._machine.peers.index(self._source))
            raise Stop  # what it was asked for is not answered
        elif kind != "nothing":
            raise ERRORS[kind]


class Machine(RuleBasedStateMachine):
    """Three hosts, one guest, and every migration that is not over yet."""

    def __init__(self) -> None:
        super().__init__()
        migration_host.REMEMBERED = 2  # few, so that much is forgotten
        self.holders: dict[str, set[int]] = {}
        self.broken: list[str] = []
        self.peers: list[Peer] = []
        for number in HOSTS:
            self.peers.append(self._new(number))
        self._start(self.peers[0])
        self.life = self._host(self.peers[0]).guests[GUEST].memory
        self.open: list[tuple[MemoryJournal, Peer, Peer]] = []
        self.gone = False
        self.amid: Amid | None = None

    def _start(self, peer: Peer) -> None:
        started(peer.connection)

    def _options(self, live: bool, source: Peer, destination: Peer) -> Options:
        return Options(live=live)

    @rule(step=st.integers(1, 2), fault=FAULT, on_source=st.booleans())
    def migrate(self, step: int, fault: tuple[int, str] | None, on_source: bool) -> None:
        """Migrate to one of the other hosts from where the guest is, if it is anywhere."""
        self._migrate(step, fault, on_source, None)

    @rule(
        step=st.integers(1, 2),
        fault=FAULT,
        on_source=st.booleans(),
        amid=st.tuples(st.sampled_from(MOMENTS), st.sampled_from(AMID)),
    )
    def migrate_live(
        self, step: int, fault: tuple[int, str] | None, on_source: bool, amid: tuple[str, str]
    ) -> None:
        """Send it live, and let something happen in the midst of that."""
        self._migrate(step, fault, on_source, amid)

    def _migrate(
        self,
        step: int,
        fault: tuple[int, str] | None,
        on_source: bool,
        amid: tuple[str, str] | None,
    ) -> None:
        here = next((number for number in HOSTS if self._copies(self.peers[number])), 0)
        source, destination = self.peers[here], self.peers[(here + step) % len(HOSTS)]
        if any(source in (sent, came) for _, sent, came in self.open):
            return  # what brought the guest here, or was to take it away, is settled first
        (source if on_source else destination).fault = fault
        journal = MemoryJournal()
        options = self._options(amid is not None, source, destination)
        self.amid = Amid(self, source, destination, amid)
        self._host(source).migrations.audience = self.amid
        try:
            Migration(source, destination, GUEST, options, journal).run(self._is_dead)
        except (Stop, UnresolvedError):
            self.open.append((journal.taken_over(), source, destination))
        except HypervisorError:
            # Refused or undone; what is pending on a silent host is in the journal.
            if journal.records():
                self.open.append((journal.taken_over(), source, destination))
        finally:
            source.fault = destination.fault = None
            self._host(source).migrations.audience = Audience()
            self.amid = None

    @rule(number=st.sampled_from(HOSTS))
    def silence(self, number: int) -> None:
        """Let a host not answer for a while."""
        self.peers[number].silent = True

    @rule(number=st.sampled_from(HOSTS))
    def hear(self, number: int) -> None:
        """Let it answer again."""
        self.peers[number].silent = False

    @rule(number=st.sampled_from(HOSTS))
    def deliver(self, number: int) -> None:
        """Let a step arrive that was given up as lost."""
        peer = self.peers[number]
        if peer.late and not peer.dead:
            with contextlib.suppress(HypervisorError):
                peer.late.pop()()

    @rule(number=st.sampled_from(HOSTS))
    def restart(self, number: int) -> None:
        """Let a host die and come back empty."""
        self.die(number)

    def die(self, number: int) -> None:
        """End a host with all that it has; another life of it begins."""
        old = self.peers[number]
        held = self._copies(old)
        others = any(self._copies(peer) for peer in self.peers if peer is not old)
        # A guest that ran there died with the host, though a paused copy may bring it back.
        if self._state(old) is DomainState.RUNNING or (held and not others):
            self.gone = True
        old.dead = True
        host = self._host(old)
        host.migrations.close_all()
        host.guests.clear()
        for holders in self.holders.values():
            holders.discard(number)
        self.peers[number] = self._new(number)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def recover(self, data: st.DataObject) -> None:
        """Let somebody finish or undo what was left."""
        journal, source, destination = data.draw(st.sampled_from(self.open))
        with contextlib.suppress(UnresolvedError):
            result = recovery.recover(journal, source, destination, self._is_dead)
            if not result.pending:
                self.open = [one for one in self.open if one[0] is not journal]

    @precondition(lambda self: self.open)
    @rule(data=st.data(), swapped=st.booleans())
    def recover_with_wrong_hosts(self, data: st.DataObject, swapped: bool) -> None:
        """Let somebody take a third host for one of the two, or one for the other."""
        journal, source, destination = data.draw(st.sampled_from(self.open))
        third = next(peer for peer in self.peers if peer not in (source, destination))
        pair = (destination, source) if swapped else (source, third)
        with contextlib.suppress(UnresolvedError):
            result = recovery.recover(journal, *pair, self._is_dead)
            if not result.pending:
                self.open = [one for one in self.open if one[0] is not journal]

    @rule(number=st.sampled_from(HOSTS))
    def settle_others(self, number: int) -> None:
        """Let a host have more to remember: migrations that never began here, and are settled."""
        peer = self.peers[number]
        for _ in range(2 * migration_host.REMEMBERED + 1 if not peer.silent else 0):
            token = Token.new()
            LocalPeer.call(peer, f"{PREFIX}finish3", token, "other", b"", None, "", 0, True)
            peer.settle(token.migration)

    @invariant()
    def one_copy_runs_at_most(self) -> None:
        """Two would be the end of the guest's disks."""
        running = [peer for peer in self.peers if self._state(peer) is DomainState.RUNNING]
        assert len(running) <= 1, "two copies are running"

    @invariant()
    def one_lease_is_held_at_most(self) -> None:
        """At every moment, not only now: the observer looks at each change."""
        assert self.broken == []

    @invariant()
    def the_guest_is_somewhere(self) -> None:
        """Unless the host died that had the only copy."""
        assert self.gone or any(self._copies(peer) for peer in self.peers)

    @invariant()
    def the_guest_is_the_one_that_was_started(self) -> None:
        """And no older state of it, which would undo what it has done since."""
        for peer in self.peers:
            if self._state(peer) is DomainState.RUNNING:
                assert self._host(peer).guests[GUEST].memory == self.life, "an old copy is running"

    @invariant()
    def there_is_a_way_out(self) -> None:
        """A guest that does not run is in a journal, from which it can be recovered."""
        running = any(self._state(peer) is DomainState.RUNNING for peer in self.peers)
        assert running or self.gone or self.open, "nothing is running, and no journal is open"

    def teardown(self) -> None:
        """When all hosts answer, everything can be settled, and one copy runs."""
        migration_host.REMEMBERED = REMEMBERED
        for peer in self.peers:
            peer.silent = False
        for journal, source, destination in self.open:
            recovery.recover(journal, source, destination, self._is_dead)
        for peer in self.peers:
            for late in peer.late:
                with contextlib.suppress(HypervisorError):
                    late()
        running = [peer for peer in self.peers if self._state(peer) is DomainState.RUNNING]
        assert self.broken == []
        assert len(running) <= 1, "two copies are running"
        assert running or self.gone

    def _new(self, number: int) -> Peer:
        peer = Peer(hypervisor.connect_open(f"memory:///{number}"))

        def observe(what: str, lease: Lease) -> None:
            holders = self.holders.setdefault(lease.id, set())
            if what == "held":
                holders.add(number)
            else:
                holders.discard(number)
            if len(holders) > 1:
                self.broken.append(f"{lease} is held by {sorted(holders)}")

        self._host(peer).migrations.locks = LeaseJournal(observer=observe)
        return peer

    def change(self, peer: Peer) -> None:
        """Let the guest do something, as one that runs does."""
        self.life = bytes(byte ^ 1 for byte in self.life)
        self._host(peer).guests[GUEST].memory = self.life

    def _is_dead(self, identity: str) -> bool:
        return all(peer.dead or LocalPeer.identity(peer) != identity for peer in self.peers)

    def _host(self, peer: Peer) -> MemoryHost:
        host = peer.connection.private_data
        assert isinstance(host, MemoryHost)
        return host

    def _state(self, peer: Peer) -> DomainState | None:
        guest = self._host(peer).guests.get(GUEST)
        return None if guest is None else guest.state

    def _copies(self, peer: Peer) -> bool:
        if self._state(peer) in (DomainState.RUNNING, DomainState.PAUSED):
            return True
        jobs = self._host(peer).migrations.open_jobs()
        incoming = [job.incoming for job in jobs]
        return any(isinstance(one, MemoryIncoming) and one.arrived for one in incoming)


TestMigrations = Machine.TestCase
TestMigrations.settings = settings(max_examples=50 * LENGTH, stateful_step_count=30, deadline=None)
