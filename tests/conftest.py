"""What all tests share: Hypothesis judges programs, not how busy the machine is, and the same examples in every run.

With HVSUPPORT_EXPLORE set, it looks for new examples instead. The user's cache is left alone.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings
from lengths import LENGTH

IS_FIXED = "HVSUPPORT_EXPLORE" not in os.environ
settings.register_profile(
    "untimed",
    deadline=None,
    derandomize=IS_FIXED,
    max_examples=50 * LENGTH,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One worker more than processors: tests wait for other programs a quarter of their time."""
    return (yield) + 1


def pytest_collection_finish() -> None:
    """Keep the collected tests, which live to the end, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches of this run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("caches")))
        yield
