"""What the `process` driver keeps for a connection: a host, and its guests as processes."""

from __future__ import annotations

from pathlib import Path

from ..children import ChildrenHost
from .guest import BLANK_MEMORY, GuestProcess


class ProcessHost(ChildrenHost[GuestProcess]):
    """A host whose guests keep their memory in files in `directory`."""

    def __init__(self, directory: Path | None) -> None:
        """Begin without guests; None is the system's temporary directory."""
        super().__init__(lambda _: GuestProcess.start_paused(BLANK_MEMORY, directory))
        self.directory = directory
