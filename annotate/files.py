"""The files of a tree: a folder on disk, or a mapping from git; found by globs, never left by a link.

A glob is relative to the root; ``*`` and ``?`` stay within one folder, ``**`` crosses folders, and hidden names
are not entered. Folders behind symbolic links are not entered, so that loops end; a file behind a link that
leads out of the root is not read.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path
from typing import Protocol

from .errors import ReadError

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_NOTHING = (None, False)
_PIECE = 1 << 20
#: A pattern that begins at the root, whose last part is no ``**``, and that has no other signs than stars.
_SIMPLE = re.compile(r"/(?:(?:\*\*|\*?[\w.+-]+(?:\*[\w.+-]+)*\*?|\*)/)*(?:\*?[\w.+-]+(?:\*[\w.+-]+)*\*?|\*)")


class Files(Protocol):
    """The files of a tree, by path relative to its root with ``/``."""

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            ReadError: it cannot be read; the message says why, without the path.
        """

    def status(self, path: str) -> os.stat_result | None:
        """What the system says of a file that may be read and may change; None of any other."""

    def walk(self, folder: str, enter: Callable[[str], bool] | None = None) -> Iterator[str]:
        """The paths of all files below a folder, or of those in the folders that ``enter`` lets in."""

    @property
    def unlisted(self) -> Mapping[str, str]:
        """Folders that are there and could not be looked into, with the reason."""


class Folder:
    """A folder on disk.

    Args:
        root: the folder; paths that lead out of it do not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._listed: dict[str, dict[str, tuple[bool, bool]]] = {}
        self._unlisted: dict[str, str] = {}
        self._plain: set[str] = set()
        self._below: dict[str, list[str]] = {}

    @property
    def unlisted(self) -> Mapping[str, str]:
        """Folders that are there and could not be looked into, with the reason."""
        return self._unlisted

    def exists(self, path: str) -> bool:
        """Whether there is something of that path that is no folder."""
        folder, _, name = path.rpartition("/")
        return self._list(folder).get(name, _NOTHING)[0] is False

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""
        folder, _, name = path.rpartition("/")
        return self._list(folder).get(name, _NOTHING)[0] is True

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        full = f"{self._root}{os.sep}{path}"
        try:
            if self._may_be_link(path) and not self._is_inside(full):
                raise ReadError("it lies outside the root, or is a link that leads out of it")
            return _bytes(full)
        except OSError as error:
            raise ReadError(error.strerror or str(error)) from None
        except ValueError as error:
            raise ReadError(str(error)) from None

    def status(self, path: str) -> os.stat_result | None:
        """What the system says of a regular file inside the root; None of any other."""
        full = f"{self._root}{os.sep}{path}"
        try:
            if self._may_be_link(path) and not self._is_inside(full):
                return None
            found = os.stat(full)
        except (OSError, ValueError):
            return None
        return found if stat.S_ISREG(found.st_mode) else None

    def walk(self, folder: str, enter: Callable[[str], bool] | None = None) -> Iterator[str]:
        """The paths of all files below a folder; hidden ones and links to folders left out."""
        if enter is not None:
            return self._walk(folder, enter)
        if folder not in self._below:
            self._below[folder] = list(self._walk(folder, None))
        return iter(self._below[folder])

    def _walk(self, folder: str, enter: Callable[[str], bool] | None) -> Iterator[str]:
        for name, (is_folder, is_link) in sorted(self._list(folder).items()):
            path = f"{folder}/{name}" if folder else name
            if name.startswith("."):
                continue
            if not is_folder:
                yield path
            elif not is_link and (enter is None or enter(path)):
                yield from self.walk(path, enter)

    def _may_be_link(self, path: str) -> bool:
        """Whether a path may lead elsewhere: it, or a folder on its way, is a link, or is not known to be none."""
        if path in self._plain:
            return False
        folder, _, name = path.rpartition("/")
        if name in ("", ".", "..") or self._list(folder).get(name, (False, True))[1]:
            return True
        if folder and self._may_be_link(folder):
            return True
        if folder:
            self._plain.add(folder)
        return False

    def _is_inside(self, full: str) -> bool:
        return os.path.realpath(full).startswith(self._root.rstrip(os.sep) + os.sep)

    def _list(self, folder: str) -> dict[str, tuple[bool, bool]]:
        """Name -> whether it is a folder, and a link, for everything in a folder.

        Listing once is cheaper than many look-ups.
        """
        if folder not in self._listed:
            parts = folder.split("/")
            if ".." in parts or folder.startswith("/"):
                return {}
            self._listed[folder] = {}
            try:
                with os.scandir(os.path.join(self._root, folder)) as entries:
                    self._listed[folder] = {entry.name: (_is_folder(entry), entry.is_symlink()) for entry in entries}
            except (FileNotFoundError, NotADirectoryError, ValueError):
                pass
            except OSError as error:
                self._unlisted[folder] = error.strerror or str(error)
        return self._listed[folder]


def _bytes(path: str) -> bytes:
    """All bytes of a regular file, with as few calls of the system as it takes: a tree has thousands of them."""
    handle = os.open(path, _READ)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ReadError("it is no regular file")
        data = os.read(handle, status.st_size + 1)
        if len(data) == status.st_size:
            return data
        pieces = [data]
        while pieces[-1]:
            pieces.append(os.read(handle, _PIECE))
        return b"".join(pieces)
    finally:
        os.close(handle)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder is one too; a link that leads in a circle is a file that cannot be read."""
    try:
        return entry.is_dir()
    except OSError:
        return False


