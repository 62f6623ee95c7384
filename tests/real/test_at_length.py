"""Tests whose time depends on the size of what they read or on the number of examples, with more of both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: File of tests -> how many times as much as in ``make test``.
FILES = {
    **{f"tests/test_{name}.py": 5 for name in ("bad_input", "reader_c", "reader_c_doubts", "tabs_files")},
    # These run all their cases on QEMU then.
    "docs/example/tests/test_example_conformance.py": 2,
    "docs/example/tests/test_example_migration_conformance.py": 2,
    **{
        f"docs/example/tests/test_example_{name}.py": 10
        for name in ("migration_machine", "journal", "journal_damage", "seeded_faults")
    },
}


@pytest.mark.parametrize("name", FILES)
def test_at_length(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    environment = {**os.environ, "HVSUPPORT_TEST_LENGTH": str(FILES[name])}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
