"""``make bench``: speed and memory, as ratios and figures of one run.

Nothing here passes or fails: machines differ and are noisy. The bound of each row is printed beside what was measured,
and a row that is over it says so.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "real")]

import bench_libvirt  # noqa: E402 - beside this file
import measure  # noqa: E402
import migration  # noqa: E402
import synthetic  # noqa: E402
import tabs  # noqa: E402
import trees  # noqa: E402 - of the tests on real trees

REAL = HERE.parent / "real"
HVSUPPORT = (sys.executable, "-m", "hvsupport.annotate")


class Row(NamedTuple):
    """One line of the table: what was done, what it cost, what it may cost."""

    work: str
    measured: str
    bound: str
    within: bool


def main() -> None:
    """Print the table, row by row as it is measured."""
    print(f"{'work':58}  {'measured':>22}  {'bound':>16}")
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder)):
            print(f"{row.work:58}  {row.measured:>22}  {row.bound:>16}{'' if row.within else '  OVER'}", flush=True)


def rows(folder: Path) -> Iterator[Row]:
    """All measurements."""
    version = measure.median(*HVSUPPORT, "--version")
    yield Row("--version", f"{version.cpu:.3f} s", "0.1 s", version.cpu <= 0.1)
    for name, tree in (("nova", trees.nova()), ("libcloud", trees.libcloud())):
        yield from real(name, tree, folder)
    yield from (Row(*row) for row in bench_libvirt.rows(folder))
    yield from growth(folder)
    yield from (Row(*row) for row in tabs.rows(folder))
    yield from (Row(*row) for row in migration.rows())


def real(name: str, tree: Path, folder: Path) -> Iterator[Row]:
    """Cold against ``ast.parse``, and warm."""
    config = REAL / f"{name}.toml"
    parsed = seconds("ast", tree, config)
    read = seconds("read", tree, config)
    ratio = read / parsed
    yield Row(
        f"{name}: cold read / ast.parse of the same files", f"{ratio:.2f} ({read:.2f}/{parsed:.2f} s)", "2", ratio <= 2
    )
    copy = shutil.copytree(tree, folder / name)
    check = (*HVSUPPORT, "check", "--root", str(copy), "--config", str(config))
    cold = measure.run(*check)
    yield Row(f"{name}: check, cold, whole process", f"{cold.cpu:.2f} s, {cold.peak:.0f} MB", "", True)
    warm = measure.median(*check)
    yield Row(
        f"{name}: check, warm, whole process", f"{warm.cpu:.3f} s, {warm.peak:.0f} MB", "0.25 s", warm.cpu <= 0.25
    )


def seconds(what: str, tree: Path, config: Path) -> float:
    """The middle of five measurements inside a process."""
    costs = [measure.run(sys.executable, str(HERE / "parse.py"), what, str(tree), str(config)) for _ in range(5)]
    return sorted(float(cost.output) for cost in costs)[2]


def growth(folder: Path) -> Iterator[Row]:
    """1, 10 and 100 times 50 drivers x 100 entries, without a cache."""
    first = 0.0
    for times in (1, 10, 100):
        tree = synthetic.write(folder / f"synthetic{times}", times)
        cost = measure.run(*HVSUPPORT, "check", "--root", str(tree), "--no-cache", "--jobs", "1")
        per = cost.cpu / times
        first = first or per
        measured = f"{cost.cpu:.2f} s, {cost.peak:.0f} MB, x{per / first:.2f}"
        within = per <= first * 1.1 and cost.peak <= 500
        yield Row(f"synthetic x{times}: {50 * times} drivers, {5000 * times} cells", measured, "linear, 500 MB", within)


if __name__ == "__main__":
    main()
