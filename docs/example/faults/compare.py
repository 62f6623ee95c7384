"""Every fault on real processes, compared with what it does on `memory`."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from . import memory, model, process
from .model import Case, Run

#: More than there are processors: what hangs needs none.
CASES_PER_PROCESSOR = 3


@dataclass(frozen=True)
class Compared:
    """A case with what came of it on either kind of host."""

    case: Case
    memory: Run
    process: Run

    @property
    def agree(self) -> bool:
        """Whether everything is the same: outcome, leases, where it runs, what was broken."""
        return self.memory == self.process


def cases() -> list[Case]:
    """Give every case that the driver `process` has a protocol for.

    Of the protocol by which a guest is sent live, only what is its own: its steps are those of
    version 3.
    """
    protocols = process.PROTOCOLS
    found = [*model.cases(protocols), *model.cases(protocols, peer_to_peer=True)]
    own = model.LIVE_STEPS
    return [case for case in found if case.protocol != model.LIVE_PROTOCOL or case.step in own]


def run_all(
    wanted: list[Case], told: Callable[[Compared], None] = lambda one: None
) -> list[Compared]:
    """Run cases on both, several at a time; `told` is told of each as its turn comes."""
    workers = min(CASES_PER_PROCESSOR * (os.cpu_count() or 1), (len(wanted) + 1) // 2)
    # Spawned, because what forks its hosts must have no threads, and this process may.
    context = multiprocessing.get_context("spawn")
    found = []
    with ProcessPoolExecutor(workers, context) as pool:
        for case, run in zip(wanted, pool.map(process.run, wanted), strict=True):
            found.append(Compared(case, memory.run(case), run))
            told(found[-1])
    return found


def summary(compared: list[Compared]) -> Iterator[str]:
    """Say how many cases agree, for each protocol, and which do not."""
    yield f"{'protocol':<14}{'way':<14}{'cases':>6}{'agree':>7}  outcomes\n"
    groups: dict[tuple[str, bool], list[Compared]] = {}
    for one in compared:
        groups.setdefault((one.case.protocol, one.case.peer_to_peer), []).append(one)
    for (protocol, peer_to_peer), group in groups.items():
        way = "peer to peer" if peer_to_peer else "direct"
        agree = sum(one.agree for one in group)
        yield f"{protocol:<14}{way:<14}{len(group):>6}{agree:>7}  {_counted(group)}\n"
    for one in compared:
        if not one.agree:
            yield f"{one.case}\n  memory:  {one.memory}\n  process: {one.process}\n"


def _counted(group: list[Compared]) -> str:
    counts: Mapping[str, int] = {
        outcome.value: sum(one.process.outcome is outcome for one in group)
        for outcome in model.Outcome
    }
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count)
