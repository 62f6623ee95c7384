"""Source trees made of strings, read into catalogues or facts; nothing touches the disk."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hvsupport.annotate import run
from hvsupport.annotate.cache import codec
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config.value import Columns, Config, InterfaceConfig
from hvsupport.annotate.facts import FileFacts, Mark, Options
from hvsupport.annotate.model import Cell, Driver, Interface, Place
from hvsupport.annotate.readers import python
from hvsupport.annotate.release import scheme

OPTIONS = Options(
    calls=("Ops",), dicts=("OPS", "DRIVERS"), attributes=("caps",), decorators=("since",), interfaces=("Base",)
)
X = scheme("x.y.z")

#: An interface of two entries that every small tree can use.
BASE = """
class Driver:
    def open(self):
        raise NotImplementedError

    def close(self):
        raise NotImplementedError
"""

__all__ = ["Columns", "scheme"]


def dedented(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def read(source: str | bytes, options: Options = OPTIONS, path: str = "m.py") -> FileFacts:
    """The facts of one file."""
    return python.read(path, source.encode() if isinstance(source, str) else source, options)


def all_marks(found: FileFacts) -> list[Mark]:
    marks = [mark for each in found.classes for mark in each.marks]
    marks += [mark for each in found.classes for member in each.members for mark in member.marks]
    marks += [mark for each in found.tables for mark in each.marks]
    return marks + [mark for each in found.tables for member in each.members for mark in member.marks]


def insertions(found: FileFacts) -> dict[str, int]:
    """Name of everything that can be annotated -> where; classes as ``class Name``, tables as ``table NAME``."""
    offsets = {}
    for number, each in enumerate(found.classes):
        offsets[f"class {each.name}#{number}"] = each.insert
        offsets.update({f"{each.name}#{number}.{m.name}#{i}": m.insert for i, m in enumerate(each.members)})
    for number, table in enumerate(found.tables):
        offsets[f"table {table.name}#{number}"] = table.insert
        offsets.update({f"table {table.name}#{number}.{m.name}#{i}": m.insert for i, m in enumerate(table.members)})
    return {name: offset for name, offset in offsets.items() if offset >= 0}


class _Keys(dict[tuple[str, ...], Place]):
    """Places of a config in which every key stands, in a file that is called like the key."""

    def get(self, path: tuple[str, ...], default: object = None) -> Place:  # type: ignore[override]
        return Place(".".join(path))


KEYS = _Keys()


def interface(at: str = "lib/base.py:Driver", **keys: Any) -> InterfaceConfig:
    return InterfaceConfig(keys.pop("key", "driver"), at, **{"drivers": ("lib/*.py",), **keys})


def config(*interfaces: InterfaceConfig, root: Path = Path("/nowhere"), **keys: Any) -> Config:
    return Config(root, interfaces=interfaces or (interface(),), **{"title": "T", "scheme": X, **keys})


def encoded(files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    return {path: text if isinstance(text, bytes) else dedented(text).encode() for path, text in files.items()}


def catalogue(files: Mapping[str, str | bytes], *interfaces: InterfaceConfig, **keys: Any) -> Catalogue:
    """The catalogue of a tree given as path -> source."""
    return run.catalogue(config(*interfaces, **keys), source=encoded(files), cache=False, jobs=1)


def drivers(source: str, *interfaces: InterfaceConfig, base: str = BASE, **keys: Any) -> Catalogue:
    """The catalogue of ``lib/base.py`` with an interface and ``lib/drivers.py``."""
    head = "from .base import Driver\n"
    files = {"lib/__init__.py": "", "lib/base.py": base, "lib/drivers.py": head + dedented(source)}
    return catalogue(files, *interfaces, **keys)


def on_disk(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, data in encoded(files).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def driver(found: Interface, name: str) -> Driver:
    """A driver by its id or by what follows the colon."""
    return next(each for each in found.drivers if name in (each.id, each.id.rpartition(":")[2]))


def cell(found: Catalogue, driver_name: str, entry: str, number: int = 0) -> Cell:
    interface_ = found.interfaces[number]
    return interface_.cells[driver(interface_, driver_name).id, entry]


def row(found: Catalogue, driver_name: str, number: int = 0) -> dict[str, str]:
    """Entry -> ``state how`` of one driver."""
    entries = found.interfaces[number].entries
    cells = {entry.name: cell(found, driver_name, entry.name, number) for entry in entries}
    return {name: f"{each.state} {each.how}" for name, each in cells.items()}


def ids(found: Catalogue, number: int = 0) -> list[str]:
    return [each.id for each in found.interfaces[number].drivers]


def spans(found: Cell) -> str:
    from hvsupport.annotate import grammar

    return grammar.render(found.spans) if found.spans else ""


def problems(found: Catalogue, kind: str = "") -> list[str]:
    """``kind path:line message`` of every problem, sorted."""
    chosen = [each for each in found.problems if kind in ("", each.kind)]
    return sorted(f"{each.kind} {each.place.short} {each.message}" for each in chosen)


def round_trip(found: FileFacts) -> FileFacts:
    return codec.from_json(codec.to_json(found), found.path)
