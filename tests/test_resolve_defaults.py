"""Interfaces' own bodies, judged for each driver: what they call is what the driver makes of it."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

from hvsupport.annotate.catalogue import missing_annotations
from hvsupport.annotate.readers.python import uses

BASE = """
import abc
from functools import cached_property

class Root:
    def _deep(self):
        raise NotImplementedError

    def _soft(self):
        pass

class Driver(Root):
    _call = None
    _flag = False

    def only(self):  # 0.5.0
        return self._hook()

    def _hook(self):
        raise NotImplementedError

    def works(self):  # 0.5.0
        x = self._state()
        self._hook()
        return x

    def _state(self):
        return 1

    def deep(self):  # 0.5.0
        self._state()
        return [self._middle()]

    def _middle(self):
        self._state()
        return self._deep() + 1

    def soft(self):  # 0.5.0
        self.x = 1
        self._soft()
        self.empty()

    def empty(self):
        pass

    def nothing(self):
        return self._soft()

    def prop(self):  # 0.5.0
        return [self._client]

    @property
    def _client(self):
        raise NotImplementedError

    def attribute(self):  # 0.5.0
        return [self._call(1)]

    def flag(self):  # 0.5.0
        return [self._flag]

    def abstract(self):  # 0.5.0
        return [self._must()]

    @abc.abstractmethod
    def _must(self):
        pass

    def passes_on(self):  # 0.5.0
        return run(self._hook)
