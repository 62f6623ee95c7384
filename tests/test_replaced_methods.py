"""What runs may not be what stands in the class: decorators, names bound to None, ``super`` of another class."""

from __future__ import annotations

import pytest
import tree_builder as t

NO = "def no(f):\n    def wrapper(*a):\n        raise NotImplementedError\n    return wrapper\n"
WHY = (
    "def no(why):\n    def decorate(f):\n        @functools.wraps(f)\n        def wrapper(*a):\n"
    "            raise NotImplementedError(why)\n        return wrapper\n    return decorate\n"
)
LAMBDA = "def by_backend(f):\n    return lambda self: self._backend.go(f.__name__)\n"
RETRY = (
    "def retry(f):\n    @functools.wraps(f)\n    def wrapper(*a):\n        if not a: raise NotImplementedError\n"
    "        return f(*a)\n    return wrapper\n"
)
KEPT = (
    "ALL = []\ndef kept(f):\n    ALL.append(f)\n    def wrapper(*a):\n        return ALL[0](*a)\n    return wrapper\n"
)
CLASS = "class no:\n    def __init__(self, f): self.f = f\n    def __call__(self, *a): raise NotImplementedError\n"
CALLS = "class calls:\n    def __init__(self, f): self.f = f\n    def __call__(self, *a): return self.f(*a)\n"
MARKS = "def needed(f):\n    f.__isabstractmethod__ = True\n    return f\n"
WRAPS = "import abc\ndef needed(f):\n    return abc.abstractmethod(f)\n"
WORK, REFUSE = "return work()", "raise NotImplementedError"
NONE = "NOPE = None\n"
MAYBE = "try:\n    from fast import f\nexcept ImportError:\n    f = None\n"

