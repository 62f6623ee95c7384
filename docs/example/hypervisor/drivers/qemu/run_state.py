"""The states in which QEMU says that a guest is, and what they mean here."""

from __future__ import annotations

from ...values import DomainState

# QEMU's RunState; a guest in one of the last two will never run again.
STATES = {
    "running": DomainState.RUNNING,
    "colo": DomainState.PAUSED,
    "debug": DomainState.PAUSED,
    "finish-migrate": DomainState.PAUSED,
    "inmigrate": DomainState.PAUSED,
    "io-error": DomainState.PAUSED,
    "paused": DomainState.PAUSED,
    "postmigrate": DomainState.PAUSED,
    "prelaunch": DomainState.PAUSED,
    "restore-vm": DomainState.PAUSED,
    "save-vm": DomainState.PAUSED,
    "suspended": DomainState.PAUSED,
    "watchdog": DomainState.PAUSED,
    "shutdown": DomainState.SHUTOFF,
    "guest-panicked": DomainState.CRASHED,
    "internal-error": DomainState.CRASHED,
}
