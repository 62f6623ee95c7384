"""Which host one is, and in which of its lives.

The name of a host is durable where its state is; each start is a new life, and what ran in an
earlier one is gone. Written as `NAME.LIFE`, which is what journals, fences and peers see.
"""

from __future__ import annotations

from typing import NamedTuple


class Identity(NamedTuple):
    """A host in one of its lives, counted from 1."""

    name: str
    life: int

    def __str__(self) -> str:
        """Write it."""
        return f"{self.name}.{self.life}"


def parse(text: str) -> Identity:
    """Read an identity; a text without a life, as older journals have it, is a name."""
    name, _, life = text.rpartition(".")
    return Identity(name, int(life)) if name and life.isdecimal() else Identity(text, 0)
