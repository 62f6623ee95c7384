"""Interfaces that are table types or dicts of functions: calls, literals, copies, conditions."""

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

TYPE = """
from dataclasses import dataclass
from typing import Callable, ClassVar, Optional

@dataclass
class Ops:
    name: str
    open: Optional[Callable] = None
    close: Optional[Callable] = None
    read: "Optional[Callable]" = None
    count: ClassVar[int] = 0
    title: str | None = None
"""
HEAD = "import dataclasses\nfrom .ops import Ops\nfrom . import ops\ndef f(): return 1\ndef g(): raise NotImplementedError\n"


def tables(source: str, files: dict[str, str] | None = None, **keys: Any) -> Catalogue:
    tree = {"lib/__init__.py": "", "lib/ops.py": TYPE, "lib/d.py": HEAD + t.dedented(source), **(files or {})}
    config = {"kind": "table", "drivers": ("lib/d.py",), **keys}
    return t.catalogue(tree, t.interface("lib/ops.py:Ops", **config))


def test_annotations_are_kept_once_also_of_tables_that_are_no_drivers() -> None:
    """The rules look at all of them, and each finding is told once."""
    found = tables(
        "T = Ops(\n    open=f,  # 1.0\n)\nU = Ops(\n    open=f,  # 2.0\n)", not_drivers={"lib/d.py:U": "old"}
    )
    assert t.ids(found) == ["lib/d.py:T"]
    assert sorted(each.text for each in found.annotations) == ["1.0", "2.0"]


def test_entries_are_the_fields_that_are_no_data() -> None:
    found = tables("T = Ops('t')")
    assert [entry.name for entry in found.interfaces[0].entries] == ["open", "close", "read"]


def test_fields_of_bases_come_first() -> None:
    base = "class Root:\n    a: Callable\n    b: Callable\nclass Ops(Root):\n    c: Callable\n    a: Callable\n"
    source = "from .ops import Ops\ndef f(): return 1\nT = Ops(f, f, f)  # 1.0\nU = Ops(\n    f,  # 1.0\n    f,  # 2.0\n    f,  # 3.0\n)\n"
    found = t.catalogue(
        {"lib/__init__.py": "", "lib/ops.py": base, "lib/d.py": source}, t.interface("lib/ops.py:Ops", kind="table")
    )
    assert [entry.name for entry in found.interfaces[0].entries] == ["a", "b", "c"]
    assert [t.spans(t.cell(found, "U", name)) for name in "abc"] == ["1.0", "2.0", "3.0"]


