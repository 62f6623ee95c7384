"""URIs of connections and hosts: a scheme and a path, `scheme:///path`, and nothing else."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from .errors import InvalidUriError


def split(uri: str) -> SplitResult:
    """Take a URI apart; raise InvalidUriError when it cannot be one."""
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise InvalidUriError(f"{uri!r} is not a URI: {error}") from error


def path_of(uri: str, scheme: str) -> str:
    """Give the path in a URI of a scheme; raise InvalidUriError for any other URI."""
    parts = split(uri)
    odd = parts.netloc or parts.query or parts.fragment
    if parts.scheme != scheme or odd or not parts.path.startswith("/"):
        raise InvalidUriError(f"{uri!r}: expected {scheme}:///path and nothing else")
    return unquote(parts.path)
