"""A compiler and Python as judges of our cells: of random programs and packages, and of fourteen real trees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import against_judges
import c_judge
import debian
import oracle_objects
import pytest
import python_judge
import trees
from hypothesis import HealthCheck, Phase, given, settings

HERE = Path(__file__).parent
#: A program that fails is not made smaller: each step of that compiles it again.
BRIEF = (Phase.explicit, Phase.generate)
#: Built without a configured tree; one file or more of each kind of table in it.
SAMPLE = ("refs/debug.c", "refs/files-backend.c", "refs/packed-backend.c", "trace2/tr2_tgt_event.c", "transport.c")


@pytest.mark.skipif(c_judge.COMPILER is None, reason="no C compiler to compare with, install gcc")
@given(c_judge.programs())
@settings(max_examples=24, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), phases=BRIEF)
def test_programs(tmp_path_factory: pytest.TempPathFactory, program: c_judge.Program) -> None:
    assert c_judge.compare(tmp_path_factory.mktemp("program"), program).wrong == []


@given(python_judge.packages())
@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_packages(files: dict[str, str]) -> None:
    python_judge.check(files)


def test_real_trees(tmp_path: Path) -> None:
    """``python tests/real/against_judges.py`` writes the page anew; look at what changed in it before that."""
    found = against_judges.everything(tmp_path)
    assert [f"{each.name}: {line}" for outcomes in found.values() for each in outcomes for line in each.wrong] == []
    assert against_judges.page(found) == (HERE / "judges.md").read_text("utf-8")
    counts = [each.counts for each in found["C"]]
    assert sum(each["drivers"] for each in counts) >= 300
    assert sum(each["equal"] for each in counts) >= 3000


def test_the_record_is_what_the_compiler_makes(tmp_path: Path) -> None:
    """A share of what ``objects.json`` says, made again."""
    root = Path(shutil.copytree(debian.tree(debian.JUDGED["git"]), tmp_path / "git"))
    oracle_objects.prepare("git", root)
    made = oracle_objects.compiled("git", root, SAMPLE)
    recorded = against_judges.truth("objects.json")["git"]
    found = {table: bits for key in recorded for table, bits in made.tables.get(key, {}).items()}
    assert len(found) >= 5
    assert found == {
        table: bits
        for value in recorded.values()
        for table, bits in value["tables"].items()
        if table.partition(":")[0] in SAMPLE
    }


def test_the_record_is_what_importing_shows() -> None:
    """The same of ``imported.json``: fsspec needs no other package; what does cannot be imported here."""
    root = trees.wheel(next(pin for pin in trees.WHEELS if pin.name == "fsspec"))
    done = subprocess.run(
        [sys.executable, str(HERE / "oracle_import.py"), "fsspec"],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        check=True,
        text=True,
    )
    for key, value in json.loads(done.stdout).items():
        recorded = against_judges.truth("imported.json")[key]
        assert value["entries"] == recorded["entries"]
        assert len(value["drivers"]) >= 8
        for driver, letters in value["drivers"].items():
            assert recorded["drivers"].get(driver, letters) == letters
