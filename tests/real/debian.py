"""The pinned source packages of Debian that the tests of this folder read.

``python tests/real/debian.py`` fetches them all and prints where they are. The upstream archives come through
``apt-get source --download-only`` with a source entry, package lists and caches in a folder of their own: nothing that
belongs to the system is read, changed or needed but apt itself and Debian's keyring. Which mirror serves them is what
apt is configured for (its proxy settings apply); the SHA-256 of each archive is pinned here.

The trees lie beside those of ``trees.py``, complete or not at all. Debian's own changes are not applied: these are the
files as upstream released them.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import trees

SUITE = "bookworm"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SOURCES = Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list")
_MIRROR = re.compile(r"^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(\S+/debian)/?(?:\s|$)", re.MULTILINE)


@dataclass(frozen=True)
class Package:
    """One source package.

    Attributes:
        name: of the package.
        archive: of upstream's release.
        folder: in that archive.
        sha256: of the archive.
        suite: of Debian that has it.
    """

    name: str
    archive: str
    folder: str
    sha256: str
    suite: str = SUITE


LIBVIRT = Package(
    "libvirt",
    "libvirt_9.0.0.orig.tar.xz",
    "libvirt-9.0.0",
    "deca5cff1b7baac297bca9663907c61f71a47183371dc7ac019c107806d5435a",
)
#: An older and a newer release, for what the preset says of many of them.
LIBVIRT_7 = Package(
    "libvirt",
    "libvirt_7.0.0.orig.tar.xz",
    "libvirt-7.0.0",
    "ca3833844d08c22867f1d1a46edc36bda7d6fe1a4f267e7d77100b79fc9ddd89",
    "bullseye",
)
LIBVIRT_11 = Package(
    "libvirt",
    "libvirt_11.3.0.orig.tar.xz",
    "libvirt-11.3.0",
    "6bcb0c42c4580436fea262ced56f68a6afe20f7390b1bea2116718cc034a0283",
    "trixie",
)
LIBSRTP = Package(
    "libsrtp2",
    "libsrtp2_2.5.0.orig.tar.gz",
    "libsrtp-2.5.0",
    "8a43ef8e9ae2b665292591af62aa1a4ae41e468b6d98d8258f91478735da4e09",
)
GPSD = Package(
    "gpsd",
    "gpsd_3.22.orig.tar.xz",
    "gpsd-3.22",
    "68d2a04e237a02ce42158ceda462a24afe11eeaa2b13482e94ac7ef66693f3a0",
)
#: The trees whose tables a compiler judged, by the name that ``oracle_objects.py`` gives them.
JUDGED = {
    "nginx": Package(
        "nginx",
        "nginx_1.22.1.orig.tar.gz",
        "nginx-1.22.1",
        "9ebb333a9e82b952acd3e2b4aeb1d4ff6406f72491bab6cd9fe69f0dea737f31",
    ),
    "sqlite": Package(
        "sqlite3",
        "sqlite3_3.40.1.orig.tar.xz",
        "sqlite3-3.40.1",
        "aaa776260ab4dc976db34aa7891819484c8676b5b2783123ebc6301e2ca5d655",
    ),
    "curl": Package(
        "curl",
        "curl_7.88.1.orig.tar.gz",
        "curl-7.88.1",
        "cdb38b72e36bc5d33d5b8810f8018ece1baa29a8f215b4495e495ded82bbf3c7",
    ),
    "git": Package(
        "git",
        "git_2.39.5.orig.tar.xz",
        "git-2.39.5",
        "c58da92c378df4a986ca33266897a7397e86c22ee266a284d8c2432c39066b59",
    ),
}
PACKAGES = (LIBVIRT, LIBVIRT_7, LIBVIRT_11, LIBSRTP, GPSD, *JUDGED.values())


def tree(package: Package) -> Path:
    """Return the unpacked tree of a package, fetched first when it is not in the cache.

    Raises:
        TreeError: it cannot be fetched, or is not what is pinned.
    """
    place: Path = trees.cache() / package.folder
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".part-") as work:
            trees._move(_unpack(_download(package, Path(work)), package, Path(work)), place)
    return place


def libvirt() -> Path:
    """Return the tree of libvirt 9.0.0."""
    return tree(LIBVIRT)


def mirror() -> str:
    """The mirror that the system uses, from its own list of sources."""
    for path in _SOURCES:
        found = _MIRROR.search(path.read_text("utf-8")) if path.is_file() else None
        if found is not None:
            return found[1]
    raise trees.TreeError("no mirror of Debian is configured; these trees come from one")


def _download(package: Package, work: Path) -> Path:
    """Fetch the archive of a package with apt, all of whose folders lie below ``work``."""
    for folder in ("lists/partial", "archives/partial", "state", "into"):
        (work / folder).mkdir(parents=True)
    entry = work / "sources.list"
    entry.write_text(f"deb-src [signed-by={KEYRING}] {mirror()} {package.suite} main\n", encoding="ascii")
    options = {
        "Dir::Etc::sourcelist": entry,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State": work / "state",
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work,
        "APT::Sandbox::User": "root",
    }
    command = ["apt-get", "-q", *(part for key, value in options.items() for part in ("-o", f"{key}={value}"))]
    _run([*command, "update"], work)
    _run([*command, "source", "--download-only", "--tar-only", package.name], work / "into")
    archive = work / "into" / package.archive
    if not archive.is_file():
        there = ", ".join(sorted(path.name for path in (work / "into").iterdir()))
        raise trees.TreeError(f"{package.archive} is pinned, and {package.suite} has {there}")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != package.sha256:
        raise trees.TreeError(f"{archive.name}: SHA-256 is {digest}, pinned is {package.sha256}")
    return archive


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise trees.TreeError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        raise trees.TreeError(f"{' '.join(command[-3:])} failed:\n{done.stdout}{done.stderr}")


def _unpack(archive: Path, package: Package, work: Path) -> Path:
    target = work / "tree"
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(target, filter="data")
        else:
            tar.extractall(target, members=[trees._guarded(member) for member in tar])
    top = target / package.folder
    if not top.is_dir():
        raise trees.TreeError(f"{archive.name} holds no folder {package.folder}")
    return top


def main() -> int:
    """Fetch all the trees and print where they are."""
    try:
        for package in PACKAGES:
            print(tree(package))
    except trees.TreeError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
