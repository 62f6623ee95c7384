"""Git repositories made of source distributions: one commit and one tag for each, with the files that a test asks for.

A clone of Nova or Libcloud is too large for a test, and CI may not reach it; PyPI has their releases. pip prepares the
metadata of what it downloads, and the ``setup.py`` of an old release is Python 2, so a build back end that only copies
the name and version from ``PKG-INFO`` stands in for setuptools and pbr: nothing of an archive is executed.
"""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import trees
from trees import Pin

_BACK_END = """
import os, re, sys

__legacy__ = sys.modules[__name__]

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    with open("PKG-INFO", encoding="utf-8", errors="replace") as file:
        head = file.read()
    name, version = (re.search(rf"(?m)^{field}: (\\S+)", head)[1] for field in ("Name", "Version"))
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    os.mkdir(os.path.join(metadata_directory, folder))
    with open(os.path.join(metadata_directory, folder, "METADATA"), "w", encoding="utf-8") as file:
        file.write(f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    return folder
"""
_AUTHOR = {"NAME": "Releases", "EMAIL": "releases@example.org", "DATE": "2026-01-01T00:00:00Z"}
_AT_ONCE = 4
HERE = Path(__file__).resolve().parent


class Project(NamedTuple):
    """What a repository is made of.

    Attributes:
        name: of its folder in the cache; change it when the pins or the files change.
        pins: the releases, oldest first.
        wanted: whether a file is taken, by its path in the tree.
        config: beside this file: how a maintainer would configure the tool.
        interfaces: those of the configuration whose files are taken.
    """

    name: str
    pins: tuple[Pin, ...]
    wanted: Callable[[PurePosixPath], bool]
    config: str
    interfaces: tuple[str, ...]


def _of_libcloud(path: PurePosixPath) -> bool:
    """Storage and DNS, and what their drivers derive from."""
    if path.suffix != ".py" or path.parts[0] != "libcloud" or path.parts[1] == "test":
        return False
    return path.parts[1] != "compute" or path.parts[2] != "drivers" or path.name in ("__init__.py", "openstack.py")


def _of_nova(path: PurePosixPath) -> bool:
    if path.parts[:2] == ("nova", "virt"):
        return path.name in ("driver.py", "fake.py", "virtapi.py", "__init__.py")
    return path.as_posix() == "nova/__init__.py"


LIBCLOUD = Project(
    "releases-libcloud-1",
    (
        Pin("apache-libcloud", "0.5.0", "797724aa67e3da94e21d54d7a683557e5f7b73524f941da18d3e15be9bc9161c"),
        Pin("apache-libcloud", "0.8.0", "a550efc68177bf917e8ba9ee052c9675058434ea681f82d438894381c0b5f618"),
        Pin("apache-libcloud", "0.11.1", "3f97d61a823df3bfa1d1c26be1cb6b302f5c73a19d7aa7674943f4c9b15d972f"),
        Pin("apache-libcloud", "0.14.1", "6689cc84ec6d75f3ee0f84897b3c4877b0fe92c6f704502182586c3d1765be2c"),
        Pin("apache-libcloud", "1.0.0", "9118a4e64cc169b0bba7eec5d16ce6a7d325e97be643dd9c885f1862a7d51780"),
        Pin("apache-libcloud", "2.0.0", "c72add0e74ca975bc51d9ad9cf3861a25825a76df56132c569b4b3c904f8e1a8"),
        Pin("apache-libcloud", "2.8.0", "3387a10d2f4df8cf9edb3159e07bcd8087b5e06f85de94b661ffea61d827a5c4"),
        Pin("apache-libcloud", "3.3.0", "2e3e4d02f9b3197f9119e737bc704fba52f34459d4bc96d8ad8f183d600747ba"),
        trees.LIBCLOUD,
    ),
    _of_libcloud,
    "libcloud.toml",
    ("storage", "dns"),
)
NOVA = Project(
    "releases-nova-1",
    (
        Pin("nova", "15.1.5", "32af5e4ee02bd1de3080145d9c9f5db25ec0493cc950de04c5ee931c9d4a98f6"),
        Pin("nova", "17.0.7", "dda0308f7b6a13169d8fb7c44bab576ba366bd448fb867624dcde2bcbafd80fc"),
        Pin("nova", "18.0.2", "0fa4ee9a1d20c2c08370eca1da5108848cb7cc281bb4d07c19590e3027e9c993"),
        Pin("nova", "20.0.0", "2b9413a12321364411c06f4081e7a7fbcb9c59710249715771e2ffd01ac48c9a"),
        Pin("nova", "22.0.0", "0aa008613843788709a5e015d48b63ee2ff4342ae52079bf755bab9a860ff8d5"),
        Pin("nova", "25.0.0", "bf9e0fcb6b986811cbce30569903a2a09bac2ddee2ef1f38b4f71f7fbafa520d"),
        Pin("nova", "31.0.0", "4c13bfd6be60ed110c973a8bf94532740ba746bd4d0e1a415e9bf2b6fef5bc24"),
        trees.NOVA,
    ),
    _of_nova,
    "nova.toml",
    ("driver", "flags"),
)


