"""Reading from git: tags, revisions, files and their attributes. No other module runs git.

Git 2.30 or newer runs without a shell, in the folder in question and in the C locale. It never runs a program that the
tree names, and never uses the network: all processes start in ``_start``, which switches that off. Only tags are read
directly from the files of the repository, which is much faster than a process; if the repository stores them in another
format, git is run.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import dotgit
from .errors import GitError, ReadError
from .files import LARGEST, TOO_LARGE
from .patterns import regex

if TYPE_CHECKING:
    import subprocess

# The tree's ``.git/config``, and what it includes, may name programs to run; these settings override it. An empty
# ``core.fsmonitor`` is off both where it is a program and, since git 2.36, where it may be a boolean.
# Git hands over larger files piece by piece, and so need not hold one that is not wanted.
_SETTINGS = ("-c", "core.fsmonitor=", "-c", f"core.hooksPath={os.devnull}", "-c", f"core.bigFileThreshold={LARGEST}")
# A blob that is missing in a partial clone would be fetched by the tree's ``core.sshCommand``, proxy or address.
# Git before 2.39.4 ignores GIT_NO_LAZY_FETCH, but no setting of the tree overrides GIT_ALLOW_PROTOCOL.
_SET = dict.fromkeys(("LC_ALL", "LANGUAGE"), "C") | {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
# Other variables of git name a repository, which may be that of a running hook, or programs.
_KEPT = regex(r"(?!GIT_)|GIT_(CONFIG(_.*)?|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|EXEC_PATH)$")
# Seconds until git is given up; it waits forever if ``.gitignore`` or ``.gitattributes`` is a named pipe.
_PATIENCE = 600
#: Bytes of the list of a tree; that of Linux has 8 million.
_LONGEST = 200_000_000
_NAMES_ONLY = "--format=%(refname:strip=2)"
#: Where the part of a revision begins that leads on from a name; a whole id of a commit.
_RELATIVE, _COMMIT = regex(r"[~^]|@\{|:"), regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: Modes of regular files in a tree.
REGULAR = (b"100644", b"100755", b"100664")


def toplevel(path: Path) -> Path:
    """The top folder of the working tree that contains a folder.

    Raises:
        GitError: it is not in a working tree, or git is not installed.
    """
    return Path(os.fsdecode(_run(path, "rev-parse", "--show-toplevel").removesuffix(b"\n")))


def tags(root: Path) -> tuple[str, ...]:
    """The names of all tags of the repository that a folder belongs to, sorted; none without a repository.

    A folder that is inside a repository but not tracked, such as an unpacked archive, does not belong to it.

    Raises:
        GitError: the tags cannot be read.
    """
    holder = dotgit.holder(root)
    if holder is None:
        return ()
    folder = dotgit.common_folder(holder / ".git")
    if folder is None or (folder / "reftable").exists():
        if not _belongs(root, holder):
            return ()
        listed = _run(root, "for-each-ref", _NAMES_ONLY, "refs/tags")
        return tuple(sorted(os.fsdecode(listed).split("\n")[:-1]))
    try:
        found = {*dotgit.packed_tags(folder), *dotgit.loose_tags(folder)}
    except (OSError, ReadError) as error:
        if not _belongs(root, holder):
            return ()
        why = getattr(error, "strerror", None) or error
        raise GitError(f"the tags of {root} cannot be read: {why}") from error
    # Checked last, because it costs a process and most unpacked trees have no tags around them.
    return tuple(sorted(found)) if found and _belongs(root, holder) else ()


def nearest_tags(root: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Those of some tags that are on the nearest tagged ancestor of the checked-out commit.

    Args:
        names: the tags to consider; at least one.

    Raises:
        GitError: none is an ancestor of the checked-out commit.
    """
    matches = [f"--match={name}" for name in names]
    nearest = _run(root, "describe", "--tags", "--abbrev=0", *matches, "HEAD").removesuffix(b"\n")
    commit = os.fsdecode(nearest) + "^{commit}"
    there = os.fsdecode(_run(root, "for-each-ref", _NAMES_ONLY, f"--points-at={commit}", "refs/tags")).split("\n")
    return tuple(name for name in names if name in there)


def resolve_rev(root: Path, rev: str) -> str:
    """The id of the commit that a revision names.

    Raises:
        GitError: it does not exist; in a shallow clone the message says how to fetch it.
    """
    if not rev or rev.startswith("-") or "\0" in rev:
        raise GitError(f"{rev!r} is not a git revision")
    try:
        return os.fsdecode(_run(root, "rev-parse", "--verify", f"{rev}^{{commit}}").removesuffix(b"\n"))
    except GitError as error:
        if not is_shallow(root):
            unknown = "Needed a single revision" in str(error)
            raise GitError(f"unknown revision {rev!r}" if unknown else f"revision {rev!r}: {error}") from error
        raise GitError(f"revision {rev!r} is not in this shallow clone; {_how_to_fetch(root, rev)}") from error


