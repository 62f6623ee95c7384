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

    def call(self, side: int, slot: str, *args: Any, token: Token | None = None) -> Any:
        """Run a step of the source (0) or the destination (1)."""
        return peers.of(self.pair[side]).call(f"{PREFIX}{slot}", token or self.token, *args)

    def states(self) -> tuple[str | None, str | None]:
        """Tell the guest's state on the source and on the destination."""
        return state_of(self.pair[0]), state_of(self.pair[1])

    def begin(self) -> Any:
        """Run Begin."""
        reply = self.call(0, "begin3", GUEST, None, 0, None, 0)
        self.described, self.cookies["begin"] = reply
        return reply

    def prepare(self) -> Any:
        """Run Prepare."""
        reply = self.call(1, "prepare3", self.cookies["begin"], None, 0, None, 0, self.described)
        self.cookies["prepare"], self.uri = reply
        return reply

    def perform(self) -> Any:
        """Run Perform."""
        args = (GUEST, None, self.cookies["prepare"], None, self.uri, 0, None, 0)
        self.cookies["perform"] = reply = self.call(0, "perform3", *args)
        return reply

    def finish(self, cancelled: bool = False) -> Any:
        """Run Finish."""
        cookie = b"" if cancelled else self.cookies["perform"]
        reply = self.call(1, "finish3", GUEST, cookie, None, self.uri, 0, cancelled)
        self.cookies["finish"] = reply[1]
        return reply

    def confirm(self, cancelled: bool = False) -> Any:
        """Run Confirm."""
        return self.call(0, "confirm3", GUEST, self.cookies.get("finish", b""), 0, cancelled)

    def until(self, step: str) -> ByHand:
        """Run all steps before one."""
        for each in protocols.V3.steps[: protocols.V3.steps.index(step)]:
            getattr(self, each)()
        return self


@pytest.fixture(name="by_hand")
def fixture(pair: Pair) -> ByHand:
    """Give the steps of version 3 with a guest that runs on the source."""
    started(pair[0])
    return ByHand(pair)
