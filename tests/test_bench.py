"""``make bench``: a part that cannot be measured takes nothing from the others."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

MAIN = Path(__file__).parent / "bench" / "__main__.py"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = importlib.util.spec_from_file_location("bench_main", MAIN)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_part_that_fails_says_why_and_the_others_are_measured(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken():
        yield "before it broke", "1.00", "2", True
        bench.measure.run("sh", "-c", "echo the reason >&2; exit 3")

    parts = [("broken", broken), ("whole", lambda: [("afterwards", "3.00", "2", False)])]
    monkeypatch.setattr(bench, "parts", lambda folder: parts)
    assert bench.main([]) == 1
    printed = capsys.readouterr()
    lines = printed.out.splitlines()[1:]
    assert [line.split("  ")[0] for line in lines] == ["before it broke", "broken", "", "", "afterwards"]
    assert "exited with 3" in lines[2] and lines[3] == "    the reason" and lines[4].endswith("OVER")
    assert printed.err == "Not measured: broken.\n"


def test_all_parts_measured_is_success(bench: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "parts", lambda folder: [("whole", lambda: [("work", "1.00", "2", True)])])
    assert bench.main([]) == 0
