"""The files of a repository that tell where it is and which tags it has, read without running git."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .errors import ReadError
from .files import regular


def holder(root: Path) -> Path | None:
    """The nearest folder upwards that contains ``.git``."""
    full = root.resolve()
    return next((folder for folder in (full, *full.parents) if (folder / ".git").exists()), None)


def common_folder(dot_git: Path) -> Path | None:
    """The folder that holds the tags: ``.git``, or in worktrees and submodules its target; None if unsure."""
    try:
        if dot_git.is_file():
            word, _, target = os.fsdecode(regular(dot_git)).rstrip("\n").partition(": ")
            if word != "gitdir":
                return None
            dot_git = dot_git.parent / target
        common = dot_git / "commondir"
        if common.is_file():
            dot_git = dot_git / os.fsdecode(regular(common)).rstrip("\n")
        return dot_git if (dot_git / "HEAD").is_file() else None
    except (OSError, ReadError):
        return None


def packed_tags(folder: Path) -> Iterator[str]:
    """The names of the tags that one file lists.

    Raises:
        OSError, ReadError: it cannot be read.
    """
    prefix, packed = "refs/tags/", folder / "packed-refs"
    for line in os.fsdecode(regular(packed) if packed.is_file() else b"").split("\n"):
        name = line.partition(" ")[2]
        if name.startswith(prefix) and not line.startswith("#"):
            yield name.removeprefix(prefix)


def loose_tags(folder: Path) -> Iterator[str]:
    """The names of the tags that have a file each."""
    top = folder / "refs" / "tags"
    for where, _, names in os.walk(top):
        below = Path(where).relative_to(top)
        yield from ((below / name).as_posix() for name in names if not name.endswith(".lock"))
