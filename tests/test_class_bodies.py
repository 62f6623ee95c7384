"""What class bodies and methods bind in ways that are seldom seen; bodies that set something up and then refuse."""

from __future__ import annotations

import pytest
import tree_builder as t

BOUND = {
    "a loop": "for open in (f,): pass",
    "with": "with f() as open: pass",
    "match": "match f:\n        case open: pass",
    "a class": "class open: pass",
    "global": "global open\n    def open(self): work()",
    "another name for self": "def __init__(this): this.open = f",
    "an alias of self": "def __init__(self):\n        me = self\n        me.open = f",
    "a function in a method": "def __init__(self):\n        def go(): self.open = f\n        go()",
    "a class method's own name": "@classmethod\n    def setup(klass): klass.open = f",
    "__init_subclass__": "def __init_subclass__(klass): klass.open = f",
    "the class of self": "def __init__(self): self.__class__.open = None",
    "type of self": "def __init__(self): type(self).open = None",
}

REFUSES = {
    "an import": "from os import path\nraise NotImplementedError",
    "a function": "def inner(): work()\nraise NotImplementedError",
    "a class": "class Inner: pass\nraise NotImplementedError",
    "del": "del self\nraise NotImplementedError",
    "global": "global count\nraise NotImplementedError",
    "a count": "x = 1\nx += 1\nraise NotImplementedError",
    "an assertion": "assert self\nraise NotImplementedError",
    "an imported warning": "warn('not here')\nraise NotImplementedError",
    "a print": "print('not here')\nraise NotImplementedError",
    "an import and a warning": "import warnings\nwarnings.warn('not here')\nraise NotImplementedError",
    "what is always true": "if True:\n    raise NotImplementedError\nwork()",
    "what is never true": "if False:\n    work()\nraise NotImplementedError",
    "a traceback": "raise NotImplementedError('x').with_traceback(None)",
    "a method of its class": "return self.__class__.close(self)",
    "a method of its type": "return type(self).close(self)",
}

WORKS = {
    "an import": "from os import path\nreturn path.join()",
    "a function": "def inner(): work()\nreturn inner",
    "what a condition decides": "if self:\n    return work()\nimport os\nraise NotImplementedError",
    "a loop": "import os\nfor x in (1, 2):\n    return work(x)\nraise NotImplementedError",
    "work before": "import os\nwork()\nraise NotImplementedError",
}


@pytest.mark.parametrize("body", BOUND.values(), ids=BOUND)
def test_what_a_class_binds_in_another_way_is_told(body: str) -> None:
    found = t.drivers(f"class D(Driver):  # 1.0.0\n    {body}\n")
    assert t.cell(found, "D", "open").state == "unreadable"
    assert t.problems(found, "unreadable")


def test_a_nested_class_that_is_no_entry_is_left_alone() -> None:
    found = t.drivers("class D(Driver):  # 1.0.0\n    class Meta: pass\n    def __init__(self): self.count = 1\n")
    assert t.problems(found) == []


def method(body: str) -> str:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return f"class D(Driver):  # 1.0.0\n    def open(self):\n{lines}"


@pytest.mark.parametrize("body", REFUSES.values(), ids=REFUSES)
def test_what_refuses_after_it_set_something_up_is_a_stub(body: str) -> None:
    assert t.cell(t.drivers(method(body)), "D", "open").how == "stub"


@pytest.mark.parametrize("body", WORKS.values(), ids=WORKS)
def test_what_works_after_it_set_something_up_is_none(body: str) -> None:
    assert t.cell(t.drivers(method(body)), "D", "open").how == "own"


def test_not_implemented_as_a_value_takes_an_entry_away() -> None:
    found = t.drivers(
        "class Full(Driver):\n    def open(self): work()\nclass D(Full):  # 1.0.0\n    open = NotImplemented\n"
    )
    assert t.cell(found, "D", "open").how == "stub"


REGISTERED = {
    "a call": "class D:  # 1.0.0\n    def open(self): work()\nDriver.register(D)\n",
    "a decorator": "@Driver.register\nclass D:  # 1.0.0\n    def open(self): work()\n",
    "a loop": "class D:  # 1.0.0\n    def open(self): work()\nfor each in (D,): Driver.register(each)\n",
    "with a class below": ("class Mid(Driver): pass\nclass D:  # 1.0.0\n    def open(self): work()\nMid.register(D)\n"),
    "by the metaclass": "import abc\nclass D:  # 1.0.0\n    def open(self): work()\nabc.ABCMeta.register(Driver, D)\n",
}


@pytest.mark.parametrize("source", REGISTERED.values(), ids=REGISTERED)
def test_a_virtual_subclass_is_a_driver_with_what_it_has_itself(source: str) -> None:
    base = "import abc\nclass Driver(abc.ABC):\n    def open(self): raise NotImplementedError\n"
    base += "    def close(self): work()\n"
    found = t.drivers(source, base=base)
    assert t.row(found, "D") == {"open": "unannotated own", "close": "unsupported absent"}
    assert [each for each in t.problems(found) if "close" not in each] == []
