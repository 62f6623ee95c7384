"""The faults, the outcomes, and the cases: each protocol x each step x each fault.

What is assumed: hosts and the coordinator may stop at any moment and lose all that is not in a
journal; messages may be lost, late or damaged, but not forged; a dead host is known to be dead
only when the fence says so.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from hypervisor.migration.events import Event
from hypervisor.migration.options import Options
from hypervisor.migration.protocols import BY_NAME, Protocol

Side = Literal["source", "destination"]
SIDES: tuple[Side, Side] = ("source", "destination")
GUEST = "web"


class Fault(enum.Enum):
    """What goes wrong in a step; the value is its name in the tables."""

    FAILS_BEFORE = "fails before its effect"
    FAILS_AFTER = "fails after its effect"
    REPLY_LOST = "reply lost"
    DESTINATION_DIES = "destination host dies"
    SOURCE_DIES = "source host dies"
    COORDINATOR_DIES = "coordinator dies"
    HANGS = "hangs until timeout"
    LATE = "late step after timeout"
    COOKIE_DAMAGED = "cookie damaged"
    COOKIE_MISSING = "cookie missing"
    CANCELLED = "cancelled"


#: What ends a host or the coordinator.
DEATHS = frozenset({Fault.COORDINATOR_DIES, Fault.SOURCE_DIES, Fault.DESTINATION_DIES})


class Outcome(enum.Enum):
    """Where the guest is in the end; the value is its name in the tables.

    From best to worst, as `WORST` orders them.
    """

    MOVED = "moved"
    STAYED = "stayed"
    DIED = "died with its host"
    MOVED_REST = "moved, rest on source"
    STAYED_REST = "stayed, rest left"
    PAUSED = "paused"
    LOST = "lost"
    TWICE = "runs twice"


EXPLAINED = {
    Outcome.MOVED: "it runs on the destination, and nothing of it is left on the source",
    Outcome.STAYED: "it runs on the source as before, and nothing of it is left elsewhere",
    Outcome.DIED: "it ran on the host that died, or had not left it, and ended with it",
    Outcome.MOVED_REST: "it runs on the destination; a paused copy or an open job is left on the"
    " source",
    Outcome.STAYED_REST: "it runs on the source; a paused copy or an open job is left, which"
    " refuses the next migration",
    Outcome.PAUSED: "it runs nowhere, but a paused copy holds its state",
    Outcome.LOST: "it is gone, and no host died on which it ran at that moment",
    Outcome.TWICE: "two copies of it run at the same time",
}

#: What the promise of version 3 with recovery allows.
KEPT = frozenset({Outcome.MOVED, Outcome.STAYED, Outcome.DIED})


class Moment(enum.Enum):
    """When in the step the fault strikes, where that is not said by the fault itself."""

    BEFORE = "before its effect"
    AFTER = "after its effect"
    NEXT = "before the next step"
    END = "after everything else"


MOMENTS = {
    Fault.CANCELLED: (Moment.BEFORE, Moment.AFTER),
    Fault.DESTINATION_DIES: (Moment.BEFORE, Moment.AFTER),
    Fault.SOURCE_DIES: (Moment.BEFORE, Moment.AFTER),
    Fault.COORDINATOR_DIES: (Moment.BEFORE, Moment.AFTER),
    Fault.LATE: (Moment.NEXT, Moment.END),
}

#: slot -> where its cookie stands behind the token.
_COOKIES = {
    "perform": 1,
    "finish": 1,
    "finish2": 1,
    "prepare3": 0,
    "prepare_tunnel3": 1,
    "perform3": 2,
    "finish3": 1,
    "confirm3": 1,
    "prepare3_params": 1,
    "perform3_params": 3,
    "finish3_params": 1,
    "confirm3_params": 2,
}

#: What Perform does with a guest that is sent live, and the faults that can strike there.
LIVE_PROTOCOL = "v3-params"
LIVE_STEPS = ("round 1", "round 2", "switch-over")
_LIVE_FAULTS = frozenset(Fault) - {Fault.LATE, Fault.COOKIE_DAMAGED, Fault.COOKIE_MISSING}

#: What the two hosts do with the disks of a guest that are copied, in which step, and the faults
#: that can strike there.
STORAGE_STEPS = {
    "serve": "prepare",
    "mirror start": "perform",
    "mirror ready": "perform",
    "mirror end": "perform",
    "told whole": "perform",
    "serving ends": "finish",
    "disk kept": "finish",
}
#: Sent live and paused.
STORAGE_PROTOCOLS = ("v3-params", "v3")
_STORAGE_FAULTS = _LIVE_FAULTS
_TOLD_FAULTS = {Fault.COOKIE_DAMAGED, Fault.COOKIE_MISSING}
#: What the two hosts do with a guest that is split by post-copy, in which step: all but its memory
#: goes over; it goes on there; its pages come; it is whole. The faults are those of live steps.
SPLIT_STEPS = {
    "split": "perform",
    "goes on": "finish",
    "first page": "finish",
    "last page": "finish",
    "whole": "finish",
}
#: A step within another -> the other.
WITHIN = {**dict.fromkeys(LIVE_STEPS, "perform"), **STORAGE_STEPS, **SPLIT_STEPS}

#: protocol, step -> whether the step takes a cookie.
TAKES_COOKIE = {
    "v1": {"perform", "finish"},
    "v2": {"perform", "finish"},
    "v3": {"prepare", "perform", "finish", "confirm"},
    "v3-params": {"prepare", "perform", "finish", "confirm"},
    "v3-tunnelled": {"prepare", "perform", "finish", "confirm"},
}


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes:
        protocol: its name.
        step: where the fault strikes.
        fault: which.
        moment: when.
        recovery: whether the coordinator recovers, and is replaced when it died.
        peer_to_peer: whether the coordinator is on the source, and shares its fate.
        disks: whether the guest has a disk, which is copied.
        postcopy: whether the guest is split after two rounds.
    """

    protocol: str
    step: str
    fault: Fault
    moment: Moment
    recovery: bool
    peer_to_peer: bool = False
    disks: bool = False
    postcopy: bool = False


