"""A guest that runs in a child process of the one that opened the connection.

Knows nothing of names, descriptions or connections.
"""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod

from ..values import DomainState


class ChildProcess(ABC):
    """A guest that was started, until `outcome` says how it ended."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Take over a process that was just started."""
        self._process = process
        self._killed = False
        self._started = time.monotonic()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def outcome(self) -> DomainState | None:
        """Tell how the guest ended (shut off or crashed); None while its process lives.

        Reaps the process: no zombie stays behind. A guest has crashed when its process gave up with
        an exit status, or was ended by a signal that did not come from `kill`.
        """
        status = self._process.poll()
        if status is None:
            return None
        self._release()
        return DomainState.SHUTOFF if status == 0 or self._killed else DomainState.CRASHED

    @abstractmethod
    def _release(self) -> None:
        """Close and remove what belonged to the process, which has ended."""
