"""What the calls of a host are given and give, beyond those of the drivers' interface."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HostInfo:
    """Who answers.

    Attributes:
        identity: names the host in its present life.
        driver: name of its driver.
        slots: the slots that the driver's table fills in.
    """

    identity: str
    driver: str
    slots: list[str]


@dataclass(frozen=True)
class JobInfo:
    """A migration that is not over on a host.

    Attributes:
        migration, epoch: its token, as far as the host has seen it.
        guest: its name on this host.
        answered: the steps that were answered, in their order.
    """

    migration: str
    epoch: int
    guest: str
    answered: list[str]
