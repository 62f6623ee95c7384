"""What a host tells about its migrations, and where others may object."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ..values import Token

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """A step on one host.

    Attributes:
        kind: `migration-begin`, `migration-prepare`, and so on: the step. Of a guest that is sent
            live also `migration-round` and `migration-switch-over`, both in Perform; of one that is
            split `migration-post-copy`.
        guest: its name on this host.
        token: whose step it is.
        cookie_in: bytes of the cookie that the step was given; 0 where it takes none.
        cookie_out: bytes of the one that it gave; 0 before its effect, or where it gives none.
        said: what the driver of the other host said in the cookie, such as where the guest's
            screen is from now on; pairs of name and value. Empty before the effect. Of a round: its
            number and how far the guest has come, see `live.Round`.
    """

    kind: str
    guest: str
    token: Token
    cookie_in: int = 0
    cookie_out: int = 0
    said: list[tuple[str, str | int | bool]] = field(default_factory=list)


Hook = Callable[[Event], None]
"""Called before a step takes effect; raising a HypervisorError refuses the step."""

Listener = Callable[[Event], None]
"""Called after a step took effect; what it raises is logged and changes nothing."""


class Audience:
    """The hooks and listeners of one host."""

    def __init__(self) -> None:
        """Begin without hooks and listeners."""
        self.hooks: list[Hook] = []
        self.listeners: list[Listener] = []

    def ask(self, event: Event) -> None:
        """Let every hook object."""
        for hook in self.hooks:
            hook(event)

    def tell(self, event: Event) -> None:
        """Tell every listener; one that fails does not affect the others."""
        # A copy, since listeners may leave meanwhile.
        for listener in tuple(self.listeners):
            tell(listener, event)


def tell(listener: Listener, event: Event) -> None:
    """Tell one listener; what it raises is logged."""
    try:
        listener(event)
    except Exception:
        _LOG.exception("a listener failed at %s of guest %r", event.kind, event.guest)
