"""How a guest is to be sent, as version 3 with parameters hands it on: typed, by libvirt's names.

A name that is not known is an error, as is a value of another type: nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import OptionError
from . import effects, live

Pairs = list[tuple[str, str | int | bool]]

#: Name on the wire -> field below, which is what errors call it.
NAMES = {
    "destination_name": "dname",
    "destination_xml": "description",
    "migrate_uri": "uri",
    "bandwidth": "bandwidth",
    "downtime": "downtime",
    "iterations": "iterations",
    "timeout": "timeout",
    "timeout.action": "timeout_action",
    "parallel.connections": "parallel",
    "bandwidth.postcopy": "postcopy_bandwidth",
}
_TEXTS = frozenset({"dname", "description", "uri", "timeout_action"})
#: In milliseconds: what QEMU takes as a limit of the downtime, and a day for everything else.
MAX_DOWNTIME = 2_000_000
MAX_TIMEOUT = 86_400_000
_MOST = {
    "downtime": MAX_DOWNTIME,
    "iterations": 2**31 - 1,
    "timeout": MAX_TIMEOUT,
    "parallel": 255,
    "postcopy_bandwidth": effects.MAX_BANDWIDTH,
}
#: Over how many connections a guest is sent that is sent over several, as QEMU has it.
CONNECTIONS = 2
#: Those that say how a guest is sent while it runs.
_LIVE_ONLY = (
    *("downtime", "iterations", "timeout", "timeout_action", "parallel", "postcopy_bandwidth"),
)


@dataclass(frozen=True)
class Parameters:
    """What the steps are told; raises OptionError, which names the option.

    Attributes:
        dname, description, uri, bandwidth: as the slots of version 3 have them.
        downtime: for how long the guest may be paused, in milliseconds; None: the default.
        iterations: the most rounds; None: any number.
        timeout: in milliseconds, after which `timeout_action` is done; None: the default.
        timeout_action: `abort`, `suspend` or `postcopy`; None: `abort`.
        parallel: how many connections; None: one.
        postcopy_bandwidth: in MiB/s, for what is sent after the guest was split; None: no limit.
    """

    dname: str | None = None
    description: str | None = None
    uri: str | None = None
    bandwidth: int = 0
    downtime: int | None = None
    iterations: int | None = None
    timeout: int | None = None
    timeout_action: str | None = None
    parallel: int | None = None
    postcopy_bandwidth: int | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        effects.check_bandwidth(self.bandwidth)
        for name, most in _MOST.items():
            value = getattr(self, name)
            least = 0 if name in ("downtime", "postcopy_bandwidth") else 1
            if value is not None and (type(value) is not int or not least <= value <= most):
                raise OptionError(f"option {name}: {value!r}: expected {least} to {most}")
        if self.timeout_action not in (None, *live.ACTIONS):
            expected = " or ".join(live.ACTIONS)
            raise OptionError(
                f"option timeout_action: {self.timeout_action!r}: expected {expected}"
            )

    @property
    def needs_slots(self) -> bool:
        """Whether only the slots with parameters can hand them on."""
        return any(getattr(self, name) is not None for name in _LIVE_ONLY)

    def pairs(self) -> Pairs:
        """Write them for the wire, in the order of NAMES."""
        given = ((name, getattr(self, own)) for name, own in NAMES.items())
        # A bandwidth of 0 is none.
        return [
            (name, value)
            for name, value in given
            if value is not None and (name, value) != ("bandwidth", 0)
        ]

    def require_flags(self, flags: int) -> None:
        """Raise OptionError for what makes no sense with these flags."""
        if not flags & live.LIVE:
            for name in _LIVE_ONLY:
                if getattr(self, name) is not None:
                    raise OptionError(f"option {name}: only for a guest that is sent live")
        if self.parallel is not None and not flags & live.PARALLEL:
            raise OptionError("option parallel: its flag is missing")
        live.require_combined(flags)
        if not flags & live.POSTCOPY:
            if self.postcopy_bandwidth is not None:
                raise OptionError("option postcopy_bandwidth: only with postcopy")
            if self.timeout_action == "postcopy":
                raise OptionError("option timeout_action: 'postcopy' only with postcopy")

    def connections(self, flags: int) -> int:
        """Tell over how many connections the guest is to be sent; 0: over one, as usual."""
        if not flags & live.PARALLEL:
            return 0
        return CONNECTIONS if self.parallel is None else self.parallel


def read(pairs: Iterable[tuple[str, Any]]) -> Parameters:
    """Read what came over the wire; raise OptionError for a name or a type that is not known."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        own = NAMES.get(name)
        if own is None:
            raise OptionError(
                f"parameter {name[:80]!r} is not known: known are {', '.join(sorted(NAMES))}"
            )
        if own in found:
            raise OptionError(f"parameter {name!r} is given twice")
        if type(value) is not (str if own in _TEXTS else int):
            wanted = "a text" if own in _TEXTS else "a number"
            raise OptionError(f"parameter {name!r}: {value!r}: expected {wanted}")
        found[own] = value
    return Parameters(**found)
