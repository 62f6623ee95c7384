"""libvirt 9.0.0: ``hvsupport export`` against upstream's own script, in one run.

Upstream's script gets its XML made beforehand and untimed; hvsupport needs none. Both get the best of several runs, for
a noisy machine only ever adds time. ``python tests/bench/bench_libvirt.py`` prints the rows alone.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "real")]

import debian  # noqa: E402 - of the tests on real trees
import measure  # noqa: E402 - beside this file
import oracle_libvirt  # noqa: E402

#: Of each command: the best of so many, taken in turns, so that a machine that slows down slows them all.
RUNS = 21


def best(commands: list[list[str]], environment: dict[str, str]) -> list[float]:
    """Seconds of CPU of the best of several runs of each command, user and system."""
    turns = [[once(command, environment) for command in commands] for _ in range(RUNS)]
    return [min(runs) for runs in zip(*turns, strict=True)]


def once(command: list[str], environment: dict[str, str]) -> float:
    """Seconds of CPU of one run of a command, user and system."""
    return measure.run(*command, environment=environment).cpu


def rows(folder: Path) -> list[tuple[str, str, str, bool]]:
    """What was done, what it cost, what it may cost, and whether it did not cost more."""
    tree = debian.libvirt()
    build = folder / "build"
    build.mkdir()
    oracle_libvirt.build(tree, build)
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "HVSUPPORT_CACHE_DIR": str(folder / "cache")}
    hvsupport = [sys.executable, "-m", "hvsupport.annotate"]
    on_tree = ["--preset", "libvirt", "--root", str(tree)]
    export, check = [*hvsupport, "export", *on_tree], [*hvsupport, "check", *on_tree, "--no-cache"]
    script = [sys.executable, str(tree / "scripts" / "hvsupport.py"), str(tree), str(build)]
    config = folder / "hvsupport.toml"
    config.write_text("[interfaces.hypervisor]\nprotocols = []\n", encoding="utf-8")
    once(export, environment)
    upstream, cold, warm, checked, without = best(
        [script, [*export, "--no-cache"], export, check, [*check, "--config", str(config)]], environment
    )
    size = measure.run(*export, "--no-cache", environment=environment).peak
    return [
        ("libvirt: upstream's own script, its XML made before", f"{upstream:.2f} s", "-", True),
        ("libvirt: cold export / upstream's script", f"{cold / upstream:.2f} ({cold:.2f} s)", "1", cold <= upstream),
        (
            "libvirt: warm export / upstream's script",
            f"{warm / upstream:.2f} ({warm:.2f} s)",
            "0.5",
            warm <= 0.5 * upstream,
        ),
        (
            "libvirt: cold check with protocols / without",
            f"{checked / without:.3f} ({checked:.2f}/{without:.2f} s)",
            "1.05",
            checked <= 1.05 * without,
        ),
        ("libvirt: peak memory of a cold export", f"{size:.0f} MB", "60 MB", size <= 60),
    ]


def main() -> None:
    """Print the rows."""
    with tempfile.TemporaryDirectory() as folder:
        for work, measured, bound, within in rows(Path(folder)):
            print(f"{work:58}  {measured:>22}  {bound:>16}{'' if within else '  OVER'}", flush=True)


if __name__ == "__main__":
    main()
