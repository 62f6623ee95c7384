"""What `make release` writes, and what it refuses."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

TOOL = Path(__file__).parent.parent / "tools" / "release.py"
spec = importlib.util.spec_from_file_location("release_tool", TOOL)
assert spec is not None and spec.loader is not None
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)

CHANGELOG = "# Changelog\n\n## 0.2.0, unreleased\n\nText.\n\n## 0.1.0, 2026-01-01\n"


def test_only_the_heading_of_the_release_changes() -> None:
    assert release.dated(CHANGELOG, "0.2.0", "2026-11-28") == CHANGELOG.replace("unreleased", "2026-11-28")


@pytest.mark.parametrize(
    ("changelog", "version"),
    [
        pytest.param(CHANGELOG, "0.3.0", id="the changelog is about another version"),
        pytest.param(CHANGELOG.replace("unreleased", "2026-02-02"), "0.2.0", id="it has a date already"),
        pytest.param("# Changelog\n", "0.2.0", id="it has no section"),
    ],
)
def test_a_release_without_its_section_is_refused(changelog: str, version: str) -> None:
    with pytest.raises(ValueError, match="expected '## "):
        release.dated(changelog, version, "2026-11-28")


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        pytest.param("0.1.9", "older", id="older than the current version"),
        pytest.param("0.2", "not a version", id="two numbers"),
        pytest.param("v0.2.0", "not a version", id="a tag for a version"),
        pytest.param("0.2.0rc1", "not a version", id="a pre-release"),
        pytest.param("0.3.0", "exists already", id="released already"),
    ],
)
def test_what_cannot_be_released_is_refused(version: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        release.newer(version, "0.2.0", ["v0.1.0", "v0.3.0"])


def test_the_current_version_can_be_released_once() -> None:
    release.newer("0.2.0", "0.2.0", ["v0.1.0"])


@pytest.mark.parametrize("name", release._VERSION)
def test_the_version_stands_once_in_each_file(name: str) -> None:
    text = (TOOL.parent.parent / name).read_text("utf-8")
    changed = release.with_version(text, release._VERSION[name], "9.8.7")
    assert release.with_version(changed, release._VERSION[name], "0.1.0") == text
    assert changed.count("9.8.7") == 1
