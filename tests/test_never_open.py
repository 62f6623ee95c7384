"""Promise 1 and promise 2 on forms that are easy to miss: nothing vanishes, and what can only raise is no support."""

from __future__ import annotations

import pytest
import tree_builder as t

TYPE = """
from dataclasses import dataclass
from typing import TypedDict


@dataclass
class Ops:
    open: object = None
    close: object = None


class Net(TypedDict, total=False):
    open: object
    close: object
"""

HEAD = "from .base import Net, Ops\n\n\ndef f():\n    work()\n\n\n"

TABLES = {
    "an alias of the type": ("Ops", "Y = Ops\nX = Y(open=f)  # 1.0.0", ["X"], []),
    "a class that derives from the type": ("Ops", "class S(Ops): pass\nX = S(open=f)", ["X"], []),
    "partial": (
        "Ops",
        "import functools\nmake = functools.partial(Ops, open=f)",
        [],
        ["unreadable lib/d.py:9 a table of type Ops is made at run time"],
    ),
    "a type of that name which nobody has": (
        "Ops",
        "from elsewhere import Ops as Z\nX = Z(open=f)",
        [],
        ["unreadable lib/d.py:9 Z is called like the table type, and cannot be found: elsewhere.Ops"],
    ),
    "an attribute set afterwards": (
        "Ops",
        "X = Ops(open=f)\nX.close = f",
        ["X"],
        ["unreadable lib/d.py:9 X is changed after it was made"],
    ),
    "an item set afterwards": (
        "Net",
        "X: Net = {'open': f}\nX['close'] = f",
        ["X"],
        ["unreadable lib/d.py:9 X is changed after it was made"],
    ),
    "a typed dict called with a dict": ("Net", "X = Net({'close': f})", ["X"], []),
    "a typed dict called with another one": (
        "Net",
        "X = Net({'open': f})\nY = Net(X, close=f)",
        ["X", "Y"],
        ["unreadable lib/d.py:9 the table starts from a value that cannot be read here"],
    ),
    "dict() with a declared type": ("Net", "X: Net = dict(close=f)", ["X"], []),
    "a comprehension with a declared type": (
        "Net",
        "X: Net = {k: f for k in ('open',)}",
        ["X"],
        ["unreadable lib/d.py:8 the table is made by an expression: {k: f for k in ('open',)}"],
    ),
    "a list of tables": (
        "Net",
        "X: list[Net] = [{'open': f}]",
        [],
        ["unreadable lib/d.py:8 a table of type Net is made at run time"],
    ),
    "another name for a table is no table": ("Ops", "X = Ops(open=f)\nY: Ops = X", ["X"], []),
}


@pytest.mark.parametrize(("kind", "source", "columns", "problems"), TABLES.values(), ids=TABLES)
def test_table(kind: str, source: str, columns: list[str], problems: list[str]) -> None:
    found = t.catalogue(
        {"lib/__init__.py": "", "lib/base.py": TYPE, "lib/d.py": HEAD + source},
        t.interface(f"lib/base.py:{kind}", kind="table", drivers=("lib/d.py",)),
    )
    assert [each.rpartition(":")[2] for each in t.ids(found)] == columns
    assert [each for each in t.problems(found) if not each.startswith("config")] == problems


def test_a_typed_dict_called_with_a_dict_keeps_its_names() -> None:
    found = t.catalogue(
        {"lib/__init__.py": "", "lib/base.py": TYPE, "lib/d.py": HEAD + "X = Net({'close': f})"},
        t.interface("lib/base.py:Net", kind="table", drivers=("lib/d.py",)),
    )
    assert t.row(found, "X") == {"open": "unsupported absent", "close": "unannotated own"}


STUBS = {
    "both branches raise": "if g: raise NotImplementedError('a')\n        else: raise NotImplementedError('b')",
    "a raise before a raise": "if g: raise NotImplementedError\n        raise NotImplementedError",
    "a line in the log first": "LOG.warning('no')\n        raise NotImplementedError()",
    "a logger of the instance": "self._logger.info('no')\n        raise NotImplementedError()",
    "inside with": "with lock: raise NotImplementedError",
    "an exception that derives from it": "raise Mine()",
}

WORK = {
    "one branch works": "if g: raise NotImplementedError\n        return work()",
    "branches raise different things": "if g: raise NotImplementedError\n        else: raise ValueError",
    "what is raised may be swallowed": "with quiet: raise NotImplementedError\n        work()",
    "a call before the raise": "work()\n        raise NotImplementedError",
    "only a line in the log": "LOG.warning('no')",
    "another exception": "raise Other()",
}

