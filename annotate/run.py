"""The whole data flow on one screen.

    config ──► options ──► loader: source files ──► facts          (readers, cache)
    facts ──► resolve ──► Catalogue                                 (names, protocols)
    Catalogue ──► rules ──► findings ──► exceptions ──► Verdict     (judge, suppress)

From there a verdict goes to ``report``, a catalogue to ``hvsupport.gen``, and edits of ``rewrite`` to the disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import chain, count
from typing import TYPE_CHECKING

from . import files, resolve
from .cache.seen import Seen
from .cache.store import Cache, cache_folder
from .catalogue import Catalogue
from .config.value import Config
from .facts import Options
from .loader import Loader
from .readers import options as reading

if TYPE_CHECKING:
    from concurrent.futures import Executor


def catalogue(
    config: Config,
    *,
    jobs: int | None = None,
    cache: bool = True,
    source: Mapping[str, bytes] | None = None,
    tree: files.Folder | None = None,
    on_file: Callable[[str], None] | None = None,
    executor: Callable[[], Executor] | None = None,
) -> Catalogue:
    """Read and resolve everything that the config declares.

    Args:
        jobs: number of processes; None to choose by workload.
        cache: whether facts of unchanged files are taken from the cache and kept there.
        source: path -> bytes to read instead of the root, such as a git revision.
        tree: the root, if it was looked at already.
        on_file: called with each path when its facts are loaded.
        executor: makes what reads files, instead of processes of this machine.
    """
    there: files.Files = (tree or files.Folder(config.root)) if source is None else files.Snapshot(source)
    options = reading.options(config, there)
    folder = cache_folder(config.root) if cache else None

    def caches(options: Options, part: str) -> tuple[Options, Cache, Seen]:
        of = os.path.realpath(config.root), config.path, part
        return options, Cache(folder, options), Seen(folder if source is None else None, options, of)

    loader = Loader(there, *caches(options, "headers" if options.c else "all"), jobs, config.exclude, on_file, executor)
    if options.c:
        parts = chain(("all",), (f"held{number}" for number in count()))
        loader.beside, loader.holding, loader.defining, loader.renaming = reading.learn(
            config, options, loader.load, loader.matching, lambda more: loader.learn(*caches(more, next(parts)))
        )
    found = resolve.resolve(config, loader)
    loader.save()
    return found._replace(contents=loader.contents)