def cases(
    protocols: tuple[str, ...] = tuple(BY_NAME),
    *,
    peer_to_peer: bool = False,
    disks: bool = False,
    postcopy: bool = False,
) -> Iterator[Case]:
    """Give every case of some protocols, alone and with recovery."""
    for name in protocols:
        protocol: Protocol = BY_NAME[name]
        for recovery in (False, True):
            within: tuple[str, ...] = LIVE_STEPS if name == LIVE_PROTOCOL else ()
            if postcopy:
                within = (*LIVE_STEPS[:-1], *SPLIT_STEPS)  # there is no switch-over
            for step in (*protocol.steps, *within, *(STORAGE_STEPS if disks else ())):
                for fault in Fault:
                    if is_possible(name, step, fault):
                        for moment in MOMENTS.get(fault, (Moment.BEFORE,)):
                            more = peer_to_peer, disks, postcopy
                            yield Case(name, step, fault, moment, recovery, *more)


def is_possible(protocol: str, step: str, fault: Fault) -> bool:
    """Whether a fault can strike a step: no cookie is damaged where none is taken."""
    if step in LIVE_STEPS or step in SPLIT_STEPS:
        return fault in _LIVE_FAULTS
    if step in STORAGE_STEPS:
        return fault in (_TOLD_FAULTS if step == "told whole" else _STORAGE_FAULTS)
    if fault is Fault.CANCELLED:
        return False
    if fault in (Fault.COOKIE_DAMAGED, Fault.COOKIE_MISSING):
        return step in TAKES_COOKIE[protocol]
    return True


@dataclass(frozen=True)
class Run:
    """What came of a case.

    Attributes:
        outcome: where the guest is.
        struck: whether the fault struck at all.
        broken: what was for a moment and must never be, in words.
        lease: the hosts that hold the guest's lease in the end.
        running: the hosts on which it runs.
    """

    outcome: Outcome
    struck: bool
    broken: tuple[str, ...]
    lease: tuple[Side, ...]
    running: tuple[Side, ...]


def step_of(slot: str) -> str:
    """Give the step that a slot is, by its name without the prefix."""
    return slot.removesuffix("_params").rstrip("123").removesuffix("_tunnel")


def options(case: Case) -> Options:
    """Give the options of a case; a guest that is sent live goes in two rounds and the rest."""
    protocol = BY_NAME[case.protocol]
    if protocol.parametrised:
        live = Options(protocol=protocol.name, live=True, downtime=0, iterations=2)
        return replace(live, copy_storage=case.disks, postcopy=case.postcopy)
    name = protocol.name
    return Options(protocol=name, tunnelled=protocol.tunnelled, copy_storage=case.disks)


def live_step(event: Event) -> str | None:
    """Give the step of a guest that is sent live, where an event of its host is one."""
    what = event.kind.removeprefix("migration-")
    if what == "switch-over":
        return what
    return f"round {dict(event.said)['round']}" if what == "round" else None


def moment_of(case: Case) -> Moment:
    """Tell when in a live step a fault strikes."""
    if case.fault in (Fault.FAILS_AFTER, Fault.REPLY_LOST):
        return Moment.AFTER
    return case.moment


def with_bad_cookie(slot: str, args: tuple[Any, ...], fault: Fault) -> tuple[Any, ...]:
    """Damage the cookie among the arguments of a slot behind the token, or leave it out."""
    place = _COOKIES[slot]
    cookie = _damaged(args[place]) if fault is Fault.COOKIE_DAMAGED else b""
    return (*args[:place], cookie, *args[place + 1 :])


def _damaged(cookie: bytes) -> bytes:
    return cookie[:-1] + bytes([cookie[-1] ^ 1]) if cookie else b"?"