#: id -> what stands above the class, what in it, and what the entry is.
METHODS = {
    "refuses whatever it is": (NO, f"@no\n    def open(self): {WORK}", "stub"),
    "refuses with a reason": (WHY, f"@no('x')\n    def open(self): {WORK}", "stub"),
    "refuses below another": (NO + RETRY, f"@retry\n    @no\n    def open(self): {WORK}", "stub"),
    "an object that refuses": (CLASS, f"@no\n    def open(self): {WORK}", "stub"),
    "an object that gives what refuses": (
        f"class Deco:\n    def __call__(self, f):\n        def wrapper(*a): {REFUSE}\n        return wrapper\n"
        "no = Deco()\n",
        f"@no\n    def open(self): {WORK}",
        "stub",
    ),
    "an object that is made there": (
        f"class Deco:\n    def __call__(self, f):\n        def wrapper(*a): {REFUSE}\n        return wrapper\n",
        f"@Deco()\n    def open(self): {WORK}",
        "stub",
    ),
    "a method of a class": (
        f"class Deco:\n    @staticmethod\n    def no(f):\n        def wrapper(*a): {REFUSE}\n        return wrapper\n",
        f"@Deco.no\n    def open(self): {WORK}",
        "stub",
    ),
    "refuses under its name by a call": (
        f"def no(f):\n    def wrapper(*a): {REFUSE}\n    return functools.wraps(f)(wrapper)\n",
        f"@no\n    def open(self): {WORK}",
        "stub",
    ),
    "refuses by a call behind the method": (NO, f"def open(self): {WORK}\n    open = no(open)", "stub"),
    "calls it by a call behind the method": (RETRY, f"def open(self): {WORK}\n    open = retry(open)", "own"),
    "refuses by a call of another method": (NO, f"def _go(self): {WORK}\n    open = no(_go)", "stub"),
    "does the work itself": (LAMBDA, f"@by_backend\n    def open(self): {REFUSE}", "own"),
    "calls what works": (RETRY, f"@retry\n    def open(self): {WORK}", "own"),
    "calls what refuses": (RETRY, f"@retry\n    def open(self): {REFUSE}", "stub"),
    "keeps what refuses and calls it later": (KEPT, f"@kept\n    def open(self): {REFUSE}", "stub"),
    "an object that calls it": (CALLS, f"@calls\n    def open(self): {WORK}", "own"),
    "outside the tree": ("", f"@tenacity.retry\n    def open(self): {REFUSE}", "stub"),
    "a hook that refuses": (NO, f"def open(self): return self._go()\n    @no\n    def _go(self): {WORK}", "stub"),
    "marks it as abstract": (MARKS, "@needed\n    def open(self): pass", "stub"),
    "makes it abstract": (WRAPS, "@needed\n    def open(self): pass", "stub"),
    "abstract by another name": ("from abc import abstractmethod as a\n", "@a\n    def open(self): pass", "stub"),
    "abstract and works": (MARKS, f"@needed\n    def open(self): {WORK}", "own"),
    "only overloads": ("from typing import overload\n", "@overload\n    def open(self, x: int): ...", "stub"),
    "overloads and a body": (
        "from typing import overload\n",
        f"@overload\n    def open(self, x: int): ...\n    def open(self, x): {WORK}",
        "own",
    ),
    "made by a function": (NO, "open = no(1)", "stub"),
    "made by a function with a reason": (
        "def stub(why):\n    def f(self): raise NotImplementedError(why)\n    return f\n",
        "open = stub('x')",
        "stub",
    ),
    "made by a function and works": ("def go(x):\n    return lambda self: work(x)\n", "open = go(1)", "own"),
    "an object that refuses to be read": (
        "class No:\n    def __get__(self, one, owner): raise NotImplementedError\n",
        "open = No()",
        "stub",
    ),
    "an object that refuses to be called": (
        "class No:\n    def __call__(self): raise NotImplementedError\n",
        "open = No()",
        "stub",
    ),
    "an object that is called": (f"class Go:\n    def __call__(self): {WORK}\n", "open = Go()", "own"),
    "None by a name": (NONE, "open = NOPE", "stub"),
    "None from another module": ("from .other import NOPE\n", "open = NOPE", "stub"),
    "None of another module": ("from . import other\n", "open = other.NOPE", "stub"),
    "a stub of another module": ("from . import other\n", "open = other.no", "stub"),
    "super behind another class": (
        f"class A(Driver):\n    def open(self): {REFUSE}\nclass B(A):\n    def open(self): {WORK}\n",
        "def open(self): return super(B, self).open()",
        "stub",
    ),
    "super behind the class above another": (
        f"class A(Driver):\n    def open(self): {WORK}\nclass B(A):\n    def open(self): {REFUSE}\n",
        "def open(self): return super(B, self).open()",
        "own",
    ),
    "a class that gives back what it is given": (
        "class no:\n    def __new__(cls, f): return f\n    def __call__(self, *a): raise NotImplementedError\n",
        f"@no\n    def open(self): {WORK}",
        "own",
    ),
    "a class that its metaclass calls": (
        "class Meta(type):\n    def __call__(cls, f): return f\n"
        "class no(metaclass=Meta):\n    def __call__(self, *a): raise NotImplementedError\n",
        f"@no\n    def open(self): {WORK}",
        "own",
    ),
    "refuses behind the second of two": (
        NO,
        f"def open(self): {WORK}\n    def open(self): return 2\n    open = no(open)",
        "stub",
    ),
    "its name stands for another object": (
        "",
        f"def _go(self): {REFUSE}\n    def open(self):\n        self = OTHER\n        return self._go()",
        "own",
    ),
    "super behind itself": (
        f"class B(Driver):\n    def open(self): {REFUSE}\n",
        "def open(self): return super(D, self).open()",
        "stub",
    ),
}


