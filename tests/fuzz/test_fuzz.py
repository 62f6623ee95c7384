"""Two minutes of fuzzing, the same in every run: the committed corpus, and new inputs made of its pieces.

With HVSUPPORT_EXPLORE set, other inputs are made; ``make fuzz`` searches for as long as it is told.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import subjects

#: Inputs of each subject, so that each takes about ten seconds.
MANY = {"annotations": 1_500, "c": 400, "python": 400, "symbols": 400, "tabs": 800, "pages": 500, "config": 500,
    "cache": 1_000, "cookies": 1_500}  # fmt: skip


@pytest.mark.parametrize("name", subjects.SUBJECTS)
def test_the_corpus(name: str) -> None:
    inputs = subjects.corpus(name)
    assert inputs
    for data in inputs:
        subjects.SUBJECTS[name].check(data)


@st.composite
def pieced(draw: st.DrawFn, inputs: list[bytes], words: list[bytes]) -> bytes:
    """Cuts of known inputs, and words of the subject, one behind the other."""
    cuts = st.sampled_from(inputs).flatmap(
        lambda data: st.tuples(st.integers(0, len(data)), st.integers(0, len(data))).map(
            lambda ends: data[min(ends) : max(ends)]
        )
    )
    return b"".join(draw(st.lists(cuts | st.sampled_from(words) | st.binary(max_size=3), min_size=1, max_size=8)))


@pytest.mark.parametrize("name", subjects.SUBJECTS)
def test_new_inputs(name: str) -> None:
    subject = subjects.SUBJECTS[name]
    inputs = sorted(subjects.corpus(name))
    words = [word.encode() for word in subject.words]

    @settings(
        max_examples=MANY[name],
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(pieced(inputs, words))
    def check(data: bytes) -> None:
        subject.check(data[: subjects.LONGEST])

    check()
