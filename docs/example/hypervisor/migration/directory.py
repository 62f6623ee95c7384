"""Things that can be found by a URI within this process. Safe for threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from ..errors import HypervisorError

_T = TypeVar("_T")


class Directory(Generic[_T]):
    """Things of one kind, by URI."""

    def __init__(self, missing: Callable[[str], HypervisorError]) -> None:
        """Begin empty; `missing` makes the error for a URI that is not listed."""
        self._missing = missing
        self._listed: dict[str, _T] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Count what is listed."""
        with self._lock:
            return len(self._listed)

    def publish(self, uri: str, thing: _T) -> None:
        """List a thing; one that was listed under the URI before is replaced."""
        with self._lock:
            self._listed[uri] = thing

    def withdraw(self, uri: str) -> None:
        """Stop listing a URI; do nothing when it is not listed."""
        with self._lock:
            self._listed.pop(uri, None)

    def find(self, uri: str) -> _T:
        """Give the thing of a URI; raise the error for one that is not listed."""
        with self._lock:
            found = self._listed.get(uri)
        if found is None:
            raise self._missing(uri)
        return found
