"""Sphinx inventories (``objects.inv``): which page of a documentation, and where on it, describes each name.

A header of four lines, then lines in zlib: ``name domain:role priority address title``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ..patterns import regex

MAGIC = b"# Sphinx inventory version"
_SUPPORTED = MAGIC + b" 2"
_HEADER = 4
#: The most bytes that an inventory may unpack to; that of Python itself has 2 MB.
_MOST = 64 << 20
_LINE = regex(r"(.+?)\s+(\S+):\S+\s+-?\d+\s+(\S*)\s+.*")


class Broken(ValueError):
    """Not an inventory that can be read; the message says why."""


def names(data: bytes) -> Iterator[tuple[str, str]]:
    """Each name of code with the address of its description, relative to the documentation.

    Labels and documents (domain ``std``) are left out.

    Raises:
        Broken: the file is of another version, damaged or too large.
    """
    *header, packed = data.split(b"\n", _HEADER)
    if len(header) < _HEADER or header[0].rstrip() != _SUPPORTED:
        raise Broken("it is not a Sphinx inventory of version 2")
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, _MOST)
    except zlib.error as error:
        raise Broken(f"it is damaged: {error}") from None
    if not unpacker.eof:
        raise Broken("it is cut off" if len(text) < _MOST else f"it unpacks to more than {_MOST >> 20} MB")
    for line in text.decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is not None and match[2] != "std":
            yield match[1], match[3].replace("$", match[1])
