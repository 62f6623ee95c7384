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
    "tests/test_reader_python_scan.py": 2,
    # These run all their cases on QEMU then.
    "docs/example/tests/test_example_conformance.py": 2,
    "docs/example/tests/test_example_migration_conformance.py": 2,
    # `make test` leaves these out.
    **{f"docs/example/tests/test_example_qemu_{name}.py": 2 for name in ("live", "migration", "postcopy", "storage")},
    **{
        f"docs/example/tests/test_example_{name}.py": 10
        for name in ("migration_machine", "split_machine", "journal", "journal_damage", "seeded_faults")
    },
}


#: What runs all properties once more, with twice the examples.
PROPERTIES = ("-m", "hypothesis", "tests", *(f"--ignore=tests/{name}" for name in ("real", "browser", "heavy", "fuzz")))


@pytest.mark.parametrize(
    ("arguments", "times"),
    [*(((name,), times) for name, times in FILES.items()), (PROPERTIES, 2)],
    ids=[*FILES, "properties"],
)
def test_at_length(arguments: tuple[str, ...], times: int) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "HVSUPPORT_TEST_LENGTH": str(times)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