"""

ALL = ("only", "works", "deep", "soft", "empty", "nothing", "prop", "attribute", "flag", "abstract", "passes_on")
ALONE = {"soft", "flag", "passes_on"}

# id -> source of the driver "D", the defaults that it has besides those that work alone
DRIVERS = {
    "nothing": ("class D(Driver):  # 1.0\n    pass", set()),
    "the hook": ("class D(Driver):  # 1.0\n    def _hook(self): return 1", {"only", "works"}),
    "an empty hook": ("class D(Driver):  # 1.0\n    def _hook(self): pass", {"only", "works"}),
    "a hook that refuses": ("class D(Driver):  # 1.0\n    def _hook(self): raise NotImplementedError", set()),
    "a hook that calls what refuses": ("class D(Driver):  # 1.0\n    def _hook(self): return self._deep()", set()),
    "a hook that calls what works": ("class D(Driver):  # 1.0\n    def _hook(self): return self._deep()\n    def _deep(self): return 1", {"only", "works", "deep"}),
    "a hook that calls what it overrides": ("class D(Driver):  # 1.0\n    def _hook(self): return super()._hook()", set()),
    "a hook in a class between": ("class B(Driver):\n    def _hook(self): return 1\nclass D(B):  # 1.0\n    pass", {"only", "works"}),
    "a hook in a mixin": ("class M:\n    def _hook(self): return 1\nclass D(M, Driver):  # 1.0\n    pass", {"only", "works"}),
    "a hook in a mixin behind": ("class M:\n    def _hook(self): return 1\nclass D(Driver, M):  # 1.0\n    pass", set()),
    "a hook taken away again": ("class B(Driver):\n    def _hook(self): return 1\nclass D(B):  # 1.0\n    def _hook(self): raise NotImplementedError", set()),
    "a hook by another name": ("def h(self): return 1\nclass D(Driver):  # 1.0\n    _hook = h", {"only", "works"}),
    "a hook under a condition": ("class D(Driver):  # 1.0\n    if X:\n        def _hook(self): return 1", {"only", "works"}),
    "two classes below": ("class D(Driver):  # 1.0\n    def _deep(self): return 1", {"deep"}),
    "the middle": ("class D(Driver):  # 1.0\n    def _middle(self): return 1", {"deep"}),
    "a property": ("class D(Driver):  # 1.0\n    @property\n    def _client(self): return 1", {"prop"}),
    "an attribute for a property": ("class D(Driver):  # 1.0\n    _client = 5", {"prop"}),
    "a class attribute": ("class D(Driver):  # 1.0\n    _call = staticmethod(len)", {"attribute"}),
    "a method for an attribute": ("class D(Driver):  # 1.0\n    def _call(self, x): return 1", {"attribute"}),
    "what is abstract": ("class D(Driver):  # 1.0\n    def _must(self): return 1", {"abstract"}),
    "what does nothing": ("class D(Driver):  # 1.0\n    def _soft(self): return 1", {"nothing"}),
    "an empty override of what does nothing": ("class D(Driver):  # 1.0\n    def _soft(self): pass", {"nothing"}),
}  # fmt: skip


@pytest.mark.parametrize(("source", "more"), DRIVERS.values(), ids=DRIVERS.keys())
def test_defaults_of_a_driver(source: str, more: set[str]) -> None:
    found = t.drivers(source, base=BASE)
    row = t.row(found, "D")
    assert {name for name in ALL if row[name].endswith(" default")} == ALONE | more
    assert {row[name] for name in ALL if name not in ALONE | more} == {"unsupported absent"}
    assert [each for each in found.problems if each.kind not in ("unknown-entry",)] == []


def test_a_refusing_hook_is_named() -> None:
    found = t.drivers("class D(Driver):  # 1.0\n    pass", base=BASE)
    notes = {name: t.cell(found, "D", name).note for name in ("only", "works", "deep", "prop", "attribute")}
    assert notes == {
        "only": None,
        "works": "_hook, which this driver lacks",
        "deep": "_deep, which this driver lacks",
        "prop": "_client, which this driver lacks",
        "attribute": "_call, which this driver lacks",
    }


def test_an_entry_that_the_driver_refuses_takes_away_what_uses_it() -> None:
    source = "class D(Driver):  # 1.0\n    def empty(self): raise NotImplementedError"
    assert t.row(t.drivers(source, base=BASE), "D")["soft"] == "unsupported absent"


def test_a_driver_that_makes_up_attributes_may_have_the_hook() -> None:
    source = "class D(Driver):  # 1.0\n    def __getattr__(self, name): return 1"
    assert t.row(t.drivers(source, base=BASE), "D")["works"] == "unreadable absent"


def test_a_default_that_no_driver_has_needs_no_release() -> None:
    base = "class Driver:\n    def f(self): return self._f()\n    def _f(self): raise NotImplementedError\n"
    alone = t.drivers("class D(Driver):  # 1.0\n    pass", base=base)
    assert list(missing_annotations(alone.interfaces[0])) == []
    both = t.drivers("class D(Driver):  # 1.0\n    def _f(self): return 1", base=base)
    assert [entry.name for entry, _ in missing_annotations(both.interfaces[0])] == ["f"]


STUBS = {
    "a helper of the module": ("def no(x): return NotImplementedError(x)\n", "raise no('f')"),
    "a helper that raises": ("def no(): raise NotImplementedError\n", "raise no()"),
    "a helper of the class": ("", "raise self._no('f')"),
    "a helper by a local name": ("def no(x):\n    e = NotImplementedError(x)\n    return e\n", "raise no('f')"),
    "another name of the module": ("NIE = NotImplementedError\n", "raise NIE"),
    "another name that is called": ("NIE = NotImplementedError\n", "raise NIE('x')"),
    "another name of another name": ("A = NotImplementedError\nB = A\n", "raise B"),
    "an instance of the module": ("ERROR = NotImplementedError('x')\n", "raise ERROR"),
    "an attribute of the class": ("", "raise self._NIE('x')"),
    "a class that derives": ("class No(NotImplementedError): pass\n", "raise No"),
    "a local name": ("", "e = NotImplementedError()\n        raise e"),
    "a local class": ("", "e = NotImplementedError\n        raise e('x')"),
    "another name by import": ("from builtins import NotImplementedError as NIE\n", "raise NIE"),
    "from None": ("", "raise NotImplementedError from None"),
    "from another": ("", "raise NotImplementedError from e"),
    "finally": ("", "try:\n            raise NotImplementedError\n        finally:\n            self.x = 1"),
    "another in its place": ("", "try:\n            raise KeyError\n        except KeyError:\n            raise NotImplementedError"),
    "by another name of itself": ("", "me = self\n        return me._refuse('f')"),
    "before other work": ("", "self._refuse('f')\n        return self.client.go()"),
    "before other work, by a function": ("def refuse(x): raise NotImplementedError(x)\n", "refuse('f')\n        return False"),
}  # fmt: skip


@pytest.mark.parametrize("where", ["driver", "interface"])
@pytest.mark.parametrize(("head", "body"), STUBS.values(), ids=STUBS.keys())
def test_stubs_by_another_way(head: str, body: str, where: str) -> None:
    helpers = "\n    _NIE = NotImplementedError\n    def _no(self, x): return NotImplementedError(x)\n    def _refuse(self, x): raise NotImplementedError(x)\n"
    if where == "driver":
        base, source = t.BASE, f"{head}class D(Driver):{helpers}    def open(self):\n        {body}\n"
    else:
        base, source = (
            f"{head}class Driver:{helpers}    def open(self):\n        {body}\n",
            "class D(Driver):  # 1.0\n    pass\n",
        )
    found = t.drivers(source, base=base)
    assert t.row(found, "D")["open"] == f"unsupported {'stub' if where == 'driver' else 'absent'}"
    assert t.problems(found) == []


WORKS = {
    "a helper that gives another": ("def no(x): return ValueError(x)\n", "raise no('f')"),
    "a helper that does work": ("def no(x): log(x); return go()\n", "raise no('f')"),
    "another name for another": ("NIE = ValueError\n", "raise NIE"),
    "what was assigned twice": ("", "e = NotImplementedError()\n        e = ValueError()\n        raise e"),
    "caught": ("", "try:\n            raise NotImplementedError\n        except NotImplementedError:\n            return self.go()"),
    "something else by another name": ("", "me = copy(self)\n        return me._refuse('f')"),
    "behind other work": ("", "self.go()\n        raise NotImplementedError"),
}  # fmt: skip


@pytest.mark.parametrize(("head", "body"), WORKS.values(), ids=WORKS.keys())
def test_what_is_no_stub(head: str, body: str) -> None:
    found = t.drivers(f"{head}class D(Driver):\n    def open(self):  # 1.0\n        {body}\n")
    assert t.row(found, "D")["open"] == "supported own"


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("    def __init__(self):\n        self._purge = work\n", "default"),
        ("    def __init__(self):\n        self._other = work\n", "absent"),
        ("    pass\n", "absent"),
    ],
)
@pytest.mark.parametrize("default", ["return self._purge()", "work()\n        return self._purge()"])
def test_a_hook_that_is_assigned_on_the_instance_hides_that_of_the_class(body: str, how: str, default: str) -> None:
    base = f"""
