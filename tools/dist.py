"""Build sdist and wheel so that the same commit always gives the same bytes: ``python tools/dist.py FOLDER``.

Times come from SOURCE_DATE_EPOCH or, without it, from the commit. The wheel is built from the sdist, which shows that
the sdist is complete. setuptools writes times, owners and the order of the disk into the sdist, so it is packed again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: What a build leaves in a tree, and what is no part of a release.
_LEFT = shutil.ignore_patterns(".*", "build", "dist", "site", "*.egg-info", "__pycache__")


def main(target: Path) -> None:
    """Build into ``target`` and print the SHA-256 of each file."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or _time_of_commit()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "0"}
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        # A copy, because a build writes into the tree.
        tree = Path(shutil.copytree(ROOT, work / "tree", ignore=_LEFT))
        _build("--sdist", tree, work / "raw", environment)
        (raw,) = (work / "raw").iterdir()
        sdist = work / raw.name
        pack(raw, sdist, int(epoch))
        shutil.unpack_archive(sdist, work / "unpacked", filter="data")
        (source,) = (work / "unpacked").iterdir()
        _build("--wheel", source, work / "wheel", environment)
        (wheel,) = (work / "wheel").iterdir()
        for path in (sdist, wheel):
            copied = Path(shutil.copy(path, target / path.name))
            print(f"{hashlib.sha256(copied.read_bytes()).hexdigest()}  {copied.name}")


def pack(raw: Path, packed: Path, epoch: int) -> None:
    """Pack a ``.tar.gz`` again: members in order of their names, one time, no owners, plain modes."""
    buffer = io.BytesIO()
    with tarfile.open(raw) as old, tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    with packed.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=epoch) as compressed:
        compressed.write(buffer.getvalue())


def _build(kind: str, tree: Path, folder: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", kind, "--outdir", str(folder), str(tree)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def _time_of_commit() -> str:
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
