"""The limits of a guest that is being sent live, which may change meanwhile; for every driver.

They stand in the slots of its table as they are. The connection's lock is not needed for them.
"""

from __future__ import annotations

from ..driver import Connection
from ..errors import InvalidStateError
from . import host as _hosts
from .live import Manner
from .parameters import Parameters


def set_max_downtime(connection: Connection, name: str, milliseconds: int) -> None:
    """Change for how long the guest may be paused; see `Manner.limit`."""
    manner = _manner(connection, name)
    Parameters(downtime=milliseconds)
    manner.limit(downtime=milliseconds)


def get_max_downtime(connection: Connection, name: str) -> int:
    """Tell for how long the guest may be paused, in milliseconds."""
    return _manner(connection, name).downtime


def set_max_speed(connection: Connection, name: str, bandwidth: int) -> None:
    """Change how fast the guest is sent, in MiB/s; 0 means unlimited."""
    manner = _manner(connection, name)
    Parameters(bandwidth=bandwidth)
    manner.limit(bandwidth=bandwidth)


def get_max_speed(connection: Connection, name: str) -> int:
    """Tell how fast the guest may be sent, in MiB/s; 0 means unlimited."""
    return _manner(connection, name).bandwidth


def start_post_copy(connection: Connection, name: str) -> None:
    """Let the guest be split as soon as may be: see `postcopy`.

    Raises InvalidStateError when it is not being sent live, was split or sent already, or may not
    be split.
    """
    manner = _manner(connection, name)
    if not manner.postcopy:
        raise InvalidStateError(f"guest {name!r} was not sent with the option postcopy")
    manner.ask_split()


def _manner(connection: Connection, name: str) -> Manner:
    """Give the manner of a guest that is being sent live; raise InvalidStateError for any other."""
    manner = _hosts.of(connection).sending(name, "ask for its limits").manner
    if manner is None:
        raise InvalidStateError(f"guest {name!r} is not being sent live: it has no limits")
    return manner
