"""Migration in the example library: one of a `memory` guest, every fault on `memory` and on real processes, downtime.

``python tests/bench/migration.py`` prints the rows alone.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import measure

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "example"
#: There and back so many times; how long the fastest tenth took at most: what else the machine does only adds to it.
#: Processor time: what waits for others is not the library's.
_MIGRATE = """
import sys, time
import hypervisor
hosts = [hypervisor.connect_open(f"memory:///{name}") for name in "ab"]
guest = hypervisor.domain_define(hosts[0], "<guest><name>web</name></guest>")
hypervisor.domain_create(guest)
options = hypervisor.Options(live=sys.argv[1] == "live")
times = []
for turn in range(1020):
    begin = time.process_time()
    guest = hypervisor.domain_migrate(guest, hosts[(turn + 1) % 2], options)
    times.append(time.process_time() - begin)
print(1000 * sorted(times)[100])
"""


def rows() -> Iterator[tuple[str, str, str, bool]]:
    """What was done, what it cost, what it may cost, and whether it did not cost more."""
    for way in ("paused", "live"):
        one = float(_checked("-c", _MIGRATE, way))
        yield f"example: one migration on memory, {way}, processor time", f"{one:.2f} ms", "1 ms", one <= 1
    with tempfile.TemporaryDirectory() as folder:
        memory = _wall("-m", "faults", str(Path(folder) / "page.md"))
    yield "example: every fault on memory", f"{memory:.1f} s", "10 s", memory <= 10
    process = _wall("-m", "faults", "--process")
    work = f"example: every fault on real processes, {os.cpu_count()} processors"
    yield work, f"{process:.0f} s", "120 s", process <= 120
    for line in _checked("live_downtime.py").splitlines()[2:]:
        driver, way, _, downtime, within = (cell.strip(" `") for cell in line.strip("|").split("|"))
        if way == "live":
            # The script itself fails when these are fewer than 19 of 20.
            yield f"example: downtime of a live {driver} guest, {within} within it", downtime, "300 ms", True


def _checked(*arguments: str) -> str:
    """What a Python program prints; ``Failed`` when it fails, for then it did something else."""
    done = subprocess.run([sys.executable, *arguments], cwd=EXAMPLE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise measure.Failed(f"{shlex.join(arguments)} exited with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _wall(*arguments: str) -> float:
    """Seconds that a Python program takes."""
    begin = time.perf_counter()
    _checked(*arguments)
    return time.perf_counter() - begin


def main() -> None:
    """Print the rows."""
    for work, measured, bound, within in rows():
        print(f"{work:58}  {measured:>22}  {bound:>16}{'' if within else '  OVER'}", flush=True)


if __name__ == "__main__":
    main()
