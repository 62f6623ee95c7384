"""Progress bars while many files are read: on a terminal only, and only if it takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Shorter work would only make the terminal flicker.
_PATIENCE = 0.7


@contextmanager
def counting(what: str, *, quiet: bool, total: int | None = None) -> Iterator[Callable[[str], None] | None]:
    """Yield a function to call for each finished item, or None without a terminal.

    Args:
        what: label of the count, such as ``files read``.
        quiet: whether to show nothing.
        total: how many items there are, for the time that is left; None if unknown.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    display = _Display(what, total)
    try:
        yield display.advance
    finally:
        display.stop()


class _Display:
    """A progress bar that is drawn only after a delay."""

    def __init__(self, what: str, total: int | None) -> None:
        self._total = total
        self._what, self._count, self._begin = what, 0, time.monotonic()
        self._bar: Any = None

    def advance(self, _: str) -> None:
        self._count += 1
        if self._bar is None and time.monotonic() - self._begin > _PATIENCE:
            self._start()
        if self._bar is not None:
            self._bar.update(self._task, completed=self._count)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
        if self._total is not None:
            columns += [TextColumn("left:"), TimeRemainingColumn()]
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self._what, total=self._total)
        self._bar.start()

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
