"""Idioms of Python trees that were read wrongly once: zope's interfaces, dispatching functions, lazy packages."""

from __future__ import annotations

from pathlib import Path

import pytest
import tree_builder as t
from test_discover import names, write

HEAD = "from .base import Driver\n"
ZOPE = """
from zope.interface import Interface
class Driver(Interface):
    def open():
        "Open it."
    def close():
        "Close."
"""
METHODS = "    def open(self): return 1\n    def close(self): raise NotImplementedError\n"
GENERIC = "    @functools.singledispatchmethod\n    def open(self, x): raise NotImplementedError\n"
REGISTERED = "    @open.register(int)\n    def _(self, x): return 1\n"
LAZY = (
    "import typing\ndef __getattr__(name): return load(name)\nif typing.TYPE_CHECKING:\n    from .base import Driver\n"
)
ATTRS = "import attr\n@attr.s(auto_attribs=True)\n"

#: id -> files besides the interface, and "state how" of open and close of the class D.
IDIOMS = {
    "zope, by decorator": (
        {"lib/base.py": ZOPE, "lib/d.py": f"{HEAD}@implementer(Driver)\nclass D:\n{METHODS}"},
        "unannotated own, unsupported stub",
    ),
    "zope, in the body": (
        {"lib/base.py": ZOPE, "lib/d.py": f"{HEAD}class D:\n    implements(Driver)\n{METHODS}"},
        "unannotated own, unsupported stub",
    ),
    "zope, by a base, through another interface": (
        {
            "lib/base.py": f"{ZOPE}class More(Driver):\n    pass\n",
            "lib/d.py": "from . import base\n@implementer(IOther, base.More)\nclass B:\n"
            + METHODS
            + "class D(B):\n    close = None\n",
        },
        "unannotated inherited, unsupported stub",
    ),
    "a function that dispatches": (
        {"lib/d.py": f"{HEAD}class D(Driver):\n{GENERIC}{REGISTERED}"},
        "unannotated own, unsupported absent",
    ),
    "one that has nothing to dispatch to": (
        {"lib/d.py": f"{HEAD}class D(Driver):\n{GENERIC}"},
        "unsupported stub, unsupported absent",
    ),
    "a default that dispatches": (
        {"lib/base.py": f"{t.BASE}{GENERIC}{REGISTERED}", "lib/d.py": f"{HEAD}class D(Driver): pass\n"},
        "unannotated default, unsupported absent",
    ),
    "a dispatching function of a module": (
        {
            "lib/d.py": f"{HEAD}@singledispatch\ndef f(x): raise NotImplementedError\n"
            "@f.register\ndef _(x: int): return 1\n"
            "class D(Driver):\n    def open(self): return f(1)\n"
        },
        "unannotated own, unsupported absent",
    ),
    "a package that imports when asked": (
        {
            "lib/__init__.py": LAZY,
            "lib/d.py": "from lib import Driver\nclass D(Driver):\n    def open(self): return 1\n",
        },
        "unannotated own, unsupported absent",
    ),
    "a decorator of attrs": (
        {"lib/d.py": f"{HEAD}{ATTRS}class D(Driver):\n    def open(self): return 1\n"},
        "unannotated own, unsupported absent",
    ),
    "a decorator of the tree with a name of attrs": (
        {
            "lib/d.py": f"{HEAD}def frozen(cls):\n    cls.close = 1\n    return cls\n@frozen\nclass D(Driver):\n"
            "    def open(self): return 1\n"
        },
        "unannotated own, unreadable absent",
    ),
}


@pytest.mark.parametrize(("files", "wanted"), IDIOMS.values(), ids=IDIOMS)
def test_cells(files: dict[str, str], wanted: str) -> None:
    found = t.catalogue({"lib/__init__.py": "", "lib/base.py": t.BASE, **files})
    cells = (t.cell(found, "D", name) for name in ("open", "close"))
    assert ", ".join(f"{cell.state} {cell.how}" for cell in cells) == wanted


def test_what_a_function_of_the_tree_makes_is_an_entry() -> None:
    maker = "def make(x):\n    def made(self): return x\n    return made\ndef data(x):\n    return x\n"
    body = "    open = make(1)\n    stat = _inner()\n    size = data(1)\n    log = logging.getLogger()\n"
    inner = "    def _inner():\n        return lambda self: 1\n"
    base = f"{maker}class Driver:\n{inner}{body}"
    found = t.catalogue({"lib/base.py": base, "lib/d.py": "from lib.base import Driver\nclass D(Driver): pass\n"})
    assert {name: t.cell(found, "D", name).how for name in ("open", "stat")} == {"open": "default", "stat": "default"}
    assert [each.name for each in found.interfaces[0].entries] == ["open", "stat"]


def test_names_for_type_checkers_count_only_where_the_module_makes_them() -> None:
    files = {"lib/__init__.py": LAZY.replace("__getattr__", "other"), "lib/base.py": t.BASE}
    found = t.catalogue({**files, "lib/d.py": "from lib import Driver\nclass D(Driver):\n    pass\n"})
    assert not found.interfaces[0].drivers
    assert [each.kind for each in found.problems] == ["unresolved-base"]


def test_interface_of_zope_is_found(tmp_path: Path) -> None:
    driver = "from base import Driver\nfrom zope.interface import implementer\n@implementer(Driver)\nclass D:\n"
    assert names(
        write(
            tmp_path, {"base.py": f"{ZOPE}    def stat(): pass\n", "a.py": driver + METHODS, "b.py": driver + METHODS}
        )
    ) == ["Driver"]
