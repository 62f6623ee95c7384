"""Interfaces that are base classes: every state a cell can have, and how it comes to it."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import told

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

from hvsupport.annotate import grammar
from hvsupport.annotate.catalogue import lacking_since, missing_annotations
from hvsupport.annotate.config.shapes import Derived
from hvsupport.annotate.model import HOWS, STATES, Span

INTERFACE = """
import abc

class Driver:
    def stub(self):
        raise NotImplementedError

    def idle(self):
        pass

    @abc.abstractmethod
    def abstract(self):
        return None

    def works(self):  # 0.5.0
        return 1

    def plain(self):
        return 1

    def calls(self):  # 0.5.0
        return self.stub()

    @property
    def held(self):
        raise NotImplementedError

    def _private(self):
        pass

    data = 1
"""


def drivers(source: str, *interfaces: object, **keys: object):  # type: ignore[no-untyped-def]
    return t.drivers(source, *interfaces, base=INTERFACE, **keys)  # type: ignore[arg-type]


# id -> source of the driver "D", entry, "state how spans"
CELLS = {
    "own": ("class D(Driver):\n    def stub(self):  # 1.2.0\n        return 1", "stub", "supported own 1.2.0"),
    "own, next": ("class D(Driver):\n    def stub(self): return 1  # next", "stub", "next own next"),
    "own, removed": ("class D(Driver):\n    def stub(self): return 1  # 1.0 - 2.0", "stub", "removed own 1.0 - 2.0"),
    "own, to be removed": ("class D(Driver):\n    def stub(self): return 1  # 1.0 - next", "stub", "removed own 1.0 - next"),
    "own, back again": ("class D(Driver):\n    def stub(self): return 1  # 1.0 - 2.0, 3.0", "stub", "supported own 1.0 - 2.0, 3.0"),
    "own, partial": ("class D(Driver):\n    def stub(self): return 1  # 1.0; partial: slow", "stub", "supported own 1.0; partial: slow"),
    "own, at most": ("class D(Driver):\n    def stub(self): return 1  # <= 1.0", "stub", "supported own <= 1.0"),
    "own, unannotated": ("class D(Driver):\n    def stub(self):\n        return 1", "stub", "unannotated own"),
    "own, near miss": ("class D(Driver):\n    def stub(self): return 1  # since 1.0", "stub", "unreadable own"),
    "own, prose": ("class D(Driver):\n    def stub(self): return 1  # quick", "stub", "unannotated own"),
    "own, passes": ("class D(Driver):\n    def stub(self): pass  # 1.0", "stub", "supported own 1.0"),
    "absent": ("class D(Driver):\n    pass", "stub", "unsupported absent"),
    "absent, interface passes": ("class D(Driver):\n    pass", "idle", "unsupported absent"),
    "absent, interface is abstract": ("class D(Driver):\n    pass", "abstract", "unsupported absent"),
    "default": ("class D(Driver):  # 1.0\n    pass", "works", "supported default 1.0"),
    "default, younger than the driver": ("class D(Driver):  # 0.1.0\n    pass", "works", "supported default 0.5.0"),
    "default, no class line": ("class D(Driver):\n    pass", "works", "unannotated default"),
    "default, interface unannotated": ("class D(Driver):  # 1.0\n    pass", "plain", "unannotated default"),
    "default, next": ("class D(Driver):  # next\n    pass", "works", "next default next"),
    "default that calls what is missing": ("class D(Driver):  # 1.0\n    pass", "calls", "unsupported absent"),
    "default that calls what is there": ("class D(Driver):  # 1.0\n    def stub(self): return 1  # 1.0", "calls", "supported default 1.0"),
    "default that calls a stub": ("class D(Driver):  # 1.0\n    def stub(self): raise NotImplementedError", "calls", "unsupported absent"),
    "inherited": ("class B(Driver):\n    def stub(self): return 1  # 0.5.0\nclass D(B):  # 1.0\n    pass", "stub", "supported inherited 1.0"),
    "inherited, younger than the driver": ("class B(Driver):\n    def stub(self): return 1  # 2.0\nclass D(B):  # 1.0\n    pass", "stub", "supported inherited 2.0"),
    "inherited, next": ("class B(Driver):\n    def stub(self): return 1  # next\nclass D(B):  # 1.0\n    pass", "stub", "next inherited next"),
    "inherited, removed since": ("class B(Driver):\n    def stub(self): return 1  # 0.5.0 - 2.0\nclass D(B):  # 1.0\n    pass", "stub", "removed inherited 1.0 - 2.0"),
    "inherited, removed before": ("class B(Driver):\n    def stub(self): return 1  # 0.1.0 - 0.5.0\nclass D(B):  # 1.0\n    pass", "stub", "unsupported absent"),
    "inherited, first span before": ("class B(Driver):\n    def stub(self): return 1  # 0.1 - 0.5, 2.0\nclass D(B):  # 1.0\n    pass", "stub", "supported inherited 2.0"),
    "inherited, at most": ("class B(Driver):\n    def stub(self): return 1  # <= 0.5\nclass D(B):  # 1.0\n    pass", "stub", "supported inherited 1.0"),
    "inherited, no class line": ("class B(Driver):\n    def stub(self): return 1  # 0.5.0\nclass D(B):\n    pass", "stub", "unannotated inherited"),
    "inherited, unannotated": ("class B(Driver):\n    def stub(self): return 1\nclass D(B):  # 1.0\n    pass", "stub", "unannotated inherited"),
    "inherited, near miss": ("class B(Driver):\n    def stub(self): return 1  # v1.0\nclass D(B):  # 1.0\n    pass", "stub", "unreadable inherited"),
    "inherited from a mixin": ("class M:\n    def stub(self): return 1  # 1.5\nclass D(M, Driver):  # 1.0\n    pass", "stub", "supported inherited 1.5"),
    "a mixin behind the interface": ("class M:\n    def stub(self): return 1  # 1.5\nclass D(Driver, M):  # 1.0\n    pass", "stub", "unsupported absent"),
    "stub": ("class D(Driver):\n    def stub(self): raise NotImplementedError", "stub", "unsupported stub"),
    "stub of a default": ("class D(Driver):  # 1.0\n    def works(self): raise NotImplementedError()", "works", "unsupported stub"),
    "stub, removed": ("class D(Driver):\n    def stub(self): raise NotImplementedError  # 1.0 - 2.0", "stub", "removed stub 1.0 - 2.0"),
    "stub, open span": ("class D(Driver):\n    def stub(self): raise NotImplementedError  # 1.0", "stub", "unsupported stub 1.0"),
    "stub, inherited": ("class B(Driver):\n    def stub(self): raise NotImplementedError\nclass D(B):  # 1.0\n    pass", "stub", "unsupported stub"),
    "stub, inherited and removed": ("class B(Driver):\n    def stub(self): raise NotImplementedError  # 0.5 - 1.5\nclass D(B):  # 1.0\n    pass", "stub", "removed stub 1.0 - 1.5"),
    "stub, inherited and removed before": ("class B(Driver):\n    def stub(self): raise NotImplementedError  # 0.5 - 0.7\nclass D(B):  # 1.0\n    pass", "stub", "unsupported stub"),
    "stub by None": ("class D(Driver):\n    stub = None", "stub", "unsupported stub"),
    "another exception": ("class D(Driver):\n    def stub(self): raise ValueError  # 1.0", "stub", "supported own 1.0"),
    "alias of a function": ("def f(self): return 1\nclass D(Driver):\n    stub = f  # 1.0", "stub", "supported own 1.0"),
    "alias of a stub": ("def f(self): raise NotImplementedError\nclass D(Driver):\n    stub = f", "stub", "unsupported stub"),
    "alias of an own method": ("class D(Driver):\n    def _f(self): raise NotImplementedError\n    stub = _f", "stub", "unsupported stub"),
    "delegates to an own stub": ("class D(Driver):\n    def _f(self): raise NotImplementedError\n    def stub(self): return self._f()", "stub", "unsupported stub"),
    "delegates to an own method": ("class D(Driver):\n    def _f(self): return 1\n    def stub(self): return self._f()  # 1.0", "stub", "supported own 1.0"),
    "delegates to super": ("class D(Driver):\n    def stub(self): return super().stub()", "stub", "unsupported stub"),
    "delegates to super, which works": ("class D(Driver):\n    def works(self): return super().works()  # 1.0", "works", "supported own 1.0"),
    "delegates to super of a base": ("class B(Driver):\n    def stub(self): return 1  # 1.0\nclass D(B):\n    def stub(self): return super().stub()  # 2.0", "stub", "supported own 2.0"),
    "delegates to a function": ("def f(): raise NotImplementedError\nclass D(Driver):\n    def stub(self): return f()", "stub", "unsupported stub"),
    "delegates to a class": ("class D(Driver):\n    def stub(self): return Driver.stub(self)", "stub", "unsupported stub"),
    "delegates in a circle": ("class D(Driver):\n    def stub(self): return self._f()  # 1.0\n    def _f(self): return self.stub()", "stub", "supported own 1.0"),
    "delegates to what a subclass overrides": (
        "class B(Driver):\n    def _f(self): raise NotImplementedError\n    def stub(self): return self._f()  # 1.0\nclass D(B):  # 1.0\n    def _f(self): return 1",
        "stub",
        "supported inherited 1.0",
    ),
    "awaits a stub": ("class D(Driver):\n    async def _f(self): raise NotImplementedError\n    async def stub(self): return await self._f()", "stub", "unsupported stub"),
    "imported in the class body": ("class D(Driver):\n    from .impl import stub  # 1.0", "stub", "supported own 1.0"),
    "imported stub in the class body": ("class D(Driver):\n    from .impl import nothing as stub", "stub", "unsupported stub"),
    "lambda": ("class D(Driver):\n    stub = lambda self: 1  # 1.0", "stub", "supported own 1.0"),
    "property": ("class D(Driver):\n    @property\n    def stub(self): return 1  # 1.0\n    @stub.setter\n    def stub(self, value): pass", "stub", "supported own 1.0"),
    "overloads": ("class D(Driver):\n    @overload\n    def stub(self, a: int): ...\n    @overload\n    def stub(self, a: str): ...\n    def stub(self, a): return 1  # 1.0", "stub", "supported own 1.0"),
    "wrapped after its definition": ("class D(Driver):\n    def stub(self): return 1  # 1.0\n    stub = deco(stub)", "stub", "supported own 1.0"),
    "static": ("class D(Driver):\n    @staticmethod\n    def stub(): return 1  # 1.0", "stub", "supported own 1.0"),
    "async": ("class D(Driver):\n    async def stub(self): return 1  # 1.0", "stub", "supported own 1.0"),
    "declared only": ("class D(Driver):\n    stub: object", "stub", "unsupported absent"),
    "decorator as carrier": ("class D(Driver):\n    @since('1.0')\n    def stub(self): return 1", "stub", "supported own 1.0"),
    "docstring as carrier": ("class D(Driver):\n    def stub(self):\n        '''Do.\n\n        .. versionadded:: 1.0\n        .. versionremoved:: 2.0\n        '''\n        return 1", "stub", "removed own 1.0 - 2.0"),
    "carriers that agree": ("class D(Driver):\n    @since('1.0')\n    def stub(self): return 1  # 1.0", "stub", "supported own 1.0"),
    "carriers that disagree": ("class D(Driver):\n    @since('1.0')\n    def stub(self): return 1  # 1.1", "stub", "unreadable own 1.1"),
    "shared line": ("class D(Driver):\n    stub = f; idle = g  # 1.0", "stub", "unreadable own"),
    "conditional": ("class D(Driver):\n    if X:\n        def stub(self): return 1  # 1.0", "stub", "conditional own 1.0"),
    "conditional, next": ("class D(Driver):\n    if X:\n        def stub(self): return 1  # next", "stub", "conditional own next"),
    "conditional, removed": ("class D(Driver):\n    if X:\n        def stub(self): return 1  # 1.0 - 2.0", "stub", "removed own 1.0 - 2.0"),
    "conditional, unannotated": ("class D(Driver):\n    if X:\n        def stub(self): return 1", "stub", "unannotated own"),
    "in every branch": ("class D(Driver):\n    if X:\n        def stub(self): return 1  # 1.0\n    else:\n        def stub(self): return 2  # 1.0", "stub", "supported own 1.0"),
    "a stub in one branch": ("class D(Driver):\n    if X:\n        def stub(self): return 1  # 1.0\n    else:\n        def stub(self): raise NotImplementedError", "stub", "conditional own 1.0"),
    "a stub in the first branch": ("class D(Driver):\n    if X:\n        def stub(self): raise NotImplementedError\n    else:\n        def stub(self): return 1  # 1.0", "stub", "conditional own 1.0"),
    "stubs in all branches": ("class D(Driver):\n    if X:\n        stub = None\n    else:\n        def stub(self): raise NotImplementedError", "stub", "unsupported stub"),
    "in try and except": ("class D(Driver):\n    try:\n        from lib import stub  # 1.0\n    except ImportError:\n        stub = None", "stub", "conditional own 1.0"),
    "replaced under a condition": ("class D(Driver):\n    def stub(self): return 1  # 1.0\n    if X:\n        stub = None", "stub", "conditional own 1.0"),
    "before the one that counts": ("class D(Driver):\n    if X:\n        stub = None\n    def stub(self): return 1  # 1.0", "stub", "supported own 1.0"),
    "conditional, inherited": ("class B(Driver):\n    if X:\n        def stub(self): return 1  # 0.5\nclass D(B):  # 1.0\n    pass", "stub", "conditional inherited 1.0"),
    "type checking": ("class D(Driver):\n    if TYPE_CHECKING:\n        def stub(self): return 1", "stub", "unsupported absent"),
    "external base before": ("import vendor\nclass D(vendor.B, Driver):  # 1.0\n    pass", "stub", "unreadable absent"),
    "external base before, own": ("import vendor\nclass D(vendor.B, Driver):  # 1.0\n    def stub(self): return 1  # 1.0", "stub", "supported own 1.0"),
    "external base behind": ("import vendor\nclass D(Driver, vendor.B):  # 1.0\n    pass", "works", "supported default 1.0"),
    "unresolved base before": ("class D(Gone, Driver):  # 1.0\n    pass", "stub", "unreadable absent"),
    "assigned on the instance": ("class D(Driver):\n    def __init__(self): self.stub = f\n    def stub(self): return 1  # 1.0", "stub", "unreadable own 1.0"),
    "a property of the interface assigned": ("class D(Driver):\n    def __init__(self): self.held = f", "held", "unsupported absent"),
    "a property assigned": ("class D(Driver):\n    def __init__(self): self.held = f\n    @property\n    def held(self): return 1  # 1.0\n    @held.setter\n    def held(self, value): pass", "held", "supported own 1.0"),
    "over a cached property": ("class D(Driver):\n    def __init__(self): self.held = f\n    @cached_property\n    def held(self): return 1  # 1.0", "held", "unreadable own 1.0"),
    "over a property of a base": ("class B(Driver):\n    def held(self): return 1  # 1.0\nclass D(B):  # 1.0\n    def __init__(self): self.held = f", "held", "unreadable inherited 1.0"),
    "set by a loop over names": ("class D(Driver):\n    def __init__(self):\n        for a, b in [('none', 1), ('held', 2)]:\n            setattr(self, a, b)\n    def stub(self): return 1  # 1.0", "stub", "supported own 1.0"),
    "set by a loop over its name": ("class D(Driver):\n    def __init__(self):\n        for a in ('stub', 'x'):\n            setattr(self, a, f)\n    def stub(self): return 1  # 1.0", "stub", "unreadable own 1.0"),
    "set by a name that a loop has elsewhere": ("class D(Driver):\n    def __init__(self):\n        for a in ('x', 'y'):\n            setattr(self, a, f)\n    def put(self, a):\n        setattr(self, a, f)", "stub", "unreadable absent"),
    "set by a loop over more than names": ("class D(Driver):\n    def __init__(self):\n        for a in ('x', self.y):\n            setattr(self, a, f)", "stub", "unreadable absent"),
    "assigned on the instance only": ("class D(Driver):\n    def __init__(self): self.stub = f", "stub", "unreadable absent"),
    "assigned on the instance by a base": ("class B(Driver):\n    def __init__(self): self.stub = f\nclass D(B):\n    pass", "stub", "unreadable absent"),
    "set by name": ("class D(Driver):\n    def __init__(self): setattr(self, 'stub', f)", "stub", "unreadable absent"),
    "set from outside": ("class D(Driver):\n    pass\nD.stub = f", "stub", "unreadable absent"),
    "set by any name": ("class D(Driver):\n    def __init__(self): setattr(self, name, f)", "stub", "unreadable absent"),
    "set by any name, own": ("class D(Driver):\n    def __init__(self): setattr(self, name, f)\n    def stub(self): return 1  # 1.0", "stub", "supported own 1.0"),
    "made at run time": ("D = type('D', (Driver,), {'stub': f})", "stub", "unreadable absent"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "entry", "wanted"), CELLS.values(), ids=CELLS.keys())
def test_cell(source: str, entry: str, wanted: str) -> None:
    impl = "def stub(self): return 1\ndef nothing(self): raise NotImplementedError\n"
    files = {"lib/__init__.py": "", "lib/base.py": INTERFACE, "lib/impl.py": impl}
    found = t.catalogue({**files, "lib/drivers.py": "from .base import Driver\n" + source + "\n"})
    cell = t.cell(found, "D", entry)
    assert f"{cell.state} {cell.how} {t.spans(cell)}".strip() == wanted


def test_every_pair_of_state_and_how_that_can_be_is_reached() -> None:
    """Those of other kinds of interface are in the tests of flags; ``derived`` has no issue yet."""
    reached = {tuple(wanted.split()[:2]) for _, _, wanted in CELLS.values()}
    assert {state for state, _ in reached} == set(STATES)
    assert {how for _, how in reached} == set(HOWS) - {"derived"}
    assert reached >= {
        *(("own", s)[::-1] for s in ("supported", "next", "removed", "conditional", "unannotated", "unreadable")),
        *(("inherited", s)[::-1] for s in ("supported", "next", "removed", "conditional", "unannotated", "unreadable")),
        *(("default", s)[::-1] for s in ("supported", "next", "unannotated")),
        ("unsupported", "stub"),
        ("removed", "stub"),
        ("unsupported", "absent"),
        ("unreadable", "absent"),
    }


def test_entries_are_the_public_functions_of_the_interface() -> None:
    found = drivers("class D(Driver): pass")
    assert [entry.name for entry in found.interfaces[0].entries] == [
        "stub",
        "idle",
        "abstract",
        "works",
        "plain",
        "calls",
        "held",
    ]
    assert [entry.since and str(entry.since) for entry in found.interfaces[0].entries] == [
        None,
        None,
        None,
        "0.5.0",
        None,
        "0.5.0",
        None,
    ]


ENTRIES = {
    "alias of a function": ("def f(self): pass\nclass Driver:\n    a = f", ["a"]),
    "alias of a method": ("class Driver:\n    def a(self): pass\n    b = a", ["a", "b"]),
    "property call": ("class Driver:\n    def _a(self): pass\n    a = property(_a)", ["a"]),
    "lambda": ("class Driver:\n    a = lambda self: 1", ["a"]),
    "declared function": ("def f(self): pass\nclass Driver:\n    a: object = f", ["a"]),
    "imported function": ("class Driver:\n    from .impl import a", ["a"]),
    "a member of an enumeration": (
        "class Kind:\n    A = 1\nclass Driver:\n    a = Kind.A\n    def e(self): pass",
        ["e"],
    ),
    "data": ("class Driver:\n    a = 1\n    b = None\n    c: int\n    d = Other\n    def e(self): pass", ["e"]),
    "dunder": ("class Driver:\n    def __init__(self): pass\n    def e(self): pass", ["e"]),
    "nested class": ("class Driver:\n    class A: pass\n    def e(self): pass", ["e"]),
    "under a condition": ("class Driver:\n    if X:\n        def a(self): pass\n    def b(self): pass", ["a", "b"]),
}


@pytest.mark.parametrize(("base", "wanted"), ENTRIES.values(), ids=ENTRIES.keys())
def test_what_is_an_entry(base: str, wanted: list[str]) -> None:
    files = {"lib/__init__.py": "", "lib/impl.py": "def a(self): pass", "lib/base.py": base}
    found = t.catalogue({**files, "lib/d.py": "from .base import Driver\nclass D(Driver): pass"})
    assert [entry.name for entry in found.interfaces[0].entries] == wanted


def test_an_inherited_cell_names_the_class_and_its_place() -> None:
    found = drivers("class B(Driver):\n    def stub(self): return 1  # 0.5\nclass D(B):  # 1.0\n    pass")
    cell = t.cell(found, "D", "stub")
    assert (cell.via, cell.place and cell.place.short) == ("lib.drivers:B", "lib/drivers.py:3")
    assert t.driver(found.interfaces[0], "D").bases == ("lib.drivers:B", "lib.base:Driver")
    default = t.cell(found, "D", "works")
    assert (default.via, default.place and default.place.path) == ("lib.base:Driver", "lib/base.py")


def test_what_has_to_be_annotated_is_told_once_with_its_owner() -> None:
    """A base class that only inherits is annotated once, at its definition; a driver needs its class line."""
    found = drivers(
        "class B(Driver):\n    def stub(self): return 1\nclass D(B): pass\nclass E(B):  # 1.0\n    def idle(self): return 1"
    )
    (interface,) = found.interfaces
    assert [(entry.name, each.owner) for entry, each in missing_annotations(interface)] == [
        ("stub", "lib.drivers:B"),
        ("plain", "lib.base:Driver"),
        ("idle", "lib.drivers:E"),
    ]
    assert [each.id for each in lacking_since(interface)] == ["lib.drivers:D"]


def test_variants_keep_their_conditions_and_annotations() -> None:
    found = drivers(
        "class D(Driver):\n    if X:\n        def stub(self): return 1  # 1.0\n    else:\n        def stub(self): return 2  # 2.0"
    )
    cell = t.cell(found, "D", "stub")
    assert [(each.when, each.annotation and each.annotation.text) for each in cell.variants] == [
        ("X", "1.0"),
        ("not (X)", "2.0"),
    ]
    assert cell.note == "X"


@pytest.mark.parametrize(
    ("keys", "source", "wanted"),
    [
        ({"stub_exceptions": ("errors.Unsupported",)}, "def stub(self): raise Unsupported()", "unsupported stub"),
        ({"stub_exceptions": ("Unsupported",)}, "def stub(self): raise errors.Unsupported", "unsupported stub"),
        ({"stub_exceptions": ("Unsupported",)}, "def stub(self): raise NotImplementedError", "unannotated own"),
        ({"stub_markers": ("unsupported",)}, "@unsupported\n    def stub(self): return 1", "unsupported stub"),
        ({"stub_markers": ("unsupported",)}, "@m.unsupported('why')\n    def stub(self): return 1", "unsupported stub"),
        ({"stub_markers": ("unsupported",)}, "def stub(self): return m.unsupported(self)", "unsupported stub"),
        ({"stub_markers": ("unsupported",)}, "stub = unsupported", "unsupported stub"),
        ({"stub_markers": ("unsupported",)}, "stub = m.unsupported('why')", "unsupported stub"),
        ({"stub_markers": ("NotImplemented",)}, "def stub(self): return NotImplemented", "unsupported stub"),
        ({"stub_markers": ("unsupported",)}, "def stub(self): unsupported(); return 1", "unannotated own"),
        ({"decorators": ("added",)}, "@added('1.0')\n    def stub(self): return 1", "supported own"),
        ({"decorators": ()}, "@since('1.0')\n    def stub(self): return 1", "unannotated own"),
        ({"exempt": {"stub": "why"}}, "def stub(self): return 1", "supported own"),
        ({"exempt": {"stub": "why"}}, "def stub(self): return 1  # since 1.0", "unreadable own"),
        ({"dynamic": {"lib.drivers:D.stub": "why"}}, "def __init__(self): self.stub = f", "unsupported absent"),
        ({"dynamic": {"lib.drivers:D": "why"}}, "def __init__(self): self.stub = f", "unsupported absent"),
        ({"dynamic": {"lib/drivers.py": "why"}}, "def __getattr__(self, name): ...", "unsupported absent"),
    ],
)  # fmt: skip
def test_cell_with_config(keys: dict[str, object], source: str, wanted: str) -> None:
    found = drivers(f"class D(Driver):\n    {source}\n", t.interface(**keys))
    assert t.row(found, "D")["stub"] == wanted
    assert not [each for each in found.problems if each.kind in ("unreadable", "exception", "config")]


def test_external_bases_that_are_declared_hide_nothing() -> None:
    source = "import vendor\nclass D(vendor.B, Driver):  # 1.0\n    pass"
    found = drivers(source, t.interface(external={"vendor.B": "only helpers"}))
    assert t.row(found, "D")["works"] == "supported default"
    assert t.problems(found) == []
    assert t.driver(found.interfaces[0], "D").external == ("vendor.B",)


def test_spans_from_the_config_override_what_was_inherited() -> None:
    spans = grammar.parse("1.5 - 2.0", t.X)
    found = drivers("class D(Driver):  # 1.0\n    pass", t.interface(inherits={"lib.drivers:D": {"works": spans}}))
    cell = t.cell(found, "D", "works")
    assert (cell.state, cell.how, t.spans(cell)) == ("removed", "default", "1.5 - 2.0")


PROBLEMS = {
    "misspelt and annotated": (
        "class D(Driver):\n    def stup(self): return 1  # 1.0",
        {},
        ["unknown-entry lib/drivers.py:3 interface Driver has no entry 'stup'"],
    ),
    "misspelt in a base": (
        "class B(Driver):\n    def stup(self): return 1  # 1.0\nclass D(B): pass",
        {},
        ["unknown-entry lib/drivers.py:3 interface Driver has no entry 'stup'"],
    ),
    "helper with prose": ("class D(Driver):\n    def helper(self): return 1  # quick", {}, []),
    "helper that is private": ("class D(Driver):\n    def _helper(self): return 1  # 1.0", {}, []),
    "an extension": ("class D(Driver):\n    def ex_more(self): return 1  # 1.0", {"extensions": ("ex_*",)}, []),
    "an extension with a near miss": (
        "class D(Driver):\n    def ex_more(self): return 1  # since 1.0",
        {"extensions": ("ex_*",)},
        ["malformed lib/drivers.py:3 this comment looks like an annotation but is not valid"],
    ),
    "defined twice": (
        "class D(Driver):\n    def stub(self): return 1  # 1.0\n    def stub(self): return 2  # 1.0",
        {},
        ["duplicate lib/drivers.py:4 'stub' is defined twice in D; Python keeps this one"],
    ),
    "defined twice under conditions": (
        "class D(Driver):\n    if X:\n        stub = f  # 1.0\n    else:\n        stub = g  # 1.0",
        {},
        [],
    ),
    "class twice": (
        "class D(Driver): pass\nclass D(Driver): pass",
        {},
        ["unreadable lib/drivers.py:3 class D is defined 2 times; one of them is read"],
    ),
    "getattr": (
        "class D(Driver):\n    def __getattr__(self, name): ...",
        {},
        ["unreadable lib/drivers.py:3 attributes are made up at run time by __getattr__"],
    ),
    "getattr of a base": (
        "class B(Driver):\n    def __getattr__(self, name): ...\nclass D(B): pass",
        {},
        ["unreadable lib/drivers.py:3 attributes are made up at run time by __getattr__"],
    ),
    "made in a function": (
        "def make():\n    class D(Driver): pass\n    return D",
        {},
        ["unreadable lib/drivers.py:3 class D derives from the interface and is made in a function"],
    ),
    "made in a function from what it imports": (
        "def make():\n    from .base import Driver\n    class D(Driver): pass",
        {},
        ["unreadable lib/drivers.py:4 class D derives from the interface and is made in a function"],
    ),
    "a helper in a function": ("def make():\n    import sqlite3\n    class C(sqlite3.Cursor): pass", {}, []),
    "external": (
        "import vendor\nclass D(vendor.B, Driver): pass",
        {},
        [
            "unresolved-base lib/drivers.py:3 class D: its base vendor.B is outside the tree and may bring entries of its own"
        ],
    ),
    "unresolved": (
        "class D(Gone, Driver): pass",
        {},
        ["unresolved-base lib/drivers.py:2 class D: its base 'Gone' cannot be resolved: no 'Gone' in lib/drivers.py"],
    ),
    "a class of a driver file that derives from nobody knows what": (
        "class D(Gone): pass",
        {},
        ["unresolved-base lib/drivers.py:2 class D: its base 'Gone' cannot be resolved: no 'Gone' in lib/drivers.py"],
    ),
    "a class that is declared": ("class D(Gone): pass", {"dynamic": {"lib.drivers:D": "a test double"}}, []),
    "declared and not needed": (
        "class D(Driver): pass",
        {"dynamic": {"lib.drivers:D": "why"}, "external": {"vendor.B": "why"}},
        [
            "exception hvsupport.toml:1 'lib.drivers:D' is declared under 'dynamic' and nothing there needs it",
            "exception hvsupport.toml:1 'vendor.B' is declared under 'external' and nothing there needs it",
        ],
    ),
    "unknown names in the config": (
        "class D(Driver): pass",
        {
            "exempt": {"stup": "why"},
            "exclude": ("xx*",),
            "inherits": {"lib.drivers:D": {"stup": ()}, "lib.drivers:E": {}},
        },
        [
            "config hvsupport.toml:1 no member matches 'xx*'",
            "config hvsupport.toml:1 the interface has no entry 'stup'",
            "config hvsupport.toml:1 there is no driver 'lib.drivers:E'",
            "config hvsupport.toml:1 there is no entry 'stup'",
        ],
    ),
    "additional that is there": (
        "class D(Driver): pass",
        {"additional": {"stub": "why"}},
        ["config hvsupport.toml:1 the interface has an entry 'stub' already"],
    ),
}


@pytest.mark.parametrize(
    ("annotation", "not_before", "expected"),
    [
        ("1.0", None, ("supported derived", "1.0")),
        ("1.0", "2.0", ("supported derived", "2.0")),
        ("1.0 - 1.5", "2.0", ("unsupported absent", "")),
    ],
)
def test_a_derived_call_is_no_older_than_itself(
    annotation: str, not_before: str | None, expected: tuple[str, str]
) -> None:
    body = "return 1" if " " not in annotation else "raise NotImplementedError"
    derived = {"twice": Derived(("open",), None, not_before)}
    source = f"class D(Driver):\n    def open(self):  # {annotation}\n        {body}\n"
    found = t.drivers(source, t.interface(derived=derived))
    assert (t.row(found, "D")["twice"], t.spans(t.cell(found, "D", "twice"))) == expected


def test_entries_whose_call_no_user_can_make_are_internal() -> None:
    found = drivers("class D(Driver): pass", t.interface(internal_calls={"stub": "1.0"}, places=t.KEYS))
    told = {entry.name: entry.internal for entry in found.interfaces[0].entries}
    assert told.pop("stub") and told and not any(told.values())


def test_a_release_of_a_call_that_is_none_is_told() -> None:
    calls = {"open": "soon", "close": "1.0"}
    found = drivers("class D(Driver): pass", t.interface(internal_calls=calls, places=t.KEYS))
    (problem,) = [each for each in found.problems if each.found == "soon"]
    assert problem.place.path == "internal-calls.open"
    assert (problem.kind, problem.found, problem.expected) == ("config", "soon", "such as 1.2.0")
    assert "'soon' is not a release" in problem.message


@pytest.mark.parametrize(("source", "keys", "wanted"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_problem(source: str, keys: dict[str, object], wanted: list[str], request: pytest.FixtureRequest) -> None:
    found = drivers(source, t.interface(**keys))
    assert t.problems(found) == wanted
    told.compare(request, found.problems)


def test_misspelt_entries_have_a_suggestion() -> None:
    (problem,) = drivers("class D(Driver):\n    def stup(self): return 1  # 1.0").problems
    assert (problem.tip, problem.driver, problem.entry) == ("did you mean 'stub'?", "lib.drivers:D", "stup")


def test_additional_entries_stand_last_and_have_cells() -> None:
    found = drivers(
        "class D(Driver):\n    def more(self): return 1  # 1.0", t.interface(additional={"more": "some have it"})
    )
    assert found.interfaces[0].entries[-1].name == "more"
    assert t.row(found, "D")["more"] == "supported own"
    assert t.problems(found) == []


def test_excluded_members_are_no_entries() -> None:
    found = drivers("class D(Driver):\n    def calls(self): return 1  # 1.0", t.interface(exclude=("ca*", "plain")))
    assert [entry.name for entry in found.interfaces[0].entries] == ["stub", "idle", "abstract", "works", "held"]
    assert t.problems(found) == []


def test_groups_order_the_entries() -> None:
    from hvsupport.annotate.config.value import Group

    groups = (Group("Work", ("works", "plain")), Group("Rest", ("*",)), Group("None", ("x*",)))
    found = drivers("class D(Driver): pass", t.interface(groups=groups))
    (interface,) = found.interfaces
    assert [(entry.name, entry.group) for entry in interface.entries][:3] == [
        ("works", "Work"),
        ("plain", "Work"),
        ("stub", "Rest"),
    ]
    assert interface.groups == ("Work", "Rest", "None")
    assert t.problems(found) == ["config hvsupport.toml:1 no entry matches 'x*'"]


def test_entries_of_the_bases_of_an_interface_count_where_the_config_says_so() -> None:
    base = "class Root:\n    def root(self): return 1  # 0.1\nclass Driver(Root):\n    def stub(self): raise NotImplementedError"
    source = "class D(Driver):  # 1.0\n    pass"
    assert list(t.row(t.drivers(source, base=base), "D")) == ["stub"]
    found = t.drivers(source, t.interface(inherited_entries=True), base=base)
    assert t.row(found, "D") == {"stub": "unsupported absent", "root": "supported default"}
    assert t.cell(found, "D", "root").via == "lib.base:Root"


def test_an_interface_may_be_named_by_a_package_that_exports_it() -> None:
    files = {
        "lib/__init__.py": "from .base import Driver",
        "lib/base.py": t.BASE,
        "lib/d.py": "from . import Driver\nclass D(Driver): pass",
    }
    found = t.catalogue(files, t.interface("lib/__init__.py:Driver"))
    assert (t.ids(found), t.problems(found)) == (["lib.d:D"], [])


@pytest.mark.parametrize("at", ["lib/base.py:Driver", "./lib/base.py:Driver", "lib//base.py:Driver"])
def test_the_path_of_an_interface_is_normalized(at: str) -> None:
    assert t.ids(t.drivers("class D(Driver): pass", t.interface(at))) == ["lib.drivers:D"]


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("lib/base.py:Drivr", "there is no 'Drivr' in lib/base.py"),
        ("lib/gone.py:Driver", "interface 'driver' cannot be found: no such file"),
        ("lib/base.py", "interface 'driver' cannot be found: it has to be written path:name"),
        ("../base.py:Driver", "interface 'driver' cannot be found: no such file"),
        ("/etc/passwd:Driver", "interface 'driver' cannot be found: no such file"),
        ("", "interface 'driver' cannot be found: it has to be written path:name"),
        (":", "interface 'driver' cannot be found: it has to be written path:name"),
    ],
)
def test_an_interface_that_is_not_there(at: str, message: str) -> None:
    found = t.drivers("class D(Driver): pass", t.interface(at))
    assert [problem.message for problem in found.problems] == [message]
    assert found.interfaces[0].drivers == ()


def test_all_annotations_are_kept_for_stamping() -> None:
    """Also those of classes that are no columns, of extensions, and of bases' own class lines."""
    found = drivers(
        "class B(Driver):  # 0.1\n    def stub(self): return 1  # 0.2\n    def ex_b(self): pass  # 0.3\n"
        "class D(B):  # 0.4\n    def ex_d(self): pass  # 0.5\n    def idle(self): return 1  # 0.6\n"
        "class Dummy(Driver):  # 0.7\n    def stub(self): return 1  # 0.8\n",
        t.interface(not_drivers={"*:Dummy": "a dummy"}, extensions=("ex_*",)),
    )
    texts = [each.text for each in found.annotations]
    assert texts == ["0.5.0", "0.5.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8"]


def test_the_catalogue_is_the_same_every_time() -> None:
    source = "".join(f"class D{n}(Driver):  # 1.0\n    def stub(self): return 1  # since 1.{n}\n" for n in range(20))
    assert drivers(source) == drivers(source)


def test_a_span_holds() -> None:
    assert Span(t.X.parse("1.0"), removed=t.X.parse("2.0")).holds(t.X.parse("1.5"))


TIPS = {
    "a slip in the name": ("class D(Drivre):\n    pass\n", "did you mean 'Driver'?"),
    "a name that nothing here is like": (
        "class D(Gone):\n    pass\n",
        "if the module is in the tree under another name, map it under 'packages' in the config; if it is compiled or"
        " makes the name at run time, declare the class under 'dynamic' with the reason",
    ),
    "itself": ("class D(D):\n    pass\n", None),
    "one base twice": ("class D(Driver, Driver):\n    pass\n", None),
}


@pytest.mark.parametrize(("source", "tip"), TIPS.values(), ids=list(TIPS))
def test_the_tip_fits_what_is_wrong_with_a_base(source: str, tip: str | None) -> None:
    found = t.drivers(source)
    assert [each.tip for each in found.problems if each.kind == "unresolved-base"] == [tip]
