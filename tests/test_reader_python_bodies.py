"""The reader of Python: conditions, and what bodies and values do."""

from __future__ import annotations

import pytest
import tree_builder as t

# -- conditions

CONDITIONS = {
    "if": ("if X:\n        def f(self): pass", ["X"]),
    "if and else": ("if X:\n        f = a\n    else:\n        f = b", ["X", "not (X)"]),
    "elif": (
        "if X:\n        f = a\n    elif Y:\n        f = b\n    else:\n        f = c",
        ["X", "Y", "not (X) and not (Y)"],
    ),
    "nested": ("if X:\n        if Y:\n            f = a", ["X and Y"]),
    "try": ("try:\n        f = a\n    except ImportError:\n        f = b", [None, "except ImportError"]),
    "bare except": ("try:\n        f = a\n    except:\n        f = b", [None, "except"]),
    "finally": ("try:\n        pass\n    finally:\n        f = a", [None]),
    "type checking": ("if TYPE_CHECKING:\n        f = a\n    else:\n        f = b", [None]),
    "type checking by module": ("if typing.TYPE_CHECKING:\n        f = a", []),
    "not type checking": ("if not t.TYPE_CHECKING:\n        f = a", [None]),
    "constant": ("if 0:\n        f = a\n    elif True:\n        f = b\n    else:\n        f = c", [None]),
    "constant behind a test": ("if X:\n        f = a\n    elif True:\n        f = b", ["X", "not (X)"]),
    "match": ("match X:\n        case 1 | 2:\n            f = a", ["X matches 1 | 2"]),
    "with": ("with X:\n        f = a", [None]),
    "loop": ("for x in y:\n        f = a", ["in a loop"]),
    "while": ("while X:\n        f = a", ["in a loop"]),
}


