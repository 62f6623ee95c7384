"""Guesses a first configuration for an unknown tree: interfaces, release scheme, names of tests.

One pass with ``ast`` over Python and a byte scan over C; the readers do the exact work later.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..config.target import Target
from ..files import Folder, matcher
from ..readers import is_c
from ..records import NamedTuple
from .candidates import Candidate, candidates, ranked
from .ctree import CTree
from .guess import project
from .known import known_class, known_struct
from .needs import with_needs
from .presets import covers, fitting
from .registries import Registries
from .structs import struct_candidates
from .text import chosen, render, render_preset
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


def discover(root: Path, at: Iterable[str] = (), preset: str | None = None) -> Discovery:
    """Examine the tree below a folder.

    Args:
        at: known interfaces, ``path:NAME``; the config declares only these, if there are any.
        preset: the name of the preset that the config extends; it declares nothing of its own then.

    Raises:
        UsageError: the tree does not have one of them.
    """
    targets = [Target.parse(each) for each in at]
    folder, files = Folder(root), listing(root, {each.path for each in targets})
    tree, c_tree = SourceTree(folder, files.python), CTree(folder, files.c)
    classes = [known_class(tree, each) for each in targets if not is_c(each.path)]
    structs = [known_struct(c_tree, each) for each in targets if is_c(each.path)]
    found = [*candidates(tree, Registries(tree, folder), classes), *struct_candidates(c_tree, structs)]
    found = ranked(found)
    if preset is not None:
        return _of_preset(preset, found, {**tree.skipped, **c_tree.skipped})
    used = [each for each in found if each.known] if targets else chosen(found)
    others = [each for each in found if each not in used]
    used = with_needs(c_tree, used)
    paths = {path for each in used for path in (each.path, *each.files)}
    tests = [each for each in files.tests if not any(map(matcher([each]), paths))]
    text = render(project(root), used, others, tests, tree.packages, None if targets else fitting(folder))
    return Discovery(text, used, others, {**tree.skipped, **c_tree.skipped})


def _of_preset(preset: str, found: list[Candidate], skipped: dict[str, str]) -> Discovery:
    used = [each for each in found if covers(preset, each.path, each.name)]
    others = [each for each in chosen(found) if each not in used]
    return Discovery(render_preset(preset, others), used, others, skipped)
