"""What the rules about protocols share: walking over them, and the protocol of their examples."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue import Catalogue
from ..model import Cell, Driver
from ..protocol import Family, Protocol, StepSupport, Support
from .base import EXAMPLE_CONFIG


def supports(catalogue: Catalogue) -> Iterator[tuple[Family, Driver, Protocol, Support]]:
    """The support of every protocol in every driver."""
    interfaces = {interface.key: interface for interface in catalogue.interfaces}
    for family in catalogue.protocols:
        for driver, protocol, support in family.walk(interfaces[family.interface].drivers):
            yield family, driver, protocol, support


def own_cells(step: StepSupport) -> Iterator[tuple[str, Cell]]:
    """The entries that belong to this protocol alone, as the driver has them now."""
    for entry, cell in step.cells:
        if entry not in step.step.shared and cell.state not in ("unsupported", "removed") and cell.how != "default":
            yield entry, cell


#: A protocol of three steps, and an interface with their entries.
EXAMPLE_PROTOCOL = (
    EXAMPLE_CONFIG
    + """\
protocols = ["handover"]

[protocols.handover]
title = "Handover"

[[protocols.handover.versions.v1.steps]]
name = "Begin"
side = "source"
entries = ["begin"]

[[protocols.handover.versions.v1.steps]]
name = "Finish"
side = "destination"
entries = ["finish"]
cookie-from = "Begin"
parameters = ["guest", "cookie"]

[[protocols.handover.versions.v1.steps]]
name = "Confirm"
side = "source"
entries = ["confirm"]
without = "if Finish fails, the guest on the source cannot be resumed"
"""
)
EXAMPLE_STEPS = """\
class Driver:
    def begin(self, guest):
        raise NotImplementedError

    def finish(self, guest, cookie):
        raise NotImplementedError

    def confirm(self, guest):
        raise NotImplementedError
"""
EXAMPLE_FILES = {"hvsupport.toml": EXAMPLE_PROTOCOL, "api.py": EXAMPLE_STEPS}
EXAMPLE_DRIVER = """\
from api import Driver


class MemoryDriver(Driver):
    def begin(self, guest):  # {begin}
        return guest.lease

    def finish(self, guest, cookie):  # {finish}
        guest.run(cookie)

    def confirm(self, guest):  # {confirm}
        guest.kill()
"""
