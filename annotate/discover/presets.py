"""Which preset knows a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config.load import preset_source, presets
from ..config.target import Target
from ..errors import ReadError
from ..files import Folder


def fitting(folder: Folder) -> str | None:
    """The name of the preset at least half of whose interfaces the tree has, now or where they were formerly."""
    for name in presets():
        interfaces = preset_source(name).values.get("interfaces", {}).values()
        if interfaces and 2 * sum(_has(folder, each) for each in interfaces) >= len(interfaces):
            return name
    return None


def covers(preset: str, path: str, name: str) -> bool:
    """Whether a preset has an interface."""
    interfaces = preset_source(preset).values.get("interfaces", {}).values()
    return any(Target(path, name) in _targets(each) for each in interfaces)


def _has(folder: Folder, interface: Mapping[str, Any]) -> bool:
    return any(_holds(folder, each) for each in _targets(interface))


def _holds(folder: Folder, target: Target) -> bool:
    try:
        return folder.exists(target.path) and target.name.encode() in folder.read(target.path)
    except ReadError:
        return False


def _targets(interface: Mapping[str, Any]) -> list[Target]:
    return [Target.parse(each) for each in (interface["at"], *interface.get("formerly", ()))]
