"""The rooms of the library: who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1] / "hypervisor"

#: Lowest first. A module may import from its own line and from those above it.
LAYERS = (
    ("version", "errors", "values", "description", "envelope", "uris", "driver", "calls"),
    ("migration",),
    ("drivers", "remote"),
    ("api", "migrate", "hostd", ""),
    ("shell",),
    ("__main__",),
)
#: Rooms that stand beside each other: neither knows the other.
APART = frozenset({"drivers", "remote"})
DRIVERS = ("memory", "process", "qemu")


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Give each module's name below `hypervisor`, its package's, and its syntax tree."""
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(LIBRARY).with_suffix("").parts
        package = ".".join(parts[:-1])
        name = package if parts[-1] == "__init__" else ".".join(parts)
        yield name, package, ast.parse(path.read_bytes())


MODULES = list(modules())
NAMES = {name for name, _, _ in MODULES}


def imported(package: str, tree: ast.Module) -> set[str]:
    """Give the modules of the library that a module imports: in functions, for types, anywhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("hypervisor") for alias in node.names)
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        above = package.split(".") if package else []
        base = above[: len(above) - node.level + 1] + (node.module or "").split(".")
        where = ".".join(part for part in base if part)
        for alias in node.names:
            inner = f"{where}.{alias.name}".lstrip(".")
            found.add(inner if inner in NAMES else where)
    return found


GRAPH = {name: imported(package, tree) for name, package, tree in MODULES}


def room(name: str) -> str:
    """Give the room or the top-level module that a module belongs to."""
    return name.partition(".")[0]


def layer(name: str) -> int:
    """Tell in which layer a module stands; each stands in one."""
    (found,) = [number for number, rooms in enumerate(LAYERS) if room(name) in rooms]
    return found


def test_every_layer_names_what_is_there() -> None:
    assert {room(name) for name in NAMES} == {one for rooms in LAYERS for one in rooms}


def test_imports_go_one_way() -> None:
    back = [
        (name, other)
        for name, others in GRAPH.items()
        for other in others
        if layer(other) > layer(name) or {room(name), room(other)} == APART
    ]
    assert back == []


def test_no_driver_knows_another() -> None:
    homes = {name: f"drivers.{name}" for name in DRIVERS}
    for name, home in homes.items():
        others = tuple(other for other in homes.values() if other != home)
        known = {one for module, found in GRAPH.items() if module.startswith(home) for one in found}
        assert [one for one in known if one.startswith(others)] == [], name


def test_modules_do_not_import_in_circles() -> None:
    """Also not for the types alone, or in functions."""
    TopologicalSorter({name: others - {name} for name, others in GRAPH.items()}).prepare()
