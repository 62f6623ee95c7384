"""A picture in few colours as PNG, the same bytes on every machine: implementations of zlib differ in what they make.

Compromise: only runs of one byte are compressed, which is all there is in a picture of few shapes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence

from hvsupport.annotate.patterns import regex

_RUNS = regex(rb"(.)\1*", re.DOTALL)
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SHORTEST, _LONGEST = 3, 258
#: First length of each code from 257 on, and its number of extra bits (RFC 1951).
_LENGTHS = [(length, 0) for length in range(3, 11)]
_LENGTHS += [((4 + step << bits) + 3, bits) for bits in range(1, 6) for step in range(4)]
_END = 256


def png(rows: Sequence[bytes], palette: Sequence[str]) -> bytes:
    """Return a picture.

    Args:
        rows: a byte for each pixel, its colour in the palette.
        palette: colours as ``#rrggbb``.
    """
    size = len(rows[0]).to_bytes(4, "big") + len(rows).to_bytes(4, "big")
    colours = b"".join(bytes.fromhex(colour[1:]) for colour in palette)
    chunks = [
        (b"IHDR", size + bytes([8, 3, 0, 0, 0])),
        (b"PLTE", colours),
        (b"IDAT", _zlib(b"".join(_unlike_above(rows)))),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _unlike_above(rows: Iterable[bytes]) -> Iterator[bytes]:
    """The rows as PNG filters them: one that repeats the row above is all zeros."""
    above = None
    for row in rows:
        yield b"\x02" + bytes(len(row)) if row == above else b"\x00" + row
        above = row


def _zlib(data: bytes) -> bytes:
    """A zlib stream of one block with the fixed codes of RFC 1951."""
    bits, number = 0b011, 3
    packed = bytearray()
    for code, length in _codes(data):
        bits |= code << number
        number += length
        while number >= 8:
            packed.append(bits & 255)
            bits >>= 8
            number -= 8
    if number:
        packed.append(bits)
    return b"\x78\x01" + bytes(packed) + zlib.adler32(data).to_bytes(4, "big")


def _codes(data: bytes) -> Iterator[tuple[int, int]]:
    """Bits and their number, in the order in which they are written."""
    for run in _RUNS.finditer(data):
        byte, rest = run[1][0], len(run[0]) - 1
        yield _symbol(byte)
        while rest >= _SHORTEST:
            length = min(rest, _LONGEST)
            yield from _repeat(length)
            rest -= length
        for _ in range(rest):
            yield _symbol(byte)
    yield _symbol(_END)


def _repeat(length: int) -> Iterator[tuple[int, int]]:
    """Copy the byte before, so many times."""
    if length == _LONGEST:
        yield _symbol(285)
    else:
        at = max(at for at, (first, _) in enumerate(_LENGTHS) if first <= length)
        first, extra = _LENGTHS[at]
        yield _symbol(257 + at)
        yield length - first, extra
    yield 0, 5


def _symbol(value: int) -> tuple[int, int]:
    """The fixed code of a literal or a length; codes are written from their highest bit."""
    code, length = (
        (0x30 + value, 8)
        if value < 144
        else (0x190 + value - 144, 9)
        if value < 256
        else (value - 256, 7)
        if value < 280
        else (0xC0 + value - 280, 8)
    )
    return int(f"{code:0{length}b}"[::-1], 2), length