DRIVER = """
class Mine(NotImplementedError): pass
class Other(Exception): pass
class D(Driver):  # 1.0.0
    def open(self, g):  # 1.0.0
        {}
"""


@pytest.mark.parametrize("body", STUBS.values(), ids=STUBS)
def test_what_can_only_raise_is_a_stub(body: str) -> None:
    assert t.cell(t.drivers(DRIVER.format(body)), "D", "open").how == "stub"


@pytest.mark.parametrize("body", WORK.values(), ids=WORK)
def test_what_does_some_work_is_no_stub(body: str) -> None:
    assert t.cell(t.drivers(DRIVER.format(body)), "D", "open").how == "own"


HIDDEN = {
    "exec": ("class D(Driver):  # 1.0.0\n    exec('x = 1')", "exec() in the class body may make entries"),
    "locals": ("class D(Driver):  # 1.0.0\n    locals().update(open=1)", "locals() in the class body may make entries"),
    "eval": ("class D(Driver):  # 1.0.0\n    eval('open')", "eval() in the class body may make entries"),
    "vars": ("class D(Driver):  # 1.0.0\n    vars().update(open=1)", "vars() in the class body may make entries"),
    "a decorator": (
        "@add_methods\nclass D(Driver):  # 1.0.0\n    pass",
        "the class decorator add_methods may add or replace entries",
    ),
}


@pytest.mark.parametrize(("source", "message"), HIDDEN.values(), ids=HIDDEN)
def test_what_may_make_entries_leaves_no_blank_cell(source: str, message: str) -> None:
    found = t.drivers(source)
    assert [each for each in t.problems(found, "unreadable") if message in each]
    assert t.cell(found, "D", "open").state == "unreadable"


@pytest.mark.parametrize("decorator", ["dataclass", "functools.total_ordering", "typing.final"])
def test_decorators_that_leave_methods_alone(decorator: str) -> None:
    assert t.problems(t.drivers(f"@{decorator}\nclass D(Driver):  # 1.0.0\n    pass"), "unreadable") == []


def test_a_metaclass_may_make_entries() -> None:
    found = t.drivers("class D(Driver, metaclass=Meta):  # 1.0.0\n    pass")
    assert t.problems(found, "unreadable") == [
        "unreadable lib/drivers.py:2 the metaclass Meta may add or replace entries"
    ]
    assert t.cell(found, "D", "open").state == "unreadable"


def test_abcmeta_makes_none() -> None:
    found = t.drivers("import abc\nclass D(Driver, metaclass=abc.ABCMeta):  # 1.0.0\n    pass")
    assert t.problems(found) == []


BROKEN = {
    "a class of itself": "class D(D, Driver):  # 1.0.0\n    pass",
    "an order that contradicts itself": "class A(Driver): pass\nclass D(Driver, A):  # 1.0.0\n    pass",
}


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_bases_that_python_would_refuse_leave_no_blank_cell(source: str) -> None:
    found = t.drivers(source)
    assert t.problems(found, "unresolved-base")
    assert t.cell(found, "D", "close").state == "unreadable"


def test_a_base_called_like_the_interface_outside_the_tree_is_not_passed_over() -> None:
    files = {
        "lib/__init__.py": "",
        "lib/base.py": t.BASE,
        "lib/one.py": "from .base import Driver\nclass One(Driver):  # 1.0.0\n    pass",
        "lib/two.py": "from mylib.base import Driver\nclass Two(Driver):  # 1.0.0\n    pass",
    }
    assert t.problems(t.catalogue(files), "unresolved-base") == [
        "unresolved-base lib/two.py:2 class Two: its base mylib.base.Driver is called like the interface, "
        "and is outside the tree"
    ]
    declared = t.interface(external={"mylib.base.Driver": "the class of another library"})
    assert t.problems(t.catalogue(files, declared)) == []


def test_a_nested_class_of_a_base_is_found() -> None:
    found = t.drivers(
        """
        class Home:
            class Part(Driver): pass
        class Second(Home): pass
        class D(Second.Part):  # 1.0.0
            pass
        """
    )
    assert "lib.drivers:D" in t.ids(found)
    assert t.problems(found) == []


def test_a_class_made_from_an_expression_has_a_name_that_stays() -> None:
    source = "def make(b):\n    return type(b.__name__, (Driver,), {})\n"
    problems = t.problems(t.drivers(source))
    assert problems and not any("0x" in each for each in problems)
    assert problems == t.problems(t.drivers(source))
