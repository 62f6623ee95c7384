"""Guesses a first configuration for an unknown tree: interfaces, release scheme, names of tests.

One pass with ``ast``; the readers do the exact work later.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .candidates import Candidate, candidates
from .guess import project
from .text import chosen, render
from .tree import SourceTree

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
    tree = SourceTree(root)
    found = candidates(tree)
    used = chosen(found)
    others = [each for each in found if each not in used]
    return Discovery(render(project(root), found, tree.tests), used, others, tree.skipped)
