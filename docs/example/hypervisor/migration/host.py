"""What one host knows of migrations: which run, which are over, and what each step answered.

Every step goes through `Host.step`, which is where repeated steps, late steps and steps that come
while another is at work are told apart:

- a repeated step gets the answer of the first one, and has no second effect;
- a step of an older epoch than this host has seen is late, and refused;
- when a migration is over on this host, every step but a repeated one is late;
- while a step is at work, one that ends the migration cancels it and waits; any other is refused.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from ..driver import Connection
from ..errors import (
    GuestLostError,
    InvalidStateError,
    LateStepError,
    MigrationCancelledError,
    MigrationError,
    PeerLostError,
    StillSplitError,
    UnresolvedError,
)
from ..values import NO_JOB, DomainJob, Token
from .backend import Backend, Measured
from .events import Audience, Event
from .identity import Identity
from .job import Job
from .lease import LeaseJournal, LockManager
from .leftovers import Leftovers
from .live import Round

#: How long a step that ends a migration waits for the step at work to notice.
END_SECONDS = 10.0
#: How long Finish waits for what Perform says was sent.
FINISH_SECONDS = 10.0
#: How many settled migrations a host remembers at least: no coordinator asks for them any more.
REMEMBERED = 1000
#: How long Finish waits for the rest of a guest that is split, each time it is asked.
WHOLE_SECONDS = 30.0

#: They say how things stand between hosts, which a driver or a hook cannot know.
_BETWEEN_HOSTS = (
    *(GuestLostError, LateStepError, PeerLostError, StillSplitError, UnresolvedError),
)

_R = TypeVar("_R")


class Host:
    """The migrations of one connection."""

    def __init__(self, backend: Backend, locks: LockManager | None = None) -> None:
        """Serve a driver's guests, with its own lock manager or one that lasts as long as it."""
        self.identity = Identity(uuid.uuid4().hex, 1)
        self.backend = backend
        self.locks: LockManager = LeaseJournal() if locks is None else locks
        self.leftovers = Leftovers()
        self.audience = Audience()
        self.finish_seconds = FINISH_SECONDS
        self.whole_seconds = WHOLE_SECONDS
        #: Whether the host was closed, and nothing of it goes on.
        self.ended = False
        self._jobs: dict[str, Job] = {}
        #: How many of them are settled.
        self._settled = 0
        #: Those of each guest that may be open, lest all be looked through at every call.
        self._of_guest: dict[str, list[Job]] = {}
        #: The last migration of each guest that left.
        self._left: dict[str, DomainJob] = {}
        self._changed = threading.Condition()

    @property
    def features(self) -> frozenset[str]:
        """What the driver's guests can do on their way besides: `live`, `parallel`."""
        found: frozenset[str] = getattr(self.backend, "features", frozenset())
        return found

    def require_free(self, call: str, guest: str) -> None:
        """Raise InvalidStateError when a guest is being migrated: no other call may touch it."""
        with self._changed:
            if self._open(guest) is not None:
                raise InvalidStateError(f"cannot {call} guest {guest!r}: it is being migrated")

    def abort(self, guest: str) -> None:
        """Tell the step at work on a guest to stop; raise InvalidStateError when none is open."""
        with self._changed:
            self.sending(guest).cancelled.set()

    def sending(self, guest: str, act: str = "abort it") -> Job:
        """Give the migration of a guest that was not sent yet, for what is to be done with it.

        Raises InvalidStateError for any other.
        """
        with self._changed:
            job = self._open(guest)
            if job is None:
                raise InvalidStateError(f"guest {guest!r} is not being migrated")
            if job.outgoing is None and job.busy != "perform":
                raise InvalidStateError(f"guest {guest!r} is expected: {act} on its source")
            if job.performed:
                busy = "no step is at work: recover or resolve it"
                if job.busy is not None:
                    busy = f"it is too late for that: {job.busy} is at work"
                raise InvalidStateError(f"guest {guest!r} was sent, and {busy}")
            return job

    def note_sent(self, job: Job) -> None:
        """Note that a guest was sent, whose lease is about to be dropped.

        Raises MigrationCancelledError when it was cancelled before that: `abort` said so.
        """
        with self._changed:
            if job.cancelled.is_set():
                raise MigrationCancelledError("the migration was cancelled")
            job.performed = True

    def note_split(self, job: Job) -> None:
        """Note that a guest is about to be split, as `note_sent` does; what it has may be old."""
        with self._changed:
            self.note_sent(job)
            job.split = True

    @contextmanager
    def resolving(self, guest: str) -> Iterator[Job]:
        """Keep all steps from a guest's open migration, and give it.

        Raises InvalidStateError when none is open, or a step is at work.
        """
        with self._changed:
            job = self._open(guest)
            if job is None:
                raise InvalidStateError(f"guest {guest!r} is not being migrated")
            if job.busy is not None:
                raise InvalidStateError(f"guest {guest!r}: {job.busy} is at work: abort it first")
            job.busy = "resolve"
        with self._released(job):
            yield job

    def release(self, guest: str) -> None:
        """Drop the lease of a guest that ended, if it is held here."""
        held = self.locks.held(guest)
        if held is not None:
            self.locks.drop(held)

    def settle(self, migration: str) -> None:
        """Note that a migration's journal is closed: what was answered may be forgotten."""
        with self._changed:
            job = self._jobs.get(migration)
            if job is not None and not job.settled:
                job.settled = True
                self._forget()
        if job is not None and job.offered is not None:
            self.leftovers.settle(job.guest)

    def outcome(self, migration: str) -> str | None:
        """Tell how a migration ended on this host; None when it did not, or is not known."""
        with self._changed:
            job = self._jobs.get(migration)
            return None if job is None else job.outcome

    def status(self, guest: str) -> DomainJob:
        """Tell how a guest's migration stands."""
        with self._changed:
            job = self._open(guest)
            if job is None:
                return self._left.get(guest, NO_JOB)
            step = job.busy or next(reversed(job.replies), "")
            part, live = job.outgoing, job.round or Round(0, 0, 0, 0)
        sent, total = live.sent, live.sent + live.remaining
        if isinstance(part, Measured):
            sent, total = part.progress()
        rounds = live.number, live.remaining, live.expected
        return DomainJob("open", step, sent, total, _milliseconds(job), 0, *rounds)

    def note_moved(self, guest: str, sent: int, downtime: int) -> None:
        """Note what is known of a guest that has left, as its destination said; see DomainJob."""
        with self._changed:
            job = self._open(guest)
            if job is not None:
                rounds = 0 if job.round is None else job.round.number
                told = DomainJob(
                    "moved", "confirm", sent, sent, _milliseconds(job), downtime, rounds
                )
                self._left.pop(guest, None)
                self._left[guest] = told
                if len(self._left) > REMEMBERED:
                    del self._left[next(iter(self._left))]

    def open_jobs(self) -> list[Job]:
        """Give the migrations that are not over on this host."""
        with self._changed:
            return [job for job in self._jobs.values() if job.outcome is None]

    def close_all(self) -> None:
        """Discard all guests that are expected: the host is closing."""
        # A stack, because when one guest resists, the others must go all the same.
        with ExitStack() as stack:
            for job in self.open_jobs():
                if job.incoming is not None:
                    stack.callback(job.incoming.discard)
                job.close("host closed")

    def step(
        self,
        name: str,
        token: Token,
        guest: str,
        cookie: bytes,
        body: Callable[[Job], _R],
        *,
        starts: bool = False,
        ends: bool = False,
        baked: Callable[[_R], bytes] = lambda reply: b"",
    ) -> _R:
        """Run a step, or give again what it answered before.

        Args:
            name: of the step.
            token: whose step it is.
            guest: its name on this host.
            cookie: what the step was given.
            body: its effect.
            starts: the step begins a migration on this host.
            ends: the step ends it, whatever state it is in: it may even be the first one seen.
            baked: finds the cookie in the answer.

        Raises LateStepError, MigrationError, InvalidStateError, and what the body raises.
        """
        with self._work(name, token, guest, starts, ends) as job:
            if name in job.replies:
                answered: _R = job.replies[name]
                return answered
            if job.outcome is not None:
                raise LateStepError(f"{name} comes too late: the migration {job.outcome}")
            event = Event(f"migration-{name}", guest, token, len(cookie))
            job.heard = []
            try:
                self.audience.ask(event)
                reply = body(job)
            except _BETWEEN_HOSTS as error:
                if isinstance(error, StillSplitError) and job.ran:
                    raise
                raise MigrationError(f"{name} failed: {error}") from error
            job.replies[name] = reply
            heard = job.heard
        given = baked(reply)
        self.audience.tell(Event(event.kind, guest, token, len(cookie), len(given), heard))
        return reply

    @contextmanager
    def _work(self, name: str, token: Token, guest: str, starts: bool, ends: bool) -> Iterator[Job]:
        with self._changed:
            job = self._enter(name, token, guest, starts, ends)
            job.busy = name
        try:
            with self._released(job):
                yield job
        except BaseException:
            with self._changed:
                # A step that failed before it had any effect leaves no trace of the migration.
                if not job.has_traces:
                    self._jobs.pop(token.migration, None)
                    others = self._of_guest.pop(guest, [])
                    self._of_guest[guest] = [other for other in others if other is not job]
            raise

    @contextmanager
    def _released(self, job: Job) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                job.busy = None
                self._changed.notify_all()

    def _enter(self, name: str, token: Token, guest: str, starts: bool, ends: bool) -> Job:
        job = self._jobs.get(token.migration)
        if job is None:
            if not starts and not ends:
                raise MigrationError(f"{name}: no migration of guest {guest!r} has begun here")
            other = self._open(guest)
            if starts and other is not None:
                raise InvalidStateError(f"guest {guest!r} is being migrated already")
            job = self._jobs[token.migration] = Job(token, guest)
            self._of_guest.setdefault(guest, []).append(job)
            return job
        if token.epoch < job.token.epoch:
            raise LateStepError(
                f"{name} comes too late: it is of epoch {token.epoch}, and this host has seen"
                f" {job.token.epoch}"
            )
        job.token = token
        if job.busy is not None:
            if not ends:
                raise MigrationError(f"{name}: {job.busy} of this migration is still at work")
            self._await_end(name, job)
        return job

    def _await_end(self, name: str, job: Job) -> None:
        job.cancelled.set()
        deadline = time.monotonic() + END_SECONDS
        while job.busy is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise MigrationError(f"{name}: {job.busy} of this migration does not end")
            self._changed.wait(left)

    def _open(self, guest: str) -> Job | None:
        """Give a guest's open migration; the closed ones are left out from then on."""
        left = [job for job in self._of_guest.pop(guest, ()) if job.outcome is None]
        if not left:
            return None
        self._of_guest[guest] = left
        return left[0]

    def _forget(self) -> None:
        """Forget the oldest settled ones; what somebody may still act on is kept, however many."""
        self._settled += 1
        if self._settled > 2 * REMEMBERED:
            settled = [key for key, job in self._jobs.items() if job.settled and job.outcome]
            for key in settled[:-REMEMBERED]:
                del self._jobs[key]
            self._settled = REMEMBERED


def _milliseconds(job: Job) -> int:
    return round(1000 * (time.monotonic() - job.begun))


def of(connection: Connection) -> Host:
    """Give the migrations of a connection; raise TypeError when its driver keeps none."""
    found = getattr(connection.private_data, "migrations", None)
    if not isinstance(found, Host):
        raise TypeError(f"driver {connection.driver.name!r} keeps no migrations")
    return found


def abort(connection: Connection, guest: str) -> None:
    """Tell the step at work on a guest to stop: the slot `domain_abort_job`, for every driver."""
    of(connection).abort(guest)
