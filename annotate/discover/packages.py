"""Guesses import names of packages whose folder has another name: ``lib/objects.py`` is imported as ``ganeti.objects``.

A name that no folder has is the import name of the package with most of the modules that are imported from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from .shapes import FileShape

_MOSTLY = 0.5
_FEWEST = 2


def packages(files: Mapping[str, FileShape], modules: frozenset[str]) -> dict[str, str]:
    """Import name -> folder.

    Args:
        modules: the names under which they can be imported.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    known = {module.partition(".")[0] for module in modules}
    for file in files.values():
        for module, attribute in file.imports.values():
            top, _, rest = module.partition(".")
            if top and top not in known and (rest or attribute):
                wanted[top].add((rest or attribute).partition(".")[0])
    inside: dict[str, set[str]] = defaultdict(set)
    for path in files:
        folder, _, name = path.rpartition("/")
        if name == "__init__.py":
            outer, _, name = folder.rpartition("/")
            inside[outer].add(name)
        else:
            inside[folder].add(name.removesuffix(".py"))
    found = {}
    for top, names in wanted.items():
        hits = {folder: len(names & inside[folder]) for folder in inside if f"{folder}/__init__.py" in files}
        best = max(hits, key=lambda folder: (hits[folder], -len(folder), folder), default="")
        if best and hits[best] >= max(_FEWEST, _MOSTLY * len(names)):
            found[top] = best
    return found
