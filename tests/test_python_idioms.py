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
    "an abstract method of a driver's base": (
        {
            "lib/d.py": f"{HEAD}class B(Driver):\n    @abc.abstractmethod\n    def open(self): ...\n"
            "    @abc.abstractmethod\n    def close(self): return 1\nclass D(B): pass\n"
        },
        "unsupported stub, unannotated inherited",
    ),
    "a class that stands in for one of a library": (
        {
            "lib/d.py": f"{HEAD}try:\n    from fast import Quick as Base\nexcept ImportError:\n    Base = Driver\n"
            "class D(Base):\n    def open(self): return 1\n"
        },
        "unannotated own, unsupported absent",
    ),
    "one of two classes": (
        {"lib/d.py": f"{HEAD}Base, x = object if X else Driver, 1\nclass D(Base):\n    def open(self): return 1\n"},
        "unannotated own, unsupported absent",
    ),
    "a partial of a stub": (
        {"lib/d.py": f"{HEAD}def no(x, y): raise NotImplementedError\nclass D(Driver):\n    open = partial(no, 1)\n"},
        "unsupported stub, unsupported absent",
    ),
    "what a generator waits for": (
        {
            "lib/d.py": f"{HEAD}class D(Driver):\n    def open(self):\n        yield self._no()\n"
            "    def _no(self): raise NotImplementedError\n    def close(self):\n        yield\n"
        },
        "unsupported stub, unannotated own",
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


def test_interfaces_of_zope_are_no_drivers() -> None:
    base = f"{ZOPE}class More(Driver):\n    pass\n@implementer(More)\nclass D:\n{METHODS}"
    found = t.catalogue({"lib/base.py": base}, t.interface(columns=t.Columns("all")))
    assert [each.id for each in found.interfaces[0].drivers] == ["lib.base:D"]


@pytest.mark.parametrize(("files", "wanted"), IDIOMS.values(), ids=IDIOMS)
def test_cells(files: dict[str, str], wanted: str) -> None:
    found = t.catalogue({"lib/__init__.py": "", "lib/base.py": t.BASE, **files})
    cells = (t.cell(found, "D", name) for name in ("open", "close"))
    assert ", ".join(f"{cell.state} {cell.how}" for cell in cells) == wanted


KEEPS = "    def __call__(self, cls):\n        seen.append(cls)\n        return cls\n"
OWN = "        return super().__new__(cls)"
SINGLE = "if cls._one is None:\n            cls._one = super().__new__(cls)\n        return cls._one"
#: id -> what stands before the class, what in it, and whether some of its cells cannot be read.
DONE = {
    "a decorator that is a class": (f"class export:\n{KEEPS}@export('x')\n", "", False),
    "one of two such classes": (
        "import namex\nif X:\n    class export(namex.X): pass\nelse:\n    class export:\n"
        + "".join(f"    {line}\n" for line in KEEPS.splitlines())
        + "@export('x')\n",
        "",
        False,
    ),
    "a decorator that is an object": (f"class Registry:\n{KEEPS}registry = Registry()\n@registry\n", "", False),
    "a partial of a method that makes one": (
        "class Registry:\n    def of(self, kind):\n        def add(cls):\n            return cls\n        return add\n"
        "registry = Registry()\nmatch = functools.partial(registry.of, 1)\n@match(x=2)\n",
        "",
        False,
    ),
    "a partial of a function that gives another": (
        "def other(kind, cls): return Other\nmatch = functools.partial(other, 1)\n@match\n",
        "",
        True,
    ),
    "an object that a function makes": ("def make(cls): return cls\nregistry = make()\n@registry\n", "", True),
    "a decorator that is a class and gives another": (
        "class export:\n    def __call__(self, cls):\n        return Other\n@export('x')\n",
        "",
        True,
    ),
    "a class that sets entries": (
        "class export:\n    def __call__(self, cls):\n        cls.close = 1\n        return cls\n@export()\n",
        "",
        True,
    ),
    "__new__ that adds nothing": (
        "",
        "def __new__(cls, *a):\n        log(cls)\n        return super().__new__(cls, *a)",
        False,
    ),
    "one for all": ("", f"def __new__(cls):\n        {SINGLE}", False),
    "one for each key": (
        "",
        "def __new__(cls, x):\n        cls._all[x] = me = object.__new__(cls)\n        me.x = x\n"
        "        return cls._all[x]",
        False,
    ),
    "by another name": ("", "def __new__(cls):\n        new = super().__new__\n        return new(cls)", False),
    "__new__ of another class": ("", "def __new__(cls):\n        return super().__new__(Other)", True),
    "one of two": ("", "def __new__(cls):\n        if X: return Other()\n        return super().__new__(cls)", True),
    "the class by another name": ("", f"def __new__(cls):\n        if cls is One: cls = Two\n{OWN}", True),
    "the class, in a loop": ("", f"def __new__(cls):\n        for cls in KINDS: break\n{OWN}", True),
    "the class, in an expression": ("", f"def __new__(cls):\n        print(cls := Two)\n{OWN}", True),
    "the class, imported": ("", f"def __new__(cls):\n        from a import Two as cls\n{OWN}", True),
    "the class, by a nested function": (
        "",
        f"def __new__(cls):\n        def f():\n            nonlocal cls\n            cls = Two\n        f()\n{OWN}",
        True,
    ),
    "what it made, replaced in a loop": (
        "",
        "def __new__(cls):\n        me = super().__new__(cls)\n        for me in OTHERS: break\n        return me",
        True,
    ),
    "what it made, replaced with a type": (
        "",
        "def __new__(cls):\n        me = super().__new__(cls)\n        me: Other = Other()\n        return me",
        True,
    ),
    "what it made, replaced with others": (
        "",
        "def __new__(cls):\n        me = super().__new__(cls)\n        me, x = Other(), 1\n        return me",
        True,
    ),
    "other names in a loop": (
        "",
        "def __new__(cls, *a):\n        print([one for one in a])\n        return super().__new__(cls)",
        False,
    ),
    "what was there before": ("", "def __new__(cls):\n        return cls._one", True),
    "taken from the instance": (
        "",
        "def reset(self):\n        self.__dict__.pop(x)\n        delattr(self, x)\n        del self.__dict__[x]",
        False,
    ),
    "put into the instance": ("", "def reset(self):\n        self.__dict__[x] = 1", True),
    "put there by name": (
        "",
        "def reset(self):\n        self.__dict__['x'] = 1\n        vars(self).setdefault('y', 1)",
        False,
    ),
    "put there by the name of an entry": ("", "def reset(self):\n        self.__dict__['close'] = 1", True),
    "taken from the class": ("", "@classmethod\n    def reset(cls):\n        delattr(cls, x)", True),
}


@pytest.mark.parametrize(("before", "body", "is_unknown"), DONE.values(), ids=DONE)
def test_what_is_done_to_a_class(before: str, body: str, is_unknown: bool) -> None:
    text = f"{HEAD}{before}class D(Driver):\n    def open(self): return 1\n    {body or 'x = 1'}\n"
    found = t.catalogue({"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/d.py": text})
    state = "unreadable" if is_unknown else "unsupported"
    assert (t.cell(found, "D", "close").state, bool(found.problems)) == (state, is_unknown)


@pytest.mark.parametrize(
    "setting",
    [
        "setattr(self, '_put', f)",
        "self.__dict__['_put'] = f",
        "for n, f in (('_put', g), ('x', g)): setattr(self, n, f)",
    ],
    ids=["by name", "in its dict", "in a loop"],
)
def test_hook_that_an_instance_is_given_by_name(setting: str) -> None:
    base = "class Driver:\n    def open(self): return self._put()\n    def _put(self): raise NotImplementedError\n"
    text = f"from lib.base import Driver\nclass D(Driver):\n    def __init__(self):\n        {setting}\n"
    assert t.cell(t.catalogue({"lib/base.py": base, "lib/d.py": text}), "D", "open").how == "default"


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
