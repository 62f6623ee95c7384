"""A QEMU guest that runs while it is sent: what QEMU does in rounds, told as rounds of ours.

QEMU sends all memory, then over and over what has changed; it looks itself whether the rest fits
the downtime, stops the guest then, and waits before the switch-over until it may go on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ...migration.live import Manner, Round

if TYPE_CHECKING:
    from ..disks import LeavingDisks
    from .machine import QemuGuest
    from .relay import Relay


class LiveSending:
    """One guest on its way: a `machine.Watch`.

    Attributes:
        paused_at: when the guest was still seen to run (`time.time()`), so no later than its pause.
    """

    def __init__(self, machine: QemuGuest, manner: Manner, unit: int, disks: LeavingDisks) -> None:
        """Begin the first round; what objects to that raises here.

        `unit` is what the bandwidth of `manner` counts, in bytes a second; the copies of `disks`
        end at the switch-over.
        """
        self._machine = machine
        self._manner = manner
        self._unit = unit
        self._disks = disks
        self._number = 1
        self._suspended = False
        self._switched = False
        self.paused_at = time.time()
        manner.apply = self._limit
        manner.begin("round", 1)

    def begin(self) -> None:
        """Set the limits as they are now; `limit` of the manner tells QEMU of any others."""
        self._manner.limit()

    def _limit(self) -> None:
        speed = self._manner.bandwidth * self._unit
        self._machine.limit(speed, self._manner.downtime)
        self._disks.copies.limit(speed)

    def see(self, answer: dict[str, Any]) -> bool:
        """Tell of rounds and of the switch-over, and pause the guest when that is due."""
        self._manner.check()
        # Also when it waits for the destination: one that is told to give up does so.
        due = self._manner.must_pause(self._number - 1)
        status = answer.get("status")
        if status == "pre-switchover" and not self._switched:
            self._end_round(answer)
            self._manner.begin("switch-over", self._number)
            # The guest stands still: not a byte of its memory goes on before all of its disks.
            self._disks.finish()
            self._switched = True
            self._machine.go_on()
        elif status == "active" and not self._switched:
            if not self._suspended:
                self.paused_at = time.time()
            self._look(answer)
            if due and not self._suspended:
                self._suspended = True
                self._machine.pause()
        return False

    def close(self, sent: int) -> None:
        """Tell that all of it was sent."""
        self._manner.end("switch-over", Round(self._number, sent, 0, 0))

    def _look(self, answer: dict[str, Any]) -> None:
        number = int(answer.get("ram", {}).get("dirty-sync-count", 0))
        if number > self._number:
            self._end_round(answer)
            self._number = number
            self._manner.begin("round", number)

    def _end_round(self, answer: dict[str, Any]) -> None:
        ram = answer.get("ram", {})
        sent, remaining = int(ram.get("transferred", 0)), int(ram.get("remaining", 0))
        expected = int(answer.get("expected-downtime", 0))
        self._manner.end("round", Round(self._number, sent, remaining, expected))


class SplitSending(LiveSending):
    """One guest on its way that may be split.

    Attributes:
        split: whether it was.
    """

    split = False

    def __init__(
        self, machine: QemuGuest, manner: Manner, unit: int, disks: LeavingDisks, relay: Relay
    ) -> None:
        """Begin the first round, over a relay."""
        super().__init__(machine, manner, unit, disks)
        self._relay = relay
        self._begun = False

    def begin(self) -> None:
        """Set the limits too for what is sent after the split."""
        super().begin()
        self._relay.begin()

    def see(self, answer: dict[str, Any]) -> bool:
        """Split the guest when that is due; True when it is."""
        status = answer.get("status")
        if status == "active" and not self._begun and self._manner.must_split(self._number - 1):
            self._manner.begin("post-copy", self._number)
            self.paused_at = time.time()
            # Stopped by us and not by QEMU, which would let it go on by itself after some failures.
            self._machine.pause()
            self._suspended = self._begun = True
            self._machine.execute("migrate-start-postcopy")
        if not self._begun:
            return super().see(answer)
        if status == "pre-switchover" and not self._switched:
            self._end_round(answer)
            self._manner.begin("switch-over", self._number)
            self._manner.split()
            self._relay.hold()
            self._switched = True
            self._machine.go_on()
        elif status == "postcopy-active":
            self.split = True
        elif status == "device":
            self._relay.release()  # all of it fitted
        elif not self._switched:
            self._manner.check()
            self._manner.must_pause(self._number - 1)  # or it is given up
        return self.split

    def close(self, sent: int) -> None:
        """Tell that all of it was sent, or that it is split."""
        what = "post-copy" if self.split else "switch-over"
        self._manner.end(what, Round(self._number, sent, 0, 0))
