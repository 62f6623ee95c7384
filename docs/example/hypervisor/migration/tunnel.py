"""A tunnel: what the source sends goes through the coordinator's own connection, block by block.

Bounded in memory and in time: a writer waits for its reader, and neither waits for ever.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator

from ..driver import Stream
from ..errors import MigrationError
from .directory import Directory

BLOCK_BYTES = 64 * 1024
BLOCKS = 16
SECONDS = 10.0
SCHEME = "tunnel:"

_OPEN: Directory[Tunnel] = Directory(lambda uri: MigrationError(f"there is no tunnel {uri!r}"))


class Tunnel:
    """One tunnel; the source finds it by its URI, for the destination it is a `Stream`."""

    def __init__(self) -> None:
        """Open it."""
        self.uri = f"{SCHEME}{uuid.uuid4().hex}"
        self._blocks: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._arrived = False
        self._closed = False
        _OPEN.publish(self.uri, self)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        with self._changed:
            return self._closed

    def poll(self, seconds: float) -> bytes | None:
        """Wait for the next block, as `Stream` says."""
        with self._changed:
            self._changed.wait_for(lambda: self._blocks or self._closed, seconds)
            if self._closed:
                raise MigrationError("the tunnel was closed")
            if not self._blocks:
                return None
            block = self._blocks.popleft()
            self._changed.notify_all()
            return block

    def arrived(self) -> None:
        """Tell who sends that everything is where it belongs."""
        with self._changed:
            self._arrived = True
            self._changed.notify_all()

    def write(self, data: bytes) -> None:
        """Send everything and wait until it has arrived; raises as `put` and `finish` do."""
        for start in range(0, len(data), BLOCK_BYTES):
            self.put(data[start : start + BLOCK_BYTES])
        self.finish()

    def put(self, block: bytes) -> None:
        """Send a block, once there is room; raise MigrationError when it is not read."""
        with self._changed:
            self._await(lambda: len(self._blocks) < BLOCKS)
            self._blocks.append(block)
            self._changed.notify_all()

    def finish(self) -> None:
        """Send the end and wait until the reader says that everything has arrived.

        Raises MigrationError when it does not, or the tunnel is closed.
        """
        self.put(b"")
        with self._changed:
            self._await(lambda: self._arrived)

    def close(self) -> None:
        """Close it: who still writes or reads gets an error."""
        _OPEN.withdraw(self.uri)
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _await(self, condition: Callable[[], bool]) -> None:
        if not self._changed.wait_for(lambda: condition() or self._closed, SECONDS):
            raise MigrationError(f"the tunnel was not read for {SECONDS:g} s")
        if not condition():
            raise MigrationError("the tunnel was closed")


def find(uri: str) -> Tunnel:
    """Give the tunnel of a URI; raise MigrationError when it is closed."""
    return _OPEN.find(uri)


def blocks(stream: Stream, most: int) -> Iterator[bytes]:
    """Read a stream to its end.

    Raises MigrationError when there are more bytes than `most`, none come for a while, or the
    stream is closed.
    """
    total = 0
    while (block := stream.poll(SECONDS)) != b"":
        if block is None:
            raise MigrationError(f"nothing came through the tunnel for {SECONDS:g} s")
        total += len(block)
        if total > most:
            raise MigrationError(f"more than {most} bytes came through the tunnel")
        yield block
