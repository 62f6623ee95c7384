"""The protocols, and which of them two hosts have in common."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..errors import MigrationError, OptionError
from .peer import PREFIX, Peer


class Version(enum.IntEnum):
    """A version of the protocol: what its steps can say and undo."""

    V1 = 1
    V2 = 2
    V3 = 3

    @property
    def can_give_up(self) -> bool:
        """Whether Finish can tell the destination that nothing will come."""
        return self >= Version.V2

    @property
    def can_undo(self) -> bool:
        """Whether the source keeps the guest, paused, until Confirm says how Finish ended."""
        return self >= Version.V3

    @property
    def can_redescribe(self) -> bool:
        """Whether the guest may be described otherwise on the destination: Begin takes that."""
        return self >= Version.V3


@dataclass(frozen=True)
class Protocol:
    """One protocol.

    Attributes:
        name: `v1`, `v2`, `v3`, `v3-params` or `v3-tunnelled`.
        version: which version of the steps it is made of.
        steps: its steps in their order.
        source, destination: the slots that either side must have.
        tunnelled: the guest goes through the coordinator's own connection.
        parametrised: its steps take parameters.
    """

    name: str
    version: Version
    steps: tuple[str, ...]
    source: tuple[str, ...]
    destination: tuple[str, ...]
    tunnelled: bool = False
    parametrised: bool = False

    @property
    def slots(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Those of the source, and those of the destination."""
        return self.source, self.destination


_V3_SOURCE = (f"{PREFIX}begin3", f"{PREFIX}perform3", f"{PREFIX}confirm3")
_V3_STEPS = ("begin", "prepare", "perform", "finish", "confirm")

V1 = Protocol(
    "v1",
    Version.V1,
    ("prepare", "perform", "finish"),
    (f"{PREFIX}perform",),
    (f"{PREFIX}prepare", f"{PREFIX}finish"),
)
V2 = Protocol(
    "v2",
    Version.V2,
    ("dump", "prepare", "perform", "finish"),
    (f"{PREFIX}perform",),
    (f"{PREFIX}prepare2", f"{PREFIX}finish2"),
)
V3 = Protocol(
    "v3",
    Version.V3,
    _V3_STEPS,
    _V3_SOURCE,
    (f"{PREFIX}prepare3", f"{PREFIX}finish3"),
)
V3_TUNNELLED = Protocol(
    "v3-tunnelled",
    Version.V3,
    _V3_STEPS,
    _V3_SOURCE,
    (f"{PREFIX}prepare_tunnel3", f"{PREFIX}finish3"),
    tunnelled=True,
)
V3_PARAMS = Protocol(
    "v3-params",
    Version.V3,
    _V3_STEPS,
    tuple(f"{slot}_params" for slot in V3.source),
    tuple(f"{slot}_params" for slot in V3.destination),
    parametrised=True,
)

#: Best first: what needs no parameters is asked for without, which older hosts understand too.
PROTOCOLS = (V3, V3_PARAMS, V3_TUNNELLED, V2, V1)
BY_NAME = {protocol.name: protocol for protocol in PROTOCOLS}


def negotiate(
    source: Peer,
    destination: Peer,
    wanted: str | None = None,
    *,
    tunnelled: bool = False,
    parameters: bool = False,
) -> Protocol:
    """Choose the best protocol that both sides support.

    Args:
        source, destination: the hosts.
        wanted: only this protocol.
        tunnelled: only one that is tunnelled, or only one that is not.
        parameters: only one whose steps take parameters.

    Raises MigrationError, saying for each protocol what is missing where.
    """
    if wanted is not None and wanted not in BY_NAME:
        raise OptionError(
            f"option protocol: unknown protocol {wanted!r}: known are {', '.join(BY_NAME)}"
        )
    if tunnelled and wanted is not None and not BY_NAME[wanted].tunnelled:
        raise OptionError(f"option tunnelled: protocol {wanted!r} is not tunnelled")
    if source.driver != destination.driver:
        raise MigrationError(
            f"a guest of driver {source.driver!r} cannot run on driver {destination.driver!r}"
        )
    reasons = []
    sides = ("source", source.slots), ("destination", destination.slots)
    for protocol in PROTOCOLS:
        if wanted not in (None, protocol.name):
            continue
        if wanted is None and protocol.tunnelled != tunnelled:
            continue
        if parameters and not protocol.parametrised:
            continue
        lacking = [
            f"the {side} lacks {slot}"
            for (side, there), slots in zip(sides, protocol.slots, strict=True)
            for slot in slots
            if slot not in there
        ]
        if not lacking:
            return protocol
        reasons.append(f"{protocol.name}: {', '.join(lacking)}")
    that = "with parameters that" if parameters else "that"
    raise MigrationError(f"no protocol {that} both sides support: {'; '.join(reasons)}")