# id -> source that makes table T, entry, "state how spans"
CELLS = {
    "keyword": ("T = Ops(\n    name='t',\n    open=f,  # 1.0\n)", "open", "supported own 1.0"),
    "on one line": ("T = Ops(open=f)  # 1.0", "open", "supported own 1.0"),
    "next": ("T = Ops(\n    open=f,  # next\n)", "open", "next own next"),
    "removed": ("T = Ops(\n    open=f,  # 1.0 - 2.0\n)", "open", "removed own 1.0 - 2.0"),
    "absent": ("T = Ops('t')", "open", "unsupported absent"),
    "None": ("T = Ops(\n    open=None,\n)", "open", "unsupported stub"),
    "None, removed": ("T = Ops(\n    open=None,  # 1.0 - 2.0\n)", "open", "removed stub 1.0 - 2.0"),
    "unannotated": ("T = Ops(\n    open=f,\n)", "open", "unannotated own"),
    "near miss": ("T = Ops(\n    open=f,  # added in 1.0\n)", "open", "unreadable own"),
    "stub": ("T = Ops(\n    open=g,\n)", "open", "unsupported stub"),
    "stub elsewhere": ("from .impl import nothing\nT = Ops(\n    open=nothing,\n)", "open", "unsupported stub"),
    "lambda": ("T = Ops(\n    open=lambda x: f(x),  # 1.0\n)", "open", "supported own 1.0"),
    "lambda of a stub": ("T = Ops(\n    open=lambda x: g(),\n)", "open", "unsupported stub"),
    "call": ("T = Ops(\n    open=partial(f, 1),  # 1.0\n)", "open", "supported own 1.0"),
    "method of a class": ("class K:\n    def go(self): raise NotImplementedError\nT = Ops(\n    open=K.go,\n)", "open", "unsupported stub"),
    "method of an instance": ("T = Ops(\n    open=k.go,  # 1.0\n)", "open", "supported own 1.0"),
    "by position": ("T = Ops(\n    't',\n    f,  # 1.0\n    g,\n)", "open", "supported own 1.0"),
    "by position, the next": ("T = Ops(\n    't',\n    f,  # 1.0\n    g,\n)", "close", "unsupported stub"),
    "by position, then by name": ("T = Ops('t',\n    f,  # 1.0\n    read=f,  # 2.0\n)", "read", "supported own 2.0"),
    "under another name": ("from .ops import Ops as O\nT = O(\n    open=f,  # 1.0\n)", "open", "supported own 1.0"),
    "by module": ("T = ops.Ops(\n    open=f,  # 1.0\n)", "open", "supported own 1.0"),
    "declared dict": ("T: Ops = {\n    'open': f,  # 1.0\n}", "open", "supported own 1.0"),
    "two on a line": ("T = Ops(\n    open=f, close=f,  # 1.0\n)", "open", "unreadable own"),
    "replace, own": ("B = Ops(\n    open=f,  # 0.5\n)\nT = dataclasses.replace(  # 1.0\n    B,\n    open=f,  # 1.0\n)", "open", "supported own 1.0"),
    "replace, taken": ("B = Ops(\n    open=f,  # 0.5\n)\nT = dataclasses.replace(  # 1.0\n    B,\n    close=f,  # 1.0\n)", "open", "supported inherited 1.0"),
    "replace, taken, no first line": ("B = Ops(\n    open=f,  # 0.5\n)\nT = dataclasses.replace(B,\n    close=f,  # 1.0\n)", "open", "unannotated inherited"),
    "replace, taken, a stub": ("B = Ops(\n    open=g,\n)\nT = dataclasses.replace(B,\n    close=f,  # 1.0\n)", "open", "unsupported stub"),
    "replace of a replace": ("A = Ops(\n    open=f,  # 0.5\n)\nB = dataclasses.replace(A,\n    close=f,  # 0.5\n)\nT = dataclasses.replace(  # 1.0\n    B,\n    read=f,  # 1.0\n)", "open", "supported inherited 1.0"),
    "replace of a table of another module": ("from .impl import IMPL\nT = dataclasses.replace(  # 1.0\n    IMPL,\n    close=f,  # 1.0\n)", "open", "supported inherited 1.0"),
    "replace of what is not there": ("T = dataclasses.replace(GONE, close=f)  # 1.0", "open", "unreadable absent"),
    "replace of what is not there, own": ("T = dataclasses.replace(GONE, close=f)  # 1.0", "close", "supported own 1.0"),
    "spread": ("T = Ops(\n    open=f,  # 1.0\n    **MORE,\n)", "close", "unreadable absent"),
    "spread, own": ("T = Ops(\n    open=f,  # 1.0\n    **MORE,\n)", "open", "supported own 1.0"),
    "conditional": ("if X:\n    T = Ops(\n        open=f,  # 1.0\n    )", "open", "conditional own 1.0"),
    "conditional, absent": ("if X:\n    T = Ops(\n        open=f,  # 1.0\n    )", "close", "unsupported absent"),
    "in both branches": ("if X:\n    T = Ops(\n        open=f,  # 1.0\n    )\nelse:\n    T = Ops(\n        open=f,  # 1.0\n    )", "open", "supported own 1.0"),
    "in one of two branches": ("if X:\n    T = Ops(\n        open=f,  # 1.0\n    )\nelse:\n    T = Ops(\n        close=f,  # 1.0\n    )", "open", "conditional own 1.0"),
    "in the other of two branches": ("if X:\n    T = Ops(\n        open=f,  # 1.0\n    )\nelse:\n    T = Ops(\n        close=f,  # 1.0\n    )", "close", "conditional own 1.0"),
    "a stub in one branch": ("if X:\n    T = Ops(\n        open=g,\n    )\nelse:\n    T = Ops(\n        open=f,  # 1.0\n    )", "open", "conditional own 1.0"),
    "try and except": ("try:\n    T = Ops(\n        open=f,  # 1.0\n    )\nexcept ImportError:\n    T = Ops(\n        open=f,  # 1.0\n    )", "open", "supported own 1.0"),
    "try and except, absent in one": ("try:\n    T = Ops(\n        open=f,  # 1.0\n    )\nexcept ImportError:\n    T = Ops(\n        close=f,  # 1.0\n    )", "open", "conditional own 1.0"),
    "in a class": ("class T:\n    ops = Ops(\n        open=f,  # 1.0\n    )\nT = T.ops", "open", "supported own 1.0"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "entry", "wanted"), CELLS.values(), ids=CELLS.keys())
