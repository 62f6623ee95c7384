"""History of releases that source distributions make: cold, unchanged, and after one more tag."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "real")]

import measure  # noqa: E402 - beside this file
import releases  # noqa: E402 - of the tests on real trees

#: The bound of Libcloud's 84 tags and of Nova's 371, in seconds, for so many releases of each.
TAGS = {"libcloud": (releases.LIBCLOUD, 20, 84), "nova": (releases.NOVA, 60, 371)}
MEMORY = 250


def rows(folder: Path) -> Iterator[tuple[str, str, str, bool]]:
    """What was done, what it cost, what it may cost, and whether it did not cost more."""
    for name, (project, seconds, tags) in TAGS.items():
        tree = releases.clone(project, folder / f"history-{name}")
        environment = {**os.environ, "HVSUPPORT_CACHE_DIR": str(folder / f"cache-{name}")}
        hvsupport = (sys.executable, "-m", "hvsupport.annotate")
        root = ("--root", str(tree))
        count, bound = len(project.pins), max(seconds * len(project.pins) / tags, 5.0)
        cold = measure.run(*hvsupport, "backfill", "--jobs", "1", *root, environment=environment)
        measured = f"{cold.cpu:.1f} s, {cold.peak:.0f} MB"
        is_within = cold.cpu <= bound and cold.peak <= MEMORY
        yield f"{name}: history of {count} releases, cold", measured, f"{bound:.0f} s, {MEMORY} MB", is_within
        releases.git(tree, "commit", "--quiet", "--all", "--message", "Annotated")
        measure.run(*hvsupport, "check", *root, environment=environment)
        releases.git(tree, "tag", "99.0.0")
        more = measure.run(*hvsupport, "verify", *root, environment=environment)
        yield f"{name}: verify after one more tag", f"{more.cpu:.2f} s", "1 s", more.cpu <= 1
