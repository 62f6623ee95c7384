"""Sequences of migrations whose guest is split by post-copy, as Hypothesis finds them.

What must hold besides what holds without: what has gone on at a destination is the only copy that
runs, split or not, and each page of it is as the guest last wrote it. The guest may be gone when a
host died while it was split, and only then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from example_helpers import LENGTH
from faults.model import SPLIT_STEPS, Moment
from faults.split import SplitBackend
from hypervisor import Options, UnresolvedError
from hypervisor.drivers.memory.migration import PAGE_SIZE, MemoryIncoming
from hypervisor.values import DomainState
from test_example_migration_machine import AMID, FAULT, Machine, Peer
from test_example_seeded_faults import MANY, Patch, search
from test_example_split_faults import (
    a_fence_gives_the_lease_back,
    finish_answers_before_all_is_there,
    the_source_does_not_stop_its_guest,
    the_source_goes_on_with_what_is_old,
)

MOMENTS = tuple(
    f"{when} {step}" for step in (*SPLIT_STEPS, "round") for when in ("before", "after")
)
KINDS = tuple(kind for kind in AMID if kind != "limits")


class SplitMachine(Machine):
    """The same with a guest that is split after one round."""

    @rule(
        step=st.integers(1, 2),
        fault=FAULT,
        on_source=st.booleans(),
        amid=st.tuples(st.sampled_from(MOMENTS), st.sampled_from(KINDS)),
    )
    def migrate_split(
        self, step: int, fault: tuple[int, str] | None, on_source: bool, amid: tuple[str, str]
    ) -> None:
        """Let something happen while it is split."""
        self._migrate(step, fault, on_source, amid)

    @invariant()
    def one_part_at_most_goes_on(self) -> None:
        """Wherever it runs, split or not."""
        self.look()

    def look(self) -> None:
        """See where it runs, and let it write there."""
        going = [one for one in map(self._arriving, self.peers) if one is not None]
        running = [peer for peer in self.peers if self._state(peer) is DomainState.RUNNING]
        assert len(going) + len(running) <= 1, "two copies are running"
        for one in going:
            if not one.memory:
                continue
            for start in range(0, len(self.life), PAGE_SIZE):
                page = slice(start, start + PAGE_SIZE)
                if start not in one.missing:
                    assert one.memory[page] == self.life[page], "an old page is running"
            if 0 not in one.missing:
                one.memory[:PAGE_SIZE] = os.urandom(PAGE_SIZE)
                self.life = bytes(one.memory[:PAGE_SIZE]) + self.life[PAGE_SIZE:]

    def die(self, number: int) -> None:
        """End a host; the guest may be gone when it was split."""
        self.look()
        jobs = [job for peer in self.peers for job in self._host(peer).migrations.open_jobs()]
        split = any(job.split for job in jobs)
        super().die(number)
        self.gone = self.gone or split

    def _arriving(self, peer: Peer) -> MemoryIncoming | None:
        jobs = self._host(peer).migrations.open_jobs()
        found = [job.incoming for job in jobs if isinstance(job.incoming, MemoryIncoming)]
        return next((one for one in found if one.runs), None)

    def _options(self, live: bool, source: Peer, destination: Peer) -> Options:
        return Options(live=True, postcopy=True, downtime=0, iterations=1)

    def _new(self, number: int) -> Peer:
        peer = super()._new(number)
        host = self._host(peer)
        host.migrations.backend = SplitBackend(host, partial(self._see, peer))
        return peer

    @invariant()
    def there_is_a_way_out(self) -> None:
        """A guest that is split runs too."""
        running = any(self._state(peer) is DomainState.RUNNING for peer in self.peers)
        going = any(self._arriving(peer) for peer in self.peers)
        assert running or going or self.gone or self.open, "nothing runs, and no journal is open"

    def _see(self, peer: Peer, step: str, moment: Moment) -> None:
        self.look()
        if self.amid is not None and step:
            self.amid.see(f"{moment.value.split()[0]} {step}", peer)


TestSplit = SplitMachine.TestCase
TestSplit.settings = settings(max_examples=25 * LENGTH, stateful_step_count=30, deadline=None)

SEEDED = (
    the_source_goes_on_with_what_is_old,
    a_fence_gives_the_lease_back,
    finish_answers_before_all_is_there,
    the_source_does_not_stop_its_guest,
)


@pytest.mark.parametrize("fault", SEEDED)
def test_the_machine_finds_it(fault: Callable[[Patch], None], monkeypatch: Patch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, UnresolvedError)) as caught:
        for number in MANY:
            search(number, SplitMachine)
    assert any(sign in str(caught.value) for sign in ("running", ".gone", "neither finish"))
