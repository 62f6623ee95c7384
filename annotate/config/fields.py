"""One TOML table -> the values of the fields that declare its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..nearest import nearest
from ..patterns import regex
from .interface import InterfaceConfig
from .keys import INTERFACES, PROTOCOLS, TABS, Key, keys
from .positions import KeyPath
from .tab_rule import TabsConfig
from .types import Reading
from .value import Config

#: Names that may be part of a page name.
FIT_FOR_A_FILE = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def overlaid(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` extended by ``own``, key by key: tables are merged, other values replaced."""
    both = {key: overlaid(base[key], own[key]) for key in own if _is_table(base.get(key)) and _is_table(own[key])}
    return {**base, **own, **both}


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def fields(
    reading: Reading, table: Any, values: Mapping[str, Any], path: KeyPath, also: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Read one table of TOML; unknown keys are problems.

    Args:
        reading: places of keys; collects problems.
        table: the named tuple that declares the keys.
        also: names of tables that it may contain.

    Returns:
        Field -> value for every key; the default if a key is missing or its value is wrong.
    """
    declared = keys(table)
    known = [key.name for key in declared] + list(also)
    for name in values:
        if name not in known:
            reading.unknown((*path, name), known, _elsewhere(name, path) or _below(name, path, values[name], known))
    return {key.field: _field(reading, key, values, path) for key in declared}


def _field(reading: Reading, key: Key, values: Mapping[str, Any], path: KeyPath) -> Any:
    if key.name in values:
        return key.type.value(reading, (*path, key.name), values[key.name], key.default)
    if key.required:
        reading.problem(path, f"{key.name!r} is missing", None, key.line)
    return key.default


def _names(table: Any) -> list[str]:
    return [key.name for key in keys(table)]


def _elsewhere(name: str, path: KeyPath) -> str | None:
    """A tip for a key that belongs in another kind of table."""
    dashed = name.replace("_", "-")
    if not path and dashed in _names(InterfaceConfig):
        return f"{dashed!r} belongs under [{INTERFACES}.NAME]"
    if path != (TABS,) and dashed in _names(TabsConfig):
        return f"{dashed!r} belongs under [{TABS}]"
    if path and dashed in _names(Config):
        return f"{dashed!r} belongs at the top, above every [{INTERFACES}.NAME]"
    return None


def _below(name: str, path: KeyPath, value: object, known: list[str]) -> str | None:
    """A tip for a protocol that is declared directly in its family."""
    if len(path) != 2 or path[0] != PROTOCOLS or not isinstance(value, dict) or nearest(name, known) is not None:
        return None
    return f"protocols are declared under 'versions': [{PROTOCOLS}.{path[1]}.versions.{name}]"
