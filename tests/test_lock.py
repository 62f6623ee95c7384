"""The versions that CI installs: all with hashes, from no host in particular, and as ``pyproject.toml`` asks."""

from __future__ import annotations

import re
from pathlib import Path

import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.10.1", "3.11.1", "3.12.1", "3.13.1")
LOCK = (ROOT / "requirements" / "ci.lock").read_text()
LOCKED = [Requirement(line.removesuffix("\\")) for line in LOCK.split("\n") if re.match(r"\w", line)]


def test_what_is_asked_for_is_locked_for_every_version_of_python() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]
    for text in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        wanted = Requirement(text)
        for python in PYTHONS:
            where = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
            if wanted.marker is not None and not wanted.marker.evaluate(where):
                continue
            names = [each for each in LOCKED if canonicalize_name(each.name) == canonicalize_name(wanted.name)]
            found = [each for each in names if each.marker is None or each.marker.evaluate(where)]
            assert len(found) == 1, f"{text} on Python {python}: run 'make lock'"
            (version,) = [each.version for each in found[0].specifier]
            assert wanted.specifier.contains(version, prereleases=True), f"{text}: run 'make lock'"


def test_each_has_hashes_and_none_names_a_host() -> None:
    parts = re.split(r"\n(?=\w)", LOCK)[1:]
    assert len(parts) == len(LOCKED)
    assert [part for part in parts if "--hash=sha256:" not in part] == []
    assert not re.search(r"https?:|--(extra-)?index-url|--find-links|file:", LOCK)
