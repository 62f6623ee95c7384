"""The tree as commands read it: the catalogue, and what the rules say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cache.kept import Kept
from ..cache.store import cache_folder
from ..config.value import Config
from ..files import Folder
from ..findings import Finding, Verdict
from ..model import Place
from ..records import NamedTuple
from ..suppress import Known, known
from .options import Options
from .progress import counting
from .streams import say

if TYPE_CHECKING:
    from ..catalogue import Catalogue

#: Problems that may hide a driver, an entry or a protocol from an answer.
_HIDING = frozenset({"config", "unreadable", "unresolved-base"})


def read_catalogue(
    config: Config, options: Options, source: Mapping[str, bytes] | None = None, tree: Folder | None = None
) -> Catalogue:
    """Read the tree, or what ``source`` holds instead of it, with a sign of life on a terminal.

    Args:
        tree: the folder, if the command has looked at it already.
    """
    from .. import run

    with counting("files read", quiet=options.quiet) as on_file:
        return run.catalogue(
            config,
            jobs=options.jobs,
            cache=options.cache,
            source=source,
            tree=tree,
            on_file=on_file,
            executor=options.executor,
        )


def judged(config: Config, options: Options, baseline: Path | None) -> tuple[Catalogue, Sequence[Finding]]:
    """The catalogue, and what all rules say about it once the baseline has been applied."""
    from ..judge import judge

    catalogue = read_catalogue(config, options)
    return catalogue, judge(config, catalogue, baseline=known(config, baseline)).findings


class Answer(NamedTuple):
    """What a command needs of a tree that it has judged.

    Attributes:
        verdict: what the rules say.
        paths: every file that was read, sorted.
        sources: those of them that contribute to the result.
        document: what the command writes; empty if that is the verdict.
    """

    verdict: Verdict
    paths: tuple[str, ...]
    sources: tuple[str, ...]
    document: bytes = b""


def answer(
    config: Config,
    options: Options,
    question: tuple[object, ...],
    baseline: Sequence[Known],
    codes: Callable[[], Sequence[str]],
    write: Callable[[Catalogue, Verdict], bytes] = lambda *_: b"",
    *,
    keep: bool = True,
) -> Answer:
    """Read and judge the tree, or take the last answer to the same question if nothing has changed since.

    Args:
        question: the command, and those of its arguments on which the answer depends.
        codes: returns the rules that run.
        write: makes the document.
        keep: whether the answer depends on nothing but the tree, so that it may be kept.
    """
    kept = Kept(cache_folder(config.root) if options.cache and keep else None, config, question, baseline)
    tree = Folder(config.root)
    if (last := kept.load(tree)) is not None:
        return _from_json(*last)
    from ..judge import judge

    catalogue = read_catalogue(config, options, tree=tree)
    verdict = judge(config, catalogue, codes=codes(), baseline=baseline)
    found = Answer(verdict, catalogue.paths, catalogue.sources, write(catalogue, verdict))
    kept.save(tree, found[:-1], found.document)
    return found


def _from_json(value: Any, document: bytes) -> Answer:
    """An answer that JSON gave back."""
    verdict, paths, sources = value
    found = ([Finding(code, Place(*place), *rest) for code, place, *rest in findings] for findings in verdict)
    return Answer(Verdict(*map(tuple, found)), tuple(paths), tuple(sources), document)


def warn_of_problems(catalogue: Catalogue, options: Options) -> None:
    """Tell on standard error that the answer of a command may lack what could not be read."""
    count = sum(problem.kind in _HIDING for problem in catalogue.problems)
    if count and not options.quiet:
        what = "1 problem" if count == 1 else f"{count} problems"
        say(f"hvsupport: the tree has {what} that may affect this answer; 'hvsupport check' lists them")
