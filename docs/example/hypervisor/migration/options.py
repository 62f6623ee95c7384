"""How a guest is to migrate. Values that make no sense are refused before a step is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from .. import description as _description
from ..description import GuestDescription
from ..errors import DescriptionError, OptionError
from . import effects

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
    """

    protocol: str | None = None
    dname: str | None = None
    description: str | None = None
    bandwidth: int = 0
    tunnelled: bool = False
    uri_in: str | None = None
    destination_uri: str | None = None

    def __post_init__(self) -> None:
        """Refuse what can be seen to make no sense without asking a host."""
        for name in _TEXTS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise OptionError(f"option {name}: {value!r}: expected a text or None")
        if not isinstance(self.tunnelled, bool):
            raise OptionError(f"option tunnelled: {self.tunnelled!r}: expected True or False")
        effects.check_bandwidth(self.bandwidth)
        name = "dname"
        try:
            if self.dname is not None:
                GuestDescription(self.dname)
            name = "description"
            if self.description is not None:
                _description.parse(self.description)
        except DescriptionError as error:
            raise OptionError(f"option {name}: {error}") from error
