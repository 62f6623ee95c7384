"""``make bench``: speed and memory, as ratios and figures of one run.

No bound passes or fails: machines differ and are noisy. The bound of each row is printed beside what was measured,
and a row that is over it says so. A part that cannot be measured says why, the others are measured all the same, and
the exit status is 1. Names of parts on the command line choose what is measured.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "real")]

import bench_libvirt  # noqa: E402 - beside this file
import history  # noqa: E402
import measure  # noqa: E402
import migration  # noqa: E402
import page  # noqa: E402
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


def main(wanted: Sequence[str]) -> int:
    """Print the table, row by row as it is measured; returns the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        every = dict(parts(Path(folder)))
        if unknown := [name for name in wanted if name not in every]:
            print(f"No such part: {', '.join(unknown)}. Parts: {', '.join(every)}.", file=sys.stderr)
            return 2
        print(f"{'work':58}  {'measured':>22}  {'bound':>16}")
        failed = [name for name in wanted or every if not measured(name, every[name])]
    if failed:
        print(f"Not measured: {', '.join(failed)}.", file=sys.stderr)
    return int(bool(failed))


def measured(name: str, rows: Callable[[], Iterable[tuple[str, str, str, bool]]]) -> bool:
    """Print the rows of a part as they are measured, or why they cannot be; returns whether they could."""
    try:
        for row in map(Row._make, rows()):
            over = "" if row.within else "  OVER"
            print(f"{row.work:58}  {row.measured:>22}  {row.bound:>16}{over}", flush=True)
    except (measure.Failed, subprocess.CalledProcessError, trees.TreeError, OSError) as error:
        said = [str(error), getattr(error, "stderr", None) or ""]
        print(f"{name:58}  {'FAILED':>22}", textwrap.indent("\n".join(said).rstrip(), "    "), sep="\n", flush=True)
        return False
    return True


def parts(folder: Path) -> Iterator[tuple[str, Callable[[], Iterable[tuple[str, str, str, bool]]]]]:
    """What is measured apart from the others: its name, and what gives its rows."""
    yield "start-up", start_up
    yield "nova", lambda: real("nova", trees.nova(), folder)
    yield "libcloud", lambda: real("libcloud", trees.libcloud(), folder)
    yield "libvirt", lambda: bench_libvirt.rows(folder)
    yield "history", lambda: history.rows(folder)
    yield "synthetic", lambda: growth(folder)
    yield "tabs", lambda: tabs.clean_rows(folder)
    yield "tabs-fix", lambda: tabs.fix_rows(folder)
    yield "page", page.rows
    yield "migration", migration.rows


def start_up() -> Iterator[Row]:
    """The least that any command takes, against an interpreter that does nothing."""
    nothing, version = empty(), measure.median(*HVSUPPORT, "--version").cpu
    figures = f"{version / nothing:.2f} ({version:.3f}/{nothing:.3f} s)"
    yield Row("--version / python -c pass", figures, "5", version <= 5 * nothing)


def empty() -> float:
    """Seconds of CPU of ``python -c pass``."""
    return measure.median(sys.executable, "-c", "pass").cpu


def real(name: str, tree: Path, folder: Path) -> Iterator[Row]:
    """Cold against ``ast.parse``, and warm against an interpreter that does nothing."""
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
    yield Row(f"{name}: check, cold, whole process", f"{cold.cpu:.2f} s, {cold.peak:.0f} MB", "-", True)
    nothing, warm = empty(), measure.median(*check)
    figures = f"{warm.cpu / nothing:.2f} ({warm.cpu:.3f}/{nothing:.3f} s)"
    yield Row(f"{name}: warm check / python -c pass", figures, "8", warm.cpu <= 8 * nothing)


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
        within = per <= first * 1.1 and cost.peak <= 300
        yield Row(f"synthetic x{times}: {50 * times} drivers, {5000 * times} cells", measured, "linear, 300 MB", within)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
