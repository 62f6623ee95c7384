"""Sending a guest that runs: in rounds, each with what changed since the one before.

The guest is paused for the last of it only, the *switch-over*: when what is left can be sent within
the downtime that is allowed, or as told after so many rounds or so long. Until then it holds its
lease and runs, whatever fails; what came at the destination by then is no guest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ..description import GuestDescription
from ..errors import MigrationCancelledError, MigrationError, OptionError
from ..values import MigrateFlag
from .backend import Incoming, Place

#: In milliseconds, as QEMU has it.
DOWNTIME = 300
#: In milliseconds: nothing is sent for ever.
TIMEOUT = 60_000
ACTIONS = ("abort", "suspend", "postcopy")
# As plain numbers, with which work goes much faster.
LIVE, PARALLEL = int(MigrateFlag.LIVE), int(MigrateFlag.PARALLEL)
COPY, POSTCOPY = int(MigrateFlag.NON_SHARED_DISK), int(MigrateFlag.POSTCOPY)
FLAGS = LIVE | COPY | PARALLEL | POSTCOPY
#: Flag -> the name of the feature and of the option, and what a driver without it cannot do.
FEATURES = {
    LIVE: ("live", "send a guest that runs"),
    COPY: ("copy_storage", "copy the disks of a guest"),
    PARALLEL: ("parallel", "send a guest over several connections"),
    POSTCOPY: ("postcopy", "let a guest go on before all of its memory is there"),
}


def require_combined(flags: int) -> None:
    """Raise OptionError for flags that cannot be combined with post-copy."""
    if not flags & POSTCOPY:
        return
    if not flags & LIVE:
        raise OptionError("option postcopy: only for a guest that is sent live")
    for flag in (PARALLEL, COPY):
        if flags & flag:
            name = FEATURES[flag][0]
            raise OptionError(f"option postcopy: cannot be combined with {name}")


@dataclass(frozen=True)
class Round:
    """How far a guest has come that is sent while it runs.

    Attributes:
        number: of the round, from 1.
        sent: bytes of the guest that were sent until now.
        remaining: bytes that changed since they were sent.
        expected: milliseconds that those would take.
    """

    number: int
    sent: int
    remaining: int
    expected: int


class Manner:
    """How a guest is to be sent while it runs, and who watches.

    Attributes:
        bandwidth: in MiB/s, 0 for no limit.
        downtime: for how long the guest may be paused, in milliseconds; 0: until nothing changes.
            Both may change meanwhile, see `limit`.
        iterations: the most rounds before it is paused anyway, or split; 0: any number.
        seconds: after which it is paused anyway, split, or given up.
        connections: how many at a time, where the driver has that feature; 0: one, as usual.
        postcopy: whether it may be split, see `postcopy`.
        postcopy_bandwidth: in MiB/s, for what is sent after that; 0 for no limit.
        apply: set by a driver that must do something for new limits to take effect; it looks at
            them here, and may raise.
    """

    def __init__(
        self,
        bandwidth: int,
        downtime: int,
        iterations: int,
        connections: int,
        seconds: float,
        action: str,
        cancelled: Callable[[], bool],
        begins: Callable[[str, int], None],
        ends: Callable[[str, Round], None],
        postcopy: bool = False,
        postcopy_bandwidth: int = 0,
        splits: Callable[[], None] = lambda: None,
    ) -> None:
        """Watch from now on; after `seconds` that is done which `action` says, of ACTIONS.

        `begins` hears of each `round`, of the `switch-over`, the `post-copy` and the `storage`, and
        may object to it by what it raises; `ends` hears how far it has come. `splits` notes that
        the guest is about to be split, or raises.
        """
        self.bandwidth = bandwidth
        self.downtime = downtime
        self.iterations = iterations
        self.connections = connections
        self.postcopy = postcopy
        self.postcopy_bandwidth = postcopy_bandwidth
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._action = action
        self._cancelled = cancelled
        self._begins = begins
        self._ends = ends
        self._splits = splits
        self._asked = False
        self._last = Round(0, 0, 0, 0)
        self._limiting = threading.Lock()
        self.apply: Callable[[], None] = lambda: None

    def limit(self, *, downtime: int | None = None, bandwidth: int | None = None) -> None:
        """Change limits, from any thread: they hold on return.

        Raises GuestError when the driver cannot apply them; then those from before hold.
        """
        with self._limiting:
            before = self.downtime, self.bandwidth
            self.downtime = before[0] if downtime is None else downtime
            self.bandwidth = before[1] if bandwidth is None else bandwidth
            try:
                self.apply()
            except BaseException:
                self.downtime, self.bandwidth = before
                raise

    def begin(self, what: str, number: int) -> None:
        """Begin a `round`, the `switch-over`, or the `storage`, whose number is 0.

        Raises MigrationCancelledError, or what objects.
        """
        self.check()
        self._begins(what, number)
        self.check()

    def end(self, what: str, found: Round) -> None:
        """End it."""
        self._last = found
        self._ends(what, found)

    def ask_split(self) -> None:
        """Let the guest be split as soon as may be, from any thread."""
        self._asked = True

    def must_split(self, number: int) -> bool:
        """Tell whether the guest is to be split, after the round of that number."""
        if not self.postcopy:
            return False
        late = self._action == "postcopy" and time.monotonic() >= self._deadline
        return self._asked or late or 0 < self.iterations <= number

    def split(self) -> None:
        """Note that the guest is about to be split; raise MigrationCancelledError if it may not."""
        self.check()
        self._splits()

    @property
    def rounds(self) -> int:
        """How many rounds are over."""
        return self._last.number

    def restart(self) -> None:
        """Count the time anew: copying disks takes as long as they are large."""
        self._deadline = time.monotonic() + self.seconds

    def check(self) -> None:
        """Raise MigrationCancelledError when it was cancelled."""
        if self._cancelled():
            raise MigrationCancelledError("the migration was cancelled")

    def fits(self, found: Round) -> bool:
        """Tell whether what is left can be sent within the downtime."""
        return found.remaining == 0 or 0 < self.downtime >= found.expected

    def must_pause(self, number: int) -> bool:
        """Tell whether the guest is to be paused although what is left does not fit.

        `number` is that of the round that is over. Raises MigrationError when it is to be given up.
        """
        if time.monotonic() >= self._deadline:
            if self._action == "abort":
                raise MigrationError(self._why())
            return self._action == "suspend"
        return not self.postcopy and 0 < self.iterations <= number

    def _why(self) -> str:
        last = self._last
        return (
            f"not sent within {self.seconds:g} s: after {last.number} rounds"
            f" {last.remaining} bytes had changed again, which take {last.expected} ms,"
            f" and the guest may be paused for {self.downtime} ms"
        )


@runtime_checkable
class SendsLive(Protocol):
    """What an `Outgoing` does whose driver has the feature `live`."""

    def send_live(self, uri: str, manner: Manner) -> str:
        """Send the guest while it runs, as `Outgoing.send` does otherwise.

        Tells `manner` of each round and of the switch-over, before which it does not pause the
        guest unless `must_pause` says so. After a failure before that, the guest runs.
        """
        ...


@runtime_checkable
class CopiesStorage(Protocol):
    """What an `Outgoing` does whose driver has the feature `copy_storage`."""

    def copy_storage(self, manner: Manner, is_live: bool) -> None:
        """Copy the guest's disks until all is there but what it is writing; then it is sent.

        Unless it `is_live`, it is paused first. Tells `manner` of the `storage`. What is left goes
        over when the guest is sent, before the last of its memory. After a failure, and in
        `resume`, the copies end, and the disks are the guest's as before.
        """
        ...


@runtime_checkable
class TakesPlace(Protocol):
    """What a `Backend` does that must know more of where a guest is to arrive than `incoming`."""

    def incoming_at(self, name: str, description: GuestDescription, place: Place) -> Incoming:
        """Get ready for a guest, as `incoming` does."""
        ...
