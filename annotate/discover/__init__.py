"""Guesses a first configuration for an unknown tree: interfaces, release scheme, names of tests.

One pass with ``ast`` over Python and a byte scan over C; the readers do the exact work later.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ..files import Folder, matcher
from .candidates import Candidate, candidates, ranked
from .ctree import CTree
from .guess import project
from .needs import with_headers
from .registries import Registries
from .structs import struct_candidates
from .text import chosen, render
from .tree import SourceTree
from .walk import listing

__all__ = ["Candidate", "Discovery", "discover"]


class Discovery(NamedTuple):
    """The result for a tree.

    Attributes:
        text: a commented config file.
        interfaces: the candidates that it declares, likeliest first.
        others: the candidates that it only lists in a comment.
        skipped: path -> why a file could not be read or parsed.
    """

    text: str
    interfaces: list[Candidate]
    others: list[Candidate]
    skipped: dict[str, str]


def discover(root: Path) -> Discovery:
    """Examine the tree below a folder."""
    folder, files = Folder(root), listing(root)
    tree, c_tree = SourceTree(folder, files.python), CTree(folder, files.c)
    found = ranked([*candidates(tree, Registries(tree, folder)), *struct_candidates(c_tree)])
    used = chosen(found)
    others = [each for each in found if each not in used]
    used = with_headers(c_tree, used)
    skipped = {**tree.skipped, **c_tree.skipped}
    tests = [
        each for each in files.tests if not any(map(matcher([each]), (path for one in used for path in one.files)))
    ]
    return Discovery(render(project(root), used, others, tests, tree.packages), used, others, skipped)
