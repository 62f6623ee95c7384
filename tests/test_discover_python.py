"""``hvsupport init`` in Python: base classes that do work, packages in other folders, and lists of drivers."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli
from test_discover import STUBS, assert_accepted, invoke, library, names, write

from hvsupport.annotate.discover import discover
from hvsupport.annotate.discover.registries import entry_points
from hvsupport.annotate.errors import UsageError
from hvsupport.annotate.files import Folder

WORKS = "".join(f"    def {name}(self):\n        return self._{name}()\n" for name in ("read", "list", "info", "size"))
HOOK = "    def _read(self):\n        raise NotImplementedError\n"
OVERRIDES = "".join(f"    def {name}(self):\n        return 1\n" for name in ("read", "list", "info"))


def drivers(base: str, body: str = OVERRIDES) -> dict[str, str | bytes]:
    """Two modules with a subclass each."""
    return {
        f"d/{name}.py": f"from base import {base}\nclass {name.title()}({base}):\n{body}" for name in ("one", "two")
    }


WORKING = {
    "a private hook refuses": {"base.py": f"class System:\n{WORKS}{HOOK}", **drivers("System")},
    "its name says it": {"base.py": f"class BaseSystem:\n{WORKS}", **drivers("BaseSystem")},
    "its name says what it is": {"base.py": f"class SystemSpawner:\n{WORKS}", **drivers("SystemSpawner")},
    "its name says it at the end": {"base.py": f"class SystemInterface:\n{WORKS}", **drivers("SystemInterface")},
}


@pytest.mark.parametrize("files", WORKING.values(), ids=WORKING)
def test_base_class_that_does_work_is_found(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    result = discover(write(tmp_path, files))
    (interface,) = result.interfaces
    assert (interface.entries, interface.stubs, interface.drivers) == (4, 3, 2)
    assert_accepted(tmp_path, result.text)


NO_INTERFACE = {
    "nothing tells that it is meant to be": {"base.py": f"class System:\n{WORKS}", **drivers("System")},
    "only one overrides": {
        "base.py": f"class BaseSystem:\n{WORKS}",
        **drivers("BaseSystem", "    pass\n"),
        "d/three.py": f"from base import BaseSystem\nclass Three(BaseSystem):\n{OVERRIDES}",
    },
    "few are overridden": {
        "base.py": f"class BaseSystem:\n{WORKS}",
        **drivers("BaseSystem", "    def read(self):\n        return 1\n"),
    },
}


@pytest.mark.parametrize("files", NO_INTERFACE.values(), ids=NO_INTERFACE)
def test_what_is_no_interface(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert names(write(tmp_path, files)) == []


def test_drivers_with_files_of_their_own_come_before_classes_that_share_one(tmp_path: Path) -> None:
    shared = STUBS.replace("Driver", "Shape") + "class A(Shape): pass\nclass B(Shape): pass\nclass C(Shape): pass\n"
    write(tmp_path, {"a.py": shared, "base.py": STUBS, **drivers("Driver", "    pass\n")})
    assert names(tmp_path) == ["Driver", "Shape"]


BOTH = "class Base:\n    def validate(self): raise NotImplementedError\n    def steps(self): pass\n"
ABOVE = {
    "several interfaces": (
        "".join(f"    def {name}(self): raise NotImplementedError\n" for name in "abc"),
        ["Power", "Boot", "Base"],
    ),
    "classes with no entries of their own": ("    def steps(self): return 1\n", ["Base"]),
}


@pytest.mark.parametrize(("body", "expected"), ABOVE.values(), ids=ABOVE)
def test_base_class_of_interfaces_comes_behind_them(tmp_path: Path, body: str, expected: list[str]) -> None:
    files = {"base.py": f"{BOTH}    def stop(self): pass\nclass Power(Base):\n{body}class Boot(Base):\n{body}"}
    for number, kind in enumerate(("Power", "Power", "Power", "Boot", "Boot")):
        files[f"d/{number}.py"] = f"from base import {kind}\nclass D({kind}):\n{body}"
    assert names(write(tmp_path, dict(files))) == expected


def test_base_class_below_one_of_a_library_has_the_methods_that_drivers_share(tmp_path: Path) -> None:
    base = "from django.core.files.storage import Storage\nclass BaseStorage(Storage):\n    def setup(self): return 1\n"
    result = discover(write(tmp_path, {"base.py": base, **drivers("BaseStorage")}))
    (interface,) = tomli.loads(result.text)["interfaces"].values()
    reason = "a method of django.core.files.storage.Storage"
    assert interface["additional"] == dict.fromkeys(("info", "list", "read"), reason)
    assert_accepted(tmp_path, result.text)


@pytest.mark.parametrize(
    "base",
    [
        "from lib import Storage\nclass Shared(Storage): pass\n",
        "from logging import Handler as Storage\nclass BaseStorage(Storage): pass\n",
        "class BaseStorage(Storage): pass\n",
    ],
    ids=["its name says nothing", "of the standard library", "unknown"],
)
def test_other_class_outside_the_tree_makes_no_interface(tmp_path: Path, base: str) -> None:
    name = "Shared" if "Shared" in base else "BaseStorage"
    assert names(write(tmp_path, {"other.py": base, **drivers(name)})) == []


def test_base_class_whose_drivers_share_private_methods_has_them_as_entries(tmp_path: Path) -> None:
    hooks = "".join(f"    def _{name}(self): return 1\n" for name in ("get", "put", "list"))
    files = {"base.py": "class Backend:\n    def setup(self): return self._get()\n", **drivers("Backend", hooks)}
    result = discover(write(tmp_path, files))
    (interface,) = tomli.loads(result.text)["interfaces"].values()
    assert list(interface["additional"]) == ["_get", "_list", "_put"]
    assert_accepted(tmp_path, result.text)


def test_package_in_a_folder_of_another_name(tmp_path: Path) -> None:
    sub = "from acme.drivers.base import Driver\nfrom acme import errors\nimport acme.tools\nimport os.path\n"
    write(
        tmp_path,
        {
            "lib/__init__.py": "",
            "lib/errors.py": "",
            "lib/tools.py": "",
            "lib/drivers/__init__.py": "",
            "lib/drivers/base.py": STUBS,
            "lib/drivers/one.py": f"{sub}class One(Driver): pass\n",
            "lib/drivers/two.py": f"{sub}class Two(Driver): pass\n",
            "other/__init__.py": "",
            "other/errors.py": "",
        },
    )
    text = discover(tmp_path).text
    assert tomli.loads(text)["packages"] == {"acme": "lib"}
    assert list(tomli.loads(text)["interfaces"]) == ["Driver"]
    assert_accepted(tmp_path, text)


LIBRARIES = {
    "few of its names": "from yaml import base, nodes, loader\nimport os.drivers\nfrom json import tool\n",
    "the names of a package inside another one": "from yaml.one import A\nimport yaml.two\n",
    "the names of a package that is imported by its own": "from yaml.base import A\nimport yaml.drivers, lib\n",
    "a name of the standard library": "from json.base import A\nfrom json.drivers import B\n",
}


@pytest.mark.parametrize("text", LIBRARIES.values(), ids=LIBRARIES)
def test_library_outside_the_tree_is_no_package_of_it(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"lib/__init__.py": "", "lib/base.py": STUBS, "lib/drivers/__init__.py": "", "use.py": text})
    sub = f"from ..base import Driver\nclass D(Driver):\n{OVERRIDES}"
    write(tmp_path, {f"lib/drivers/{name}.py": sub for name in ("one", "two")})
    found = tomli.loads(discover(tmp_path).text)
    assert "packages" not in found
    assert list(found["interfaces"]) == ["Driver"]


# -- lists of drivers


def columns(root: Path) -> object:
    text = discover(root).text
    assert_accepted(root, text)
    return tomli.loads(text)["interfaces"]["Driver"]["columns"]


REGISTRIES = {
    "a list of classes": "from lib.drivers.one import One\nfrom lib.drivers.two import Two\nDRIVERS = [One, Two]\n",
    "a dict of classes": "from lib.drivers import one, two\nDRIVERS = {1: one.One, 2: two.Two}\n",
    "a tuple of texts": "DRIVERS = ('lib.drivers.one:One', 'lib.drivers.two.Two')\n",
}


@pytest.mark.parametrize("text", REGISTRIES.values(), ids=REGISTRIES)
def test_registry_is_used(tmp_path: Path, text: str) -> None:
    library(tmp_path)
    write(tmp_path, {"lib/registry.py": text})
    assert columns(tmp_path) == {"registry": "lib/registry.py:DRIVERS"}


def test_registry_that_names_a_missing_class_is_used_and_told(tmp_path: Path) -> None:
    library(tmp_path)
    registry = "DRIVERS = ['lib.drivers.one:One', 'lib.drivers.two:Two', 'lib.drivers.gone:Gone']\n"
    write(tmp_path, {"lib/registry.py": registry})
    status, _, said = invoke("--root", tmp_path)
    text = (tmp_path / "hvsupport.toml").read_text()
    assert status == 0
    assert "the registry DRIVERS names classes that were not found: lib.drivers.gone:Gone\n" in said
    assert "# It names classes that were not found: lib.drivers.gone:Gone.\n" in text
    assert tomli.loads(text)["interfaces"]["Driver"]["columns"] == {"registry": "lib/registry.py:DRIVERS"}


def test_registry_that_names_mostly_missing_classes_is_not_used(tmp_path: Path) -> None:
    library(tmp_path)
    gone = ", ".join(f"'gone.{number}:Gone'" for number in range(3))
    write(tmp_path, {"lib/registry.py": f"DRIVERS = ['lib.drivers.one:One', 'lib.drivers.two:Two', {gone}]\n"})
    assert columns(tmp_path) == "leaf"


POINTS = {"lib.drivers": ["lib.drivers.one:One", "lib.drivers.two:Two"]}
PACKAGING = {
    "pyproject.toml": '[project.entry-points."lib.drivers"]\none = "lib.drivers.one:One"\n'
    'two = "lib.drivers.two:Two [extra]"\n',
    "pyproject.toml by poetry": '[tool.poetry.plugins."lib.drivers"]\none = "lib.drivers.one:One"\n'
    'two = "lib.drivers.two:Two"\n',
    "setup.cfg": "[options.entry_points]\nlib.drivers =\n  one = lib.drivers.one:One\n  two = lib.drivers.two:Two\n",
    "setup.cfg by pbr": "[entry_points]\nlib.drivers =\n    one = lib.drivers.one:One\n    two = lib.drivers.two:Two\n",
    "setup.py": "from setuptools import setup\nsetup(name='n', entry_points={'lib.drivers': ["
    "'one = lib.drivers.one:One', 'two=lib.drivers.two:Two']})\n",
    "setup.py with a text": "from setuptools import setup\nsetup(entry_points='''\n[lib.drivers]\n"
    "one = lib.drivers.one:One\ntwo = lib.drivers.two:Two\n''')\n",
}


@pytest.mark.parametrize(("name", "text"), PACKAGING.items(), ids=PACKAGING)
def test_entry_points_are_columns(tmp_path: Path, name: str, text: str) -> None:
    library(tmp_path)
    write(
        tmp_path,
        {name.split()[0]: text, "lib/drivers/three.py": "from lib.base import Driver\nclass T(Driver): pass\n"},
    )
    assert entry_points(Folder(tmp_path)) == POINTS
    assert columns(tmp_path) == POINTS["lib.drivers"]


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "= ["},
        {"pyproject.toml": "[project]\nentry-points = 1\n[tool]\npoetry = []\n"},
        {"setup.cfg": "= [\n"},
        {"setup.py": "def ("},
        {"setup.py": "setup(entry_points=made())\n"},
        {"setup.py": "setup(entry_points='= [')\n"},
        {"setup.py": "setup(entry_points={'a': 1, 'b': [1, 'c']})\n"},
    ],
    ids=["not TOML", "odd tables", "not INI", "not Python", "a call", "a bad text", "odd values"],
)
def test_packaging_that_cannot_be_read_has_no_entry_points(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert not any(entry_points(Folder(write(tmp_path, files))).values())


def test_registering_decorator_lists_columns(tmp_path: Path) -> None:
    library(tmp_path)
    register = "from lib.base import Driver\nfrom lib import registry\n"
    helper = f"{register}class Helper(Driver): pass\n@registry.register\nclass Three(Driver): pass\n"
    four = f"{register}@registry.register\nclass Four(Driver): pass\n"
    write(tmp_path, {"lib/registry.py": "def register(c): return c\n", "lib/drivers/three.py": helper + four})
    assert columns(tmp_path) == "leaf"
    for name in ("one", "two"):
        path = tmp_path / "lib" / "drivers" / f"{name}.py"
        text = path.read_text().replace("class", "from lib import registry\n@registry.register\nclass")
        path.write_text(text)
    expected = [f"lib/drivers/{path}:{name}" for path, name in
                [("one.py", "One"), ("three.py", "Three"), ("three.py", "Four"), ("two.py", "Two")]]  # fmt: skip
    assert columns(tmp_path) == expected


# -- --at


def test_known_class_is_declared_whatever_it_looks_like(tmp_path: Path) -> None:
    library(tmp_path)
    write(
        tmp_path,
        {"tests/base.py": "class Plain:\n    def a(self): return 1\n", "lib/api.py": "from .base import Driver\n"},
    )
    for at, expected in (("tests/base.py:Plain", "tests/base.py:Plain"), ("lib/api.py:Driver", "lib/base.py:Driver")):
        status, out, _ = invoke("--root", tmp_path, "--at", at, "--dry-run")
        (interface,) = tomli.loads(out)["interfaces"].values()
        assert (status, interface["at"]) == (0, expected)
    _, out, _ = invoke("--root", tmp_path, "--at", "lib/base.py:Driver", "--at", "tests/base.py:Plain", "--dry-run")
    assert {each["at"] for each in tomli.loads(out)["interfaces"].values()} == {
        "lib/base.py:Driver",
        "tests/base.py:Plain",
    }
    assert "exclude" not in tomli.loads(out)


def test_known_class_without_methods_and_subclasses(tmp_path: Path) -> None:
    write(tmp_path, {"base.py": "class Empty:\n    pass\n"})
    status, out, _ = invoke("--root", tmp_path, "--at", "base.py:Empty", "--dry-run")
    (interface,) = tomli.loads(out)["interfaces"].values()
    assert (status, interface) == (0, {"at": "base.py:Empty", "drivers": ["base.py"], "columns": "leaf"})


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("lib/base.py:Drive", "lib/base.py has no class 'Drive' at module level; did you mean 'Driver'?"),
        ("lib/none.c:Driver", "--at lib/none.c:Driver: there is no such Python or C file below the root"),
        ("bad.py:Driver", "--at bad.py:Driver: '(' was never closed"),
    ],
    ids=["name", "file", "not Python"],
)
def test_class_that_is_not_there(tmp_path: Path, at: str, message: str) -> None:
    library(tmp_path)
    (tmp_path / "bad.py").write_text("(")
    with pytest.raises(UsageError) as raised:
        invoke("--root", tmp_path, "--at", at)
    assert str(raised.value) == message


def test_file_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hvsupport.annotate.discover.tree._LARGEST", 1 << 20)
    library(tmp_path)
    (tmp_path / "big.py").write_bytes(b"a = 1\n" * (1 << 18))
    result = discover(tmp_path)
    assert result.skipped == {"big.py": "larger than 1 MiB"}
    assert [each.name for each in result.interfaces] == ["Driver"]
