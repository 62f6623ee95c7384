"""Guesses import names of packages whose folder has another name: ``lib/objects.py`` is imported as ``ganeti.objects``.

A name that no folder has is the import name of the topmost package with most of the modules that are imported from it.
A package inside another one, one that is imported by the name of its folder, and names of the standard library are left
out, since a library outside the tree may have modules of the same names.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping

from .shapes import FileShape

_MOSTLY = 0.5
_FEWEST = 2


def packages(files: Mapping[str, FileShape], modules: frozenset[str]) -> dict[str, str]:
    """Import name -> folder.

    Args:
        modules: the names under which they can be imported.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for file in files.values():
        for module, attribute in file.imports.values():
            top, _, rest = module.partition(".")
            if top:
                wanted[top].update(filter(None, [(rest or attribute).partition(".")[0]]))
    folders = [folder for folder in _topmost(files) if folder.rpartition("/")[2] not in wanted]
    inside: dict[str, set[str]] = defaultdict(set)
    for path in files:
        folder, _, name = path.rpartition("/")
        if name == "__init__.py":
            outer, _, name = folder.rpartition("/")
            inside[outer].add(name)
        else:
            inside[folder].add(name.removesuffix(".py"))
    found = {}
    known = {*sys.stdlib_module_names, *(module.partition(".")[0] for module in modules)}
    for top, names in wanted.items():
        hits = {folder: len(names & inside[folder]) for folder in folders if top not in known}
        best = max(hits, key=lambda folder: (hits[folder], -len(folder), folder), default="")
        if best and hits[best] >= max(_FEWEST, _MOSTLY * len(names)):
            found[top] = best
    return found


def _topmost(files: Mapping[str, FileShape]) -> Iterator[str]:
    """The folders of packages that are in no other package."""
    for path in files:
        folder, _, name = path.rpartition("/")
        if folder and name == "__init__.py" and f"{folder.rpartition('/')[0]}/__init__.py".lstrip("/") not in files:
            yield folder
