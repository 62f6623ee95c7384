"""An envelope around bytes from outside: damaged ones are refused, with the reason.

        magic     of the kind of envelope
    2 bytes   version of the format
    4 bytes   length of the payload
    32 bytes  SHA-256 of the payload
              payload

The digest finds damage, not malice: who may write an envelope may also write a fitting digest.
"""

from __future__ import annotations

import functools
import hashlib
import struct
from dataclasses import dataclass

from .errors import HypervisorError


@dataclass(frozen=True)
class Envelope:
    """A kind of envelope.

    Attributes:
        what: names it in messages.
        magic: what its bytes begin with.
        version: of its format, the only one that is known.
        strange: said of bytes that begin differently.
        error: raised for a damaged envelope.
    """

    what: str
    magic: bytes
    version: int
    strange: str
    error: type[HypervisorError]

    @functools.cached_property
    def header(self) -> struct.Struct:
        """Magic, version, length and digest."""
        return struct.Struct(f">{len(self.magic)}sHI32s")

    def wrap(self, payload: bytes) -> bytes:
        """Put a payload into an envelope."""
        digest = hashlib.sha256(payload).digest()
        return self.header.pack(self.magic, self.version, len(payload), digest) + payload

    def open(self, data: bytes) -> bytes:
        """Give the payload; raises `error`, saying what is wrong with the envelope."""
        header = self.header
        if len(data) < header.size:
            raise self.error(f"{self.what} is cut short: {len(data)} bytes, less than its header")
        magic, version, length, digest = header.unpack_from(data)
        if magic != self.magic:
            raise self.error(f"{self.what} {self.strange}")
        if version != self.version:
            raise self.error(f"{self.what} has format {version}, only {self.version} is known")
        payload = data[header.size :]
        if len(payload) != length:
            raise self.error(f"{self.what} holds {len(payload)} bytes of payload, not {length}")
        if hashlib.sha256(payload).digest() != digest:
            raise self.error(f"{self.what} is damaged: its digest does not match")
        return payload
