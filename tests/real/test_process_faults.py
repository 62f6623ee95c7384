"""Every fault of the example library on real processes: each must end as it does on `memory`.

The hosts, the coordinator, the network and the guest are processes; what dies is killed, what hangs
is stopped. `python -m faults --process` in docs/example prints the comparison.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "example"
sys.path.insert(0, str(EXAMPLE))

from faults import compare, model  # noqa: E402 - is imported from its folder and not installed
from faults.compare import Compared  # noqa: E402

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest.fixture(scope="module")
def compared() -> Sequence[Compared]:
    """Run them all, several at a time."""
    return compare.run_all(compare.cases())


def test_every_case_that_the_driver_has_a_protocol_for_is_run(compared: Sequence[Compared]) -> None:
    everything = {*model.cases(), *model.cases(peer_to_peer=True)}
    live = {case for case in everything if case.step in model.LIVE_STEPS}
    wanted = {case for case in everything if case.protocol in ("v2", "v3", "v3-tunnelled")}
    assert {one.case for one in compared} == wanted | live
    assert {one.case.fault for one in compared} == set(model.Fault)


def test_every_fault_struck(compared: Sequence[Compared]) -> None:
    assert [one.case for one in compared if not one.process.struck] == []


def test_every_outcome_is_that_of_memory(compared: Sequence[Compared]) -> None:
    different = [one for one in compared if not one.agree]
    assert different == [], "".join(compare.summary(different))


def test_nothing_ever_ran_twice_or_was_held_twice_or_went_back(compared: Sequence[Compared]) -> None:
    assert [one.case for one in compared if one.process.broken] == []
