"""Which migration a step belongs to, and who drives it at the moment."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Token:
    """Goes with every step, so that a host can tell a repeated step and a late one from a new one.

    Attributes:
        migration: names the migration for ever; never used twice.
        epoch: counts who drives it, from 1. Whoever takes over counts on, and from the first step
            of the new epoch that a host sees, it refuses all steps of older ones.
    """

    migration: str
    epoch: int = 1

    @classmethod
    def new(cls) -> Token:
        """Begin the first epoch of a new migration."""
        return cls(uuid.uuid4().hex)

    def next(self) -> Token:
        """Begin the next epoch of the same migration."""
        return Token(self.migration, self.epoch + 1)
