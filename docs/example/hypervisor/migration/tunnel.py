"""A tunnel: what the source sends goes through the coordinator's own connection, block by block.

Bounded in memory and in time: a writer waits for its reader, and neither waits for ever.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import uuid
from collections.abc import Iterator

from ..errors import MigrationError
from .backend import Stream

BLOCK_BYTES = 64 * 1024
BLOCKS = 16
SECONDS = 10.0
SCHEME = "tunnel:"

_OPEN: dict[str, Tunnel] = {}
_LOCK = threading.Lock()


class Tunnel:
    """One tunnel; the source finds it by its URI, the destination is given `read`."""

    def __init__(self) -> None:
        """Open it."""
        self.uri = f"{SCHEME}{uuid.uuid4().hex}"
        self._blocks: queue.Queue[bytes | None] = queue.Queue(BLOCKS)
        self._drained = threading.Event()
        with _LOCK:
            _OPEN[self.uri] = self

    def read(self) -> bytes:
        """Give the next block, nothing at the end; raise MigrationError when none comes."""
        try:
            block = self._blocks.get(timeout=SECONDS)
        except queue.Empty:
            raise MigrationError(f"nothing came through the tunnel for {SECONDS:g} s") from None
        if block is None:
            raise MigrationError("the tunnel was closed")
        if not block:
            self._drained.set()
        return block

    def write(self, data: bytes) -> None:
        """Send everything, wait until it was read; raise MigrationError when nobody reads."""
        try:
            for start in range(0, len(data), BLOCK_BYTES):
                self._blocks.put(data[start : start + BLOCK_BYTES], timeout=SECONDS)
            self._blocks.put(b"", timeout=SECONDS)
        except queue.Full:
            raise MigrationError(f"nobody read from the tunnel for {SECONDS:g} s") from None
        if not self._drained.wait(SECONDS):
            raise MigrationError(f"nobody read from the tunnel for {SECONDS:g} s")

    def close(self) -> None:
        """Close it; who still reads gets an error."""
        with _LOCK:
            _OPEN.pop(self.uri, None)
        # A reader that is so far behind that there is no room runs into its own time limit.
        with contextlib.suppress(queue.Full):
            self._blocks.put_nowait(None)


def find(uri: str) -> Tunnel:
    """Give the tunnel of a URI; raise MigrationError when it is closed."""
    with _LOCK:
        found = _OPEN.get(uri)
    if found is None:
        raise MigrationError(f"there is no tunnel {uri!r}")
    return found


def blocks(stream: Stream, most: int) -> Iterator[bytes]:
    """Read a stream to its end; raise MigrationError when there are more bytes than `most`."""
    total = 0
    while block := stream():
        total += len(block)
        if total > most:
            raise MigrationError(f"more than {most} bytes came through the tunnel")
        yield block
