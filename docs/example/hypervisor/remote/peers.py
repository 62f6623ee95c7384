"""Finding a host: by its URI, wherever it is, or behind a connection."""

from __future__ import annotations

from urllib.parse import quote

from .. import uris
from ..driver import Connection
from ..migration.peer import PUBLISHED, LocalPeer, Peer
from .client import Patience, RemotePeer
from .connection import RemoteHost

#: `remote:///path`: the host that listens at a Unix socket of that path.
REMOTE = "remote"


def is_remote(uri: str) -> bool:
    """Whether a URI names a host in another process."""
    return uri.startswith(f"{REMOTE}:")


def socket_path(uri: str) -> str:
    """Give the path of the socket in the URI of a remote host; raise InvalidUriError."""
    return uris.path_of(uri, REMOTE)


def uri_of(path: str) -> str:
    """Give the URI of the remote host that listens at an absolute path: `socket_path` undone."""
    return f"{REMOTE}://{quote(path)}"


def find(uri: str, timeouts: Patience | None = None) -> Peer:
    """Give the host of a URI, remote or published in this process; raise InvalidUriError."""
    if is_remote(uri):
        return RemotePeer(socket_path(uri), timeouts)
    return PUBLISHED.find(uri)


def of(connection: Connection) -> Peer:
    """Give the host behind a connection."""
    host = connection.private_data
    return host.peer if isinstance(host, RemoteHost) else LocalPeer(connection)