@pytest.mark.parametrize(("head", "body", "how"), METHODS.values(), ids=METHODS)
def test_what_runs(head: str, body: str, how: str) -> None:
    base = "B" if "class B" in head else "Driver"
    source = f"from .base import Driver\nimport functools\n{head}class D({base}):\n    {body}\n"
    other = f"NOPE = None\ndef no(self): {REFUSE}\n"
    files = {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/other.py": other, "lib/drivers.py": source}
    found = t.catalogue(files, t.interface(drivers=("lib/drivers.py",)))
    assert t.cell(found, "D", "open").how == how
    assert [each for each in t.problems(found) if not each.startswith("duplicate")] == []


#: What binds a name to None, or to something else, and whether it depends on a condition what it is.
BOUND = {
    "where an import fails": (MAYBE, "conditional own"),
    "a function behind it, by a condition": (f"f = None\nif FLAG:\n    def f(self): {WORK}\n", "conditional own"),
    "a function behind it": (f"f = None\ndef f(self): {WORK}\n", "supported own"),
    "what a text binds": ("f = None\nexec('f = len')\n", "conditional own"),
    "what the namespace is given": ("f = None\nglobals()['f'] = len\n", "conditional own"),
}


@pytest.mark.parametrize(("head", "cell"), BOUND.values(), ids=BOUND)
def test_what_may_be_none_depends_on_it(head: str, cell: str) -> None:
    found = t.drivers(f"{head}class D(Driver):  # 1.0.0\n    open = f  # 1.0.0\n")
    assert t.row(found, "D")["open"] == cell


#: Whether a decorator under a condition does what the method does.
UNDER = {"refuses": (NO, "conditional own"), "calls it": (RETRY, "supported own")}


@pytest.mark.parametrize(("head", "cell"), UNDER.values(), ids=UNDER)
def test_a_decorator_under_a_condition(head: str, cell: str) -> None:
    name = "no" if head == NO else "retry"
    body = f"    def open(self):  # 1.0.0\n        {WORK}\n    if FLAG:\n        open = {name}(open)\n"
    found = t.drivers(f"import functools\n{head}class D(Driver):  # 1.0.0\n{body}")
    assert t.row(found, "D")["open"] == cell
    assert t.problems(found) == []


#: What an interface does in its own body, and whether it works for a driver that brings nothing.
DEFAULTS = {
    "by another name of itself": ("me = self\n        me._go()\n        return 1", False),
    "behind the interface": ("work()\n        return super(Driver, self)._go()", False),
    "by another name that is bound again": (
        "me = self\n        me = me.inner\n        me._go()\n        return 1",
        True,
    ),
    "by a name that is bound to another object first": (
        "me = x()\n        me._go()\n        me = self\n        return 1",
        True,
    ),
    "a static method": (
        "return 1\n    @builtins.staticmethod\n    def close(me):\n        me._go()\n        return 1",
        True,
    ),
    "in the interface": ("work()\n        return self._done()", True),
}


@pytest.mark.parametrize(("body", "works"), DEFAULTS.values(), ids=DEFAULTS)
def test_what_a_default_uses(body: str, works: bool) -> None:
    base = (
        f"class Root:\n    def _go(self): {REFUSE}\nclass Driver(Root):\n    def _done(self): {WORK}\n"
        f"    def open(self):\n        {body}\n"
    )
    found = t.drivers("class D(Driver):  # 1.0.0\n    pass\n", base=base)
    assert t.cell(found, "D", "open").how == ("default" if works else "absent")


def test_an_interface_that_its_decorator_makes_abstract() -> None:
    base = f"{MARKS}class Driver:\n    @needed\n    def open(self): {WORK}\n"
    assert t.cell(t.drivers("class D(Driver):  # 1.0.0\n    pass\n", base=base), "D", "open").how == "absent"


def test_an_overload_of_a_stub_file_is_a_declaration() -> None:
    head = "from typing import overload\nfrom .base import Driver\nclass D(Driver):\n"
    source = f"{head}    @overload\n    def open(self, x: int): ...\n"
    files = {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/drivers.pyi": source}
    found = t.catalogue(files, t.interface(drivers=("lib/drivers.pyi",)))
    assert t.cell(found, "D", "open").how == "own"


def test_other_names_of_an_entry_are_entries() -> None:
    names = "    start = open\n    begin = start\n    here = there\n    there = here\n"
    base = f"class Driver:\n    def open(self): {WORK}\n{names}"
    found = t.drivers(f"class D(Driver):  # 1.0.0\n    def open(self): {WORK}  # 1.0.0\n", base=base)
    assert t.row(found, "D") == {
        "open": "supported own",
        "start": "unannotated default",
        "begin": "unannotated default",
    }


#: What an interface only raises does no work, whatever it is; what it reads from its class runs no property.
NO_WORK = {
    "another exception": ("    def open(self): raise TypeError('not for this kind')\n", "absent"),
    "a property of the class": (
        "    @property\n    def name(self): raise NotImplementedError\n"
        "    @classmethod\n    def open(cls):\n        return make(cls.name)\n",
        "default",
    ),
    "a property of the class by another name": (
        "    @property\n    def name(self): raise NotImplementedError\n"
        "    @classmethod\n    def open(klass):\n        return make(klass.name)\n",
        "default",
    ),
    "a property of an object that is called like a class": (
        "    @property\n    def name(self): raise NotImplementedError\n"
        "    def open(cls):\n        return make(cls.name)\n",
        "absent",
    ),
    "a property of the object": (
        "    @property\n    def name(self): raise NotImplementedError\n"
        "    def open(self):\n        return make(self.name)\n",
        "absent",
    ),
}


@pytest.mark.parametrize(("base", "how"), NO_WORK.values(), ids=NO_WORK)
def test_what_an_interface_does(base: str, how: str) -> None:
    found = t.drivers("class D(Driver):  # 1.0.0\n    pass\n", base=f"class Driver:\n{base}")
    assert t.cell(found, "D", "open").how == how
