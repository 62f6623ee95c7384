"""Where a project lists its drivers: dicts and lists, entry points of its packaging, decorators that register."""

from __future__ import annotations

import ast
import configparser
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import tomli

from ..errors import ReadError
from ..files import Folder
from ..patterns import regex
from ..records import NamedTuple
from .shapes import parse
from .tree import UNPARSABLE, ClassRef, SourceTree

_MOSTLY = 0.5
_REGISTERS = regex(r"regist|provide|plugin|export", re.IGNORECASE)


class Listed(NamedTuple):
    """A list of drivers.

    Attributes:
        registry: ``path:NAME`` of a dict or list, or None.
        ids: the drivers, if the list is no dict or list of the tree.
        origin: what lists them, for a comment.
        missing: what it names and the tree does not have.
    """

    registry: str | None
    ids: tuple[str, ...]
    origin: str
    missing: tuple[str, ...] = ()


class Registries:
    """All lists of classes in a tree.

    Args:
        folder: reads packaging files.
    """

    def __init__(self, tree: SourceTree, folder: Folder) -> None:
        self._tree = tree
        self._found = [*self._literals(), *self._entry_points(folder)]
        self._decorated: dict[str, list[ClassRef]] = defaultdict(list)
        for path, file in tree.files.items():
            for shape in file.classes.values():
                for name in filter(_REGISTERS.search, shape.decorators):
                    self._decorated[name.rpartition(".")[2]].append((path, shape.name))

    def of(self, derived: set[ClassRef], leaves: set[ClassRef]) -> Listed | None:
        """The list with most of some classes, and nothing else that the tree has.

        Args:
            derived: the classes that may be drivers.
            leaves: those of them without subclasses.
        """
        decorated = (
            (set(refs), Listed(None, tuple(f"{path}:{name}" for path, name in refs), f"the decorator {name}"))
            for name, all_refs in self._decorated.items()
            if (refs := [ref for ref in all_refs if ref in derived]) and set(refs) != leaves
        )
        fitting = [
            (-len(named), listed)
            for named, listed in [*self._found, *decorated]
            if named <= derived and len(named) >= max(_MOSTLY * len(leaves), 1) and len(named) >= len(listed.missing)
        ]
        return min(fitting)[1] if fitting else None

    def _literals(self) -> Iterator[tuple[set[ClassRef], Listed]]:
        for path, file in self._tree.files.items():
            for registry in file.registries:
                if len(registry.named) > 1 and None not in registry.named:
                    named = [each for each in registry.named if each is not None]
                    known, missing = self._known(path, named)
                    yield known, Listed(f"{path}:{registry.name}", (), f"the registry {registry.name}", missing)

    def _entry_points(self, folder: Folder) -> Iterator[tuple[set[ClassRef], Listed]]:
        for group, texts in entry_points(folder).items():
            named = [(module, name) for module, colon, name in (text.partition(":") for text in texts) if colon]
            known, missing = self._known("", named)
            ids = tuple(f"{module}:{name}" for module, name in named if f"{module}:{name}" not in missing)
            if len(named) > 1 and len(named) == len(texts):
                yield known, Listed(None, tuple(dict.fromkeys(ids)), f"the entry points {group}", missing)

    def _known(self, path: str, named: Iterable[tuple[str, str]]) -> tuple[set[ClassRef], tuple[str, ...]]:
        known, missing = set(), []
        for module, name in named:
            ref = self._tree.find(module, name) if module else self._tree.resolve(path, name)
            if ref is None:
                missing.append(f"{module}:{name}" if module else name)
            else:
                known.add(ref)
        return known, tuple(dict.fromkeys(missing))


def entry_points(folder: Folder) -> dict[str, list[str]]:
    """Group -> the objects that ``pyproject.toml``, ``setup.cfg`` or ``setup.py`` name; bad files are ignored."""
    found: dict[str, list[str]] = defaultdict(list)
    for groups in (_pyproject(folder), _setup_cfg(folder), _setup_py(folder)):
        for group, lines in groups.items():
            texts = lines.values() if isinstance(lines, Mapping) else _values(lines)
            found[group] += [re.sub(r"\s*\[.*", "", text).strip() for text in texts if isinstance(text, str)]
    return dict(found)


def _values(lines: Any) -> list[str]:
    """The objects of lines ``name = module:Class``."""
    texts = lines.splitlines() if isinstance(lines, str) else lines if isinstance(lines, (list, tuple)) else []
    return [text.partition("=")[2] for text in texts if isinstance(text, str) and "=" in text]


def _pyproject(folder: Folder) -> Mapping[str, Any]:
    try:
        data = tomli.loads(folder.read("pyproject.toml").decode("utf-8-sig"))
    except (ReadError, ValueError, RecursionError):
        return {}
    found: dict[str, Any] = {}
    for keys in (("project", "entry-points"), ("tool", "poetry", "plugins")):
        table: Any = data
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        found.update(table if isinstance(table, dict) else {})
    return found


def _setup_cfg(folder: Folder) -> Mapping[str, Any]:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    try:
        parser.read_string(folder.read("setup.cfg").decode("utf-8", "replace"))
    except (ReadError, configparser.Error):
        return {}
    sections = (parser[name] for name in ("options.entry_points", "entry_points") if parser.has_section(name))
    return {group: lines for section in sections for group, lines in section.items()}


def _setup_py(folder: Folder) -> Mapping[str, Any]:
    """The literal that ``setup`` is called with."""
    try:
        calls = (node for node in ast.walk(parse(folder.read("setup.py"))) if isinstance(node, ast.Call))
        values = (word.value for call in calls for word in call.keywords if word.arg == "entry_points")
        found: Any = next((ast.literal_eval(value) for value in values), {})
    except (ReadError, TypeError, *UNPARSABLE):
        return {}
    if isinstance(found, str):
        parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
        try:
            parser.read_string(found)
        except configparser.Error:
            return {}
        return {name: dict(parser[name]) for name in parser.sections()}
    return found if isinstance(found, dict) else {}
