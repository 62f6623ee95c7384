"""The keys of one table -> the values of their fields, whatever the table describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..nearest import nearest
from .keys import INTERFACE, INTERFACES, PROTOCOLS, TABS, TABS_KEYS, TOP, Key
from .positions import KeyPath
from .types import Reading

#: What may name a page.
FIT_FOR_A_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def overlaid(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What ``own`` says, on top of ``base``, key by key; tables are merged, other values replaced."""
    both = {key: overlaid(base[key], own[key]) for key in own if _is_table(base.get(key)) and _is_table(own[key])}
    return {**base, **own, **both}


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def fields(
    reading: Reading, keys: tuple[Key, ...], values: Mapping[str, Any], path: KeyPath, also: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Field -> value for every key of a table; keys that nobody knows are problems."""
    known = [key.name for key in keys] + list(also)
    for name in values:
        if name not in known:
            reading.unknown((*path, name), known, _elsewhere(name, path) or _below(name, path, values[name], known))
    return {key.field: _field(reading, key, values, path) for key in keys}


def _field(reading: Reading, key: Key, values: Mapping[str, Any], path: KeyPath) -> Any:
    if key.name in values:
        return key.type.value(reading, (*path, key.name), values[key.name], key.default)
    if key.required:
        reading.problem(path, f"{key.name!r} is missing", None, key.example)
    return key.default


def _elsewhere(name: str, path: KeyPath) -> str | None:
    """A tip for a key that belongs into the other kind of table."""
    dashed = name.replace("_", "-")
    if not path and dashed in [key.name for key in INTERFACE]:
        return f"{dashed!r} belongs under [{INTERFACES}.NAME]"
    if path != (TABS,) and dashed in [key.name for key in TABS_KEYS]:
        return f"{dashed!r} belongs under [{TABS}]"
    if path and dashed in [key.name for key in TOP]:
        return f"{dashed!r} belongs at the top, above every [{INTERFACES}.NAME]"
    return None


def _below(name: str, path: KeyPath, value: object, known: list[str]) -> str | None:
    """A tip for a protocol that stands in its family itself."""
    if len(path) != 2 or path[0] != PROTOCOLS or not isinstance(value, dict) or nearest(name, known) is not None:
        return None
    return f"a protocol stands below 'versions': [{PROTOCOLS}.{path[1]}.versions.{name}]"
