"""``hvsupport.toml`` or ``[tool.hvsupport]`` of ``pyproject.toml`` -> ``Config``.

Mistakes in a configuration become problems with their place, and the rest is used. Only a configuration that is missing
or is not valid TOML ends the run. This module handles files and their text; ``build`` makes a configuration of the
values, the fields of ``value`` and ``interface`` declare the keys, and ``types`` reads their values.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli

from ..errors import ConfigError, ReadError
from ..files import regular
from ..model import Place
from ..nearest import did_you_mean
from ..patterns import regex
from ..records import NamedTuple
from .build import build
from .fields import overlaid
from .positions import KeyPath, places
from .value import Config

NAME = "hvsupport.toml"
PYPROJECT = "pyproject.toml"
TABLE = ("tool", "hvsupport")
PRESETS = Path(__file__).parents[1] / "presets"
_AT_END = regex(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


class Source(NamedTuple):
    """One TOML text: its values, and the places of their keys."""

    values: dict[str, Any]
    places: dict[KeyPath, Place]


def find(start: Path) -> Path | None:
    """The config file that applies to a folder: the nearest upwards, ``hvsupport.toml`` before ``pyproject.toml``.

    A ``pyproject.toml`` counts if it has a table ``[tool.hvsupport]``, or seems to have one but is not valid TOML.
    """
    full = Path(os.path.abspath(start))
    return next((found for folder in (full, *full.parents) if (found := in_folder(folder)) is not None), None)


def in_folder(folder: Path) -> Path | None:
    """The config file in the folder itself, or None."""
    if (folder / NAME).is_file():
        return folder / NAME
    path = folder / PYPROJECT
    try:
        data = regular(path) if path.is_file() else b""
    except (OSError, ReadError):
        return None
    if b"hvsupport" not in data:
        return None
    try:
        return path if _table(tomli.loads(data.decode("utf-8-sig"))) is not None else None
    except (ValueError, RecursionError):
        return path if b"tool.hvsupport" in data else None


def located(root: Path | None = None) -> Path | None:
    """The config file of a run that names none: the one in ``root``; without a root the nearest, upwards from here."""
    return find(Path.cwd()) if root is None else in_folder(root)


def load(*, root: Path | None = None, config: Path | None = None, preset: str | None = None) -> Config:
    """Read the configuration.

    Args:
        root: the folder that all paths are relative to; None for the folder of the config file.
        config: the config file; None to search in ``root`` or, without one, upwards from the current folder.
        preset: name of a built-in configuration, which the config file, if there is one, extends key by key; None for
            the one that the config file names, if it does.

    Raises:
        ConfigError: there is no configuration, it cannot be read, or it is not valid TOML.
    """
    path = config if config is not None else located(root)
    if path is None and preset is None:
        raise ConfigError(_nothing_found(root))
    folder = root if root is not None else path.parent if path is not None else Path.cwd()
    name = NAME if path is None else shown(path, folder)
    own = Source({}, {(): Place(name)}) if path is None else _read(path, name)
    named = own.values.get("preset") if preset is None else preset
    # A value of another type is reported as such, with the other keys.
    source = own if not isinstance(named, str) else _merged(_preset(named, own.places.get(("preset",))), own)
    return build(folder, name, source.values, source.places)


def _nothing_found(root: Path | None) -> str:
    where = f"in {root}" if root is not None else "in this folder or above"
    return f"no {NAME}, and no {PYPROJECT} with [tool.hvsupport], {where}; run 'hvsupport init' to write one"


def shown(path: Path, root: Path) -> str:
    """A path for messages: relative to the root if it is below the root, else as given."""
    relative = os.path.relpath(path, root)
    return path.as_posix() if relative.startswith("..") else Path(relative).as_posix()


# -- text to values


def _read(path: Path, name: str) -> Source:
    try:
        data = regular(path)
    except (OSError, ReadError) as error:
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    source = _parse(data, name, str(path))
    if path.name != PYPROJECT:
        return source
    table = _table(source.values)
    if table is None:
        raise ConfigError(f"{path}: no table [tool.hvsupport]")
    depth = len(TABLE)
    below = {key[depth:]: place for key, place in source.places.items() if key[:depth] == TABLE}
    return Source(table, below)


def _table(values: Mapping[str, Any]) -> dict[str, Any] | None:
    inner: Any = values
    for key in TABLE:
        inner = inner.get(key) if isinstance(inner, dict) else None
    return inner if isinstance(inner, dict) else None


def _parse(data: bytes, name: str, shown: str) -> Source:
    """Read TOML.

    Args:
        name: its path in places.
        shown: its path in messages.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        raise ConfigError(f"{shown}:{_end(before)}: not valid UTF-8") from error
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(_syntax_error(error, text, shown)) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{shown}:1:1: not valid TOML: {error}") from error
    return Source(values, places(text, name))


def _syntax_error(error: tomli.TOMLDecodeError, text: str, shown: str) -> str:
    message = str(error)
    found = _AT_END.search(message)
    at = f"{found[1]}:{found[2]}" if found is not None and found[1] is not None else _end(text)
    return f"{shown}:{at}: not valid TOML: {_AT_END.sub('', message)}{_hint(text, int(at.partition(':')[0]))}"


def _hint(text: str, line: int) -> str:
    """A hint for a list of tables that was started with a plain table."""
    lines = text.split("\n")
    header = lines[line - 1].strip() if line <= len(lines) else ""
    if not header.startswith("[["):
        return ""
    single = f"[{header.strip('[]')}]"
    written = any(each.strip() == single for each in lines[: line - 1])
    return f"; {single} is declared above, but a list of tables needs two brackets each time" if written else ""


def _end(text: str) -> str:
    """Line and column after the last character."""
    return f"{text.count(chr(10)) + 1}:{len(text) - text.rfind(chr(10))}"


# -- presets


def presets() -> tuple[str, ...]:
    """The names of the built-in configurations."""
    return tuple(sorted(name.removesuffix(".toml") for name in os.listdir(PRESETS) if name.endswith(".toml")))


def _preset(name: str, place: Place | None = None) -> Source:
    known = presets()
    if name not in known:
        there = f"presets: {', '.join(known) or 'none'}"
        tip = did_you_mean(name, known)
        where = "" if place is None else f"{place}: "
        raise ConfigError(f"{where}unknown preset {name!r}; {tip or there}")
    return preset_source(name)


def preset_source(name: str) -> Source:
    """The values of a preset, and the places of their keys."""
    shown = f"presets/{name}.toml"
    return _parse((PRESETS / f"{name}.toml").read_bytes(), shown, shown)


def _merged(base: Source, own: Source) -> Source:
    """``base`` extended by ``own``, key by key."""
    return Source(overlaid(base.values, own.values), {**base.places, **own.places})
