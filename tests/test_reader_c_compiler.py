"""A few random programs, read and compiled; ``tests/real/test_judges.py`` does the same at length."""

from __future__ import annotations

import c_judge
import pytest
from hypothesis import HealthCheck, given, settings

pytestmark = pytest.mark.skipif(c_judge.COMPILER is None, reason="no C compiler to compare with, install gcc")


@given(c_judge.programs(tables=8))
@settings(max_examples=2, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_cells_say_what_the_compiler_makes(tmp_path_factory: pytest.TempPathFactory, program: c_judge.Program) -> None:
    outcome = c_judge.compare(tmp_path_factory.mktemp("program"), program)
    assert outcome.wrong == []
