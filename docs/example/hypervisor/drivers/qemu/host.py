"""What the `qemu` driver keeps for a connection: a host, and its guests with their machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ..children import ChildGuest, ChildrenHost

if TYPE_CHECKING:
    from .launcher import QemuLauncher
    from .machine import QemuGuest

Machine: TypeAlias = "QemuGuest"
Guest: TypeAlias = "ChildGuest[QemuGuest]"


class QemuHost(ChildrenHost["QemuGuest"]):
    """A host whose guests are machines that `launcher` starts."""

    has_disks = True

    def __init__(self, launcher: QemuLauncher) -> None:
        """Begin without guests."""
        super().__init__(lambda description: launcher.start_paused(disks=description.disks))
        self.launcher = launcher

    def close(self) -> None:
        """Give up every guest, and what they share."""
        try:
            super().close()
        finally:
            self.launcher.close()
