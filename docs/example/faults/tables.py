"""The outcomes as a page of Markdown, written from the runs themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from hypervisor.migration.protocols import BY_NAME

from . import deviations, memory, model
from .model import EXPLAINED, KEPT, Case, Fault, Moment, Outcome, Run

#: What the page shows, in the order of their age; the tunnelled variant has the table of v3.
SHOWN = ("v1", "v2", "v3")
_DIRECT = {BY_NAME[name].version: name for name in SHOWN}

Outcomes = Mapping[Case, Outcome]

_HEAD = """\
# Migration: what each fault does

What becomes of a guest when a step of its migration goes wrong: for each protocol, each step and
each fault. `make docs` generates this page from runs: two hosts of the example library's driver
`memory`, one guest, one fault. [Migration](migration.md) explains the protocols and the fault
model. On [real processes](migration-processes.md), with real signals, the same faults have the same
outcomes.

"""

_LIVE = """\
In Perform the guest runs while its memory is sent, in two rounds; then it is paused for the rest,
the switch-over.

"""

_DISK = """\
The guest has a disk, which is copied while it runs and writes: the destination serves a new one,
the source mirrors its own there, and the mirror ends at the switch-over; Perform tells that it is
whole. Before the guest runs, it is served no more, and then it is kept. After every call it was
looked at that who runs has its disk as it was last written, that nobody else writes to it, and that
the source's stays as its guest left it; in the end, that a new disk is its guest's, or gone once
its host lives again, or named by it.

"""

_SPLIT = """\
After two rounds the guest is split: it is paused, Perform hands over all but its memory, and Finish
lets it go on at the destination, which fetches its pages from the source; Finish answers when it is
whole. It may be lost when a host dies that holds a part of it, and is not otherwise. After every
call it was looked at that what has gone on at the destination never goes on at the source, and that
each page there is as the guest last wrote it.

"""

_SPLIT_STEPS = """
In the steps of the protocol:

"""

_LIBVIRT = """
## As libvirt does it

Version 3 step by step as libvirt's `virDomainMigrateVersion3Full` drives it, on hosts that keep
what its qemu driver keeps: no journal, epochs, proofs or leases, and no lock manager. When the
connections of the coordinator close, the destination ends what it expected, and a source that has
sent the guest leaves it paused.

### v3, as libvirt does it

"""

_DEVIATIONS = """
### What is done otherwise here

Every case that ends otherwise, and why. What is not in this table ends the same.

"""

_FOOT = """\

