"""Bases from the standard library: known by what they bring, so that only what they hide is told."""

from __future__ import annotations

import contextlib
import importlib
import sys
from pathlib import Path

import pytest

from hvsupport.annotate import judge, run
from hvsupport.annotate.catalogue import Catalogue
from hvsupport.annotate.config import load as configfile
from hvsupport.annotate.findings import Finding
from hvsupport.annotate.names.standard import brings, listed

API = "class Driver:\n" + "".join(
    f"    def {name}(self): raise NotImplementedError\n" for name in ("open", "close", "get", "start")
)
CONFIG = """title = "T"
release = "1.2"
[interfaces.driver]
at = "api.py:Driver"
drivers = ["one.py"]
"""


def read(root: Path, source: str, more: str = "") -> tuple[Catalogue, list[Finding]]:
    (root / "api.py").write_text(API)
    (root / "one.py").write_text(f"from api import Driver\n{source}")
    (root / "hvsupport.toml").write_text(CONFIG + more)
    config = configfile.load(root=root)
    catalogue = run.catalogue(config, cache=False)
    return catalogue, [each for each in judge.judge(config, catalogue).findings if each.code != "HV001"]


def states(catalogue: Catalogue) -> dict[str, str]:
    [interface] = catalogue.interfaces
    return {entry.name: cell.state for _, entry, cell in interface.walk()}


#: Names that some of the supported Pythons do not have.
NEWER = {"enum.StrEnum"} if sys.version_info < (3, 11) else set()


@pytest.mark.parametrize("name", sorted(listed() - NEWER))
def test_the_list_has_all_that_this_python_has(name: str) -> None:
    module, _, own = name.rpartition(".")
    found = getattr(importlib.import_module(module), own)
    there = set(dir(found))
    with contextlib.suppress(TypeError):  # It cannot be made without arguments.
        there.update(dir(found()))
    assert {each for each in there if not each.startswith("_")} <= (brings(name) or set())


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("typing.Mapping", "get"),
        ("typing.Dict", "get"),
        ("typing_extensions.Deque", "pop"),
        ("enum.Enum", "value"),
    ],
)
def test_names_of_typing_stand_for_those_of_others(name: str, attribute: str) -> None:
    assert attribute in (brings(name) or ())


def test_what_is_not_listed_is_not_known() -> None:
    assert brings("http.client.HTTPConnection") is None and brings("typing.Any") is None and brings("dict") is None


@pytest.mark.parametrize(
    "base",
    [
        pytest.param("from collections.abc import Iterable\nBase = Iterable", id="nothing but dunder methods"),
        pytest.param("from typing import Iterator\nBase = Iterator[int]", id="a generic of typing"),
        pytest.param("Base = ValueError", id="an exception"),
        pytest.param("from logging import Handler as Base", id="methods of other names: a handler has no 'open'"),
    ],
)
def test_a_base_that_has_none_of_the_entries_hides_nothing(tmp_path: Path, base: str) -> None:
    source = f"{base}\nclass One(Base, Driver):  # 1.0\n    def open(self): return 1  # 1.0\n"
    source += "    def close(self): return 1  # 1.1\n" if "Handler" in base else ""
    catalogue, findings = read(tmp_path, source)
    assert findings == []
    assert states(catalogue)["open"] == "supported" and states(catalogue)["start"] == "unsupported"


def test_a_base_that_has_entries_hides_these_alone(tmp_path: Path) -> None:
    source = "import threading\nclass One(threading.Thread, Driver):  # 1.0\n    def open(self): return 1  # 1.0\n"
    catalogue, [finding] = read(tmp_path, source)
    assert finding.code == "HV011"
    assert finding.message == "class One: its base threading.Thread is outside the tree and has start"
    assert states(catalogue) == {
        "open": "supported",
        "close": "unsupported",
        "get": "unsupported",
        "start": "unreadable",
    }


@pytest.mark.parametrize(
    ("source", "state"),
    [
        pytest.param("class One(Driver, dict):  # 1.0\n    x = 1\n", "unsupported", id="the interface comes before it"),
        pytest.param(
            "class One(dict, Driver):  # 1.0\n    def get(self): return 1  # 1.0\n",
            "supported",
            id="the driver has its own",
        ),
        pytest.param(
            "class Mixin:\n    def get(self): return 1  # 1.0\nclass One(Mixin, dict, Driver):  # 1.0\n    x = 1\n",
            "supported",
            id="a class before it has one",
        ),
    ],
)
def test_what_is_defined_before_it_is_not_hidden(tmp_path: Path, source: str, state: str) -> None:
    catalogue, findings = read(tmp_path, source)
    assert findings == []
    assert states(catalogue)["get"] == state


def test_what_is_defined_before_it_under_a_condition_is(tmp_path: Path) -> None:
    source = "import sys\nclass One(dict, Driver):  # 1.0\n    if sys.argv:\n        def get(self): return 1  # 1.0\n"
    catalogue, [finding] = read(tmp_path, source)
    assert finding.message.endswith("has get")
    assert states(catalogue)["get"] != "supported"


def test_a_declared_base_stays_declared(tmp_path: Path) -> None:
    source = "class One(dict, Driver):  # 1.0\n    def open(self): return 1  # 1.0\n"
    _, findings = read(tmp_path, source, 'external = { "builtins.dict" = "get is not called" }\n')
    assert findings == []
    _, findings = read(
        tmp_path, source.replace("dict", "ValueError"), 'external = { "builtins.ValueError" = "none" }\n'
    )
    assert findings == []
