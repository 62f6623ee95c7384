"""libvirt before and after the commit of July 2012 that removed the tabs from all of its Perl, and began to check it.

Its check for tabs had never looked at Perl. Debian's mirrors hold no release that old, so this comes from git: from a
clone that HVSUPPORT_REAL_LIBVIRT_GIT names (a folder or a URL), else from the public one. What is pinned are the ids of
the two trees, which are git's own checksums over everything in them. The trees lie beside those of ``trees.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import trees

REPOSITORY = "https://github.com/libvirt/libvirt.git"
VARIABLE = "HVSUPPORT_REAL_LIBVIRT_GIT"
COMMIT = "92c5924a05550b4ae36cb45b3d2ebcf1ef67296a"
#: Revision -> the folder it is unpacked into, and the id of its tree.
BEFORE = (f"{COMMIT}^", "libvirt-2012-with-tabs", "4d57bd662d318e5ac026cc457a9de98f27d42f7f")
AFTER = (COMMIT, "libvirt-2012-without-tabs", "14da57c026ab99f94e8347f596378e81a042a182")


def both() -> tuple[Path, Path]:
    """Return the trees before and after the commit, fetched first when they are not in the cache.

    Raises:
        TreeError: they cannot be fetched, or are not what is pinned.
    """
    before, after = (trees.cache() / folder for _, folder, _ in (BEFORE, AFTER))
    if not (before.is_dir() and after.is_dir()):
        trees.cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=trees.cache(), prefix=".part-") as work:
            repository = _repository(Path(work))
            for revision, folder, pinned in (BEFORE, AFTER):
                if not (trees.cache() / folder).is_dir():
                    trees._move(_unpack(repository, revision, pinned, Path(work) / folder), trees.cache() / folder)
    return before, after


def _repository(work: Path) -> str:
    """A repository that holds the commit and the one before it."""
    named = os.environ.get(VARIABLE, REPOSITORY)
    if Path(named).is_dir():
        return named
    _git("init", "-q", "--bare", str(work / "git"))
    _git("-C", str(work / "git"), "fetch", "-q", "--depth=2", named, COMMIT)
    return str(work / "git")


def _unpack(repository: str, revision: str, pinned: str, target: Path) -> Path:
    there = _git("-C", repository, "rev-parse", f"{revision}^{{tree}}").decode().strip()
    if there != pinned:
        raise trees.TreeError(f"{revision} is the tree {there}, pinned is {pinned}")
    archive = target.with_suffix(".tar")
    _git("-C", repository, "archive", "--output", str(archive), pinned)
    target.mkdir()
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(target, filter="data")
        else:
            tar.extractall(target, members=[trees._guarded(member) for member in tar])
    return target


def _git(*arguments: str) -> bytes:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, env=environment, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise trees.TreeError(f"git {arguments[0]}: {error}") from error
    if done.returncode:
        raise trees.TreeError(f"git {' '.join(arguments)}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def main() -> int:
    """Fetch the trees and print where they are."""
    try:
        print(*both(), sep="\n")
    except trees.TreeError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
