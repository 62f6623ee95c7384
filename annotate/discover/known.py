"""Interfaces that the user names, ``path:NAME``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..config.target import Target
from ..errors import UsageError
from ..nearest import did_you_mean
from .ctree import CTree, StructRef
from .tree import ClassRef, SourceTree


def known_class(tree: SourceTree, target: Target) -> ClassRef:
    """The class that a target names, also by a name that its file imports.

    Raises:
        UsageError: there is none.
    """
    _check_file(target, tree.files, tree.skipped)
    found = tree.resolve(target.path, target.name)
    if found is None:
        raise _missing(target, "no class {!r} at module level", tree.files[target.path].classes)
    return found


def known_struct(tree: CTree, target: Target) -> StructRef:
    """The struct that a target names, by its tag or a typedef.

    Raises:
        UsageError: there is none.
    """
    _check_file(target, tree.files, tree.skipped)
    found = tree.resolve(target.path, target.name)
    if found is None:
        file = tree.files[target.path]
        names = [name for each in file.structs for name in (each.tag, *each.names)]
        raise _missing(target, "no struct {!r}", [*filter(None, names), *file.typedefs])
    return found


def _check_file(target: Target, files: Mapping[str, object], skipped: Mapping[str, str]) -> None:
    if not target.name:
        raise UsageError(f"--at {target.path}: write path:NAME")
    if target.path not in files:
        why = skipped.get(target.path, "there is no such Python or C file below the root")
        tip = did_you_mean(target.path, files)
        raise UsageError(f"--at {target.path}:{target.name}: {why}" + (f"; {tip}" if tip else ""))


def _missing(target: Target, what: str, known: Iterable[str]) -> UsageError:
    tip = did_you_mean(target.name, known)
    return UsageError(f"{target.path} has {what.format(target.name)}" + (f"; {tip}" if tip else ""))