def test_cell(source: str, entry: str, wanted: str) -> None:
    impl = "from .ops import Ops\ndef f(): return 1\ndef nothing(): raise NotImplementedError\nIMPL = Ops(\n    open=f,  # 0.5\n)\n"
    found = tables(source, {"lib/impl.py": impl})
    name = "T.ops" if "T.ops" in source else "T"
    cell = t.cell(found, name, entry)
    assert f"{cell.state} {cell.how} {t.spans(cell)}".strip() == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("T = Ops('t')\nU = Ops('u')", ["T", "U"]),
        ("T = Ops('t')\nU = dataclasses.replace(T, open=f)", ["U"]),
        ("TABLES = [Ops('t'), Ops('u')]", ["t", "u"]),
        ("register(Ops('t'))", ["t"]),
        ("class K:\n    ops = Ops('k')", ["k"]),
        ("T = Ops(name='<b>')", ["<b>"]),
        ("T = Other(open=f)", []),
        ("x = dataclasses.replace(point, x=1)", []),
        ("from vendor import Ops\nT = Ops(open=f)", []),
    ],
)
def test_which_tables_are_columns(source: str, wanted: list[str]) -> None:
    (interface,) = tables(source).interfaces
    assert [each.title if each.title in wanted else each.id.rpartition(":")[2] for each in interface.drivers] == wanted


def test_what_both_branches_take_from_one_table_is_under_the_condition_of_each() -> None:
    source = "B = Ops('b', open=f)\nif X:\n    T = dataclasses.replace(B, close=f)\nelse:\n    T = dataclasses.replace(B, read=f)\n"
    cell = t.cell(tables(source), "T", "open")
    assert [each.when for each in cell.variants] == ["X", "not (X)"]


def test_columns_all_list_and_not_drivers() -> None:
    source = "T = Ops('t')\nU = dataclasses.replace(T, open=f)\nV = Ops('v')\n"
    assert t.ids(tables(source)) == ["lib/d.py:U", "lib/d.py:V"]
    assert t.ids(tables(source, columns=Columns("all"))) == ["lib/d.py:T", "lib/d.py:U", "lib/d.py:V"]
    assert t.ids(tables(source, columns=Columns("list", ("lib/d.py:V", "lib/d.py:T")))) == ["lib/d.py:V", "lib/d.py:T"]
    found = tables(source, not_drivers={"lib/d.py:V": "a backend", "lib/d.py:X": "gone"}, order=("*:U",))
    assert t.ids(found) == ["lib/d.py:U"]
    assert t.problems(found) == ["config hvsupport.toml:1 no table matches 'lib/d.py:X'"]


