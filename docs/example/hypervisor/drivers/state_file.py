"""The file of a saved guest: an `Envelope`, written whole or not at all.

Its payload is JSON: driver, description (XML), memory (hexadecimal), paused. The line ends in its
magic show a file that was copied as text.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .. import description
from ..description import GuestDescription
from ..envelope import Envelope
from ..errors import DescriptionError, StateFileError

FORMAT = 1
MAX_BYTES = 16 * 1024 * 1024

_ENVELOPE = Envelope("file", b"HVSAVE\r\n", FORMAT, "is not a saved guest", StateFileError)


@dataclass(frozen=True)
class SavedGuest:
    """All that is needed to bring a guest back."""

    driver: str
    description: GuestDescription
    memory: bytes
    paused: bool


def encode(guest: SavedGuest) -> bytes:
    """Turn a saved guest into the bytes of its file."""
    document = {
        "driver": guest.driver,
        "description": description.format(guest.description),
        "memory": guest.memory.hex(),
        "paused": guest.paused,
    }
    return _ENVELOPE.wrap(json.dumps(document, sort_keys=True).encode())


def decode(data: bytes) -> SavedGuest:
    """Read a saved guest from the bytes of its file; raise StateFileError when they are damaged."""
    return _from_payload(_ENVELOPE.open(data))


def write(path: str, guest: SavedGuest) -> None:
    """Write the file in one step: a reader finds the old one or the whole new one.

    Raises StateFileError; nothing is left behind then.
    """
    target = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(encode(guest))
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink()
            raise
    except (OSError, ValueError) as error:  # ValueError: a path that no system can have
        raise StateFileError(f"cannot write {path!r}: {_reason(error)}") from error
    _sync_directory(target.parent)


def read(path: str, driver: str) -> SavedGuest:
    """Read the file of a guest that `driver` saved.

    Raises StateFileError when it cannot be read, is damaged, or belongs to another driver.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise StateFileError(f"{path!r} is not a regular file")
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise StateFileError(f"cannot read {path!r}: {_reason(error)}") from error
    if len(data) > MAX_BYTES:
        raise StateFileError(f"{path!r}: file is larger than {MAX_BYTES} bytes")
    try:
        guest = decode(data)
    except StateFileError as error:
        raise StateFileError(f"{path!r}: {error}") from error
    if guest.driver != driver:
        raise StateFileError(f"{path!r}: saved by driver {guest.driver!r}, not {driver!r}")
    return guest


def _from_payload(payload: bytes) -> SavedGuest:
    # The digest fits, so a fault here is a writer's and not the disk's; it is refused alike.
    try:
        document = json.loads(payload)
        if not isinstance(document["paused"], bool):
            raise TypeError("paused is neither true nor false")
        return SavedGuest(
            driver=str(document["driver"]),
            description=description.parse(document["description"]),
            memory=bytes.fromhex(document["memory"]),
            paused=document["paused"],
        )
    except (ValueError, KeyError, TypeError, RecursionError, DescriptionError) as error:
        raise StateFileError(f"file has a payload that makes no sense: {error}") from error


def _open_without_waiting(path: str, flags: int) -> int:
    # A pipe without a writer would otherwise hold the connection's lock for ever.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _reason(error: Exception) -> str:
    # Not str(error) alone: for a system error that repeats the path.
    return getattr(error, "strerror", None) or str(error)


def _sync_directory(directory: Path) -> None:
    # The name must survive a power cut too. Some file systems cannot sync a directory; the file
    # is in place by then, so the save has not failed.
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