@pytest.mark.parametrize(("block", "wanted"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_condition(block: str, wanted: list[str | None]) -> None:
    (found,) = t.read(f"class A:\n    {block}\n").classes
    assert [member.when for member in found.members if member.name == "f"] == wanted


def test_a_definition_in_every_branch_is_told_from_one_in_some() -> None:
    (whole,) = t.read(
        "class A:\n    if X:\n        f = a\n    elif Y:\n        f = b\n    else:\n        f = c\n"
    ).classes
    assert [member.branch for member in whole.members] == [(2, 0, 3, True), (2, 1, 3, True), (2, 2, 3, True)]
    (part,) = t.read("class A:\n    if X:\n        f = a\n    elif Y:\n        f = b\n").classes
    assert [member.branch for member in part.members] == [(2, 0, 2, False), (2, 1, 2, False)]


# -- what a body does

_RAISES_IF = "if x:\n            raise E\n        "
BODY = {
    "raises": ("raise NotImplementedError", "raise", "NotImplementedError"),
    "raises an instance": ("raise exc.NotSupported('x')", "raise", "exc.NotSupported"),
    "raises behind a docstring": ("'''Do.'''\n        raise E", "raise", "E"),
    "raises behind an assignment": ("x = 1\n        raise E(x)", "raise", "E"),
    "raises from": ("raise E from None", "raise", "E"),
    "what follows a raise does not count": ("raise E\n        yield 1", "raise", "E"),
    "raises again": ("raise", "raise", "?"),
    "raises under a condition": ("if x:\n            raise E", "work", None),
    "raises at the end of many ways that raise": (
        f"{3 * _RAISES_IF}raise E",
        "raise",
        "E",
    ),
    "works behind many ways that raise": (
        f"{3 * _RAISES_IF}g()",
        "work",
        None,
    ),
    "raises behind a call": ("log()\n        raise E", "then", "log"),
    "passes": ("pass", "pass", None),
    "ellipsis": ("...", "pass", None),
    "docstring": ("'''Do.'''", "pass", None),
    "assignment only": ("x = 1", "work", None),
    "calls": ("return self.g(1)", "call", "self.g"),
    "calls and forgets": ("self.g(1)", "call", "self.g"),
    "awaits": ("return await self.g()", "call", "self.g"),
    "super": ("return super().f()", "call", "super().f"),
    "old super": ("return super(A, self).f()", "call", "super(A).f"),
    "super behind a class of a module": ("return super(m.A, self).f()", "call", "super(m/A).f"),
    "super of its own class": ("return super(__class__, self).f()", "call", "super().f"),
    "itself by another name": ("me = self\n        return me.g()", "call", "self.g"),
    "function": ("return m.g()", "call", "m.g"),
    "class": ("return Base.f(self)", "call", "Base.f"),
    "call of a call": ("return g()()", "work", None),
    "marker": ("return NotImplemented", "work", "NotImplemented"),
    "nothing": ("return None", "pass", None),
    "returns": ("return", "pass", None),
    "returns behind a docstring": ("'Do.'\n        return", "pass", None),
    "an empty generator": ("return\n        yield", "pass", None),
    "returns something": ("return 0", "work", None),
    "two statements": ("a()\n        b()", "then", "a"),
    "calls and returns nothing": ("self.g()\n        return None", "call", "self.g"),
    "calls and returns something": ("self.g()\n        return 1", "then", "self.g"),
    "raises a local class": ("e = NotImplementedError\n        raise e('x')", "raise", "NotImplementedError"),
    "raises a local instance": ("e = NotImplementedError('x')\n        raise e", "raise", "NotImplementedError"),
    "raises what was assigned twice": ("e = A()\n        e = B()\n        raise e", "raise", "e"),
    "raises what a helper gives": ("raise self.error('x')", "raise", "self.error"),
    "raises and cleans up": ("try:\n            raise E\n        finally:\n            self.g()", "raise", "E"),
    "returns in finally": ("try:\n            raise E\n        finally:\n            return 1", "work", None),
    "catches what it raises": ("try:\n            raise E\n        except E:\n            self.g()", "work", None),
    "turns what it raises into another": (
        "try:\n            raise A\n        except A:\n            raise E",
        "raise",
        "E",
    ),
    "turns something else into another": (
        "try:\n            raise A\n        except B:\n            raise E",
        "work",
        None,
    ),
    "raises for ever": ("while True:\n            raise E", "raise", "E"),
    "raises while": ("while x:\n            raise E", "work", None),
    "raises in every case": ("match x:\n            case 1: raise E\n            case _: raise E", "raise", "E"),
    "raises in some cases": ("match x:\n            case 1: raise E\n            case 2: raise E", "work", None),
    "asserts what is false": ("assert False, 'x'", "raise", "AssertionError"),
    "returns what was made": ("e = E('x')\n        return e", "work", "E"),
}


@pytest.mark.parametrize(("text", "kind", "target"), BODY.values(), ids=BODY.keys())
def test_body(text: str, kind: str, target: str | None) -> None:
    (found,) = t.read(f"class A:\n    def f(self):\n        {text}\n").classes
    assert found.members[0].body[:2] == (kind, target)


VALUE = {
    "partial method": ("partialmethod(_g, 1)", ("name", "_g")),
    "dotted partial method": ("functools.partialmethod(_g, 1)", ("name", "_g")),
    "name": ("g", ("name", "g")),
    "dotted": ("m.g", ("name", "m.g")),
    "none": ("None", ("none", None)),
    "ellipsis": ("...", ("none", None)),
    "true": ("True", ("true", None)),
    "false": ("False", ("false", None)),
    "string": ("'x'", ("string", None)),
    "number": ("1", ("value", None)),
    "lambda": ("lambda self: 1", ("work", None)),
    "lambda that calls": ("lambda self: g(1)", ("call", "g")),
    "call": ("g(1)", ("value", "g")),
    "static method": ("staticmethod(g)", ("name", "g")),
    "property": ("property(_g)", ("name", "_g")),
    "condition": ("g if X else None", ("condition", None)),
}


@pytest.mark.parametrize(("text", "wanted"), VALUE.values(), ids=VALUE.keys())
def test_value(text: str, wanted: tuple[str, str | None]) -> None:
    for source in (f"class A:\n    f = {text}\n", f"class A:\n    f: T = {text}\n", f"T = Ops(f={text})\n"):
        found = t.read(source)
        (member,) = (*found.classes, *found.tables)[0].members
        assert member.body[:2] == wanted


def test_a_bare_declaration_is_a_field() -> None:
    assert t.read("class A:\n    f: int\n").classes[0].members[0].body.kind == "field"


def test_values_of_unpacked_names() -> None:
    (found,) = t.read("class A:\n    (a, b), *c = (f, None), x\n    d, e = g\n    h = i = j\n").classes
    got = {member.name: (member.body.kind, member.body.target) for member in found.members}
    assert (
        got
        == {
            "a": ("name", "f"),
            "b": ("none", None),
            "c": ("value", None),
            "d": ("name", "g"),
            "e": ("name", "g"),
            "h": ("name", "j"),
            "i": ("name", "j"),
        }
        or got["a"][0] == "value"
    )
    assert got["d"] == ("name", "g") and got["h"] == ("name", "j")


CALLS = {
    "plain": ("return self.g(self.h())", ("g", "h")),
    "both branches": ("if self.t():\n            self.g()\n        else:\n            self.g()", ("t", "g")),
    "one branch": ("if x:\n            self.g()", ()),
    "a branch that raises": ("if x:\n            raise E\n        self.g()", ("g",)),
    "behind and": ("return x and self.g()", ()),
    "in a conditional expression": ("return self.g() if x else 1", ()),
    "in a loop": ("for x in self.g():\n            self.h()", ("g",)),
    "in a try that swallows": ("try:\n            self.g()\n        except Exception:\n            pass", ()),
    "in a try that does not": ("try:\n            self.g()\n        except KeyError:\n            pass", ("g",)),
    "in a with": ("with x:\n            self.g()", ("g",)),
    "behind a return": ("if x:\n            return\n        self.g()", ()),
    "in a function inside": ("def k():\n            self.g()\n        return k", ()),
    "in a lambda": ("return lambda: self.g()", ()),
    "only raises": ("raise E(self.g())", ()),
    "in a try that catches stubs": ("try:\n            self.g()\n        except e.NotSupported:\n            pass", ()),
    "in the head of a with": ("with self.g():\n            pass", ("g",)),
    "on the class": ("return cls.g()", ("g",)),
}


@pytest.mark.parametrize(("text", "wanted"), CALLS.values(), ids=CALLS.keys())
def test_what_a_body_calls_on_every_way(text: str, wanted: tuple[str, ...]) -> None:
    (found,) = t.read(f"class Base:\n    def f(self):\n        {text}\n").classes
    assert sorted(use.name for use in found.members[0].uses if use.called) == sorted(wanted)


def test_what_a_body_reads_and_what_it_calls_behind_its_class() -> None:
    source = "class Base:\n    def f(self):\n        x = super().f(self.a)\n        self.b = self.a.c() + super().d\n"
    (found,) = t.read(source).classes
    assert found.members[0].uses == (("f", True, True, ""), ("a", False, False, ""), ("d", False, True, ""))


USED_IN = {
    "an interface": ("class Base:\n    def f(self): self.g(1); self.h()\n", True),
    "a class beside an interface": ("class A:\n    def f(self): self.g(1); self.h()\nclass Base: pass\n", True),
    "a class with a stub": ("class A:\n    def f(self): self.g(1); self.h()\n    def g(self): raise E\n", True),
    "an abstract class": (
        "class A:\n    def f(self): self.g(1); self.h()\n    @abc.abstractmethod\n    def g(self): ...\n",
        True,
    ),
    "any other": ("class A:\n    def f(self): self.g(1); self.h()\n", False),
}


@pytest.mark.parametrize(("source", "wanted"), USED_IN.values(), ids=USED_IN.keys())
def test_what_bodies_use_is_kept_where_it_may_matter(source: str, wanted: bool) -> None:
    assert bool(t.read(source).classes[0].members[0].uses) is wanted
