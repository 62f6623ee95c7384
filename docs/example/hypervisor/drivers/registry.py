"""Which driver serves which URI: the scheme names the driver, the path is for the driver to read.

`memory:///default`, `process:///path` and `qemu:///path`; a host part is refused, since no driver
is remote. A table may be listed whose needs are not met here: opening a connection says so.
"""

from __future__ import annotations

from .. import uris
from ..driver import HypervisorDriver
from ..errors import InvalidUriError
from .memory.driver import MEMORY_DRIVER
from .process.driver import PROCESS_DRIVER
from .qemu.driver import QEMU_DRIVER

DRIVERS = {
    "memory": MEMORY_DRIVER,
    "process": PROCESS_DRIVER,
    "qemu": QEMU_DRIVER,
}


def find(uri: str) -> tuple[HypervisorDriver, str]:
    """Give the driver of a URI and the path for it; raise InvalidUriError when there is none."""
    scheme = uris.split(uri).scheme
    driver = DRIVERS.get(scheme)
    if driver is None:
        known = ", ".join(f"{scheme}:///" for scheme in DRIVERS)
        raise InvalidUriError(f"{uri!r}: no driver for this scheme; known are {known}")
    return driver, uris.path_of(uri, scheme)
