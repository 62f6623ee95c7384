"""The example's own tests that try examples of Hypothesis, with ten times as many."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2] / "docs" / "example" / "tests"


@pytest.mark.parametrize("name", ["migration_machine", "journal", "journal_damage", "seeded_faults"])
def test_with_many_examples(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{TESTS}/test_example_{name}.py"]
    done = subprocess.run(command, env={**os.environ, "HVSUPPORT_TEST_LENGTH": "10"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
