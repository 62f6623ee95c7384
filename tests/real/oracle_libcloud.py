"""What Python itself says about the drivers of Apache Libcloud.

    python oracle_libcloud.py TREE > cells.json

TREE is the unpacked source distribution; the interpreter must have what its drivers import
(``requests``, and ``fasteners`` for the local storage driver; the rest is optional to Libcloud).
Every driver in the registry of the compute, storage and DNS API is imported and asked for each
public entry point of the API's base class.  Nothing here comes from hvsupport.

Decisions:

* The entry points are the public functions in the body of the base class itself, in its order.
  What it inherits is no part of the API; public functions there are listed under ``elsewhere``
  (none in 3.8.0).  Class attributes that happen to be callable (``connectionCls``) do not count.
* A cell's definition is the first class of ``__mro__`` with the name in its ``__dict__``.
* ``how`` is ``own``, ``inherited``, ``default`` (the base class's body does work), ``absent`` (the
  base class's body only raises or passes) or ``stub`` (some other body only raises, whatever it
  raises: ``raises`` and ``args`` name it, the consumer decides).  An inherited stub has a ``via``.
* A default body may call other entry points on ``self``.  Those of them that the driver does not
  have stand in ``lacks``: the cell is a default that cannot work, or not always.
* ``unregistered`` holds the classes in the driver modules that derive from the base class and are
  in no registry: bases, and what a registered class's ``__new__`` hands out (``dispatch``).
* What could not be imported or does not exist stands in ``errors``, and the exit code stays 0: the
  consumer must compare ``errors`` with what it expects.

Paths are relative to TREE, lines are those of ``def`` (not of a decorator above it).
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import inspect
import json
import os
import pkgutil
import sys
import textwrap
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracle_body import Body, Function, calls, judge

Json = dict[str, Any]
APIS = {"compute": "NodeDriver", "storage": "StorageDriver", "dns": "DNSDriver"}


@dataclass
class Api:
    """One of Libcloud's interfaces while it is being asked."""

    name: str
    base: type
    root: Path
    errors: list[Json] = field(default_factory=list)

    @property
    def package(self) -> str:
        """The package that holds the registry and the drivers."""
        return f"libcloud.{self.name}"


def main(arguments: list[str]) -> int:
    """Print the JSON for the tree named in ``arguments``."""
    if len(arguments) != 1:
        print("usage: oracle_libcloud.py TREE", file=sys.stderr)
        return 2
    root = Path(arguments[0]).resolve()
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _prepare(root)
        answer = {name: ask(name, base, root) for name, base in APIS.items()}
    json.dump(answer, sys.stdout, indent=1, sort_keys=True, ensure_ascii=True)
    sys.stdout.write("\n")
    return 0


def _prepare(root: Path) -> None:
    """Import the package from ``root`` and from nowhere else, leaving no trace in the tree."""
    sys.dont_write_bytecode = True
    os.environ.pop("LIBCLOUD_DEBUG", None)
    sys.path.insert(0, str(root))
    package = importlib.import_module("libcloud")
    if Path(str(package.__file__)).resolve().parent != root / "libcloud":
        raise SystemExit(f"oracle_libcloud.py: libcloud was imported from {package.__file__}")


def ask(name: str, base: str, root: Path) -> Json:
    """Answer for one API."""
    api = Api(name, getattr(importlib.import_module(f"libcloud.{name}.base"), base), root)
    registry = importlib.import_module(f"{api.package}.providers").DRIVERS
    _import_all(api)
    named = {constant: _load(api, constant, *target) for constant, target in registry.items()}
    drivers = {identity(cls): cls for cls in named.values() if cls}
    others = {identity(cls): cls for cls in _derived(api.base)}
    others = {key: cls for key, cls in others.items() if key not in drivers}
    entries = functions(api.base)
    return {
        "interface": identity(api.base),
        "entries": list(entries),
        "base": {entry: _own_body(api, entry) for entry in entries},
        "elsewhere": _elsewhere(api.base),
        "registry": {key: identity(cls) for key, cls in named.items() if cls},
        "drivers": {key: cells(api, cls) for key, cls in drivers.items()},
        "unregistered": {key: cells(api, cls) for key, cls in others.items()},
        "dispatch": _dispatch(drivers | others),
        "errors": sorted(api.errors, key=lambda error: (error["driver"], error["error"])),
    }


def identity(cls: type) -> str:
    """Return the id of a class: ``module:Class``."""
    return f"{cls.__module__}:{cls.__qualname__}"


def functions(cls: type) -> list[str]:
    """Return the public functions in the body of ``cls``, in order."""
    kinds = (types.FunctionType, staticmethod, classmethod, property)
    found = [name for name, value in vars(cls).items() if isinstance(value, kinds)]
    return [name for name in found if not name.startswith("_")]


