"""What ``verify`` and ``backfill`` share: reading the releases of git, and saying what was read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from .. import git
from ..catalogue import Catalogue
from ..config.value import Config
from ..history import tags
from ..history.read import Reader
from ..history.verdicts import History
from .options import Options
from .progress import counting
from .streams import say


@contextmanager
def history(config: Config, catalogue: Catalogue, options: Options) -> Iterator[History]:
    """The history of the tree, and on standard error what a user should know about the releases.

    Raises:
        GitError: there is no repository, or it has no tag of a release.
    """
    found = tags.read(config)
    reader = Reader(config, cache=options.cache)
    prefix = git.folder_in_repository(config.root)
    # Facts have no cycles: the collector would only walk over them, again and again.
    gc.disable()
    try:
        with counting("releases read", quiet=options.quiet) as on_release:
            past = History(catalogue, found, reader, prefix, on_release)
        yield past
        if not options.quiet:
            for note in (*found.notes, *_unread(past, reader)):
                say(f"hvsupport: {note}")
    finally:
        gc.enable()
        reader.close()


def _unread(past: History, reader: Reader) -> Iterator[str]:
    names = [tag.name for tag in past.tags if tag.commit in reader.unread]
    if names:
        why = next(iter(reader.unread.values()))
        yield f"{len(names)} of {len(past.tags)} releases cannot be read, such as {names[-1]}: {why}"
    if reader.missing:
        yield f"{_objects(len(reader.missing))} missing in this clone, so what the files held is unknown"


def _objects(count: int) -> str:
    return "1 object is" if count == 1 else f"{count} objects are"