def _how_to_fetch(root: Path, rev: str) -> str:
    """The command that brings a revision into a shallow clone, which has one branch and few tags."""
    name = _RELATIVE.split(rev, maxsplit=1)[0] or "HEAD"
    if name != rev and _exists(root, name):
        return "fetch the history with 'git fetch --unshallow' (in CI: fetch-depth 0)"
    remotes = os.fsdecode(_run(root, "remote")).split()
    remote, slash, branch = name.partition("/")
    if slash and remote in remotes:
        return f"fetch the branch with 'git fetch {remote} {branch}:refs/remotes/{name}' (in CI: fetch-depth 0)"
    origin = remotes[0] if remotes else "origin"
    if _COMMIT.fullmatch(name):
        return f"fetch it with 'git fetch {origin} {name}', or all history with 'git fetch --unshallow'"
    return (
        f"fetch a tag with 'git fetch {origin} tag {name}', a branch with 'git fetch {origin} {name}:{name}'"
        " (in CI: fetch-depth 0)"
    )


def _exists(root: Path, rev: str) -> bool:
    try:
        _run(root, "rev-parse", "--verify", f"{rev}^{{commit}}")
    except GitError:
        return False
    return True


def read_tree(root: Path, rev: str) -> Revision:
    """The files below a folder at a revision.

    Raises:
        GitError: the revision does not exist.
    """
    return Revision(root, tree(root, resolve_rev(root, rev)))


