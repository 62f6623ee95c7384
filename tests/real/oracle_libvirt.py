"""What upstream's own script says: its page, cell by cell; nothing is shared with hvsupport.

``python oracle_libvirt.py TREE`` makes libvirt's XML of its API with scripts/apibuild.py and its page with
scripts/hvsupport.py, both in a temporary folder, and prints the page's cells as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

_GROUP = re.compile(r'<h2><a id="(\w+)">.*?</h2>\s*<table.*?>(.*?)</table>', re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<td>(.*?)</td>", re.DOTALL)
_LINK = re.compile(r'<a href="([^"]*)"')


def build(tree: Path, folder: Path) -> str:
    """Run upstream's scripts on a tree, with everything they write below ``folder``, and return the page."""
    (folder / "docs").mkdir()
    (folder / "include" / "libvirt").mkdir(parents=True)
    template = (tree / "include/libvirt/libvirt-common.h.in").read_text("utf-8")
    header = template.replace("@LIBVIRT_VERSION_NUMBER@", "9000000")
    (folder / "include/libvirt/libvirt-common.h").write_text(header, "utf-8")
    for arguments in (("apibuild.py", tree / "docs", folder / "docs"), ("hvsupport.py", tree, folder)):
        script, *rest = arguments
        done = subprocess.run(
            [sys.executable, "-B", str(tree / "scripts" / str(script)), *map(str, rest)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{script} failed:\n{done.stderr}")
    return done.stdout


def cells(page: str) -> dict[str, object]:
    """Group -> its drivers, and call -> release, link and cells by driver."""
    groups: dict[str, object] = {}
    for name, body in _GROUP.findall(page):
        drivers = re.findall(r"<th>([^<]*)</th>", body.partition("</thead>")[0])[2:]
        calls = {}
        for row in _ROW.findall(body.partition("<tbody>")[2]):
            columns = _CELL.findall(row)
            if columns:
                call, since, *rest = (re.sub(r"<[^>]+>", "", each).strip() for each in columns)
                link = _LINK.search(columns[0])
                filled = {driver: text for driver, text in zip(drivers, rest, strict=True) if text}
                calls[call] = {"since": since, "url": link[1] if link else None, "cells": filled}
        groups[name] = {"drivers": drivers, "calls": calls}
    return groups


def main() -> None:
    """Print what upstream's page says about the tree."""
    with tempfile.TemporaryDirectory() as folder:
        json.dump(cells(build(Path(sys.argv[1]), Path(folder))), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
