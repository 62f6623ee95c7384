"""The reader of Python: tables, what is made at run time, bases and imports."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import sys

import pytest
import tree_builder as t

from hvsupport.annotate.facts import Written

# -- tables: what cannot be read is a trouble, never a gap

TROUBLES = {
    "made by a call": "OPS = make()\n",
    "made by an expression": "OPS = [x for x in y]\n",
    "starts from a call": "OPS = dict(make(), a=f)\n",
    "second spread": "OPS = {**A, **B}\n",
    "spread behind an entry": "OPS = {'a': f, **B}\n",
    "spread call": "OPS = {**make()}\n",
    "spread keywords": "T = Ops(a=f, **more)\nU = Ops(**some, b=f, **more)\n",
    "spread arguments": "T = Ops(*more)\n",
    "updated from a name": "class A:\n    def __init__(self):\n        self.caps.update(other)\n",
    "updated from pairs": "class A:\n    def __init__(self):\n        self.caps.update([('a', True)])\n",
    "or-assigned from a name": "class A:\n    caps |= other\n",
    "popped": "class A:\n    def __init__(self):\n        self.caps.pop('a')\n",
    "cleared": "class A:\n    def __init__(self):\n        self.caps.clear()\n",
    "default set": "class A:\n    def __init__(self):\n        self.caps.setdefault('a', True)\n",
    "deleted": "class A:\n    def __init__(self):\n        del self.caps['a']\n",
    "deleted as a whole": "OPS = {}\ndel OPS\n",
    "unpacked": "class A:\n    def __init__(self):\n        self.caps, self.x = make()\n",
    "made in a function": "def make():\n    return Ops(a=f)\n",
    "made in a function by position": "def make():\n    return Ops(f, g)\n",
    "made in a method": "class A:\n    def make(self):\n        self.t = Ops(a=f)\n",
}


@pytest.mark.parametrize("source", TROUBLES.values(), ids=TROUBLES.keys())
def test_trouble_of_a_table(source: str) -> None:
    found = t.read(source)
    troubles = [trouble for each in found.tables for trouble in each.troubles]
    assert troubles, found.tables
    assert all(1 <= trouble.line <= source.count("\n") for trouble in troubles)


@pytest.mark.parametrize(
    ("source", "base"),
    [
        ("OPS = dict(BASE, a=f)\n", "BASE"),
        ("OPS = {**m.BASE, 'a': f}\n", "m.BASE"),
        ("OPS = BASE\n", "BASE"),
        ("OPS = copy.deepcopy(BASE)\n", "BASE"),
        ("OPS = BASE.copy()\n", "BASE"),
        ("OPS = BASE | {'a': f} | {'b': f}\n", "BASE"),
        ("class A(B):\n    caps = dict(B.caps, a=True)\n", "B.caps"),
        ("class A(B):\n    def __init__(self):\n        self.caps = dict(super().caps, a=True)\n", "super().caps"),
    ],
)
def test_table_that_starts_from_another(source: str, base: str) -> None:
    (table,) = t.read(source).tables
    assert (table.base, table.troubles) == (base, ())


def test_a_key_that_is_no_literal_is_told() -> None:
    (table,) = t.read("OPS = {CONST: f, 'a': g, 1: h}\n").tables
    assert [pair.key for pair in table.pairs] == [("name", "CONST"), ("string", "a"), ("source", "1")]
    assert [member.name for member in table.members] == ["a"]


def test_a_local_variable_of_a_method_is_no_table_of_the_class() -> None:
    source = "class A:\n    def __init__(self):\n        caps = {'x': True}\n        self.caps = {'a': True}\n"
    assert [[m.name for m in table.members] for table in t.read(source).tables] == [["a"]]


@pytest.mark.parametrize(
    ("body", "when"),
    [
        ("def __init__(self):\n        self.caps = {}", None),
        ("def setup(self):\n        self.caps = {}", "in setup()"),
        ("def __init__(self):\n        if X:\n            self.caps = {}", "X"),
        (
            "def __init__(self):\n        if X:\n            return\n        self.caps = {}",
            "it has not returned before",
        ),
        ("def __init__(self):\n        try:\n            self.caps = {}\n        except E:\n            pass", None),
        ("def __init__(self):\n        for x in y:\n            self.caps = {}", "in a loop"),
        ("def __init__(self):\n        match x:\n            case 1:\n                self.caps = {}", "x matches 1"),
    ],
)
def test_condition_of_a_table_on_self(body: str, when: str | None) -> None:
    (table,) = t.read(f"class A:\n    {body}\n").tables
    assert (table.when, table.instance) == (when, True)


def test_a_registry_tells_keys_texts_and_places() -> None:
    source = "DRIVERS = {\n    P.A: ('m', 'A'),\n    'b': 'm:B',\n    'c': C,\n    'd': (m.D, 'title'),\n    'e': make(),\n}\n"
    (table,) = t.read(source).tables
    assert [pair[:3] for pair in table.pairs] == [
        (("name", "P.A"), (("string", "m"), ("string", "A")), 2),
        (("string", "b"), (("string", "m:B"),), 3),
        (("string", "c"), (("name", "C"),), 4),
        (("string", "d"), (("name", "m.D"), ("string", "title")), 5),
        (("string", "e"), (("source", "make()"),), 6),
    ]
    (listed,) = t.read("DRIVERS = ['=?x', a.B]\n").tables
    assert [pair[:2] for pair in listed.pairs] == [(None, (("string", "=?x"),)), (None, (("name", "a.B"),))]


# -- dynamic constructs

DYNAMIC = {
    "getattr": ("def __getattr__(self, name): ...", None),
    "getattr under a condition": ("if X:\n        def __getattr__(self, name): ...", None),
    "new": ("def __new__(cls): ...", None),
    "init_subclass that sets": ("def __init_subclass__(cls): setattr(cls, 'f', 1)", "f"),
    "init_subclass that sets anything": ("def __init_subclass__(cls): setattr(cls, x, 1)", None),
    "setattr": ("def f(self):\n        setattr(self, name, 1)", None),
    "setattr of a known name": ("def f(self):\n        setattr(self, 'g', 1)", "g"),
    "setattr on the class": ("def f(self):\n        setattr(A, name, 1)", None),
    "setattr on its type": ("def f(self):\n        setattr(type(self), name, 1)", None),
    "object setattr": ("def f(self):\n        object.__setattr__(self, 'g', 1)", "g"),
    "super setattr": ("def f(self):\n        super().__setattr__(name, 1)", None),
    "delattr": ("def f(cls):\n        delattr(cls, 'g')", "g"),
    "del": ("del g", "g"),
    "dict update": ("def f(self):\n        self.__dict__.update(x)", None),
    "dict item": ("def f(self):\n        self.__dict__[n] = x", None),
    "dict replaced": ("def f(self):\n        self.__dict__ = x", None),
    "vars": ("def f(self):\n        vars(self)[n] = x", None),
    "vars update": ("def f(self):\n        vars(self).update(x)", None),
    "class changed": ("def f(self):\n        self.__class__ = B", None),
}


@pytest.mark.parametrize(("text", "member"), DYNAMIC.values(), ids=DYNAMIC.keys())
def test_dynamic(text: str, member: str | None) -> None:
    (found,) = t.read(f"class A:\n    {text}\n").classes
    (trouble,) = found.troubles
    assert trouble.member == member and trouble.line >= 2


STATIC = {
    "setattr on something else": "def f(self):\n        setattr(other, name, 1)",
    "another class": "def f(self):\n        setattr(B, name, 1)",
    "getattr called": "def f(self):\n        return getattr(self, name)",
    "own dict read": "def f(self):\n        return dict(self.__dict__)",
    "vars read": "def f(self):\n        return vars(self)",
    "in a nested class": "class B:\n        def f(self):\n            pass",
    "in a string": "def f(self):\n        '''setattr(self, name, 1)'''",
}


@pytest.mark.parametrize("text", STATIC.values(), ids=STATIC.keys())
def test_not_dynamic(text: str) -> None:
    assert t.read(f"class A:\n    {text}\n").classes[0].troubles == ()


OUTSIDE = {
    "assigned": ("A.g = f", "g"),
    "assigned among others": ("x = A.g = f", "g"),
    "item": ("A.caps['x'] = True", "caps"),
    "updated": ("A.caps.update(x=True)", "caps"),
    "deleted": ("del A.g", "g"),
    "setattr": ("setattr(A, 'g', f)", "g"),
    "setattr in a loop": ("for n in names:\n    setattr(A, n, f)", None),
    "or-assigned": ("A.caps |= x", "caps"),
}


@pytest.mark.parametrize(("text", "member"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_a_class_changed_from_outside(text: str, member: str | None) -> None:
    (found,) = t.read(f"class A:\n    pass\n{text}\n").classes
    assert [trouble.member for trouble in found.troubles] == [member]


def test_what_methods_assign_on_self() -> None:
    source = (
        "class A:\n"
        "    def f(self):\n"
        "        self.a = 1\n"
        "        self.b: int = 2\n"
        "        self.c: int\n"
        "        self.d, (x, self.e) = y\n"
        "        self._f = self.g = 3\n"
        "        self.h == 4\n"
        "        other.i = 5\n"
        "        if x:\n"
        "            self.j = 6\n"
        "        def k(self):\n"
        "            self.l = 7\n"
        "    if X:\n"
        "        def m(self):\n"
        "            self.n = 8\n"
    )
    (found,) = t.read(source).classes
    assert [name for name, _, _ in found.assigned] == ["a", "b", "d", "e", "_f", "g", "j", "n"]


#: Type parameters came with Python 3.12.
TYPE_PARAMETERS = [("def f():\n    class B[T](A): pass\n", ["<locals>.B"])] if sys.version_info >= (3, 12) else []


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("def f():\n    class B(A): pass\n", ["<locals>.B"]),
        *TYPE_PARAMETERS,
        ("def f():\n    return type('B', (A,), {})\n", ["<locals>.B"]),
        ("B = type('B', (A,), {})\n", ["B"]),
        ("B = types.new_class('B', (A,))\n", ["B"]),
        ("match x:\n    case 1:\n        class B(A): pass\n", ["B"]),
        ("'''\nclass B(A):\n'''\n", []),
        ("x = type(y)\nz = mytype(a, b)\n", []),
    ],
)
def test_classes_made_at_run_time_are_seen(source: str, wanted: list[str]) -> None:
    found = t.read(source).classes
    assert [each.name for each in found] == wanted
    assert all(each.bases == (("name", "A"),) for each in found)


BASES = {
    "none": ("", ()),
    "dotted": ("(m.B, C)", ("m.B", "C")),
    "generic": ("(B[int], Generic[T])", ("B", "Generic")),
    "with_metaclass": ("(six.with_metaclass(M, B, C))", ("B", "C")),
    "namedtuple": ("(collections.namedtuple('A', 'x'))", ("collections.namedtuple",)),
    "expression": ("(make())", (Written("source", "make()"),)),
    "keywords": ("(B, metaclass=M)", ("B",)),
    "unpacked": ("(*bases)", (Written("source", "*bases"),)),
    "string": ("('B')", (Written("string", "B"),)),
}


@pytest.mark.parametrize(("text", "wanted"), BASES.values(), ids=BASES.keys())
def test_bases(text: str, wanted: tuple[str | Written, ...]) -> None:
    named = tuple(Written("name", each) if isinstance(each, str) else each for each in wanted)
    assert t.read(f"class A{text}:\n    pass\n").classes[0].bases == named


def test_a_metaclass_stands_apart_from_decorators() -> None:
    (found,) = t.read("@m.d\nclass A(B, metaclass=abc.M):\n    pass\n").classes
    assert (found.metaclass, found.decorators) == (("name", "abc.M"), ("m.d",))


def test_imports_and_aliases() -> None:
    source = (
        "import a, b.c, d.e as f\nfrom . import g\nfrom ..h import i as j\nfrom k import *\n"
        "try:\n    from l import m\nexcept ImportError:\n    from n import m\nif TYPE_CHECKING:\n    import o\n"
        "p = q.r\ns: type = t\nclass A:\n    from u import v\n"
    )
    found = t.read(source)
    assert found.imports == (
        ("a", "a", ""),
        ("b", "b", ""),
        ("f", "d.e", ""),
        ("g", ".", "g"),
        ("j", "..h", "i"),
        ("m", "l", "m"),
        ("m", "n", "m"),
        ("A.v", "u", "v"),
    )
    assert found.stars == ("k",)
    assert found.aliases == (("p", "q.r"), ("s", "t"))


IGNORES = {
    "code and reason": ("x = 1  # hvsupport: ignore[HV004] it moved", [(1, 8, ("HV004",), "it moved")]),
    "several codes": ("x = 1  # hvsupport: ignore[HV004, HV001] why", [(1, 8, ("HV004", "HV001"), "why")]),
    "no reason": ("x = 1  # hvsupport: ignore[HV004]", [(1, 8, ("HV004",), "")]),
    "no code": ("x = 1  # hvsupport: ignore", [(1, 8, (), "")]),
    "behind another comment": ("x = 1  # 1.2 # hvsupport: ignore[HV004] why", [(1, 14, ("HV004",), "why")]),
    "before another comment": ("x = 1  # hvsupport: ignore[HV004] why # noqa", [(1, 8, ("HV004",), "why")]),
    "in a string": ("x = '# hvsupport: ignore[HV004] why'", []),
    "another word": ("x = 1  # hvsupport: ignored", []),
}


@pytest.mark.parametrize(("source", "wanted"), IGNORES.values(), ids=IGNORES.keys())
def test_ignore_comment(source: str, wanted: list[tuple[int, int, tuple[str, ...], str]]) -> None:
    assert list(t.read(source + "\n").ignores) == wanted
