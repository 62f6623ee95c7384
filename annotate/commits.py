"""Commits, tags and trees of a git repository, for the history of its releases. ``git`` runs the commands."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from . import git
from .errors import GitError
from .files import LARGEST
from .records import NamedTuple

_SHA1 = 40
_PIECE = 1 << 20
_FORMAT = "%(objecttype) %(objectname) %(*objecttype) %(*objectname)"


def tagged(root: Path) -> dict[str, str]:
    """Tag -> id of the commit that it names; tags of other objects, such as a key in a blob, are left out.

    Raises:
        GitError: the tags cannot be read.
    """
    found = {}
    for name, ids in _tags(root, _FORMAT):
        kind, own, target_kind, target = [*ids.decode("ascii").split(" "), "", ""][:4]
        if "commit" in (kind, target_kind):
            found[name] = own if kind == "commit" else target
    return found


def dates(root: Path) -> dict[str, int]:
    """Tag -> when it was made, or its commit if it is a name only, in seconds since 1970 (UTC).

    Raises:
        GitError: the tags cannot be read.
    """
    told = _tags(root, "%(creatordate:unix)")
    return {name: int(seconds) for name, seconds in told if seconds.isdigit()}


def _tags(root: Path, what: str) -> Iterator[tuple[str, bytes]]:
    """Every tag, with what a format of ``git for-each-ref`` says of it."""
    listed = git.output(root, "for-each-ref", f"--format={what}%00%(refname:strip=2)", "refs/tags")
    for line in listed.split(b"\n")[:-1]:
        told, _, name = line.partition(b"\0")
        yield os.fsdecode(name), told


def head(root: Path) -> str | None:
    """The id of the checked-out commit; None before the first one."""
    try:
        return git.resolve_rev(root, "HEAD")
    except GitError:
        return None


def changed(root: Path) -> list[str]:
    """The tracked files below a folder that are not as the checked-out commit has them, sorted.

    Contents are compared here: git would run the filters that the configuration of the tree names. Files with a filter
    are left out, and so are those that only git's index knows to be as they are (submodules, links).

    Raises:
        GitError: there is no commit, or git cannot read it.
    """
    committed = git.tree(root, "HEAD")
    listed = git.output(root, "ls-files", "--stage", "-z").split(b"\0")
    lines = (each.partition(b"\t") for each in listed if each)
    staged = {os.fsdecode(path): head.split(b" ")[:2] for head, _, path in lines}
    plain = {path: blob for path, (mode, blob) in staged.items() if mode in git.REGULAR}
    given = git.attributes(root, sorted(plain), ["filter"])
    filtered = {path for path, each in given.items() if each["filter"] not in ("unspecified", "unset")}
    found = {path for path in committed.keys() | plain.keys() if committed.get(path) != plain.get(path)}
    found.update(path for path, blob in plain.items() if path not in filtered and not _holds(root / path, blob))
    return sorted(found)


def _holds(path: Path, blob: bytes) -> bool:
    """Whether a file has the contents of an object, line ends aside."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            pieces = iter(partial(file.read, _PIECE), b"")
            if size > LARGEST:
                return _named(size, pieces, len(blob)) == blob
            data = b"".join(pieces)
    except OSError:
        return False
    return any(_named(len(each), (each,), len(blob)) == blob for each in {data, data.replace(b"\r\n", b"\n")})


def _named(size: int, pieces: Iterable[bytes], length: int) -> bytes:
    """The id, in so many digits, of an object with contents of some size."""
    made = (hashlib.sha1 if length == _SHA1 else hashlib.sha256)(b"blob %d\0" % size)
    for piece in pieces:
        made.update(piece)
    return made.hexdigest().encode()


