"""What the drivers of two hosts can do besides the steps: asked before a migration begins."""

from __future__ import annotations

from ..errors import OptionError, UnsupportedError
from . import live
from .peer import Peer
from .protocols import Protocol


def require(flags: int, protocol: Protocol, source: Peer, destination: Peer) -> None:
    """Raise OptionError, which names the option, unless protocol and hosts can do what is asked.

    What a host answers otherwise is raised, as is PeerLostError when it does not answer.
    """
    for flag, (name, what) in live.FEATURES.items():
        if not flags & flag:
            continue
        if not protocol.version.can_undo:
            raise OptionError(f"option {name}: protocol {protocol.name} cannot {what}")
        for side, peer in (("source", source), ("destination", destination)):
            if name not in _features(peer):
                raise OptionError(
                    f"option {name}: driver {peer.driver!r} of the {side} cannot {what}"
                )


def _features(peer: Peer) -> list[str]:
    try:
        found: list[str] = peer.call("connect_get_capabilities").migration
    except UnsupportedError:
        return []  # so the driver has no features
    return found
