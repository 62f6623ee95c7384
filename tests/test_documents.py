"""Documents that say ``next``: what ``stamp`` replaces in them, and what ``check --release`` reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hvsupport.annotate import cli
from hvsupport.annotate.config.load import load
from hvsupport.annotate.errors import ReadError
from hvsupport.annotate.files import Folder
from hvsupport.annotate.readers.documents import Waiting, waiting
from hvsupport.annotate.release import scheme
from hvsupport.annotate.rewrite.apply import apply

CONFIG = """\
title = "Example"
release = "1.0.0"
releases = ["1.0.0", "1.1.0"]
documents = ["docs/**/*.md", "drivers/*.py"]
document-phrases = ["New in {release}", "(since {release})"]

[interfaces.driver]
at = "api.py:Driver"
drivers = ["drivers/*.py"]
"""
API = "class Driver:\n    def start(self):\n        raise NotImplementedError\n"
MEMORY = """\
\"\"\"Guests in memory.

.. versionadded:: next
\"\"\"
from api import Driver


class MemoryDriver(Driver):
    def start(self):
        \"\"\"Start.

        .. versionadded:: next
        \"\"\"
        return 1
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in {"hvsupport.toml": CONFIG, "api.py": API, "drivers/memory.py": MEMORY}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    return tmp_path


def run(tree: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.group, [*arguments, "--root", str(tree)])


def found(tree: Path, text: str) -> list[Waiting]:
    (tree / "docs" / "page.md").write_bytes(text.encode())
    return [each for each in waiting(load(root=tree)) if each.place.path == "docs/page.md"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("the next release, next.", id="prose"),
        pytest.param("renew in next, RNew in next", id="a part of a word"),
        pytest.param("New in next-gen drivers", id="a longer word"),
        pytest.param("New in next.js", id="a name"),
        pytest.param("New in 1.0.0, (since 1.0.0)", id="a release"),
        pytest.param("(since next", id="half of a phrase"),
        pytest.param(".. versionadded:: 1.0.0\n   next", id="the text of a directive"),
        pytest.param(".. note:: next", id="another directive"),
        pytest.param("see .. versionadded:: next", id="a directive in a line"),
    ],
)
def test_what_is_no_release_stays(tree: Path, text: str) -> None:
    assert found(tree, text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(".. versionadded:: next", id="reStructuredText"),
        pytest.param("> .. version-changed:: next\r\n", id="a quotation"),
        pytest.param("* .. deprecated:: next", id="a list"),
        pytest.param(":::{versionadded} next\nText\n:::", id="MyST"),
        pytest.param("```{version-removed} next\n```", id="MyST with backticks"),
        pytest.param("**New in next.** It is", id="a phrase"),
        pytest.param("It is new (since\nnext) here", id="a phrase on two lines"),
        pytest.param("Ünïcode: New in next", id="behind other letters"),
    ],
)
def test_stamp_replaces_only_the_word(tree: Path, text: str) -> None:
    [edit] = [each.stamped(scheme("x.y.z").parse("1.2.0")) for each in found(tree, text)]
    assert apply(text.encode(), [edit]) == text.replace("next", "1.2.0").encode()


def test_the_gate_reports_what_stamp_replaces(tree: Path) -> None:
    (tree / "docs" / "page.md").write_text("# Page\n\nNew in next: all.\n", encoding="utf-8")
    assert run(tree, "check").exit_code == 0
    gate = run(tree, "check", "--release", "1.2.0")
    said = [line for line in gate.output.splitlines() if "HV031" in line and "Found" not in line]
    assert [line.split(" ")[0] for line in said] == [
        "docs/page.md:3:8:",
        "drivers/memory.py:3:19:",
        "drivers/memory.py:12:27:",
    ]
    assert "the document still says 'next' in release 1.2.0" in said[0]
    assert "'start' of drivers.memory:MemoryDriver still says 'next'" in said[2], "as the annotation that it is"
    patch = run(tree, "stamp", "1.2.0", "--dry-run")
    assert patch.exit_code == 1 and patch.output.count("\n+") - patch.output.count("\n+++") == 3
    assert run(tree, "stamp", "1.2.0").output.startswith(
        "changed docs/page.md\nchanged drivers/memory.py\n3 annotations"
    )
    assert run(tree, "stamp", "1.2.0").exit_code == 0
    (tree / "hvsupport.toml").write_text(
        CONFIG.replace('"1.0.0"\nreleases = ["1.0.0", ', '"1.2.0"\nreleases = ["1.2.0", '), "utf-8"
    )
    assert run(tree, "check", "--release", "1.2.0").exit_code == 0


def test_a_phrase_needs_the_release(tree: Path) -> None:
    (tree / "hvsupport.toml").write_text(CONFIG.replace("New in {release}", "New in X"), "utf-8")
    assert "an item of 'document-phrases' must have {release} once" in run(tree, "check").output.replace("\n", " ")


@pytest.mark.parametrize("line", ["check --release 1.2.0", "stamp 1.2.0"])
def test_a_glob_of_documents_that_matches_nothing_is_an_error(tree: Path, line: str) -> None:
    (tree / "docs" / "page.md").write_text("New in next")
    config = tree / "hvsupport.toml"
    config.write_text(CONFIG.replace("docs/**/*.md", "dosc/**/*.md"))
    done = run(tree, *line.split())
    assert (done.exit_code, "hvsupport.toml:4:1: no file matches 'dosc/**/*.md' of 'documents'" in done.output) == (
        2,
        True,
    )
    assert "next" in (tree / "drivers" / "memory.py").read_text()


@pytest.mark.parametrize("line", ["check --release 1.2.0", "stamp 1.2.0"])
def test_a_document_that_cannot_be_read_is_an_error(tree: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    (tree / "docs" / "page.md").write_text("New in next")
    read = Folder.read

    def refused(folder: Folder, path: str) -> bytes:
        if path == "docs/page.md":
            raise ReadError("Input/output error")
        return read(folder, path)

    monkeypatch.setattr(Folder, "read", refused)
    done = run(tree, *line.split())
    assert (done.exit_code, "the document docs/page.md cannot be read: Input/output" in done.output) == (2, True)
    assert "next" in (tree / "drivers" / "memory.py").read_text()
