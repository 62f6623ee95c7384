"""``path:name``: how the config names an interface, a registry or a table."""

import posixpath

from ..records import NamedTuple


class Target(NamedTuple):
    """The parts of ``path:name``."""

    path: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Split at the last colon; a text without one has no name."""
        path, _, name = text.rpartition(":")
        return cls(normalized(path), name.strip()) if path else cls(text, "")


def normalized(path: str) -> str:
    """A path relative to the root without ``./`` and doubled slashes; empty for the root itself."""
    clean = posixpath.normpath(path or ".")
    return "" if clean == "." else clean
