"""How the config names things: ``path:name`` for an interface, a registry or a table, and keys of TOML."""

import posixpath

from ..patterns import regex
from ..records import NamedTuple

_BARE = regex(r"[A-Za-z0-9_-]+")


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


def quoted(text: str) -> str:
    """A basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(_escape(sign) for sign in escaped)}"'


def key(text: str) -> str:
    """A key of TOML, in quotes where a dot or another sign needs them."""
    return text if _BARE.fullmatch(text) else quoted(text)


def _escape(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 32 or ord(sign) == 127 else sign