def cells(api: Api, driver: type) -> dict[str, Json]:
    """Return the cells of one driver."""
    entries = functions(api.base)
    found = {entry: _cell(api, driver, entry) for entry in entries}
    missing = {entry for entry, cell in found.items() if cell["how"] in ("absent", "stub")}
    for entry, cell in found.items():
        needed = _calls(api, entry) if cell["how"] == "default" else set()
        cell["lacks"] = sorted(needed & missing)
    return found


def _cell(api: Api, driver: type, entry: str) -> Json:
    """Return one cell: where ``driver`` gets ``entry`` from, and what that body does."""
    owner = next(cls for cls in driver.__mro__ if entry in vars(cls))
    via = None if owner in (driver, api.base) else identity(owner)
    path, line, _, body = _read(api, owner, entry)
    if owner is api.base:
        how = "absent" if body.kind in ("raises", "passes") else "default"
    elif body.kind == "raises":
        how = "stub"
    else:
        how = "own" if owner is driver else "inherited"
    place = {"path": path, "line": line}
    return {"how": how, "via": via, "raises": body.raises, "args": list(body.args), **place}


def _own_body(api: Api, entry: str) -> Json:
    """Say what the interface's own body of ``entry`` does: ``unsupported`` when it only raises."""
    path, line, _, body = _read(api, api.base, entry)
    does = "unsupported" if body.kind in ("raises", "passes") else "works"
    needs = sorted(_calls(api, entry) & set(functions(api.base)))
    place = {"path": path, "line": line}
    return {"does": does, "kind": body.kind, "raises": body.raises, "calls": needs, **place}


def _calls(api: Api, entry: str) -> set[str]:
    """Return what the interface's own body of ``entry`` calls on ``self``."""
    function = _read(api, api.base, entry)[2]
    return calls(function) if function else set()


@functools.cache
def _parsed(function: types.FunctionType) -> tuple[int, ast.stmt]:
    """Return the line and the syntax tree of a function's definition."""
    lines, first = inspect.getsourcelines(function)
    node = ast.parse(textwrap.dedent("".join(lines))).body[0]
    return first + node.lineno - 1, node


def _read(api: Api, owner: type, entry: str) -> tuple[str, int, Function | None, Body]:
    """Return path, line and tree of the definition of ``entry`` in ``owner``, and the verdict."""
    value = vars(owner)[entry]
    if isinstance(value, property):
        value = value.fget
    value = inspect.unwrap(getattr(value, "__func__", value))
    path = Path(str(inspect.getsourcefile(value))).resolve().relative_to(api.root).as_posix()
    line, node = _parsed(value)
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name != entry:
        _note(api, identity(owner), f"{entry} is no plain function of that name")
        return path, line, None, Body("works")
    return path, line, node, judge(node)


def _load(api: Api, constant: str, module: str, name: str) -> type | None:
    """Return the class that the registry names; when there is none, note the error."""
    driver = f"{module}:{name}"
    if module not in sys.modules:
        _import_one(api, module)
    if module not in sys.modules:
        _note(api, driver, "cannot be imported", constant)
        return None
    cls = getattr(sys.modules[module], name, None)
    if not isinstance(cls, type):
        _note(api, driver, "does not exist", constant)
        return None
    if identity(cls) != driver or not issubclass(cls, api.base):
        _note(api, driver, f"is {identity(cls)}, of {api.base.__name__}?", constant)
    return cls


def _import_all(api: Api) -> None:
    """Import every driver module of the API, registered or not."""
    package = importlib.import_module(f"{api.package}.drivers")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        _import_one(api, module.name)


def _import_one(api: Api, module: str) -> None:
    """Import a driver module; whatever it raises is reported, never hidden."""
    try:
        importlib.import_module(module)
    except Exception as error:
        text = str(error).replace(str(api.root), "TREE")
        _note(api, module, f"{type(error).__name__}: {text}")


def _note(api: Api, driver: str, error: str, constant: str | None = None) -> None:
    """Record an error once."""
    record = {"driver": driver, "error": error, "constant": constant}
    if record not in api.errors:
        api.errors.append(record)


def _derived(base: type) -> Iterator[type]:
    """Yield the classes that derive from ``base`` in the modules imported so far."""
    children: list[type] = base.__subclasses__()
    for cls in children:
        yield cls
        yield from _derived(cls)


def _elsewhere(base: type) -> list[str]:
    """Return the public functions that ``base`` inherits."""
    return [f"{identity(cls)}.{name}" for cls in base.__mro__[1:-1] for name in functions(cls)]


def _dispatch(classes: dict[str, type]) -> dict[str, str]:
    """Return the classes whose ``__new__`` may hand out another class, with its owner."""
    found = {}
    for key, cls in classes.items():
        owner = next(owner for owner in cls.__mro__ if "__new__" in vars(owner))
        if owner is not object:
            found[key] = identity(owner)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