PROBLEMS = {
    "unknown entry": ("T = Ops(\n    opne=f,  # 1.0\n)", {}, ["unknown-entry lib/d.py:7 interface Ops has no entry 'opne'"]),
    "an extension": ("T = Ops(\n    ex_more=f,  # 1.0\n)", {"extensions": ("ex_*",)}, []),
    "data is no entry": ("T = Ops(name='t', title='T')", {}, []),
    "an entry twice": ("T: Ops = {\n    'open': f,  # 1.0\n    'open': f,  # 1.0\n}", {}, ["duplicate lib/d.py:8 'open' stands twice in the table T; Python keeps this one"]),
    "a second table": ("T = Ops(open=f)  # 1.0\nT = Ops(open=f)  # 1.0", {}, ["duplicate lib/d.py:7 T is a second table for one driver"]),
    "too many by position": ("T = Ops(*[], f)", {}, ["unreadable lib/d.py:6 *[] is spread into the table and cannot be read here"]),
    "more values than fields": ("T = Ops(\n 't', None, None, None, None,\n None)", {}, ["unreadable lib/d.py:8 the table has 6 values by position, and the type has 5"]),
    "spread": ("T = Ops(**MORE, **OTHER)", {}, ["unreadable lib/d.py:6 **OTHER is spread into the table and cannot be read here", "unreadable lib/d.py:6 the table starts from 'MORE', which cannot be found"]),
    "spread and declared": ("T = Ops(**MORE, **OTHER)", {"dynamic": {"lib/d.py:T": "made by a macro"}}, []),
    "a key that is no literal": ("T: Ops = {OPEN: f}", {}, ["unreadable lib/d.py:6 the key OPEN is not a string literal"]),
    "made in a function": ("def make():\n    return Ops(open=f)", {}, ["unreadable lib/d.py:7 a table of type Ops is made at run time"]),
    "made in a function and declared": ("def make():\n    return Ops(open=f)", {"dynamic": {"lib/d.py": "plugins"}}, []),
    "another type made in a function": ("def make():\n    from vendor import Ops as V\n    return V(open=f)", {}, []),
    "starts from what is not there": ("T = dataclasses.replace(GONE, open=f)  # 1.0", {}, ["unreadable lib/d.py:6 the table starts from 'GONE', which cannot be found"]),
    "starts from itself": ("T = dataclasses.replace(T, open=f)  # 1.0", {}, ["unreadable lib/d.py:6 the table starts from 'T', which cannot be found"]),
    "a registry": ("T = Ops('t')", {"columns": Columns("registry", registry="lib/d.py:T")}, ["config hvsupport.toml:1 a registry names classes; tables are found by the globs of drivers"]),
    "two on a line": ("T = Ops(\n    open=f, close=f,  # 1.0\n)", {}, [f"malformed lib/d.py:7 this annotation cannot be read: two entries on one line share no annotation ('{name}' of lib/d.py:T)" for name in ("close", "open")]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "keys", "wanted"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_problem(source: str, keys: dict[str, Any], wanted: list[str], request: pytest.FixtureRequest) -> None:
    found = tables(source, **keys)
    assert t.problems(found) == wanted
    told.compare(request, found.problems)


def test_a_table_says_since_when_on_its_first_line() -> None:
    (driver,) = tables("T = Ops(  # 1.2.0\n    open=f,  # 1.3.0\n)").interfaces[0].drivers
    assert (str(driver.since), driver.place.short, driver.id) == ("1.2.0", "lib/d.py:6", "lib/d.py:T")


def test_annotations_of_tables_that_are_no_columns_are_kept() -> None:
    found = tables("T = Ops(  # 0.1\n    open=f,  # 0.2\n)", not_drivers={"*:T": "why"})
    assert [each.text for each in found.annotations] == ["0.1", "0.2"]


# -- dicts of functions, chosen by name

DICTS = {
    "module": ("OPS = {\n    'open': f,  # 1.0\n}", "OPS", "supported own 1.0"),
    "class attribute": ("class K:\n    OPS = {\n        'open': f,  # 1.0\n    }", "K.OPS", "supported own 1.0"),
    "on self": ("class K:\n    def __init__(self):\n        self.OPS = {\n            'open': f,  # 1.0\n        }", "K.OPS", "supported own 1.0"),
    "on self in another method": ("class K:\n    def setup(self):\n        self.OPS = {\n            'open': f,  # 1.0\n        }", "K.OPS", "conditional own 1.0"),
    "copy": ("from .impl import OPS as BASE\nOPS = dict(BASE, close=f)", "OPS", "unannotated inherited"),
    "spread": ("from . import impl\nOPS = {  # 1.0\n    **impl.OPS,\n    'close': f,  # 1.0\n}", "OPS", "supported inherited 1.0"),
    "union": ("from . import impl\nOPS = impl.OPS | {  # 1.0\n    'close': f,  # 1.0\n}", "OPS", "supported inherited 1.0"),
    "updated": ("OPS = {}\nOPS['open'] = f  # 1.0", "OPS", "supported own 1.0"),
    "updated over": ("OPS = {'open': g}\nOPS.update(\n    open=f,  # 1.0\n)", "OPS", "supported own 1.0"),
    "updated under a condition": ("OPS = {'open': None}\nif X:\n    OPS['open'] = f  # 1.0", "OPS", "conditional own 1.0"),
    "taken out": ("OPS = {\n    'open': f,  # 1.0\n}\ndel OPS['open']", "OPS", "unreadable absent"),
    "updated from elsewhere": ("OPS = {\n    'open': f,  # 1.0\n}\nOPS.update(more)", "OPS", "unreadable absent"),
    "made by a call": ("OPS = make()", "OPS", "unreadable absent"),
    "keys that are no literals": ("OPS = {OPEN: f}", "OPS", "unreadable absent"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "name", "wanted"), DICTS.values(), ids=DICTS.keys())
def test_dict_tables(source: str, name: str, wanted: str) -> None:
    impl = "def f(): return 1\nOPS = {\n    'open': f,  # 0.5\n}\n"
    found = tables(source, {"lib/impl.py": impl}, tables=("*OPS",))
    cell = t.cell(found, name, "open")
    assert f"{cell.state} {cell.how} {t.spans(cell)}".strip() == wanted
