"""A name that something else binds as well is no known base: never the first meaning without a word."""

from __future__ import annotations

import pytest
import tree_builder as t

from hvsupport.annotate.catalogue import Catalogue

BASE = (
    t.BASE
    + """
class Full(Driver):
    def open(self): work()
    def close(self): work()
"""
)
D = "class D(Driver):  # 1.0.0\n    pass\n"

AGAIN = {
    "global in a function": f"def use():\n    global Driver\n    Driver = Full\nuse()\n{D}",
    "an item of globals()": f"globals()['Driver'] = Full\n{D}",
    "globals().update": f"globals().update(Driver=Full)\n{D}",
    "an item of vars()": f"vars()['Driver'] = Full\n{D}",
    "the module as an object": f"import sys\nsys.modules[__name__].Driver = Full\n{D}",
    "setattr on the module": f"import sys\nsetattr(sys.modules[__name__], 'Driver', Full)\n{D}",
    "a loop": f"for Driver in (Full,): pass\n{D}",
    "a loop over pairs": f"for number, Driver in [(1, Full)]: pass\n{D}",
    "with": f"with chosen() as Driver: pass\n{D}",
    "a walrus": f"if (Driver := Full): pass\n{D}",
    "a walrus in a comprehension": f"[Driver := each for each in (Full,)]\n{D}",
    "a match": f"match Full:\n    case Driver: pass\n{D}",
    "a call": f"Driver = choose(1)\n{D}",
    "an import below": f"{D}from .base import Full as Driver\n",
    "an alias below": f"{D}Driver = Full\n",
    "a class and then an alias": "class Mid(Driver): pass\nMid = Full\nclass D(Mid):  # 1.0.0\n    pass\n",
    "a star import below": f"from .star import *\n{D}",
    "a star import over a class": "class Mid(Driver): pass\nfrom .star import *\nclass D(Mid):  # 1.0.0\n    pass\n",
}

SAME = {
    "the same import again": f"from .base import Driver\n{D}from .base import Driver\n",
    "a class that takes the name of its base": "class Driver(Driver): pass\n" + D,
    "a name that was nothing before": f"Other = None\ndef use():\n    global Other\n    Other = Full\n{D}",
    "a star import above": f"from .star import *\nfrom .base import Driver\n{D}",
    "a star import of what __all__ leaves out": f"from .listed import *\n{D}",
    "a star import of the same class": f"from .base import *\n{D}",
    "an alias in a function": f"def use():\n    Driver = Full\n{D}",
    "a loop in a function": f"def use():\n    for Driver in (Full,): pass\n{D}",
    "what stands in where an import fails": (
        f"try:\n    from .base import Driver\nexcept ImportError:\n    Driver = choose()\n{D}"
    ),
    "a registering function": "class Mid(Driver): pass\nMid2 = keep(Mid)\nclass D(Mid):  # 1.0.0\n    pass\n",
}


def read(source: str) -> Catalogue:
    files = {
        "lib/__init__.py": "",
        "lib/base.py": BASE,
        "lib/star.py": "from .base import Full as Driver, Full as Mid\n",
        "lib/listed.py": "from .base import Full as Driver\nOther = 1\n__all__ = ['Other']\n",
        "lib/drivers.py": "from .base import Driver, Full\n" + source,
    }
    return t.catalogue(files, t.interface(drivers=("lib/drivers.py",)))


@pytest.mark.parametrize("source", AGAIN.values(), ids=AGAIN)
def test_a_base_that_is_bound_again_is_told(source: str) -> None:
    found = read(source)
    told = [each for each in t.problems(found, "unresolved-base") if "class D: its base" in each]
    assert told and "lib.drivers:D" not in t.ids(found)


@pytest.mark.parametrize("source", SAME.values(), ids=SAME)
def test_what_leaves_a_base_alone_is_read(source: str) -> None:
    found = read(source)
    assert t.problems(found) == []
    assert "lib.drivers:D" in t.ids(found)


def test_a_nested_class_that_is_set_from_outside() -> None:
    found = read(
        "class Home:\n    class Part(Driver): pass\nHome.Part = Full\nclass D(Home.Part):  # 1.0.0\n    pass\n"
    )
    assert [each for each in t.problems(found, "unresolved-base") if "class D: its base" in each]


@pytest.mark.parametrize(
    ("first", "is_told"),
    [
        pytest.param("from collections import OrderedDict as Outer", True, id="one of which is known what it brings"),
        pytest.param("from far import Outer", False, id="one that is as unknown"),
    ],
)
def test_a_star_import_that_replaces_one_class_outside_by_another(first: str, is_told: bool) -> None:
    files = {
        "lib/__init__.py": "",
        "lib/base.py": BASE,
        "lib/star.py": "from away import Outer\n",
        "lib/drivers.py": (
            f"from .base import Driver\n{first}\nfrom .star import *\nclass D(Outer, Driver):  # 1.0.0\n    pass\n"
        ),
    }
    found = t.catalogue(files, t.interface(drivers=("lib/drivers.py",)))
    told = [each for each in t.problems(found, "unresolved-base") if "'Outer'" in each and "bound again" in each]
    assert bool(told) == is_told
    # Without its base nothing is plain support or plainly absent, whichever it is.
    assert is_told or t.cell(found, "D", "open").state == "unreadable"
