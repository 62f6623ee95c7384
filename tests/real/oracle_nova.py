"""What the source of Nova says about its compute drivers, read with the standard library alone.

    python oracle_nova.py TREE > cells.json

TREE is the unpacked source distribution.  Importing Nova needs some 130 packages, so it is read
with ``ast`` here, independently of hvsupport; names of bases are resolved by hand, and the
resolution order is Python's own, taken from empty classes built with the same bases.

Compared once by hand with Nova 33.0.0 really imported (oslo.vmware and zVMCloudConnector installed,
libvirt's binding mocked): the 28 drivers, the owner, file, line and verdict of all 2,968 cells and
the 589 flags in class bodies agree, and a LibvirtDriver built on mocks has exactly the 31 flags.

Decisions:

* The drivers are the top-level classes of ``nova/virt`` that derive from ``ComputeDriver``.
* The entry points are the public functions in its body, in order: 106, one of them a class method.
  ``counts`` sorts their bodies, docstrings aside: ``raises`` holds nothing but one ``raise`` of
  NotImplementedError, with or without arguments (79); ``passes`` nothing but ``pass`` (10);
  ``returns`` a single ``return`` (10); ``works`` the rest (7).
* ``how`` is ``own``, ``inherited``, ``default`` (the interface's body does work), ``absent`` (that
  body only raises or passes) or ``stub`` (a driver's body only raises; ``raises`` says what).
* A default body may call other entry points on ``self``; ``lacks`` names those the driver has not.
* ``overrides`` counts the entry points defined in the driver's own body, ``restubbed`` names those
  of them that only raise.
* Flags: a ``capabilities`` dict in a class body hides the inherited one as a whole, and one
  assigned to ``self`` hides that.  A flag no dict names is not there, whatever the base says.
  ``value`` is True, False or None as written, and ``conditional`` for anything else, with the
  expression in ``source``; ``where`` is the function that sets it, or ``class``.
* What does not fit these rules stands in ``errors``.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracle_body import Function, calls, judge

Json = dict[str, Any]
INTERFACE = "nova.virt.driver:ComputeDriver"
FLAGS = "capabilities"
PLAIN = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.Expr, ast.Pass)


@dataclass
class Class:
    """One top-level class: its node, its methods, and a stand-in with the same bases."""

    key: str
    path: str
    node: ast.ClassDef
    methods: dict[str, Function]
    standin: type = object

    @property
    def module(self) -> str:
        """The dotted name of the module that holds the class."""
        return self.key.partition(":")[0]


@dataclass
class Module:
    """One file: its dotted name, its path, its tree, and what its import statements bind."""

    name: str
    path: str
    tree: ast.Module
    bound: dict[str, str]


@dataclass
class Tree:
    """Everything read."""

    classes: dict[str, Class] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def mro(self, key: str) -> list[Class]:
        """Return the classes of the tree in the resolution order of ``key``."""
        order = self.classes[key].standin.__mro__
        return [self.classes[cls.__name__] for cls in order if cls.__name__ in self.classes]


def main(arguments: list[str]) -> int:
    """Print the JSON for the tree named in ``arguments``."""
    if len(arguments) != 1:
        print("usage: oracle_nova.py TREE", file=sys.stderr)
        return 2
    json.dump(ask(Path(arguments[0])), sys.stdout, indent=1, sort_keys=True, ensure_ascii=True)
    sys.stdout.write("\n")
    return 0


def ask(root: Path) -> Json:
    """Answer for the whole tree."""
    tree = read(root)
    drivers = [key for key in tree.classes if key != INTERFACE and _derives(tree, key)]
    entries = public(tree.classes[INTERFACE])
    own = {key: [name for name in public(tree.classes[key]) if name in entries] for key in drivers}
    return {
        "interface": INTERFACE,
        "entries": entries,
        "base": {name: _definition(tree.classes[INTERFACE], name) for name in entries},
        "counts": _counts(tree.classes[INTERFACE]),
        "drivers": {key: cells(tree, key) for key in drivers},
        "overrides": {key: len(names) for key, names in own.items()},
        "restubbed": {key: _stubs(tree.classes[key], names) for key, names in own.items()},
        "flags": {key: flags(tree, key) for key in [INTERFACE, *drivers]},
        "errors": sorted(set(tree.errors)),
    }


# Classes and their resolution order


def read(root: Path) -> Tree:
    """Read every file of ``nova/virt``."""
    tree = Tree()
    modules = [_module(root, file) for file in sorted((root / "nova" / "virt").rglob("*.py"))]
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                key = f"{module.name}:{node.name}"
                tree.classes[key] = Class(key, module.path, node, _methods(node))
    names = {module.name: module for module in modules}
    for key in tree.classes:
        _link(tree, names, key)
    _check(tree)
    return tree


def _module(root: Path, file: Path) -> Module:
    """Parse one file and note what its imports bind, as dotted names."""
    path = file.relative_to(root)
    name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    parsed = ast.parse(file.read_bytes())
    bound: dict[str, str] = {}
    for node in ast.walk(parsed):
        if isinstance(node, ast.ImportFrom) and not node.level:
            bound |= {item.asname or item.name: f"{node.module}.{item.name}" for item in node.names}
        elif isinstance(node, ast.Import):
            bound |= {item.asname: item.name for item in node.names if item.asname}
    return Module(name, path.as_posix(), parsed, bound)


def _methods(node: ast.ClassDef) -> dict[str, Function]:
    """Return the functions in a class body; of two with one name the last counts."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {item.name: item for item in node.body if isinstance(item, kinds)}


