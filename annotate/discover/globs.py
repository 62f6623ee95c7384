"""Globs that match given files and little else."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable

_TOO_MANY = 6


def covering(paths: Iterable[str]) -> tuple[str, ...]:
    """Globs that match some files: one for several files in a folder, ``*`` for equal names in several folders.

    If these are too many, one for the common folder and each suffix.
    """
    left = sorted(set(paths))
    found = _same_name_in_many_folders(left)
    taken = {path for matched in found.values() for path in matched}
    folders: dict[str, list[str]] = defaultdict(list)
    for path in left:
        if path not in taken:
            folders[os.path.dirname(path)].append(path)
    for folder, inner in folders.items():
        for suffix, alike in _by_suffix(inner).items():
            found[os.path.join(escaped(folder), f"*{suffix}") if len(alike) > 1 else escaped(alike[0])] = alike
    if len(found) <= _TOO_MANY:
        return tuple(sorted(found))
    return tuple(
        os.path.join(escaped(os.path.commonpath([os.path.dirname(path) for path in left])), "**", f"*{suffix}")
        for suffix in sorted(_by_suffix(left))
    )


def _by_suffix(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(os.path.splitext(path)[1], []).append(path)
    return found


def escaped(path: str) -> str:
    """A path as a glob that matches only it."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", path)


def _same_name_in_many_folders(paths: list[str]) -> dict[str, list[str]]:
    """``virt/*/driver.py`` -> the files it matches."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, name = os.path.split(path)
        if folder and name != "__init__.py":
            groups[os.path.join(escaped(os.path.dirname(folder)), "*", escaped(name))].append(path)
    return {glob: inner for glob, inner in groups.items() if len(inner) > 1}
