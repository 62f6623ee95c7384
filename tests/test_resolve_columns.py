"""Which drivers are columns, in which order, under which title."""

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
from hvsupport.annotate.model import Span

A = "lib/drivers.py"
SOURCE = """
class Common(Driver): pass
class B(Common): pass
class A(Common): pass
class C(Driver): pass
class Helper: pass
"""


def read(source: str = SOURCE, files: dict[str, str] | None = None, **keys: Any) -> Catalogue:
    tree = {"lib/__init__.py": "", "lib/base.py": t.BASE, A: "from .base import Driver\n" + t.dedented(source)}
    return t.catalogue({**tree, **(files or {})}, t.interface(**{"drivers": (A,), "places": t.KEYS, **keys}))


def columns(source: str = SOURCE, files: dict[str, str] | None = None, **keys: Any) -> tuple[list[str], list[str]]:
    found = read(source, files, **keys)
    return [each.rpartition(":")[2] for each in t.ids(found)], [problem.message for problem in found.problems]


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({}, ["B", "A", "C"]),
        ({"columns": Columns("all")}, ["Common", "B", "A", "C"]),
        ({"columns": Columns("list", ("lib.drivers:C", "lib.drivers:A"))}, ["C", "A"]),
        ({"columns": Columns("list", ("lib/drivers.py:C",))}, ["C"]),
        ({"columns": Columns("list", ("lib.drivers:Common",))}, ["Common"]),
        ({"not_drivers": {"lib.drivers:B": "why"}}, ["A", "C"]),
        ({"not_drivers": {"*:[AB]": "why"}}, ["C"]),
        ({"order": ("lib.drivers:C", "*:A")}, ["C", "A", "B"]),
        ({"order": ("Third",), "titles": {"lib.drivers:C": "Third"}}, ["C", "B", "A"]),
        ({"columns": Columns("all"), "order": ("*:[ABC]",)}, ["B", "A", "C", "Common"]),
    ],
    ids=["leaf", "all", "list", "list by path", "list of an inner one", "not-drivers", "not-drivers by glob", "order", "order by title", "order by glob"],
)  # fmt: skip
def test_columns(keys: dict[str, Any], wanted: list[str]) -> None:
    assert columns(**keys) == (wanted, [])


@pytest.mark.parametrize("value", ["Gone", "make()", "('lib.gone', 'A')", "mod.Gone"])
def test_the_tip_about_a_registry_can_be_followed(value: str) -> None:
    """Also for a variable or a call, which no id names."""
    files = {"lib/reg.py": f"from .drivers import A\nGone = make()\nDRIVERS = {{'a': A, 'x': {value}}}\n"}
    how = Columns("registry", registry="lib/reg.py:DRIVERS")
    found = t.catalogue(
        {"lib/__init__.py": "", "lib/base.py": t.BASE, A: "from .base import Driver\n" + SOURCE, **files},
        t.interface(drivers=(), columns=how),
    )
    (problem,) = found.problems
    assert problem.tip is not None
    name = problem.tip.split("'")[1]
    assert columns(files=files, drivers=(), columns=how, not_drivers={name: "made at run time"}) == (["A"], [])


PROBLEMS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "list of what is not there": ({"columns": Columns("list", ("lib.drivers:X", "gone:Y"))}, ["there is no class 'lib.drivers:X'", "there is no class 'gone:Y'"]),
    "list names one twice": ({"columns": Columns("list", ("lib.drivers:A", "lib/drivers.py:A"))}, ["driver lib.drivers:A is listed twice"]),
    "list of what does not derive": ({"columns": Columns("list", ("lib.drivers:Helper",))}, ["lib.drivers:Helper does not derive from Driver"]),
    "order of what is not there": ({"order": ("lib.drivers:X",)}, ["no driver matches 'lib.drivers:X'"]),
    "not-drivers of what is not there": ({"not_drivers": {"lib.drivers:X": "why"}}, ["no driver matches 'lib.drivers:X'"]),
    "removed and still there": ({"removed": {"lib.drivers:A": (Span(t.X.parse("1.0")),)}}, ["driver lib.drivers:A is listed under 'removed' but still exists"]),
    "glob of no file": ({"drivers": ("lib/x*.py", A)}, ["no file matches 'lib/x*.py'"]),
    "path of no file": ({"drivers": ("lib/x.py", A)}, ["no file matches 'lib/x.py'"]),
    "glob outside the root": ({"drivers": ("../*.py", "/etc/*.py", A)}, ["no file matches '../*.py'", "no file matches '/etc/*.py'"]),
    "globs that are none": ({"drivers": ("lib/[.py", "lib/\\", "", " ", A)}, ["no file matches 'lib/[.py'", "no file matches 'lib/\\\\'", "no file matches ''", "no file matches ' '"]),
    "registry that is not there": ({"columns": Columns("registry", registry="lib/r.py:DRIVERS")}, ["no registry 'DRIVERS' in 'lib/r.py'"]),
}  # fmt: skip


