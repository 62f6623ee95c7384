"""Classes that no class statement makes: a driver among them is a column whose cells cannot be read, never none."""

from __future__ import annotations

import pytest
import tree_builder as t

HEAD = "import types\nfrom types import new_class as make\nfrom dataclasses import make_dataclass\n"
HEAD += "class Meta(type): pass\ndef build(*given): return Meta(*given)\ndef f(self): return 1\n"

MADE = {
    "type": 'D = type("D", (Driver,), {"open": f})\n',
    "a metaclass of the tree": 'D = Meta("D", (Driver,), {"open": f})\n',
    "with two bases": 'class Mixin: pass\nD = Meta("D", (Mixin, Driver), dict(open=f))\n',
    "over several lines": 'class Mixin: pass\nD = Meta(\n    "D",\n    (Mixin, Driver),\n    {"open": f},\n)\n',
    "one base over several lines": 'D = Meta(\n    "D",\n    (Driver,),\n    {"open": f},\n)\n',
    "the class of the base": 'D = type(Driver)("D", (Driver,), {"open": f})\n',
    "the class of the base as an attribute": 'D = Driver.__class__("D", (Driver,), {"open": f})\n',
    "new_class": 'D = types.new_class("D", (Driver,), {}, f)\n',
    "new_class by another name": 'D = make("D", (Driver,), {})\n',
    "bases by keyword": 'D = types.new_class("D", bases=(Driver,))\n',
    "all by keyword": 'D = types.new_class(name="D", bases=(Driver,))\n',
    "a dataclass": 'D = make_dataclass("D", ["x"], bases=(Driver,), namespace={"open": f})\n',
    "what type is called by": 'D = type.__call__(type, "D", (Driver,), {"open": f})\n',
    "what type makes objects by": 'D = type.__new__(type, "D", (Driver,), {"open": f})\n',
    "a function": 'D = build("D", (Driver,), {"open": f})\n',
    "exec": 'exec("class D(Driver):\\n    def open(self): return 1")\n',
    "exec in all names of the module": 'exec("class D(Driver):\\n    def open(self): return 1", globals(), locals())\n',
    "exec in its names by keyword": 'exec("class D(Driver):\\n    def open(self): return 1", globals=vars())\n',
    "exec of a pattern": 'exec("class D(Driver):\\n    {} = 1".format("open"))\n',
}


@pytest.mark.parametrize("source", MADE.values(), ids=MADE)
def test_a_class_that_is_made_is_a_column_that_cannot_be_read(source: str) -> None:
    found = t.drivers(HEAD + source)
    assert t.cell(found, "D", "open").state == t.cell(found, "D", "close").state == "unreadable"
    assert ["the class is made at run time by" in each for each in t.problems(found, "unreadable")] == [True]


IN_FUNCTIONS = {
    "type": "def go(name):\n    return type(name, (Driver,), {})\n",
    "a metaclass": "def go(name):\n    return Meta(name, (Driver,), {})\n",
}


@pytest.mark.parametrize("source", IN_FUNCTIONS.values(), ids=IN_FUNCTIONS)
def test_a_class_that_a_function_makes_is_told(source: str) -> None:
    (problem,) = t.problems(t.drivers(HEAD + source), "unreadable")
    assert "derives from the interface and is made in a function" in problem


def test_a_text_that_cannot_be_read_may_define_drivers() -> None:
    (problem,) = t.problems(t.drivers("exec(TEXT)\n"), "unresolved-base")
    assert "what exec() runs is not known" in problem


def test_a_call_in_a_text_that_makes_a_class_is_told() -> None:
    (problem,) = t.problems(t.drivers("exec('D = type(\"D\", (Driver,), {})')\n"), "unreadable")
    assert "derives from the interface and is made in a function" in problem


def test_a_text_that_is_nested_too_deeply_to_run_hides_no_driver() -> None:
    found = t.drivers(f"class D(Driver):  # 1.0.0\n    pass\nexec('{'-' * 60000}1')\n")
    assert t.row(found, "D")["open"] == "unsupported absent" and t.problems(found) == []


def test_what_exec_sets_on_a_driver_is_told() -> None:
    found = t.drivers("class D(Driver):  # 1.0.0\n    pass\nexec('D.open = 1')\n")
    assert t.row(found, "D") == {"open": "unreadable absent", "close": "unsupported absent"}


ALONE = {
    "a thread": 'Thread(None, f, "x", (Driver,), {})\n',
    "what a call is given": 'register("x", (Driver,), {"a": 1})\n',
    "an enumeration": 'import enum\nE = enum.Enum("E", ("A", "B"))\n',
    "a named tuple": 'from collections import namedtuple\nP = namedtuple("P", ("a", "b"))\n',
    "exec in a namespace of its own": "SPACE = {}\nexec(TEXT, SPACE)\n",
    "exec of what defines no class": "exec('def g(): pass')\n",
    "a class without bases": 'E = type("E", (), {})\n',
}


@pytest.mark.parametrize("source", ALONE.values(), ids=ALONE)
def test_other_calls_make_no_driver(source: str) -> None:
    found = t.drivers(f"{HEAD}{source}class D(Driver):  # 1.0.0\n    pass\n")
    assert t.ids(found) == ["lib.drivers:D"] and t.problems(found) == []