Two words in a cell: the fault can strike before or after the effect of the step; or the late step
can arrive before the next one or after all others. An empty cell: the step takes no cookie.
"""


def run_all() -> dict[Case, Run]:
    """Run every case, direct and from peer to peer."""
    both = [*model.cases(), *model.cases(peer_to_peer=True)]
    return {case: memory.run(case) for case in both}


def page(
    runs: Mapping[Case, Run],
    libvirt: Mapping[Case, Run],
    storage: Mapping[Case, Run],
    split: Mapping[Case, Run],
) -> str:
    """Write the page, from our runs, those as libvirt does it, with a disk, and by post-copy."""
    outcomes = {case: run.outcome for case, run in runs.items()}
    as_libvirt = {case: run.outcome for case, run in libvirt.items()}
    of_disks = {case: run.outcome for case, run in storage.items()}
    of_split = {case: run.outcome for case, run in split.items()}
    parts = [_HEAD, *_legend(), "\n", *_sums(outcomes, as_libvirt, of_disks)]
    for recovery in (False, True):
        heading = "With recovery" if recovery else "The protocol alone"
        parts.append(f"\n## {heading}\n\n{_about(recovery)}")
        for protocol in SHOWN:
            parts.append(f"\n### {protocol}{', with recovery' if recovery else ', alone'}\n\n")
            parts += _table(outcomes, protocol, BY_NAME[protocol].steps, recovery)
        live = model.LIVE_PROTOCOL
        parts.append(f"\n### v3, sent live, {'with recovery' if recovery else 'alone'}\n\n{_LIVE}")
        parts += _table(outcomes, live, model.LIVE_STEPS, recovery)
        parts.append(f"\n### v3, its disk copied, {'with recovery' if recovery else 'alone'}\n\n")
        parts += [_DISK, *_table(of_disks, live, model.STORAGE_STEPS, recovery)]
        parts.append(f"\n### v3, post-copy, {'with recovery' if recovery else 'alone'}\n\n{_SPLIT}")
        parts += [*_table(of_split, live, model.SPLIT_STEPS, recovery), _SPLIT_STEPS]
        parts += _table(of_split, live, BY_NAME[live].steps, recovery)
    parts += [_LIBVIRT, *_libvirt_table(as_libvirt)]
    parts += [_DEVIATIONS, *_deviations(libvirt, runs)]
    parts.append(_FOOT)
    parts.append(_variants(outcomes, of_disks))
    return "".join(parts)


def _about(recovery: bool) -> str:
    if recovery:
        return (
            "The coordinator keeps a journal. A migration that fails is settled from it in a new\n"
            "epoch, by the coordinator or its successor, once each host answers or is fenced.\n"
        )
    return (
        "There is no journal and no recovery: what the steps of the protocol do not undo stays\n"
        "as it is.\n"
    )


def _legend() -> Iterator[str]:
    yield "| outcome | the guest |\n|---|---|\n"
    for outcome in Outcome:
        yield f"| {_word(outcome)} | {EXPLAINED[outcome]} |\n"


def _sums(outcomes: Outcomes, as_libvirt: Outcomes, of_disks: Outcomes) -> Iterator[str]:
    yield "How many cases end how:\n\n"
    yield f"| protocol | cases | {' | '.join(_word(outcome) for outcome in Outcome)} |\n"
    yield f"|---|---:|{'---:|' * len(Outcome)}\n"
    for recovery in (False, True):
        for protocol in SHOWN:
            found = [
                outcome
                for case, outcome in outcomes.items()
                if (case.protocol, case.recovery, case.peer_to_peer) == (protocol, recovery, False)
            ]
            yield _sum(f"{protocol}, {'with recovery' if recovery else 'alone'}", found)
        found = [
            outcome
            for case, outcome in outcomes.items()
            if case.step in model.LIVE_STEPS
            and (case.recovery, case.peer_to_peer) == (recovery, False)
        ]
        yield _sum(f"v3, sent live, {'with recovery' if recovery else 'alone'}", found)
        found = [
            outcome
            for case, outcome in of_disks.items()
            if case.protocol == model.LIVE_PROTOCOL
            and case.step in model.STORAGE_STEPS
            and (case.recovery, case.peer_to_peer) == (recovery, False)
        ]
        yield _sum(f"v3, its disk copied, {'with recovery' if recovery else 'alone'}", found)
    yield _sum(f"{deviations.PROTOCOL}, as libvirt does it", list(as_libvirt.values()))


def _sum(name: str, found: list[Outcome]) -> str:
    counts = (found.count(outcome) for outcome in Outcome)
    numbers = " | ".join(str(count) if count else "" for count in counts)
    return f"| {name} | {len(found)} | {numbers} |\n"


def _libvirt_table(outcomes: Outcomes) -> Iterator[str]:
    protocol = deviations.PROTOCOL
    return _table(outcomes, protocol, BY_NAME[protocol].steps, recovery=False)


def _table(
    outcomes: Outcomes, protocol: str, steps: Iterable[str], recovery: bool
) -> Iterator[str]:
    steps = tuple(steps)
    yield f"| fault | {' | '.join(step.capitalize() for step in steps)} |\n"
    yield f"|---|{'---|' * len(steps)}\n"
    for fault in Fault:
        cells = [_cell(outcomes, protocol, step, fault, recovery) for step in steps]
        if any(cells):
            yield f"| {fault.value} | {' | '.join(cells)} |\n"


def _cell(outcomes: Outcomes, protocol: str, step: str, fault: Fault, recovery: bool) -> str:
    wanted = (protocol, step, fault, recovery, False)
    found = [
        outcome
        for case, outcome in outcomes.items()
        if (case.protocol, case.step, case.fault, case.recovery, case.peer_to_peer) == wanted
    ]
    return " / ".join(_word(outcome) for outcome in dict.fromkeys(found))


def _deviations(libvirt: Mapping[Case, Run], runs: Mapping[Case, Run]) -> Iterator[str]:
    yield "| step | fault | libvirt | here, with recovery | outcome | it takes |\n"
    yield "|---|---|---|---|---|---|\n"
    differ = deviations.differing(libvirt, runs)
    for one, cases in deviations.explained(libvirt, runs):
        faults = ", ".join(dict.fromkeys(case.fault.value for case in cases))
        found = dict.fromkeys(differ[case] for case in cases)
        outcome = "; ".join(f"{_word(before)} → {_word(after)}" for before, after in found)
        cells = (one.step.capitalize(), faults, one.libvirt, one.ours, outcome, one.takes)
        yield f"| {' | '.join(cells)} |\n"


def _word(outcome: Outcome) -> str:
    return outcome.value if outcome in KEPT else f"**{outcome.value}**"


def _variants(outcomes: Outcomes, of_disks: Outcomes) -> str:
    """Say what the tables do not show, having looked.

    Raises AssertionError when the runs are not as the page says.
    """
    by_name = {_key(case): outcome for case, outcome in outcomes.items()}
    for case, outcome in outcomes.items():
        if outcome is not by_name[_key(_shown(case))]:
            raise AssertionError(f"{case} ends {outcome.value}, and the page would not say so")
    promised = [
        outcome
        for case, outcome in (*outcomes.items(), *of_disks.items())
        if case.recovery and BY_NAME[case.protocol].version.can_undo
    ]
    kept = sum(outcome in KEPT for outcome in promised)
    return _VARIANTS.format(promised=len(promised), kept=kept)


_VARIANTS = """
A guest that is sent live, by version 3 with parameters, fares in all other steps as the table of
version 3 says; but it does not stay paused when the destination dies before Perform. Tunnelled
version 3 has that table too, except that a late Prepare is refused, because its
tunnel is closed by then: the guest stays, and nothing is left elsewhere. From peer to peer, the
coordinator is on the source and dies with it, so "coordinator dies" has the outcomes of "source
host dies". Alone, when the source dies after it was asked to send the guest, the destination is
never told, and the copy that arrived stays **paused** there. All else is the same.

