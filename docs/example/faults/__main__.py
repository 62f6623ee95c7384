"""Run every fault on `memory` hosts and write the page: `python -m faults PAGE`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from . import tables


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
    """Write the page that the command line names."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m faults PAGE\n")
        return 2
    runs = tables.run_all()
    changed = write(Path(sys.argv[1]), tables.page(runs))
    sys.stderr.write(f"{len(runs)} faults{'' if changed else ', nothing changed'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