def work():
    return 1

class Driver:
    def purge(self):
        {default}

    def _purge(self):
        raise NotImplementedError
"""
    found = t.drivers(f"def work():\n    return 1\n\nclass D(Driver):\n{body}", base=base)
    assert t.cell(found, "D", "purge").how == how


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("return self.a()\n    self.b()", ["a"], id="what follows a return never runs"),
        pytest.param("if x:\n        return 1\n    self.b()", [], id="what follows a return in a branch may not run"),
        pytest.param("for x in self.a():\n        return 1\n    self.b()", ["a"], id="a loop may return"),
        pytest.param("x = self.a()\n    self.b()", ["a", "b"], id="one after the other"),
        pytest.param("me = self\n    me.a()", ["a"], id="by another name"),
        pytest.param("me = copy(self)\n    me.a()", [], id="a copy"),
    ],
)
def test_what_a_body_uses_on_every_way(text: str, wanted: list[str]) -> None:
    (node,) = ast.parse(f"def f(self):\n    {text}\n").body
    assert isinstance(node, ast.FunctionDef)
    assert [each.name for each in uses.of_method(node)] == wanted


@pytest.mark.parametrize(
    ("body", "works"),
    [("return self.open()", True), ("raise self.refusal()", False), ("self.open(); self.close()", True)],
)
def test_a_body_that_only_calls_another_entry_works_by_itself(body: str, works: bool) -> None:
    """What that entry does is up to each driver; so the body needs a release, though the entry is a stub here."""
    base = f"{t.BASE}\n    def reopen(self):\n        {body}\n\n    def refusal(self):\n        return NotImplementedError()\n"
    found = t.drivers("class D(Driver):  # 1.0\n    pass\n", base=base)
    (entry,) = [each for each in found.interfaces[0].entries if each.name == "reopen"]
    assert entry.definition is not None and entry.definition.stub is not works


def test_a_default_may_call_an_entry_without_a_release() -> None:
    base = f"{t.BASE}\n    def reopen(self):  # 1.0\n        return 1 + self.open()\n"
    found = t.drivers("class D(Driver):  # 1.0\n    def open(self): return 1\n", base=base)
    assert t.row(found, "D")["reopen"] == "supported default"
    assert t.spans(t.cell(found, "D", "reopen")) == "1.0"


@pytest.mark.parametrize("how", ["self", "super()"])
def test_a_refusal_is_made_by_the_method_that_python_calls(how: str) -> None:
    """``super()`` passes over the class itself, whose own method gives something else."""
    source = "class Mid(Driver):\n    def _no(self): return NotImplementedError()\n"
    source += (
        f"class D(Mid):\n    def _no(self): return KeyError()\n    def open(self):  # 1.0\n        raise {how}._no()\n"
    )
    found = t.row(t.drivers(source), "D")["open"]
    assert found == ("unsupported stub" if how == "super()" else "supported own")


SPLIT = "    if FLAG:\n        def {0}(self):\n            raise NotImplementedError\n    else:\n        def {0}(self):\n            work()\n"
PARTLY = {
    "an own body that only calls it": (
        "def open(self):\n        pass",
        "_hook",
        "def open(self):\n        return self._hook()",
    ),
    "a default that only calls it": ("def open(self):\n        return self._hook()", "_hook", ""),
    "a default that does more": ("def open(self):\n        work()\n        self._hook()", "_hook", ""),
    "a default that calls an entry": ("def open(self):\n        work()\n        self.close()", "close", ""),
    "a default that calls such a default": (
        "def open(self):\n        work()\n        self.close()\n    def close(self):\n        work()\n        self._hook()",
        "_hook",
        "",
    ),
}


@pytest.mark.parametrize("is_split", [True, False], ids=["with an else", "without"])
@pytest.mark.parametrize(("base", "name", "own"), PARTLY.values(), ids=PARTLY)
def test_what_calls_a_conditional_body_depends_on_it(base: str, name: str, own: str, is_split: bool) -> None:
    split = SPLIT if is_split else SPLIT.partition("    else")[0]
    more = "" if is_split else f"class Mid(Driver):\n    def {name}(self):\n        work()\n"
    above = "Driver" if is_split else "Mid"
    files = {
        "lib/base.py": f"class Driver:\n    {base}\n    def close(self):\n        raise NotImplementedError\n"
        if "def close" not in base
        else f"class Driver:\n    {base}\n",
        "lib/d.py": f"from .base import Driver\n{more}class D({above}):\n{split.format(name)}    {own}\n",
    }
    found = t.catalogue(files)
    cell = t.cell(found, "D", "open")
    assert cell.definition is not None
    assert (cell.how, cell.state) == ("own" if own else "default", "unannotated")
    assert (cell.definition.expression or "").removeprefix("self.") in (name, "close")


STUB, WORK = "raise NotImplementedError", "work()"


@pytest.mark.parametrize(
    ("interface", "middle", "own", "how", "state"),
    [
        (STUB, WORK, STUB, "inherited", "conditional"),
        (STUB, WORK, WORK, "own", "supported"),
        (STUB, STUB, WORK, "own", "conditional"),
        (STUB, STUB, STUB, "stub", "unsupported"),
        (STUB, None, STUB, "stub", "unsupported"),
        (STUB, None, WORK, "own", "conditional"),
        (WORK, None, STUB, "default", "conditional"),
        (WORK, None, WORK, "own", "supported"),
    ],
)
def test_a_body_under_a_condition_leaves_the_other_cases_to_the_class_above(
    interface: str, middle: str | None, own: str, how: str, state: str
) -> None:
    def method(body: str | None, indent: str = "    ") -> str:
        mark = "" if body == STUB else "  # 1.0.0"
        return f"{indent}def open(self):{mark}\n{indent}    {body}\n" if body else f"{indent}pass\n"

    files = {
        "lib/base.py": f"class Driver:\n{method(interface)}",
        "lib/mid.py": f"from .base import Driver\nclass Mid(Driver):  # 1.0.0\n{method(middle)}",
        "lib/d.py": f"from .mid import Mid\nclass D(Mid):  # 1.0.0\n    if FLAG:\n{method(own, '        ')}",
    }
    cell = t.cell(t.catalogue(files), "D", "open")
    assert (cell.how, cell.state) == (how, state)


@pytest.mark.parametrize(
    ("above", "own", "state"),
    [
        ("next", "1.0.0", "conditional"),
        ("1.0.0", "next", "conditional"),
        ("next", "next", "next"),
        ("1.0.0", "1.1.0", "supported"),
        ("1.0.0", "0.5.0 - 1.1.0", "conditional"),
        ("0.5.0 - 1.1.0", "next", "next"),
    ],
    ids=[
        "the others wait for the next release",
        "this one does",
        "both do",
        "none does",
        "this went",
        "the others went",
    ],
)
def test_cases_that_wait_for_the_next_release_are_not_covered_today(above: str, own: str, state: str) -> None:
    files = {
        "lib/base.py": "class Driver:\n    def open(self):\n        raise NotImplementedError\n",
        "lib/mid.py": "from .base import Driver\nclass Mid(Driver):  # 1.0.0\n    def open(self):  # "
        + above
        + "\n        f()\n",
        "lib/d.py": "from .mid import Mid\nclass D(Mid):  # 1.0.0\n    if FLAG:\n        def open(self):  # "
        + own
        + "\n            f()\n",
    }
    assert t.cell(t.catalogue(files), "D", "open").state == state


@pytest.mark.parametrize(("body", "how"), [("'Nothing.'", "default"), ("raise NotImplementedError", "absent")])
def test_an_abstract_body_that_is_called_through_super_runs(body: str, how: str) -> None:
    files = {
        "lib/base.py": f"import abc\nclass Root:\n    @abc.abstractmethod\n    def open(self):\n        {body}\n"
        "class Driver(Root):\n    def open(self):\n        work()\n        super().open()\n        work()\n",
        "lib/d.py": "from .base import Driver\nclass D(Driver):\n    pass\n",
    }
    assert t.cell(t.catalogue(files), "D", "open").how == how
