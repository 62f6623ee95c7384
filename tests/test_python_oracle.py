"""A few random packages, read, imported and called; ``tests/real/test_judges.py`` does the same at length."""

from __future__ import annotations

import python_judge
from hypothesis import HealthCheck, given, settings
from lengths import LENGTH


@given(python_judge.packages())
@settings(max_examples=8 * LENGTH, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_cells_are_what_calling_shows(files: dict[str, str]) -> None:
    python_judge.check(files)
