"""Input that is broken, hostile or odd: each ends in a located problem, and nothing is guessed or half written."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tree_builder as t
from lengths import LENGTH

from hvsupport.annotate import run
from hvsupport.annotate.catalogue import Catalogue

DRIVER = "from .base import Driver\nclass D(Driver):  # 1.0\n    def open(self): return 1  # 1.0\n"


def catalogue(files: dict[str, str | bytes], **keys: object) -> Catalogue:
    return t.catalogue({"lib/__init__.py": "", "lib/base.py": t.BASE, **files}, **keys)  # type: ignore[arg-type]


# -- one file that cannot be read: the text of its only error, and where it is

UNREADABLE: dict[str, tuple[bytes, int, str]] = {
    "syntax error": (b"x = 1\nclass D(:\n    pass\n", 2, "not valid Python"),
    "indentation": (b"class D:\n    x = 1\n  y = 2\n", 3, "not valid Python"),
    "tabs and spaces": (b"if x:\n\ty = 1\n        z = 2\n", 3, "not valid Python"),
    "unclosed bracket": (b"x = (\n", 1, "not valid Python"),
    "unclosed string": (b"x = '''\nabc\n", 1, "not valid Python"),
    "print statement": (b"print 'x'\n", 1, "not valid Python"),
    "Python 2 except": (b"try:\n    pass\nexcept E, e:\n    pass\n", 3, "not valid Python"),
    "Python 2 exec": (b"exec 'x'\n", 1, "not valid Python"),
    "Python 2 octal": (b"x = 0777\n", 1, "not valid Python"),
    "Python 2 backticks": (b"x = `y`\n", 1, "not valid Python"),
    "merge conflict": (b"<<<<<<< HEAD\nx = 1\n=======\n", 1, "merge conflict marker"),
    "null byte": (b"x = 1\ny = '\x00'\n", 2, "a null byte"),
    "null bytes and carriage returns": (b"x = 1\ry = '\x00'\r", 2, "a null byte"),
    "utf-16": ("x = 1\n".encode("utf-16"), 1, "the encoding of the file cannot be told"),
    "utf-16 without a mark": ("x = 1\n".encode("utf-16-le"), 1, "a null byte"),
    "not utf-8": (b"x = 1\ny = 1\nz = '\xe9'\n", 3, "byte 0xe9 is not utf-8"),
    "not utf-8 in the first line": (b"# \xe9\n", 1, "the encoding of the file cannot be told"),
    "not utf-8 behind carriage returns": (b"x = 1\ry = 1\rz = '\xe9'\r", 3, "byte 0xe9 is not utf-8"),
    "not what the cookie says": (b"# coding: ascii\nx = 1\ny = '\xe9'\n", 3, "byte 0xe9 is not ascii"),
    "unknown encoding": (b"# coding: klingon\n", 1, "the encoding of the file cannot be told"),
    "no text encoding": (b"# coding: rot13\nx = 1\n", 1, "the file does not fit its encoding rot13"),
    "undefined encoding": (b"# coding: undefined\nx = 1\n", 1, "the file does not fit its encoding undefined"),
    "byte order mark and another cookie": (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", 1, "the encoding of the file cannot be told"),
    "text that does not come back": (b"# coding: utf-7\nx = '+AGE-'\n", 1, "utf-7 text cannot be edited byte for byte"),
    "half a surrogate pair": (b"# coding: utf-7\nx = '+2AA-'\n", 1, ""),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 1, ""),
    "a program": (b"\x7fELF\x02\x01\x01" + b"\x00" * 50, 1, ""),
    "nested brackets": (b"x = " + b"(" * 5000 + b")" * 5000 + b"\n", 1, ""),
    "nested signs": (b"x = " + b"-" * 200_000 + b"1\n", 1, ""),
    "nested blocks": (b"".join(b" " * n + b"if x:\n" for n in range(500)), 1, ""),
    "an endless sum": (b"x = " + b"+".join([b"1"] * 100_000) + b"\n", 1, ""),
}  # fmt: skip


@pytest.mark.parametrize(("data", "line", "message"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cannot_be_read_is_one_located_problem(data: bytes, line: int, message: str) -> None:
    found = catalogue({"lib/d.py": DRIVER, "lib/x.py": data})
    assert t.ids(found) == ["lib.d:D"], "the others are read all the same"
    if not found.problems and b"+1" in data:
        return  # an older Python builds a tree of any depth
    (problem,) = found.problems
    assert (problem.kind, problem.place.path) == ("unreadable", "lib/x.py")
    assert message in problem.message
    assert problem.place.line == line or not message


def test_a_syntax_error_is_to_be_mended_before_anybody_leaves_the_file_out() -> None:
    (problem,) = catalogue({"lib/x.py": UNREADABLE["unclosed bracket"][0]}).problems
    assert (problem.tip or "").startswith("fix the syntax; ")


@pytest.mark.parametrize("name", [name for name in UNREADABLE if name.startswith(("Python 2", "print"))])
def test_python_2_is_named(name: str) -> None:
    (problem,) = catalogue({"lib/x.py": UNREADABLE[name][0]}).problems
    assert "Python 2" in (problem.tip or "")


def test_a_file_that_is_declared_is_no_problem() -> None:
    interface = t.interface(dynamic={"lib/x.py": "written for Python 2"})
    files: dict[str, str | bytes] = {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/x.py": b"print 'x'\n"}
    assert t.catalogue(files, interface).problems == ()


READABLE: dict[str, bytes] = {
    "plain": DRIVER.encode(),
    "byte order mark": b"\xef\xbb\xbf" + DRIVER.encode(),
    "carriage returns": DRIVER.replace("\n", "\r\n").encode(),
    "old Mac": DRIVER.replace("\n", "\r").encode(),
    "form feeds": DRIVER.replace("class", "\x0c\nclass").replace("    def", "\x0c    def").encode(),
    "no line end": DRIVER.encode().rstrip(),
    "latin-1": b"# coding: latin-1\n# \xe9\n" + DRIVER.encode(),
    "cp1251 with wide comment": b"# coding: cp1251\n" + DRIVER.replace("# 1.0", "# 1.0; \u0436").encode("cp1251"),
    "a shebang": b"#!/usr/bin/python\n" + DRIVER.encode(),
    "a line of nearly two megabytes": DRIVER.encode() + b"x = '" + b"a" * 1_900_000 + b"'\n",
    "a comment of a megabyte": DRIVER.encode() + b"#" * 1_000_000 + b"\n",
    "many line ends": b"\n" * 100_000 + DRIVER.encode(),
    "control characters in a string": DRIVER.encode() + b"x = '\x01\x02\x7f'\n",
}


@pytest.mark.parametrize("data", READABLE.values(), ids=READABLE.keys())
def test_a_file_that_can_be_read(data: bytes) -> None:
    found = catalogue({"lib/d.py": data})
    assert t.problems(found) == []
    cell = t.cell(found, "D", "open")
    assert cell.state == "supported"
    annotation = cell.definition and cell.definition.annotation
    assert annotation and annotation.anchor
    encoding = annotation.anchor.encoding
    assert data[annotation.anchor.start : annotation.anchor.end].decode(encoding) == annotation.text


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"\x0c", b"#", b"\r", b"'''doc'''"], ids=repr)
def test_files_with_nothing_in_them(data: bytes) -> None:
    assert t.problems(catalogue({"lib/x.py": data})) == []


def test_a_module_of_thousands_of_lines() -> None:
    body = "".join(f"        x = {n}\n" for n in range(38))
    methods = "".join(f"    def m{n}(self):\n{body}        return x\n" for n in range(500 * LENGTH))
    found = catalogue({"lib/d.py": f"{DRIVER}{methods}    def close(self): return 1  # 2.0\n"})
    assert found.interfaces[0].cells["lib.d:D", "close"].place == t.cell(found, "D", "close").place
    assert (t.row(found, "D")["close"], found.problems) == ("supported own", ())


def test_thousands_of_entries_with_conditions() -> None:
    table = "".join(f"    'e{n}': True,  # 1.{n}\n" for n in range(1_000 * LENGTH))
    base = f"class Driver:\n    caps = {{\n{table}    }}\n"
    found = t.catalogue(
        {
            "lib/__init__.py": "",
            "lib/base.py": base,
            "lib/d.py": "from .base import Driver\nclass D(Driver):  # 1.0\n    pass\n",
        },
        t.interface("lib/base.py:Driver.caps", kind="flags"),
    )
    assert len(found.interfaces[0].entries) == 1_000 * LENGTH


DEEP = {
    "a sum in a body": "x = " + " + ".join(["1"] * 900),
    "a chain of attributes": "x = a" + ".b" * 900,
    "a chain of calls": "x = a" + "()" * 900,
    "many elif": "if x: pass\n" + "".join(f"        elif x == {n}: pass\n" for n in range(900)),
    "calls on self in many elif": "if self.a(): pass\n" + "".join("        elif self.b(): pass\n" for _ in range(900)),
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
@pytest.mark.parametrize("name", ["Driver", "D"])
def test_depth_inside_a_body_is_no_reason_to_fail(text: str, name: str) -> None:
    body = f"    def deep(self):\n        self.caps = 1\n        {text}\n        return setattr(self, 'x', 1)\n"
    files: dict[str, str | bytes] = {"lib/d.py": DRIVER + (body if name == "D" else "")}
    files["lib/base.py"] = t.BASE + (body if name == "Driver" else "")
    found = catalogue(files)
    assert t.ids(found) == ["lib.d:D"] or any("too deeply" in each.message for each in found.problems)


def test_depth_beside_an_annotation_keeps_the_annotation() -> None:
    source = DRIVER + "    close = (" + " + ".join(["'#'"] * 700) + ")  # 2.0\n"
    found = catalogue({"lib/d.py": source})
    assert (t.row(found, "D")["close"], found.problems) == ("supported own", ())


# -- names

NAMES = [
    "<script>alert(1)</script>",
    "a&b",
    "a\nb",
    "a\tb",
    "'quoted\"",
    "{{ jinja }}",
    "\u202ereversed",
    "\u0000x",
    "..",
    "../../etc",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_flags_with_odd_names_are_entries_like_others(name: str) -> None:
    base = f"class Driver:\n    caps = {{{name!a}: False}}\n"
    source = f"from .base import Driver\nclass D(Driver):\n    caps = {{\n        {name!a}: True,  # 1.0\n    }}\n"
    tree = {"lib/__init__.py": "", "lib/base.py": base, "lib/d.py": source}
    found = t.catalogue(tree, t.interface("lib/base.py:Driver.caps", kind="flags"))
    assert t.row(found, "D") == {name: "supported own"}


@pytest.mark.parametrize(
    "name", ["odd <b>.py", "a b.py", "new\nline.py", "-x.py", "caf\u00e9.py", "123.py", "a.b.py"], ids=ascii
)
def test_files_with_odd_names(name: str) -> None:
    found = catalogue({f"lib/{name}": DRIVER})
    assert [driver.place.path for driver in found.interfaces[0].drivers] == [f"lib/{name}"]
    assert t.problems(found) == []


def test_files_whose_names_are_no_text(tmp_path: Path) -> None:
    t.on_disk(tmp_path, {"lib/__init__.py": "", "lib/base.py": t.BASE})
    try:
        (tmp_path / os.fsdecode(b"lib/x\xff.py")).write_text(DRIVER)
    except OSError:
        pytest.skip("this file system has only names that are text")
    for _ in range(2):
        assert len(run.catalogue(t.config(root=tmp_path)).interfaces[0].drivers) == 1


# -- circles

CIRCLES = {
    "a class of itself": {"lib/d.py": "from .base import Driver\nclass D(D, Driver): pass\n"},
    "two classes": {"lib/d.py": "from .base import Driver\nclass D(E): pass\nclass E(D, Driver): pass\n"},
    "two modules": {
        "lib/d.py": "from .base import Driver\nfrom .e import E\nclass D(E, Driver): pass\n",
        "lib/e.py": "from .d import D\nclass E(D): pass\n",
    },
    "imports of one name": {
        "lib/d.py": "from .e import Driver\nclass D(Driver): pass\n",
        "lib/e.py": "from .d import Driver\n",
    },
    "stars": {"lib/d.py": "from .e import *\nclass D(Driver): pass\n", "lib/e.py": "from .d import *\n"},
    "an alias": {"lib/d.py": "X = Y\nY = X\nclass D(X): pass\n"},
    "a package of itself": {"lib/d.py": "import lib.d\nclass D(lib.d.D): pass\n"},
}


@pytest.mark.parametrize("files", CIRCLES.values(), ids=CIRCLES.keys())
def test_circles_are_unresolved_bases(files: dict[str, str | bytes]) -> None:
    found = catalogue(files)
    assert found.problems and {problem.kind for problem in found.problems} == {"unresolved-base"}
    assert all(problem.place.path in files for problem in found.problems)


@pytest.mark.parametrize(
    "text",
    [
        "def open(self): return self.close()\n    def close(self): return self.open()",
        "def open(self): return super().open()",
        "open = close\n    close = open",
        "open = open",
        "def open(self): return D.open(self)",
        "from . import d as open",
        "from .d import open",
    ],
)
def test_delegation_in_a_circle_ends(text: str) -> None:
    found = catalogue({"lib/d.py": f"from .base import Driver\nclass D(Driver):\n    {text}\n"})
    assert t.ids(found) == ["lib.d:D"]


def test_a_base_that_calls_itself_in_a_circle_ends() -> None:
    base = "class Driver:\n    def open(self): return self.close()  # 1.0\n    def close(self): return self.open()  # 1.0\n"
    found = t.drivers("class D(Driver):  # 1.0\n    pass", base=base)
    assert set(t.row(found, "D")) == {"open", "close"}


# -- the disk

SPECIAL = {
    "a link in a circle": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("gone.py"),
    "a link out of the root": lambda path: path.symlink_to("/etc/hostname"),
    "a pipe": lambda path: os.mkfifo(path),
}


@pytest.mark.parametrize("make", SPECIAL.values(), ids=SPECIAL.keys())
def test_a_file_that_is_none(tmp_path: Path, make: object) -> None:
    root = t.on_disk(tmp_path / "root", {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/d.py": DRIVER})
    make(root / "lib/x.py")  # type: ignore[operator]
    found = run.catalogue(t.config(root=root))
    assert t.ids(found) == ["lib.d:D"]
    (problem,) = found.problems
    assert str(problem.place) == "lib/x.py:1:1" and "the file cannot be read" in problem.message


def test_loops_of_folders_end(tmp_path: Path) -> None:
    root = t.on_disk(tmp_path, {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/d.py": DRIVER})
    (root / "lib/again").symlink_to(root / "lib")
    found = run.catalogue(t.config(t.interface(drivers=("**/*.py",)), root=root))
    assert (t.ids(found), t.problems(found)) == (["lib.d:D"], [])


def test_files_and_folders_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root everything may be read, so the calls that would fail do."""
    files = {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/d.py": DRIVER, "lib/x.py": "", "lib/deep/e.py": DRIVER}
    root = t.on_disk(tmp_path, files)
    real_open, real_scan = os.open, os.scandir

    def refuse_open(path: str, *args: int) -> int:
        if str(path).endswith("x.py"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, *args)

    def refuse_scan(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return real_scan(path)

    monkeypatch.setattr(os, "open", refuse_open)
    monkeypatch.setattr(os, "scandir", refuse_scan)
    found = run.catalogue(t.config(t.interface(drivers=("lib/**/*.py",)), root=root))
    assert t.problems(found) == [
        "unreadable lib/deep:1 the folder cannot be looked into: Permission denied",
        "unreadable lib/x.py:1 the file cannot be read: Permission denied",
    ]


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    found = run.catalogue(t.config(root=tmp_path / "gone"))
    assert [problem.message for problem in found.problems] == ["interface 'driver' cannot be found: no such file"]
    assert not (tmp_path / "gone").exists()


def test_a_root_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert run.catalogue(t.config(root=tmp_path / "file")).problems


@pytest.mark.parametrize(
    "keys",
    [
        {"at": "../out/base.py:Driver"},
        {"drivers": ("../out/*.py",)},
        {"drivers": ("../out/d.py",)},
        {"columns": t.Columns("registry", registry="../out/r.py:DRIVERS")},
        {"columns": t.Columns("list", ("../out/d.py:D",))},
    ],
    ids=["interface", "globs", "paths", "registry", "list"],
)
def test_a_config_that_points_outside_the_root(tmp_path: Path, keys: dict[str, object]) -> None:
    t.on_disk(tmp_path, {"out/base.py": t.BASE, "out/d.py": DRIVER, "out/r.py": "DRIVERS = {'d': ('out.d', 'D')}"})
    root = t.on_disk(tmp_path / "root", {"lib/__init__.py": "", "lib/base.py": t.BASE})
    found = run.catalogue(t.config(t.interface(**keys), root=root), cache=False)  # type: ignore[arg-type]
    assert {problem.kind for problem in found.problems} == {"config"}
    assert all(path.startswith("lib/") for path in found.paths)


def test_packages_that_point_outside_the_root(tmp_path: Path) -> None:
    t.on_disk(tmp_path, {"out/base.py": t.BASE})
    source = "from out.base import Driver\nclass D(Driver): pass\n"
    root = t.on_disk(tmp_path / "root", {"lib/__init__.py": "", "lib/base.py": t.BASE, "lib/d.py": source})
    for folder in ("../out", str(tmp_path / "out"), "/"):
        found = run.catalogue(t.config(root=root, packages={"out": folder}), cache=False)
        assert t.ids(found) == []


# -- twice


def test_duplicate_drivers_and_entries() -> None:
    source = (
        "from .base import Driver\n"
        "class D(Driver):\n    def open(self): return 1  # 1.0\n    def open(self): return 2  # 1.0\n"
        "class D(Driver):\n    def open(self): return 3  # 1.0\n"
    )
    found = catalogue({"lib/d.py": source})
    assert t.ids(found) == ["lib.d:D"]
    assert t.problems(found) == ["unreadable lib/d.py:5 class D is defined 2 times; one of them is read"]
    assert t.cell(found, "D", "open").place == found.interfaces[0].cells["lib.d:D", "open"].place
