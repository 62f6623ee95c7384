"""The files of a tree: a folder on disk, or a mapping from git. Globs find them; links cannot lead out of the tree.

A glob is relative to the root; ``*`` and ``?`` stay within one folder, ``**`` crosses folders, and hidden folders
are skipped. Symbolic links to folders are not followed, which avoids loops; a file behind a link that leads out of the
root is not read.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from string import ascii_letters, digits
from typing import Protocol

from .errors import ReadError
from .patterns import fits, is_glob, regex

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_NOTHING = (None, False)
_PIECE = 1 << 20
#: Sources are smaller, in bytes.
LARGEST = 32_000_000
TOO_LARGE = f"larger than {LARGEST // 1_000_000} MB"
#: A pattern anchored at the root that uses only stars and whose last part is not ``**``.
_SIMPLE = regex(r"/(?:(?:\*\*|\*?[\w.+-]+(?:\*[\w.+-]+)*\*?|\*)/)*(?:\*?[\w.+-]+(?:\*[\w.+-]+)*\*?|\*)")
#: What is neither a wildcard nor an escape in a glob.
_PLAIN = frozenset(f"{ascii_letters}{digits}/._+-")


class Files(Protocol):
    """The files of a tree, by path relative to its root with ``/``."""

    def exists(self, path: str) -> bool:
        """Whether the path is a file."""

    def has_folder(self, path: str) -> bool:
        """Whether the path is a folder."""

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            ReadError: it cannot be read; the message gives the reason without the path.
        """

    def status(self, path: str) -> os.stat_result | None:
        """The file status of a readable file that may change; None for others."""

    def walk(self, folder: str, enter: Callable[[str], bool] | None = None) -> Iterator[str]:
        """The paths of all files below a folder, or of those in the folders that ``enter`` accepts."""

    @property
    def unlisted(self) -> Mapping[str, str]:
        """Folders that exist but could not be listed, with the reason."""


class Folder:
    """A folder on disk.

    Args:
        root: the folder; paths outside it do not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._listed: dict[str, dict[str, tuple[bool, bool]]] = {}
        self._unlisted: dict[str, str] = {}
        self._plain: set[str] = set()
        self._below: dict[str, list[str]] = {}
        self._asked: set[str] = set()

    @property
    def unlisted(self) -> Mapping[str, str]:
        """Folders that exist but could not be listed, with the reason."""
        return self._unlisted

    def exists(self, path: str) -> bool:
        """Whether the path exists and is not a folder."""
        folder, _, name = path.rpartition("/")
        return self._list(folder).get(name, _NOTHING)[0] is False

    def has_folder(self, path: str) -> bool:
        """Whether the path is a folder."""
        folder, _, name = path.rpartition("/")
        return self._list(folder).get(name, _NOTHING)[0] is True

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        self._asked.add(path)
        full = f"{self._root}{os.sep}{path}"
        try:
            if self._may_be_link(path) and not self._is_inside(full):
                raise ReadError("outside the root, or a link that leads out of it")
            return regular(full)
        except OSError as error:
            raise ReadError(error.strerror or str(error)) from None
        except ValueError as error:
            raise ReadError(str(error)) from None

    def status(self, path: str) -> os.stat_result | None:
        """The file status of a regular file inside the root; None for others."""
        self._asked.add(path)
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

    def has_status(self, path: str, state: list[int]) -> bool:
        """Whether a file has the size, modification time (ns), change time (ns) and inode number that it had."""
        try:
            found = os.stat(f"{self._root}{os.sep}{path}")
        except (OSError, ValueError):
            return False
        return state == [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]

    def inputs(self) -> tuple[dict[str, str], dict[str, os.stat_result]] | None:
        """All that was asked so far: the folders as ``listing`` gives them, and the files with their status.

        None if something could not be read, or does not depend on that alone.
        """
        files = {path: self.status(path) for path in sorted(self._asked)}
        known = {path: found for path, found in files.items() if found is not None}
        if self._unlisted or len(known) < len(files):
            return None
        return {folder: self.listing(folder) for folder in self._listed}, known

    def listing(self, folder: str) -> str:
        """The names in a folder, as one text, each with what it is."""
        return "/".join(
            [f"{name}/{is_folder:d}{is_link:d}" for name, (is_folder, is_link) in sorted(self._list(folder).items())]
        )

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
        """Whether a path may lead elsewhere: it or one of its parents is, or may be, a link."""
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


def regular(path: str | Path) -> bytes:
    """All bytes of a regular file, with few system calls: a tree has thousands of files.

    Raises:
        OSError: it cannot be read.
        ReadError: it is not a regular file; a pipe is not waited for.
    """
    handle = os.open(path, _READ)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ReadError("not a regular file")
        if status.st_size > LARGEST:
            raise ReadError(TOO_LARGE)
        data = os.read(handle, status.st_size + 1)
        if len(data) == status.st_size:
            return data
        pieces, size = [data], len(data)
        while pieces[-1] and size <= LARGEST:
            pieces.append(os.read(handle, _PIECE))
            size += len(pieces[-1])
        return b"".join(pieces)
    finally:
        os.close(handle)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder is a folder; a link in a cycle counts as an unreadable file."""
    try:
        return entry.is_dir()
    except OSError:
        return False


