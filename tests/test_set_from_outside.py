"""What others set on a driver class is not what its body says: told, wherever in the files of drivers it stands."""

from __future__ import annotations

import pytest
import tree_builder as t

from hvsupport.annotate.catalogue import Catalogue

D = "class D(Driver):  # 1.0.0\n    pass\ndef f(self): work()\n"
#: Sets what it is given as its first argument.
HELP = "def put(cls):\n    cls.open = 1\ndef by_name(cls, name):\n    setattr(cls, name, 1)\n"
HELP += "def put_through(cls):\n    put(cls)\n    return cls\n"
HELP += "def put_alias(cls):\n    other = cls\n    other.open = 1\n    return cls\n"

SET = {
    "in a function": f"{D}def go():\n    D.open = f\n",
    "setattr in a function": f"{D}def go():\n    setattr(D, 'open', f)\n",
    "one of several targets": f"{D}D.close, D.open = f, f\n",
    "a loop over classes": f"{D}for each in (D, Driver): each.open = f\n",
    "setattr in a loop over classes": f"{D}for each in [D]:\n    setattr(each, 'open', f)\n",
    "a loop over subclasses": f"{D}for each in Driver.__subclasses__(): each.open = f\n",
    "on the interface": f"{D}Driver.open = f\n",
    "by another name": f"{D}Other = D\nOther.open = f\n",
    "in a method": "class D(Driver):  # 1.0.0\n    def __init__(self):\n        D.open = None\n",
    "by a function": f"{D}from .help import put\nput(D)\n",
    "by a function that is given the name": f"{D}from .help import by_name\nby_name(D, 'open')\n",
    "by a decorator that hands it on": f"from .help import put_through\n@put_through\n{D}",
    "by a decorator with another name for it": f"from .help import put_alias\n@put_alias\n{D}",
    "its bases": f"class Full:\n    def open(self): work()\n{D}D.__bases__ = (Full,)\n",
    "its bases in a function": f"{D}def go():\n    D.__bases__ = ()\n",
    "what looks attributes up": f"{D}D.__getattribute__ = f\n",
    "a metaclass with keywords": (
        "class M(type):\n    def __new__(mcs, name, bases, space, **more):\n"
        "        made = super().__new__(mcs, name, bases, space)\n        made.open = 1\n        return made\n"
        + D.replace("Driver)", "Driver, metaclass=M)")
    ),
    "a metaclass that takes all by a star": (
        "class M(type):\n    def __init__(cls, *given):\n        super().__init__(*given)\n        cls.open = 1\n"
        + D.replace("Driver)", "Driver, metaclass=M)")
    ),
    "a metaclass with other bases": (
        "class M(type):\n    def __new__(mcs, name, bases, space):\n"
        "        return super().__new__(mcs, name, (Full, *bases), space)\n"
        + D.replace("Driver)", "Driver, metaclass=M)")
    ),
    "a metaclass with another name for the namespace": (
        "class M(type):\n    def __new__(mcs, name, bases, space):\n        more = space\n        more['open'] = 1\n"
        "        return super().__new__(mcs, name, bases, space)\n" + D.replace("Driver)", "Driver, metaclass=M)")
    ),
}

ELSEWHERE = {
    "an imported class": "from .drivers import D\nD.open = 1\n",
    "setattr on an imported class": "from .drivers import D\nsetattr(D, 'open', 1)\n",
    "a class of an imported module": "from . import drivers\ndrivers.D.open = 1\n",
    "what a function imports": "def go():\n    from .drivers import D\n    D.open = 1\n",
    "by another name": "from .drivers import D as Other\nOther.open = 1\n",
    "with its type": "from .drivers import D\nD.open: object = 1\n",
    "one of several targets": "from .drivers import D\nD.count, D.open = 1, 2\n",
    "deleted": "from .drivers import D\ndel D.open\n",
    "a loop over classes": "from .drivers import D\nfor each in (D,):\n    each.open = 1\n",
    "setattr in a loop": "from . import drivers\nfor each in [drivers.D]:\n    setattr(each, 'open', 1)\n",
    "setattr by another name": "from .drivers import D\nput = setattr\nput(D, 'open', 1)\n",
    "setattr over several lines": "from .drivers import D\nsetattr(\n    # that one\n    D, 'open', 1)\n",
    "a module that a function imports": "def go():\n    from . import drivers as d\n    d.D.open = 1\n",
}

ALONE = {
    "another attribute": f"{D}D.count = 1\n",
    "a local name": f"{D}def go(D):\n    D.open = f\n",
    "an object of another kind": f"{D}def go():\n    file = make()\n    file.open = f\n",
    "a function that looks at it": f"{D}def look(cls):\n    print(cls.open)\nlook(D)\n",
    "a function that marks it": f"{D}def mark(cls):\n    cls.marked = True\nmark(D)\n",
    "a state that is given back": D.replace("pass", "def __setstate__(self, state): self.__dict__.update(state)"),
    "a method that makes a decorator and sets what its own class has": (
        "class Home:\n    @classmethod\n    def add(cls, name):\n        def register(given):\n"
        f"            setattr(cls, name, given)\n            return given\n        return register\n@Home.add('x')\n{D}"
    ),
    "a decorator that marks it through another": (
        f"def mark(cls):\n    cls.marked = True\ndef marking(cls):\n    mark(cls)\n    return cls\n@marking\n{D}"
    ),
}


