"""Messages on a socket: a header that says how much will come, and the bytes.

    4 bytes   magic
    2 bytes   version
    2 bytes   kind
    4 bytes   length of the body, at most MAX_BYTES

The header is checked before the body is read, so the reader never holds more than
MAX_BYTES. Every message has a deadline as a whole: sending one byte now and then does not
extend it. Whatever keeps a message from coming whole is one error, PeerLostError, with the reason.
"""

from __future__ import annotations

import enum
import select
import socket
import struct
import time
from dataclasses import dataclass

from ..errors import PeerLostError, RemoteError

VERSION = 1
MAX_BYTES = 512 * 1024

_MAGIC = b"HVRP"
_HEADER = struct.Struct(">4sHHI")
_PIECE = 64 * 1024
#: A connection that finds the queue of a busy server full is tried again after that many seconds.
_AGAIN_SECONDS = 0.01


class Kind(enum.IntEnum):
    """What a message is."""

    REQUEST = 1
    REPLY = 2
    BLOCK = 3
    """A block of a tunnel, its end when it is empty."""
    ARRIVED = 4
    """All blocks of a tunnel are where they belong."""


@dataclass(frozen=True)
class Frame:
    """One message."""

    kind: Kind
    body: bytes = b""


class Deadline:
    """A moment after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        """Begin to count."""
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds that are left; raise PeerLostError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise PeerLostError(f"nothing more came within {self._seconds:g} s")
        return left


def connect(path: str, deadline: Deadline) -> socket.socket:
    """Connect to a Unix socket; raise PeerLostError if it is not accepted in time."""
    wire = socket.socket(socket.AF_UNIX)
    try:
        while True:
            wire.settimeout(deadline.left())
            try:
                wire.connect(path)
                return wire
            except BlockingIOError:
                time.sleep(min(_AGAIN_SECONDS, deadline.left()))
    except (OSError, ValueError) as error:  # ValueError: a path that no system can have
        wire.close()
        raise PeerLostError(f"cannot connect to {path!r}: {error}") from error
    except BaseException:
        wire.close()
        raise


def send(wire: socket.socket, frame: Frame, deadline: Deadline) -> None:
    """Send a message; raise PeerLostError when it is not taken, RemoteError if it is too large."""
    if len(frame.body) > MAX_BYTES:
        raise RemoteError(f"a message of {len(frame.body)} bytes: at most {MAX_BYTES} may be sent")
    header = _HEADER.pack(_MAGIC, VERSION, frame.kind, len(frame.body))
    try:
        wire.settimeout(deadline.left())
        wire.sendall(header + frame.body)
    except TimeoutError:
        raise PeerLostError("the other side did not take the message in time") from None
    except OSError as error:
        raise PeerLostError(f"cannot send: {error}") from error


def receive(wire: socket.socket, deadline: Deadline, *kinds: Kind) -> Frame:
    """Receive a message of one of these kinds; raise PeerLostError saying why none came whole."""
    magic, version, number, length = _HEADER.unpack(_exactly(wire, _HEADER.size, deadline))
    if magic != _MAGIC:
        raise PeerLostError("not a message: its first bytes are wrong")
    if version != VERSION:
        raise PeerLostError(f"the other side speaks version {version}, only {VERSION} is known")
    if number not in kinds:
        wanted = " or ".join(kind.name.lower() for kind in kinds)
        raise PeerLostError(f"a message of kind {number} came: expected {wanted}")
    if length > MAX_BYTES:
        raise PeerLostError(f"{length} bytes were announced: a message has at most {MAX_BYTES}")
    return Frame(Kind(number), _exactly(wire, length, deadline))


def hung_up(wire: socket.socket) -> bool:
    """Whether the other side has closed the connection, or sent something unexpected."""
    return wait(wire, 0)


def wait(wire: socket.socket, seconds: float | None = None) -> bool:
    """Wait until something comes, or the connection ends; None: for ever. Tell whether it did."""
    # Not `select`, which knows no handle above 1023.
    poll = select.poll()
    poll.register(wire, select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def _exactly(wire: socket.socket, count: int, deadline: Deadline) -> bytes:
    data = bytearray()
    while len(data) < count:
        wire.settimeout(deadline.left())
        try:
            piece = wire.recv(min(_PIECE, count - len(data)))
        except TimeoutError:
            continue  # the deadline says what is wrong
        except OSError as error:
            raise PeerLostError(f"the connection broke: {error}") from error
        if not piece:
            raise PeerLostError("the other side closed the connection before its message was whole")
        data += piece
    return bytes(data)
