"""Where version 3 here deviates from libvirt, and which outcomes that changes.

Each deviation names the cases that it is about; what came of them is computed from runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from . import as_libvirt, model
from .model import Case, Fault, Outcome, Run

PROTOCOL = "v3"
Runs = Mapping[Case, Run]


@dataclass(frozen=True)
class Deviation:
    """One thing that is done otherwise.

    Attributes:
        step, faults: the cases that it changes.
        libvirt: what libvirt does then.
        ours: what is done here, with recovery.
        takes: what that takes.
    """

    step: str
    faults: tuple[Fault, ...]
    libvirt: str
    ours: str
    takes: str


_CUT = (Fault.FAILS_AFTER, Fault.REPLY_LOST, Fault.LATE)
_NOTHING = (Fault.FAILS_BEFORE, Fault.HANGS, Fault.COOKIE_DAMAGED)
_REFUSED = "refuses it, and all is undone: a cookie carries the lease"

DEVIATIONS = (
    Deviation(
        *("finish", _CUT),
        "calls Confirm, cancelled: the source resumes the guest, which may run on the destination;"
        " lock manager plugins are to prevent that",
        "asks Finish again; the source goes on only with a cookie in which the destination gave up",
        "proofs, epochs",
    ),
    Deviation(
        *("finish", _NOTHING),
        "calls Confirm, cancelled: the source resumes the guest",
        "asks Finish again, for all of the guest is there",
        "epochs",
    ),
    Deviation(
        *("perform", _CUT),
        "calls Finish, cancelled, and not Confirm: the source is taken to have resumed the guest",
        "calls Confirm too, with the proof that the destination gave the guest up",
        "proofs, epochs",
    ),
    Deviation(
        *("perform", (Fault.SOURCE_DIES,)),
        "calls Finish, cancelled: the destination ends what it was sent",
        "lets the destination start it, when the fence says that the source is dead",
        "fence, generations of the lease",
    ),
    Deviation(
        *("perform", (Fault.COORDINATOR_DIES,)),
        "closes the connections: the destination ends what it has, the source leaves it paused",
        "lets a successor undo it",
        "journal, proofs",
    ),
    Deviation(
        *("finish", (Fault.COORDINATOR_DIES,)),
        "closes the connections: the source leaves the guest paused",
        "lets a successor finish it",
        "journal, proofs",
    ),
    Deviation(
        *("confirm", (*_NOTHING, Fault.COORDINATOR_DIES)),
        "leaves the copy on the source, paused, for an administrator",
        "asks Confirm again, if need be by a successor",
        "journal, proofs",
    ),
    Deviation(
        *("prepare", (Fault.COOKIE_MISSING,)),
        "goes on: a cookie that is missing says nothing",
        *(_REFUSED, "generations of the lease"),
    ),
    Deviation(
        *("perform", (Fault.COOKIE_MISSING,)),
        "goes on: a cookie that is missing says nothing",
        *(_REFUSED, "generations of the lease"),
    ),
)


def run_all() -> dict[Case, Run]:
    """Run version 3 as libvirt does it in every case of the protocol alone."""
    alone = (case for case in model.cases((PROTOCOL,)) if not case.recovery)
    return {case: as_libvirt.run(case) for case in alone}


def differing(libvirt: Runs, ours: Runs) -> dict[Case, tuple[Outcome, Outcome]]:
    """Give the cases that end otherwise, each with libvirt's outcome and ours with recovery."""
    pairs = {
        case: (run.outcome, ours[replace(case, recovery=True)].outcome)
        for case, run in libvirt.items()
    }
    return {case: pair for case, pair in pairs.items() if pair[0] is not pair[1]}


def explained(libvirt: Runs, ours: Runs) -> Iterator[tuple[Deviation, list[Case]]]:
    """Give each deviation with the cases that it changes.

    Raises AssertionError when a case that differs has not one deviation, or one changes no case.
    """
    left = dict.fromkeys(differing(libvirt, ours))
    for deviation in DEVIATIONS:
        mine = [case for case in left if (case.step, case.fault) in _cases(deviation)]
        assert mine, f"a deviation changes nothing: {deviation}"
        for case in mine:
            del left[case]
        yield deviation, mine
    assert not left, f"not explained: {list(left)}"


def _cases(deviation: Deviation) -> set[tuple[str, Fault]]:
    return {(deviation.step, fault) for fault in deviation.faults}
