"""Source packages of Debian, fetched with apt from where this machine's own apt fetches, without touching its state.

``python tests/real/debian.py`` fetches libvirt and prints where it is. Everything apt keeps lies in a folder of its own
below the cache; the entry for sources is made from the machine's entry for packages.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import trees


class NoSource(Exception):
    """There is no apt here, no Debian behind it, or it has no such package."""


def libvirt() -> Path:
    """The source tree of libvirt 9.0.0, as upstream released it."""
    return source("libvirt", "9.0.0")


def source(package: str, version: str) -> Path:
    """The unpacked upstream source of a package, fetched first when it is not in the cache."""
    place = trees.cache() / f"debian-{package}-{version}"
    if not place.is_dir():
        if shutil.which("apt-get") is None:
            raise NoSource("there is no apt-get")
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".part-") as folder:
            archive = _download(Path(folder), package, version)
            target = Path(folder) / "tree"
            target.mkdir()
            _run("tar", "--extract", "--no-same-owner", "--strip-components=1", "--file", str(archive), cwd=target)
            target.rename(place)
    return place


def _download(folder: Path, package: str, version: str) -> Path:
    state = [folder / name for name in ("state/lists/partial", "cache/archives/partial", "etc", "out")]
    for each in state:
        each.mkdir(parents=True)
    (folder / "state/status").touch()
    (folder / "etc/own.list").write_text("".join(f"{line}\n" for line in _entries()))
    options = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": str(folder / "etc"),
        "Dir::State": str(folder / "state"),
        "Dir::State::status": str(folder / "state/status"),
        "Dir::Cache": str(folder / "cache"),
    }
    given = [f"-o{name}={value}" for name, value in options.items()]
    _run("apt-get", "-qq", *given, "update", cwd=folder)
    _run("apt-get", "-qq", *given, "source", "--download-only", package, cwd=folder / "out")
    found = sorted((folder / "out").glob(f"{package}_{version}.orig.tar.*"))
    archives = [path for path in found if not path.name.endswith(".asc")]
    if not archives:
        raise NoSource(f"apt has no {package} {version}")
    return archives[0]


def _entries() -> list[str]:
    """``deb-src`` lines for the suites that packages come from."""
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(SIGNED_BY)"
    said = _run("apt-get", "indextargets", "--format", form, "Created-By: Packages", cwd=Path("/"))
    entries = []
    for line in sorted(set(said.splitlines())):
        uri, suite, component, *key = line.split()
        if component == "main" and re.search(r"/debian/?$", uri):
            signed = f"[signed-by={key[0]}] " if key and key[0].startswith("/") else ""
            entries.append(f"deb-src {signed}{uri} {suite} {component}")
    if not entries:
        raise NoSource("apt fetches no packages of Debian here")
    return entries


def _run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoSource(f"{' '.join(command[:2])} failed: {done.stderr.strip()[:500]}")
    return done.stdout


if __name__ == "__main__":
    print(libvirt())