def files(root: Path, below: Sequence[str] = ()) -> list[str]:
    """The tracked files below a folder and the untracked ones that git does not ignore, sorted.

    A submodule or nested repository is one path; that of a nested repository ends with ``/``.

    Args:
        root: a folder of the working tree; paths are relative to it.
        below: folders to search; if empty, all.

    Raises:
        GitError: it is not a folder of a working tree, or git is not installed.
    """
    paths = [f":(literal){one}" for one in below]
    listed = _run(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
    return sorted(set(os.fsdecode(listed).split("\0")[:-1]))


def attributes(root: Path, paths: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The attributes from ``.gitattributes``: path -> attribute -> ``set``, ``unset``, ``unspecified`` or a value.

    Args:
        paths: relative to it.

    Raises:
        GitError: it is not a folder of a working tree, or git is not installed.
    """
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    said = _run(root, "check-attr", "-z", "--stdin", *names, given=given)
    found: dict[str, dict[str, str]] = {}
    fields = os.fsdecode(said).split("\0")
    for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        found.setdefault(path, {})[name] = value
    return found


def has_repository(root: Path) -> bool:
    """Whether a folder is in a repository, found out without running git."""
    return dotgit.holder(root) is not None


def remote(root: Path) -> str | None:
    """The address of the remote ``origin`` of the repository that a folder belongs to, as its configuration has it.

    Raises:
        GitError: the repository cannot be read.
    """
    holder = dotgit.holder(root)
    if holder is None or not _belongs(root, holder):
        return None
    listed = _run(root, "config", "--local", "--null", "--list").split(b"\0")
    found = [os.fsdecode(line.partition(b"\n")[2]) for line in listed if line.startswith(b"remote.origin.url\n")]
    return found[0] if found else None


def folder_in_repository(root: Path) -> str:
    """The path of a folder in the repository that it lies in, with ``/`` behind it; empty at the top and outside."""
    holder = dotgit.holder(root)
    inner = "." if holder is None else os.path.relpath(os.path.realpath(root), os.path.realpath(holder))
    return "" if inner == "." else f"{Path(inner).as_posix()}/"


class Revision(Mapping[str, bytes]):
    """Path -> bytes of every regular file at a revision; contents are read on demand.

    Paths are relative to the folder and use ``/``. Links and submodules are left out. One git process serves all files;
    it ends with ``close``, or when the mapping is deleted.
    """

    def __init__(self, root: Path, blobs: Mapping[str, bytes]) -> None:
        self._root, self._blobs = root, blobs
        self._process: subprocess.Popen[bytes] | None = None

    def __len__(self) -> int:
        return len(self._blobs)

    def __iter__(self) -> Iterator[str]:
        return iter(self._blobs)

    def __contains__(self, path: object) -> bool:
        return path in self._blobs

    def __getitem__(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            KeyError: the file does not exist.
            GitError: git cannot read its contents.
            ReadError: it is too large.
        """
        blob = self._blobs[path]
        try:
            return self._ask(blob)
        except (OSError, ValueError) as error:
            self.close()
            raise GitError(f"{path}: git could not read its contents ({blob.decode('ascii', 'replace')})") from error

    def _ask(self, blob: bytes) -> bytes:
        """Ask ``git cat-file --batch`` for one blob: a header with the size, the bytes, a newline."""
        if self._process is None:
            self._process = _start(self._root, "cat-file", "--batch")
        give, take = self._process.stdin, self._process.stdout
        assert give is not None and take is not None, "both are pipes"
        give.write(blob + b"\n")
        give.flush()
        header = take.readline().split()
        if len(header) != 3:
            raise ValueError("no such object")
        size = int(header[2])
        if size > LARGEST:
            self._process.kill()  # it is about to write all of it
            self.close()
            raise ReadError(TOO_LARGE)
        data = take.read(size)
        if len(data) != size or take.read(1) != b"\n":
            raise ValueError("git ended early")
        return data

    def close(self) -> None:
        """End the git process; a later look-up starts another."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.communicate()

    def __enter__(self) -> Revision:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def tree(root: Path, commit: str) -> dict[str, bytes]:
    """Path -> object id of every regular file of a commit below a folder.

    Raises:
        GitError: git cannot list them; or there are too many, as a few objects can stand for any number of files.
    """
    from threading import Timer

    listed, arguments = bytearray(), ("ls-tree", "-r", "-z", commit)
    with _start(root, *arguments) as process:
        assert process.stdout is not None
        patience = Timer(_PATIENCE, process.kill)
        patience.start()
        try:
            while piece := process.stdout.read(1 << 20):
                listed += piece
                if len(listed) > _LONGEST:
                    process.kill()
                    raise GitError(f"git ls-tree: {commit} lists more than {_LONGEST // 1_000_000} MB of files")
        finally:
            patience.cancel()
    # What went wrong is said by the same command, with someone to listen.
    lines = bytes(listed) if process.returncode == 0 else _run(root, *arguments)
    parts = (line.partition(b"\t") for line in lines.split(b"\0"))
    heads = ((head.split(b" "), path) for head, tab, path in parts if tab)
    return {os.fsdecode(path): head[2] for head, path in heads if head[0] in REGULAR}


def is_shallow(root: Path) -> bool:
    """Whether a folder lies in a shallow clone, which may lack tags; found out without running git."""
    holder = dotgit.holder(root)
    folder = dotgit.common_folder(holder / ".git") if holder is not None else None
    return folder is not None and (folder / "shallow").is_file()


def _belongs(root: Path, holder: Path) -> bool:
    """Whether a repository tracks a folder and does not just surround it."""
    if holder == root.resolve():
        return True
    try:
        _run(root, "ls-files", "-z", "--error-unmatch", "--", ".")
    except GitError:
        return False
    return True


# -- the process


def _environment(root: Path) -> dict[str, str]:
    """The environment of git; ``core.worktree`` must not lead out of the tree, so its top is given."""
    kept = {name: value for name, value in os.environ.items() if _KEPT.match(name)}
    holder = dotgit.holder(root)
    return {**kept, **_SET, **({} if holder is None else {"GIT_WORK_TREE": str(holder)})}


def _start(root: Path, *arguments: str, listen: bool = False) -> subprocess.Popen[bytes]:
    """Start git in a folder, with pipes for input and output; with ``listen`` also for standard error.

    Raises:
        GitError: git is not installed, or the folder does not exist.
    """
    # Imported here, because most runs need no process.
    from subprocess import DEVNULL, PIPE, Popen

    command = ["git", "--no-pager", *_SETTINGS, *arguments]
    try:
        return Popen(
            command, cwd=root, env=_environment(root), stdin=PIPE, stdout=PIPE, stderr=PIPE if listen else DEVNULL
        )
    except FileNotFoundError as error:
        what = "git is not installed" if root.is_dir() else f"folder {root} does not exist"
        raise GitError(what) from error
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from error


def output(root: Path, *arguments: str) -> bytes:
    """The output of a git command that only reads; for ``commits``.

    Raises:
        GitError: it failed.
    """
    return _run(root, *arguments)


def _run(root: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """The output of git.

    Raises:
        GitError: it failed, with the message of its standard error; or it did not end in time.
    """
    from subprocess import TimeoutExpired

    with _start(root, *arguments, listen=True) as process:
        try:
            out, said = process.communicate(given, timeout=_PATIENCE)
        except TimeoutExpired as error:
            process.kill()
            raise GitError(f"git {arguments[0]}: no answer after {_PATIENCE} seconds") from error
    if process.returncode == 0:
        return out
    text = " ".join(said.decode("utf-8", "replace").split())
    raise GitError(f"git {arguments[0]}: {text or f'exit status {process.returncode}'}")