@pytest.mark.parametrize(("keys", "wanted"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_problem(keys: dict[str, Any], wanted: list[str], request: pytest.FixtureRequest) -> None:
    found = read(**keys).problems
    assert [problem.message for problem in found] == wanted
    told.compare(request, found)


HANDS_OUT = """
class Cloud(Driver):
    def __new__(cls, version): return V2 if version else V1
class V1(Driver): pass
class V2(Driver): pass
class Last(Driver): pass
class Helper: pass
"""
DISPATCHED: dict[str, tuple[dict[str, tuple[str, ...]], list[str], list[str]]] = {
    "undeclared": ({}, ["Cloud", "V1", "V2", "Last"], ["__new__ may hand out an instance of another class"]),
    "declared": ({"lib.drivers:Cloud": ("lib.drivers:V2", "lib.drivers:V1")}, ["V2", "V1", "Last"], []),
    "by no driver": ({"lib.drivers:Clowd": ("lib.drivers:V2",)}, ["Cloud", "V1", "V2", "Last"], ["__new__ may hand out an instance of another class", "there is no driver 'lib.drivers:Clowd'"]),
    "a class that is not there": ({"lib.drivers:Cloud": ("lib.drivers:V3",)}, ["V1", "V2", "Last"], ["there is no class 'lib.drivers:V3'"]),
    "a class that does not derive": ({"lib.drivers:Cloud": ("lib.drivers:Helper",)}, ["Helper", "V1", "V2", "Last"], ["lib.drivers:Helper does not derive from Driver"]),
}  # fmt: skip


@pytest.mark.parametrize(("dispatch", "wanted", "problems"), DISPATCHED.values(), ids=DISPATCHED)
def test_classes_that_new_hands_out_are_columns_in_its_place(
    dispatch: dict[str, tuple[str, ...]], wanted: list[str], problems: list[str], request: pytest.FixtureRequest
) -> None:
    found = read(HANDS_OUT, dispatch=dispatch)
    assert [each.rpartition(":")[2] for each in t.ids(found)] == wanted
    assert sorted(problem.message for problem in found.problems) == sorted(problems)
    told.compare(request, found.problems)


def test_a_listed_class_whose_base_is_unknown_is_told_once() -> None:
    """It may derive from the interface, through that base."""
    source = SOURCE + "class Odd(Gone, Helper): pass\n"
    assert columns(source, columns=Columns("list", ("lib.drivers:Odd",)))[1] == [
        "class Odd: its base 'Gone' cannot be resolved: no 'Gone' in lib/drivers.py"
    ]


def test_close_names_are_suggested() -> None:
    found = t.drivers(SOURCE, t.interface(columns=Columns("list", ("lib.driver:A",)), order=("lib.drivers:b",)))
    assert "did you mean 'lib.drivers:A'?" in {problem.tip for problem in found.problems}


REGISTRY: dict[str, tuple[str, list[str], list[str]]] = {
    "pairs of strings": ("{P.A: ('lib.drivers', 'A'), P.C: ('lib.drivers', 'C')}", ["A", "C"], []),
    "strings with a colon": ("{'a': 'lib.drivers:A', 'c': 'lib.drivers:C'}", ["A", "C"], []),
    "strings with dots": ("{'a': 'lib.drivers.A'}", ["A"], []),
    "classes": ("{'a': A, 'c': drivers.C}", ["A", "C"], []),
    "a title and a class": ("{'a': ('First', A)}", ["A"], []),
    "a list of strings": ("['lib.drivers:C', 'lib.drivers:A']", ["C", "A"], []),
    "a list of pairs": ("[('lib.drivers', 'C'), ('lib.drivers', 'A')]", ["C", "A"], []),
    "a tuple of classes": ("(C, A)", ["C", "A"], []),
    "one class under two names": ("{'a': A, 'old': A}", ["A"], []),
    "a key twice": ("{'a': A, 'a': C}", ["C"], ["the registry has a twice; Python keeps this one"]),
    "a class that is not there": ("{P.X: ('lib.drivers', 'X'), 'a': A}", ["A"], ["the registry names a class that cannot be found: P.X"]),
    "a module that is not there": ("['lib.gone:A']", [], ["the registry names a class that cannot be found: lib.gone:A"]),
    "a library": ("{'a': ('vendor', 'A')}", [], ["the registry names a class that cannot be found: a"]),
    "a call": ("{'a': make()}", [], ["the registry names a class that cannot be found: a"]),
    "nothing": ("{'a': (), 'b': []}", [], ["the registry names a class that cannot be found: a", "the registry names a class that cannot be found: b"]),
    "a word": ("{'a': 'A'}", [], ["the registry names a class that cannot be found: a"]),
    "what does not derive": ("{'h': ('lib.drivers', 'Helper')}", ["Helper"], ["lib.drivers:Helper does not derive from Driver"]),
    "a comprehension": ("{x: y for x in z}", [], ["the table is made by an expression: {x: y for x in z}"]),
    "spread": ("{'a': A, **MORE}", ["A"], ["**MORE is spread into the table and cannot be read here"]),
    "more later": ("{'a': A}\nDRIVERS['c'] = C\nDRIVERS.update({'b': B})", ["A", "C", "B"], []),
    "replaced later": ("{'a': A}\nDRIVERS['a'] = C", ["C"], []),
    "added later": ("['lib.drivers:A']\nDRIVERS += ['lib.drivers:C']", ["A", "C"], []),
    "taken out later": ("{'a': A}\nDRIVERS.pop('a')", ["A"], ["the table is changed by pop()"]),
    "declared": ("{'a': A}\nDRIVERS: dict = {'c': C}", ["A", "C"], []),
}  # fmt: skip


@pytest.mark.parametrize(("value", "wanted", "problems"), REGISTRY.values(), ids=REGISTRY.keys())
def test_registry(value: str, wanted: list[str], problems: list[str], request: pytest.FixtureRequest) -> None:
    text = f"from . import drivers\nfrom .drivers import A, B, C\nDRIVERS = {value}\n"
    registry = Columns("registry", registry="lib/registry.py:DRIVERS")
    files = {"lib/registry.py": text}
    assert columns(files=files, drivers=(), columns=registry) == (wanted, problems)
    told.compare(request, read(files=files, drivers=(), columns=registry).problems)


def test_registry_in_a_class_and_not_drivers_by_its_names() -> None:
    text = "class Registry:\n    DRIVERS = {'x': ('lib.drivers', 'Gone'), 'c': ('lib.drivers', 'C')}\n"
    registry = Columns("registry", registry="lib/registry.py:Registry.DRIVERS")
    got = columns(
        files={"lib/registry.py": text}, drivers=(), columns=registry, not_drivers={"lib.drivers:Gone": "moved out"}
    )
    assert got == (["C"], [])


def test_drivers_of_a_lib_layout_are_found_by_their_ids() -> None:
    tree = {
        "code/p/__init__.py": "",
        "code/p/base.py": t.BASE,
        "code/p/a.py": "from p.base import Driver\nclass A(Driver): pass",
    }
    keys: dict[str, Any] = {"columns": Columns("list", ("p.a:A",)), "drivers": ()}
    found = t.catalogue(tree, t.interface("code/p/base.py:Driver", **keys))
    assert (t.ids(found), t.problems(found)) == (["p.a:A"], [])


@pytest.mark.parametrize(
    ("source", "keys", "title"),
    [
        ("class A(Driver): pass", {}, "A"),
        ("class A(Driver):\n    name = 'Alpha'", {}, "Alpha"),
        ("class A(Driver):\n    name = 'Alpha'", {"titles": {"lib.drivers:A": "First"}}, "First"),
        ("class A(Driver):\n    name = make()", {}, "A"),
        ("class Out:\n    class A(Driver): pass", {}, "A"),
        ("class A(Driver):\n    name = '<b>&\\n'", {}, "<b>&\n"),
    ],
    ids=["class", "own", "config", "made by a call", "nested", "HTML and newline"],
)
def test_title(source: str, keys: dict[str, Any], title: str) -> None:
    found = t.drivers(source, t.interface(**keys))
    assert [each.title for each in found.interfaces[0].drivers] == [title]


def test_two_classes_with_one_id_are_told() -> None:
    """Two folders without packages in which imports may begin."""
    tree = {"lib/base.py": t.BASE, "m.py": "from lib.base import Driver\nclass A(Driver): pass"}
    tree["src/m.py"] = tree["m.py"]
    found = t.catalogue(tree, t.interface(drivers=("m.py", "src/m.py")))
    assert t.problems(found) == ["duplicate src/m.py:2 driver m:A is listed twice"]
    assert [each.found for each in found.problems] == ["another at m.py:2"]


def test_a_driver_may_implement_several_interfaces() -> None:
    base = "class One:\n    def a(self): pass\nclass Two:\n    def b(self): pass\n"
    source = "from .base import One, Two\nclass D(One, Two):  # 1.0\n    def a(self): return 1  # 1.0\n    def b(self): return 2  # 2.0\n"
    found = t.catalogue(
        {"lib/__init__.py": "", "lib/base.py": base, "lib/d.py": source},
        t.interface("lib/base.py:One", key="one"),
        t.interface("lib/base.py:Two", key="two"),
    )
    assert t.row(found, "D", 0) == {"a": "supported own"}
    assert t.row(found, "D", 1) == {"b": "supported own"}
    assert t.problems(found) == []


ASIDE = {
    "made in a function": ("def f(cls):\n    class Row(cls):\n        def read(self): pass\n", []),
    "made in a function, with an entry": ("def f(cls):\n    class Row(cls):\n        def open(self): pass\n", ["cls"]),
    "of an object that a call makes": ("lib = load('lib')\nclass Row(lib.Row):\n    def read(self): pass\n", []),
    "of such an object, with an entry": (
        "lib = load('lib')\nclass Row(lib.Row):\n    def open(self): pass\n",
        ["lib.Row"],
    ),
    "what a call makes": ("Row = load('lib')\nclass Other(Row):\n    def read(self): pass\n", ["Row"]),
    "what is not there": ("class Other(Row):\n    def read(self): pass\n", ["Row"]),
}


@pytest.mark.parametrize(("source", "wanted"), ASIDE.values(), ids=ASIDE.keys())
def test_a_class_with_an_unknown_base_is_reported_where_it_may_be_a_driver(source: str, wanted: list[str]) -> None:
    found = t.drivers(source)
    assert [each.found for each in found.problems if each.kind == "unresolved-base"] == wanted


def test_a_base_that_a_call_makes_is_told_as_such() -> None:
    (problem,) = [each for each in t.drivers("Row = load()\nclass D(Row): pass\n").problems if each.found == "Row"]
    assert problem.message == "class D: its base 'Row' is made at run time by a call"


def test_another_name_of_a_generic_base() -> None:
    source = "class Of(Driver, Generic[T]):\n    def open(self): return 1  # 1.0\nOfInt = Of[int]\nclass D(OfInt):  # 1.0\n    pass\n"
    found = t.drivers("from typing import Generic, TypeVar\n" + source)
    assert t.row(found, "D")["open"] == "supported inherited"


PROTOCOL = """
from typing import Protocol

class Driver(Protocol):
    title: str

    def open(self): ...

    def close(self): ...

class Closing(Driver, Protocol):
    def close(self): ...
"""
FITTING = """
class Named(Driver):
    def open(self): return 1  # 1.0

class Fitting:  # 1.1
    def open(self): return 1  # 1.1
    def close(self): return 1  # 1.1

class Opening:
    def open(self): return 1

class Inheriting(Opening):  # 1.2
    def close(self): return 1  # 1.2

class Wide(Protocol):
    def open(self): ...
    def close(self): ...
"""


def test_a_class_that_fits_a_protocol_is_a_driver_without_naming_it() -> None:
    found = t.drivers("from typing import Protocol\n" + FITTING, base=PROTOCOL)
    assert [each.rpartition(":")[2] for each in t.ids(found)] == ["Closing", "Named", "Fitting", "Inheriting"]
    assert t.row(found, "Fitting") == {"open": "supported own", "close": "supported own"}
    assert t.row(found, "Inheriting") == {"open": "unannotated inherited", "close": "supported own"}
    assert t.problems(found) == []


def test_a_class_that_fits_another_interface_is_no_driver() -> None:
    found = t.drivers(FITTING.partition("class Wide")[0])
    assert [each.rpartition(":")[2] for each in t.ids(found)] == ["Named"]
