"""What reads history shares: the releases of git, and saying what was read."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from .. import git
from ..catalogue import Catalogue
from ..config.value import Config
from ..history import tags
from ..history.claims import cell_claims
from ..history.past import Past
from ..history.verdicts import History
from ..release import Release
from .options import Options
from .progress import counting
from .streams import say

Backports = Mapping[tuple[str, str, str], tuple[Release, ...]]


@contextmanager
def history(config: Config, catalogue: Catalogue, options: Options) -> Iterator[History]:
    """The history of the tree, and on standard error what a user should know about the releases.

    Raises:
        GitError: there is no repository, or it has no tag of a release.
    """
    found = tags.read(config)
    past = Past(config, cache=options.cache, jobs=options.jobs)
    # Facts have no cycles: the collector would only walk over them, again and again.
    gc.disable()
    try:
        left = past.left([tag.commit for tag in found.tags])
        with counting("releases read", quiet=options.quiet, total=len(left)) as on_release:
            past.read(left, on_release)
        made = History(catalogue, found, past, git.folder_in_repository(config.root))
        yield made
        if not options.quiet:
            for note in (*found.notes, *_unread(made, past)):
                say(f"hvsupport: {note}")
    finally:
        past.close()
        gc.freeze()
        gc.enable()


def backports(
    past: History, catalogue: Catalogue, wanted: Callable[[tuple[str, str, str]], bool] | None = None
) -> Backports:
    """Interface, driver and entry -> the releases of maintenance branches that have it though newer ones do not.

    Args:
        past: of the tree.
        catalogue: of the tree.
        wanted: whether to answer for an interface, driver and entry; None for all.
    """
    named = ((claim, (*claim.holder, claim.entry or "")) for claim in cell_claims(catalogue))
    asked = [claim for claim, name in named if wanted is None or wanted(name)]
    found = past.verdicts(asked)
    return {(*each.claim.holder, each.claim.entry or ""): each.backports for each in found if each.backports}


def _unread(history: History, past: Past) -> Iterator[str]:
    names = [tag.name for tag in history.tags if tag.commit in past.unread]
    if names:
        why = next(iter(past.unread.values()))
        yield f"{len(names)} of {len(history.tags)} releases cannot be read, such as {names[-1]}: {why}"
    if past.missing:
        yield f"{_objects(len(past.missing))} missing in this clone, so what the files held is unknown"


def _objects(count: int) -> str:
    return "1 object is" if count == 1 else f"{count} objects are"
