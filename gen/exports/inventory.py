"""The site as a Sphinx inventory, ``objects.inv``: other documentation links to entries and drivers by their names."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from ..pages.targets import Target

_HEAD = """\
# Sphinx inventory version 2
# Project: {title}
# Version: {release}
# The remainder of this file is compressed using zlib.
"""
#: The most bytes in a block that is stored as it is.
_BLOCK = 65535


def inventory(title: str, release: str | None, targets: Iterable[Target]) -> bytes:
    """The inventory of objects ``hv:entry`` and ``hv:driver``; a name that is taken gets its interface before it."""
    lines, taken = [], set()
    for one in targets:
        name = one.names[0] if (one.kind, one.names[0]) not in taken else one.names[-1]
        taken.add((one.kind, name))
        lines.append(f"{_plain(name)} hv:{one.kind} 1 {one.address} {_plain(one.title) or '-'}\n")
    head = _HEAD.format(title=_plain(title), release=_plain(release or ""))
    return head.encode("utf-8", "replace") + _stored("".join(lines).encode("utf-8", "replace"))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _stored(data: bytes) -> bytes:
    """A zlib stream that compresses nothing: what implementations make of the same data differs."""
    starts = range(0, len(data), _BLOCK) or range(1)
    blocks = []
    for at in starts:
        piece = data[at : at + _BLOCK]
        size = len(piece).to_bytes(2, "little")
        blocks += [bytes([at == starts[-1]]), size, bytes(255 - byte for byte in size), piece]
    return b"\x78\x01" + b"".join(blocks) + zlib.adler32(data).to_bytes(4, "big")
