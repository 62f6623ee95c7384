"""The steps of version 3, called by hand so that each can be looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

import hypervisor
from hypervisor import Connection
from hypervisor.migration import protocols
from hypervisor.migration.peer import PREFIX
from hypervisor.remote import peers
from hypervisor.values import Token

from . import guests
from .guests import started

GUEST = "web"
Pair = tuple[Connection, Connection]
States = tuple[str | None, str | None]

#: After a step: the guest on the source and on the destination, and why.
AFTER: dict[str, tuple[str | None, str | None, str]] = {
    "nothing": ("running", None, "no step was asked for"),
    "begin": ("running", None, "Begin only notes that the guest is about to leave"),
    "prepare": ("running", None, "a guest that is expected is seen by no call before Finish"),
    "perform": (
        *("paused", None),
        "the source must not go on with what it sent, and only Finish starts the guest there",
    ),
    "finish": ("paused", "running", "Finish starts the guest; its copy here waits for Confirm"),
    "confirm": ("shutoff", "running", "Confirm ends the copy on the source, for the guest moved"),
    "undo": ("running", None, "a guest whose migration is undone goes on as if nothing had been"),
}


def state_of(connection: Connection, name: str = GUEST) -> str | None:
    """Tell a guest's state as a word; None when no such guest is known."""
    try:
        return guests.state_of(hypervisor.domain_lookup(connection, name))
    except hypervisor.NoDomainError:
        return None


@dataclass
class ByHand:
    """The steps of version 3, each with what the one before answered."""

    pair: Pair
    token: Token = field(default_factory=Token.new)
    described: str = ""
    cookies: dict[str, bytes] = field(default_factory=dict)
    uri: str = ""
    flags: int = 0

    def call(self, side: int, slot: str, *args: Any, token: Token | None = None) -> Any:
        """Run a step of the source (0) or the destination (1)."""
        return peers.of(self.pair[side]).call(f"{PREFIX}{slot}", token or self.token, *args)

    def states(self) -> tuple[str | None, str | None]:
        """Tell the guest's state on the source and on the destination."""
        return state_of(self.pair[0]), state_of(self.pair[1])

    def expect(self, after: str, why: str = "", paused: bool = False) -> None:
        """Raise AssertionError, with the reason, unless the guest is where a step leaves it.

        Args:
            after: the step, or `nothing` or `undo`.
            why: why just now, in a few words.
            paused: whether the guest was paused when its migration began.
        """
        source, destination, reason = AFTER[after]
        wanted = (source, destination)
        if paused:
            wanted = _paused(source), _paused(destination)
            reason += "; one that was paused stays so"
        expect_states(self.pair, wanted, f"after {after}{' ' * bool(why)}{why}: {reason}")

    def undo(self) -> None:
        """Run Finish and Confirm, both cancelled."""
        self.finish(cancelled=True)
        self.confirm(cancelled=True)

    def begin(self) -> Any:
        """Run Begin."""
        reply = self.call(0, "begin3", GUEST, None, self.flags, None, 0)
        self.described, self.cookies["begin"] = reply
        return reply

    def prepare(self) -> Any:
        """Run Prepare."""
        args = (self.cookies["begin"], None, self.flags, None, 0, self.described)
        reply = self.call(1, "prepare3", *args)
        self.cookies["prepare"], self.uri = reply
        return reply

    def perform(self) -> Any:
        """Run Perform."""
        args = (GUEST, None, self.cookies["prepare"], None, self.uri, self.flags, None, 0)
        self.cookies["perform"] = reply = self.call(0, "perform3", *args)
        return reply

    def finish(self, cancelled: bool = False) -> Any:
        """Run Finish."""
        cookie = b"" if cancelled else self.cookies["perform"]
        reply = self.call(1, "finish3", GUEST, cookie, None, self.uri, self.flags, cancelled)
        self.cookies["finish"] = reply[1]
        return reply

    def confirm(self, cancelled: bool = False) -> Any:
        """Run Confirm."""
        proof = self.cookies.get("finish", b"")
        return self.call(0, "confirm3", GUEST, proof, self.flags, cancelled)

    def until(self, step: str) -> ByHand:
        """Run all steps before one."""
        for each in protocols.V3.steps[: protocols.V3.steps.index(step)]:
            getattr(self, each)()
        return self


def _paused(state: str | None) -> str | None:
    return "paused" if state == "running" else state


def expect_states(pair: Pair, wanted: States, why: str) -> None:
    """Raise AssertionError, with the reason, unless the guest is so on source and destination."""
    found = state_of(pair[0]), state_of(pair[1])
    if found != wanted:
        sides = zip(("source", "destination"), wanted, found, strict=True)
        told = [f"{side}: expected {_told(is_)}, found {_told(was)}" for side, is_, was in sides]
        raise AssertionError(f"{why} ({'; '.join(told)})")


def _told(state: str | None) -> str:
    return "no guest" if state is None else f"a guest that is {state}"


@pytest.fixture(name="by_hand")
def fixture(pair: Pair) -> ByHand:
    """Give the steps of version 3 with a guest that runs on the source."""
    started(pair[0])
    return ByHand(pair)
