"""Interfaces that are dicts of capability flags: literals, copies, changes on ``self``, conditions."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import told

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config.value import Columns

BASE = """
class Driver:
    caps = {
        "on": True,  # 0.5.0
        "off": False,
        "none": None,
        "other": False,
    }
"""


def flags(source: str, files: dict[str, str] | None = None, base: str = BASE, **keys: Any) -> Catalogue:
    tree = {"lib/__init__.py": "", "lib/base.py": base, "lib/d.py": "from .base import Driver\n" + t.dedented(source)}
    return t.catalogue({**tree, **(files or {})}, t.interface("lib/base.py:Driver.caps", kind="flags", **keys))


def in_init(*lines: str, base: str = "Driver") -> str:
    return f"class D({base}):\n    def __init__(self):\n" + "".join(f"        {line}\n" for line in lines)


# id -> source of driver D, flag, "state how spans"
CELLS = {
    "true": ("class D(Driver):\n    caps = {\n        'off': True,  # 1.0\n    }", "off", "supported own 1.0"),
    "true, next": ("class D(Driver):\n    caps = {\n        'off': True,  # next\n    }", "off", "next own next"),
    "true, unannotated": ("class D(Driver):\n    caps = {'off': True}", "off", "unannotated own"),
    "true, removed": ("class D(Driver):\n    caps = {'off': True}  # 1.0 - 2.0", "off", "removed own 1.0 - 2.0"),
    "true, near miss": ("class D(Driver):\n    caps = {'off': True}  # TBD", "off", "unreadable own"),
    "false": ("class D(Driver):\n    caps = {'on': False}", "on", "unsupported stub"),
    "false, removed": ("class D(Driver):\n    caps = {'on': False}  # 1.0 - 2.0", "on", "removed stub 1.0 - 2.0"),
    "false, open span": ("class D(Driver):\n    caps = {'on': False}  # 1.0", "on", "unsupported stub 1.0"),
    "None": ("class D(Driver):\n    caps = {'on': None}", "on", "unsupported stub"),
    "an expression": ("class D(Driver):\n    caps = {'on': find()}  # 1.0", "on", "conditional own 1.0"),
    "an expression, unannotated": ("class D(Driver):\n    caps = {'on': HAS_IT}", "on", "unannotated own"),
    "a number": ("class D(Driver):\n    caps = {'on': 1}  # 1.0", "on", "conditional own 1.0"),
    "absent": ("class D(Driver):\n    caps = {}", "on", "unsupported absent"),
    "default": ("class D(Driver):  # 1.0\n    pass", "on", "supported default 1.0"),
    "default, no class line": ("class D(Driver): pass", "on", "unannotated default"),
    "default that is false": ("class D(Driver):  # 1.0\n    pass", "off", "unsupported absent"),
    "inherited": ("class B(Driver):\n    caps = {'off': True}  # 0.5\nclass D(B):  # 1.0\n    pass", "off", "supported inherited 1.0"),
    "inherited, false": ("class B(Driver):\n    caps = {'on': False}\nclass D(B):  # 1.0\n    pass", "on", "unsupported stub"),
    "inherited, an expression": ("class B(Driver):\n    caps = {'on': X}  # 0.5\nclass D(B):  # 1.0\n    pass", "on", "conditional inherited 1.0"),
    "hidden by the own dict": ("class B(Driver):\n    caps = {'off': True}  # 0.5\nclass D(B):  # 1.0\n    caps = {}", "off", "unsupported absent"),
    "copied": ("class D(Driver):  # 1.0\n    caps = dict(Driver.caps,\n        off=True)  # 1.0", "off", "supported own 1.0"),
    "copied, from the interface": ("class D(Driver):  # 1.0\n    caps = dict(Driver.caps, off=True)", "on", "supported default 1.0"),
    "copied from a base": ("class B(Driver):\n    caps = {'off': True}  # 0.5\nclass D(B):  # 1.0\n    caps = {**B.caps, 'none': True}", "off", "supported inherited 1.0"),
    "copied from a base that inherits it": ("class A(Driver):\n    caps = {'off': True}  # 0.5\nclass B(A): pass\nclass D(B):  # 1.0\n    caps = {**B.caps, 'none': True}", "off", "supported inherited 1.0"),
    "copied twice": ("class A(Driver):\n    caps = {'off': True}  # 0.5\nclass B(A):\n    caps = dict(A.caps, none=True)\nclass D(B):  # 1.0\n    caps = dict(B.caps, other=True)", "off", "supported inherited 1.0"),
    "copied from a module": ("COMMON_CAPS = {}\nfrom .more import CAPS\nclass D(Driver):  # 1.0\n    caps = {**CAPS, 'on': True}", "off", "unreadable absent"),
    "copy()": ("class D(Driver):  # 1.0\n    caps = Driver.caps.copy()\n    caps['off'] = True  # 1.0", "off", "supported own 1.0"),
    "changed in the class body": ("class D(Driver):\n    caps = {}\n    caps['off'] = True  # 1.0", "off", "supported own 1.0"),
    "or-assigned in the class body": ("class D(Driver):\n    caps = {}\n    caps |= {'off': True}  # 1.0", "off", "supported own 1.0"),
    "on self": (in_init("self.caps = {'off': True}  # 1.0"), "off", "supported own 1.0"),
    "on self, absent": (in_init("self.caps = {'off': True}"), "on", "unsupported absent"),
    "on self, over the class": ("class D(Driver):\n    caps = {'on': True}  # 0.5\n    def __init__(self):\n        self.caps = {'on': False}", "on", "unsupported stub"),
    "on self of a base, over the class": (
        "class B(Driver):\n    def __init__(self):\n        self.caps = {'off': True}  # 0.5\nclass D(B):  # 1.0\n    caps = {'off': False}",
        "off",
        "supported inherited 1.0",
    ),
    "updated": (in_init("self.caps.update({'off': True})  # 1.0"), "off", "supported own 1.0"),
    "updated by keyword": (in_init("self.caps.update(off=True)  # 1.0"), "off", "supported own 1.0"),
    "updated, the rest is the interface's": ("class D(Driver):  # 1.0\n    def __init__(self):\n        self.caps.update(off=True)", "on", "supported default 1.0"),
    "one key": (in_init("self.caps['off'] = True  # 1.0"), "off", "supported own 1.0"),
    "the last change counts": (in_init("self.caps['off'] = True  # 1.0", "self.caps['off'] = False"), "off", "unsupported stub"),
    "changed before it is replaced": (in_init("self.caps['off'] = True  # 1.0", "self.caps = {}"), "off", "unsupported absent"),
    "copied on self": (in_init("self.caps = dict(self.caps, off=True)  # 1.0"), "off", "supported own 1.0"),
    "copied on self from super": ("class D(Driver):  # 1.0\n    def __init__(self):\n        self.caps = dict(super().caps, off=True)", "on", "supported default 1.0"),
    "updated by a base": (
        "class B(Driver):\n    def __init__(self):\n        self.caps.update(off=True)  # 0.5\nclass D(B):  # 1.0\n    pass",
        "off",
        "supported inherited 1.0",
    ),
    "updated by a base, over the class": (
        "class B(Driver):\n    def __init__(self):\n        self.caps.update(off=True)  # 0.5\nclass D(B):  # 1.0\n    caps = {'off': False}",
        "off",
        "supported inherited 1.0",
    ),
    "updated by a base and replaced": (
        "class B(Driver):\n    def __init__(self):\n        self.caps.update(off=True)  # 0.5\nclass D(B):  # 1.0\n    def __init__(self):\n        super().__init__()\n        self.caps = {}",
        "off",
        "unsupported absent",
    ),
    "under a condition": (in_init("if X:", "    self.caps['off'] = True  # 1.0"), "off", "conditional own 1.0"),
    "false under a condition": ("class D(Driver):  # 1.0\n    def __init__(self):\n        if X:\n            self.caps['on'] = False", "on", "conditional default 1.0"),
    "true under a condition over true": ("class D(Driver):\n    caps = {'on': True}  # 1.0\n    def __init__(self):\n        if X:\n            self.caps['on'] = True  # 1.0", "on", "supported own 1.0"),
    "in both branches": (in_init("if X:", "    self.caps = {'off': True}  # 1.0", "else:", "    self.caps = {'off': True}  # 1.0"), "off", "supported own 1.0"),
    "in one branch": (in_init("if X:", "    self.caps = {'off': True}  # 1.0", "else:", "    self.caps = {'other': True}  # 1.0"), "off", "conditional own 1.0"),
    "in the other branch": (in_init("if X:", "    self.caps = {'off': True}  # 1.0", "else:", "    self.caps = {'other': True}  # 1.0"), "other", "conditional own 1.0"),
    "in another method": ("class D(Driver):\n    def setup(self):\n        self.caps['off'] = True  # 1.0", "off", "conditional own 1.0"),
    "behind a return": (in_init("if X:", "    return", "self.caps['off'] = True  # 1.0"), "off", "conditional own 1.0"),
    "class attribute under a condition": ("class D(Driver):\n    if X:\n        caps = {'off': True}  # 1.0", "off", "conditional own 1.0"),
    "external base before": ("import vendor\nclass D(vendor.B, Driver):  # 1.0\n    pass", "on", "unreadable absent"),
    "external base before, own": ("import vendor\nclass D(vendor.B, Driver):  # 1.0\n    caps = {'on': True}  # 1.0", "on", "supported own 1.0"),
    "external base behind": ("import vendor\nclass D(Driver, vendor.B):  # 1.0\n    pass", "on", "supported default 1.0"),
    "made by a call": ("class D(Driver):\n    caps = make()", "on", "unreadable absent"),
    "made by a base's call": ("class B(Driver):\n    caps = make()\nclass D(B):\n    pass", "on", "unreadable absent"),
    "updated from a call": (in_init("self.caps.update(make())"), "on", "unreadable absent"),
    "updated from a call, set behind": (in_init("self.caps.update(make())", "self.caps['on'] = True  # 1.0"), "on", "supported own 1.0"),
    "taken out": (in_init("del self.caps['on']"), "on", "unreadable absent"),
    "popped": (in_init("self.caps.pop('on')"), "on", "unreadable absent"),
    "a property": ("class D(Driver):\n    @property\n    def caps(self):\n        return {'on': True}", "on", "unreadable absent"),
    "set by name": (in_init("setattr(self, 'caps', make())"), "off", "unreadable absent"),
    "changed from outside": ("class D(Driver):\n    caps = {}\nD.caps['on'] = True", "on", "unreadable absent"),
    "keys that are no literals": ("class D(Driver):\n    caps = {ON: True}", "on", "unreadable absent"),
    "starts from what is not there": ("class D(Driver):\n    caps = dict(GONE, off=True)", "on", "unreadable absent"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "flag", "wanted"), CELLS.values(), ids=CELLS.keys())
def test_cell(source: str, flag: str, wanted: str) -> None:
    cell = t.cell(flags(source), "D", flag)
    assert f"{cell.state} {cell.how} {t.spans(cell)}".strip() == wanted


def test_flags_are_the_keys_of_the_interface() -> None:
    assert [entry.name for entry in flags("class D(Driver): pass").interfaces[0].entries] == [
        "on",
        "off",
        "none",
        "other",
    ]


def test_the_expression_of_a_conditional_flag_is_its_note() -> None:
    assert t.cell(flags("class D(Driver):\n    caps = {'on': find( 1 )}  # 1.0"), "D", "on").note == "find(1)"
    assert t.cell(flags(in_init("if X > 1:", "    self.caps['off'] = True  # 1.0")), "D", "off").note == "X > 1"


PROBLEMS = {
    "unknown flag": ("class D(Driver):\n    caps = {'of': True}", {}, ["unknown-entry lib/d.py:3 interface Driver.caps has no entry 'of'"]),
    "unknown flag of a base": ("class B(Driver):\n    caps = {'of': True}\nclass D(B): pass", {}, ["unknown-entry lib/d.py:3 interface Driver.caps has no entry 'of'"]),
    "unknown flag on self": (in_init("self.caps['of'] = True"), {}, ["unknown-entry lib/d.py:4 interface Driver.caps has no entry 'of'"]),
    "extension": ("class D(Driver):\n    caps = {'ex': True}", {"extensions": ("ex",)}, []),
    "excluded": ("class D(Driver):\n    caps = {'other': True}", {"exclude": ("other",)}, []),
    "twice": ("class D(Driver):\n    caps = {'on': False,\n        'on': False}", {}, ["duplicate lib/d.py:4 'on' stands twice in caps; Python keeps this one"]),
    "made by a call": ("class D(Driver):\n    caps = make()", {}, ["unreadable lib/d.py:3 the table is made by a call: make()"]),
    "made by a base's call": ("class B(Driver):\n    caps = make()\nclass D(B): pass", {}, ["unreadable lib/d.py:3 the table is made by a call: make()"]),
    "made by a call and declared": ("class D(Driver):\n    caps = make()", {"dynamic": {"lib.d:D.caps": "why"}}, []),
    "a property": ("class D(Driver):\n    @property\n    def caps(self): ...", {}, ["unreadable lib/d.py:4 caps is made at run time by a function"]),
    "a property and declared": ("class D(Driver):\n    @property\n    def caps(self): ...", {"dynamic": {"lib.d:D.caps": "why"}}, []),
    "set by name": (in_init("setattr(self, 'caps', x)"), {}, ["unreadable lib/d.py:4 setattr() changes the class or its instances at run time"]),
    "something else set by name": (in_init("setattr(self, 'x', x)"), {}, []),
    "changed from outside": ("class D(Driver): pass\nD.caps.update(on=True)", {}, ["unreadable lib/d.py:3 'caps' is changed from outside the class"]),
    "starts from what is not there": ("class D(Driver):\n    caps = dict(GONE, on=True)", {}, ["unreadable lib/d.py:3 caps starts from GONE, which cannot be found"]),
    "keys that are no literals": ("class D(Driver):\n    caps = {ON: True}", {}, ["unreadable lib/d.py:3 the key ON is not a string literal"]),
    "a list": ("class D(Driver):\n    caps = ['on']", {}, ["unreadable lib/d.py:3 a value without a key"]),
    "a local variable": (in_init("caps = make()", "self.caps.update(on=False)"), {}, []),
    "external": ("import vendor\nclass D(vendor.B, Driver): pass", {}, ["unresolved-base lib/d.py:3 class D: its base vendor.B is outside the tree and may bring entries of its own"]),
}  # fmt: skip


@pytest.mark.parametrize("owner", ["self", "cls", "Driver", "super()"])
def test_a_copy_starts_from_what_its_name_means(owner: str) -> None:
    """In a method ``self`` and ``cls`` mean what the class itself has."""
    source = "class Mid(Driver):  # 1.0\n    caps = dict(Driver.caps, none=True)  # 1.0\n"
    source += (
        f"class D(Mid):  # 1.0\n    def __init__(self):\n        self.caps = dict({owner}.caps, off=True)  # 2.0\n"
    )
    found = t.row(flags(source, columns=Columns("all")), "D")
    assert (found["off"], found["on"]) == ("supported own", "supported default")
    assert found["none"] == ("unsupported absent" if owner == "Driver" else "supported inherited")


@pytest.mark.parametrize(("source", "keys", "wanted"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_problem(source: str, keys: dict[str, Any], wanted: list[str], request: pytest.FixtureRequest) -> None:
    found = flags(source, **keys)
    assert t.problems(found) == wanted
    told.compare(request, found.problems)


def test_a_dict_of_a_module() -> None:
    tree = {
        "lib/base.py": "FLAGS = {\n    'on': True,\n    'off': False,\n}\n",
        "lib/d.py": "FLAGS = {\n    'on': True,  # 1.0\n    'of': True,  # 1.0\n}\n",
    }
    found = t.catalogue(tree, t.interface("lib/base.py:FLAGS", kind="flags", drivers=("lib/d.py",), tables=("FLAGS",)))
    assert t.row(found, "FLAGS") == {"on": "supported own", "off": "unsupported absent"}
    assert t.problems(found) == ["unknown-entry lib/d.py:3 interface FLAGS has no entry 'of'"]


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("lib/base.py:Driver.cap", "there is no 'Driver.cap' in lib/base.py"),
        ("lib/base.py:Drivers.caps", "there is no 'Drivers.caps' in lib/base.py"),
        ("lib/gone.py:Driver.caps", "interface 'driver' cannot be found: no such file"),
    ],
)
def test_flags_that_are_not_there(at: str, message: str) -> None:
    found = t.catalogue({"lib/base.py": BASE}, t.interface(at, kind="flags"))
    assert [problem.message for problem in found.problems] == [message]


def test_the_interface_itself_cannot_be_read() -> None:
    found = flags("class D(Driver): pass", base="class Driver:\n    caps = {**MORE, ON: True, 'a': True}")
    assert t.problems(found) == [
        "unreadable lib/base.py:2 the interface starts from MORE, which cannot be found",
        "unreadable lib/base.py:2 the key ON is not a string literal",
    ]


def test_the_keys_of_an_interface_that_starts_from_another_dict() -> None:
    base = "class Root:\n    caps = {'a': False, 'b': False}\nclass Driver(Root):\n    caps = {**Root.caps, 'c': False, 'a': True}"
    found = flags("class D(Driver):\n    caps = {'b': True}  # 1.0", base=base)
    assert [entry.name for entry in found.interfaces[0].entries] == ["a", "b", "c"]
    assert t.problems(found) == []


def test_columns_all_counts_inner_classes() -> None:
    source = "class B(Driver):\n    caps = {'off': True}  # 1.0\nclass D(B): pass"
    assert t.ids(flags(source, columns=Columns("all"))) == ["lib.d:B", "lib.d:D"]


FEATURES = """
class Features:
    supports_json = False
    supports_cte = True  # 1.0
    supports_joins: bool = False
    max_size = None
    label = "x"

    def helper(self):
        return 1
