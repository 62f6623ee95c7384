"""Commits, tags and trees of a git repository, for the history of its releases. ``git`` runs the commands."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import git
from .errors import GitError
from .records import NamedTuple

_FORMAT = "%(objecttype) %(objectname) %(*objecttype) %(*objectname)%00%(refname:strip=2)"


class Tree(NamedTuple):
    """A commit and the regular files below the root in it: path -> object id of the contents."""

    commit: str
    files: Mapping[str, bytes]


def tagged(root: Path) -> dict[str, str]:
    """Tag -> id of the commit that it names; tags of other objects, such as a key in a blob, are left out.

    Raises:
        GitError: the tags cannot be read.
    """
    found = {}
    for line in git.output(root, "for-each-ref", f"--format={_FORMAT}", "refs/tags").split(b"\n"):
        ids, _, name = line.partition(b"\0")
        kind, own, target_kind, target = [*ids.decode("ascii").split(" "), "", ""][:4] if name else ("",) * 4
        if "commit" in (kind, target_kind):
            found[os.fsdecode(name)] = own if kind == "commit" else target
    return found


def head(root: Path) -> str | None:
    """The id of the checked-out commit; None before the first one."""
    try:
        return git.resolve_rev(root, "HEAD")
    except GitError:
        return None


def tree(root: Path, commit: str) -> Tree:
    """The files below a folder in a commit.

    Raises:
        GitError: it cannot be read, for example because a partial clone lacks it.
    """
    return Tree(commit, dict(git.blobs(git.output(root, "ls-tree", "-r", "-z", commit))))


class Ancestry:
    """Which tagged commits, and the checked-out one, are ancestors of which.

    Raises:
        GitError: the commits cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        listed = git.output(root, "rev-list", "--parents", "--simplify-by-decoration", "--tags", "HEAD", "--")
        lines = (line.split() for line in listed.decode("ascii").split("\n") if line)
        self._parents = {commit: parents for commit, *parents in lines}
        self._above: dict[str, frozenset[str]] = {}

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether a commit is another one or an ancestor of it."""
        if other not in self._above:
            self._above[other] = frozenset(self._up(other))
        return one in self._above[other]

    def _up(self, commit: str) -> Iterator[str]:
        seen, left = {commit}, [commit]
        while left:
            yield (one := left.pop())
            new = [parent for parent in self._parents.get(one, ()) if parent not in seen]
            seen.update(new)
            left += new

    def fork(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits; None if they have none, or it is missing in a shallow clone."""
        try:
            return os.fsdecode(git.output(self._root, "merge-base", one, other).split(b"\n")[0]) or None
        except GitError:
            return None


class Contents:
    """The contents of objects by id; one git process serves them all."""

    def __init__(self, root: Path) -> None:
        self._ids: dict[str, bytes] = {}
        self._read = git.Revision(root, self._ids)

    def read(self, blob: bytes) -> bytes:
        """The contents of an object.

        Raises:
            GitError: it is missing, as in a partial clone.
        """
        name = blob.decode("ascii")
        self._ids[name] = blob
        return self._read[name]

    def close(self) -> None:
        """End the git process."""
        self._read.close()
