"""What an unknown tree seems to hold: candidates for interfaces, how releases are written, what tests are called.

A guess for a first configuration, made in one look with ``ast``; the readers proper take over from there.
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
    """What one look at a tree found.

    Attributes:
        text: a commented config file.
        interfaces: the candidates that it declares, the likeliest first.
        others: the candidates that it only mentions.
        skipped: path -> why a file could not be read or parsed.
    """

    text: str
    interfaces: list[Candidate]
    others: list[Candidate]
    skipped: dict[str, str]


def discover(root: Path) -> Discovery:
    """Look at the tree below a folder."""
    tree = SourceTree(root)
    found = candidates(tree)
    used = chosen(found)
    others = [each for each in found if each not in used]
    return Discovery(render(project(root), found, tree.tests), used, others, tree.skipped)
