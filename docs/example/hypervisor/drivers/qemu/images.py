"""The files of a guest's disks: as QEMU's options, told apart, made anew, and removed."""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Iterable

from ...description import Disk
from ...errors import MigrationError
from ...migration.leftovers import NewDisk

_CLUSTER = 64 * 1024
# What one entry of a qcow2 image's first table stands for: a cluster of references to clusters.
_PER_ENTRY = _CLUSTER // 8 * _CLUSTER
#: How Linux has `struct flock`: kind, whence, start, length (0: to the end), process.
_LOCK = "@hhqqi4x"
# What of a file's name fits its second one: that has at most 255 bytes, and four for a character.
_NAME = 40


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


class Images:
    """The files of one machine: `disks.Files`.

    A new file has a second name beside its own, which is its mark: while that is there, no other
    file can be taken for it, since the number of a file is given again only when it has no name.
    """

    def identity(self, disk: Disk) -> str:
        """Tell which file a disk is; see `identity`."""
        return identity(disk)

    def make(self, disk: Disk, size: int, new: NewDisk) -> None:
        """Make an empty disk.

        Raises MigrationError when that cannot be, or there is a file already: it is another's, and
        never overwritten.
        """
        beside = _beside(new)
        try:
            handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except OSError as error:
            raise _cannot(disk, error) from error
        with open(handle, "wb") as stream:
            try:
                os.link(beside, disk.path)
                if disk.format == "raw":
                    stream.truncate(size)
                else:
                    stream.write(_qcow2(size))
            except FileExistsError:
                raise MigrationError(
                    f"option copy_storage: {disk.path!r} already exists on the destination and is"
                    " not overwritten"
                ) from None
            except OSError as error:
                raise _cannot(disk, error) from error

    def remove(self, new: NewDisk) -> None:
        """Remove a file with its mark, unless somebody has put another in its place."""
        beside = _beside(new)
        if _same(beside, new.path):
            os.unlink(new.path)
        self.unmark(new)

    def unmark(self, new: NewDisk) -> None:
        """Remove the second name."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_beside(new))

    def remove_left(self, new: NewDisk, starting: bool) -> str:
        """Remove what is left of a file; see `leftovers.RemovesDisks`."""
        beside, about = _beside(new), f"disk {new.path!r} of guest {new.guest!r}"
        try:
            if starting:
                self.unmark(new)
                return f"{about} was kept: the guest had been started with it, or was about to be"
            if not os.path.lexists(beside):
                if not os.path.lexists(new.path):
                    return f"{about} is gone"
                return f"{about} was kept: it is not known to be the one that was made"
            if _in_use(beside):
                raise MigrationError(f"{about} was not removed: it is in use")
            is_there = _same(beside, new.path)
            self.remove(new)
        except OSError as error:
            raise MigrationError(f"{about} was not removed: {error.strerror}") from error
        return f"{about} was removed" if is_there else f"{about} is gone: another is in its place"


def _beside(new: NewDisk) -> str:
    folder, name = os.path.split(new.path)
    return os.path.join(folder, f".{name[:_NAME]}.{new.mark}")


def _same(path: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.lstat(other))
    except FileNotFoundError:
        return False


def _in_use(path: str) -> bool:
    """Tell whether a program has locked the file, as QEMU does; true where that is not known."""
    import fcntl  # not every system has it

    if not hasattr(fcntl, "F_OFD_GETLK"):
        return True
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        asked = struct.pack(_LOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        found = struct.unpack(_LOCK, fcntl.fcntl(handle, fcntl.F_OFD_GETLK, asked))
    finally:
        os.close(handle)
    return bool(found[0] != fcntl.F_UNLCK)


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
