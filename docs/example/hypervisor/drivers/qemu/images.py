"""The files of a guest's disks: as QEMU's options, told apart, made anew, and removed."""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from ...description import Disk
from ...errors import MigrationError

_CLUSTER = 64 * 1024
# What one entry of a qcow2 image's first table stands for: a cluster of references to clusters.
_PER_ENTRY = _CLUSTER // 8 * _CLUSTER


def node(number: int) -> str:
    """Give QEMU's name for a disk of a guest, by its number from 0."""
    return f"disk-{number}"


def options(disks: Iterable[Disk]) -> list[str]:
    """Give the options with which QEMU has these disks."""
    found: list[str] = []
    for number, disk in enumerate(disks):
        file = {"driver": "file", "filename": disk.path}
        image = {"driver": disk.format, "node-name": node(number), "file": file}
        device = f"ide-hd,drive={node(number)},bus=ide.{number // 2},unit={number % 2}"
        found += ["-blockdev", json.dumps(image), "-device", device]
    return found


def identity(disk: Disk) -> str:
    """Tell which file of this machine a disk is, whatever it is called; "" where there is none."""
    try:
        found = os.stat(disk.path)
    except OSError:
        return ""
    return f"{found.st_dev:x}:{found.st_ino:x}"


class NewImages:
    """Files that were made for a guest that is expected, until it has them or is given up."""

    def __init__(self) -> None:
        """Begin without any."""
        self._made: list[tuple[Disk, str]] = []

    def make(self, disk: Disk, size: int) -> None:
        """Make an empty disk of `size` bytes.

        Raises MigrationError when that cannot be, or there is a file already: it is another's, and
        never overwritten.
        """
        try:
            handle = os.open(disk.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            raise MigrationError(
                f"option copy_storage: {disk.path!r} already exists on the destination and is not"
                " overwritten"
            ) from None
        except OSError as error:
            raise _cannot(disk, error) from error
        with open(handle, "wb") as stream:
            self._made.append((disk, identity(disk)))
            try:
                if disk.format == "raw":
                    stream.truncate(size)
                else:
                    stream.write(_qcow2(size))
            except OSError as error:
                raise _cannot(disk, error) from error

    def remove(self) -> None:
        """Remove them, unless somebody has put other files in their places."""
        for disk, made in self._made:
            if identity(disk) == made:
                with contextlib.suppress(OSError):
                    Path(disk.path).unlink()
        self.keep()

    def keep(self) -> None:
        """Let the guest have them."""
        self._made = []


def _cannot(disk: Disk, error: OSError) -> MigrationError:
    return MigrationError(f"cannot make the disk {disk.path!r}: {error.strerror}")


def _qcow2(size: int) -> bytes:
    """Give the beginning of an empty qcow2 image: header, table and block of counts, first table.

    Everything behind that is allocated as it is written. See docs/interop/qcow2 of QEMU.
    """
    entries = max(1, -(-size // _PER_ENTRY))
    table = -(-entries * 8 // _CLUSTER)
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        *(b"QFI\xfb", 3, 0, 0, 16, size, 0),
        *(entries, 3 * _CLUSTER, _CLUSTER, 1, 0, 0),
        *(0, 0, 0, 4, 104),
    )
    counts = struct.pack(">Q", 2 * _CLUSTER), struct.pack(">H", 1) * (3 + table)
    parts = (header, *counts, *[b""] * table)
    return b"".join(part.ljust(_CLUSTER, b"\0") for part in parts)