def _link(tree: Tree, modules: dict[str, Module], key: str) -> type:
    """Build the stand-in of a class, after those of its bases, and return it."""
    cls = tree.classes[key]
    if cls.standin is object:
        keys = [_resolve(modules[cls.module], base) for base in cls.node.bases]
        known = [_link(tree, modules, base) for base in keys if base in tree.classes]
        cls.standin = type(key, tuple(known), {})
    return cls.standin


def _resolve(module: Module, base: ast.expr) -> str:
    """Return the id of the class that ``base`` names in ``module``; it may be outside the tree."""
    head, _, rest = ast.unparse(base).partition(".")
    dotted = module.bound.get(head, f"{module.name}.{head}") + ("." + rest if rest else "")
    package, _, name = dotted.rpartition(".")
    return f"{package}:{name}"


def _derives(tree: Tree, key: str) -> bool:
    """Say whether a class is the interface or derives from it."""
    return tree.classes[INTERFACE] in tree.mro(key)


def _check(tree: Tree) -> None:
    """Note what a driver's class body or bases hold that the rules above do not cover."""
    entries = set(public(tree.classes[INTERFACE]))
    for cls in tree.classes.values():
        if not _derives(tree, cls.key):
            continue
        if len(cls.standin.__bases__) != len(cls.node.bases) and cls.key != INTERFACE:
            tree.errors.append(f"{cls.path}:{cls.node.lineno}: a base was not resolved")
        if cls.node.decorator_list or cls.node.keywords:
            tree.errors.append(f"{cls.path}:{cls.node.lineno}: decorator or metaclass")
        for item in cls.node.body:
            if not isinstance(item, PLAIN):
                tree.errors.append(f"{cls.path}:{item.lineno}: {type(item).__name__} in class body")
            elif isinstance(item, ast.Assign) and entries & _names(item):
                tree.errors.append(f"{cls.path}:{item.lineno}: entry point bound by assignment")


def _names(item: ast.Assign) -> set[str]:
    """Return the names an assignment binds."""
    nodes = [node for target in item.targets for node in ast.walk(target)]
    return {node.id for node in nodes if isinstance(node, ast.Name)}


# Entry points


def public(cls: Class) -> list[str]:
    """Return the public functions in the body of a class, in order."""
    return [name for name in cls.methods if not name.startswith("_")]


def cells(tree: Tree, driver: str) -> dict[str, Json]:
    """Return the cells of one driver."""
    interface = tree.classes[INTERFACE]
    found = {entry: _cell(tree, driver, entry) for entry in public(interface)}
    missing = {entry for entry, cell in found.items() if cell["how"] in ("absent", "stub")}
    for entry, cell in found.items():
        needed = calls(interface.methods[entry]) if cell["how"] == "default" else set()
        cell["lacks"] = sorted(needed & missing)
    return found


def _cell(tree: Tree, driver: str, entry: str) -> Json:
    """Return one cell: where ``driver`` gets ``entry`` from, and what that body does."""
    owner = next(cls for cls in tree.mro(driver) if entry in cls.methods)
    found = _definition(owner, entry)
    kind = found.pop("kind")
    if owner.key == INTERFACE:
        how = "absent" if kind in ("raises", "passes") else "default"
    elif kind == "raises":
        how = "stub"
    else:
        how = "own" if owner.key == driver else "inherited"
    return {"how": how, "via": None if owner.key in (driver, INTERFACE) else owner.key, **found}


def _definition(cls: Class, entry: str) -> Json:
    """Return place and verdict of the body of ``entry`` in ``cls``."""
    node = cls.methods[entry]
    body = judge(node)
    verdict = {"kind": body.kind, "raises": body.raises, "args": list(body.args)}
    return {"path": cls.path, "line": node.lineno, **verdict}