def read(source: str, other: str = "") -> Catalogue:
    files = {
        "lib/__init__.py": "",
        "lib/base.py": t.BASE,
        "lib/help.py": HELP,
        "lib/drivers.py": "from .base import Driver\n" + source,
        "lib/other.py": other,
    }
    return t.catalogue(files, t.interface(drivers=("lib/drivers.py", "lib/other.py")))


@pytest.mark.parametrize("source", SET.values(), ids=SET)
def test_an_entry_set_from_outside_is_told(source: str) -> None:
    found = read(source)
    assert t.cell(found, "D", "open").state == "unreadable"
    assert t.problems(found, "unreadable")


@pytest.mark.parametrize("source", ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_entry_set_by_another_module_is_told_where_it_is_set(source: str) -> None:
    found = read(D, source)
    assert t.cell(found, "D", "open").state == "unreadable"
    assert t.cell(found, "D", "close").state == "unsupported"
    assert [each for each in t.problems(found, "unreadable") if each.startswith("unreadable lib/other.py:")]


@pytest.mark.parametrize("name", ["other", "below/other", "test_other"])
@pytest.mark.parametrize("source", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_file_beside_drivers_that_nothing_leads_to(source: str, name: str) -> None:
    files = {
        "lib/__init__.py": "",
        "lib/base.py": t.BASE,
        "lib/drivers.py": f"from .base import Driver\n{D}",
        f"lib/{name}.py": source,
        "lib/broken.py": "def (\n",
    }
    found = t.catalogue(files, t.interface(drivers=("lib/drivers.py",)))
    told = [each for each in t.problems(found) if not each.startswith("unannotated")]
    assert t.cell(found, "D", "open").state == ("unreadable" if name == "other" else "unsupported")
    assert [each.split()[1].partition(":")[0] for each in told] == ["lib/other.py"] * (name == "other")


#: Sets something by a name that is not known.
ANY = {
    "in the module": ("setattr(D, NAME, f)\n", ""),
    "in another": ("", "from .drivers import D\nsetattr(D, NAME, 1)\n"),
}


@pytest.mark.parametrize(("source", "other"), ANY.values(), ids=ANY)
def test_what_is_set_by_an_unknown_name_may_be_what_the_class_defines(source: str, other: str) -> None:
    below = "class E(D):  # 1.0.0\n    def open(self): work()  # 1.0.0\n"
    found = read(f"{D.replace('pass', 'def open(self): work()  # 1.0.0')}{source}{below}", other)
    for_d = read(f"{D.replace('pass', 'def open(self): work()  # 1.0.0')}{source}", other)
    assert t.row(for_d, "D") == {"open": "unreadable own", "close": "unreadable absent"}
    assert t.row(found, "E") == {"open": "supported own", "close": "unreadable absent"}
    assert t.problems(found, "unreadable")


def test_a_class_with_a_small_name_is_looked_for_beside_drivers() -> None:
    source = f"from .base import Driver\n{D}".replace("class D", "class d")
    files = {
        "lib/base.py": t.BASE,
        "lib/drivers.py": source,
        "lib/other.py": "from . import drivers\ndrivers.d.open = 1\n",
    }
    found = t.catalogue({"lib/__init__.py": "", **files}, t.interface(drivers=("lib/drivers.py",)))
    assert t.cell(found, "d", "open").state == "unreadable"


@pytest.mark.parametrize("source", ALONE.values(), ids=ALONE)
def test_what_sets_no_entry_is_not_told(source: str) -> None:
    found = read(source)
    assert t.problems(found) == []
    assert t.row(found, "D") == {"open": "unsupported absent", "close": "unsupported absent"}


#: What is done to a base, and whether it reaches a class below it that has the entry itself.
BELOW = {
    "set in the module": ("D.open = f\n", False),
    "set by name in the module": ("setattr(D, 'open', f)\n", False),
    "its bases": ("D.__bases__ = (Driver,)\n", True),
    "set in a function": ("def go():\n    setattr(D, 'open', f)\n", False),
    "set by a function": ("from .help import put\nput(D)\n", False),
    "set on all that derive from it": ("for each in D.__subclasses__():\n    each.open = f\n", True),
    "set by name on all that derive from it": ("for each in D.__subclasses__(): setattr(each, 'open', f)\n", True),
    "what looks attributes up": ("D.__getattribute__ = f\n", True),
}


@pytest.mark.parametrize(("source", "reaches"), BELOW.values(), ids=BELOW)
def test_what_is_set_on_a_base_is_hidden_by_a_class_that_defines_it(source: str, reaches: bool) -> None:
    found = read(
        f"{D}class E(D):  # 1.0.0\n    def open(self): work()  # 1.0.0\nclass F(D):  # 1.0.0\n    pass\n{source}"
    )
    assert t.cell(found, "E", "open").state == ("unreadable" if reaches else "supported")
    assert t.cell(found, "F", "open").state == "unreadable"


def test_a_base_that_another_module_replaces_is_told() -> None:
    found = read(
        "from . import help\nclass D(help.Base):\n    def open(self): work()\n", "from . import help\nhelp.Base = 1\n"
    )
    assert t.problems(found, "unresolved-base")