class Snapshot:
    """Files given as a mapping from path to bytes, such as a git revision."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(self._contents)

    @cached_property
    def _folders(self) -> set[str]:
        found = set[str]()
        for path in self._contents:
            folder = path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return found

    @property
    def unlisted(self) -> Mapping[str, str]:
        """None: a revision is read as a whole."""
        return {}

    def exists(self, path: str) -> bool:
        """Whether the path is a file."""
        return path in self._contents

    def has_folder(self, path: str) -> bool:
        """Whether the path is a folder."""
        return path in self._folders

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        try:
            return self._contents[path]
        except KeyError:
            raise ReadError("no such file") from None

    def status(self, path: str) -> None:
        """None: a revision does not change."""

    def walk(self, folder: str, enter: Callable[[str], bool] | None = None) -> Iterator[str]:
        """The paths of all files below a folder; hidden ones left out."""
        prefix = f"{folder}/" if folder else ""
        for path in self._paths:
            if path.startswith(prefix) and not any(part.startswith(".") for part in path[len(prefix) :].split("/")):
                yield path


def matching(files: Files, patterns: Iterable[str], exclude: Iterable[str] = ()) -> list[str]:
    """The files that match one of the globs and no exclude pattern, sorted."""
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
    """Whether a path, or one of its parent folders, matches a pattern in the syntax of ``.gitignore``.

    An invalid pattern matches nothing.
    """
    lines = [line for line in patterns if line.strip()]
    if not lines:
        return lambda path: False
    if len(lines) == 1 and (plain := _plain(lines[0])) is not None:
        return plain
    if all(_SIMPLE.fullmatch(line) for line in lines):
        return _matches(lines)
    import pathspec

    try:
        return pathspec.GitIgnoreSpec.from_lines(lines).match_file
    except ValueError:
        parts = [matcher([line]) for line in lines] if len(lines) > 1 else []
        return lambda path: any(part(path) for part in parts)


def _plain(line: str) -> Callable[[str], bool] | None:
    """The same for one star in the last part, with or without ``**/`` before it: most globs, without an expression."""
    folder, _, last = line.rpartition("/")
    start, _, end = last.partition("*")
    is_deep = folder.endswith("/**")
    above = folder.removesuffix("/**")[1:]
    if line[:1] != "/" or not above or "//" in line or last == "*" or "*" not in last:
        return None
    if not _PLAIN.issuperset(above + start + end):
        return None
    above, ending, whole = f"{above}/", f"{end}/", len(start) + len(end)
    skipped = len(above)

    def is_match(part: str) -> bool:
        return part.endswith(end) and part.startswith(start) and len(part) >= whole

    def matches(path: str) -> bool:
        if not path.startswith(above):
            return False
        if start:
            parts = path[skipped:].split("/")
            return any(map(is_match, parts)) if is_deep else is_match(parts[0])
        rest = f"{path[skipped:]}/"
        return ending in (rest if is_deep else rest[: rest.index("/") + 1])

    return matches


def _matches(lines: list[str]) -> Callable[[str], bool]:
    """The same for patterns anchored at the root that use only stars, without loading a library."""
    found = re.compile("|".join(f"(?:{_expression(line)})" for line in lines)).match
    return lambda path: found(path) is not None


def _expression(line: str) -> str:
    parts = line.strip("/").split("/")
    made = ["(?:.*/)?" if part == "**" else re.escape(part).replace(r"\*", "[^/]*") + "/" for part in parts]
    return "".join(made).removesuffix("/") + "(?:/|$)"


def _ending(pattern: str) -> str:
    """The suffix that every match of a glob has: ``.c`` for ``src/**/*.c``."""
    last = pattern.rpartition("/")[2]
    rest = last[1:]
    return rest if last[:1] == "*" and rest and not any(sign in rest for sign in "*?[\\! ") else ""


def _way_to(pattern: str) -> Callable[[str], bool] | None:
    """The patterns of folders that can contain matches of a glob; None if it crosses folders."""
    parts = pattern.removeprefix("./").strip("/").split("/")
    if any("**" in part or "[" in part or "\\" in part for part in parts):
        return None
    return lambda path: _leads(path.split("/"), parts)


def _leads(folders: list[str], parts: list[str]) -> bool:
    """Whether folders match the start of a glob, or all of it, so that everything below them matches."""
    return all(fits(name, part) for name, part in zip(folders, parts, strict=False))


def _fixed_part(pattern: str) -> str:
    """The folders of a glob before the first wildcard."""
    parts = pattern.removeprefix("./").split("/")[:-1]
    return "/".join(takewhile(lambda part: not is_glob(part), parts))


def read(root: Path, path: str) -> bytes:
    """The bytes of one file below a root.

    Raises:
        ReadError: it cannot be read; the message names it.
    """
    try:
        return Folder(root).read(path)
    except ReadError as error:
        raise ReadError(f"{path}: {error}") from None


def checksum(data: bytes) -> int:
    """A cheap checksum of the content of a file."""
    return zlib.crc32(data) ^ len(data) << 32
