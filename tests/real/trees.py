"""The two pinned source trees that the tests of this folder read.

``python tests/real/trees.py`` fetches both and prints where they are; ``nova()`` and ``libcloud()``
do the same for one.  The archives come through ``pip download``, so pip's own configuration decides
where from.  pip runs the archive's build back end for its metadata and has no way to skip that;
``--require-hashes`` makes it check the SHA-256 pinned here first.  What came is checked once more
before it is unpacked.

The trees lie in ``tests/real/.cache``, or in the folder that HVSUPPORT_REAL_CACHE names.  A tree
that is there is complete, because it was unpacked beside its place and renamed; it is never fetched
twice.  To fetch one anew, delete its folder.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CACHE_VARIABLE = "HVSUPPORT_REAL_CACHE"


class TreeError(Exception):
    """A tree could not be fetched, or is not the one that is pinned."""


@dataclass(frozen=True)
class Pin:
    """One source distribution: its name on the index, its version, the SHA-256 of its archive."""

    name: str
    version: str
    sha256: str

    @property
    def folder(self) -> str:
        """The name of the one folder in the archive."""
        return f"{self.name}-{self.version}"


NOVA = Pin(
    "nova",
    "33.0.0",
    "f8f6750f239c8ad81ad53fe4ceafd0a795257982149c273ae621048bf281c95b",
)
LIBCLOUD = Pin(
    "apache-libcloud",
    "3.8.0",
    "75bf4c0b123bc225e24ca95fca1c35be30b19e6bb85feea781404d43c4276c91",
)


def nova() -> Path:
    """Return the unpacked source distribution of Nova."""
    return tree(NOVA)


def libcloud() -> Path:
    """Return the unpacked source distribution of Apache Libcloud."""
    return tree(LIBCLOUD)


def cache() -> Path:
    """Return the folder that holds the trees."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).resolve() if named else Path(__file__).resolve().parent / ".cache"


def tree(pin: Pin) -> Path:
    """Return the unpacked tree of ``pin``, fetched first when it is not in the cache."""
    place = cache() / pin.folder
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".part-") as work:
            _move(_unpack(_download(pin, Path(work)), pin, Path(work)), place)
    return place


def _download(pin: Pin, folder: Path) -> Path:
    """Fetch the archive of ``pin`` into ``folder`` and check what came."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    # Not ":all:": pip asks a source distribution for its metadata, and what that is made with would be built from
    # source too.
    command += ["--no-binary", pin.name, "--require-hashes", "--dest", str(folder)]
    command += ["--requirement", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*.tar.gz"))
    if done.returncode or len(found) != 1:
        raise TreeError(f"pip could not download {pin.folder}:\n{done.stdout}{done.stderr}")
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if digest != pin.sha256:
        raise TreeError(f"{found[0].name}: SHA-256 is {digest}, pinned is {pin.sha256}")
    return found[0]


def _unpack(archive: Path, pin: Pin, folder: Path) -> Path:
    """Unpack ``archive`` under ``folder`` and return the tree in it."""
    target = folder / "tree"
    with tarfile.open(archive, "r:gz") as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(target, filter="data")
        else:
            tar.extractall(target, members=[_guarded(member) for member in tar])
    top = target / pin.folder
    if not top.is_dir():
        raise TreeError(f"{archive.name} holds no folder {pin.folder}")
    return top


def _guarded(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Refuse what could write outside the folder, on a Python whose tarfile has no filters.

    Stricter than the filter: links of both kinds are refused, because the pinned trees have none.
    """
    name = PurePosixPath(member.name.replace("\\", "/"))
    outside = name.is_absolute() or ".." in name.parts or not name.parts
    if outside or not (member.isreg() or member.isdir()):
        raise TreeError(f"unsafe archive member: {member.name}")
    member.mode = 0o755 if member.isdir() else 0o644
    member.uname = member.gname = ""
    member.uid, member.gid = os.getuid(), os.getgid()
    return member


def _move(source: Path, place: Path) -> None:
    """Put a finished tree in its place; one that another process put there first is as good."""
    try:
        source.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def main() -> int:
    """Fetch all the trees and print where they are."""
    try:
        for pin in (NOVA, LIBCLOUD):
            print(tree(pin))
    except TreeError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