A guest whose disk is copied fares in all other steps as one without; the same goes for one that is
paused while it is copied, but alone it stays **paused** when the destination dies before the mirror
has ended.

The promise of version 3 with recovery: never two running copies, no state lost, at most one side
holds the lease, and one copy runs as soon as each host answers or is fenced, unless the guest died
with the host on which it was. Kept in {kept} of {promised} cases: direct and from peer to peer,
tunnelled or not, with a disk or without.
"""


def _key(case: Case) -> tuple[object, ...]:
    return tuple(vars(case).values())


def _is_early(case: Case) -> bool:
    """Whether the destination dies before anything is sent: a guest that goes on is not paused."""
    return (case.fault, case.moment) == (Fault.DESTINATION_DIES, Moment.BEFORE)


def _shown(case: Case) -> Case:
    """Give the case in the tables whose outcome stands for this one's, or the case itself."""
    shown = case
    if case.protocol == model.LIVE_PROTOCOL and case.step == "perform" and _is_early(case):
        shown = replace(case, step=model.LIVE_STEPS[0])
    elif case.step not in model.LIVE_STEPS:
        shown = replace(case, protocol=_DIRECT[BY_NAME[case.protocol].version])
    if BY_NAME[case.protocol].tunnelled and (case.step, case.fault) == ("prepare", Fault.LATE):
        shown = replace(shown, fault=Fault.FAILS_BEFORE, moment=Moment.BEFORE)
    if not case.peer_to_peer:
        return shown
    if case.fault is Fault.COORDINATOR_DIES:
        return replace(shown, fault=Fault.SOURCE_DIES)
    if case.fault is Fault.SOURCE_DIES and not case.recovery:
        return shown
    return replace(shown, peer_to_peer=False)
