"""Annotating a copy of a real tree: what the tests of every tree ask of ``annotate`` and ``check``."""

from __future__ import annotations

import ast
import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit status, and what it printed."""

    status: int
    output: str
    errors: str


def hvsupport(*arguments: str, root: Path, config: Path) -> Outcome:
    """Run the command on a tree, as a user does."""
    command = [sys.executable, "-m", "hvsupport.annotate", arguments[0], "--root", str(root), "--config", str(config)]
    done = subprocess.run([*command, "--no-cache", *arguments[1:]], capture_output=True, text=True, timeout=600)
    return Outcome(done.returncode, done.stdout, done.stderr)


def copy(tree: Path, folder: Path) -> Path:
    """A copy of a tree that may be written to."""
    return Path(shutil.copytree(tree, folder / "tree"))


def digests(tree: Path) -> dict[str, str]:
    """Path -> hash of the content, for every file of a tree."""
    files = (path for path in sorted(tree.rglob("*")) if path.is_file())
    return {str(path.relative_to(tree)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def changed(before: Path, after: Path) -> list[str]:
    """The files that differ between two trees, which must hold the same files."""
    old, new = digests(before), digests(after)
    assert old.keys() == new.keys(), "annotate made or removed files"
    return [path for path in old if old[path] != new[path]]


def check_same_meaning(before: Path, after: Path, paths: list[str]) -> None:
    """Only comments were added: the syntax trees are equal, and lines only grew at their end."""
    for path in paths:
        old, new = (before / path).read_bytes(), (after / path).read_bytes()
        assert ast.dump(ast.parse(old)) == ast.dump(ast.parse(new)), path
        old_lines, new_lines = old.split(b"\n"), new.split(b"\n")
        assert len(old_lines) == len(new_lines), path
        grown = [(a, b) for a, b in zip(old_lines, new_lines, strict=True) if a != b]
        assert grown, path
        assert all(b.startswith(a.rstrip()) and b"  # " in b[len(a.rstrip()) :] for a, b in grown), path
