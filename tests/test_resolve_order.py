"""Names across modules and the order of classes, against Python itself wherever Python can be asked."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lengths import LENGTH

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t

from hvsupport.annotate import files
from hvsupport.annotate.cache.seen import Seen
from hvsupport.annotate.cache.store import Cache
from hvsupport.annotate.loader import Loader
from hvsupport.annotate.names.mro import Orders
from hvsupport.annotate.names.tree import Ref, Tree


def tree(contents: dict[str, str], **packages: str) -> Tree:
    data = t.encoded(contents)
    loader = Loader(files.Snapshot(data), t.OPTIONS, Cache(None, t.OPTIONS), Seen(None, t.OPTIONS, ()), 1, (), None)
    return Tree(loader, {name.replace("__", "."): folder for name, folder in packages.items()})


# -- C3 against Python

GRAPHS = st.integers(1, 8).flatmap(
    lambda count: st.tuples(*(st.lists(st.integers(-1, max(number - 1, -1)), max_size=4) for number in range(count)))
)


def python_order(graph: tuple[list[int], ...]) -> list[tuple[str, ...] | None]:
    """What ``type()`` makes of the same graph: the order of each class, None where it refuses one."""
    made: list[type | None] = []
    for number, bases in enumerate(graph):
        above = [object if base < 0 else made[base] for base in bases]
        try:
            made.append(None if None in above else type(f"C{number}", tuple(above), {}))  # type: ignore[arg-type]
        except TypeError:
            made.append(None)
    return [None if each is None else tuple(c.__name__ for c in each.__mro__[:-1]) for each in made]


@settings(max_examples=150 * LENGTH, deadline=None)
@given(GRAPHS)
def test_order_is_that_of_python(graph: tuple[list[int], ...]) -> None:
    lines = []
    for number, bases in enumerate(graph):
        names = ["object" if base < 0 else f"C{base}" for base in bases]
        lines.append(f"class C{number}({', '.join(names)}): pass\n")
    found = Orders(tree({"m.py": "".join(lines)}))
    for number, wanted in enumerate(python_order(graph)):
        got = tuple(element.name for element in found.of("m.py", f"C{number}"))
        if wanted is None:
            assert found.problems("m.py", f"C{number}"), graph
        else:
            assert (got, found.problems("m.py", f"C{number}")) == (wanted, []), graph


def problems_of(source: str, name: str = "A") -> list[str]:
    return [problem.message for problem in Orders(tree({"m.py": source})).problems("m.py", name)]


REFUSED = {
    "itself": ("class A(A): pass", "derives from itself"),
    "a circle": ("class A(B): pass\nclass B(A): pass", "derives from itself"),
    "a circle of three": ("class A(B): pass\nclass B(C): pass\nclass C(A): pass", "derives from itself"),
    "object first": ("class B: pass\nclass A(object, B): pass", "contradicts itself"),
    "order of bases": (
        "class X: pass\nclass Y: pass\nclass B(X, Y): pass\nclass C(Y, X): pass\nclass A(B, C): pass",
        "contradicts itself",
    ),
    "a base twice": ("class B: pass\nclass A(B, B): pass", "named twice"),
    "an expression": ("class A(make()): pass", "is an expression"),
    "unpacked bases": ("class A(*bases): pass", "is an expression"),
    "nobody knows": ("class A(Nowhere): pass", "cannot be resolved"),
    "a function": ("def f(): pass\nclass A(f): pass", "it is a function"),
    "a module": ("import m\nclass A(m): pass", "it is a module"),
}


@pytest.mark.parametrize(("source", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_with_bases_is_a_problem(source: str, message: str) -> None:
    (found,) = problems_of(source)
    assert message in found


FINE = {
    "harmless libraries": "import abc, typing as t\nclass A(abc.ABC, t.Generic[T], t.Protocol): pass",
    "object": "class A(object): pass",
    "generic before a generic": "from typing import Generic\nclass B(Generic[T]): pass\nclass A(Generic[T], B[T]): pass",
    "the name of its base, which Python has": (
        "class NotImplementedError(NotImplementedError): pass\nclass A(NotImplementedError): pass"
    ),
    "the name of its base": "from abc import ABC as A\nclass A(A): pass",
    "external": "import lib\nclass A(lib.B): pass",
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE.keys())
def test_bases_that_are_fine(source: str) -> None:
    assert problems_of(source) == []


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    source = "class C0: pass\n" + "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, 700))
    found = Orders(tree({"m.py": source}))
    assert len(found.of("m.py", "C699")) == 700


def test_a_circle_is_the_same_whichever_class_is_asked_first() -> None:
    source = "class A(B): pass\nclass B(A): pass\nclass C(B): pass\n"
    for first in "ABC":
        found = Orders(tree({"m.py": source}))
        found.of("m.py", first)
        assert all(found.problems("m.py", name) for name in "ABC")


# -- what a name refers to

BASE = "class Base: pass\ndef func(): pass\n"
NAMES: dict[str, tuple[dict[str, str], str, Ref]] = {
    "absolute": ({"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "import p.b"}, "p.b.Base", Ref("class", "p/b.py", "Base")),
    "absolute as": (
        {"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "import p.b as c"},
        "c.Base",
        Ref("class", "p/b.py", "Base"),
    ),
    "from": ({"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from p.b import Base as X"}, "X", Ref("class", "p/b.py", "Base")),
    "from a package": ({"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from p import b"}, "b.func", Ref("function", "p/b.py", "func")),
    "relative": ({"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from .b import Base"}, "Base", Ref("class", "p/b.py", "Base")),
    "relative module": ({"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from . import b"}, "b.Base", Ref("class", "p/b.py", "Base")),
    "two dots": (
        {"p/__init__.py": "", "p/b.py": BASE, "p/q/__init__.py": "", "p/q/m.py": "from ..b import Base"},
        "Base",
        Ref("class", "p/b.py", "Base"),
    ),
    "relative in a package": ({"p/__init__.py": "from .b import Base", "p/b.py": BASE, "p/m.py": "import p"}, "p.Base", Ref("class", "p/b.py", "Base")),
    "re-exported twice": (
        {"p/__init__.py": "from .q import Base", "p/q/__init__.py": "from .b import Base", "p/q/b.py": BASE, "p/m.py": "from p import Base"},
        "Base",
        Ref("class", "p/q/b.py", "Base"),
    ),
    "star": ({"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from p.b import *"}, "Base", Ref("class", "p/b.py", "Base")),
    "star through a package": (
        {"p/__init__.py": "from .b import *", "p/b.py": BASE, "p/m.py": "from p import *"},
        "Base",
        Ref("class", "p/b.py", "Base"),
    ),
    "the last star wins": (
        {"p/__init__.py": "", "p/a.py": BASE, "p/b.py": BASE, "p/m.py": "from .b import *\nfrom .a import *"},
        "Base",
        Ref("class", "p/a.py", "Base"),
    ),
    "a compiled module with its declarations": (
        {"p/__init__.py": "", "p/fast.pyi": "class Base: ...", "p/m.py": "from p import fast"},
        "fast.Base",
        Ref("external", "", "p.fast.Base"),
    ),
    "a compiled module by its source": (
        {"p/__init__.py": "", "p/fast.pyx": "cdef class Base: pass", "p/m.py": "from .fast import Base"},
        "Base",
        Ref("external", "", "p.fast.Base"),
    ),
    "a compiled class that derives from another": (
        {"p/__init__.py": "", "p/fast.pyi": "class Base(Driver): ...", "p/m.py": "from .fast import Base"},
        "Base",
        Ref("unknown", "", "what is above 'Base' in p/fast.pyi cannot be read"),
    ),
    "a compiled class that derives from an exception": (
        {"p/__init__.py": "", "p/fast.pyx": "class Base(Exception):\n    pass\n", "p/m.py": "from . import fast"},
        "fast.Base",
        Ref("external", "", "p.fast.Base"),
    ),
    "a compiled class that is not there": (
        {"p/__init__.py": "", "p/fast.pyx": "from .base import Base", "p/m.py": "from .fast import Base"},
        "Base",
        Ref("unknown", "", "the bases of 'Base' in p/fast.pyx cannot be read"),
    ),
    "a compiled class of which nothing is written": (
        {"p/__init__.py": "", "p/fast.cpython-311.so": "class Base:", "p/m.py": "from .fast import Base"},
        "Base",
        Ref("unknown", "", "the bases of 'Base' in p/fast.cpython-311.so cannot be read"),
    ),
    "a module that is nowhere": (
        {"p/__init__.py": "", "p/m.py": "from p import fast"},
        "fast.Base",
        Ref("unknown", "", "no 'fast' in p/__init__.py"),
    ),
    "a submodule before a module from outside": (
        {
            "p/__init__.py": "from .z import *",
            "p/z.py": "from os import path",
            "p/path.py": BASE,
            "p/m.py": "import p.path\nX = p.path.Base",
        },
        "X",
        Ref("class", "p/path.py", "Base"),
    ),
    "a class before the submodule that a star takes it from": (
        {"p/__init__.py": "from .Base import *", "p/Base.py": BASE, "p/m.py": "import p\nX = p.Base"},
        "X",
        Ref("class", "p/Base.py", "Base"),
    ),
    "own name before a star": (
        {"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from .b import *\nclass Base: pass"},
        "Base",
        Ref("class", "p/m.py", "Base"),
    ),
    "alias": ({"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "import p.b\nX = p.b.Base\nY = X"}, "Y", Ref("class", "p/b.py", "Base")),
    "alias of what is imported": ({"p/__init__.py": "", "p/b.py": BASE + "Old = Base", "p/m.py": "from p.b import Old"}, "Old", Ref("class", "p/b.py", "Base")),
    "try and except": (
        {"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "try:\n    from lib import Base\nexcept ImportError:\n    from .b import Base"},
        "Base",
        Ref("class", "p/b.py", "Base"),
    ),
    "a class that stands in for an import of the tree": (
        {"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "try:\n    from .b import Base\nexcept ImportError:\n    class Base: pass"},
        "Base",
        Ref("class", "p/b.py", "Base"),
    ),
    "a class that stands in for a library": (
        {"p/__init__.py": "", "p/m.py": "try:\n    from lib import Base\nexcept ImportError:\n    class Base: pass"},
        "Base",
        Ref("external", "", "lib.Base"),
    ),
    "nested class": ({"p/__init__.py": "", "p/b.py": "class Base:\n    class In: pass", "p/m.py": "from .b import Base"}, "Base.In", Ref("class", "p/b.py", "Base.In")),
    "attribute of a class": ({"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from .b import Base"}, "Base.f", Ref("function", "p/b.py", "Base.f")),
    "value of a class": ({"p/__init__.py": "", "p/b.py": "class Base:\n    X = 1", "p/m.py": "from .b import Base"}, "Base.X", Ref("value", "p/b.py", "Base.X")),
    "src layout": ({"src/p/__init__.py": "", "src/p/b.py": BASE, "src/p/m.py": "from p.b import Base"}, "Base", Ref("class", "src/p/b.py", "Base")),
    "lib layout": ({"lib/p/__init__.py": "", "lib/p/b.py": BASE, "lib/p/m.py": "from p.b import Base"}, "Base", Ref("class", "lib/p/b.py", "Base")),
    "namespace package": ({"p/b.py": BASE, "p/m.py": "from p.b import Base"}, "Base", Ref("class", "p/b.py", "Base")),
    "namespace package imported": ({"p/b.py": BASE, "p/m.py": "import p.b"}, "p.b.Base", Ref("class", "p/b.py", "Base")),
    "namespace package in src": ({"src/n/p/__init__.py": "", "src/n/p/b.py": BASE, "src/n/p/m.py": "import n.p.b"}, "n.p.b.Base", Ref("class", "src/n/p/b.py", "Base")),
    "relative in a namespace package": ({"p/b.py": BASE, "p/m.py": "from . import b"}, "b.Base", Ref("class", "p/b.py", "Base")),
    "module beside a script": ({"tools/b.py": BASE, "tools/m.py": "from b import Base"}, "Base", Ref("class", "tools/b.py", "Base")),
    "library": ({"p/__init__.py": "", "p/m.py": "import os.path"}, "os.path.join", Ref("external", "", "os.path.join")),
    "a library with the name of the file": ({"p/__init__.py": "", "p/m.py": "import m"}, "m.Base", Ref("external", "", "m.Base")),
    "a library with the name of a sibling": ({"p/__init__.py": "", "p/docker.py": BASE, "p/m.py": "import docker"}, "docker.Base", Ref("external", "", "docker.Base")),
    "a library with the name of a folder without Python": (
        {"docker/Dockerfile": "FROM x", "p/__init__.py": "", "p/m.py": "import docker"},
        "docker.Base",
        Ref("external", "", "docker.Base"),
    ),
    "builtin": ({"p/__init__.py": "", "p/m.py": ""}, "dict", Ref("external", "", "builtins.dict")),
    "star of a library": ({"p/__init__.py": "", "p/m.py": "from lib import *"}, "Base", Ref("external", "", "lib.Base")),
    "missing in the tree": ({"p/__init__.py": "", "p/m.py": "from p.gone import Base"}, "Base", Ref("unknown", "", "the tree holds no p.gone")),
    "missing in a module": ({"p/__init__.py": "", "p/b.py": "", "p/m.py": "from p.b import Base"}, "Base", Ref("unknown", "", "no 'Base' in p/b.py")),
    "builtin asked of a module": ({"p/__init__.py": "", "p/b.py": "", "p/m.py": "import p.b"}, "p.b.dict", Ref("unknown", "", "no 'dict' in p/b.py")),
    "imported in a circle": (
        {"p/__init__.py": "", "p/b.py": "from .m import Base", "p/m.py": "from .b import Base"},
        "Base",
        Ref("unknown", "", "'Base' in p/m.py is imported in a circle"),
    ),
    "stars in a circle": (
        {"p/__init__.py": "", "p/b.py": "from .m import *", "p/m.py": "from .b import *"},
        "Base",
        Ref("unknown", "", "no 'Base' in p/m.py"),
    ),
    "unreadable module": ({"p/__init__.py": "", "p/b.py": "class Base(:", "p/m.py": "from .b import Base"}, "Base", Ref("unknown", "", "p/b.py cannot be read")),
    "above all packages": (
        {"p/__init__.py": "", "p/m.py": "from ...x import Base"},
        "Base",
        Ref("unknown", "", "the import of '...x' leads out of all packages"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("contents", "name", "wanted"), NAMES.values(), ids=NAMES.keys())
def test_name(contents: dict[str, str], name: str, wanted: Ref) -> None:
    path = next(each for each in contents if each.endswith("m.py"))
    assert tree(contents).resolve(path, name) == wanted


IMPORTABLE = {
    name: case
    for name, case in NAMES.items()
    if case[2].kind in ("class", "function") and case[2].name in ("Base", "func", "Base.In") and "circle" not in name
}


@pytest.mark.parametrize(("contents", "name", "wanted"), IMPORTABLE.values(), ids=IMPORTABLE.keys())
def test_python_finds_the_same(
    contents: dict[str, str], name: str, wanted: Ref, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    t.on_disk(tmp_path, contents)
    found = tree(contents)
    path = next(each for each in contents if each.endswith("m.py"))
    root = path.partition("/")[0] if path.startswith(("src/", "lib/", "tools/")) else ""
    monkeypatch.syspath_prepend(str(tmp_path / root))
    module = "m" if root == "tools" else found.modules.name(path)
    before = set(sys.modules)
    try:
        value = importlib.import_module(module)
        for part in name.split("."):
            value = getattr(value, part)
        assert Path(sys.modules[value.__module__].__file__ or "") == tmp_path / wanted.path  # type: ignore[attr-defined]
        assert value.__qualname__ == wanted.name  # type: ignore[attr-defined]
    finally:
        for each in set(sys.modules) - before:
            del sys.modules[each]


@pytest.mark.parametrize(
    ("packages", "contents", "wanted"),
    [
        ({"q": "p"}, {"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from q.b import Base"}, "q.m"),
        ({"q.r": "p/"}, {"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from q.r.b import Base"}, "q.r.m"),
        ({"q": "."}, {"__init__.py": "", "b.py": BASE, "m.py": "from q.b import Base"}, "q.m"),
        ({"q": "./p"}, {"p/__init__.py": "", "p/b.py": BASE, "p/m.py": "from .b import Base"}, "q.m"),
        ({"q": "p", "q.r": "r"}, {"p/b.py": "", "r/b.py": BASE, "r/m.py": "from q.r.b import Base"}, "q.r.m"),
    ],
    ids=["renamed", "below another", "the root", "relative", "the longest name wins"],
)
def test_packages_that_lie_elsewhere(packages: dict[str, str], contents: dict[str, str], wanted: str) -> None:
    found = Tree(tree(contents).loader, packages)
    path = next(each for each in contents if each.endswith("m.py"))
    ref = found.resolve(path, "Base")
    assert (ref.kind, found.modules.name(path)) == ("class", wanted)


MODULES = {
    "a/b.py": "a.b",
    "pkg/__init__.py": "pkg",
    "pkg/sub/__init__.py": "pkg.sub",
    "pkg/sub/c.py": "pkg.sub.c",
    "src/x/__init__.py": "x",
    "src/x/y.py": "x.y",
    "src/z.py": "z",
    "lib/w/__init__.py": "w",
    "top.py": "top",
}


@pytest.mark.parametrize(("path", "name"), MODULES.items())
def test_import_name_of_a_file(path: str, name: str) -> None:
    assert tree(dict.fromkeys(MODULES, "")).modules.name(path) == name
