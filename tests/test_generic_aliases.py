"""Other names of generics as bases: ``S = V[int]``, in whatever module, under whatever name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

BASE = """
    import typing
    from typing import Generic, TypeVar

    T = TypeVar("T")
    U = TypeVar("U")

    class Driver(Generic[T]):
        def open(self):
            raise NotImplementedError

    class Wide(Driver[T], typing.Generic[T, U]):
        pass
"""
ALIASES = """
    import typing
    from typing import Annotated, TypeAlias

    from . import base
    from .base import Driver, Wide

    S = Driver[int]
    DECLARED: TypeAlias = Driver[int]
    DOTTED = base.Driver[dict[str, int]]
    AGAIN = S
    WIDE = Wide[int, str]
    TWICE = Wide[int, T][str]
    NOTED = Annotated[Driver[int], "what it is for"]
    TABLE = {"a": Driver}
    ITEM = TABLE["a"]
"""
HUB = "from ..aliases import S as RENAMED, DECLARED\nfrom .more import *\n"
MORE = "from ..base import Driver\nSTAR = Driver[str]\n"

BASES = {
    "from another module": ("from .aliases import S", "S"),
    "under another name": ("from .aliases import S as Z", "Z"),
    "declared as an alias": ("from .aliases import DECLARED", "DECLARED"),
    "of a dotted name": ("from .aliases import DOTTED", "DOTTED"),
    "an alias of an alias": ("from .aliases import AGAIN", "AGAIN"),
    "of two parameters": ("from .aliases import WIDE", "WIDE"),
    "given its parameters in two steps": ("from .aliases import TWICE", "TWICE"),
    "with notes": ("from .aliases import NOTED", "NOTED"),
    "with notes where it is a base": (
        "from typing import Annotated\nfrom .base import Driver",
        "Annotated[Driver[int], 1]",
    ),
    "an attribute of the module": ("from . import aliases", "aliases.S"),
    "an attribute of a renamed module": ("from . import aliases as al", "al.WIDE"),
    "re-exported": ("from .hub import RENAMED", "RENAMED"),
    "re-exported with a star": ("from . import hub", "hub.STAR"),
    "given a parameter again": ("from .hub import RENAMED", "RENAMED[int]"),
    "under a condition": ("try:\n    from .gone import S\nexcept ImportError:\n    from .aliases import S", "S"),
}


def catalogue(driver: str):  # type: ignore[no-untyped-def]
    files = {"base": BASE, "aliases": ALIASES, "hub/__init__": HUB, "hub/more": MORE, "d": driver, "__init__": ""}
    found = t.interface("lib/base.py:Driver", drivers=("lib/d.py",))
    return t.catalogue({f"lib/{name}.py": text for name, text in files.items()}, found)


@pytest.mark.parametrize(("imports", "base"), BASES.values(), ids=list(BASES))
def test_a_class_derives_from_another_name_of_a_generic(imports: str, base: str) -> None:
    found = catalogue(f"{imports}\n\nclass D({base}):\n    def open(self):\n        return 1\n")
    interface = found.interfaces[0]
    assert [each.id for each in interface.drivers] == ["lib.d:D"]
    assert interface.cells["lib.d:D", "open"].state == "unannotated"
    assert [each for each in found.problems if each.kind == "unresolved-base"] == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="'type' statements came with Python 3.12")
def test_a_type_statement_is_another_name() -> None:
    found = catalogue(
        "from .base import Driver\ntype S = Driver[int]\n\nclass D(S):\n    def open(self):\n        return 1\n"
    )
    assert [each.id for each in found.interfaces[0].drivers] == ["lib.d:D"]


def test_an_item_of_a_dict_is_no_class() -> None:
    found = catalogue("from .aliases import ITEM\n\nclass D(ITEM):\n    def open(self):\n        return 1\n")
    messages = [each.message for each in found.problems if each.kind == "unresolved-base"]
    reason = "'ITEM' in lib/aliases.py is an item of 'TABLE', which is not known to be a class"
    assert messages == [f"class D: its base 'ITEM' cannot be resolved: {reason}"]


MAKE = "from .base import Driver\nclass make:\n    def __class_getitem__(cls, item): return Driver\n"
PLAIN = "from .base import Driver\nimport types\nclass Own(Driver):\n    {}\n"
ITEMS = {
    "another class": (f"{MAKE}class D(make[int]): pass\n", False),
    "another class by an alias": (f"{MAKE}S = make[int]\nclass D(S): pass\n", False),
    "another class by a base": (f"{MAKE}class Below(make): pass\nclass D(Below[int]): pass\n", False),
    "the class itself": (
        PLAIN.format("def __class_getitem__(cls, item): return cls") + "class D(Own[int]): pass\n",
        True,
    ),
    "an alias of the class": (
        PLAIN.format("def __class_getitem__(cls, item): return types.GenericAlias(cls, item)")
        + "class D(Own[int]): pass\n",
        True,
    ),
    "what Python makes of it": (
        PLAIN.format("__class_getitem__ = classmethod(types.GenericAlias)") + "class D(Own[int]): pass\n",
        True,
    ),
    "what the class above makes of it": (
        PLAIN.format("def __class_getitem__(cls, item): return super().__class_getitem__(item)")
        + "class D(Own[int]): pass\n",
        True,
    ),
    "another class by a metaclass": (
        "from .base import Driver\nclass Meta(type):\n    def __getitem__(cls, item): return Driver\n"
        "class make(metaclass=Meta): pass\nclass D(make[int]): pass\n",
        False,
    ),
    "a class that is not subscripted": (f"{MAKE}class D(make, Driver): pass\n", True),
}


@pytest.mark.parametrize(("source", "is_known"), ITEMS.values(), ids=ITEMS)
def test_items_of_a_class_that_makes_its_own(source: str, is_known: bool) -> None:
    files = {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/drivers.py": source}
    found = t.catalogue(files, t.interface(drivers=("lib/drivers.py",)))
    assert bool(t.problems(found, "unresolved-base")) is not is_known
    assert not is_known or "lib.drivers:D" in t.ids(found)
