"""Bounded time per byte, in processor time: it does not count how busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds for any input, and for each byte of it. Within this a grammar may use up its own bound of two seconds once.
START, EACH = 3.0, 2e-4


@contextmanager
def bounded(size: int) -> Iterator[None]:
    start = time.process_time()
    yield
    used = time.process_time() - start
    assert used < START + EACH * size, f"{used:.1f} s for {size} bytes"