"""
BACKENDS = """
import os

class A(Features):  # 1.1
    supports_json = True  # 1.1

class B(A):  # 1.2
    supports_cte = False
    supports_joins = os.name == "posix"  # 1.2

class C(B):  # 1.3
    supports_json = False

    @property
    def supports_joins(self):  # 1.3
        return self.big

class D(Features):  # 1.0
    def __init__(self):
        self.supports_json = work()
"""


def features(source: str = BACKENDS, base: str = FEATURES, at: str = "lib/base.py:Features") -> Catalogue:
    config = t.interface(at=at, kind="flags", columns=t.Columns("all"))
    files = {"lib/__init__.py": "", "lib/base.py": base, "lib/drivers.py": f"from .base import *\n{source}"}
    return t.catalogue(files, config)


def test_flags_may_be_attributes_of_a_class() -> None:
    found = features()
    assert {name: t.row(found, name) for name in "ABCD"} == {
        "A": {"supports_json": "supported own", "supports_cte": "supported default", "supports_joins": "unsupported absent"},
        "B": {"supports_json": "supported inherited", "supports_cte": "unsupported stub", "supports_joins": "conditional own"},
        "C": {"supports_json": "unsupported stub", "supports_cte": "unsupported stub", "supports_joins": "conditional own"},
        "D": {"supports_json": "unreadable absent", "supports_cte": "supported default", "supports_joins": "unsupported absent"},
    }  # fmt: skip
    assert t.spans(t.cell(found, "A", "supports_cte")) == "1.1", "since the driver"
    assert t.spans(t.cell(found, "B", "supports_json")) == "1.2"
    assert t.cell(found, "B", "supports_joins").note == "os.name == 'posix'"
    assert t.cell(found, "C", "supports_joins").note == "supports_joins()"
    assert t.problems(found) == ["unreadable lib/drivers.py:21 'supports_json' is assigned on the instance at run time"]


def test_a_class_with_both_has_an_interface_of_each() -> None:
    base = FEATURES.replace("class Features:", "class Features:\n    caps = {'fast': False}")
    source = "class A(Features):  # 1.0\n    caps = {'fast': True}  # 1.0\n    supports_json = True  # 1.0\n"
    assert t.row(features(source, base), "A")["supports_json"] == "supported own"
    assert t.row(features(source, base, "lib/base.py:Features.caps"), "A") == {"fast": "supported own"}


@pytest.mark.parametrize(
    ("kind", "name"), [("flags", "make"), ("class", "make"), ("class", "MADE"), ("table", "make"), ("table", "MADE")]
)
def test_what_is_there_and_is_something_else_is_told_as_such(kind: str, name: str) -> None:
    wanted = {
        "flags": "a dict literal, or a class with attributes that are True or False",
        "class": "a class",
        "table": "a class or struct",
    }
    files = {"lib/__init__.py": "", "lib/base.py": "def make(): return 1\nMADE = make()\n"}
    (problem,) = t.catalogue(files, t.interface(f"lib/base.py:{name}", kind=kind)).problems
    assert problem.message == f"{name!r} in lib/base.py is not {wanted[kind]}"
