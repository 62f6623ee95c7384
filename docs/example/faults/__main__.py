"""Run every fault, on `memory` hosts for the page, or on real processes to compare.

python -m faults PAGE         write the page
python -m faults --process    say whether real processes end the same
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from . import compare, deviations, split, storage, tables


def write(path: Path, text: str) -> bool:
    """Write a page in one step, only when it changed; tell whether it did."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise
    return True


def main() -> int:
    """Write the page that the command line names, or compare; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m faults", description="Run every fault of a migration."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("page", metavar="PAGE", nargs="?", help="run them on memory, write the page")
    what.add_argument(
        "--process", action="store_true", help="say whether real processes end the same"
    )
    options = parser.parse_args()
    if options.process:
        return _compare()
    runs = tables.run_all()
    libvirt = deviations.run_all()
    disks = storage.run_all()
    halves = split.run_all()
    changed = write(Path(options.page), tables.page(runs, libvirt, disks, halves))
    count = len(runs) + len(libvirt) + len(disks) + len(halves)
    sys.stderr.write(f"{count} faults{'' if changed else ', nothing changed'}\n")
    return 0


def _compare() -> int:
    wanted = compare.cases()
    found: list[compare.Compared] = []

    def tell(one: compare.Compared) -> None:
        found.append(one)
        if len(found) % 50 == 0:
            sys.stderr.write(f"{len(found)} of {len(wanted)} cases\n")

    compare.run_all(wanted, tell)
    sys.stdout.writelines(compare.summary(found))
    return 0 if all(one.agree for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