class Ancestry:
    """Which of some commits are ancestors of which, and where their branches part.

    All commits are listed once, children first, each with a bit for every one of these that contains it. To ask git for
    each pair takes minutes in a large repository.

    Args:
        root: a folder in the repository.
        wanted: ids of the commits.
        untagged: ids of those that neither a tag nor the checked-out commit leads to.

    Raises:
        GitError: the commits cannot be read.
    """

    def __init__(self, root: Path, wanted: Iterable[str], untagged: Iterable[str] = ()) -> None:
        self._root = root
        self._bits = {commit: 1 << number for number, commit in enumerate(dict.fromkeys(wanted))}
        self._above: dict[str, int] = {}
        #: Commits that two may have in common while no child of them does: bits of each, and of its children.
        self._forking: list[tuple[str, int, frozenset[int]]] = []
        self._forks: dict[tuple[str, str], str | None] = {}
        listed = git.output(root, "rev-list", "--parents", "--topo-order", "--tags", "HEAD", *untagged, "--")
        self._walk(io.BytesIO(listed))

    def _walk(self, lines: Iterable[bytes]) -> None:
        """Read commits with their parents, children first; only those that are still to come are kept."""
        coming: dict[bytes, list[int]] = {}
        own = {commit.encode("ascii"): bit for commit, bit in self._bits.items()}
        for line in lines:
            commit, *parents = line.split()
            children = coming.pop(commit, ())
            bits = own.get(commit, 0)
            for each in children:
                bits |= each
            if bits not in children:
                name = commit.decode("ascii")
                self._above[name] = bits
                self._forking.append((name, bits, frozenset(children)))
            for parent in parents:
                known = coming.setdefault(parent, [])
                if bits not in known:
                    known.append(bits)

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether one of the commits is another one or an ancestor of it."""
        return one == other or bool(self._above.get(one, 0) & self._bits.get(other, 0))

    def fork(self, one: str, other: str) -> str | None:
        """The best common ancestor of two of the commits; None if they have none, or a shallow clone lacks it.

        Of several, which criss-cross merges make, git says which one it takes.
        """
        if (one, other) not in self._forks:
            both = self._bits[one] | self._bits[other]
            best = [
                commit
                for commit, bits, children in self._forking
                if bits & both == both and not any(each & both == both for each in children)
            ]
            self._forks[one, other] = best[0] if len(best) == 1 else self._first(one, other) if best else None
        return self._forks[one, other]

    def _first(self, one: str, other: str) -> str | None:
        try:
            return os.fsdecode(git.output(self._root, "merge-base", one, other).split(b"\n")[0]) or None
        except GitError:
            return None


class Contents:
    """The contents of objects by id; one git process serves them all."""

    def __init__(self, root: Path) -> None:
        self._ids: dict[str, bytes] = {}
        self._read = git.Revision(root, self._ids)

    def read(self, name: str) -> bytes:
        """The contents of an object.

        Args:
            name: its id, or an id with ``^{tree}`` behind it.

        Raises:
            GitError: it is missing, as in a partial clone.
            ReadError: it is too large.
        """
        self._ids.clear()
        self._ids[name] = name.encode("ascii")
        return self._read[name]

    def close(self) -> None:
        """End the git process."""
        self._read.close()


class Trees:
    """The regular files of commits, read from the tree objects; a folder that two commits share is read once.

    Args:
        contents: of the repository.
        prefix: the path of the root in the repository, with ``/`` behind it; empty at the top.
    """

    def __init__(self, contents: Contents, prefix: str = "") -> None:
        self._contents, self._folders = contents, prefix.split("/")[:-1]
        self._parsed: dict[bytes, _Folder] = {}
        self._tops: dict[str, _Folder] = {}
        self._last: tuple[str, _Folder, dict[str, bytes]] = ("", _Folder({}, {}), {})
        self._steps: dict[tuple[str, str], list[tuple[str, bytes | None]]] = {}

    def files(self, commit: str) -> dict[str, bytes]:
        """Path below the root -> object id of the contents; empty where the root does not exist.

        It is made from the one asked for before, of which mostly little changed.

        Raises:
            GitError: it cannot be read, for example because a partial clone lacks it.
        """
        last, before, files = self._last
        if commit == last:
            return files
        steps = self._steps.get((last, commit))
        after = self._top(commit)
        if steps is None:
            steps = self._steps[last, commit] = list(self._changes("", before, after))
        found = files.copy()
        for path, blob in steps:
            if blob is None:
                del found[path]
            else:
                found[path] = blob
        self._last = commit, after, found
        return found

    def _top(self, commit: str) -> _Folder:
        """The folder that is the root."""
        if commit not in self._tops:
            folder = _parse(self._contents.read(f"{commit}^{{tree}}"), len(commit) // 2)
            for name in self._folders:
                inner = folder.folders.get(name)
                folder = _Folder({}, {}) if inner is None else self._folder(inner)
            self._tops[commit] = folder
        return self._tops[commit]

    def _folder(self, tree: bytes) -> _Folder:
        if tree not in self._parsed:
            if len(self._parsed) > _MANY_FOLDERS:
                self._parsed.clear()
            self._parsed[tree] = _parse(self._contents.read(tree.hex()), len(tree))
        return self._parsed[tree]

    def _changes(self, above: str, old: _Folder, new: _Folder) -> Iterator[tuple[str, bytes | None]]:
        """The paths that differ between two versions of a folder, those that are gone first: a folder may follow."""
        yield from ((above + name, None) for name in old.files.keys() - new.files.keys())
        both = [(name, old.folders.get(name), new.folders.get(name)) for name in {**old.folders, **new.folders}]
        nothing = _Folder({}, {})
        for name, one, other in both:
            if one != other:
                before = self._folder(one) if one is not None else nothing
                after = self._folder(other) if other is not None else nothing
                yield from self._changes(f"{above}{name}/", before, after)
        for name, blob in new.files.items():
            if old.files.get(name) != blob:
                yield above + name, blob


#: So many folders are kept; a tree has a few hundred.
_MANY_FOLDERS = 5000


class _Folder(NamedTuple):
    """One tree object: names of folders and regular files -> ids."""

    folders: dict[str, bytes]
    files: dict[str, bytes]


def _parse(data: bytes, size: int) -> _Folder:
    """Read a tree object: mode, space, name, null byte, and an id of ``size`` bytes, again and again."""
    found = _Folder({}, {})
    at = 0
    while at < len(data):
        space, end = data.index(b" ", at), data.index(b"\0", at)
        mode, name, at = data[at:space], data[space + 1 : end], end + 1 + size
        if mode == b"40000":
            found.folders[os.fsdecode(name)] = data[end + 1 : at]
        elif mode in git.REGULAR:
            found.files[os.fsdecode(name)] = data[end + 1 : at]
    return found
