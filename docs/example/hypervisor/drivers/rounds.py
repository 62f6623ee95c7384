"""Sending a memory that changes meanwhile: all of it first, then what changed, cell by cell.

Knows nothing of processes or sockets, so that it can be tried on any memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..migration.live import Manner, Round

#: Where each cell stands, and its bytes; the last cell of a memory may be shorter.
Cells = list[tuple[int, bytes]]
_MIB = 1024 * 1024


def changed(before: bytes, after: bytes, cell: int) -> Cells:
    """Give the cells in which a memory differs from how it was; all of them if it was empty."""
    starts = range(0, len(after), cell)
    if len(before) != len(after):
        return [(start, after[start : start + cell]) for start in starts]
    return [
        (start, after[start : start + cell])
        for start in starts
        if before[start : start + cell] != after[start : start + cell]
    ]


def put(memory: bytearray, cells: Cells) -> None:
    """Put cells where they stand in a memory of the same size, or begin one that has none."""
    for start, data in cells:
        memory[start : start + len(data)] = data


@dataclass(frozen=True)
class Sent:
    """What came of it: the bytes that were sent, the memory as it was at last, and when it was
    paused for that (`time.time()`). Of one that was split, the rest was not sent.
    """

    count: int
    memory: bytes
    paused_at: float
    split: bool = False


class Rounds:
    """One memory on its way."""

    def __init__(
        self,
        manner: Manner,
        read: Callable[[], bytes],
        write: Callable[[Cells, bool], None],
        pause: Callable[[], None],
        cell: int,
    ) -> None:
        """Send what `read` gives, in cells of so many bytes.

        `write` sends cells, which may be none, and returns when the other side has them; it is told
        whether they are the last. After `pause` the memory does not change any more.
        """
        self._manner = manner
        self._read = read
        self._write = write
        self._pause = pause
        self._cell = cell
        self._there = b""
        self._sent = 0
        self._seconds = 0.0

    def send(self) -> Sent:
        """Send it all, or until it is split; the guest is paused on return.

        What goes wrong before that leaves it run.
        """
        manner, number = self._manner, 0
        while True:
            number += 1
            manner.begin("round", number)
            self._pass_on(self._read(), last=False)
            manner.end("round", self._look(number))
            # Looked at anew: who is told takes its time, and the guest goes on meanwhile.
            if manner.fits(self._look(number)):
                break
            if manner.must_split(number):
                return self._split(number)
            if manner.must_pause(number):
                break
        manner.begin("switch-over", number)
        paused_at = time.time()
        self._pause()
        self._pass_on(self._read(), last=True)
        manner.end("switch-over", Round(number, self._sent, 0, 0))
        return Sent(self._sent, self._there, paused_at)

    def _split(self, number: int) -> Sent:
        self._manner.begin("post-copy", number)
        self._manner.split()
        paused_at = time.time()
        self._pause()
        return Sent(self._sent, self._read(), paused_at, split=True)

    def _pass_on(self, memory: bytes, last: bool) -> None:
        cells = changed(self._there, memory, self._cell)
        count = sum(len(data) for _, data in cells)
        begun = time.monotonic()
        self._write(cells, last)
        took = time.monotonic() - begun
        if self._manner.bandwidth and not last:
            took = self._slow_down(count, begun)
        self._there = memory
        self._sent += count
        self._seconds += took

    def _slow_down(self, count: int, begun: float) -> float:
        """Wait as long as so many bytes are to take, and tell how long they took.

        The limit may change meanwhile. It does not wait when it is cancelled or takes too long.
        """
        while True:
            took = time.monotonic() - begun
            limit = self._manner.bandwidth * _MIB
            if not limit or (left := count / limit - took) <= 0 or self._is_over():
                return took
            self._manner.check()
            time.sleep(min(left, 0.05))

    def _is_over(self) -> bool:
        return self._manner.must_split(0) or self._manner.must_pause(0)

    def _look(self, number: int) -> Round:
        left = changed(self._there, self._read(), self._cell)
        remaining = sum(len(data) for _, data in left)
        expected = 1000 * remaining * self._seconds / max(1, self._sent)
        return Round(number, self._sent, remaining, -int(-expected // 1))