def _counts(cls: Class) -> dict[str, int]:
    """Count the public functions of the interface by what their bodies do."""
    kinds = Counter(judge(cls.methods[name]).kind for name in public(cls))
    return {"public": kinds.total(), **kinds}


def _stubs(cls: Class, names: list[str]) -> dict[str, str | None]:
    """Return which of the functions only raise, and what."""
    bodies = {name: judge(cls.methods[name]) for name in names}
    return {name: body.raises for name, body in bodies.items() if body.kind == "raises"}


# Flags


def flags(tree: Tree, driver: str) -> dict[str, Json]:
    """Return the flags of a driver: those of its class, then what its methods do to them."""
    order = tree.mro(driver)
    found = _class_flags(tree, order)
    for cls in reversed(order):
        for function in sorted(cls.methods.values(), key=_first_init):
            owner = next(owner for owner in order if function.name in owner.methods)
            if owner is cls or function.name == "__init__":
                found = _apply(tree, cls, function, found)
    return found


def _first_init(function: Function) -> tuple[bool, int]:
    """Order functions as they run: the constructor before the others."""
    return function.name != "__init__", function.lineno


def _class_flags(tree: Tree, order: list[Class]) -> dict[str, Json]:
    """Return the flags of the first class body in ``order`` that assigns them."""
    for cls in order:
        for item in cls.node.body:
            if isinstance(item, ast.Assign) and FLAGS in _names(item):
                return _value(tree, cls, item.value, "class")
    return {}


def _apply(tree: Tree, cls: Class, function: Function, found: dict[str, Json]) -> dict[str, Json]:
    """Return the flags after ``function`` has run once."""
    where = f"{cls.node.name}.{function.name}"
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(_is_flags(target) for target in node.targets):
            found = _value(tree, cls, node.value, where)
        elif _is_update(node):
            assert isinstance(node, ast.Call)
            for argument in node.args:
                found = found | _value(tree, cls, argument, where)
            found = found | _keywords(cls, node.keywords, where)
        elif _is_item(node):
            assert isinstance(node, ast.Subscript)
            tree.errors.append(f"{cls.path}:{node.lineno}: one flag is set or deleted by its key")
    return found


def _is_flags(node: ast.AST) -> bool:
    """Say whether a node is ``self.capabilities``."""
    return isinstance(node, ast.Attribute) and ast.unparse(node) == f"self.{FLAGS}"


def _is_update(node: ast.AST) -> bool:
    """Say whether a node is ``self.capabilities.update(...)``."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == f"self.{FLAGS}.update"


def _is_item(node: ast.AST) -> bool:
    """Say whether a node sets or deletes ``self.capabilities[...]``."""
    if not isinstance(node, ast.Subscript) or isinstance(node.ctx, ast.Load):
        return False
    return _is_flags(node.value)


def _value(tree: Tree, cls: Class, node: ast.expr, where: str) -> dict[str, Json]:
    """Return the flags in a dict literal or in ``dict(Class.capabilities, flag=value)``."""
    if isinstance(node, ast.Dict):
        return dict(_items(tree, cls, node, where))
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "dict" and len(node.args) <= 1:
        start: dict[str, Json] = {}
        for argument in node.args:
            name = ast.unparse(argument).removesuffix(f".{FLAGS}")
            start = _class_flags(tree, tree.mro(f"{cls.module}:{name}"))
        return start | _keywords(cls, node.keywords, where)
    tree.errors.append(f"{cls.path}:{node.lineno}: flags are no dict: {ast.unparse(node)}")
    return {}


def _items(tree: Tree, cls: Class, node: ast.Dict, where: str) -> Iterator[tuple[str, Json]]:
    """Yield the flags of a dict literal."""
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, _flag(cls, key.lineno, value, where)
        else:
            tree.errors.append(f"{cls.path}:{value.lineno}: key is no string")


def _keywords(cls: Class, keywords: list[ast.keyword], where: str) -> dict[str, Json]:
    """Return the flags given as keywords."""
    return {str(item.arg): _flag(cls, item.lineno, item.value, where) for item in keywords}


def _flag(cls: Class, line: int, node: ast.expr, where: str) -> Json:
    """Return one flag: its value as written, or the expression it depends on."""
    place = {"path": cls.path, "line": line, "where": where}
    if isinstance(node, ast.Constant) and node.value in (True, False, None):
        return {"value": node.value, "source": None, **place}
    return {"value": "conditional", "source": ast.unparse(node), **place}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