class Snapshot:
    """Files given as a mapping from path to bytes, as a revision of git has them."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents
        self._paths = sorted(contents)
        self._folders = {path[:index] for path in self._paths for index, sign in enumerate(path) if sign == "/"}

    @property
    def unlisted(self) -> Mapping[str, str]:
        """No folder: a revision is read as a whole."""
        return {}

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""
        return path in self._contents

    def has_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""
        return path in self._folders

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        try:
            return self._contents[path]
        except KeyError:
            raise ReadError("there is no such file") from None

    def status(self, path: str) -> None:
        """Nothing: what a revision holds does not change."""

    def walk(self, folder: str, enter: Callable[[str], bool] | None = None) -> Iterator[str]:
        """The paths of all files below a folder; hidden ones left out."""
        prefix = f"{folder}/" if folder else ""
        for path in self._paths:
            if path.startswith(prefix) and not any(part.startswith(".") for part in path[len(prefix) :].split("/")):
                yield path


def matching(files: Files, patterns: Iterable[str], exclude: Iterable[str] = ()) -> list[str]:
    """The files that match one of the globs and none of the excluding ones, sorted."""
    found: set[str] = set()
    for pattern in patterns:
        if is_glob(pattern):
            wanted = matcher([f"/{pattern.removeprefix('./')}"])
            ending = _ending(pattern)
            paths = files.walk(_fixed_part(pattern), _way_to(pattern))
            found.update(path for path in paths if (not ending or ending in path) and wanted(path))
        elif files.exists(pattern.removeprefix("./")):
            found.add(pattern.removeprefix("./"))
    unwanted = matcher(exclude)
    return sorted(path for path in found if not unwanted(path))


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path, or a folder it lies in, matches one of some patterns written as in ``.gitignore``.

    A pattern that cannot be understood matches nothing.
    """
    lines = [line for line in patterns if line.strip()]
    if not lines:
        return lambda path: False
    if all(_SIMPLE.fullmatch(line) for line in lines):
        return _matches(lines)
    import pathspec

    try:
        return pathspec.GitIgnoreSpec.from_lines(lines).match_file
    except ValueError:
        parts = [matcher([line]) for line in lines] if len(lines) > 1 else []
        return lambda path: any(part(path) for part in parts)


def _matches(lines: list[str]) -> Callable[[str], bool]:
    """The same for patterns that begin at the root and hold no more than stars: loading a library costs more."""
    found = re.compile("|".join(f"(?:{_expression(line)})" for line in lines)).match
    return lambda path: found(path) is not None


def _expression(line: str) -> str:
    parts = line.strip("/").split("/")
    made = ["(?:.*/)?" if part == "**" else re.escape(part).replace(r"\*", "[^/]*") + "/" for part in parts]
    return "".join(made).removesuffix("/") + "(?:/|$)"


def is_glob(pattern: str) -> bool:
    """Whether a pattern is more than a path."""
    return any(sign in pattern for sign in "*?[")


def _ending(pattern: str) -> str:
    """What a path must hold to match a glob: the suffix in its last part, ``.c`` in ``src/**/*.c``."""
    last = pattern.rpartition("/")[2]
    rest = last[1:]
    return rest if last[:1] == "*" and rest and not any(sign in rest for sign in "*?[\\! ") else ""


def _way_to(pattern: str) -> Callable[[str], bool] | None:
    """Which folders can hold what a glob matches; None where it crosses folders."""
    parts = pattern.removeprefix("./").strip("/").split("/")
    if any("**" in part or "[" in part or "\\" in part for part in parts):
        return None
    return lambda path: _leads(path.split("/"), parts)


def _leads(folders: list[str], parts: list[str]) -> bool:
    """Whether folders match the beginning of a glob, or all of it, so that everything below them matches."""
    return all(fnmatchcase(name, part) for name, part in zip(folders, parts, strict=False))


def _fixed_part(pattern: str) -> str:
    """The folders of a glob before the first that is more than a name."""
    parts = pattern.removeprefix("./").split("/")[:-1]
    return "/".join(takewhile(lambda part: not is_glob(part), parts))


def read(root: Path, path: str) -> bytes:
    """The bytes of one file below a root.

    Raises:
        ReadError: it cannot be read; the message says which.
    """
    try:
        return Folder(root).read(path)
    except ReadError as error:
        raise ReadError(f"{path}: {error}") from None


def checksum(data: bytes) -> int:
    """What tells one content of a file from another, cheaply."""
    return zlib.crc32(data) ^ len(data) << 32
