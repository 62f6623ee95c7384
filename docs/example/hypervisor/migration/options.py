"""How a guest is to migrate. Values that make no sense are refused before a step is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from .. import description as _description
from ..description import GuestDescription
from ..errors import DescriptionError, OptionError
from . import live
from .parameters import Parameters

_TEXTS = ("protocol", "dname", "description", "uri_in", "destination_uri")


@dataclass(frozen=True)
class Options:
    """How a guest is to migrate; raises OptionError, which names the option.

    Attributes:
        protocol: only this one; None: the best that both sides support.
        dname: name on the destination; None: the same.
        description: what the guest is to be on the destination (version 3 only); None: the same.
        bandwidth: in MiB/s; 0: no limit.
        tunnelled: through the coordinator's own connection.
        uri_in: where the destination is to listen; None: it chooses.
        destination_uri: under which the source knows the destination, from peer to peer.
        live: the guest runs while it is sent (version 3 only), and is paused for the last of it.
        downtime: for how long it may be paused for that, in milliseconds; None: 300. With 0, it is
            sent until nothing changes any more.
        iterations: after so many rounds it is paused anyway, or split if it may be; None: after any
            number.
        timeout: so many seconds may sending take, until `timeout_action`; None: 60.
        timeout_action: `abort` undoes the migration, `suspend` pauses the guest and sends the rest,
            however long that takes, `postcopy` has it split; None: `abort`.
        copy_storage: its disks are copied to new files on the destination (version 3 only), which
            `description` may name; otherwise both hosts must have the same.
        parallel: over how many connections the guest is sent; None: one.
        postcopy: the guest may be split: go on at the destination while a part of its memory is
            still on the source (`live` only). Until all of it is there, it is lost when either host
            dies. That is begun after `iterations`, by `timeout_action`, or by hand.
        postcopy_bandwidth: in MiB/s, for what is sent after that; None: no limit.
    """

    protocol: str | None = None
    dname: str | None = None
    description: str | None = None
    bandwidth: int = 0
    tunnelled: bool = False
    uri_in: str | None = None
    destination_uri: str | None = None
    live: bool = False
    downtime: int | None = None
    iterations: int | None = None
    timeout: float | None = None
    timeout_action: str | None = None
    parallel: int | None = None
    copy_storage: bool = False
    postcopy: bool = False
    postcopy_bandwidth: int | None = None

    def __post_init__(self) -> None:
        """Refuse what can be seen to make no sense without asking a host."""
        for name in _TEXTS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise OptionError(f"option {name}: {value!r}: expected a text or None")
        for name in ("tunnelled", "live", "copy_storage", "postcopy"):
            if not isinstance(getattr(self, name), bool):
                raise OptionError(f"option {name}: {getattr(self, name)!r}: expected True or False")
        self.parameters.require_flags(self.flags)
        if self.timeout is not None:
            # As its type says, which whoever gets it from elsewhere insists on.
            object.__setattr__(self, "timeout", float(self.timeout))
        for name in ("live", "copy_storage"):
            if getattr(self, name) and self.tunnelled:
                raise OptionError(f"option {name}: cannot be combined with tunnelled")
        name = "dname"
        try:
            if self.dname is not None:
                GuestDescription(self.dname)
            name = "description"
            if self.description is not None:
                _description.parse(self.description)
        except DescriptionError as error:
            raise OptionError(f"option {name}: {error}") from error

    @property
    def flags(self) -> int:
        """What the flags of each step say."""
        parallel = 0 if self.parallel is None else live.PARALLEL
        copy = live.COPY if self.copy_storage else 0
        split = live.POSTCOPY if self.postcopy else 0
        return (live.LIVE if self.live else 0) | copy | parallel | split

    @property
    def parameters(self) -> Parameters:
        """What the steps are told besides names, address and description; raises OptionError."""
        milliseconds = self.timeout
        if milliseconds is not None:
            if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)):
                raise OptionError(f"option timeout: {milliseconds!r}: expected seconds")
            # An infinite one, and one that is no number, are not in the range that is checked.
            milliseconds = round(1000 * milliseconds) if 0 < milliseconds < 1e9 else 0
        return Parameters(
            bandwidth=self.bandwidth,
            downtime=self.downtime,
            iterations=self.iterations,
            timeout=milliseconds,
            timeout_action=self.timeout_action,
            parallel=self.parallel,
            postcopy_bandwidth=self.postcopy_bandwidth,
        )
