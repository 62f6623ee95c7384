"""Cookies: what one host gives another through the coordinator.

Opaque to everybody but the two drivers, and never trusted by them, for they come over a network: an
`Envelope` with a payload of JSON, of at most MAX_BYTES: driver, kind, migration, fields, and what
the driver itself says. A driver's fields have names with a version, such as `graphics.address/1`:
what means something else has another name, and a name that a driver does not know is no error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..envelope import Envelope
from ..errors import CookieError

FORMAT = 1
MAX_BYTES = 64 * 1024
#: What a driver may say in one cookie; the rest is for the fields of the step.
MAX_SAID_BYTES = 32 * 1024

_STRANGE = "is of an unknown kind: its first bytes are wrong"
_NAME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*/[1-9][0-9]{0,3}")
_ENVELOPE = Envelope("cookie", b"HVCK", FORMAT, _STRANGE, CookieError)


Fields = Mapping[str, str | int | bool]


@dataclass(frozen=True)
class Cookie:
    """What a cookie says.

    Attributes:
        driver: whose cookie it is; another driver cannot read it.
        kind: the step that gave it, or `verdict` for what the coordinator itself knows.
        migration: the migration it belongs to.
        fields: what the step has to say, by name.
        said: what the driver adds to that, by name and version.
    """

    driver: str
    kind: str
    migration: str
    fields: Fields = field(default_factory=dict)
    said: Fields = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Give a field that must be a text; raise CookieError when it is not."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise CookieError(f"cookie of {self.kind} has no text {name!r}")
        return value

    def number(self, name: str) -> int:
        """Give a field that must be a number; raise CookieError when it is not."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise CookieError(f"cookie of {self.kind} has no number {name!r}")
        return value

    def flag(self, name: str) -> bool:
        """Give a field that must be true or false; raise CookieError when it is not."""
        value = self.fields.get(name)
        if not isinstance(value, bool):
            raise CookieError(f"cookie of {self.kind} does not say {name!r}")
        return value


def bake(cookie: Cookie) -> bytes:
    """Write a cookie; raise CookieError when it would be too large."""
    document: dict[str, object] = {
        "driver": cookie.driver,
        "kind": cookie.kind,
        "migration": cookie.migration,
        "fields": dict(cookie.fields),
    }
    if cookie.said:
        document["said"] = _checked(cookie)
    payload = json.dumps(document, sort_keys=True).encode()
    if len(payload) > MAX_BYTES:
        raise CookieError(f"cookie of {len(payload)} bytes: at most {MAX_BYTES} may be sent")
    return _ENVELOPE.wrap(payload)


def _checked(cookie: Cookie) -> dict[str, str | int | bool]:
    """Give what a driver says; raise CookieError unless it may stand in a cookie."""
    for name, value in cookie.said.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise CookieError(f"{cookie.kind}: {name!r} is not a name with a version, as in size/1")
        if not isinstance(value, (str, int, bool)):
            raise CookieError(f"{cookie.kind}: {name} is neither text nor number")
    said = dict(cookie.said)
    size = len(json.dumps(said))
    if size > MAX_SAID_BYTES:
        raise CookieError(f"{cookie.kind}: the driver says {size} bytes: at most {MAX_SAID_BYTES}")
    return said


def read(data: bytes, driver: str, migration: str, kinds: tuple[str, ...]) -> Cookie:
    """Read a cookie that must be of this driver and migration, and of one of these kinds.

    Raises CookieError, saying what is wrong with it. Looks at the length before anything else.
    """
    wanted = " or ".join(kinds)
    if not data:
        raise CookieError(f"cookie is missing: expected that of {wanted}")
    if len(data) > MAX_BYTES + _ENVELOPE.header.size:
        raise CookieError(f"cookie has {len(data)} bytes, more than the {MAX_BYTES} that may be")
    cookie = _decode(data)
    if cookie.driver != driver:
        raise CookieError(f"cookie is of driver {cookie.driver!r}, not of {driver!r}")
    if cookie.migration != migration:
        raise CookieError("cookie is of another migration")
    if cookie.kind not in kinds:
        raise CookieError(f"cookie is that of {cookie.kind}: expected that of {wanted}")
    return cookie


def _decode(data: bytes) -> Cookie:
    payload = _ENVELOPE.open(data)
    try:
        document = json.loads(payload)
        fields = document["fields"]
        said = document.get("said", {})
        texts = [document["driver"], document["kind"], document["migration"], *fields, *said]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a name is not text")
        values = [*fields.values(), *said.values()]
        if not all(isinstance(value, (str, int, bool)) for value in values):
            raise TypeError("a field is neither text nor number")
        return Cookie(document["driver"], document["kind"], document["migration"], fields, said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # The digest fits, so this is a writer's fault and not the wire's; it is refused alike.
        raise CookieError(f"cookie has a payload that makes no sense: {error}") from error
