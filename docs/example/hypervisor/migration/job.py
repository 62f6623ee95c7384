"""One migration on one host, as far as that host knows of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ..values import Token
from .backend import Incoming, Outgoing
from .lease import Lease
from .live import Manner, Round

#: The outcome on a source that keeps its guest.
UNDONE = "was undone"
#: The outcome, on either host, of a guest that is gone because it was split.
LOST = "was lost"
#: The outcome on a destination that never ran its guest, and never will.
GIVEN_UP = "was given up here"


@dataclass
class Job:
    """One migration on one host.

    Attributes:
        token: with the newest epoch that was seen.
        guest: its name on this host.
        replies: what each step answered.
        outcome: how it ended on this host; None while it is open.
        settled: its journal is closed, so no coordinator acts on what this host answers.
        cancelled: set when the step at work is to stop.
        outgoing, lease, performed: on the source: the guest, the lease that was offered, and
            whether the guest was sent and its lease dropped.
        split: on the source: a part of the guest may be at its destination only, see `postcopy`.
        partner, partner_guest: the other host as its cookie names it, and the guest's name there;
            empty while no cookie has said so.
        heard: what the other side's driver said in the cookie that was read last.
        round: how far it has come, of a guest that is sent while it runs.
        manner: how that is done, while it is.
        incoming, offered, paused: on the destination: the guest, the lease that is to be taken, and
            whether it was paused when it was about to leave.
        postcopy, ran: on the destination: whether it may arrive split, and whether it was let go on
            although it was.
    """

    token: Token
    guest: str
    replies: dict[str, Any] = field(default_factory=dict)
    outcome: str | None = None
    settled: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)
    busy: str | None = None
    outgoing: Outgoing | None = None
    lease: Lease | None = None
    performed: bool = False
    split: bool = False
    partner: str = ""
    partner_guest: str = ""
    heard: list[tuple[str, str | int | bool]] = field(default_factory=list)
    round: Round | None = None
    manner: Manner | None = None
    begun: float = field(default_factory=time.monotonic)
    incoming: Incoming | None = None
    offered: Lease | None = None
    paused: bool = False
    postcopy: bool = False
    ran: bool = False

    @property
    def has_traces(self) -> bool:
        """Whether it had any effect on this host, if only a failure."""
        return bool(self.replies or self.outcome or self.outgoing or self.incoming)

    def close(self, outcome: str) -> None:
        """Note how it ended; what is not needed for repeated answers is let go."""
        self.outcome = outcome
        self.outgoing = None
        self.incoming = None
