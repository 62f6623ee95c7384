"""The pinned source trees and wheels of PyPI that the tests of this folder read.

``python tests/real/trees.py`` fetches them all and prints where they are; ``nova()`` and ``libcloud()``
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
import zipfile
from collections.abc import Mapping, Sequence
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

#: Wheels of projects whose drivers Python judged: name, version, SHA-256.
WHEELS = (
    Pin("apprise", "2.3.0", "48988cec2fbcead2ada2cdbce01de62703324c79c1d163433b9902616f2f409e"),
    Pin("celery", "5.7.0", "18310a9c919f9029e4735367484d93e6a25cdfd30afdc474622cc263d9b35f6e"),
    Pin("cinder", "29.0.0", "da8b1441740fb2dcfd76138607c6a96fc14d2548826741a6246bbd0d73f88860"),
    Pin("django", "5.2.19", "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00"),
    Pin("fsspec", "2026.9.0", "8dd6e646e99ea382bd85f97a45e6b526a442d79423a7dc673f1e2756d05fcb5f"),
    Pin("keyring", "25.7.0", "be4a0b195f149690c166e850609a477c532ddbfbaed96a404d4e43f8d5e2689f"),
    Pin("kombu", "5.7.0", "dede73bff4c89175be382c4203d2f167cf7017c384396ec75c36a1b5678f1587"),
    Pin("luigi", "3.8.1", "ea974b26157c327ae8f6a6f9e0ddaa09d868ce8a4010f7631c383614e0152318"),
    Pin("sqlalchemy", "2.1.9", "449fed5c2caa3b278cc57499d09db001fb3f28dc7f18affc48142aee4dcc0cdf"),
    Pin("tooz", "9.1.0", "5f08ac54c2ca6683b85473d137a96712517fb1efd8e5b40a609c378c25630bdb"),
)


def wheel(pin: Pin) -> Path:
    """Return the unpacked wheel of ``pin``, the one for any platform, fetched first when it is not in the cache."""
    place = cache() / f"{pin.folder}-wheel"
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".part-") as work:
            choice = ["--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none"]
            archive = download(pin, Path(work), [*choice, "--python-version", "3.13"])
            # Members that would lie outside of the folder are put into it.
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(Path(work, "tree"))
            _move(Path(work, "tree"), place)
    return place


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
            _move(_unpack(download(pin, Path(work)), pin, Path(work)), place)
    return place


def download(pin: Pin, folder: Path, choice: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Path:
    """Fetch the archive of ``pin`` into ``folder`` and check what came; by default its source distribution."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    # Not ":all:": pip asks a source distribution for its metadata, and what that is made with would be built from
    # source too.
    command += [*(choice or ("--no-binary", pin.name)), "--require-hashes", "--dest", str(folder)]
    command += ["--requirement", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = sorted([*folder.glob("*.tar.*"), *folder.glob("*.zip"), *folder.glob("*.whl")])
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
        for pin in WHEELS:
            print(wheel(pin))
    except TreeError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