def repository(project: Project) -> Path:
    """Return the repository of a project, made first when it is not in the cache; tests clone it."""
    place = trees.cache() / project.name
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".part-") as work:
            _make(project, Path(work))
            trees._move(Path(work, "repository"), place)
    return place


def clone(project: Project, folder: Path) -> Path:
    """Clone the repository of a project, with its configuration; every release is one that may be compared."""
    git(folder.parent, "clone", "--quiet", "--local", str(repository(project)), str(folder))
    head, *parts = re.split(r"(?m)^(?=\[interfaces\.|# The registered)", (HERE / project.config).read_text("utf-8"))
    wanted = tuple(f"[interfaces.{key}" for key in project.interfaces)
    kept = "".join((re.sub(r"(?m)^release = .*\n", "", head), *(each for each in parts if each.startswith(wanted))))
    (folder / "hvsupport.toml").write_text(kept, encoding="utf-8")
    git(folder, "add", "hvsupport.toml")
    git(folder, "commit", "--quiet", "--message", "Configuration")
    return folder


def _make(project: Project, work: Path) -> None:
    top = work / "repository"
    top.mkdir()
    git(top, "init", "--quiet")
    for package, module in (("setuptools", "build_meta"), ("pbr", "build")):
        folder = work / "back-end" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / f"{module}.py").write_text(_BACK_END, encoding="utf-8")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for pin, files in zip(
            project.pins, pool.map(lambda pin: dict(_files(project, pin, work)), project.pins), strict=True
        ):
            git(top, "rm", "-r", "-q", "--ignore-unmatch", ".")
            for path, data in files.items():
                target = top / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
            git(top, "add", "--all", "--force")
            git(top, "commit", "--quiet", "--allow-empty", "--message", pin.folder)
            git(top, "tag", pin.version)


def _files(project: Project, pin: Pin, work: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The files of a release that are wanted: of its tree if that is in the cache, else of its archive."""
    tree = trees.cache() / pin.folder
    if tree.is_dir():
        for file in tree.rglob("*.py"):
            path = PurePosixPath(file.relative_to(tree).as_posix())
            if project.wanted(path):
                yield path, file.read_bytes()
        return
    folder = work / pin.version
    folder.mkdir()
    choice = ("--no-binary", pin.name, "--no-build-isolation")
    archive = trees.download(pin, folder, choice, {**os.environ, "PYTHONPATH": str(work / "back-end")})
    for name, read in _members(archive):
        path = PurePosixPath(*PurePosixPath(name).parts[1:])
        if path.parts and ".." not in path.parts and project.wanted(path):
            yield path, read()


def _members(archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The regular files of an archive: the name of each, and what reads it."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                if not info.is_dir():
                    yield info.filename, partial(zipped.read, info)
        return
    with tarfile.open(archive) as opened:
        for member in opened:
            if member.isfile() and (file := opened.extractfile(member)) is not None:
                yield member.name, file.read


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder with a fixed author and date and without the user's settings; returns what it printed."""
    who = {f"GIT_{role}_{field}": value for role in ("AUTHOR", "COMMITTER") for field, value in _AUTHOR.items()}
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**kept, **who, **settings}, check=True, capture_output=True, text=True
    )
    return done.stdout
